import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../host/crypto.ts";
import { bytesOfHex } from "../../model/bytes.ts";
import { checkpointText, readCheckpoint } from "./checkpoint.ts";
import { openNote, readVerifier, signNote, verifierOf, verifierText } from "./note.ts";
import { receiptText } from "./receipt.ts";

/** The example of Go's `sumdb/note`, whose format C2SP wrote down: its signer's key is a seed behind a type byte. */
const peter = {
	name: "PeterNeumann",
	seed: new Uint8Array(Buffer.from("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz", "base64").subarray(1)),
};
const verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const text =
	"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const signature =
	"— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const note = `${text}\n${signature}`;
const known = [verifierOf(nodeCrypto, peter)];

describe("Ed25519", () => {
	it("signs as RFC 8032 §7.1 has it", () => {
		const seed = bytesOfHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
		expect(Buffer.from(nodeCrypto.ed25519PublicKey(seed)).toString("hex")).toBe(
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
		);
		expect(Buffer.from(nodeCrypto.signEd25519(seed, new Uint8Array())).toString("hex")).toBe(
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
		);
	});
});

describe("a signed note", () => {
	it("is the one that others make", () => {
		expect(signNote(nodeCrypto, text, peter)).toBe(note);
		expect(openNote(nodeCrypto, note, known)).toEqual({ ok: true, value: text });
	});

	it("names its key by the first four bytes of its hash", () => {
		expect(verifierText(nodeCrypto, verifierOf(nodeCrypto, peter))).toBe(verifier);
		const key = Buffer.from("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "base64");
		const id = createHash("sha256").update("PeterNeumann\n").update(key).digest("hex").slice(0, 8);
		expect(verifier).toContain(`+${id}+`);
		expect(readVerifier(nodeCrypto, verifier)).toEqual(known[0]);
	});

	it.each([
		["another id", verifier.replace("c74f20a3", "c74f20a4")],
		["another name", verifier.replace("Peter", "Paul")],
		["a key of another type", verifier.replace("+ARpc", "+BBpc")],
		["a key that is too short", verifier.slice(0, -4)],
		["nothing", ""],
	])("is verified by no key that has %s", (_what, wrong) => {
		expect(readVerifier(nodeCrypto, wrong)).toBeUndefined();
	});

	it("may have empty lines in its text, and signatures of others", () => {
		const poem = "one\n\ntwo\n";
		const signed = signNote(nodeCrypto, poem, peter);
		const others = signNote(nodeCrypto, poem, { name: "other.example", seed: new Uint8Array(32) });
		const both = `${signed}${others.split("\n\n").at(-1)}`;
		expect(openNote(nodeCrypto, both, known)).toEqual({ ok: true, value: poem });
		expect(openNote(nodeCrypto, others, known)).toMatchObject({ ok: false });
	});

	it("has one text only: unused bits of its encoding count", () => {
		expect(openNote(nodeCrypto, note.replace("JnAM=", "JnAN="), known).ok).toBe(false);
	});

	it("is refused when anything of it is altered", () => {
		const characters = [...note];
		const altered = fc.tuple(fc.nat({ max: characters.length - 1 }), fc.constantFrom(..."aZ9/+=\n —"));
		fc.assert(
			fc.property(altered, ([at, character]) => {
				fc.pre(characters[at] !== character);
				expect(openNote(nodeCrypto, characters.with(at, character).join(""), known).ok).toBe(false);
			}),
			{ numRuns: 1_000 },
		);
	});
});

describe("a checkpoint", () => {
	const root = new Uint8Array(Buffer.from("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "base64"));
	const written = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

	it("is written as C2SP tlog-checkpoint has it", () => {
		const checkpoint = { origin: "example.com/behind-the-sofa", size: 20_852_163, root };
		expect(checkpointText(checkpoint)).toBe(written);
		expect(readCheckpoint(written)).toEqual(checkpoint);
	});

	it.each([
		["a size with a zero before it", written.replace("20852163", "020852163")],
		["a size that is no number", written.replace("20852163", "many")],
		["a root that is too short", written.replace("CsUYapGG", "")],
		["no root", "example.com/behind-the-sofa\n20852163\n"],
		["no origin", written.replace("example.com/behind-the-sofa", "")],
	])("is not read from %s", (_what, wrong) => {
		expect(readCheckpoint(wrong)).toBeUndefined();
	});
});

it("writes a receipt as C2SP tlog-proof has it", () => {
	const hash = (byte: number) => new Uint8Array(32).fill(byte);
	expect(receiptText({ index: 5, path: [hash(1), hash(2)], note })).toBe(
		`c2sp.org/tlog-proof@v1\nindex 5\n${Buffer.alloc(32, 1).toString("base64")}\n${Buffer.alloc(32, 2).toString("base64")}\n\n${note}`,
	);
});
