import type { Problem } from "../model/problem.ts";
import { type Fields, openFields, type Period, type ProgramFile } from "./fields.ts";

export type Rounding = "floor" | "ceil" | "round";

/** `program/points.yaml`. */
export interface PointsRules {
	/** Points per currency unit, as decimals: `0.05`. */
	readonly rate: string;
	/** By ISO 4217 code, where it differs from `rate`. */
	readonly rates: ReadonlyMap<string, string>;
	readonly rounding: Rounding;
	/** Whether the whole purchase earns, or each of its items, rounded one by one. */
	readonly level: "transaction" | "item";
	readonly accept: "immediately" | "manual";
	/** After which a pending purchase accepts itself; null where it waits for ever. */
	readonly acceptAfter: Period | null;
	/** Whether more points may be burned than there are; the balance is then below zero. */
	readonly overdraft: "allow" | "refuse";
	/** What a rejection does to a purchase that was accepted already. */
	readonly rejectAccepted: "reverse" | "refuse";
	/** By id; `main` is always among them. */
	readonly accounts: ReadonlyMap<string, AccountRules>;
	/** How long points can be spent that come back when they would have expired already. */
	readonly returnedFor: Period;
	/** How long an event of somebody unknown waits for their opt-in. */
	readonly unknownHoldMs: number;
	/** How long a message waits for what another system is asked about it. */
	readonly enrichmentWaitMs: number;
	/** How old an event may be when it is recorded. */
	readonly backdateMaxMs: number;
	/** What the Events API answers with: the customer, or the events alone. */
	readonly answers: "customer" | "events";
}

export interface AccountRules {
	readonly label: string;
	readonly expiry: Expiry;
}

/** When points expire: at the end (UTC) of the day that stands at the event as `expdate`. */
export type Expiry =
	| { readonly kind: "none" }
	/** So long after they were earned. */
	| { readonly kind: "rolling"; readonly after: Period }
	/** On one day each year. */
	| { readonly kind: "calendar"; readonly month: number; readonly day: number }
	/** On the day, each year, on which the customer opted in. */
	| { readonly kind: "anniversary" }
	/** All of them, so long after the last event of these actions; `null` means any action that moves points. */
	| { readonly kind: "activity"; readonly after: Period; readonly actions: readonly string[] | null };

/** The account of points where nobody says which. */
const main = "main";

const day = 86_400_000;
const year: Period = { months: 12, days: 0 };
const month: Period = { months: 1, days: 0 };

/** Reads `points.yaml`; absent settings have their defaults. */
export function readPoints(file: ProgramFile): {
	readonly rules: PointsRules;
	readonly problems: readonly Problem[];
} {
	const { fields, problems } = openFields(file);
	const purchase = fields.object("purchase");
	const currencies = purchase.object("currencies");
	const rules: PointsRules = {
		rate: purchase.decimal("rate", "1"),
		rates: new Map(currencies.keys().map((code) => [code.toUpperCase(), currencies.decimal(code, "1")])),
		rounding: purchase.choice("rounding", ["floor", "ceil", "round"], "floor"),
		level: purchase.choice("level", ["transaction", "item"], "transaction"),
		accept: purchase.choice("accept", ["immediately", "manual"], "immediately"),
		acceptAfter: purchase.has("accept_after") ? purchase.period("accept_after", month) : null,
		rejectAccepted: purchase.choice("reject_accepted", ["reverse", "refuse"], "reverse"),
		overdraft: fields.choice("overdraft", ["allow", "refuse"], "allow"),
		accounts: readAccounts(fields.object("accounts")),
		returnedFor: fields.period("returned_for", month),
		unknownHoldMs: fields.duration("unknown_hold", day),
		enrichmentWaitMs: fields.duration("enrichment_wait", day),
		backdateMaxMs: fields.duration("backdate_max", 400 * day),
		answers: fields.choice("answers", ["customer", "events"], "customer"),
	};
	purchase.finish();
	fields.finish();
	return { rules, problems };
}

function readAccounts(fields: Fields): ReadonlyMap<string, AccountRules> {
	const accounts = new Map<string, AccountRules>([[main, { label: "Points", expiry: { kind: "none" } }]]);
	for (const id of fields.keys()) {
		const own = fields.object(id);
		if (!/^[A-Za-z0-9_.-]{1,64}$/.test(id)) {
			fields.wrong(id, "wrong-name", `\`${id}\` can not be an account`, "use letters, digits, _, - and .");
		}
		accounts.set(id, {
			label: own.text("label", id === main ? "Points" : id),
			expiry: readExpiry(own.object("expiry")),
		});
		own.finish();
	}
	return accounts;
}

const rulesOfExpiry = ["none", "rolling", "calendar", "anniversary", "activity"] as const;

function readExpiry(fields: Fields): Expiry {
	const kind = fields.choice("rule", rulesOfExpiry, "none");
	const expiry = expiryOf(kind, fields);
	fields.finish();
	return expiry;
}

function expiryOf(kind: Expiry["kind"], fields: Fields): Expiry {
	switch (kind) {
		case "none":
		case "anniversary":
			return { kind };
		case "rolling":
			return { kind, after: fields.period("after", year) };
		case "calendar":
			return { kind, ...fields.yearDay("on", { month: 12, day: 31 }) };
		case "activity":
			return { kind, after: fields.period("after", year), actions: fields.list("actions") ?? null };
	}
}
