/** `did you mean …?` where one of the names is near, else the names there are. */
export function suggest(wrong: string, names: Iterable<string>): string {
	const known = [...names];
	const nearest = nearestName(wrong, known);
	if (nearest !== undefined) return `did you mean \`${nearest}\`?`;
	if (known.length === 0) return "there are none";
	if (known.length === 1) return `there is only \`${known[0]}\``;
	const shown = known.slice(0, 16).map((name) => `\`${name}\``);
	return `there are ${shown.join(", ")}${known.length > shown.length ? " and others" : ""}`;
}

/** The name that is a typing mistake or two away from `wrong`; undefined where none is. */
export function nearestName(wrong: string, names: readonly string[]): string | undefined {
	let nearest: string | undefined;
	let fewest = Math.min(3, Math.ceil(wrong.length / 3)) + 1;
	for (const name of names) {
		if (Math.abs(name.length - wrong.length) >= fewest) continue;
		const edits = distance(wrong.toLowerCase(), name.toLowerCase());
		if (edits < fewest) {
			fewest = edits;
			nearest = name;
		}
	}
	return nearest;
}

/** The names in the order of their distance. */
export const closestFirst = (wanted: string, names: readonly string[]): readonly string[] =>
	names
		.map((name) => ({ name, edits: distance(wanted.toLowerCase(), name.toLowerCase()) }))
		.sort((a, b) => a.edits - b.edits)
		.map(({ name }) => name);

/** Levenshtein's: how many characters are to be put in, taken out or exchanged. */
function distance(a: string, b: string): number {
	let above = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let row = 1; row <= a.length; row++) {
		const line = [row];
		for (let column = 1; column <= b.length; column++) {
			const exchanged = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
			line.push(Math.min(exchanged, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
		}
		above = line;
	}
	return above[b.length] ?? 0;
}
