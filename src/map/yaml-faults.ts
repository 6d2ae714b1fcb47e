import { type Document, isCollection, isScalar, visit, type YAMLError } from "yaml";

/** What keeps a text from being YAML: where a person would look for it, and in a person's words. */
export interface YamlFault {
	readonly offset: number;
	readonly message: string;
	readonly help: string;
}

/** The library says where its parser gave up; people want to know what they typed. */
export function faultOf({ code, message, pos }: YAMLError, text: string, document: Document): YamlFault {
	const [offset] = pos;
	const at = (place: number, what: string, help: string): YamlFault => ({ offset: place, message: what, help });
	switch (code) {
		case "TAB_AS_INDENT":
			return at(offset, "this line is indented with a tab", "indent with spaces");
		case "MISSING_CHAR": {
			if (!/closing.*quote/.test(message)) break;
			const opening = lastStart(document, offset, (node) => isScalar(node)) ?? offset;
			return at(opening, "this quote is not closed", `put a \`${text.charAt(opening)}\` where the text ends`);
		}
		case "BAD_INDENT": {
			if (!message.startsWith("Flow")) {
				const help = "begin it in the column of the keys that it belongs to";
				return at(indented(text, offset), "this line begins in a column of its own", help);
			}
			const opening = lastStart(document, offset, (node) => isCollection(node) && node.flow === true) ?? offset;
			const bracket = text.charAt(opening);
			const closing = bracket === "[" ? "]" : "}";
			const help = `put a \`${closing}\` at its end, and indent all lines in it`;
			return at(opening, `this \`${bracket}\` is not closed before the next key`, help);
		}
		case "BLOCK_IN_FLOW":
			return { ...colonOrIndent(text, offset), help: "quote the text, or put a comma before the next key" };
		case "BLOCK_AS_IMPLICIT_KEY":
			return colonOrIndent(text, offset);
		case "MULTILINE_IMPLICIT_KEY":
			return at(offset, "this line is no `key: value`", "write a colon and a space behind the key");
		case "BAD_SCALAR_START": {
			const first = text.charAt(offset);
			return at(offset, `an unquoted text can not begin with ${first}`, "quote it");
		}
		case "UNEXPECTED_TOKEN": {
			if (!message.includes("at node end")) break;
			const help = "quote the whole text; a quote inside '…' is written twice";
			return at(offset, "there is more behind the end of this value", help);
		}
		case "NON_STRING_KEY":
			return at(offset, "a key is a text, and this is an object or a list", "quote it if it is a text");
		case "BAD_DQ_ESCAPE":
			return at(
				offset,
				`\`${text.slice(offset, offset + 2)}\` means nothing between double quotes`,
				"quote the text with '…', where a backslash is a backslash",
			);
		case "TAG_RESOLVE_FAILED":
			return at(offset, "tags (`!…`) are not used here", "quote it if it is a text");
		case "MULTIPLE_DOCS":
			return at(offset, "here begins a second document", "one file is one mapping: make it a file of its own");
	}
	return at(offset, `the file is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`, "");
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
