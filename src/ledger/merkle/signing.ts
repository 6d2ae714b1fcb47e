import { bytesOfHex, hexOf } from "../../model/bytes.ts";
import type { Crypto } from "../../model/crypto.ts";
import { bad, good, type Result } from "../../model/result.ts";
import { readVerifier, type Signer, type Verifier } from "./note.ts";

/** Whose word checkpoints are: the hub's name among hubs, its key, and the keys it had before. */
export interface Signing {
	/** Nothing personal: it comes from the hub's first key. */
	readonly hub: string;
	/** 32 bytes. */
	readonly seed: Uint8Array;
	/** Public keys, 32 bytes each. */
	readonly earlier: readonly Uint8Array[];
}

/**
 * Reads `HUB_SIGNING_KEY`: 64 hex digits, and behind them the verifiers of the keys that were used before, the oldest
 * last. A hub is named after its first key, so that it stays the same hub when the key changes.
 */
export function readSigning(crypto: Crypto, text: string): Result<Signing, string> {
	const [key = "", ...others] = text.trim().split(/\s+/);
	if (!/^[0-9a-f]{64}$/.test(key)) {
		return bad("needs a key of 64 hex digits, such as `openssl rand -hex 32` makes");
	}
	const earlier: Verifier[] = [];
	for (const other of others) {
		const verifier = readVerifier(crypto, other);
		if (verifier === undefined) {
			return bad("needs, behind the key, verifiers of earlier keys as `ledger checkpoint` prints them");
		}
		earlier.push(verifier);
	}
	const seed = bytesOfHex(key);
	const [named] = earlier.at(-1)?.name.split("/") ?? [];
	const hub = named ?? hexOf(crypto.sha256(crypto.ed25519PublicKey(seed))).slice(0, 16);
	return good({ hub, seed, earlier: earlier.map(({ publicKey }) => publicKey) });
}

/** Which log of a hub: a shard's, and how often what it had lost was accepted. */
export interface LogPlace {
	readonly shard: number;
	/** From 0. */
	readonly generation: number;
}

/** A log that lost something is another log from then on: no log signs two heads that contradict each other. */
export const originOf = ({ hub }: Signing, { shard, generation }: LogPlace): string =>
	generation === 0 ? `${hub}/ledger/${shard}` : `${hub}/ledger/${shard}/${generation}`;

/** Undefined where the origin is not of this hub. */
export function placeOfOrigin({ hub }: Signing, origin: string): LogPlace | undefined {
	const [name, ledger, shard, generation, ...more] = origin.split("/");
	const numbers = [shard, generation ?? "0"].every((part) => /^(0|[1-9][0-9]{0,3})$/.test(part ?? ""));
	if (name !== hub || ledger !== "ledger" || !numbers || more.length > 0 || generation === "0")
		return undefined;
	return { shard: Number(shard), generation: Number(generation ?? 0) };
}

export const signerOf = (signing: Signing, place: LogPlace): Signer => ({
	name: originOf(signing, place),
	seed: signing.seed,
});

/** All keys that this hub has had, under the name of one of its logs. */
export const verifiersOf = (crypto: Crypto, signing: Signing, place: LogPlace): readonly Verifier[] =>
	[crypto.ed25519PublicKey(signing.seed), ...signing.earlier].map((publicKey) => ({
		name: originOf(signing, place),
		publicKey,
	}));
