import { readForm } from "./form.ts";
import { jsonText, readJson, type Value } from "./json.ts";
import type { Delivery } from "./message.ts";
import { bad, type Result } from "./result.ts";
import { readXml, xmlText } from "./xml.ts";

/**
 * How a body is written. `form` is `application/x-www-form-urlencoded`, whose names nest in brackets; its values are texts.
 * JSON may be called anything, `text/plain` too.
 */
export type BodyFormat = "json" | "form" | "xml";

/**
 * The format that a body's media type names; of one without, XML shows by its first character. A body of any other type is
 * JSON, whatever it is called, as browsers send it as text: undefined then.
 */
export function formatNamed({
	body,
	headers,
}: Pick<Delivery, "body" | "headers">): Exclude<BodyFormat, "json"> | undefined {
	const type = headers["content-type"];
	if (type === undefined) return startsAsXml(body) ? "xml" : undefined;
	if (/^application\/x-www-form-urlencoded/i.test(type)) return "form";
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
	xml: readXml,
};

/** A body as a value: what a connector splits and a mapping reads. A failure has no part of the body in it. */
export const readAs = (format: BodyFormat, bytes: Uint8Array): Result<Value, string> =>
	readers[format](bytes);

/** A value as a body again, with all that was read of it. */
export const writtenAs = (format: Exclude<BodyFormat, "form">, value: Value): Uint8Array =>
	new TextEncoder().encode(format === "xml" ? xmlText(value) : jsonText(value));
