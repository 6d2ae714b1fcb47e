import { isoTime } from "../kit/time.ts";
import { base64Of, base64Url, bytesOfBase64, bytesOfHex } from "../model/bytes.ts";
import type { Crypto, PublicKey } from "../model/crypto.ts";
import { bad, good, type Result } from "../model/result.ts";
import { type Arrival, openPlace } from "./place.ts";
import type { Hash, Hmac, KeyText, PublicKeySignature, Shown, Timestamp, VerifyCause } from "./scheme.ts";
import { openSigned } from "./template.ts";

/** What a scheme says of a delivery: what is proved, or why nothing is. */
export type Proof = "all" | "first" | Refusal;
export interface Refusal {
	readonly cause: VerifyCause;
	readonly reason: string;
}

/** One scheme with its secrets, ready to look at deliveries. */
export type Check = (arrival: Arrival) => Proof;

/** The part of the host's cryptography that verification needs. */
export type VerifyCrypto = Pick<Crypto, "sha256" | "sha256Hex" | "hmacHex" | "equal" | "publicKey">;

/** So many signatures are looked at: senders show two or three while a key is being replaced. */
const signaturesMax = 8;

/** Says of bytes, under one key, whether one of the signatures shown is theirs. */
interface Judge {
	/** The secret's text, for templates that have it. */
	readonly secret: string;
	matches(signed: Uint8Array, shown: readonly Uint8Array[]): boolean;
}

export function hmacCheck(scheme: Hmac, secrets: readonly string[], crypto: VerifyCrypto): Check {
	const { algorithm, signature } = scheme;
	const judges = secrets.flatMap((secret) =>
		keysOf(scheme.key, secret).map(
			(key): Judge => ({
				secret,
				matches: (signed, shown) =>
					isAmong(digestBytes(crypto.hmacHex(algorithm, key, signed), signature.encoding), shown, crypto),
			}),
		),
	);
	return signatureCheck(scheme, judges, shownDigest);
}

export function hashCheck(scheme: Hash, secrets: readonly string[], crypto: VerifyCrypto): Check {
	const { encoding } = scheme.signature;
	const judges = secrets.map(
		(secret): Judge => ({
			secret,
			matches: (signed, shown) => isAmong(digestBytes(crypto.sha256Hex(signed), encoding), shown, crypto),
		}),
	);
	return signatureCheck(scheme, judges, shownDigest);
}

export function publicKeyCheck(
	scheme: PublicKeySignature,
	secrets: readonly string[],
	crypto: VerifyCrypto,
): Check {
	const judges = secrets.flatMap((secret): readonly Judge[] => {
		const keys = publicKeysOf(scheme, secret, crypto);
		if (!keys.ok) return [];
		return keys.value.map((key) => ({
			secret,
			matches: (signed, shown) => shown.some((one) => key.verify(signed, one)),
		}));
	});
	return signatureCheck(scheme, judges, decoded);
}

/**
 * Digests are compared as the texts that are sent, in bytes: what is shown has to be what an encoder writes, and nothing has
 * to be decoded that a stranger wrote.
 */
const digestBytes = (hex: string, encoding: Shown["encoding"]): Uint8Array =>
	utf8.encode(digestText(hex, encoding));

/** A digest as it is sent. */
export function digestText(hex: string, encoding: Shown["encoding"]): string {
	if (encoding === "hex") return hex;
	const bytes = bytesOfHex(hex);
	return encoding === "base64" ? base64Of(bytes) : base64Url(bytes);
}

function shownDigest(text: string, encoding: Shown["encoding"]): Uint8Array {
	if (encoding === "hex") return utf8.encode(text.toLowerCase());
	return utf8.encode(encoding === "base64" ? text : text.replace(/={1,2}$/, ""));
}

const isAmong = (expected: Uint8Array, shown: readonly Uint8Array[], crypto: VerifyCrypto): boolean =>
	shown.some((one) => one.length === expected.length && crypto.equal(one, expected));

function signatureCheck(
	scheme: Hmac | Hash | PublicKeySignature,
	judges: readonly Judge[],
	decode: (text: string, encoding: Shown["encoding"]) => Uint8Array | undefined,
): Check {
	const { signature, timestamp } = scheme;
	const where = [signature.from].flat().join(" or ");
	const read = openShown(signature, decode);
	const candidates = [scheme.signed].flat().map(openSigned);
	const readTime = timestamp === undefined ? undefined : openPlace(timestamp.from);
	const missing = refusal("signature-missing", `there is no signature in ${where}`);
	const timeless = refusal("signature-missing", `there is no timestamp in ${timestamp?.from}`);
	const wrong = refusal("signature-wrong", `the signature in ${where} is not that of what was received`);

	return (arrival) => {
		const shown = read(arrival);
		if (shown === undefined) return missing;
		const time = readTime?.(arrival)[0];
		if (readTime !== undefined && time === undefined) return timeless;
		for (const candidate of candidates) {
			for (const { secret, matches } of judges) {
				const found = candidate(arrival, time, secret);
				if (found === undefined || !matches(found.signed, shown)) continue;
				return staleness(timestamp, time, arrival.delivery.receivedAt) ?? found.proves;
			}
		}
		return wrong;
	};
}

export const refusal = (cause: VerifyCause, reason: string): Refusal => ({ cause, reason });

/** The signatures that are shown, without what stands before them; undefined where there is none. */
function openShown(
	{ from, prefix = "", separator, encoding }: Shown,
	decode: (text: string, encoding: Shown["encoding"]) => Uint8Array | undefined,
): (arrival: Arrival) => readonly Uint8Array[] | undefined {
	const reads = [from].flat().map(openPlace);
	return (arrival) => {
		const shown: Uint8Array[] = [];
		let count = 0;
		for (const read of reads) {
			for (const text of read(arrival)) {
				for (const item of separator === undefined ? [text] : text.split(separator)) {
					if (!item.startsWith(prefix) || count === signaturesMax) continue;
					count += 1;
					const bytes = decode(item.slice(prefix.length), encoding);
					if (bytes !== undefined) shown.push(bytes);
				}
			}
		}
		return count === 0 ? undefined : shown;
	};
}

/** Undefined where the text is not written so: whoever signed it writes as it is declared. */
function decoded(text: string, encoding: Shown["encoding"]): Uint8Array | undefined {
	if (encoding === "hex") return bytesOfHexText(text);
	if (encoding === "base64") return bytesOfBase64(text);
	return /[+/]/.test(text) ? undefined : bytesOfLooseBase64(text);
}

const bytesOfHexText = (text: string): Uint8Array | undefined =>
	/^(?:[0-9a-fA-F]{2})+$/.test(text) ? bytesOfHex(text) : undefined;

/** Base64 in either alphabet, padded or not: what a person copies. */
function bytesOfLooseBase64(text: string): Uint8Array | undefined {
	const unpadded = text.trim().replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
	return bytesOfBase64(unpadded + "=".repeat((4 - (unpadded.length % 4)) % 4));
}

/** What came long after it was signed may be a replay, whoever held it meanwhile. */
function staleness(
	timestamp: Timestamp | undefined,
	text: string | undefined,
	receivedAt: number,
): Refusal | undefined {
	if (timestamp === undefined || text === undefined) return undefined;
	const { unit, toleranceSeconds, side = "both", from } = timestamp;
	const time = timeOf(text, unit);
	if (time === undefined) return refusal("signature-stale", `the timestamp in ${from} is no time in ${unit}`);
	return tooFar({ time, receivedAt, toleranceSeconds, side });
}

/** Whether a rightly signed time is too far from when the delivery came. */
export function tooFar({
	time,
	receivedAt,
	toleranceSeconds,
	side,
}: {
	readonly time: number;
	readonly receivedAt: number;
	readonly toleranceSeconds: number;
	readonly side: "both" | "past";
}): Refusal | undefined {
	const age = Math.floor((receivedAt - time) / 1_000);
	const allowed = `at most ${toleranceSeconds} s are allowed`;
	if (age > toleranceSeconds)
		return refusal("signature-stale", `it was signed ${age} s before it came; ${allowed}`);
	if (side === "both" && -age > toleranceSeconds)
		return refusal("signature-stale", `it was signed ${-age} s after it came; ${allowed}`);
	return undefined;
}

/** Unix milliseconds. Twelve digits of seconds reach beyond the year 30000. */
function timeOf(text: string, unit: Timestamp["unit"]): number | undefined {
	if (unit === "iso") return isoTime(text);
	if (!/^[0-9]{1,15}$/.test(text)) return undefined;
	return unit === "s" ? Number(text) * 1_000 : Number(text);
}

/** The keys that a secret's text may mean: none where it is not written as any of them. */
export function keysOf(key: KeyText | undefined, secret: string): readonly Uint8Array[] {
	const { encoding = "utf8" as const, prefix } = key ?? {};
	const text = withoutPrefix(secret, prefix);
	return [encoding]
		.flat()
		.flatMap((one) => keyOf(text, one) ?? [])
		.filter((bytes) => bytes.length > 0);
}

function keyOf(text: string, encoding: "utf8" | "base64" | "hex"): Uint8Array | undefined {
	switch (encoding) {
		case "utf8":
			return utf8.encode(text);
		case "base64":
			return bytesOfLooseBase64(text);
		case "hex":
			return bytesOfHexText(text);
	}
}

const utf8 = new TextEncoder();

const withoutPrefix = (text: string, prefix = ""): string =>
	text.startsWith(prefix) ? text.slice(prefix.length) : text;

/** PEM, of which several may stand in one text, or the base64 that is in it. */
function publicKeysOf(
	{ kind, keyPrefix }: PublicKeySignature,
	secret: string,
	crypto: VerifyCrypto,
): Result<readonly PublicKey[], string> {
	const keys: PublicKey[] = [];
	for (const pem of withoutPrefix(secret.trim(), keyPrefix).split(/(?=-----BEGIN )/)) {
		const bytes = bytesOfLooseBase64(pem.replace(/-----[^-]*-----|\s/g, ""));
		const key = bytes === undefined ? undefined : crypto.publicKey(kind, bytes);
		if (key === undefined) return bad(`is no public key (${kind}) in PEM or base64`);
		keys.push(key);
	}
	return good(keys);
}

/** What is wrong with a secret's text as a key, after its name; undefined where nothing is. */
export function keyProblem(
	scheme: Hmac | Hash | PublicKeySignature,
	secret: string,
	crypto: VerifyCrypto,
): string | undefined {
	switch (scheme.kind) {
		case "hash":
			return undefined;
		case "hmac": {
			if (keysOf(scheme.key, secret).length > 0) return undefined;
			const encodings = [scheme.key?.encoding ?? "utf8"].flat().join(" or ");
			return `is not ${encodings}${scheme.key?.prefix === undefined ? "" : ` after ${scheme.key.prefix}`}`;
		}
		default: {
			const keys = publicKeysOf(scheme, secret, crypto);
			return keys.ok ? undefined : keys.failure;
		}
	}
}
