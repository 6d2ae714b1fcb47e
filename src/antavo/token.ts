import { jwtVerify, SignJWT } from "jose";
import { bytesOfHex } from "../model/bytes.ts";
import type { Client, ClientScope } from "../model/configuration.ts";
import type { Crypto } from "../model/crypto.ts";
import { invariant } from "../model/result.ts";

/** What tokens are signed and read with. */
export interface TokenParts {
	readonly crypto: Pick<Crypto, "hmacHex">;
	/** 32 bytes: the tokens' own key is derived from it. */
	readonly hubKey: Uint8Array;
	/** Unix milliseconds. */
	readonly now: number;
}

export interface Token {
	readonly text: string;
	readonly expiresInSeconds: number;
}

/** What a token says, which is signed and has not expired. */
export interface TokenClaims {
	readonly client: string;
	readonly scope: ClientScope;
}

/** The longest that Antavo's are good for. */
const tokenSeconds = 3_600;

/** RFC 9068's type of access tokens: nothing else that is ever signed with this key can be taken for one. */
const type = "at+jwt";

const issuer = "loyalty-hub";

/** A JWT for a client, good for an hour, and never longer than the client itself. */
export async function issueToken(
	{ id, scope, expiresAt }: Client,
	{ now, ...parts }: TokenParts,
): Promise<Token> {
	const issued = Math.floor(now / 1000);
	const left = expiresAt === null ? tokenSeconds : Math.floor(expiresAt / 1000) - issued;
	const expiresInSeconds = Math.min(tokenSeconds, left);
	const text = await new SignJWT({ scope })
		.setProtectedHeader({ alg: "HS256", typ: type })
		.setIssuer(issuer)
		.setSubject(id)
		.setIssuedAt(issued)
		.setExpirationTime(issued + expiresInSeconds)
		.sign(keyOf(parts));
	return { text, expiresInSeconds };
}

/** What a token says; null for everything that this hub did not sign, or that has expired. */
export async function readToken(text: string, { now, ...parts }: TokenParts): Promise<TokenClaims | null> {
	const options = {
		algorithms: ["HS256"],
		typ: type,
		issuer,
		requiredClaims: ["exp"],
		currentDate: new Date(now),
	};
	const verified = await jwtVerify<{ readonly scope?: ClientScope }>(text, keyOf(parts), options).catch(
		() => null,
	);
	if (verified === null) return null;
	const { sub, scope } = verified.payload;
	invariant(sub !== undefined && scope !== undefined, "a token that this hub signed says whose it is");
	return { client: sub, scope };
}

/** The tokens' own key: what is signed with it says nothing about the hub's. */
const keyOf = ({ crypto, hubKey }: Omit<TokenParts, "now">): Uint8Array =>
	bytesOfHex(crypto.hmacHex("sha256", hubKey, "access tokens of the asynchronous API"));
