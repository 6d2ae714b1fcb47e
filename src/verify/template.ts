import { base64Of, joined } from "../model/bytes.ts";
import { pairsOf } from "../model/form.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";
import { firstElement, type ProvedElement } from "./first-element.ts";
import { type Arrival, openPlace, type Place, parsePlace } from "./place.ts";

/** A piece of a template: text that stands for itself, or `{name}` and `{name:argument}`. */
export type Piece =
	| { readonly kind: "literal"; readonly text: string }
	| { readonly kind: "token"; readonly name: string; readonly argument?: string };

/** A brace that opens no token is text: `{"a":1}`. */
const tokens = /\{([a-zA-Z][a-zA-Z0-9]*)(?::([^{}]+))?\}/g;

export function piecesOf(template: string): readonly Piece[] {
	const pieces: Piece[] = [];
	let end = 0;
	for (const match of template.matchAll(tokens)) {
		const [whole, name = "", argument] = match;
		if (match.index > end) pieces.push({ kind: "literal", text: template.slice(end, match.index) });
		pieces.push({ kind: "token", name, ...(argument === undefined ? {} : { argument }) });
		end = match.index + whole.length;
	}
	if (end < template.length) pieces.push({ kind: "literal", text: template.slice(end) });
	return pieces;
}

/** Bytes that a signature may be over, and what it then proves; undefined where a part of them is not there. */
export type Signed = (
	arrival: Arrival,
	/** The timestamp's text, as it was sent. */
	timestamp: string | undefined,
	/** Each secret in turn. */
	secret: string,
) => ProvedElement | undefined;

type Part = (...known: Parameters<Signed>) => ProvedElement | string | undefined;

const utf8 = new TextEncoder();

/**
 * What can be signed:
 *
 * | token                                   | bytes                                                                        |
 * | --------------------------------------- | ---------------------------------------------------------------------------- |
 * | `{body}`                                | the body                                                                     |
 * | `{bodyTrimmed}`                         | without blanks and line breaks around it                                     |
 * | `{bodyBase64}`                          | in base64                                                                    |
 * | `{bodyFirstElement}`                    | of a JSON array, its first element as it stands there; proves only that      |
 * | `{bodyFirstElement:json}`               | of `[{"json":…}]`, what stands in the first                                  |
 * | `{kv}`                                  | a form's names and values, sorted by name, each once, nothing between them   |
 * | `{method}`                              | `POST`                                                                       |
 * | `{url}`                                 | as the world calls it, with its query                                        |
 * | `{urlDecoded}`                          | with the escapes of `: / ? @ ! $ ' ( ) * , ;` decoded, and no others         |
 * | `{urlNoPort}`, `{urlWithPort}`          | without its port; with one, where it has none that of its scheme             |
 * | `{ts}`                                  | the timestamp, as it was sent                                                |
 * | `{secret}`                              | the secret itself                                                            |
 * | `{header:…}`, `{query:…}`, `{field:…}`  | what is at that place, of several the first                                  |
 *
 * Whatever else is in a template is signed as it is written.
 */
const parts: Readonly<Record<string, Part>> = {
	body: ({ bytes }) => ({ signed: bytes, proves: "all" }),
	bodyTrimmed: ({ bytes }) => ({ signed: trimmed(bytes), proves: "all" }),
	bodyBase64: ({ bytes }) => binaryBase64(bytes),
	bodyFirstElement: ({ bytes }) => firstElement(bytes),
	kv: ({ delivery: { body } }) => sortedPairs(new TextDecoder().decode(body)),
	method: ({ delivery: { method } }) => method,
	url: ({ url }) => url,
	urlDecoded: ({ url }) => url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, decodeURIComponent),
	urlNoPort: ({ url }) => withPort(url, () => ""),
	urlWithPort: ({ url }) => withPort(url, (scheme, port) => port ?? (scheme === "https" ? ":443" : ":80")),
	ts: (_arrival, timestamp) => timestamp,
	secret: (_arrival, _timestamp, secret) => secret,
};

/** A failure says what would be right. */
export function parseSigned(template: string): Result<readonly Piece[], string> {
	const pieces = piecesOf(template);
	if (pieces.length === 0) return bad("a template of what is signed is not empty");
	for (const piece of pieces) {
		const problem = piece.kind === "token" ? problemOf(piece) : undefined;
		if (problem !== undefined) return bad(problem);
	}
	return good(pieces);
}

function problemOf({ name, argument }: Extract<Piece, { readonly kind: "token" }>): string | undefined {
	if (["header", "query", "field"].includes(name)) {
		const place = parsePlace(`${name}:${argument ?? ""}`);
		return place.ok ? undefined : place.failure;
	}
	if (!Object.hasOwn(parts, name))
		return `there is no token {${name}}; there are ${Object.keys(parts)
			.map((each) => `{${each}}`)
			.join(", ")}, {header:…}, {query:…} and {field:…}`;
	return argument === undefined || name === "bodyFirstElement" ? undefined : `{${name}} has no argument`;
}

/** Compiles a template over bytes. One that is a single part gives these bytes themselves, without a copy. */
export function openSigned(template: string): Signed {
	const pieces = parseSigned(template);
	invariant(pieces.ok, `a template of what is signed: ${template}`);
	const compiled = pieces.value.map(partOf);
	const [only] = compiled;
	if (only !== undefined && compiled.length === 1)
		return (arrival, timestamp, secret) => {
			const part = only(arrival, timestamp, secret);
			return typeof part === "string" ? { signed: utf8.encode(part), proves: "all" } : part;
		};
	return (arrival, timestamp, secret) => {
		const found: Uint8Array[] = [];
		let proves: ProvedElement["proves"] = "all";
		for (const part of compiled) {
			const value = part(arrival, timestamp, secret);
			if (value === undefined) return undefined;
			if (typeof value === "string") found.push(utf8.encode(value));
			else {
				found.push(value.signed);
				if (value.proves === "first") proves = "first";
			}
		}
		return { signed: joined(found), proves };
	};
}

function partOf(piece: Piece): Part {
	if (piece.kind === "literal") {
		const literal: ProvedElement = { signed: utf8.encode(piece.text), proves: "all" };
		return () => literal;
	}
	const { name, argument } = piece;
	if (name === "bodyFirstElement") return ({ bytes }) => firstElement(bytes, argument);
	const part = parts[name];
	if (part !== undefined) return part;
	const read = openPlace(`${name}:${argument}` as Place);
	return (arrival) => read(arrival)[0];
}

/** What PHP's trim takes off: blank, tab, line feed, carriage return, NUL, vertical tab. */
const blanks: ReadonlySet<number | undefined> = new Set([0x20, 0x09, 0x0a, 0x0d, 0x00, 0x0b]);

function trimmed(bytes: Uint8Array): Uint8Array {
	let start = 0;
	let end = bytes.length;
	while (start < end && blanks.has(bytes[start])) start += 1;
	while (end > start && blanks.has(bytes[end - 1])) end -= 1;
	return bytes.subarray(start, end);
}

/** In slices: arguments of a call are bounded. A multiple of three, so that no slice but the last is padded. */
const base64SliceBytes = 3 * 8_192;

function binaryBase64(bytes: Uint8Array): string {
	let text = "";
	for (let at = 0; at < bytes.length; at += base64SliceBytes)
		text += base64Of(bytes.subarray(at, at + base64SliceBytes));
	return text;
}

/** As Twilio's libraries do: values that a name has twice count once, and are sorted too. */
function sortedPairs(form: string): string {
	const values = new Map<string, Set<string>>();
	for (const [name, value] of pairsOf(form)) values.set(name, (values.get(name) ?? new Set()).add(value));
	return [...values.keys()]
		.sort()
		.map((name) =>
			[...(values.get(name) ?? [])]
				.sort()
				.map((value) => name + value)
				.join(""),
		)
		.join("");
}

const withPort = (url: string, portOf: (scheme: string, port: string | undefined) => string): string =>
	url.replace(
		/^(https?):\/\/([^/?#]*@)?([^/?#@]*?)(:[0-9]*)?(?=[/?#]|$)/,
		(_whole, scheme: string, user: string | undefined, host: string, port: string | undefined) =>
			`${scheme}://${user ?? ""}${host}${portOf(scheme, port)}`,
	);
