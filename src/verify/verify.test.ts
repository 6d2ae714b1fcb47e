import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Delivery } from "../model/message.ts";
import type { Scheme, Secrets, Verification } from "./scheme.ts";
import { canVerify, openVerifier } from "./verify.ts";

const crypto = {
	sha256: (data: string | Uint8Array) => new Uint8Array(hash("sha256", data, "buffer")),
	hmacHex: (algorithm: string, key: string | Uint8Array, data: string | Uint8Array) =>
		createHmac(algorithm, key).update(data).digest("hex"),
	equal: (a: Uint8Array, b: Uint8Array) => timingSafeEqual(a, b),
};

const delivery = (body: string, headers: Record<string, string> = {}): Delivery => ({
	method: "POST",
	path: "",
	query: "",
	headers,
	body: new TextEncoder().encode(body),
	receivedAt: 0,
});

const asked = (...schemes: readonly Scheme[]): Verification => ({
	schemes,
	unsigned: "refuse",
	partly: "firstOnly",
});

const verify = (scheme: Scheme, secrets: Secrets, given: Delivery) =>
	openVerifier(asked(scheme), secrets, crypto)(given);

const wholeBody = { kind: "body" } as const;

/** RFC 4231 §4.3, test case 2. */
const rfc4231: Scheme = {
	kind: "hmac",
	secret: "key",
	header: "X-Hub-Signature-256",
	algorithm: "sha256",
	encoding: "hex",
	prefix: "sha256=",
	signed: wholeBody,
};
const rfc4231Hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
const said = "what do ya want for nothing?";

/** From Shopify's own library, shopify-app-js, webhooks/__tests__/validate.test.ts (MIT). */
const shopify: Scheme = {
	kind: "hmac",
	secret: "client",
	header: "X-Shopify-Hmac-Sha256",
	algorithm: "sha256",
	encoding: "base64",
	signed: wholeBody,
};
const shopifySecrets = { client: ["test_secret_key"] };
const shopifyBase64 = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=";

const token: Scheme = { kind: "token", secret: "key", header: "Authorization", prefix: "Bearer " };

describe("an HMAC", () => {
	const withSignature = (signature: string) => delivery(said, { "x-hub-signature-256": signature });

	it("is right by the published vectors, in hexadecimal and in base64", () => {
		expect(verify(rfc4231, { key: ["Jefe"] }, withSignature(`sha256=${rfc4231Hex}`)).ok).toBe(true);
		const given = delivery('{"foo": "bar"}', { "x-shopify-hmac-sha256": shopifyBase64 });
		expect(verify(shopify, shopifySecrets, given)).toEqual({ ok: true, proved: "all", signed: true });
	});

	it("may be written in capitals where it is hexadecimal", () => {
		expect(verify(rfc4231, { key: ["Jefe"] }, withSignature(`sha256=${rfc4231Hex.toUpperCase()}`)).ok).toBe(
			true,
		);
	});

	it.each([
		["one digit short", rfc4231Hex.slice(1)],
		["one digit long", `${rfc4231Hex}0`],
		["empty", ""],
		["with a space", ` ${rfc4231Hex}`],
		["with a line feed", `${rfc4231Hex}\n`],
		["beyond ASCII", `${rfc4231Hex.slice(1)}é`],
		["of another alphabet", "z".repeat(64)],
	])("is wrong when it is %s", (_, signature) => {
		expect(verify(rfc4231, { key: ["Jefe"] }, withSignature(`sha256=${signature}`))).toMatchObject({
			ok: false,
			cause: "signature-wrong",
		});
	});

	it("is wrong in base64 with other padding or another last letter of the same bytes", () => {
		for (const signature of [
			"B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g",
			`${shopifyBase64.slice(0, -2)}h=`,
		])
			expect(
				verify(shopify, shopifySecrets, delivery('{"foo": "bar"}', { "x-shopify-hmac-sha256": signature }))
					.ok,
			).toBe(false);
	});

	it("is missing without its header or its prefix", () => {
		const missing = {
			ok: false,
			cause: "signature-missing",
			reason: "the header X-Hub-Signature-256 is missing",
		};
		expect(verify(rfc4231, { key: ["Jefe"] }, delivery(said))).toEqual(missing);
		expect(verify(rfc4231, { key: ["Jefe"] }, withSignature(rfc4231Hex))).toMatchObject({
			cause: "signature-missing",
		});
	});

	it("may be made with any of the secrets while one is being replaced", () => {
		const given = withSignature(`sha256=${rfc4231Hex}`);
		expect(verify(rfc4231, { key: ["new", "Jefe"] }, given).ok).toBe(true);
		expect(verify(rfc4231, { key: ["new", "newer"] }, given).ok).toBe(false);
	});

	it("is never made with an empty secret", () => {
		const byNobody = createHmac("sha256", "").update(said).digest("hex");
		expect(verify(rfc4231, { key: [""] }, withSignature(`sha256=${byNobody}`))).toEqual({
			ok: false,
			cause: "secret-missing",
			reason: 'the endpoint has no secret "key" to verify with',
		});
	});

	it("is over the bytes as received, unless the sender is known to sign what it compressed", () => {
		const inflated = delivery('{"foo": "bar"}', { "x-shopify-hmac-sha256": shopifyBase64 });
		const compressed = new Uint8Array([31, 139]);
		expect(openVerifier(asked(shopify), shopifySecrets, crypto)(inflated, compressed).ok).toBe(false);
		const before = openVerifier({ ...asked(shopify), bytes: "inflated" }, shopifySecrets, crypto);
		expect(before(inflated, compressed).ok).toBe(true);
	});
});

describe("a token", () => {
	const shown = (value: string) =>
		verify(token, { key: ["open sesame"] }, delivery("", { authorization: value }));

	it("is right when it is the secret, and proves the whole request", () => {
		expect(shown("Bearer open sesame")).toEqual({ ok: true, proved: "all", signed: true });
	});

	it("is wrong when it is any other, of whatever length", () => {
		for (const other of ["", "open", "open sesamE", "open sesame ", "ópen sesame"])
			expect(shown(`Bearer ${other}`)).toEqual({
				ok: false,
				cause: "token-wrong",
				reason: "the token in Authorization is not the endpoint's",
			});
	});

	it("is missing without its header or its prefix", () => {
		expect(shown("open sesame")).toMatchObject({ ok: false, cause: "token-missing" });
		expect(verify(token, { key: ["open sesame"] }, delivery(""))).toMatchObject({ cause: "token-missing" });
	});
});

describe("several schemes", () => {
	const both = asked({ ...shopify, header: "X-Signature" }, { ...token, prefix: "" });
	const headers = { "x-signature": shopifyBase64, authorization: "open sesame" };
	const given = delivery('{"foo": "bar"}', headers);

	it("must all hold that have a secret", () => {
		const secrets = { ...shopifySecrets, key: ["open sesame"] };
		expect(openVerifier(both, secrets, crypto)(given).ok).toBe(true);
		const { authorization: _, ...signedOnly } = headers;
		expect(openVerifier(both, secrets, crypto)({ ...given, headers: signedOnly }).ok).toBe(false);
		expect(openVerifier(both, shopifySecrets, crypto)({ ...given, headers: signedOnly }).ok).toBe(true);
	});

	it("can verify nothing without a secret, unless unsigned deliveries are accepted", () => {
		expect(canVerify(both, {})).toBe(false);
		expect(canVerify(both, { key: [""] })).toBe(false);
		expect(canVerify(both, { key: ["open sesame"] })).toBe(true);
		expect(canVerify({ ...both, unsigned: "accept" }, {})).toBe(true);
		expect(openVerifier(both, {}, crypto)(given)).toMatchObject({
			cause: "secret-missing",
			reason: 'the endpoint has no secret "client" or "key" to verify with',
		});
	});

	it("do not find a secret that is called like a property of every object", () => {
		const named: Scheme = { ...token, secret: "constructor" };
		expect(openVerifier(asked(named), {}, crypto)(given)).toMatchObject({ cause: "secret-missing" });
	});
});
