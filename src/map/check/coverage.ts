import { type Field, type FieldKind, type Fields, isBelow } from "./fields.ts";
import { covers, type FieldRead } from "./reads.ts";

/** What one mapping reads of a connector's messages. */
export interface MappingReads {
	readonly mapping: string;
	readonly reads: readonly FieldRead[];
}

/** A field that holds a value, and who reads it. */
export interface Covered {
	/** `$.properties.products[].sku` */
	readonly field: string;
	readonly kinds: readonly FieldKind[];
	/** How many messages have it. */
	readonly messages: number;
	/** The names of the mappings that read it, in the order in which they run. */
	readonly mappings: readonly string[];
}

/** Which mappings read which fields: first what nothing reads, the commonest first. */
export function coverageOf(fields: Fields, all: readonly MappingReads[]): readonly Covered[] {
	const found = [...fields].filter(([, field]) => holdsValue(field, fields));
	const covered = found.map(([text, { path, kinds, messages }]): Covered => {
		const reading = all.filter(({ reads }) => reads.some((read) => covers(read, path)));
		return { field: text, kinds, messages, mappings: reading.map(({ mapping }) => mapping) };
	});
	return covered.sort(
		(a, b) =>
			Number(a.mappings.length > 0) - Number(b.mappings.length > 0) ||
			b.messages - a.messages ||
			(a.field < b.field ? -1 : 1),
	);
}

/** Objects and lists are told by what they hold, where that was ever seen. */
const holdsValue = ({ path, kinds }: Field, fields: Fields): boolean =>
	kinds.some((kind) => kind !== "object" && kind !== "list") ||
	![...fields.values()].some((other) => other.path.length === path.length + 1 && isBelow(other.path, path));
