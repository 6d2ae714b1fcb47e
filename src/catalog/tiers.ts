import type { Problem } from "../model/problem.ts";
import { type Fields, openFields, type Period, type ProgramFile } from "./fields.ts";

/** One structure of `program/tiers.yaml`: a ladder that customers climb. */
export interface TierStructure {
	readonly id: string;
	readonly label: string;
	/** What counts: points that are added to the score of an account, or the money of accepted purchases. */
	readonly counts:
		| { readonly kind: "points"; readonly account: string; readonly actions: readonly string[] | null }
		| { readonly kind: "spend" };
	/** In which time it has to be reached. */
	readonly window: TierWindow;
	/** What happens at the end of a tier's time to who has not reached it again. */
	readonly downgrade: "never" | "one" | "fit";
	/** How much longer a tier is kept after its time. */
	readonly grace: Period;
	/** By rising threshold. */
	readonly tiers: readonly Tier[];
}

export type TierWindow =
	/** What was ever reached counts, and stays. */
	| { readonly kind: "lifetime" }
	/** The time before each moment; a tier is kept for as long again. */
	| { readonly kind: "rolling"; readonly last: Period }
	/** The calendar year; a tier is kept until the next year ends. */
	| { readonly kind: "calendar" }
	/** The same, counted from the opt-in. */
	| { readonly kind: "anniversary" };

export interface Tier {
	readonly id: string;
	readonly label: string;
	/** A decimal text: points, or money. */
	readonly from: string;
}

const windows = ["lifetime", "rolling", "calendar", "anniversary"] as const;
const year: Period = { months: 12, days: 0 };
const none: Period = { months: 0, days: 0 };

/** Reads `tiers.yaml`: structures by their ids. An absent file means none. */
export function readTiers(file: ProgramFile): {
	readonly structures: ReadonlyMap<string, TierStructure>;
	readonly problems: readonly Problem[];
} {
	const { fields, problems } = openFields(file);
	const structures = new Map(fields.keys().map((id) => [id, readStructure(id, fields.object(id))]));
	return { structures, problems };
}

function readStructure(id: string, fields: Fields): TierStructure {
	const basis = fields.choice("counts", ["points", "spend"], "points");
	const structure: TierStructure = {
		id,
		label: fields.text("label", id),
		counts:
			basis === "spend"
				? { kind: "spend" }
				: {
						kind: "points",
						account: fields.text("account", "main"),
						actions: fields.list("actions") ?? null,
					},
		window: readWindow(fields.object("window")),
		downgrade: fields.choice("downgrade", ["never", "one", "fit"], "fit"),
		grace: fields.period("grace", none),
		tiers: readLadder(fields.object("tiers"), fields),
	};
	fields.finish();
	return structure;
}

function readWindow(fields: Fields): TierWindow {
	const kind = fields.choice("kind", windows, "lifetime");
	const window: TierWindow = kind === "rolling" ? { kind, last: fields.period("last", year) } : { kind };
	fields.finish();
	return window;
}

function readLadder(fields: Fields, above: Fields): readonly Tier[] {
	const tiers = fields.keys().map((id) => {
		const own = fields.object(id);
		const tier = { id, label: own.text("label", id), from: own.decimal("from", "0") };
		own.finish();
		return tier;
	});
	const rising = tiers.every(
		({ from }, index) => index === 0 || Number(tiers[index - 1]?.from) < Number(from),
	);
	if (tiers.length === 0) above.wrong("tiers", "no-tiers", "a structure needs at least one tier");
	else if (!rising) above.wrong("tiers", "wrong-order", "each tier must begin above the one before it");
	return tiers;
}
