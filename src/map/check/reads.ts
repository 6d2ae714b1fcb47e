import type { Compiler } from "../compiler.ts";
import type { Path } from "../path.ts";
import type { At } from "../yaml.ts";
import { type FieldPath, isBelow } from "./fields.ts";

/**
 * What a mapping reads of a message's content, found out while the mapping is compiled: every path goes through the
 * compiler, which knows what `$` stands for there.
 */

/** One place of a mapping that reads. */
export interface FieldRead {
	/** The one field, or several where `$` is an element of one of several lists. */
	readonly paths: readonly FieldPath[];
	/** Where the path stands in the file. */
	readonly at: At;
	/** Whether all below is read too, as it is when an object goes into an event; else only whether it is there. */
	readonly whole: boolean;
	/** Names right below that are not read, though the rest is. */
	readonly except?: ReadonlySet<string>;
}

/** The fields that a value may be, each as it was sent; undefined where it is made by an operator. */
export type Sources = readonly FieldPath[] | undefined;

/** What the compiler knows, at each place of a mapping, of what is read there. */
export interface Reading {
	tell(read: FieldRead): void;
	/** What `$` is. */
	readonly here: Sources;
	/** What the names bound by `item:` are, by slot. */
	readonly items: readonly Sources[];
	/** Whether a path that stands here is read with all below. */
	readonly whole: boolean;
}

/** The reading of a mapping from its top, where `$` is the content. */
export const readingTo = (tell: Reading["tell"]): Reading => ({ tell, here: [[]], items: [], whole: true });

/** Tells that a path is read. What comes from no field, or from one that cannot be known, is not told. */
export function tellRead(path: Path, at: At, { reading }: Compiler): void {
	const paths = sourcesOfPath(path, reading);
	if (paths !== undefined && paths.length > 0) reading.tell({ paths, at, whole: reading.whole });
}

export function sourcesOfPath({ root, steps }: Path, { here, items }: Reading): Sources {
	const names = steps.map(({ name, index }) => (index === undefined ? name : element));
	switch (root.kind) {
		case "here":
			return here?.map((source) => [...source, ...names]);
		case "content":
			return [names];
		case "item":
			return items[root.slot]?.map((source) => [...source, ...names]);
		case "message":
		case "delivery":
			return undefined;
	}
}

const element = "[]";

export const elementsOf = (sources: Sources): Sources => sources?.map((source) => [...source, element]);

/** All that several values may be. */
export const anyOf = (all: readonly Sources[]): Sources =>
	all.includes(undefined) ? undefined : all.flatMap((sources) => sources ?? []);

/** The compiler where paths are read with all below, or without. */
export const reading = (compiler: Compiler, whole: boolean): Compiler =>
	compiler.reading.whole === whole ? compiler : { ...compiler, reading: { ...compiler.reading, whole } };

/** The compiler where `$` is something else. */
export const readingFrom = (compiler: Compiler, here: Sources): Compiler => ({
	...compiler,
	reading: { ...compiler.reading, here, whole: true },
});

/** Whether a field is read: itself, as a part of what is read whole, or by something below it. */
export const covers = ({ paths, whole, except }: FieldRead, field: FieldPath): boolean =>
	paths.some((path) => {
		if (isBelow(path, field)) return true;
		if (!isBelow(field, path)) return false;
		const next = field[path.length];
		return next === undefined || (whole && except?.has(next) !== true);
	});
