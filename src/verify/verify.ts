import { bytesOfHex } from "../model/bytes.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Delivery } from "../model/message.ts";
import { unreachable } from "../model/result.ts";
import { firstElement, type ProvedElement } from "./first-element.ts";
import type { Hmac, Scheme, Secrets, Token, Verification, Verified, VerifyCause } from "./scheme.ts";

/** The part of the host's cryptography that verification needs. */
export type VerifyCrypto = Pick<Crypto, "sha256" | "hmacHex" | "equal">;

/** Decides whether a delivery is its sender's. `received` are the bytes on the wire where the body was compressed. */
export type Verifier = (delivery: Delivery, received?: Uint8Array) => Verified;

/** One scheme with its secrets, ready to look at deliveries. */
type Check = (delivery: Delivery, signedBytes: Uint8Array) => Proof;
type Proof = "all" | "first" | { readonly cause: VerifyCause; readonly reason: string };

/**
 * A verifier for one endpoint. Every scheme with a secret must hold; the strongest proof counts, so that a header
 * token beside a signature of the first element vouches for the whole array.
 */
export function openVerifier(verification: Verification, secrets: Secrets, crypto: VerifyCrypto): Verifier {
	const checks = verification.schemes
		.filter((scheme) => secretsOf(scheme, secrets).length > 0)
		.map((scheme) => checkOf(scheme, secretsOf(scheme, secrets), crypto));
	if (checks.length === 0) {
		const withoutSecret = verification.unsigned === "accept" ? unsigned : secretMissing(verification.schemes);
		return () => withoutSecret;
	}
	const least = verification.partly === "all" ? "all" : "first";
	return (delivery, received = delivery.body) => {
		const signedBytes = verification.bytes === "inflated" ? delivery.body : received;
		let proved: "all" | "first" = least;
		for (const check of checks) {
			const proof = check(delivery, signedBytes);
			if (typeof proof === "object") return { ok: false, ...proof };
			if (proof === "all") proved = "all";
		}
		return { ok: true, proved, signed: true };
	};
}

/** Whether any delivery could ever be verified: an endpoint for which this is false is not to be made. */
export const canVerify = (verification: Verification, secrets: Secrets): boolean =>
	verification.unsigned === "accept" ||
	verification.schemes.some((scheme) => secretsOf(scheme, secrets).length > 0);

const unsigned: Verified = { ok: true, proved: "all", signed: false };

function secretMissing(schemes: readonly Scheme[]): Verified {
	const names = schemes.map((scheme) => `"${scheme.secret}"`).join(" or ");
	return { ok: false, cause: "secret-missing", reason: `the endpoint has no secret ${names} to verify with` };
}

/** An empty secret is none: everybody can sign with it. */
const secretsOf = (scheme: Scheme, secrets: Secrets): readonly string[] =>
	(Object.hasOwn(secrets, scheme.secret) ? (secrets[scheme.secret] ?? []) : []).filter(
		(secret) => secret !== "",
	);

function checkOf(scheme: Scheme, secrets: readonly string[], crypto: VerifyCrypto): Check {
	switch (scheme.kind) {
		case "hmac":
			return hmacCheck(scheme, secrets, crypto);
		case "token":
			return tokenCheck(scheme, secrets, crypto);
		default:
			return unreachable(scheme);
	}
}

function hmacCheck(scheme: Hmac, secrets: readonly string[], crypto: VerifyCrypto): Check {
	const header = headerReader(scheme);
	const missing = failure("signature-missing", `the header ${scheme.header} is missing`);
	const wrong = failure(
		"signature-wrong",
		`the signature in ${scheme.header} is not that of what was received`,
	);
	const keys = secrets.map((secret) => utf8.encode(secret));
	return (delivery, bytes) => {
		const shown = header(delivery);
		if (shown === undefined) return missing;
		const signature = utf8.encode(scheme.encoding === "hex" ? shown.toLowerCase() : shown);
		const signs = (signed: Uint8Array): boolean =>
			keys.some((key) => {
				const hex = crypto.hmacHex(scheme.algorithm, key, signed);
				return same(utf8.encode(scheme.encoding === "hex" ? hex : base64Of(hex)), signature, crypto);
			});
		for (const { signed, proves } of partsOf(scheme, bytes)) if (signs(signed)) return proves;
		return wrong;
	};
}

/** What the signature may cover, likeliest first. */
function partsOf(scheme: Hmac, bytes: Uint8Array): readonly ProvedElement[] {
	const whole: ProvedElement = { signed: bytes, proves: "all" };
	switch (scheme.signed.kind) {
		case "body":
			return [whole];
		case "firstElement":
			return [...firstElement(bytes, scheme.signed.wrapper), whole];
		default:
			return unreachable(scheme.signed);
	}
}

function tokenCheck(scheme: Token, secrets: readonly string[], crypto: VerifyCrypto): Check {
	const header = headerReader(scheme);
	const missing = failure("token-missing", `the header ${scheme.header} is missing`);
	const wrong = failure("token-wrong", `the token in ${scheme.header} is not the endpoint's`);
	const hashes = secrets.map((secret) => crypto.sha256(secret));
	return (delivery) => {
		const shown = header(delivery);
		if (shown === undefined) return missing;
		// Hashes have one length, so that the comparison's time does not tell the secret's.
		const hash = crypto.sha256(shown);
		return hashes.some((secret) => same(secret, hash, crypto)) ? "all" : wrong;
	};
}

const failure = (cause: VerifyCause, reason: string): Proof => ({ cause, reason });

/** What follows the prefix in the scheme's header; undefined where there is no such header or prefix. */
function headerReader(scheme: Scheme): (delivery: Delivery) => string | undefined {
	const name = scheme.header.toLowerCase();
	const prefix = scheme.prefix ?? "";
	return ({ headers }) => {
		const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
		return value?.startsWith(prefix) ? value.slice(prefix.length) : undefined;
	};
}

const same = (a: Uint8Array, b: Uint8Array, crypto: VerifyCrypto): boolean =>
	a.length === b.length && crypto.equal(a, b);

const utf8 = new TextEncoder();

const base64Of = (hex: string): string => btoa(String.fromCharCode(...bytesOfHex(hex)));
