import type { HmacAlgorithm } from "../model/crypto.ts";
import type { Place } from "./place.ts";

/**
 * How a sender proves who it is, as data: a connector says it, `openVerifier` does the work, and `schema.ts` checks it
 * where it comes from a person's settings.
 */
export type Scheme =
	| Hmac
	| Hash
	| PublicKeySignature
	| Token
	| Bearer
	| Basic
	| OAuth1
	| Addresses
	| Named
	| AllOf
	| FirstOf;

/** Where a signature is shown, and how it is written. */
export interface Shown {
	/** `header:X-Signature`, `header:Stripe-Signature[v1]`. Of several places, and of several signatures, any may be right. */
	readonly from: Place | readonly Place[];
	/** Hexadecimal digits may be of either case; base64 is exactly what an encoder writes, base64url with or without padding. */
	readonly encoding: "hex" | "base64" | "base64url";
	/** What stands before each signature: `sha256=`, `v1,`. What does not begin so is none. */
	readonly prefix?: string;
	/** What stands between signatures, where there may be several in one text: a blank. */
	readonly separator?: string;
}

/** What every signature has. */
interface Signature {
	/** Name of the endpoint's secret that is the key. */
	readonly secret: string;
	readonly signature: Shown;
	/**
	 * What is signed, as a template: `{body}`, `{ts}.{body}`, `{method}{url}{body}{ts}`; `template.ts` lists the tokens.
	 * Of several, any may have been meant, likeliest first; one that has no bytes for a delivery is left out.
	 */
	readonly signed: string | readonly string[];
	/** When the sender signed, which is then part of what is signed. */
	readonly timestamp?: Timestamp;
}

/** The time in a signature: an old one is a replay, whoever holds it. */
export interface Timestamp {
	readonly from: Place;
	/** Unix seconds or milliseconds in digits, or an ISO 8601 text. */
	readonly unit: "s" | "ms" | "iso";
	/** How far it may be from when the delivery came. */
	readonly toleranceSeconds: number;
	/** `past`: a time ahead of ours is never refused. Both unless said otherwise. */
	readonly side?: "both" | "past";
}

/** A keyed hash (RFC 2104). */
export interface Hmac extends Signature {
	readonly kind: "hmac";
	readonly algorithm: HmacAlgorithm;
	readonly key?: KeyText;
}

/** How a secret's text becomes a key. */
export interface KeyText {
	/** `utf8`, the text itself, unless said otherwise. Of several, any may have been meant. */
	readonly encoding: KeyEncoding | readonly KeyEncoding[];
	/** Taken off where the text begins with it: `whsec_`. */
	readonly prefix?: string;
}

export type KeyEncoding = "utf8" | "base64" | "hex";

/** A plain hash over a text that has the secret in it (`{secret}{body}`), or that guards what another scheme signs. */
export interface Hash extends Omit<Signature, "secret"> {
	readonly kind: "hash";
	readonly algorithm: "sha256";
	/** Absent where nothing secret is in what is hashed: such a hash proves nothing by itself. */
	readonly secret?: string;
}

/**
 * A signature that the sender alone can make: the endpoint's "secret" is the public key, as PEM or base64. Of several keys in
 * PEM, one after the other in one text, any may have signed.
 */
export interface PublicKeySignature extends Signature {
	/**
	 * `rsa`: PKCS #1 v1.5 with SHA-256. `ecdsa`: P-256 with SHA-256, written as DER or as the two numbers (IEEE P1363).
	 * `ed25519`: RFC 8032, with a key of 32 bytes in base64.
	 */
	readonly kind: "rsa" | "ecdsa-der" | "ecdsa-p1363" | "ed25519";
	/** Taken off the key's text: `whpk_`. */
	readonly keyPrefix?: string;
}

/** A secret that the sender shows as it is. It proves the whole request, to whoever could not read one. */
export interface Token {
	readonly kind: "token";
	/** Name of the endpoint's secret. */
	readonly secret: string;
	/** `header:X-Api-Key`, `query:secret`, `field:token`. What is there is never stored. */
	readonly from: Place;
	/** What stands before the token: `GenieKey `. */
	readonly prefix?: string;
}

/** `Authorization: Bearer …` (RFC 6750). */
export interface Bearer {
	readonly kind: "bearer";
	/** Name of the endpoint's secret. */
	readonly secret: string;
}

/** `Authorization: Basic …` (RFC 7617). */
export interface Basic {
	readonly kind: "basic";
	/** Name of the endpoint's secret, which is user and password with a colon between them: `hub:s3cret`, `key:`. */
	readonly secret: string;
}

/**
 * OAuth 1.0a with HMAC-SHA1 and no token, all its parameters in the query (RFC 5849, but that parameters are sorted
 * without regard to case). The body is not signed, so that a nonce is good for one body only.
 */
export interface OAuth1 {
	readonly kind: "oauth1";
	/** Name of the endpoint's secret that is the consumer's. */
	readonly secret: string;
	/** Name of the endpoint's secret that is the consumer key: it has to be the one in the query. */
	readonly consumerKey: string;
	readonly toleranceSeconds: number;
}

/** Addresses and networks that the sender calls from: `192.0.2.7`, `2001:db8::/32`. All where there are none. */
export interface Addresses {
	readonly kind: "addresses";
	readonly networks: readonly string[];
}

/** A name that the sender gives itself, such as its organisation's id. Others may know it: it proves nothing. */
export interface Named {
	readonly kind: "named";
	readonly from: Place;
	/** Any of them is right. All where there are none. */
	readonly names: readonly string[];
	/** How many of their first characters count; all unless said otherwise. */
	readonly characters?: number;
}

/** All of them must hold; where one of them has no secret, none is asked for. */
export interface AllOf {
	readonly kind: "allOf";
	readonly schemes: readonly Scheme[];
}

/** The first that the sender shows anything for decides: a wrong signature is not made good by an older, weaker one. */
export interface FirstOf {
	readonly kind: "firstOf";
	readonly schemes: readonly Scheme[];
}

/** What an endpoint asks of its sender. */
export interface Verification {
	/** Every scheme whose secret is set must hold. */
	readonly schemes: readonly Scheme[];
	/** What becomes of a delivery where no secret is set at all: the URL's token is then all that protects it. */
	readonly unsigned: "accept" | "refuse";
	/** `firstOnly`: what is not itself proved is not to be taken. `all`: one proved element vouches for its array. */
	readonly partly: "firstOnly" | "all";
	/** Which bytes are signed where the body came compressed; `received` unless the sender is known to differ. */
	readonly bytes?: "received" | "inflated";
	/** Where the sender shows secrets that nobody asked for, such as a session of its own: these are never stored. */
	readonly unasked?: readonly Place[];
	readonly published?: PublishedKeys;
}

/** Keys that the sender publishes, and names in each delivery: they count as values of a secret, beside those that are set. */
export interface PublishedKeys {
	/** The secret's name. */
	readonly secret: string;
	/** Where the keys are, whatever a delivery says: the sender's own site, without a path. */
	readonly origin: string;
	/** Where a delivery names a key by its path: any other is not asked for. */
	readonly paths: readonly Place[];
	readonly path: RegExp;
}

/** An endpoint's secrets by name; several values while one is being replaced, any of which may have been used. */
export type Secrets = Readonly<Record<string, readonly string[]>>;

export type Verified =
	| {
			readonly ok: true;
			/** Which messages may be taken: `first` leaves all others of the delivery to a person. */
			readonly proved: "all" | "first";
			/** Whether a secret was used: false where the endpoint accepts deliveries without. */
			readonly signed: boolean;
	  }
	| {
			readonly ok: false;
			readonly cause: VerifyCause;
			/** For the operator; never a secret nor the signature that would have been right. */
			readonly reason: string;
	  };

export type VerifyCause =
	/** The endpoint has none of the secrets that its schemes need. */
	| "secret-missing"
	| "signature-missing"
	| "signature-wrong"
	/** Rightly signed, too long before or after it came; or the same nonce with another body. */
	| "signature-stale"
	| "token-missing"
	| "token-wrong"
	| "address-wrong"
	| "name-missing"
	| "name-wrong"
	/** The site where the sender publishes its keys did not give them: the delivery may be sent again. */
	| "keys-not-there";
