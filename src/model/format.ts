import { readForm } from "./form.ts";
import { isList, jsonText, readJson, type Value } from "./json.ts";
import type { Delivery } from "./message.ts";
import { bad, good, type Result } from "./result.ts";
import { readXml, xmlText } from "./xml.ts";

/**
 * How a body is written. `form` is `application/x-www-form-urlencoded`, whose names nest in brackets; its values are texts.
 * `ndjson` is a JSON value a line, together a list. JSON may be called anything, `text/plain` too. Of `bytes` nothing is
 * read: the connector looks at the delivery.
 */
export type BodyFormat = "json" | "form" | "ndjson" | "xml" | "bytes";

/** All that a body can be read as, where no connector is known. */
export const readable = ["json", "form", "ndjson", "xml"] as const;

/**
 * How the body of a delivery is written: the one of its connector's formats that its media type names, else the first, for
 * senders and people call JSON a form or a text. Who reads a body, and who looks for what must not be kept of it, goes by
 * this alone.
 */
export function formatOf<Format extends BodyFormat>(
	delivery: Pick<Delivery, "body" | "headers">,
	formats: readonly [Format, ...Format[]],
): Format {
	const named = formatNamed(delivery);
	return formats.find((format) => format === named) ?? formats[0];
}

/**
 * The format that a body's media type names; of one without, XML shows by its first character. A body of any other type is
 * JSON, whatever it is called, as browsers send it as text: undefined then.
 */
function formatNamed({
	body,
	headers,
}: Pick<Delivery, "body" | "headers">): "form" | "ndjson" | "xml" | undefined {
	const type = headers["content-type"];
	if (type === undefined) return startsAsXml(body) ? "xml" : undefined;
	if (/^application\/x-www-form-urlencoded/i.test(type)) return "form";
	if (/^application\/(?:x-)?(?:ndjson|jsonl(?:ines)?)(?:\s*;|$)/i.test(type)) return "ndjson";
	return /^(?:text|application)\/(?:[a-z0-9.-]+\+)?xml/i.test(type) && startsAsXml(body) ? "xml" : undefined;
}

/** As no JSON does. A byte order mark and blanks may stand before. */
function startsAsXml(body: Uint8Array): boolean {
	const first = body.find((byte) => !beforeXml.has(byte));
	return first === 0x3c;
}

const beforeXml: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf, 0x20, 0x09, 0x0a, 0x0d]);

const readers: Readonly<Record<BodyFormat, (bytes: Uint8Array) => Result<Value, string>>> = {
	json: (bytes) => {
		const read = readJson(bytes);
		return read.ok ? read : bad(read.failure.reason);
	},
	form: readForm,
	ndjson: readLines,
	xml: readXml,
	bytes: () => good(null),
};

const lineFeed = 0x0a;
const blankBytes: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);

/** A value a line; blank lines count as none. In UTF-8 a line feed is never a part of another character. */
function readLines(bytes: Uint8Array): Result<Value, string> {
	const values: Value[] = [];
	for (let start = 0, line = 1; start < bytes.length; line += 1) {
		const found = bytes.indexOf(lineFeed, start);
		const end = found === -1 ? bytes.length : found;
		const text = bytes.subarray(start, end);
		start = end + 1;
		if (text.every((byte) => blankBytes.has(byte))) continue;
		const read = readJson(text);
		if (!read.ok) return bad(`in line ${line} ${read.failure.reason}`);
		values.push(read.value);
	}
	return good(values);
}

/** A body as a value: what a connector splits and a mapping reads. A failure has no part of the body in it. */
export const readAs = (format: BodyFormat, bytes: Uint8Array): Result<Value, string> =>
	readers[format](bytes);

/** A value as a body again, with all that was read of it. */
export function writtenAs(format: "json" | "ndjson" | "xml", value: Value): Uint8Array {
	if (format === "ndjson" && isList(value))
		return new TextEncoder().encode(value.map((each) => `${jsonText(each)}\n`).join(""));
	return new TextEncoder().encode(format === "xml" ? xmlText(value) : jsonText(value));
}
