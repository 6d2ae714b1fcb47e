import { base64Of, bytesOfBase64, hexOf, joined } from "../../model/bytes.ts";
import type { Crypto } from "../../model/crypto.ts";
import { bad, good, type Result } from "../../model/result.ts";

type NoteCrypto = Pick<Crypto, "sha256" | "ed25519PublicKey" | "signEd25519" | "verifyEd25519">;

/** Who signs notes, and under which name. */
export interface Signer {
	/** Without spaces and plus signs. */
	readonly name: string;
	/** 32 bytes. */
	readonly seed: Uint8Array;
}

/** By what a signature is verified. */
export interface Verifier {
	readonly name: string;
	/** 32 bytes, Ed25519. */
	readonly publicKey: Uint8Array;
}

/** The type of an Ed25519 key, before its bytes. */
const ed25519Type = 1;

const encoder = new TextEncoder();

/** C2SP signed-note: SHA-256(name ‖ newline ‖ type ‖ public key), its first four bytes. */
function keyId(crypto: Pick<Crypto, "sha256">, { name, publicKey }: Verifier): Uint8Array {
	const named = encoder.encode(`${name}\n`);
	return crypto.sha256(joined([named, new Uint8Array([ed25519Type]), publicKey])).slice(0, 4);
}

export const verifierOf = (crypto: NoteCrypto, { name, seed }: Signer): Verifier => ({
	name,
	publicKey: crypto.ed25519PublicKey(seed),
});

/** A verifier as people pass it on: `name+id+key`, the id in hex, the key with its type in base64. */
export function verifierText(crypto: Pick<Crypto, "sha256">, verifier: Verifier): string {
	const key = joined([new Uint8Array([ed25519Type]), verifier.publicKey]);
	return `${verifier.name}+${hexOf(keyId(crypto, verifier))}+${base64Of(key)}`;
}

/** Undefined where the text is no verifier of an Ed25519 key. */
export function readVerifier(crypto: Pick<Crypto, "sha256">, text: string): Verifier | undefined {
	const [, name, key] = /^([^\s+]+)\+[0-9a-f]{8}\+(.+)$/.exec(text) ?? [];
	const bytes = bytesOfBase64(key ?? "");
	if (name === undefined || bytes?.length !== 33 || bytes[0] !== ed25519Type) return undefined;
	const verifier = { name, publicKey: bytes.slice(1) };
	return verifierText(crypto, verifier) === text ? verifier : undefined;
}

/** The text, which ends with a newline, with its signature below. */
export function signNote(crypto: NoteCrypto, text: string, signer: Signer): string {
	const signature = crypto.signEd25519(signer.seed, encoder.encode(text));
	const signed = base64Of(joined([keyId(crypto, verifierOf(crypto, signer)), signature]));
	return `${text}\n— ${signer.name} ${signed}\n`;
}

/**
 * The text of a note that one of the verifiers vouches for, or what is wrong with it: C2SP signed-note. Signatures of
 * others are allowed beside it, as witnesses add them.
 */
export function openNote(
	crypto: NoteCrypto,
	note: string,
	verifiers: readonly Verifier[],
): Result<string, string> {
	const end = note.lastIndexOf("\n\n");
	if (end === -1 || !note.endsWith("\n")) return bad("it is not a signed note");
	const text = note.slice(0, end + 1);
	const lines = note.slice(end + 2, -1).split("\n");
	if (lines.length > signaturesMax) return bad(`it has more than ${signaturesMax} signatures`);
	let vouched = false;
	for (const line of lines) {
		const [, name, encoded] = /^— ([^\s+]+) ([^\s]+)$/.exec(line) ?? [];
		const bytes = bytesOfBase64(encoded ?? "");
		if (bytes === undefined || bytes.length < 5) return bad("a line of it is not a signature");
		const id = hexOf(bytes.slice(0, 4));
		const verifier = verifiers.find((one) => one.name === name && hexOf(keyId(crypto, one)) === id);
		if (verifier === undefined) continue;
		const valid =
			bytes.length === 68 && crypto.verifyEd25519(verifier.publicKey, encoder.encode(text), bytes.slice(4));
		if (!valid) return bad(`its signature by ${verifier.name} is wrong`);
		vouched = true;
	}
	return vouched ? good(text) : bad("none of its signatures is by a known key");
}

/** As many as C2SP wants everybody to accept. */
const signaturesMax = 16;
