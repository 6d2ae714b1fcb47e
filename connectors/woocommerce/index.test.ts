import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { invariant } from "../../src/model/result.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { woocommerce } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const secret = "woo_test_secret";
const time = "2026-06-04T10:00:05.000Z";
const ada = ["woocommerce.customer:77", "email:ada.quill@example.test"];

const headersOf = (topic: string) => ({
	"content-type": "application/json",
	"user-agent": "WooCommerce/10.1.0 Hookshot (WordPress/6.8)",
	"x-wc-webhook-source": "https://woo.example.test/",
	"x-wc-webhook-topic": topic,
	"x-wc-webhook-resource": topic.split(".")[0] ?? "",
	"x-wc-webhook-event": topic.split(".")[1] ?? "",
	"x-wc-webhook-id": "142",
	"x-wc-webhook-delivery-id": "0c9f3a1e5b7d4c2f",
});

/** `signature` is as it came with the sample. */
const webhook = (
	name: string,
	topic: string,
	signature: string,
	given: Partial<Extract<Given, { readonly type: string }>>,
): Sample => ({
	name,
	body: file(`./samples/${name}`),
	headers: { ...headersOf(topic), "x-wc-webhook-signature": signature },
	signed: { secrets: { webhook: [secret] }, proves: "all" },
	gives: [{ type: topic, time, identities: ada, ...given }],
});

/** Another change of an order that leaves its state as it is. */
const changedAgain: Pick<Sample, "retry"> = {
	retry: { headers: { "x-wc-webhook-delivery-id": "another change" } },
};

const samples: readonly Sample[] = [
	{
		...webhook(
			"order-updated-completed.txt",
			"order.updated",
			"LYh9NfSP59BvqJvbL6ArHIQ63Tmz3E2Mg9iDOobn6Kw=",
			{
				id: "order/727/completed",
			},
		),
		...changedAgain,
	},
	{
		...webhook("order-updated-refund.txt", "order.updated", "EZik1inNc7YP2yIMjHjBh9jkTEvhlx7XLUD30WvCPvg=", {
			id: "order/727/refunded",
		}),
		...changedAgain,
	},
	webhook("order-created-guest.txt", "order.created", "t5XJ7HrtE/bfhvBO9SN9ugE7z+pQTGeew70GOEA4Ir4=", {
		id: "order/728/completed",
		identities: ["email:ada.quill@example.test"],
	}),
	{
		...webhook("order-deleted.txt", "order.deleted", "n07skbWGx8xBdxRxZTzTSwrC1TyQDHCYgu0m9XFO1lM=", {}),
		gives: [{ type: "order.deleted", id: "0c9f3a1e5b7d4c2f", identities: [] }],
	},
	webhook(
		"customer-created.json",
		"customer.created",
		createHmac("sha256", secret).update(file("./samples/customer-created.json")).digest("base64"),
		{ id: "0c9f3a1e5b7d4c2f", time: "2026-06-04T10:00:00.000Z" },
	),
	{
		name: "a product",
		body: bytes('{"id":93,"status":"publish","customer_id":77}'),
		headers: headersOf("product.updated"),
		gives: [{ type: "product.updated", id: "0c9f3a1e5b7d4c2f", identities: [] }],
	},
	{
		name: "a message that does not say what it is",
		body: bytes('{"id":727}'),
		gives: [{ failed: "the header X-WC-Webhook-Topic is missing", identities: [] }],
	},
	{
		name: "an order with the number of a webhook",
		body: bytes('{"id":727,"webhook_id":"142"}'),
		headers: headersOf("order.updated"),
		gives: [{ type: "order.updated", id: "0c9f3a1e5b7d4c2f", identities: [] }],
	},
];

testConnector(woocommerce, {
	samples,
	handshakes: [
		{
			name: "the ping of a webhook that is saved",
			body: bytes("webhook_id=142"),
			headers: { "content-type": "application/x-www-form-urlencoded" },
			answers: { status: 200, body: null },
		},
	],
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

it("signs a body without the blanks around it, as PHP's trim has it", () => {
	const body = '{"id":727,"status":"completed","total":"29.35"}';
	const configured = woocommerce.configure({});
	invariant(configured.ok, "a connector needs no settings");
	const verify = openVerifier(configured.value.verification, { webhook: [secret] }, nodeCrypto);
	const verified = (text: string) =>
		verify(
			{
				method: "POST",
				path: "",
				query: "",
				// Of that body, computed from WooCommerce's documentation.
				headers: { "x-wc-webhook-signature": "9v2xteVc4UCbnf/6GfH4WYAaqx4mceLnEdvE+fhhBpc=" },
				body: bytes(text),
				receivedAt: 0,
			},
			{ url: "https://hub.example.test/in/t" },
		).ok;
	expect([body, `\r\n ${body}\t\n\0`, `${body}\f`, `${body}.`].map(verified)).toEqual([
		true,
		true,
		false,
		false,
	]);
});
