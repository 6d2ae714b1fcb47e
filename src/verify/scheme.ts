import type { HmacAlgorithm } from "../model/crypto.ts";

/** How a sender proves who it is, as data: a connector names the scheme, `openVerifier` does the work. */
export type Scheme = Hmac | Token;

/** A keyed hash over what was sent. */
export interface Hmac {
	readonly kind: "hmac";
	/** Name of the endpoint's secret that is the key, as UTF-8. */
	readonly secret: string;
	/** Header with the signature, in any case. */
	readonly header: string;
	readonly algorithm: HmacAlgorithm;
	readonly encoding: "hex" | "base64";
	/** What stands before the signature in its header: `sha256=`. */
	readonly prefix?: string;
	readonly signed: SignedPart;
}

/**
 * `body`: every byte.
 *
 * `firstElement`: of a body that is a JSON array, the bytes of its first element as they stand there; any other
 * body whole. The rest of such an array is proved by nothing. `wrapper` names the only key of an object around
 * each element that the sender adds after signing: `{"json":…}`.
 */
export type SignedPart =
	| { readonly kind: "body" }
	| { readonly kind: "firstElement"; readonly wrapper?: string };

/** A secret that the sender shows as it is. It proves the whole request, to whoever could not read one. */
export interface Token {
	readonly kind: "token";
	/** Name of the endpoint's secret. */
	readonly secret: string;
	/** Header with the token, in any case. */
	readonly header: string;
	/** What stands before the token in its header: `Bearer `. */
	readonly prefix?: string;
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
	"secret-missing" | "signature-missing" | "signature-wrong" | "token-missing" | "token-wrong";
