import { type Document, isCollection, isScalar, visit, type YAMLError } from "yaml";

/** What keeps a text from being YAML: where a person would look for it, and in a person's words. */
export interface YamlFault {
	readonly offset: number;
	readonly message: string;
	readonly help: string;
}

/** The library says where its parser gave up; people want to know what they typed. */
export function faultOf(error: YAMLError, text: string, document: Document): YamlFault {
	const { code, message, pos } = error;
	const [offset] = pos;
	if (code === "MISSING_CHAR" && /closing.*quote/.test(message)) return openQuote(text, offset, document);
	if (code === "BAD_INDENT" && message.startsWith("Flow")) return openBracket(text, offset, document);
	if (code === "BLOCK_AS_IMPLICIT_KEY") return colonOrIndent(text, offset);
	if (code === "BLOCK_IN_FLOW")
		return { ...colonOrIndent(text, offset), help: "quote the text, or put a comma before the next key" };
	const [said, help] = words.find((one) => one.code === code && message.includes(one.where ?? ""))?.says ?? [
		`the file is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
		"",
	];
	return { offset: indented(text, offset), message: said, help };
}

/** What stands where the parser says, by its code and a part of its message. */
const words: readonly {
	readonly code: YAMLError["code"];
	readonly where?: string;
	readonly says: readonly [message: string, help: string];
}[] = [
	{ code: "TAB_AS_INDENT", says: ["this line is indented with a tab", "indent with spaces"] },
	{
		code: "BAD_INDENT",
		says: [
			"this line begins in a column of its own",
			"begin it in the column of the keys that it belongs to",
		],
	},
	{
		code: "MULTILINE_IMPLICIT_KEY",
		says: ["this line is no `key: value`", "write a colon and a space behind the key"],
	},
	{
		code: "BAD_SCALAR_START",
		says: ["a text that begins with this character must be quoted", 'write it between double quotes: "…"'],
	},
	{
		code: "UNEXPECTED_TOKEN",
		where: "at node end",
		says: [
			"there is more behind the end of this value",
			"quote the whole text; a quote inside '…' is written twice",
		],
	},
	{
		code: "NON_STRING_KEY",
		says: ["a key is a text, and this is an object or a list", "quote it if it is a text"],
	},
	{
		code: "BAD_DQ_ESCAPE",
		says: [
			"this means nothing between double quotes",
			"quote the text with '…', where a backslash is a backslash",
		],
	},
	{ code: "TAG_RESOLVE_FAILED", says: ["tags (`!…`) are not used here", "quote it if it is a text"] },
	{
		code: "MULTIPLE_DOCS",
		says: ["here begins a second document", "one file is one mapping: make it a file of its own"],
	},
];

function openQuote(text: string, offset: number, document: Document): YamlFault {
	const opening = lastStart(document, offset, isScalar) ?? offset;
	const help = `put a \`${text.charAt(opening)}\` where the text ends`;
	return { offset: opening, message: "this quote is not closed", help };
}

function openBracket(text: string, offset: number, document: Document): YamlFault {
	const isFlow = (node: Visited): boolean => isCollection(node) && node.flow === true;
	const opening = lastStart(document, offset, isFlow) ?? offset;
	const bracket = text.charAt(opening);
	return {
		offset: opening,
		message: `this \`${bracket}\` is not closed`,
		help: `put a \`${bracket === "[" ? "]" : "}"}\` at its end, and indent all lines in it`,
	};
}

type Visited = Parameters<typeof isScalar>[0];

/** Where the last of these nodes begins that begins before the offset and reaches it. */
function lastStart(
	document: Document,
	offset: number,
	isWanted: (node: Visited) => boolean,
): number | undefined {
	let start: number | undefined;
	visit(document, {
		Node: (_, node) => {
			const [from, to] = node.range ?? [];
			if (from !== undefined && to !== undefined && from < offset && to + 1 >= offset && isWanted(node))
				start = from;
		},
	});
	return start;
}

/** A value that goes on like a key: a colon inside an unquoted text, or a next line that is indented too far. */
function colonOrIndent(text: string, offset: number): YamlFault {
	const [line = "", ...rest] = text.slice(offset).split("\n");
	if (/:\s/.test(line)) {
		return {
			offset,
			message: "this text has a colon and a space in it, which makes it a key",
			help: "quote the text",
		};
	}
	const blank = rest.findIndex((next) => next.trim() !== "");
	const next = offset + line.length + 1 + rest.slice(0, blank).join("\n").length + (blank > 0 ? 1 : 0);
	return {
		offset: indented(text, next),
		message: "this line is indented further than the key above it, which has a value already",
		help: "begin it in the column of that key",
	};
}

/** Where the text of a line begins. */
const indented = (text: string, offset: number): number =>
	offset + (/^ */.exec(text.slice(offset))?.[0].length ?? 0);
