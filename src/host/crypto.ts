import {
	createCipheriv,
	createDecipheriv,
	createHmac,
	createPrivateKey,
	createPublicKey,
	hash,
	type KeyObject,
	randomBytes,
	scryptSync,
	sign,
	timingSafeEqual,
	verify,
} from "node:crypto";
import { bytesOfHex } from "../model/bytes.ts";
import type { Crypto, PublicKey, PublicKeyKind } from "../model/crypto.ts";

/** A GCM nonce, as NIST SP 800-38D recommends it. */
const nonceBytes = 12;
const tagBytes = 16;
const saltBytes = 16;
const passwordHashBytes = 32;

/** About 60 ms and 32 MiB a password on one core of 2026. */
const scryptCost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** `node:crypto`, which workerd has too (`nodejs_compat`): one adapter for both hosts. */
export const nodeCrypto: Crypto = {
	sha256Hex: (data) => hash("sha256", data, "hex"),
	// By way of hex: to make a Buffer for every digest takes longer than to hash an event.
	sha256: (data) => bytesOfHex(hash("sha256", data, "hex")),
	sha512Hex: (data) => hash("sha512", data, "hex"),
	hmacHex: (algorithm, key, data) => createHmac(algorithm, key).update(data).digest("hex"),
	randomBytes: (length) => bytesOf(randomBytes(length)),
	equal: (a, b) => a.byteLength === b.byteLength && timingSafeEqual(a, b),
	seal,
	open,
	hashPassword,
	verifyPassword,
	ed25519PublicKey: (seed) =>
		bytesOf(createPublicKey(privateKeyOf(seed)).export({ format: "der", type: "spki" })).slice(-32),
	signEd25519: (seed, data) => bytesOf(sign(null, data, privateKeyOf(seed))),
	verifyEd25519: (publicKey, data, signature) => verify(null, data, publicKeyOf(publicKey), signature),
	publicKey,
};

/** What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410 §4 and §7). */
const spkiPrefix = Buffer.from("302a300506032b6570032100", "hex");
const pkcs8Prefix = Buffer.from("302e020100300506032b657004220420", "hex");

const publicKeyOf = (key: Uint8Array): KeyObject =>
	createPublicKey({ key: Buffer.concat([spkiPrefix, key]), format: "der", type: "spki" });

const privateKeyOf = (seed: Uint8Array): KeyObject =>
	createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: "der", type: "pkcs8" });

/** What `node:crypto` calls the type of a key of each kind. */
const keyTypes: Readonly<Record<PublicKeyKind, string>> = {
	rsa: "rsa",
	"ecdsa-der": "ec",
	"ecdsa-p1363": "ec",
	ed25519: "ed25519",
};

function publicKey(kind: PublicKeyKind, bytes: Uint8Array): PublicKey | undefined {
	const isBare = kind === "ed25519" && bytes.byteLength === 32;
	const spki = isBare ? Buffer.concat([spkiPrefix, bytes]) : Buffer.from(bytes);
	// workerd takes an encoding of the signature beside the key's bytes only, not beside a `KeyObject`.
	const key = { key: spki, format: "der", type: "spki" } as const;
	const dsaEncoding = kind === "ecdsa-p1363" ? "ieee-p1363" : "der";
	const algorithm = kind === "ed25519" ? null : "sha256";
	try {
		const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(key);
		if (asymmetricKeyType !== keyTypes[kind]) return undefined;
		if (keyTypes[kind] === "ec" && asymmetricKeyDetails?.namedCurve !== "prime256v1") return undefined;
	} catch {
		return undefined;
	}
	return {
		verify: (data, signature) => {
			try {
				return verify(algorithm, data, { ...key, dsaEncoding }, signature);
			} catch {
				return false;
			}
		},
	};
}

/** A plain view: a `Buffer` compares, prints and clones differently from what the core was promised. */
const bytesOf = (buffer: Buffer): Uint8Array =>
	new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

function seal(key: Uint8Array, plain: string): string {
	const nonce = randomBytes(nonceBytes);
	const cipher = createCipheriv("aes-256-gcm", key, nonce);
	const sealed = [nonce, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()];
	return Buffer.concat(sealed).toString("base64url");
}

function open(key: Uint8Array, sealed: string): string {
	const bytes = Buffer.from(sealed, "base64url");
	if (bytes.byteLength < nonceBytes + tagBytes) throw new Error("the sealed text is too short");
	const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes), {
		authTagLength: tagBytes,
	});
	decipher.setAuthTag(bytes.subarray(-tagBytes));
	return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
}

function hashPassword(password: string): string {
	const salt = randomBytes(saltBytes);
	const derived = scryptSync(password.normalize("NFKC"), salt, passwordHashBytes, scryptCost);
	return `scrypt$${salt.toString("base64url")}$${derived.toString("base64url")}`;
}

function verifyPassword(password: string, stored: string): boolean {
	const [scheme, salt, derived] = stored.split("$");
	if (scheme !== "scrypt" || salt === undefined || derived === undefined) return false;
	const expected = Buffer.from(derived, "base64url");
	if (expected.byteLength !== passwordHashBytes) return false;
	const saltOf = Buffer.from(salt, "base64url");
	return timingSafeEqual(
		expected,
		scryptSync(password.normalize("NFKC"), saltOf, passwordHashBytes, scryptCost),
	);
}
