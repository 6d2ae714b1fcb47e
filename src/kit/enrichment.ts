import type { Identity } from "../model/identity.ts";
import type { Value } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { Delivery, Message } from "../model/message.ts";
import { isAddress, isLoopback } from "../model/networks.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";
import type { Arrival, Place } from "../verify/place.ts";
import { openPlace } from "../verify/place.ts";
import type { Secrets } from "../verify/scheme.ts";
import { type Piece, piecesOf } from "../verify/template.ts";
import { openText } from "../verify/text-template.ts";
import { type Condition, messageArrival, openCondition } from "./reading.ts";
import { identitiesOf } from "./values.ts";

export type { Secrets };

/**
 * What the hub asks a system for where its messages say too little: a webhook that has an id and no e-mail address. It is asked
 * after the delivery was answered; the message waits for it, and mappings read the answer at `$.enriched`.
 *
 * ```ts
 * enrich: () => ({
 * 	origin: "https://api.hubapi.com",
 * 	headers: { Authorization: "Bearer {secret:token}" },
 * 	perSecond: 10,
 * 	fetches: [
 * 		{
 * 			into: "contact",
 * 			when: { "field:subscriptionType": ["contact.creation", "contact.propertyChange"] },
 * 			path: "/crm/v3/objects/contacts/{field:objectId}?properties=email,firstname",
 * 			identities: { email: "{field:enriched.contact.properties.email}" },
 * 		},
 * 	],
 * })
 * ```
 */
export interface Enrichment {
	/**
	 * Where all of it is asked: https, or http on the hub's own machine. It is the connector's and its endpoint's settings', so
	 * that nothing in a message can send the secrets elsewhere.
	 */
	readonly origin: string;
	/** Texts with `{secret:name}`, and `{token}` where there is one. An endpoint without one of these secrets asks for nothing. */
	readonly headers: Readonly<Record<string, string>>;
	/** Where its headers show a token that expires (OAuth 2): how it is had. */
	readonly token?: TokenRequest;
	/** How many requests an endpoint may begin in a second; it may be a fraction. */
	readonly perSecond: number;
	/** In their order: what one found, the path and the condition of a later one can read. */
	readonly fetches: readonly DeclaredFetch[];
}

/**
 * How an access token is had (RFC 6749 §4.4 and §6). It is kept in memory until shortly before it expires, and had anew where the
 * site does not believe it.
 *
 * ```ts
 * headers: { Authorization: "Bearer {token}" },
 * token: {
 * 	url: "https://login.crm.example/oauth2/token",
 * 	form: { grant_type: "client_credentials", client_id: "{secret:client}", client_secret: "{secret:clientSecret}" },
 * },
 * ```
 */
export interface TokenRequest {
	/** https, or http on the hub's own machine; the connector's and its endpoint's settings', as the origin is. */
	readonly url: string;
	/** What is posted there: texts with `{secret:name}`. */
	readonly form: Readonly<Record<string, string>>;
	/** Where the site wants it as JSON, whatever RFC 6749 says. */
	readonly asJson?: true;
}

export interface DeclaredFetch {
	/** What mappings call the answer: `contact` is `$.enriched.contact`. */
	readonly into: string;
	/** Of which messages, as data or as code that looks at what was read; of all unless said otherwise. */
	readonly when?: Condition | ((message: Message) => boolean);
	/**
	 * A path and a query, in which `{field:…}`, `{header:…}` and `{query:…}` stand for values of the message, escaped. Of several
	 * the first counts whose values are there; a message that has those of none asks for nothing.
	 */
	readonly path: string | readonly string[];
	/** Where something is told rather than asked: texts of a JSON object that is posted, `{field:…}` among them, and all are there. */
	readonly post?: Readonly<Record<string, string>>;
	/**
	 * The answer takes the place of this attribute of the message too: where a sender says that a record changed and not how,
	 * mappings read the record as if it had come.
	 */
	readonly replaces?: string;
	/** How old an answer to the same question of the endpoint may be, an hour at most; nobody else's is used unless said. */
	readonly cacheForMs?: number;
	/** Who else the message is about: by kind, places under `enriched`. */
	readonly identities?: Readonly<Record<string, string | readonly string[]>>;
}

/** One question that a message asks. */
export interface Asked {
	readonly into: string;
	readonly url: string;
	/** JSON, where it is posted. */
	readonly body: string | null;
}

/** An enrichment ready for use. */
export interface OpenEnrichment {
	readonly origin: string;
	readonly perSecond: number;
	/** What mappings call the answers. */
	readonly names: readonly string[];
	/** The names of the secrets that its headers show, or a token is had by. */
	readonly secrets: readonly string[];
	/** Undefined where its headers show no token. */
	readonly token: OpenTokenRequest | undefined;
	/** Undefined where a secret can not stand in a header: it has a line break in it, or letters of no Latin script. */
	headers(secrets: Secrets, token?: string): Readonly<Record<string, string>> | undefined;
	cacheForMs(into: string): number;
	/**
	 * The message with the answers that are there, by `into`: null where there is none. What it asks beside them is asked in
	 * one go, and may make it ask for more.
	 */
	enrich(message: Message, delivery: Delivery, answers: ReadonlyMap<string, Value | null>): Enriched;
}

export interface OpenTokenRequest {
	readonly url: string;
	readonly contentType: string;
	/** What is posted there. */
	body(secrets: Secrets): string;
}

export interface Enriched {
	readonly message: Message;
	readonly asks: readonly Asked[];
}

const cacheForMsMax = 3_600_000;

/** Compiles an enrichment. A failure is about what the endpoint's settings made of it. */
export function openEnrichment(enrichment: Enrichment): Result<OpenEnrichment, string> {
	const { origin, perSecond } = enrichment;
	if (!isAskable(origin))
		return bad(`${origin} is no site to ask, such as https://api.example.com: without a path, and https`);
	invariant(perSecond > 0 && Number.isFinite(perSecond), "an endpoint may ask now and then");
	invariant(enrichment.fetches.length <= limits.fetchesMax, "a message asks for a few things at most");
	const names = enrichment.fetches.map(({ into }) => into);
	invariant(new Set(names).size === names.length, "no two fetches go into one name");
	const token = openToken(enrichment.token);
	if (!token.ok) return token;
	const headers = openTexts(enrichment.headers);
	invariant(headers.showToken === (token.value !== undefined), "headers show the token that is asked for");
	const fetches = enrichment.fetches.map((declared) => openFetch(origin, declared));
	const byName = new Map(fetches.map((fetch) => [fetch.into, fetch]));

	return good({
		origin,
		perSecond,
		names,
		secrets: [...new Set([...headers.secrets, ...(token.value?.secrets ?? [])])],
		token: token.value,
		headers: (secrets, shown = "") => {
			const filled = headers.filled(secrets, shown).map(([name, text]) => [name, text.trim()] as const);
			return filled.every(([, text]) => isHeaderText(text)) ? Object.fromEntries(filled) : undefined;
		},
		cacheForMs: (into) => byName.get(into)?.cacheForMs ?? 0,
		enrich: (message, delivery, answers) => {
			let content = message.content;
			const identities: Identity[] = [...message.identities];
			const found: Record<string, Value> = {};
			const replaced: Record<string, Value> = {};
			const asks: Asked[] = [];
			for (const fetch of fetches) {
				const asked = fetch.askedBy({ ...message, content }, messageArrival(content, delivery));
				if (asked === undefined) continue;
				const answer = answers.get(fetch.into);
				if (answer === undefined) asks.push({ into: fetch.into, ...asked });
				else if (answer !== null) {
					found[fetch.into] = answer;
					if (fetch.replaces !== undefined) replaced[fetch.replaces] = answer;
				}
				// Whatever the sender calls so: nobody but the hub says what it was answered.
				content = { ...message.content, ...replaced, enriched: { ...found } };
				identities.push(...fetch.identitiesIn(messageArrival(content, delivery)));
			}
			return { message: { ...message, content, identities: eachOnce(identities) }, asks };
		},
	});
}

const eachOnce = (identities: readonly Identity[]): readonly Identity[] =>
	identitiesOf(identities.map(({ kind, value }) => [kind, value]));

/** RFC 9110 §5.5. The platform would refuse any other, and say it in its error. */
const isHeaderText = (text: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(text);

/** https; http where it does not leave the machine. */
function isAskable(origin: string): boolean {
	const url = URL.parse(origin);
	if (url === null || url.origin !== origin) return false;
	const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
	const isHere = host === "localhost" || (isAddress(host) && isLoopback(host));
	return url.protocol === "https:" || (url.protocol === "http:" && isHere);
}

interface OpenFetch {
	readonly into: string;
	readonly replaces: string | undefined;
	readonly cacheForMs: number;
	/** Undefined where the message does not ask for it. */
	askedBy(message: Message, arrival: Arrival): Omit<Asked, "into"> | undefined;
	identitiesIn(arrival: Arrival): readonly Identity[];
}

function openFetch(
	origin: string,
	{ into, when, path, post, replaces, cacheForMs = 0, identities = {} }: DeclaredFetch,
): OpenFetch {
	invariant(/^[a-z][a-zA-Z0-9_]*$/.test(into), `a name that a path can have: ${into}`);
	invariant(cacheForMs <= cacheForMsMax, "an answer is not used for longer than an hour");
	const applies = openWhen(when);
	const paths = [path].flat().map(openPath);
	const bodyFor = post === undefined ? () => null : openBody(post);
	const persons = Object.entries(identities).flatMap(([kind, texts]) =>
		[texts].flat().map((text) => [kind, openText(text)] as const),
	);
	return {
		into,
		replaces,
		cacheForMs,
		askedBy: (message, arrival) => {
			if (!applies(message, arrival)) return undefined;
			const filled = paths.map((pathFor) => pathFor(arrival)).find((one) => one !== undefined);
			const url = filled === undefined ? undefined : askableUrl(origin, filled);
			const body = bodyFor(arrival);
			return url === undefined || body === undefined ? undefined : { url, body };
		},
		identitiesIn: (arrival) => identitiesOf(persons.map(([kind, text]) => [kind, text(arrival)])),
	};
}

/** Undefined where a text is not there. */
function openBody(post: NonNullable<DeclaredFetch["post"]>): (arrival: Arrival) => string | undefined {
	const texts = Object.entries(post).map(([name, template]) => [name, openText(template)] as const);
	return (arrival) => {
		const filled = texts.map(([name, text]) => [name, text(arrival)] as const);
		return filled.some(([, text]) => text === undefined || text === "")
			? undefined
			: JSON.stringify(Object.fromEntries(filled));
	};
}

function openWhen(when: DeclaredFetch["when"]): (message: Message, arrival: Arrival) => boolean {
	if (when === undefined) return () => true;
	if (typeof when === "function") return when;
	const holds = openCondition(when);
	return (_message, arrival) => holds(arrival);
}

/** What an id such as `..` would make of a path is not asked: the URL has to be the one that was written. */
function askableUrl(origin: string, path: string): string | undefined {
	const url = `${origin}${path}`;
	const parsed = url.length > limits.urlCharactersMax ? null : URL.parse(url);
	return parsed?.href === url && parsed.hash === "" ? url : undefined;
}

/** Undefined where a value is not there, or none that a URL can hold. */
function openPath(template: string): (arrival: Arrival) => string | undefined {
	const parts = piecesOf(template).map((piece) => {
		if (piece.kind === "literal") return () => piece.text;
		const read = openPlace(`${piece.name}:${piece.argument}` as Place);
		return (arrival: Arrival): string | undefined => {
			const [text = ""] = read(arrival);
			return text.trim() === "" || !text.isWellFormed() ? undefined : escaped(text);
		};
	});
	const sample = piecesOf(template).map((piece) => (piece.kind === "literal" ? piece.text : "x"));
	invariant(
		sample.join("").startsWith("/") && askableUrl("https://a.example", sample.join("")) !== undefined,
		`a path and a query, as they stand in a URL: ${template}`,
	);
	return (arrival) => {
		const texts = parts.map((part) => part(arrival));
		return texts.includes(undefined) ? undefined : texts.join("");
	};
}

/** As in any part of a URL; the apostrophe too, which a URL writes so in its query. */
const escaped = (text: string): string => encodeURIComponent(text).replaceAll("'", "%27");

function openToken(token: TokenRequest | undefined) {
	if (token === undefined) return good(undefined);
	const { url } = token;
	const parsed = URL.parse(url);
	if (parsed?.href !== url || !isAskable(parsed.origin) || parsed.username !== "" || parsed.hash !== "")
		return bad(`${url} is no address to ask for a token: such as https://login.example.com/token`);
	const form = openTexts(token.form);
	invariant(!form.showToken, "a token is had by secrets");
	const body = (secrets: Secrets): string => {
		const filled = Object.fromEntries(form.filled(secrets, ""));
		return token.asJson ? JSON.stringify(filled) : new URLSearchParams(filled).toString();
	};
	const contentType = token.asJson ? "application/json" : "application/x-www-form-urlencoded";
	return good({ url, contentType, body, secrets: form.secrets });
}

/** Texts by name, with `{secret:name}` and `{token}` and no other tokens: what is shown to a site is not the sender's to choose. */
function openTexts(declared: Readonly<Record<string, string>>) {
	const all = Object.entries(declared).map(([name, template]) => [name, piecesOf(template)] as const);
	const pieces = all.flatMap(([, each]) => each).filter((piece) => piece.kind === "token");
	for (const { name, argument } of pieces)
		invariant(
			(name === "secret") === (argument !== undefined) && (name === "secret" || name === "token"),
			`a text with {secret:…} and {token}: {${name}}`,
		);
	const filled = (secrets: Secrets, token: string): readonly (readonly [string, string])[] =>
		all.map(([name, each]) => [name, each.map((piece) => shownAt(piece, secrets, token)).join("")]);
	return {
		secrets: pieces.flatMap(({ argument }) => argument ?? []),
		showToken: pieces.some(({ name }) => name === "token"),
		filled,
	};
}

function shownAt(piece: Piece, secrets: Secrets, token: string): string {
	if (piece.kind === "literal") return piece.text;
	return piece.argument === undefined ? token : (secrets[piece.argument]?.[0] ?? "");
}
