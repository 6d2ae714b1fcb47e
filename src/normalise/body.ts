import type { BodyFormat } from "../kit/connector.ts";
import { readForm } from "../model/form.ts";
import { readJson, type Value } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import { bad, type Result } from "../model/result.ts";

/**
 * How each format is read. Whatever is read is a value as JSON has them: what a connector splits and a mapping reads.
 *
 * A reader of XML gives objects of texts: element names without their namespaces' prefixes, a list where an element comes
 * twice under one parent, an empty text for an empty element, null for `xsi:nil`; it refuses a DOCTYPE, and knows no
 * entities but XML's own five and character references.
 */
const readers: Readonly<Record<BodyFormat, (bytes: Uint8Array) => Result<Value, string>>> = {
	json: (bytes) => {
		const read = readJson(bytes);
		return read.ok ? read : bad(read.failure.reason);
	},
	form: readForm,
	xml: () => bad("this hub does not read XML yet"),
};

/** What of a media type tells a format; a body of any other is JSON, whatever it is called: browsers send it as text. */
const marks: readonly (readonly [RegExp, BodyFormat])[] = [
	[/^application\/x-www-form-urlencoded/i, "form"],
	[/^(?:text|application)\/(?:[a-z0-9.-]+\+)?xml/i, "xml"],
];

/** The parsed body of a delivery, in the one of its connector's formats that its media type names, else in the first. */
export function readBodyOf(
	{ body, headers }: Delivery,
	formats: readonly [BodyFormat, ...BodyFormat[]],
): Result<Value, string> {
	const named = marks.find(([mark]) => mark.test(headers["content-type"] ?? ""))?.[1];
	const format = named !== undefined && formats.includes(named) ? named : formats[0];
	return readers[format](body);
}
