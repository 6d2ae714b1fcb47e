import { bad, good, type Result } from "./result.ts";

/** What JSON can say, and what is stored, pinned and sent between cells. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/**
 * A number of a message whose text says more than a double can hold: more than 15 significant digits, or an
 * exponent beyond what a double reaches. It keeps the digits as they were sent.
 */
export class ExactNumber {
	readonly source: string;
	constructor(source: string) {
		this.source = source;
	}
	toString(): string {
		return this.source;
	}
}

/** A parsed message: JSON in which numbers that a double would falsify stay text. */
export type Value = null | boolean | number | string | ExactNumber | readonly Value[] | ValueObject;
export type ValueObject = { readonly [key: string]: Value };

export const isObject = (value: Value | undefined): value is ValueObject =>
	typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

/** Own properties only: a path can not reach a prototype. */
export const own = (value: ValueObject, key: string): Value | undefined =>
	Object.hasOwn(value, key) ? value[key] : undefined;

/** Descends `levels` deep and no deeper: what a sender nests can not exhaust the stack. */
export function isDeeperThan(value: Value, levels: number): boolean {
	if (isList(value)) {
		if (levels === 0) return true;
		return value.some((each) => isDeeperThan(each, levels - 1));
	}
	if (isObject(value)) {
		if (levels === 0) return true;
		for (const key in value) {
			const each = value[key];
			if (typeof each === "object" && each !== null && isDeeperThan(each, levels - 1)) return true;
		}
	}
	return false;
}

/** What is wrong with a text that should be JSON, for people: no part of the text itself is in it. */
export interface NotJson {
	readonly reason: string;
}

/** An exponent of three digits may be beyond what a double reaches. */
const longExponent = /[0-9.][eE][+-]?[0-9]{3}/;

/** A run of so many digits and dots may have a sixteenth significant digit, which a double may lose. */
const longRun = 16;

/**
 * Whether a text may have a number that a double does not hold. It also answers yes for long ids inside texts, which
 * costs such a body the slower parse, never its meaning. A run of 16 covers a place that 16 divides, so only every
 * sixteenth character is looked at.
 */
function mayBeUnsafe(text: string): boolean {
	for (let at = longRun - 1; at < text.length; at += longRun) {
		if (!isDigitOrDot(text.charCodeAt(at))) continue;
		let start = at;
		while (start > 0 && isDigitOrDot(text.charCodeAt(start - 1))) start -= 1;
		let end = at + 1;
		while (end < text.length && isDigitOrDot(text.charCodeAt(end))) end += 1;
		if (end - start >= longRun) return true;
	}
	return longExponent.test(text);
}

const isDigitOrDot = (code: number): boolean => (code >= 48 && code <= 57) || code === 46;

/** Significant digits that every decimal text survives on its way through a double and back (IEEE 754 binary64). */
const safeDigitsMax = 15;

const parseWithSource = JSON.parse as (
	text: string,
	reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
) => Value;

/** Parses JSON as ECMAScript does (the last of two equal keys wins), and keeps the digits of unsafe numbers. */
export function parseJson(text: string): Result<Value, NotJson> {
	try {
		if (!mayBeUnsafe(text)) return good(JSON.parse(text) as Value);
		return good(
			parseWithSource(text, (_key, value, { source }) =>
				typeof value === "number" && source !== undefined && !isSafe(value, source)
					? new ExactNumber(source)
					: value,
			),
		);
	} catch (error) {
		return bad({ reason: placeOf(error, text.length) });
	}
}

const rawJson = (JSON as typeof JSON & { rawJSON(text: string): unknown }).rawJSON;

/** The value as JSON text, exact numbers by their own digits. */
export const jsonText = (value: Value): string =>
	JSON.stringify(value, (_key, each: unknown) => (each instanceof ExactNumber ? rawJson(each.source) : each));

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** Parses the bytes of a JSON text: UTF-8, with or without a byte order mark. */
export function readJson(bytes: Uint8Array): Result<Value, NotJson> {
	let text: string;
	try {
		text = utf8.decode(bytes);
	} catch {
		return bad({ reason: "the bytes are not UTF-8" });
	}
	return parseJson(text);
}

function isSafe(value: number, source: string): boolean {
	if (!Number.isFinite(value)) return false;
	if (value === 0) return !/[1-9]/.test(source.split(/[eE]/, 1)[0] ?? "");
	const digits = source
		.replace(/[eE].*$/, "")
		.replace(/[-.]/g, "")
		.replace(/^0+/, "");
	return (
		digits.length <= safeDigitsMax || (withoutZeros(digits).length <= safeDigitsMax && !/[eE]/.test(source))
	);
}

/** Without the zeros at its end. `/0+$/` would try each run of zeros from each of its digits: minutes for a megabyte. */
function withoutZeros(digits: string): string {
	let end = digits.length;
	while (digits.charCodeAt(end - 1) === 48) end -= 1;
	return digits.slice(0, end);
}

/** V8 quotes the text around a mistake; a stranger's data must not reach a log, so only the place is kept. */
function placeOf(error: unknown, length: number): string {
	if (error instanceof RangeError) return "the JSON is nested too deeply to be read";
	const message = error instanceof Error ? error.message : "";
	const place = /position (\d+)/.exec(message)?.[1];
	if (/end of JSON|Unterminated/i.test(message) || Number(place) >= length)
		return "the text ends before the JSON does";
	return place === undefined ? "the text is not JSON" : `the text stops being JSON at character ${place}`;
}
