import { parsePath, writtenPath } from "../path.ts";

/**
 * The names in a path as Segment writes them, `$.products[0]['unit price']`; empty for the whole. Undefined where
 * the path is none that can be told apart into names.
 */
export function namesOf(path: string): readonly string[] | undefined {
	const rest = path.startsWith("$.") ? path.slice(2) : path;
	const names: string[] = [];
	// A name, or a place or a quoted name in brackets; dots that separate nothing count for nothing.
	const step = /\.*(?:\[(?:'([^']+)'|"([^"]+)"|([0-9]+))\]|([^.[\]'"]+))/y;
	let end = 0;
	for (let found = step.exec(rest); found !== null; found = step.exec(rest)) {
		end = step.lastIndex;
		const [, single, double, place, plain] = found;
		names.push(single ?? double ?? place ?? plain ?? "");
	}
	return /^\.*$/.test(rest.slice(end)) ? names : undefined;
}

/** The path of a mapping that reads these names; undefined where they are more than a path may have. */
export function pathOf(names: readonly string[]): string | undefined {
	const path = writtenPath(names);
	return parsePath(path, []).ok ? path : undefined;
}
