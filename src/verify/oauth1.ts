import { bytesOfBase64, bytesOfHex } from "../model/bytes.ts";
import { pairsOf } from "../model/form.ts";
import type { OAuth1 } from "./scheme.ts";
import { type Check, refusal, tooFar, type VerifyCrypto } from "./signature.ts";

/** Nonces that are remembered at once: those of five minutes, of a sender who calls often. */
const noncesMax = 10_000;

/** OAuth 1.0a without a token, all in the query (RFC 5849 §3.4), parameters sorted as Oracle Eloqua sorts them. */
export function oauth1Check(
	scheme: OAuth1,
	secrets: readonly string[],
	{ consumerKeys, crypto }: { readonly consumerKeys: readonly string[]; readonly crypto: VerifyCrypto },
): Check {
	const missing = refusal("signature-missing", "there is no oauth_signature in the query");
	const wrong = refusal("signature-wrong", "the oauth_signature in the query is not that of this request");
	const unknown = refusal("signature-wrong", "the oauth_consumer_key in the query is not the endpoint's");
	const keys = secrets.map(signingKey);
	const isNew = openNonces();

	return ({ delivery, url }) => {
		const parameters = new Map(pairsOf(delivery.query));
		const shown = parameters.get("oauth_signature");
		if (shown === undefined) return missing;
		if (!consumerKeys.includes(parameters.get("oauth_consumer_key") ?? "")) return unknown;
		const signature = bytesOfBase64(shown);
		const base = baseString(delivery.method, url);
		const isRight = keys.some((key) => {
			const expected = bytesOfHex(crypto.hmacHex("sha1", key, base));
			return signature?.length === expected.length && crypto.equal(signature, expected);
		});
		if (!isRight || parameters.get("oauth_signature_method") !== "HMAC-SHA1") return wrong;

		const seconds = parameters.get("oauth_timestamp") ?? "";
		if (!/^[0-9]{1,12}$/.test(seconds)) return refusal("signature-stale", "there is no oauth_timestamp");
		const { receivedAt } = delivery;
		const { toleranceSeconds } = scheme;
		const time = Number(seconds) * 1_000;
		const stale = tooFar({ time, receivedAt, toleranceSeconds, side: "both" });
		if (stale !== undefined) return stale;
		const nonce = `${seconds} ${parameters.get("oauth_nonce") ?? ""}`;
		// The body is not signed: whoever saw a call could send it again with another.
		const body = crypto.sha256Hex(delivery.body);
		return isNew({ nonce, body, until: time + 2 * toleranceSeconds * 1_000, now: receivedAt })
			? "all"
			: refusal("signature-stale", "its oauth_nonce came before with another body");
	};
}

/** RFC 5849 §3.4.2, without a token's secret. */
export const signingKey = (secret: string): string => `${escaped(secret)}&`;

/** RFC 5849 §3.4.1, but that parameters are sorted without regard to case. Names and values are those of the query. */
export function baseString(method: string, url: string): string {
	const [address = ""] = url.split(/[?#]/, 1);
	const parameters = pairsOf(url.slice(address.length + 1).split("#", 1)[0] ?? "")
		.filter(([name]) => name !== "oauth_signature")
		.map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
		.toSorted(withoutCase);
	return [method.toUpperCase(), escaped(address), escaped(parameters.join("&"))].join("&");
}

function withoutCase(a: string, b: string): number {
	const [first, second] = [a.toLowerCase(), b.toLowerCase()];
	if (first === second) return 0;
	return first < second ? -1 : 1;
}

/** RFC 3986 §2.1: all but letters, digits and `-._~`. Half a surrogate pair can be in no signature. */
const escaped = (text: string): string =>
	encodeURIComponent(text.toWellFormed()).replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);

/** Remembers nonces for as long as their timestamps are good: the same body again is a retry, another is somebody else's. */
function openNonces() {
	const bodies = new Map<string, { readonly body: string; readonly until: number }>();
	return ({
		nonce,
		body,
		until,
		now,
	}: {
		nonce: string;
		body: string;
		until: number;
		now: number;
	}): boolean => {
		const known = bodies.get(nonce);
		if (known !== undefined) return known.body === body;
		if (bodies.size >= noncesMax)
			for (const [old, entry] of bodies)
				if (entry.until < now || bodies.size >= noncesMax) bodies.delete(old);
		bodies.set(nonce, { body, until });
		return true;
	};
}
