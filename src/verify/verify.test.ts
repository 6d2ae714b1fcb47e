import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import type { Delivery } from "../model/message.ts";
import type { Wire } from "./place.ts";
import type { Hmac, Scheme, Secrets, Verification } from "./scheme.ts";
import { canVerify, openVerifier, secretPlacesOf, secretProblems } from "./verify.ts";

const wire: Wire = { url: "https://hub.example.test/in/token" };

const delivery = (
	body: string,
	headers: Record<string, string> = {},
	more: Partial<Delivery> = {},
): Delivery => ({
	method: "POST",
	path: "",
	query: "",
	headers,
	body: new TextEncoder().encode(body),
	receivedAt: Date.UTC(2026, 5, 4, 10),
	...more,
});

const asked = (...schemes: readonly Scheme[]): Verification => ({
	schemes,
	unsigned: "refuse",
	partly: "firstOnly",
});

const verify = (scheme: Scheme, secrets: Secrets, given: Delivery) =>
	openVerifier(asked(scheme), secrets, nodeCrypto)(given, wire);

/** RFC 4231 §4.3, test case 2. */
const rfc4231: Hmac = {
	kind: "hmac",
	secret: "key",
	algorithm: "sha256",
	signature: { from: "header:X-Hub-Signature-256", encoding: "hex", prefix: "sha256=" },
	signed: "{body}",
};
const rfc4231Hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
const said = "what do ya want for nothing?";

/** From Shopify's own library, shopify-app-js, webhooks/__tests__/validate.test.ts (MIT). */
const shopify: Hmac = {
	kind: "hmac",
	secret: "client",
	algorithm: "sha256",
	signature: { from: "header:X-Shopify-Hmac-Sha256", encoding: "base64" },
	signed: "{body}",
};
const shopifySecrets = { client: ["test_secret_key"] };
const shopifyBase64 = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=";

describe("an HMAC", () => {
	const withSignature = (signature: string) => delivery(said, { "x-hub-signature-256": signature });

	it("may be written in capitals where it is hexadecimal", () => {
		const given = withSignature(`sha256=${rfc4231Hex.toUpperCase()}`);
		expect(verify(rfc4231, { key: ["Jefe"] }, given)).toEqual({ ok: true, proved: "all", signed: true });
	});

	it.each([
		["one digit short", rfc4231Hex.slice(1)],
		["one digit long", `${rfc4231Hex}0`],
		["half", rfc4231Hex.slice(32)],
		["empty", ""],
		["with a space", ` ${rfc4231Hex}`],
		["with a line feed", `${rfc4231Hex}\n`],
		["beyond ASCII", `${rfc4231Hex.slice(1)}é`],
		["of another alphabet", "z".repeat(64)],
		["base64 of the same bytes", Buffer.from(rfc4231Hex, "hex").toString("base64")],
		["shown twice, as HTTP joins it", `${rfc4231Hex}, sha256=${rfc4231Hex}`],
	])("is wrong when it is %s", (_, signature) => {
		expect(verify(rfc4231, { key: ["Jefe"] }, withSignature(`sha256=${signature}`))).toMatchObject({
			ok: false,
			cause: "signature-wrong",
		});
	});

	it("is wrong in base64 with other padding, another last letter of the same bytes, or in hexadecimal", () => {
		for (const signature of [
			"B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g",
			`${shopifyBase64.slice(0, -2)}h=`,
			Buffer.from(shopifyBase64, "base64").toString("hex"),
		]) {
			const given = delivery('{"foo": "bar"}', { "x-shopify-hmac-sha256": signature });
			expect(verify(shopify, shopifySecrets, given).ok).toBe(false);
		}
	});

	it("may be base64url, padded or not, and nothing else", () => {
		const scheme: Hmac = { ...shopify, signature: { ...shopify.signature, encoding: "base64url" } };
		const shown = (signature: string) =>
			verify(scheme, shopifySecrets, delivery('{"foo": "bar"}', { "x-shopify-hmac-sha256": signature })).ok;
		const url = Buffer.from(shopifyBase64, "base64").toString("base64url");
		expect([url, `${url}=`, shopifyBase64.replaceAll("g", "+")].map(shown)).toEqual([true, true, false]);
	});

	it("is missing without its header or its prefix", () => {
		const missing = {
			ok: false,
			cause: "signature-missing",
			reason: "there is no signature in header:X-Hub-Signature-256",
		};
		expect(verify(rfc4231, { key: ["Jefe"] }, delivery(said))).toEqual(missing);
		expect(verify(rfc4231, { key: ["Jefe"] }, withSignature(rfc4231Hex))).toEqual(missing);
	});

	it("is over the JSON as it came, not over the same JSON written again", () => {
		const given = delivery('{"foo":"bar"}', { "x-shopify-hmac-sha256": shopifyBase64 });
		expect(verify(shopify, shopifySecrets, given).ok).toBe(false);
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
		const base64: Hmac = { ...rfc4231, key: { encoding: "base64", prefix: "whsec_" } };
		expect(verify(base64, { key: ["whsec_"] }, withSignature(`sha256=${byNobody}`)).ok).toBe(false);
	});

	it("covers a byte order mark, and the line break that ends a body", () => {
		for (const body of ['\uFEFF{"a":1}', '[{"a":1},\r\n{"a":2}]\r\n', '{"id":820982911946154508}']) {
			const signature = `sha256=${createHmac("sha256", "Jefe").update(body).digest("hex")}`;
			const headers = { "x-hub-signature-256": signature };
			expect(verify(rfc4231, { key: ["Jefe"] }, delivery(body, headers)).ok).toBe(true);
			const other = body.trim() === body ? `${body}\n` : body.trim();
			expect(verify(rfc4231, { key: ["Jefe"] }, delivery(other, headers)).ok).toBe(false);
		}
	});

	it("is over the bytes as received, unless the sender is known to sign what it compressed", () => {
		const text = '{"foo": "bar"}';
		const received = new Uint8Array(gzipSync(text));
		const ofPlain = delivery(text, { "x-shopify-hmac-sha256": shopifyBase64 });
		const ofBytes = delivery(text, {
			"x-shopify-hmac-sha256": createHmac("sha256", "test_secret_key").update(received).digest("base64"),
		});
		const asReceived = openVerifier(asked(shopify), shopifySecrets, nodeCrypto);
		const asInflated = openVerifier({ ...asked(shopify), bytes: "inflated" }, shopifySecrets, nodeCrypto);
		const compressed = { ...wire, received };
		expect([asReceived(ofBytes, compressed).ok, asReceived(ofPlain, compressed).ok]).toEqual([true, false]);
		expect([asInflated(ofBytes, compressed).ok, asInflated(ofPlain, compressed).ok]).toEqual([false, true]);
	});

	it("is looked for among no more than eight", () => {
		const listed: Hmac = { ...rfc4231, signature: { ...rfc4231.signature, separator: " " } };
		const among = (others: number) => `${"sha256=00 ".repeat(others)}v9=unknown sha256=${rfc4231Hex}`;
		expect(verify(listed, { key: ["Jefe"] }, withSignature(among(7))).ok).toBe(true);
		expect(verify(listed, { key: ["Jefe"] }, withSignature(among(8))).ok).toBe(false);
	});
});

describe("a signed time", () => {
	const scheme: Hmac = {
		kind: "hmac",
		secret: "key",
		algorithm: "sha256",
		signature: { from: "header:X-Signature", encoding: "hex" },
		signed: "{ts}.{body}",
		timestamp: { from: "header:X-Time", unit: "s", toleranceSeconds: 300 },
	};
	const at = (time: string, unit: "s" | "ms" | "iso" = "s", side: "both" | "past" = "both") => {
		const signature = createHmac("sha256", "k").update(`${time}.{}`).digest("hex");
		const timestamp = { from: "header:X-Time", unit, toleranceSeconds: 300, side } as const;
		const given = delivery("{}", { "x-signature": signature, "x-time": time });
		const verified = verify({ ...scheme, timestamp }, { key: ["k"] }, given);
		return verified.ok ? "verified" : `${verified.cause}: ${verified.reason}`;
	};
	const received = Date.UTC(2026, 5, 4, 10) / 1_000;

	it("may be five minutes from when the delivery came, to either side", () => {
		expect([-300, 0, 300].map((seconds) => at(String(received + seconds)))).toEqual(
			Array(3).fill("verified"),
		);
		expect(at(String(received - 301))).toBe(
			"signature-stale: it was signed 301 s before it came; at most 300 s are allowed",
		);
		expect(at(String(received + 301))).toBe(
			"signature-stale: it was signed 301 s after it came; at most 300 s are allowed",
		);
		expect(at(String(received + 4_000), "s", "past")).toBe("verified");
	});

	it("is seconds, milliseconds or ISO 8601 as it is declared", () => {
		expect(at(String(received * 1_000), "ms")).toBe("verified");
		expect(at("2026-06-04T10:00:00.123Z", "iso")).toBe("verified");
		expect(at(String(received * 1_000))).toContain("signature-stale");
		expect(at(String(received), "ms")).toContain("signature-stale");
		for (const none of ["123abc", "NaN", "1e10", "-1", " 1", "0x1f", ""])
			expect(at(none)).toMatch(/^signature-stale: the timestamp in header:X-Time is no time in s$/);
	});

	it("must be there, and is not looked at before the signature", () => {
		const given = delivery("{}", { "x-signature": "00" });
		expect(verify(scheme, { key: ["k"] }, given)).toMatchObject({ cause: "signature-missing" });
		const stale = delivery("{}", { "x-signature": "00", "x-time": "1" });
		expect(verify(scheme, { key: ["k"] }, stale)).toMatchObject({ cause: "signature-wrong" });
	});
});

describe("a public key's signature", () => {
	it("is Ed25519 with a key of 32 bytes", () => {
		// RFC 8032 §7.1, test 3.
		const scheme: Scheme = {
			kind: "ed25519",
			secret: "key",
			signature: { from: "header:X-Signature", encoding: "hex" },
			signed: "{body}",
			keyPrefix: "whpk_",
		};
		const key = Buffer.from("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "hex");
		const signature =
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac" +
			"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
		const given = delivery("", { "x-signature": signature });
		const signed = { ...given, body: new Uint8Array([0xaf, 0x82]) };
		for (const text of [key.toString("base64"), `whpk_${key.toString("base64url")}`])
			expect(verify(scheme, { key: [text] }, signed).ok).toBe(true);
		expect(verify(scheme, { key: [key.toString("base64")] }, given).ok).toBe(false);
	});

	it("is ECDSA, written as DER or as two numbers, and one is not the other", () => {
		const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		const key = publicKey.export({ format: "pem", type: "spki" }).toString();
		const of = (dsaEncoding: "der" | "ieee-p1363") =>
			sign("sha256", Buffer.from("{}"), { key: privateKey, dsaEncoding }).toString("base64");
		const holds = (kind: "ecdsa-der" | "ecdsa-p1363", shown: string) => {
			const signature = { from: "header:X-Signature", encoding: "base64" } as const;
			const scheme: Scheme = { kind, secret: "key", signature, signed: "{body}" };
			return verify(scheme, { key: [key] }, delivery("{}", { "x-signature": shown })).ok;
		};
		expect([holds("ecdsa-der", of("der")), holds("ecdsa-p1363", of("ieee-p1363"))]).toEqual([true, true]);
		expect([holds("ecdsa-der", of("ieee-p1363")), holds("ecdsa-p1363", of("der"))]).toEqual([false, false]);
	});

	it("is by any of several keys in one text", () => {
		const pairs = [1, 2, 3].map(() => generateKeyPairSync("rsa", { modulusLength: 2_048 }));
		const pem = pairs.map(({ publicKey }) => publicKey.export({ format: "pem", type: "spki" }).toString());
		const signature = { from: "header:X-Signature", encoding: "base64" } as const;
		const scheme: Scheme = { kind: "rsa", secret: "key", signature, signed: "{body}" };
		const holds = pairs.map(({ privateKey }) => {
			const shown = sign("sha256", Buffer.from("{}"), privateKey).toString("base64");
			const key = [`\n${pem[0]}${pem[1]?.trimEnd()}`];
			return verify(scheme, { key }, delivery("{}", { "x-signature": shown })).ok;
		});
		expect(holds).toEqual([true, true, false]);
		const problems = (text: string) => secretProblems(asked(scheme), { key: [text] }, nodeCrypto);
		expect(problems(pem.join(""))).toEqual([]);
		const broken = `${pem[0]}${pem[1]?.replace("MII", "MI")}`;
		expect(problems(broken)).toEqual(['the secret "key" is no public key (rsa) in PEM or base64']);
	});

	it("is no other kind's", () => {
		const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
		const key = publicKey.export({ format: "pem", type: "spki" }).toString();
		const signature = { from: "header:X-Signature", encoding: "base64" } as const;
		const problems = (kind: "rsa" | "ed25519" | "ecdsa-der", text: string) =>
			secretProblems(
				asked({ kind, secret: "key", signature, signed: "{body}" }),
				{ key: [text] },
				nodeCrypto,
			);
		expect(problems("rsa", key)).toEqual([]);
		expect(
			problems("rsa", createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64")),
		).toEqual([]);
		for (const kind of ["ed25519", "ecdsa-der"] as const)
			expect(problems(kind, key)).toEqual([`the secret "key" is no public key (${kind}) in PEM or base64`]);
		const seed = generateKeyPairSync("ed25519")
			.privateKey.export({ format: "pem", type: "pkcs8" })
			.toString();
		expect(createPrivateKey(seed).asymmetricKeyType).toBe("ed25519");
		expect(problems("ed25519", seed)).toHaveLength(1);
		expect(problems("ed25519", "not base64!")).toHaveLength(1);
	});
});

describe("a token", () => {
	const token: Scheme = { kind: "token", secret: "key", from: "header:X-Key", prefix: "GenieKey " };
	const secrets = { key: ["open sesame"] };
	const shown = (value: string) => verify(token, secrets, delivery("", { "x-key": value }));

	it("is right when it is the secret, and proves the whole request", () => {
		expect(shown("GenieKey open sesame")).toEqual({ ok: true, proved: "all", signed: true });
	});

	it("is wrong when it is any other, of whatever length", () => {
		for (const other of ["", "open", "open sesamE", "open sesame ", "ópen sesame"])
			expect(shown(`GenieKey ${other}`)).toEqual({
				ok: false,
				cause: "token-wrong",
				reason: "the token in header:X-Key is not the endpoint's",
			});
	});

	it("is missing without its header or its prefix", () => {
		expect(shown("open sesame")).toMatchObject({ ok: false, cause: "token-missing" });
		expect(verify(token, secrets, delivery(""))).toMatchObject({ cause: "token-missing" });
	});

	it("may be a parameter of the URL", () => {
		const inQuery: Scheme = { kind: "token", secret: "key", from: "query:code" };
		const at = (query: string) => verify(inQuery, secrets, delivery("", {}, { query })).ok;
		expect(
			["a=1&code=open+sesame", "code=open%20sesame", "code=open", "code", "Code=open+sesame"].map(at),
		).toEqual([true, true, false, false, false]);
	});

	it("may be a field of the body, in JSON and in a form", () => {
		const inBody: Scheme = { kind: "token", secret: "key", from: "field:auth.token" };
		const form = { "content-type": "application/x-www-form-urlencoded" };
		const of = (body: string, headers = {}) => verify(inBody, secrets, delivery(body, headers));
		expect(of('{"auth":{"token":"open sesame"},"ids":[1]}').ok).toBe(true);
		expect(of("auth[token]=open+sesame&ids[]=1", form).ok).toBe(true);
		expect(of('{"auth":{"token":"open"}}')).toMatchObject({ cause: "token-wrong" });
		for (const body of ["{}", "[]", "not JSON", '{"auth":"token"}', '{"auth":{"token":{}}}', ""])
			expect(of(body)).toMatchObject({ cause: "token-missing" });
	});

	it("may be a Bearer token, whose word has no case", () => {
		const bearer: Scheme = { kind: "bearer", secret: "key" };
		const at = (authorization: string) => verify(bearer, secrets, delivery("", { authorization }));
		expect(["Bearer open sesame", "bearer  open sesame"].map((text) => at(text).ok)).toEqual([true, true]);
		expect(at("Bearer open")).toMatchObject({ cause: "token-wrong" });
		expect(at("Basic open sesame")).toMatchObject({ cause: "token-missing" });
	});

	it("may be a user and a password", () => {
		const basic: Scheme = { kind: "basic", secret: "key" };
		const at = (given: string) =>
			verify(basic, { key: ["hüb:pass:word"] }, delivery("", { authorization: given }));
		const encoded = Buffer.from("hüb:pass:word").toString("base64");
		expect(at(`Basic ${encoded}`).ok).toBe(true);
		expect(at(`BASIC ${encoded}`).ok).toBe(true);
		for (const wrong of ["hüb:password", "hüb:", ":", "hüb"])
			expect(at(`Basic ${Buffer.from(wrong).toString("base64")}`)).toMatchObject({ cause: "token-wrong" });
		expect(at("Basic !")).toMatchObject({ cause: "token-missing" });
		expect(secretProblems(asked(basic), { key: ["password alone"] }, nodeCrypto)).toEqual([
			'the secret "key" is a user and a password with a colon between them',
		]);
	});
});

describe("addresses", () => {
	const networks = ["192.0.2.0/24", "2001:db8::1"];
	const verification: Verification = { ...asked({ kind: "addresses", networks }), unsigned: "accept" };
	const from = (ip: string | undefined) =>
		openVerifier(verification, {}, nodeCrypto)(delivery("", {}, ip === undefined ? {} : { ip }), wire);

	it("are those that deliveries may come from", () => {
		for (const ip of ["192.0.2.9", "::ffff:192.0.2.9", "2001:db8::1"])
			expect(from(ip)).toEqual({ ok: true, proved: "all", signed: false });
		expect(from("192.0.3.1")).toEqual({
			ok: false,
			cause: "address-wrong",
			reason: "the sender's address is 192.0.3.1, which is none of 192.0.2.0/24, 2001:db8::1",
		});
		expect(from(undefined)).toMatchObject({ cause: "address-wrong" });
	});

	it("prove nobody, and are asked for beside what does", () => {
		const alone = { ...verification, unsigned: "refuse" } as const;
		expect(canVerify(alone, {}, nodeCrypto)).toBe(false);
		expect(openVerifier(alone, {}, nodeCrypto)(delivery("", {}, { ip: "192.0.2.9" }), wire).ok).toBe(false);
		const both = asked({ kind: "addresses", networks }, { kind: "bearer", secret: "key" });
		const given = delivery("", { authorization: "Bearer s" }, { ip: "192.0.3.1" });
		const verifier = openVerifier(both, { key: ["s"] }, nodeCrypto);
		expect(verifier(given, wire)).toMatchObject({ cause: "address-wrong" });
		expect(verifier({ ...given, ip: "192.0.2.1" }, wire)).toEqual({ ok: true, proved: "all", signed: true });
	});
});

describe("a name that the sender gives itself", () => {
	const named: Scheme = {
		kind: "named",
		from: "field:a.OrganizationId",
		names: ["00D5g000004XyZ1EAK"],
		characters: 15,
	};
	const verifier = openVerifier({ ...asked(named), unsigned: "accept" }, {}, nodeCrypto);
	const says = (body: string) => verifier(delivery(body, { "content-type": "text/xml" }), wire);

	it("is right in the characters that count", () => {
		for (const id of ["00D5g000004XyZ1", "00D5g000004XyZ1EAK"])
			expect(says(`<a><OrganizationId>${id}</OrganizationId></a>`)).toEqual({
				ok: true,
				proved: "all",
				signed: false,
			});
	});

	it("is wrong where it is another's or shorter, and missing where it is not there", () => {
		for (const id of ["00D000000000000EAA", "00d5g000004xyz1", "00D5g000004XyZ", ""])
			expect(says(`<a><OrganizationId>${id}</OrganizationId></a>`)).toEqual({
				ok: false,
				cause: "name-wrong",
				reason: "a.OrganizationId is not 00D5g000004XyZ1EAK",
			});
		for (const body of [
			"<a/>",
			"",
			"no XML",
			"<!DOCTYPE a><a><OrganizationId>00D5g000004XyZ1</OrganizationId></a>",
		])
			expect(says(body)).toMatchObject({ cause: "name-missing", reason: "a.OrganizationId is missing" });
	});

	it("proves nobody, and is not asked for where a secret is shown that does", () => {
		expect(canVerify(asked(named), {}, nodeCrypto)).toBe(false);
		expect(secretProblems(asked(named), {}, nodeCrypto)).toEqual([]);
		const bearer: Scheme = { kind: "bearer", secret: "key" };
		const either = { ...asked({ kind: "firstOf", schemes: [bearer, named] }), unsigned: "accept" } as const;
		const verify = openVerifier(either, { key: ["s3cret"] }, nodeCrypto);
		expect(verify(delivery("{}", { authorization: "Bearer s3cret" }), wire)).toMatchObject({ ok: true });
		expect(verify(delivery("{}", { authorization: "Bearer other" }), wire)).toMatchObject({
			cause: "token-wrong",
		});
		expect(verify(delivery("{}"), wire)).toMatchObject({ ok: false });
	});
});

describe("OAuth 1.0a", () => {
	const scheme: Scheme = { kind: "oauth1", secret: "client", consumerKey: "id", toleranceSeconds: 300 };
	const verifier = openVerifier(
		asked(scheme),
		{ client: ["test_client_secret"], id: ["test_client_id"] },
		nodeCrypto,
	);
	// Oracle Eloqua's documentation, "Validating a call signature".
	const query =
		"param1=value1&param2=value2&oauth_consumer_key=test_client_id&oauth_nonce=1234567&oauth_signature_method=HMAC-SHA1" +
		"&oauth_timestamp=1427308921&oauth_version=1.0&oauth_signature=EYKturXzLWMliisf%2FK9ySFFtgNo%3D";
	const url = `https://example.com/eloqua/action/create?${query}`;
	const with_ = (body: string) =>
		verifier(delivery(body, {}, { query, receivedAt: 1_427_308_921_000 }), { url });

	it("takes a nonce for one body, however often that is sent", () => {
		expect([with_("{}").ok, with_("{}").ok]).toEqual([true, true]);
		expect(with_('{"forged":true}')).toEqual({
			ok: false,
			cause: "signature-stale",
			reason: "its oauth_nonce came before with another body",
		});
	});

	it("is another consumer's with another key, and needs both secrets", () => {
		const other = openVerifier(asked(scheme), { client: ["test_client_secret"], id: ["x"] }, nodeCrypto);
		const given = delivery("{}", {}, { query, receivedAt: 1_427_308_921_000 });
		expect(other(given, { url })).toMatchObject({ cause: "signature-wrong" });
		expect(canVerify(asked(scheme), { client: ["test_client_secret"] }, nodeCrypto)).toBe(false);
	});
});

describe("several schemes", () => {
	const signature: Hmac = { ...shopify, signature: { ...shopify.signature, from: "header:X-Signature" } };
	const token: Scheme = { kind: "token", secret: "key", from: "header:Authorization" };
	const headers = { "x-signature": shopifyBase64, authorization: "open sesame" };
	const given = delivery('{"foo": "bar"}', headers);
	const { authorization: _, ...signedOnly } = headers;
	const secrets = { ...shopifySecrets, key: ["open sesame"] };

	it("must all hold that have a secret", () => {
		const both = asked(signature, token);
		expect(openVerifier(both, secrets, nodeCrypto)(given, wire).ok).toBe(true);
		const unauthorised = { ...given, headers: signedOnly };
		expect(openVerifier(both, secrets, nodeCrypto)(unauthorised, wire).ok).toBe(false);
		expect(openVerifier(both, shopifySecrets, nodeCrypto)(unauthorised, wire).ok).toBe(true);
	});

	it("of which the first shown decides, so that a wrong one is not made good by a weaker", () => {
		const either = asked({ kind: "firstOf", schemes: [signature, token] });
		const verifier = openVerifier(either, secrets, nodeCrypto);
		const at = (shown: Record<string, string>) => verifier({ ...given, headers: shown }, wire);
		expect(at(signedOnly).ok).toBe(true);
		expect(at({ authorization: "open sesame" }).ok).toBe(true);
		expect(at({ ...headers, "x-signature": "AAAA" })).toMatchObject({ cause: "signature-wrong" });
		expect(at({})).toMatchObject({ cause: "signature-missing" });
		expect(openVerifier(either, { key: ["open sesame"] }, nodeCrypto)(given, wire).ok).toBe(true);
	});

	it("that belong together are asked for where all have a secret", () => {
		const together = asked({ kind: "allOf", schemes: [signature, token] });
		expect(openVerifier(together, secrets, nodeCrypto)(given, wire).ok).toBe(true);
		expect(canVerify(together, shopifySecrets, nodeCrypto)).toBe(false);
	});

	it("can verify nothing without a secret, unless unsigned deliveries are accepted", () => {
		const both = asked(signature, token);
		expect(canVerify(both, {}, nodeCrypto)).toBe(false);
		expect(canVerify(both, { key: [""] }, nodeCrypto)).toBe(false);
		expect(canVerify(both, { key: ["open sesame"] }, nodeCrypto)).toBe(true);
		expect(canVerify({ ...both, unsigned: "accept" }, {}, nodeCrypto)).toBe(true);
		expect(openVerifier({ ...both, unsigned: "accept" }, {}, nodeCrypto)(given, wire)).toEqual({
			ok: true,
			proved: "all",
			signed: false,
		});
		expect(openVerifier(both, {}, nodeCrypto)(given, wire)).toMatchObject({
			cause: "secret-missing",
			reason: 'the endpoint has no secret "client" or "key" to verify with',
		});
	});

	it("do not find a secret that is called like a property of every object", () => {
		const named: Scheme = { ...token, secret: "constructor" };
		expect(openVerifier(asked(named), {}, nodeCrypto)(given, wire)).toMatchObject({
			cause: "secret-missing",
		});
	});

	it("say where a secret is shown as it is", () => {
		const shown = secretPlacesOf(
			asked(
				signature,
				{ kind: "token", secret: "a", from: "query:code" },
				{
					kind: "firstOf",
					schemes: [token, { kind: "token", secret: "b", from: "field:auth.token" }],
				},
			),
		);
		expect(shown).toEqual({
			headers: new Set(["authorization"]),
			parameters: new Set(["code"]),
			fields: [["auth", "token"]],
		});
		const unasked = { ...asked(signature), unasked: ["field:a.SessionId", "header:X-Session"] } as const;
		expect(secretPlacesOf(unasked)).toEqual({
			headers: new Set(["x-session"]),
			parameters: new Set(),
			fields: [["a", "SessionId"]],
		});
	});

	it("name a secret that is no key, and go by the others", () => {
		const scheme: Hmac = { ...shopify, key: { encoding: "base64", prefix: "whsec_" } };
		expect(secretProblems(asked(scheme), { client: ["whsec_no base64"] }, nodeCrypto)).toEqual([
			'the secret "client" is not base64 after whsec_',
		]);
		expect(canVerify(asked(scheme), { client: ["whsec_no base64"] }, nodeCrypto)).toBe(false);
	});
});
