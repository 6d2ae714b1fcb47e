import { type BodyFormat, formatOf, readAs, writtenAs } from "../model/format.ts";
import type { Value } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import {
	type Cleaned,
	markOf,
	type Removal,
	withoutSensitive,
	withoutSensitiveText,
} from "../model/sensitive/sensitive.ts";
import { isSuspicious, mayHoldName } from "../model/sensitive/suspicion.ts";
import { findsIn } from "../model/sensitive/texts.ts";

/** A delivery as it may be kept. */
export interface Redacted {
	/** The very same where nothing was removed. */
	readonly delivery: Delivery;
	/** What was removed and from where; of very many the first. Values are not in it. */
	readonly removed: readonly Removal[];
}

/** Each is a line for a person; whoever sends thousands at once is shown where to begin. */
const removalsMax = 100;

/**
 * Takes card numbers and the like out of a delivery that has been verified, before anything of it is written anywhere. Paths
 * begin with `body`, `query` or `headers`. `format` is how its connector reads the body.
 */
export function redacted(delivery: Delivery, format: BodyFormat): Redacted {
	const body = redactedBody(delivery, format);
	const query = redactedForm(delivery.query);
	const headers = redactedHeaders(delivery.headers);
	const removed = [
		...under("body", body.removed),
		...under("query", query.removed),
		...under("headers", headers.removed),
	];
	if (removed.length === 0 && body.value === delivery.body) return { delivery, removed };
	return {
		delivery: { ...delivery, body: body.value, query: query.value, headers: headers.value },
		removed: removed.slice(0, removalsMax),
	};
}

const under = (part: string, removed: readonly Removal[]): readonly Removal[] =>
	removed.map(({ path, what }) => ({ path: path === "" ? part : `${part}.${path}`, what }));

const utf8 = new TextDecoder();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function redactedBody(delivery: Delivery, as: BodyFormat): Cleaned<Uint8Array> {
	const { body } = delivery;
	const text = utf8.decode(body);
	const format = formatLookedAt(delivery, text, as);
	if (format === "form") {
		const { value, removed } = redactedForm(text);
		return { value: removed.length === 0 ? body : bytesOf(value), removed };
	}
	// The names of elements look otherwise than what one look at the characters would find.
	if (format !== "xml" && !isSuspicious(text)) return { value: body, removed: [] };
	const read = readAs(format, body);
	return read.ok ? redactedContent(body, text, { format, content: read.value }) : redactedWhole(body, text);
}

/**
 * Whoever looks at the bytes itself reads no form. JSON that is called a form gives no message, and is kept for a person to
 * look at: its names and values are where JSON has them.
 */
function formatLookedAt(delivery: Delivery, text: string, format: BodyFormat): Exclude<BodyFormat, "bytes"> {
	if (format === "bytes") return formatOf(delivery, ["json", "xml"]);
	return format === "form" && jsonStart.test(text) ? "json" : format;
}

/** As no form does, whose braces are escapes. */
const jsonStart = /^\s*(?:\{|\[\s*\{)/;

/**
 * What is kept is what was read: a repeated attribute's other value goes, a comment, and a digit that is written as an escape.
 * Where none of that changes how the bytes look, nothing was there, and they stay as they came.
 */
function redactedContent(
	body: Uint8Array,
	text: string,
	{ format, content }: { readonly format: "json" | "ndjson" | "xml"; readonly content: Value },
): Cleaned<Uint8Array> {
	const { value, removed } = withoutSensitive(content);
	const written = writtenAs(format, value);
	if (removed.length === 0 && (!isSuspicious(text) || isSuspicious(utf8.decode(written))))
		return { value: body, removed };
	return { value: written, removed };
}

/** Nobody can say where in an unreadable body an attribute begins and ends, and no mapping will ever read it. */
function redactedWhole(body: Uint8Array, text: string): Cleaned<Uint8Array> {
	const [find] = findsIn(text, false);
	if (find === undefined && !mayHoldName(text)) return { value: body, removed: [] };
	const what = find?.what ?? "unreadable";
	return { value: bytesOf(markOf(what)), removed: [{ path: "", what }] };
}

/** A query, or a body of that form. What nothing is removed from stays as it was written. */
function redactedForm(text: string): Cleaned<string> {
	const removed: Removal[] = [];
	const pairs = text.split("&").map((pair) => {
		// Without a mark it is a text under no name.
		const valueAt = pair.indexOf("=") + 1;
		const cleaned = withoutSensitiveText(decoded(pair.slice(valueAt)), {
			name: decoded(pair.slice(0, Math.max(0, valueAt - 1))),
		});
		for (const removal of cleaned.removed) removed.push(removal);
		return cleaned.removed.length === 0 ? pair : pair.slice(0, valueAt) + encodeURIComponent(cleaned.value);
	});
	return { value: removed.length === 0 ? text : pairs.join("&"), removed };
}

function decoded(text: string): string {
	const spaced = text.replaceAll("+", " ");
	try {
		return decodeURIComponent(spaced);
	} catch {
		return spaced;
	}
}

/** Headers are full of numbers that trace requests: they are ids, whatever they are called. */
function redactedHeaders(headers: Delivery["headers"]): Cleaned<Delivery["headers"]> {
	const removed: Removal[] = [];
	const cleaned = Object.entries(headers).map(([name, value]): [string, string] => {
		const one = withoutSensitiveText(value, { name, isId: true });
		for (const removal of one.removed) removed.push(removal);
		return [name, one.value];
	});
	return { value: removed.length === 0 ? headers : Object.fromEntries(cleaned), removed };
}
