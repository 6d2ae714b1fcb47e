import type { Value } from "../model/json.ts";
import { closestFirst } from "./check/suggest.ts";
import type { Clause } from "./condition.ts";
import type { Branch, Dispatch } from "./dispatch.ts";
import { masked, type Run } from "./evaluate.ts";
import type { Mapping } from "./mapping.ts";
import { readerOf } from "./path.ts";
import { keyOf } from "./values/comparison.ts";

/** A mapping that was near to a message that none matched, and what kept it from matching. */
export interface Nearest {
	readonly mapping: string;
	/** `event: Order Completed` */
	readonly clause: string;
	/** What the message has there: a short name of its kind, else type and length only. */
	readonly met: string;
}

/** More would be a list to read, not an answer. */
const nearestMax = 3;
/** Unmatched messages are common (every page view is one), so only so many are looked at. */
const candidatesMax = 20;
const wordMax = 64;
/** The last name of paths that say what kind of message it is; the value of any other may be personal. */
const kindNames = new Set(["type", "event", "event_type", "eventType", "topic"]);

/** The nearest mappings, the one that fails latest in its `when` first. */
export function nearestOf(dispatch: Dispatch, run: Run): readonly Nearest[] {
	const { content } = run.message;
	const { alike, others } = candidates(dispatch, run);
	const near = new Map<Mapping, { readonly clause: Clause; readonly met: number }>();
	for (const mapping of [...alike, ...others]) {
		const missed = mapping.when.findIndex(({ test }) => !test(content, run));
		const clause = mapping.when[missed];
		// Clauses behind the first that failed count for nothing: those that want something absent hold for all strangers.
		const isNear = missed > 0 || alike.includes(mapping);
		if (clause !== undefined && isNear) near.set(mapping, { clause, met: missed / mapping.when.length });
	}
	return [...near]
		.sort(([, a], [, b]) => b.met - a.met)
		.slice(0, nearestMax)
		.map(([{ name }, { clause }]) => ({ mapping: name, clause: clause.written, met: metBy(clause, run) }));
}

/** The mappings that the tables lead to, and those of the first that did not know the message's value: some spelt alike. */
function candidates(
	dispatch: Dispatch,
	run: Run,
): { readonly alike: readonly Mapping[]; readonly others: readonly Mapping[] } {
	let at = dispatch;
	let missed: { branch: Branch; value: Value | undefined } | undefined;
	while (at.kind === "branch") {
		const value = at.read(run.message.content, run);
		const below = at.byKey.get(keyOf(value) ?? "");
		if (below === undefined) missed ??= { branch: at, value };
		at = below ?? at.otherwise;
	}
	const reached = at.mappings.slice(0, candidatesMax);
	if (missed === undefined) return { alike: [], others: reached };
	const { branch, value } = missed;
	const alike = typeof value === "string" ? spelledLike(value, branch) : [];
	return { alike, others: [...reached, ...branch.mappings.slice(0, candidatesMax)] };
}

/** By its words without case and punctuation: `order_completed` is nearly right, and `Order Complete` not far off. */
function spelledLike(value: string, branch: Branch): readonly Mapping[] {
	const { whole, words } = spellingsOf(branch);
	const same = whole.get(fold(value));
	if (same !== undefined) return same;
	const shared = new Set(wordsOf(value).flatMap((word) => words.get(word) ?? []));
	const written = [...shared].slice(0, candidatesMax);
	return closestFirst(value, written).flatMap((key) => branch.byKey.get(key)?.mappings ?? []);
}

interface Spellings {
	/** Mappings by their values. */
	readonly whole: ReadonlyMap<string, readonly Mapping[]>;
	/** Values, as they are written, by their words. */
	readonly words: ReadonlyMap<string, readonly string[]>;
}

const known = new WeakMap<Branch, Spellings>();

function spellingsOf(branch: Branch): Spellings {
	const found = known.get(branch);
	if (found !== undefined) return found;
	const keys = [...branch.byKey.keys()];
	const words = Map.groupBy(
		keys.flatMap((key) => wordsOf(key).map((word) => ({ word, key }))),
		({ word }) => word,
	);
	const made: Spellings = {
		whole: new Map([...branch.byKey].map(([key, below]) => [fold(key), below.mappings])),
		words: new Map([...words].map(([word, entries]) => [word, entries.map(({ key }) => key)])),
	};
	known.set(branch, made);
	return made;
}

const fold = (text: string): string => wordsOf(text).join("");

const wordsOf = (text: string): readonly string[] =>
	text
		.slice(0, wordMax)
		.toLowerCase()
		.match(/[\p{Letter}\p{Number}]+/gu) ?? [];

function metBy({ path }: Clause, run: Run): string {
	const value = readerOf(path)(run.message.content, run);
	const last = path.steps.at(-1)?.name ?? "";
	if (typeof value === "string" && value.length <= wordMax && kindNames.has(last))
		return JSON.stringify(value);
	return masked(value);
}
