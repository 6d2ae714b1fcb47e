import { base64Of, bytesOfBase64 } from "../../model/bytes.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** That somebody looked at what a log had lost, and let it go on as another. */
export interface Acceptance {
	/** The newest checkpoint that was kept outside; null where nobody could read it. */
	readonly missing: Checkpoint | null;
	/** How many of its events were signed before by what it still has: from there on it may be another. */
	readonly holds: number;
	/** With what the log goes on. */
	readonly goesOn: Checkpoint;
	/** ISO 8601. */
	readonly at: string;
	/** The account or token. */
	readonly by: string;
}

const firstLine = "loyalty-hub acceptance of a lost log";

export const acceptanceText = ({ missing, holds, goesOn, at, by }: Acceptance): string =>
	[
		firstLine,
		`missing ${missing === null ? "unreadable" : headText(missing)}`,
		`holds ${holds}`,
		`goes on ${headText(goesOn)}`,
		`at ${at}`,
		`by ${JSON.stringify(by)}`,
		"",
	].join("\n");

/** Undefined where the text is no acceptance. */
export function readAcceptance(text: string): Acceptance | undefined {
	const [first, missing, holds, goesOn, at, by] = text.split("\n");
	const now = headOf(goesOn?.slice("goes on ".length) ?? "");
	if (first !== firstLine || missing === undefined || now === undefined) return undefined;
	return {
		missing: headOf(missing.slice("missing ".length)) ?? null,
		holds: Number(holds?.slice("holds ".length)),
		goesOn: now,
		at: at?.slice("at ".length) ?? "",
		by: JSON.parse(by?.slice("by ".length) ?? "null") as string,
	};
}

const headText = ({ origin, size, root }: Checkpoint): string => `${origin} ${size} ${base64Of(root)}`;

function headOf(text: string): Checkpoint | undefined {
	const [origin, size, root] = text.split(" ");
	const bytes = bytesOfBase64(root ?? "");
	if (origin === undefined || size === undefined || bytes?.length !== 32) return undefined;
	return { origin, size: Number(size), root: bytes };
}
