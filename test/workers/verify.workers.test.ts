import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { openVector, vectors } from "../../src/verify/testing.ts";
import { openVerifier } from "../../src/verify/verify.ts";

/** RSA and ECDSA among them: workerd's `node:crypto` verifies them synchronously, as Node's does. */
describe.each(vectors)("$name, on Workers", (vector) => {
	const { verification, secrets, delivery, url } = openVector(vector);
	const verify = openVerifier(verification, secrets, nodeCrypto);

	it("verifies", () => {
		expect(verify(delivery, { url })).toMatchObject({ ok: true, signed: true });
	});

	it("does not with another byte at the end of its body, its URL and its secret", () => {
		const body = new Uint8Array([...delivery.body, 0x78]);
		const verified = verify({ ...delivery, body, query: `${delivery.query}x` }, { url: `${url}x` });
		expect(verified.ok && verified.proved === "all").toBe(false);
		const others = Object.fromEntries(Object.entries(secrets).map(([name]) => [name, ["YW5vdGhlcg=="]]));
		expect(openVerifier(verification, others, nodeCrypto)(delivery, { url }).ok).toBe(false);
	});
});
