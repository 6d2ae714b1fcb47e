import { XMLParser, XMLValidator } from "fast-xml-parser";
import { isList, isObject, type Value } from "./json.ts";
import { limits } from "./limits.ts";
import { bad, good, type Result } from "./result.ts";

/** XML is read as data: there is nothing to be fetched, and nothing that grows. */

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/**
 * An XML document as an object with its one element. An element is the text in it; null where it is `xsi:nil`; a list where it
 * comes several times under one parent; where it has attributes or other elements, an object of these, attributes as `@name` and
 * a text beside them as `#text`. Names are without the prefixes of their namespaces, texts without the blanks around them, and
 * no text is taken for a number.
 *
 * A DOCTYPE is refused, so that there are no entities but XML's own five and character references.
 */
export function readXml(bytes: Uint8Array): Result<Value, string> {
	let text: string;
	try {
		text = utf8.decode(bytes);
	} catch {
		return bad("the bytes are not UTF-8");
	}
	if (/<!DOCTYPE/i.test(text)) return bad("the XML has a DOCTYPE, which is never read");
	try {
		const found = XMLValidator.validate(text);
		if (found !== true) return bad(`the text stops being XML in line ${found.err.line}`);
		return documentOf(parser.parse(text) as Parsed);
	} catch (error) {
		return bad(error instanceof NotXml ? error.message : "the text is not XML that can be read");
	}
}

class NotXml extends Error {}

/** The library also reads several documents in one text. */
function documentOf(parsed: Parsed): Result<Value, string> {
	const value = contentOf(parsed);
	const elements = isObject(value) ? Object.values(value) : [];
	return elements.length === 1 && !isList(elements[0])
		? good(value)
		: bad("the text is not one XML document");
}

/** What the library makes of a document with these options. */
type Parsed = string | readonly Parsed[] | { readonly [name: string]: Parsed };

const parser = new XMLParser({
	ignoreAttributes: (name) => name === "xmlns" || name.startsWith("xmlns:"),
	attributeNamePrefix: "@",
	removeNSPrefix: true,
	parseTagValue: false,
	parseAttributeValue: false,
	ignoreDeclaration: true,
	ignorePiTags: true,
	maxNestedTags: limits.depthMax,
	entityDecoder: {
		decode: (text) => (text.includes("&") ? text.replace(/&([^;&\s]{1,10});|&/g, character) : text),
		setExternalEntities: () => undefined,
		addInputEntities: () => undefined,
		reset: () => undefined,
		setXmlVersion: () => undefined,
	},
});

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function character(_written: string, name = ""): string {
	const [, hexadecimal, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name) ?? [];
	const code = hexadecimal === undefined ? Number(decimal ?? "NaN") : Number.parseInt(hexadecimal, 16);
	if (isCharacter(code)) return String.fromCodePoint(code);
	const known = Object.hasOwn(entities, name) ? entities[name] : undefined;
	if (known === undefined) throw new NotXml("the XML has a `&` that begins no reference known to XML itself");
	return known;
}

/** The production `Char` of XML 1.0. */
const isCharacter = (code: number): boolean =>
	code === 9 ||
	code === 10 ||
	code === 13 ||
	(code >= 0x20 && code <= 0xd7ff) ||
	(code >= 0xe000 && code <= 0xfffd) ||
	(code >= 0x10000 && code <= 0x10ffff);

function contentOf(parsed: Parsed): Value {
	if (typeof parsed === "string") return parsed;
	if (isParsedList(parsed)) return parsed.map(contentOf);
	const nil = Object.hasOwn(parsed, "@nil") ? parsed["@nil"] : undefined;
	if (nil === "true" || nil === "1") return null;
	return Object.fromEntries(Object.entries(parsed).map(([name, each]) => [name, contentOf(each)]));
}

const isParsedList = (parsed: Parsed): parsed is readonly Parsed[] => Array.isArray(parsed);

/** What `readXml` read, as XML again: reading that gives the same value. Of namespaces and comments nothing is left. */
export function xmlText(value: Value): string {
	if (!isObject(value)) return "";
	return Object.entries(value)
		.map(([name, each]) => elementText(name, each))
		.join("");
}

function elementText(name: string, value: Value): string {
	if (isList(value)) return value.map((each) => elementText(name, each)).join("");
	if (value === null) return `<${name} nil="true"/>`;
	if (!isObject(value)) return `<${name}>${escaped(String(value))}</${name}>`;
	const entries = Object.entries(value);
	const attributes = entries
		.filter(([key]) => key.startsWith("@"))
		.map(([key, each]) => ` ${key.slice(1)}="${escaped(String(each))}"`);
	const inner = entries
		.filter(([key]) => !key.startsWith("@"))
		.map(([key, each]) => (key === "#text" ? escaped(String(each)) : elementText(key, each)));
	return `<${name}${attributes.join("")}>${inner.join("")}</${name}>`;
}

const escaped = (text: string): string =>
	text.replace(/[&<>"'\r\n\t]|^\s|\s$/g, (each) => `&#${each.codePointAt(0)};`);
