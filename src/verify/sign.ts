import { base64Of, bytesOfHex } from "../model/bytes.ts";
import { pairsOf } from "../model/form.ts";
import { isObject, jsonText, own, readJson, type ValueObject } from "../model/json.ts";
import { bad, good, invariant, type Result, unreachable } from "../model/result.ts";
import { baseString, signingKey } from "./oauth1.ts";
import { type Arrival, arrivalOf, openPlace, type Place, parsePlace } from "./place.ts";
import type { Hash, Hmac, Scheme, Secrets, Timestamp, Verification } from "./scheme.ts";
import { digestText, keysOf, type VerifyCrypto } from "./signature.ts";
import { openSigned, piecesOf } from "./template.ts";
import { secretsNamed, usableSecrets } from "./verify.ts";

/** A request as its sender would make it. */
export interface Unsigned {
	readonly method: string;
	/** By the name that the world knows the hub by, with its query. */
	readonly url: string;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	/** As it is read where it is JSON or a form: some senders sign in it. */
	readonly body: Uint8Array;
	/** When it is sent, Unix milliseconds. */
	readonly at: number;
	/** What stands for an id of the sender's where one is signed and there is none. */
	readonly nonce: string;
}

export interface SignedRequest extends Unsigned {
	/** What signs it, in words: `hmac (sha256) in header:X-Signature`. */
	readonly by: readonly string[];
}

/**
 * Proves a request as its sender would, by every scheme that the endpoint has a secret for: the inverse of `openVerifier`. A
 * failure says what only the sender itself can do.
 */
export function sign(
	{ schemes }: Verification,
	request: Unsigned,
	{ secrets, crypto }: SigningParts,
): Result<SignedRequest, string> {
	return inTurn(schemes, { ...request, by: [] }, { secrets, crypto });
}

export interface SigningParts {
	readonly secrets: Secrets;
	readonly crypto: VerifyCrypto;
}

/** By all of them that there is a secret for. */
function inTurn(
	schemes: readonly Scheme[],
	request: SignedRequest,
	parts: SigningParts,
): Result<SignedRequest, string> {
	let signed = request;
	for (const scheme of schemes) {
		const result = signedBy(scheme, signed, parts);
		if (result === undefined) continue;
		if (!result.ok) return result;
		signed = result.value;
	}
	return good(signed);
}

/** Undefined where the endpoint has no secret for the scheme: nobody is asked for it. */
function signedBy(
	scheme: Scheme,
	request: SignedRequest,
	parts: SigningParts,
): Result<SignedRequest, string> | undefined {
	if (scheme.kind === "allOf") {
		const isUsable = scheme.schemes.every((one) => signedBy(one, request, parts) !== undefined);
		return isUsable ? inTurn(scheme.schemes, request, parts) : undefined;
	}
	if (scheme.kind === "firstOf") {
		const results = scheme.schemes.flatMap((one) => signedBy(one, request, parts) ?? []);
		return results.find(({ ok }) => ok) ?? results[0];
	}
	if (scheme.kind === "addresses") {
		if (scheme.networks.length === 0) return undefined;
		return bad(`only ${scheme.networks.join(", ")} may send to it, and the hub can not call from there`);
	}
	if (scheme.kind === "named") {
		if (scheme.names.length === 0) return undefined;
		return bad(`its sender is known by its name at ${scheme.from}, and the sample has another`);
	}
	const [secret] = usableSecrets(scheme, parts.secrets, parts.crypto);
	if (secret === undefined) return undefined;
	switch (scheme.kind) {
		case "hmac":
		case "hash":
			return withDigest(scheme, secret, request, parts.crypto);
		case "rsa":
		case "ecdsa-der":
		case "ecdsa-p1363":
		case "ed25519":
			return bad(`its sender signs with a private key (${scheme.kind}), which nobody else has`);
		case "token":
			return shownAt(
				scheme.from,
				`${scheme.prefix ?? ""}${secret}`,
				said(request, `token in ${scheme.from}`),
			);
		case "bearer":
			return shownAt(authorization, `Bearer ${secret}`, said(request, "bearer token"));
		case "basic": {
			const credentials = base64Of(utf8.encode(secret));
			return shownAt(authorization, `Basic ${credentials}`, said(request, "user and password"));
		}
		case "oauth1": {
			const [consumerKey] = secretsNamed(scheme.consumerKey, parts.secrets);
			if (consumerKey === undefined) return undefined;
			return good(withOAuth1({ secret, consumerKey }, request, parts.crypto));
		}
		default:
			return unreachable(scheme);
	}
}

const authorization: Place = "header:Authorization";
const utf8 = new TextEncoder();

const said = (request: SignedRequest, by: string): SignedRequest => ({ ...request, by: [...request.by, by] });

function withDigest(
	scheme: Hmac | Hash,
	secret: string,
	request: SignedRequest,
	crypto: VerifyCrypto,
): Result<SignedRequest, string> {
	const { signature, timestamp, algorithm } = scheme;
	const time = timestamp === undefined ? undefined : timeText(timestamp, request.at);
	const timed =
		timestamp === undefined || time === undefined ? good(request) : shownAt(timestamp.from, time, request);
	if (!timed.ok) return timed;
	const [where] = [signature.from].flat();
	invariant(where !== undefined, "a signature is shown somewhere");
	for (const template of [scheme.signed].flat()) {
		const whole = withParts(template, timed.value);
		if (!whole.ok) return whole;
		const found = openSigned(template)(arrivalFor(whole.value), time, secret);
		if (found === undefined) continue;
		const hex = digestOf(scheme, secret, found.signed, crypto);
		const shown = `${signature.prefix ?? ""}${digestText(hex, signature.encoding)}`;
		return shownAt(where, shown, said(whole.value, `${scheme.kind} (${algorithm}) in ${where}`));
	}
	return bad(`the sample has nothing of what is signed: ${[scheme.signed].flat().join(" or ")}`);
}

function digestOf(scheme: Hmac | Hash, secret: string, signed: Uint8Array, crypto: VerifyCrypto): string {
	if (scheme.kind === "hash") return crypto.sha256Hex(signed);
	const [key] = keysOf(scheme.key, secret);
	invariant(key !== undefined, "a usable secret has a key");
	return crypto.hmacHex(scheme.algorithm, key, signed);
}

/** With something at each place that is signed and has nothing. */
function withParts(template: string, request: SignedRequest): Result<SignedRequest, string> {
	let whole = request;
	for (const piece of piecesOf(template)) {
		if (piece.kind === "literal" || !["header", "query", "field"].includes(piece.name)) continue;
		const place = `${piece.name}:${piece.argument}` as Place;
		if (openPlace(place)(arrivalFor(whole)).length > 0) continue;
		const shown = shownAt(place, request.nonce, whole);
		if (!shown.ok) return shown;
		whole = shown.value;
	}
	return good(whole);
}

function timeText({ unit }: Timestamp, at: number): string {
	switch (unit) {
		case "s":
			return String(Math.floor(at / 1_000));
		case "ms":
			return String(at);
		case "iso":
			return new Date(at).toISOString();
	}
}

/** RFC 5849, as `oauth1Check` reads it. */
function withOAuth1(
	{ secret, consumerKey }: { readonly secret: string; readonly consumerKey: string },
	request: SignedRequest,
	crypto: VerifyCrypto,
): SignedRequest {
	const url = [
		["oauth_consumer_key", consumerKey],
		["oauth_nonce", request.nonce],
		["oauth_signature_method", "HMAC-SHA1"],
		["oauth_timestamp", String(Math.floor(request.at / 1_000))],
		["oauth_version", "1.0"],
	].reduce((before, [name = "", value = ""]) => withParameter(before, name, value), request.url);
	const hex = crypto.hmacHex("sha1", signingKey(secret), baseString(request.method, url));
	const signed = withParameter(url, "oauth_signature", base64Of(bytesOfHex(hex)));
	return said({ ...request, url: signed }, "OAuth 1.0a in the query");
}

function arrivalFor({ method, url, headers, body, at }: Unsigned): Arrival {
	const query = queryOf(url);
	return arrivalOf({ method, path: "", query, headers, body, receivedAt: at }, { url });
}

export const queryOf = (url: string): string => (url.includes("?") ? url.slice(url.indexOf("?") + 1) : "");

/** The request with a text at a place. */
function shownAt(place: Place, text: string, request: SignedRequest): Result<SignedRequest, string> {
	const parsed = parsePlace(place);
	invariant(parsed.ok, `a place in a request: ${place}`);
	const at = parsed.value;
	const { headers, url } = request;
	switch (at.kind) {
		case "header": {
			const before = headers[at.name];
			// Of `t=1,v1=2` each is a part of one header.
			const value =
				at.key === undefined
					? text
					: [...(before === undefined ? [] : [before]), `${at.key}=${text}`].join(",");
			return good({ ...request, headers: { ...headers, [at.name]: value } });
		}
		case "query":
			return good({ ...request, url: withParameter(url, at.name, text) });
		case "field": {
			const body = withField(request, at.path, text);
			return body === undefined ? bad(`${place} can not be set in the sample`) : good({ ...request, body });
		}
	}
}

const withParameter = (url: string, name: string, value: string): string =>
	`${url}${url.includes("?") ? "&" : "?"}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;

/** Undefined where the body is neither a JSON object nor a form, or the field would be in something that is no object. */
function withField(
	{ body, headers }: Unsigned,
	path: readonly string[],
	text: string,
): Uint8Array | undefined {
	if (/^application\/x-www-form-urlencoded/i.test(headers["content-type"] ?? "")) {
		const [first = "", ...rest] = path;
		const name = first + rest.map((key) => `[${key}]`).join("");
		const pairs = pairsOf(new TextDecoder().decode(body)).filter(([one]) => one !== name);
		return utf8.encode(new URLSearchParams([...pairs.map(([n, v]) => [n, v]), [name, text]]).toString());
	}
	const read = readJson(body);
	if (!read.ok || !isObject(read.value)) return undefined;
	const set = withText(read.value, path, text);
	return set === undefined ? undefined : utf8.encode(jsonText(set));
}

function withText(
	object: ValueObject,
	[name = "", ...rest]: readonly string[],
	text: string,
): ValueObject | undefined {
	if (rest.length === 0) return { ...object, [name]: text };
	const inner = own(object, name) ?? {};
	if (!isObject(inner)) return undefined;
	const set = withText(inner, rest, text);
	return set === undefined ? undefined : { ...object, [name]: set };
}
