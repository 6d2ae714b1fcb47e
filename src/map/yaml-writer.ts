import { Document, type Node, Pair, Scalar, type ScalarTag, YAMLMap, YAMLSeq } from "yaml";
import { ExactNumber, isList, isObject } from "../model/json.ts";

/** What is written into a mapping file: the values of messages, and remarks. */
export type Written = null | boolean | number | string | ExactNumber | readonly Written[] | WrittenObject;

export interface WrittenObject {
	readonly [key: string]: Written;
	readonly [remarks]?: readonly Remark[];
}

/** A comment in an object. */
export type Remark =
	/** On lines of its own, before a key. */
	| { readonly kind: "before"; readonly key: string; readonly text: string }
	/** At the end of a key's line. */
	| { readonly kind: "beside"; readonly key: string; readonly text: string }
	/** On a line of its own, behind the last key. */
	| { readonly kind: "behind"; readonly text: string };

export const remarks: unique symbol = Symbol("remarks");

/** As wide as the presets are. */
const lineMax = 110;
/** What is never put in one line; `-` is each item of a list. */
const openPlaces = new Set(["", ".event", ".event.data", ".tests", ".tests.-", ".tests.-.gives"]);
const schemaComment = "# yaml-language-server: $schema=../mapping.schema.json\n";

/**
 * The text of a mapping file, laid out as the presets are: what is short stands in one line, but the mapping, its
 * event, the event's data and its tests have a line for each key.
 */
export const yamlTextOf = (mapping: WrittenObject): string =>
	schemaComment + textOf(nodeOf(mapping, { at: "", indent: 0, column: 0, isFlow: false }));

const exactNumber: ScalarTag = {
	tag: "tag:yaml.org,2002:float",
	default: true,
	identify: (value) => value instanceof ExactNumber,
	resolve: (text) => new ExactNumber(text),
};

/** Also what a reader of YAML 1.1 would misread is quoted, and `1_000`, which our own would not believe. */
const textOf = (contents: Node): string =>
	new Document(contents, { customTags: [exactNumber], compat: "yaml-1.1" }).toString({
		lineWidth: 0,
		commentString: (comment) => comment,
	});

/** Where a value stands. */
interface Layout {
	/** The keys from the mapping down, each after a dot. */
	readonly at: string;
	/** Of the lines of its own keys or items. */
	readonly indent: number;
	/** How many characters stand before it in the line in which it begins. */
	readonly column: number;
	/** Whether what is around it stands in one line. */
	readonly isFlow: boolean;
}

function nodeOf(written: Written, layout: Layout): Node {
	if (!isList(written) && !isObject(written)) return new Scalar(written);
	const isFlow = layout.isFlow || (!openPlaces.has(layout.at) && fits(written, layout));
	const inner = { ...layout, isFlow };
	const collection = isList(written) ? listOf(written, inner) : mapOf(written, inner);
	collection.flow = isFlow;
	return collection;
}

function listOf(written: readonly Written[], { at, indent, isFlow }: Layout): YAMLSeq {
	const list = padded(new YAMLSeq(), "");
	const inner = { at: `${at}.-`, indent: indent + 2, column: indent + 2, isFlow };
	list.items = written.map((item) => nodeOf(item, inner));
	return list;
}

function mapOf(written: WrittenObject, { at, indent, isFlow }: Layout): YAMLMap {
	const map = padded(new YAMLMap(), " ");
	const said = written[remarks] ?? [];
	for (const [key, own] of Object.entries(written)) {
		const column = indent + key.length + 2;
		const value = nodeOf(own, { at: `${at}.${key}`, indent: indent + 2, column, isFlow });
		map.items.push(pairOf(new Scalar(key), value, said));
	}
	map.comment = linesOf(said.filter(({ kind }) => kind === "behind"));
	return map;
}

function pairOf(key: Scalar<string>, value: Node, said: readonly Remark[]): Pair {
	const here = said.filter((remark) => remark.kind !== "behind" && remark.key === key.value);
	key.commentBefore = linesOf(here.filter(({ kind }) => kind === "before"));
	const [beside] = here.filter(({ kind }) => kind === "beside");
	// The library puts the comment of a block behind it, and that of a key on the key's line, above its value.
	const isBlock = (value instanceof YAMLMap || value instanceof YAMLSeq) && !value.flow;
	if (beside !== undefined) (isBlock ? key : value).comment = ` ${commentOf(beside)}`;
	return new Pair(key, value);
}

/** Null, as the library says it, where there are none. */
const linesOf = (said: readonly Remark[]): string | null =>
	said.length === 0 ? null : said.map(commentOf).join("\n");

/** In a comment nothing can be escaped: what is no visible character is a space. */
const commentOf = ({ text }: Remark): string => `# ${text.replace(/[\s\p{C}]+/gu, " ")}`;

/** `{ a: 1 }` and `[1, 2]`: the library pads both or neither. */
function padded<Collection extends YAMLMap | YAMLSeq>(collection: Collection, padding: string): Collection {
	const write = collection.toString.bind(collection);
	collection.toString = (context, ...more) =>
		write(context === undefined ? context : { ...context, flowCollectionPadding: padding }, ...more);
	return collection;
}

/** Whether it can stand in the rest of a line, and has no remarks, which end a line. */
function fits(written: Written, layout: Layout): boolean {
	if (isRemarked(written)) return false;
	const line = textOf(nodeOf(written, { ...layout, isFlow: true })).trimEnd();
	return layout.column + line.length <= lineMax && !line.includes("\n");
}

function isRemarked(written: Written): boolean {
	if (isList(written)) return written.some(isRemarked);
	if (!isObject(written)) return false;
	return (written[remarks] ?? []).length > 0 || Object.values(written).some(isRemarked);
}
