import { bad, good, type Result } from "../model/result.ts";

/** A request as it came, nothing decoded and nothing put in order. */
export interface SentRequest {
	readonly method: string;
	/** Path and query as they were sent, from the first slash. */
	readonly target: string;
	readonly headers: readonly SentHeader[];
	/** Before anything is inflated. */
	readonly body: Uint8Array;
}

export type SentHeader = readonly [name: string, value: string];

/** What of a request is signed, in the one form that sender and receiver agree on. */
export interface CanonicalParts {
	readonly method: string;
	readonly path: string;
	/** As `canonicalQueries` makes it. */
	readonly query: string;
	/** As `canonicalHeaders` makes them. */
	readonly headers: CanonicalHeaders;
	/** Lower-case hex. */
	readonly bodyHash: string;
}

export const canonicalRequest = ({ method, path, query, headers, bodyHash }: CanonicalParts): string =>
	[method.toUpperCase(), path, query, ...headers.lines, "", headers.names, bodyHash].join("\n");

/** Dots and repeated slashes resolved; percent-encoding stays as it was sent. */
export function canonicalPath(path: string): string {
	const kept: string[] = [];
	for (const segment of path.split("/")) {
		if (segment === "..") kept.pop();
		else if (segment !== "" && segment !== ".") kept.push(segment);
	}
	const folder = kept.length > 0 && path.endsWith("/");
	return `/${kept.join("/")}${folder ? "/" : ""}`;
}

/** A query as its pairs, decoded as forms are: `+` is a space, and an escape that is none stays as it is. */
export const queryPairs = (query: string): readonly QueryPair[] =>
	// The leading & keeps a question mark that begins the query from being taken for the one before it.
	query === "" ? [] : [...new URLSearchParams(`&${query}`)];

export type QueryPair = readonly [name: string, value: string];

/**
 * The forms in which a sender may have signed a query: as Escher has it, and, where a plus sign is in it, as Antavo's
 * PHP library has it, which takes that for a space too. Its clients in other languages have to follow it, because
 * Antavo's own servers run it.
 */
export function canonicalQueries(pairs: readonly QueryPair[]): readonly string[] {
	const asEscher = canonicalQuery(pairs);
	if (!asEscher.includes("%2B")) return [asEscher];
	const spaced = (text: string): string => text.replaceAll("+", " ");
	return [asEscher, canonicalQuery(pairs.map(([name, value]) => [spaced(name), spaced(value)]))];
}

const canonicalQuery = (pairs: readonly QueryPair[]): string =>
	pairs
		.map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
		.sort()
		.join("&");

/** RFC 3986, but for `!` and `*`, which Escher leaves as they are. */
const encoded = (text: string): string =>
	encodeURIComponent(text).replaceAll(
		/['()]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);

interface CanonicalHeaders {
	/** `name:value`, in the order of names. */
	readonly lines: readonly string[];
	/** The names with semicolons between them, in the same order. */
	readonly names: string;
}

/** The signed headers; or the name of one that the request does not have. */
export function canonicalHeaders(
	headers: readonly SentHeader[],
	signed: ReadonlySet<string>,
): Result<CanonicalHeaders, string> {
	const names = [...signed].sort();
	const lines: string[] = [];
	for (const name of names) {
		const value = headerOf(headers, name);
		if (value === undefined) return bad(name);
		lines.push(`${name}:${value}`);
	}
	return good({ lines, names: names.join(";") });
}

/** All values under a lower-case name, as they are signed; undefined where there is none. */
export function headerOf(headers: readonly SentHeader[], name: string): string | undefined {
	const values = headers.filter(([sent]) => sent.toLowerCase() === name).map(([, value]) => trimmed(value));
	return values.length === 0 ? undefined : values.join(",");
}

/** Runs of white space are one space, but between double quotes. */
const trimmed = (value: string): string =>
	value
		.trim()
		.split('"')
		.map((piece, index) => (index % 2 === 1 ? piece : piece.replaceAll(/\s+/g, " ")))
		.join('"');
