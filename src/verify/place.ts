import { pairsOf } from "../model/form.ts";
import { type BodyFormat, formatOf, readAs, readable } from "../model/format.ts";
import { ExactNumber, isList, isObject, own, type Value } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";

/**
 * A place in a request. `header:X-Signature` is a header's text, `header:Stripe-Signature[v1]` what a header of the form
 * `t=1,v1=2` has under a name, `query:code` a parameter of the URL, `field:data.email` a value in the body: JSON, XML, or a
 * form, whose names nest in brackets.
 */
export type Place = `header:${string}` | `query:${string}` | `field:${string}`;

/** What only the wire knows of a delivery, and nobody stores. */
export interface Wire {
	/** The URL that the sender called, query and all, by the name that the world knows this hub by. */
	readonly url: string;
	/** The body's bytes as they came, where they were compressed. */
	readonly received?: Uint8Array;
	/** How its connector reads the body; by its media type where nobody says. */
	readonly format?: BodyFormat;
}

/** A request as it is looked at before anything of it is believed. */
export interface Arrival {
	readonly delivery: Delivery;
	readonly url: string;
	/** The bytes that a signature is over. */
	readonly bytes: Uint8Array;
	/** The body, parsed when somebody asks; undefined where it is in no format that the hub reads. */
	body(): Value | undefined;
}

export function arrivalOf(
	delivery: Delivery,
	{ url, received = delivery.body, format = formatOf(delivery, readable) }: Wire,
): Arrival {
	let parsed: { readonly value: Value | undefined } | undefined;
	return {
		delivery,
		url,
		bytes: received,
		body: () => {
			parsed ??= { value: bodyOf(delivery, format) };
			return parsed.value;
		},
	};
}

function bodyOf({ body }: Delivery, format: BodyFormat): Value | undefined {
	const read = readAs(format, body);
	return read.ok ? read.value : undefined;
}

/** A place, taken apart. */
export type ParsedPlace =
	/** `name` is in lower case; `key` is that of `header:name[key]`. */
	| { readonly kind: "header"; readonly name: string; readonly key?: string }
	| { readonly kind: "query"; readonly name: string }
	| { readonly kind: "field"; readonly path: readonly string[] };

/** A failure says what would be right. */
export function parsePlace(text: string): Result<ParsedPlace, string> {
	const [, kind, rest = ""] = /^(header|query|field):(.+)$/s.exec(text) ?? [];
	if (kind === "query") return good({ kind, name: rest });
	if (kind === "field") return good({ kind, path: rest.split(".") });
	// A header's name is a token of RFC 9110 §5.6.2, which has no bracket.
	const [, name, key] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\[([^[\]]+)\])?$/.exec(rest) ?? [];
	if (kind !== "header" || name === undefined)
		return bad(
			`"${text}" is no place in a request, such as header:X-Signature, header:Stripe-Signature[v1], query:code or field:data.token`,
		);
	return good({ kind, name: name.toLowerCase(), ...(key === undefined ? {} : { key }) });
}

/** Reads the texts at a place: none, one, or as many as a header repeats a name. */
export function openPlace(place: Place): (arrival: Arrival) => readonly string[] {
	const parsed = parsePlace(place);
	invariant(parsed.ok, `a place in a request: ${place}`);
	const at = parsed.value;
	switch (at.kind) {
		case "header":
			return ({ delivery: { headers } }) => {
				const value = Object.hasOwn(headers, at.name) ? headers[at.name] : undefined;
				if (value === undefined) return [];
				return at.key === undefined ? [value] : valuesNamed(at.key, value);
			};
		case "query":
			return ({ delivery: { query } }) =>
				pairsOf(query).flatMap(([name, value]) => (name === at.name ? [value] : []));
		case "field":
			return ({ body }) => {
				const value = textAt(body(), at.path);
				return value === undefined ? [] : [value];
			};
	}
}

/** Of `t=1,v1=a,v1=b` the values under a name. */
const valuesNamed = (name: string, header: string): readonly string[] =>
	header.split(",").flatMap((pair) => {
		const mark = pair.indexOf("=");
		return pair.slice(0, mark).trim() === name ? [pair.slice(mark + 1).trim()] : [];
	});

/** The text, number or truth value at a path of names and indexes, as text. */
function textAt(body: Value | undefined, path: readonly string[]): string | undefined {
	let value = body;
	for (const name of path) {
		if (isList(value)) value = /^[0-9]+$/.test(name) ? value[Number(name)] : undefined;
		else value = isObject(value) ? own(value, name) : undefined;
	}
	switch (typeof value) {
		case "string":
			return value;
		case "number":
		case "boolean":
			return String(value);
		default:
			return value instanceof ExactNumber ? value.source : undefined;
	}
}
