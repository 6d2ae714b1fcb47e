import { openPlace } from "./place.ts";
import type { Basic, Bearer, Token } from "./scheme.ts";
import { type Check, refusal, type VerifyCrypto } from "./signature.ts";

/** A secret that is shown as it is: in a header, the URL or the body, or in `Authorization` as RFC 6750 and 7617 write it. */
export function tokenCheck(
	scheme: Token | Bearer | Basic,
	secrets: readonly string[],
	crypto: VerifyCrypto,
): Check {
	const where = scheme.kind === "token" ? scheme.from : `header:Authorization`;
	const place = openPlace(where);
	const missing = refusal("token-missing", `there is no ${wordOf[scheme.kind]} in ${where}`);
	const wrong = refusal("token-wrong", `the ${wordOf[scheme.kind]} in ${where} is not the endpoint's`);
	const hashes = secrets.map((secret) => crypto.sha256(secret));
	return (arrival) => {
		const [text] = place(arrival);
		const shown = text === undefined ? undefined : tokenIn(scheme, text);
		if (shown === undefined) return missing;
		// Hashes have one length, so that the comparison's time does not tell the secret's.
		const hash = crypto.sha256(shown);
		return hashes.some((secret) => crypto.equal(secret, hash)) ? "all" : wrong;
	};
}

const wordOf = { token: "token", bearer: "bearer token", basic: "user and password" } as const;

/** Undefined where there is none. */
function tokenIn(scheme: Token | Bearer | Basic, text: string): string | undefined {
	switch (scheme.kind) {
		case "token": {
			const { prefix = "" } = scheme;
			return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
		}
		case "bearer":
			return /^bearer +(.*)$/is.exec(text)?.[1];
		case "basic":
			return credentialsIn(text);
	}
}

/** User and password, as UTF-8 (RFC 7617 §2.1). */
function credentialsIn(text: string): string | undefined {
	const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(text)?.[1];
	if (encoded === undefined) return undefined;
	try {
		const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
		return new TextDecoder().decode(bytes);
	} catch {
		return undefined;
	}
}
