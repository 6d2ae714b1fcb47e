import { createCipheriv } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "./crypto.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("crypto", () => {
	it("hashes as FIPS 180-4 and RFC 4231 say", () => {
		const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
		expect(nodeCrypto.sha256Hex("abc")).toBe(abc);
		expect(hex(nodeCrypto.sha256(new Uint8Array([97, 98, 99])))).toBe(abc);
		expect(nodeCrypto.sha512Hex("abc")).toBe(
			"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
				"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
		);
		expect(nodeCrypto.hmacHex("sha256", "Jefe", "what do ya want for nothing?")).toBe(
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		);
	});

	it("opens what it sealed, and nothing that was changed", () => {
		const key = nodeCrypto.randomBytes(32);
		const sealed = nodeCrypto.seal(key, "naïve ☃");
		expect(nodeCrypto.open(key, sealed)).toBe("naïve ☃");
		expect(nodeCrypto.seal(key, "naïve ☃")).not.toBe(sealed);
		expect(() => nodeCrypto.open(nodeCrypto.randomBytes(32), sealed)).toThrow();
		const bytes = Buffer.from(sealed, "base64url");
		for (let index = 0; index < bytes.length; index++) {
			const changed = Buffer.from(bytes);
			changed[index] = (changed[index] ?? 0) ^ 1;
			expect(() => nodeCrypto.open(key, changed.toString("base64url"))).toThrow();
		}
		expect(() => nodeCrypto.open(key, "short")).toThrow();
	});

	it("opens what AES-256-GCM sealed elsewhere: nonce, text, tag", () => {
		const key = Buffer.alloc(32, 1);
		const nonce = Buffer.alloc(12, 2);
		const cipher = createCipheriv("aes-256-gcm", key, nonce);
		const text = Buffer.concat([cipher.update("plain"), cipher.final()]);
		const sealed = Buffer.concat([nonce, text, cipher.getAuthTag()]).toString("base64url");
		expect(nodeCrypto.open(key, sealed)).toBe("plain");
	});

	it("knows a password again, and no other", () => {
		const hash = nodeCrypto.hashPassword("correct horse");
		expect(hash).toMatch(/^scrypt\$[\w-]{22}\$[\w-]{43}$/);
		expect(nodeCrypto.verifyPassword("correct horse", hash)).toBe(true);
		expect(nodeCrypto.verifyPassword("correct house", hash)).toBe(false);
		for (const broken of ["", "scrypt$", "bcrypt$a$b", "scrypt$AAAA$"]) {
			expect(nodeCrypto.verifyPassword("", broken)).toBe(false);
		}
	});
});
