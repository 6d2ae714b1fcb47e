import { ExactNumber, isList, type Value } from "../../model/json.ts";

/**
 * Where a field stands in messages: the names from the content down, `[]` for whatever element of a list. Names that
 * are whole numbers count as elements too, because a path does not say which of both it means.
 */
export type FieldPath = readonly string[];

export type FieldKind = "text" | "number" | "boolean" | "null" | "object" | "list";

/** What is known of a field: never a value. */
export interface Field {
	readonly path: FieldPath;
	/** In the order in which they were first seen. */
	readonly kinds: readonly FieldKind[];
	/** In how many messages it is. */
	readonly messages: number;
}

/** The fields of some messages, by their paths as people read them: `$.properties.products[].sku`. */
export type Fields = ReadonlyMap<string, Field>;

/** A field as it is kept in a file: its path as people read it, its kinds, how many messages have it. */
export type FieldRow = readonly [path: string, kinds: string, messages: number];

const element = "[]";

/** The inventory of the contents of messages. */
export function fieldsOf(contents: Iterable<Value>): Fields {
	const fields = new Map<string, Field>();
	for (const content of contents) {
		const kinds = new Map<string, { readonly path: FieldPath; readonly kinds: Set<FieldKind> }>();
		collect(content, [], kinds);
		for (const [text, found] of kinds) {
			const known = fields.get(text);
			fields.set(text, {
				path: found.path,
				kinds: [...new Set([...(known?.kinds ?? []), ...found.kinds])],
				messages: (known?.messages ?? 0) + 1,
			});
		}
	}
	return fields;
}

function collect(
	value: Value,
	path: FieldPath,
	found: Map<string, { readonly path: FieldPath; readonly kinds: Set<FieldKind> }>,
): void {
	const text = textOfField(path);
	const known = found.get(text) ?? { path, kinds: new Set() };
	found.set(text, known);
	known.kinds.add(kindOf(value));
	if (typeof value !== "object" || value === null || value instanceof ExactNumber) return;
	if (isList(value)) {
		for (const item of value) collect(item, [...path, element], found);
	} else {
		for (const [name, below] of Object.entries(value)) collect(below, [...path, stepOf(name)], found);
	}
}

/** The step of a name: as a path would take it. */
export const stepOf = (name: string): string => (/^(?:0|-?[1-9][0-9]*)$/.test(name) ? element : name);

function kindOf(value: Value): FieldKind {
	if (value === null) return "null";
	if (isList(value)) return "list";
	if (typeof value === "number" || value instanceof ExactNumber) return "number";
	if (typeof value === "string") return "text";
	return typeof value === "boolean" ? "boolean" : "object";
}

/** One inventory of several. */
export function mergeFields(all: readonly Fields[]): Fields {
	const [only, second] = all;
	if (only !== undefined && second === undefined) return only;
	const merged = new Map<string, Field>();
	for (const [text, field] of all.flatMap((fields) => [...fields])) {
		const known = merged.get(text);
		merged.set(text, {
			path: field.path,
			kinds: [...new Set([...(known?.kinds ?? []), ...field.kinds])],
			messages: (known?.messages ?? 0) + field.messages,
		});
	}
	return merged;
}

/** The fields that are there and were not before, without what is below one of them. */
export function newFields(before: Fields, now: Fields): readonly Field[] {
	const isNew = (path: FieldPath): boolean => !before.has(textOfField(path));
	return [...now.values()].filter(({ path }) => isNew(path) && !isNew(path.slice(0, -1)));
}

/** A field's path as people read it. Names that a path must quote are quoted. */
export const textOfField = (path: FieldPath): string =>
	`$${path.map((name) => (name === element ? element : `.${quoted(name)}`)).join("")}`;

const quoted = (name: string): string =>
	/^[^.'\s[\]]+$/.test(name) ? name : `'${name.replaceAll("'", "''")}'`;

export const rowsOf = (fields: Fields): readonly FieldRow[] =>
	[...fields].map(([text, { kinds, messages }]): FieldRow => [text, kinds.join(" "), messages]).sort(byPath);

const byPath = ([a]: FieldRow, [b]: FieldRow): number => (a < b ? -1 : 1);

export const fieldsOfRows = (rows: readonly FieldRow[]): Fields =>
	new Map(
		rows.map(([text, kinds, messages]) => [
			text,
			{ path: fieldOfText(text), kinds: kinds.split(" ") as FieldKind[], messages },
		]),
	);

function fieldOfText(text: string): FieldPath {
	const steps = text.matchAll(/\.'((?:[^']|'')*)'|\.([^.'[\]]+)|\[\]/g);
	return [...steps].map(([, quotedName, name]) => quotedName?.replaceAll("''", "'") ?? name ?? element);
}

/** Whether a field is the other or stands somewhere below it. */
export const isBelow = (field: FieldPath, above: FieldPath): boolean =>
	field.length >= above.length && above.every((name, index) => field[index] === name);
