import type { ValueObject } from "../model/json.ts";
import type { Clause } from "./condition.ts";
import type { Run } from "./evaluate.ts";
import type { Mapping } from "./mapping.ts";
import { type Path, type Read, readerOf } from "./path.ts";
import { isUnshared, keyOf } from "./values/comparison.ts";

/**
 * A tree of tables over the exact values that mappings ask for, so that finding the mappings of a message costs a
 * look-up or two, however many there are. It says which mappings *may* match; their `when` decides.
 */
export type Dispatch = Branch | Leaf;

export interface Branch {
	readonly kind: "branch";
	readonly read: Read;
	readonly byKey: ReadonlyMap<string, Dispatch>;
	/** Where the message has another value: the mappings that do not ask. */
	readonly otherwise: Dispatch;
	/** All mappings below, for the search of the nearest. */
	readonly mappings: readonly Mapping[];
}

interface Leaf {
	readonly kind: "leaf";
	/** In the order in which they run. */
	readonly mappings: readonly Mapping[];
	readonly candidates: readonly Candidate[];
}

/** A mapping that matches where those of its clauses hold that the tables have not decided. */
export interface Candidate {
	readonly mapping: Mapping;
	readonly open: readonly Clause[];
}

/** Type, event, and one more: beyond, testing what is left is as cheap as another table. */
const levelsMax = 3;

export function buildDispatch(mappings: readonly Mapping[], asked: readonly string[] = []): Dispatch {
	const path = asked.length === levelsMax || mappings.length < 2 ? undefined : mostAsked(mappings, asked);
	if (path === undefined) {
		const candidates = mappings.map((mapping) => ({ mapping, open: undecided(mapping, asked) }));
		return { kind: "leaf", mappings, candidates };
	}
	const name = nameOf(path);
	const byKey = new Map<string, Mapping[]>();
	const notAsking: Mapping[] = [];
	for (const mapping of mappings) {
		const keys = keysFor(mapping, name);
		if (keys === undefined) notAsking.push(mapping);
		for (const key of keys ?? []) {
			const asking = byKey.get(key);
			if (asking === undefined) byKey.set(key, [mapping]);
			else asking.push(mapping);
		}
	}
	const inOrder = new Map(mappings.map((mapping, index) => [mapping, index]));
	const merged = (asking: readonly Mapping[]): readonly Mapping[] =>
		[...asking, ...notAsking].sort((a, b) => (inOrder.get(a) ?? 0) - (inOrder.get(b) ?? 0));
	const next = [...asked, name];
	return {
		kind: "branch",
		read: readerOf(path),
		byKey: new Map([...byKey].map(([key, asking]) => [key, buildDispatch(merged(asking), next)])),
		otherwise: buildDispatch(notAsking, next),
		mappings,
	};
}

export function candidatesFor(dispatch: Dispatch, content: ValueObject, run: Run): readonly Candidate[] {
	let at = dispatch;
	while (at.kind === "branch") {
		const key = keyOf(at.read(content, run));
		at = (key === undefined ? undefined : at.byKey.get(key)) ?? at.otherwise;
	}
	return at.candidates;
}

/** Each leaf's mappings: only those of one leaf can match one message. */
export function* leavesOf(dispatch: Dispatch): Generator<readonly Mapping[]> {
	if (dispatch.kind === "leaf") {
		yield dispatch.mappings;
		return;
	}
	for (const below of dispatch.byKey.values()) yield* leavesOf(below);
	yield* leavesOf(dispatch.otherwise);
}

/** What two clauses on one path have in common. */
export const nameOf = ({ root, steps }: Path): string =>
	JSON.stringify([root.kind === "content" ? "here" : root.kind, ...steps.map(({ name }) => name)]);

/** The path for which most mappings name their exact values. */
function mostAsked(mappings: readonly Mapping[], asked: readonly string[]): Path | undefined {
	const counts = new Map<string, { path: Path; count: number }>();
	for (const mapping of mappings) {
		const names = new Map(mapping.when.filter(isExact).map(({ path }) => [nameOf(path), path]));
		for (const [name, path] of names) {
			if (asked.includes(name)) continue;
			const found = counts.get(name);
			if (found === undefined) counts.set(name, { path, count: 1 });
			else found.count += 1;
		}
	}
	let most: { path: Path; count: number } | undefined;
	for (const found of counts.values()) if (found.count > (most?.count ?? 0)) most = found;
	return most?.path;
}

const keysFor = (mapping: Mapping, name: string): ReadonlySet<string> | undefined =>
	clauseFor(mapping, name)?.exact;

/** The one clause by which the table of a path has chosen the mapping. */
const clauseFor = (mapping: Mapping, name: string): Clause | undefined =>
	mapping.when.find((clause) => isExact(clause) && nameOf(clause.path) === name);

/** A mapping comes to a leaf by its own keys, so their clauses hold, if no two unequal values share one of the keys. */
function undecided(mapping: Mapping, asked: readonly string[]): readonly Clause[] {
	const chosen = asked.map((name) => clauseFor(mapping, name));
	return mapping.when.filter(
		(clause) => !chosen.includes(clause) || ![...(clause.exact ?? [])].every(isUnshared),
	);
}

const isExact = ({ exact }: Clause): boolean => exact !== undefined;
