import { bytesOfHex } from "../model/bytes.ts";
import type { Crypto } from "../model/crypto.ts";
import { good, type Result } from "../model/result.ts";
import {
	canonicalHeaders,
	canonicalPath,
	canonicalQueries,
	canonicalRequest,
	headerOf,
	type SentHeader,
	type SentRequest,
} from "./canonical.ts";
import { type Claim, claimOf, type EscherFailure, type EscherProfile, refused } from "./claim.ts";
import { longDate, shortDate } from "./date.ts";

/** Who signed a request, which then is as it was signed. */
export interface EscherProof {
	readonly key: string;
	/** Whether the URL is signed, and not the body. */
	readonly presigned: boolean;
}

export interface EscherQuestion {
	/** Unix milliseconds. */
	readonly now: number;
	/** Where a request may have been sent, beside what its `Host` says: a proxy may have rewritten that. */
	readonly hosts: readonly string[];
	/** The secrets of an access key that count, the newest first; none where the key is unknown. */
	secretsOf(key: string): readonly string[];
}

export interface Escher {
	/** Null where the request carries no signature at all. */
	verify(request: SentRequest, question: EscherQuestion): Result<EscherProof | null, EscherFailure>;
}

export interface EscherParts {
	readonly crypto: Pick<Crypto, "sha256Hex" | "sha512Hex" | "hmacHex" | "equal">;
	readonly profile: EscherProfile;
}

/** Escher's own: how far the clocks of sender and receiver may be apart. */
const clockSkewMs = 300_000;

/** One for each secret, day, scope and algorithm in use; beyond, the oldest is derived again when it is needed. */
const signingKeysMax = 1_000;

const encoder = new TextEncoder();

/** Checks who signed requests; keeps the keys that it derives from their secrets. */
export function openEscher({ crypto, profile }: EscherParts): Escher {
	const signingKeys = new Map<string, Uint8Array>();
	return {
		verify: (request, question) => {
			const claim = claimOf(profile, request);
			return claim.ok && claim.value !== null ? proofOf(claim.value, request, question) : claim;
		},
	};

	/** What costs nothing comes first: a stranger, and a request that is replayed late, take no HMAC. */
	function proofOf(
		claim: Claim,
		request: SentRequest,
		{ now, hosts, secretsOf }: EscherQuestion,
	): Result<EscherProof, EscherFailure> {
		const secrets = secretsOf(claim.key);
		const key = secrets.length === 0 ? null : claim.key;
		const needed = claim.presigned ? ["host"] : ["host", profile.date];
		const unsigned = needed.find((name) => !claim.signedHeaders.has(name));
		if (unsigned !== undefined)
			return refused("unsigned-header", `The ${unsigned} header is not signed`, key);
		const wrongTime = timeFailure(claim, now);
		if (wrongTime !== undefined) return refused("date", wrongTime, key);
		if (!profile.scopes.includes(claim.scope)) {
			const right = profile.scopes.join(" or ");
			return refused("scope", `The credential scope is invalid: it is not ${right}`, key);
		}
		if (key === null) return refused("key", "Invalid Escher key");

		const forms = signedForms(claim, request.headers, hosts);
		if (!forms.ok) return forms;
		const right = forms.value.some((form) => secrets.some((secret) => isSignature(claim, form, secret)));
		return right
			? good({ key, presigned: claim.presigned })
			: refused("signature", "The signatures do not match", key);
	}

	/** What the sender may have signed: one text, unless a rewritten host or a plus sign leaves a doubt. */
	function signedForms(
		claim: Claim,
		headers: readonly SentHeader[],
		hosts: readonly string[],
	): Result<readonly string[], EscherFailure> {
		const received = headerOf(headers, "host");
		const possible = new Set(received === undefined ? hosts : [received, ...hosts]);
		if (possible.size === 0) return refused("malformed", "The host header is missing", claim.key);
		const others = headers.filter(([name]) => name.toLowerCase() !== "host");
		const { method } = claim;
		const path = canonicalPath(claim.path);
		const bodyHash = hashOf(claim, claim.body);
		const forms: string[] = [];
		for (const host of possible) {
			const signed = canonicalHeaders([...others, ["host", host]], claim.signedHeaders);
			if (!signed.ok) return refused("malformed", `The ${signed.failure} header is missing`, claim.key);
			for (const query of canonicalQueries(claim.query)) {
				const canonical = canonicalRequest({ method, path, query, headers: signed.value, bodyHash });
				forms.push(stringToSign(claim, canonical));
			}
		}
		return good(forms);
	}

	function stringToSign(claim: Claim, canonical: string): string {
		const { algorithmName, at, day, scope } = claim;
		return [algorithmName, longDate(at), `${day}/${scope}`, hashOf(claim, canonical)].join("\n");
	}

	function hashOf({ algorithm }: Claim, data: string | Uint8Array): string {
		return algorithm === "sha256" ? crypto.sha256Hex(data) : crypto.sha512Hex(data);
	}

	function isSignature(claim: Claim, form: string, secret: string): boolean {
		const expected = crypto.hmacHex(claim.algorithm, signingKey(claim, secret), form);
		return crypto.equal(encoder.encode(expected), encoder.encode(claim.signature));
	}

	/** The same for all requests of a day: to derive it takes longer than to use it. */
	function signingKey({ algorithm, day, scope }: Claim, secret: string): Uint8Array {
		const name = [algorithm, day, scope, secret].join("\n");
		const known = signingKeys.get(name);
		if (known !== undefined) return known;
		const derived = [day, ...scope.split("/")].reduce<Uint8Array>(
			(key, part) => bytesOfHex(crypto.hmacHex(algorithm, key, part)),
			encoder.encode(profile.prefix + secret),
		);
		const [oldest] = signingKeys.keys();
		if (oldest !== undefined && signingKeys.size >= signingKeysMax) signingKeys.delete(oldest);
		signingKeys.set(name, derived);
		return derived;
	}
}

/** What is wrong with the times of a claim, if anything is. */
function timeFailure({ at, day, validMs }: Claim, now: number): string | undefined {
	if (day !== shortDate(at)) return "The credential date does not match with the request date";
	const outside = "The request date is not within the accepted time range";
	const seconds = (milliseconds: number): string => `${Math.ceil(milliseconds / 1000)} s`;
	if (now < at - clockSkewMs) return `${outside}: it is ${seconds(at - now)} ahead of the hub's clock`;
	if (now > at + validMs + clockSkewMs)
		return `${outside}: it ended ${seconds(now - at - validMs)} before the hub's clock`;
	return undefined;
}
