import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { shopify } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const secret = "shpss_0123456789abcdef";
const id = "98880550-7158-44d4-b7cd-2c97c8a091b5";
const time = "2026-06-04T10:00:00.123Z";
const ada = ["shopify.customer:7060000000077", "email:ada.quill@example.test", "phone:+442071234567"];

const headersOf = (topic: string) => ({
	"content-type": "application/json",
	"x-shopify-topic": topic,
	"x-shopify-shop-domain": "leafworks.myshopify.com",
	"x-shopify-api-version": "2026-07",
	"x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
	"x-shopify-event-id": id,
	"x-shopify-triggered-at": "2026-06-04T10:00:00.123456789Z",
});

/** Signed as Shopify documents it; its own vector is below. */
const webhook = (
	name: string,
	topic: string,
	given: Partial<Extract<Given, { readonly type: string }>>,
): Sample => {
	const body = file(`./samples/${name}`);
	const signature = createHmac("sha256", secret).update(body).digest("base64");
	return {
		name,
		body,
		headers: { ...headersOf(topic), "x-shopify-hmac-sha256": signature },
		signed: { secrets: { client: [secret] }, proves: "all" },
		retry: { headers: { "x-shopify-webhook-id": "another delivery of the event" } },
		gives: [{ type: topic, id, time, identities: ada, ...given }],
	};
};

const redacted = webhook("customers-redact.json", "customers/redact", { control: "erase" });

const samples: readonly Sample[] = [
	webhook("orders-paid.json", "orders/paid", {}),
	webhook("orders-paid-bigint.txt", "orders/paid", {
		identities: ["shopify.customer:115310627314723954", "email:ada.quill@example.test"],
		ignore: "test",
	}),
	webhook("orders-cancelled.json", "orders/cancelled", {}),
	webhook("refunds-create.json", "refunds/create", { identities: [] }),
	webhook("customers-create.json", "customers/create", {}),
	webhook("customers-data_request.json", "customers/data_request", {}),
	redacted,
	webhook("shop-redact.json", "shop/redact", { identities: [] }),
	webhook("customers-email-marketing-consent.json", "customers_email_marketing_consent/update", {
		identities: ["shopify.customer:7060000000077", "email:ada.quill@example.test"],
	}),
	webhook("customers-merge.json", "customers/merge", {
		identities: ["shopify.customer:7060000000077", "shopify.customer:7060000000078"],
		control: "merge",
		merge: { from: "shopify.customer:7060000000078", into: "shopify.customer:7060000000077" },
	}),
	{
		// shopify-app-js, packages/apps/shopify-api/lib/webhooks/__tests__/validate.test.ts (MIT).
		name: "the example of Shopify's own library",
		body: bytes('{"foo": "bar"}'),
		headers: {
			...headersOf("orders/updated"),
			"x-shopify-hmac-sha256": "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g=",
		},
		signed: { secrets: { client: ["test_secret_key"] }, proves: "all" },
		gives: [{ type: "orders/updated", id, time, identities: [] }],
	},
	{
		name: "a delivery of the newer Events",
		body: bytes('{"id":1,"customer":{"id":7}}'),
		headers: {
			"shopify-topic": "Order",
			"shopify-action": "update",
			"shopify-handle": "orders-paid",
			"shopify-shop-domain": "leafworks.myshopify.com",
			"shopify-event-id": id,
			"shopify-triggered-at": "2026-06-04T10:00:00.123456789Z",
			"shopify-hmac-sha256": createHmac("sha256", secret)
				.update('{"id":1,"customer":{"id":7}}')
				.digest("base64"),
		},
		signed: { secrets: { client: [secret] }, proves: "all" },
		gives: [{ type: "Order/update", id, time, identities: ["shopify.customer:7"] }],
	},
	{
		name: "a test notification by its header alone",
		body: bytes('{"id":1}'),
		headers: { ...headersOf("orders/paid"), "x-shopify-test": "true" },
		gives: [{ type: "orders/paid", id, time, identities: [], ignore: "test" }],
	},
	{
		name: "a merge that Shopify has not done",
		body: bytes(
			'{"admin_graphql_api_customer_kept_id":"gid://shopify/Customer/1","admin_graphql_api_customer_deleted_id":"gid://shopify/Customer/2","status":"failed"}',
		),
		headers: headersOf("customers/merge"),
		gives: [{ type: "customers/merge", id, time, identities: ["shopify.customer:1", "shopify.customer:2"] }],
	},
	{
		name: "a message of another shop",
		settings: { shop: "other.myshopify.com" },
		body: bytes("{}"),
		headers: headersOf("orders/paid"),
		gives: [{ failed: "the message is of another shop than other.myshopify.com", identities: [] }],
	},
	{
		name: "a message of this shop",
		settings: { shop: "Leafworks.myshopify.com" },
		body: bytes("{}"),
		headers: headersOf("orders/paid"),
		gives: [{ type: "orders/paid", id, time, identities: [] }],
	},
	{
		name: "a message that does not say what it is",
		body: bytes("{}"),
		gives: [{ failed: "the header X-Shopify-Topic is missing", identities: [] }],
	},
	{
		name: "a message that does not say where it is from",
		body: bytes("{}"),
		headers: { "x-shopify-topic": "orders/paid" },
		gives: [{ failed: "the header X-Shopify-Shop-Domain is missing", identities: [] }],
	},
];

testConnector(shopify, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
