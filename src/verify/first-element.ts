/** Bytes that a signature may cover, and what it then proves. */
export interface ProvedElement {
	readonly signed: Uint8Array;
	readonly proves: "all" | "first";
}

/**
 * The first element of a body that is a JSON array, as the bytes that stand there; undefined where the body is no array
 * or has no element. An array's only element proves all of it. With a `wrapper` it is the value inside `{"wrapper":…}`,
 * undefined where the element is nothing of the kind.
 *
 * The bytes are not parsed and written again: that would lose digits, doubled keys and the sender's spelling. On
 * text that is no JSON the result is some part of it, whose signature nobody has.
 */
export function firstElement(bytes: Uint8Array, wrapper?: string): ProvedElement | undefined {
	const open = skipSpace(bytes, startOf(bytes));
	if (bytes[open] !== byte.openBracket) return undefined;
	const start = skipSpace(bytes, open + 1);
	const end = valueEnd(bytes, start);
	if (end === start) return undefined;
	const next = skipSpace(bytes, end);
	const proves =
		bytes[next] === byte.closeBracket && skipSpace(bytes, next + 1) === bytes.length ? "all" : "first";
	const element = bytes.subarray(start, end);
	const signed = wrapper === undefined ? element : unwrap(element, wrapper);
	return signed === undefined ? undefined : { signed, proves };
}

/** The value in an object of this one key, written without a space: the spelling of `JSON.stringify`. */
function unwrap(element: Uint8Array, key: string): Uint8Array | undefined {
	const head = utf8.encode(`{${JSON.stringify(key)}:`);
	const last = element.length - 1;
	if (element[last] !== byte.closeBrace || !head.every((each, index) => element[index] === each))
		return undefined;
	return valueEnd(element, head.length) === last ? element.subarray(head.length, last) : undefined;
}

/** Where the JSON value that begins at `start` ends. One pass without recursion, however deep it is. */
function valueEnd(bytes: Uint8Array, start: number): number {
	let depth = 0;
	let at = start;
	while (at < bytes.length) {
		switch (bytes[at] ?? 0) {
			case byte.quote:
				at = stringEnd(bytes, at);
				if (depth === 0) return at;
				continue;
			case byte.openBrace:
			case byte.openBracket:
				depth++;
				break;
			case byte.closeBrace:
			case byte.closeBracket:
				if (depth === 0) return at;
				depth--;
				if (depth === 0) return at + 1;
				break;
			case byte.comma:
			case byte.space:
			case byte.tab:
			case byte.lineFeed:
			case byte.carriageReturn:
				if (depth === 0) return at;
				break;
		}
		at++;
	}
	return at;
}

/** After the closing quote of the string that opens at `start`. Bytes above 127 are parts of letters. */
function stringEnd(bytes: Uint8Array, start: number): number {
	let at = start + 1;
	while (at < bytes.length && bytes[at] !== byte.quote) at += bytes[at] === byte.backslash ? 2 : 1;
	return Math.min(at + 1, bytes.length);
}

function skipSpace(bytes: Uint8Array, start: number): number {
	let at = start;
	while (isSpace(bytes[at])) at++;
	return at;
}

const isSpace = (each: number | undefined): boolean =>
	each === byte.space || each === byte.tab || each === byte.lineFeed || each === byte.carriageReturn;

/** After a UTF-8 byte order mark. */
const startOf = (bytes: Uint8Array): number =>
	bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;

const utf8 = new TextEncoder();

const byte = {
	tab: 0x09,
	lineFeed: 0x0a,
	carriageReturn: 0x0d,
	space: 0x20,
	quote: 0x22,
	comma: 0x2c,
	openBracket: 0x5b,
	backslash: 0x5c,
	closeBracket: 0x5d,
	openBrace: 0x7b,
	closeBrace: 0x7d,
} as const;
