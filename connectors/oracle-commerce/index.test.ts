import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { oracleCommerce } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** As the shop's settings show it: 32 bytes in base64. */
const key = "bG95YWx0eS1odWItdGVzdC1rZXktMDEyMzQ1Njc4OTA=";
const order = file("./samples/order-submit.json");
const registration = file("./samples/shopper-registration.json");
const ada = ["oracle-commerce.shopper:160004", "email:ada.quill@example.test"];
const phone = "phone:+442071234567";

const signatureOf = (digest: string, body: Uint8Array): string =>
	createHmac(digest, Buffer.from(key, "base64")).update(body).digest("base64");

const webhook = (name: string, path: string, body: Uint8Array, given: Given, digest = "sha512"): Sample => ({
	name,
	path,
	body,
	settings: { digest },
	headers: {
		"content-type": "application/json",
		"x-oracle-cc-webhook-signature": signatureOf(digest, body),
	},
	signed: { secrets: { signing: [key] }, proves: "all" },
	gives: [given],
});

const submitted = {
	type: "order-submit",
	id: "order-submit:o10041:1780567200500",
	time: "2026-06-04T10:00:00.500Z",
	identities: [...ada, "email:home@example.test"],
};

const samples: readonly Sample[] = [
	webhook("order-submit.json", "/order-submit", order, submitted),
	webhook("shopper-registration.json", "/shopper-registration", registration, {
		type: "shopper-registration",
		time: "2026-06-04T10:00:00.428Z",
		identities: [...ada, phone],
	}),
	webhook("an account that was changed, which does not say when", "/shopper-account-update", registration, {
		type: "shopper-account-update",
		identities: [...ada, phone],
	}),
	webhook("an order of an older release", "/order-submit", order, submitted, "sha1"),
	webhook("an order at the URL alone, of which nobody knows the webhook", "", order, {
		type: "other",
		identities: [],
	}),
	{
		name: "an order that claims to be another webhook",
		path: "/",
		body: bytes('{"webhook":"order-submit","order":{"id":"o1"}}'),
		gives: [{ type: "other", identities: [] }],
	},
	{
		// Computed by another implementation, with the key's text itself.
		name: "the documentation's example of a key",
		body: bytes('{"id":727,"status":"completed","total":"29.35"}'),
		headers: {
			"x-oracle-cc-webhook-signature":
				"lchux8yETADb/V623p4l04lAst//zDxd6u1uuEloLZeGouk2nwC7a9tk3F3AdK8Gwodt04+ffvuzE6Ysg5nPjA==",
		},
		signed: { secrets: { signing: ["occ_test_secret"] }, proves: "all" },
		gives: [{ type: "other", identities: [] }],
	},
];

testConnector(oracleCommerce, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("a release that signs twice", () => {
	const verify = (settings: object, headers: Record<string, string>) => {
		const configured = oracleCommerce.configure({ ...settings });
		if (!configured.ok) throw new Error("a setting that there is");
		const delivery = {
			method: "POST",
			path: "/order-submit",
			query: "",
			headers,
			body: order,
			receivedAt: 0,
		};
		return openVerifier(
			configured.value.verification,
			{ signing: [key] },
			nodeCrypto,
		)(delivery, {
			url: "https://hub.example.test/in/token/order-submit",
		}).ok;
	};
	const old = { "x-oracle-cc-webhook-signature": signatureOf("sha1", order) };

	it("is believed by the newer signature", () => {
		const both = { ...old, "x-oracle-cc-webhook-signature-sha512": signatureOf("sha512", order) };
		expect(verify({}, both)).toBe(true);
	});

	it("is not believed by the older one unless the endpoint says so", () => {
		expect(verify({}, old)).toBe(false);
		expect(verify({ digest: "sha1" }, old)).toBe(true);
	});
});
