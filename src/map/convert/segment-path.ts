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

/** Names as a path of a mapping without its root, `properties.'first name'`; undefined where one can not be written. */
export function pathOf(names: readonly string[]): string | undefined {
	if (names.length > 64 || names.some((name) => name === "")) return undefined;
	return names.map((name) => (plain.test(name) ? name : `'${name.replaceAll("'", "''")}'`)).join(".");
}

/**
 * `-1` is the last of a list unless it is quoted; what begins with `$` would be a root; and where a path is a key,
 * `__proto__` and `<<` are none.
 */
const plain = /^(?!\$|-[0-9]|__proto__$|<<$)[^.'\s[\]]+$/;
