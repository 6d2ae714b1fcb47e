export type HmacAlgorithm = "sha1" | "sha256" | "sha512";

/**
 * What a public key verifies. `rsa`: PKCS #1 v1.5 with SHA-256. `ecdsa-der` and `ecdsa-p1363`: P-256 with SHA-256, the
 * signature as DER or as its two numbers. `ed25519`: RFC 8032.
 */
export type PublicKeyKind = "rsa" | "ecdsa-der" | "ecdsa-p1363" | "ed25519";

export interface PublicKey {
	/** False for whatever is no signature at all, too. */
	verify(data: Uint8Array, signature: Uint8Array): boolean;
}

/** Synchronous cryptography, so that a cell can hash between reading and writing. */
export interface Crypto {
	/** SHA-256, 64 lower-case hex digits. */
	sha256Hex(data: string | Uint8Array): string;
	sha256(data: string | Uint8Array): Uint8Array;
	/** 128 lower-case hex digits. */
	sha512Hex(data: string | Uint8Array): string;
	/** Lower-case hex. */
	hmacHex(algorithm: HmacAlgorithm, key: string | Uint8Array, data: string | Uint8Array): string;
	randomBytes(length: number): Uint8Array;
	/** Takes the same time for every pair of one length. */
	equal(a: Uint8Array, b: Uint8Array): boolean;
	/** AES-256-GCM: nonce, ciphertext and tag in one base64url text. `key` has 32 bytes. */
	seal(key: Uint8Array, plain: string): string;
	/** Throws where the text was not sealed under `key`. */
	open(key: Uint8Array, sealed: string): string;
	/** scrypt with a salt of its own, as `scrypt$salt$hash`, base64url. */
	hashPassword(password: string): string;
	verifyPassword(password: string, hash: string): boolean;
	/** The 32 bytes that verify what `signEd25519` makes with this seed of 32 bytes (RFC 8032). */
	ed25519PublicKey(seed: Uint8Array): Uint8Array;
	/** 64 bytes; the same for the same seed and data. */
	signEd25519(seed: Uint8Array, data: Uint8Array): Uint8Array;
	verifyEd25519(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean;
	/** `key` is DER (SPKI, RFC 5280 §4.1), of Ed25519 the 32 bytes alone; undefined where it is no key of the kind. */
	publicKey(kind: PublicKeyKind, key: Uint8Array): PublicKey | undefined;
}
