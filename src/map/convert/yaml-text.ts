import { Document, type Node, Pair, Scalar, stringify, YAMLMap, YAMLSeq } from "yaml";

/** What is written into a mapping file: JSON, and remarks. */
export type Written = null | boolean | number | string | readonly Written[] | WrittenObject;

export interface WrittenObject {
	readonly [key: string]: Written;
	readonly [remarks]?: readonly Remark[];
}

/** A comment before a key, or behind an object's last. */
export interface Remark {
	readonly text: string;
	readonly before?: string;
}

export const remarks: unique symbol = Symbol("remarks");

export const isWrittenList = (written: Written): written is readonly Written[] => Array.isArray(written);

export const isWrittenObject = (written: Written): written is WrittenObject =>
	typeof written === "object" && written !== null && !isWrittenList(written);

/** As wide as the presets are. */
const lineMax = 110;
const schemaComment = "# yaml-language-server: $schema=../mapping.schema.json\n";

/**
 * The text of a mapping file, laid out as the presets are: what is short stands in one line, but the mapping, its
 * event and the event's data have a line for each key.
 */
export function yamlTextOf(mapping: WrittenObject): string {
	const document = new Document();
	document.contents = mapOf(mapping, { indent: 0, open: ["event", "data"] });
	return schemaComment + document.toString({ lineWidth: 0 });
}

interface Layout {
	readonly indent: number;
	/** The keys that are never put in one line, of this object, of that under it, and so on. */
	readonly open: readonly string[];
}

function mapOf(written: WrittenObject, { indent, open }: Layout): YAMLMap {
	const map = padded(new YAMLMap(), " ");
	for (const [key, value] of Object.entries(written)) {
		const isOpen = key === open[0];
		const layout = { indent: indent + 2, open: isOpen ? open.slice(1) : [] };
		const isFlow = !isOpen && fits(value, indent + key.length + 2);
		const name = new Scalar(key);
		name.commentBefore = commentOf(written, key);
		map.items.push(new Pair(name, nodeOf(value, layout, isFlow)));
	}
	map.comment = commentOf(written, undefined);
	return map;
}

function commentOf(written: WrittenObject, key: string | undefined): string | null {
	const here = (written[remarks] ?? []).filter(({ before }) => before === key);
	return here.length === 0 ? null : here.map(({ text }) => ` ${text.replace(/\s+/g, " ")}`).join("\n");
}

function nodeOf(written: Written, layout: Layout, isFlow: boolean): Node {
	if (isWrittenObject(written)) {
		const map = mapOf(written, layout);
		map.flow = isFlow;
		return map;
	}
	if (!isWrittenList(written)) return new Scalar(written);
	const list = padded(new YAMLSeq(), "");
	list.flow = isFlow;
	const inner = { indent: layout.indent + 2, open: [] };
	list.items = written.map((item) => nodeOf(item, inner, fits(item, layout.indent + 2)));
	return list;
}

/** `{ a: 1 }` and `[1, 2]`: the library pads both or neither. */
function padded<Collection extends YAMLMap | YAMLSeq>(collection: Collection, padding: string): Collection {
	const write = collection.toString.bind(collection);
	collection.toString = (context, ...more) =>
		write(context === undefined ? context : { ...context, flowCollectionPadding: padding }, ...more);
	return collection;
}

/** Whether it can stand in the rest of a line, and has no remarks, which end a line. */
const fits = (written: Written, indent: number): boolean =>
	!isRemarked(written) &&
	indent + stringify(written, { collectionStyle: "flow", lineWidth: 0 }).trimEnd().length <= lineMax;

function isRemarked(written: Written): boolean {
	if (isWrittenList(written)) return written.some(isRemarked);
	if (!isWrittenObject(written)) return false;
	return written[remarks] !== undefined || Object.values(written).some(isRemarked);
}
