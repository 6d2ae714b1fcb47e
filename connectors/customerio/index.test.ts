import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { customerio } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const key = "cio_test_key";
const time = "2026-06-04T10:00:00.000Z";
const clicked = file("./samples/email-clicked.txt");

const webhook = (body: Uint8Array, signature: string, given: Given): Omit<Sample, "name"> => ({
	body,
	headers: {
		"content-type": "application/json",
		"x-cio-timestamp": "1780567201",
		"x-cio-signature": signature,
	},
	signed: { secrets: { signing: [key] }, proves: "all" },
	// The next try may be signed anew.
	retry: { headers: { "x-cio-timestamp": "1780567801", "x-cio-signature": "00" } },
	gives: [given],
});

const unsigned = (name: string, content: object, given: Given, settings = {}): Sample => ({
	name,
	settings,
	body: bytes(JSON.stringify(content)),
	gives: [given],
});

const samples: readonly Sample[] = [
	{
		name: "email-clicked.txt",
		...webhook(clicked, "8ef55dd5accf840548a9d0db646ac9754403c7e6736639fee978877e67aeef02", {
			type: "email.clicked",
			id: "01HZXC4E6YDC7Y5M7FE1GWWPQJ",
			time,
			identities: [
				"customerio.customer:cust-77",
				"customerio.person:a3000001",
				"email:ada.quill@example.test",
			],
		}),
	},
	{
		name: "customer-unsubscribed.txt",
		...webhook(
			file("./samples/customer-unsubscribed.txt"),
			"bb843fedb0e857c47af90c5836741a35a60732ab885ae46ffb4054b6ab16b6fc",
			{
				type: "customer.unsubscribed",
				id: "01HZXC4E6YDC7Y5M7FE1GWWPQK",
				time: "2026-06-04T10:01:40.000Z",
				identities: ["customerio.customer:cust-77", "email:ada.quill@example.test"],
			},
		),
	},
	{
		name: "people whose ids are the loyalty ids",
		settings: { ids: "loyalty" },
		...webhook(clicked, createHmac("sha256", key).update("v0:1780567201:").update(clicked).digest("hex"), {
			type: "email.clicked",
			id: "01HZXC4E6YDC7Y5M7FE1GWWPQJ",
			time,
			identities: [
				"id:cust-77",
				"customerio.customer:cust-77",
				"customerio.person:a3000001",
				"email:ada.quill@example.test",
			],
		}),
	},
	unsigned(
		"a time that is none, and the number that a text message went to",
		{ event_id: "e", object_type: "sms", metric: "sent", timestamp: "abc", data: { recipient: "+4930123" } },
		{ type: "sms.sent", id: "e", identities: ["phone:+4930123"] },
	),
	unsigned(
		"a push, whose recipient is a device",
		{ event_id: "e", object_type: "push", metric: "opened", data: { customer_id: 7, recipient: "token" } },
		{ type: "push.opened", id: "e", identities: ["customerio.customer:7"] },
	),
	{
		name: "a customer's number beyond 2^53",
		body: bytes('{"event_id":"e","data":{"customer_id":820982911946154508}}'),
		gives: [{ type: "", id: "e", identities: ["customerio.customer:820982911946154508"] }],
	},
];

testConnector(customerio, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
