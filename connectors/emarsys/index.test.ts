import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { emarsys } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const token = "8c1f-0b77";
const node = file("./samples/webhook-node.json");
const time = "2026-06-04T10:00:00.000Z";
const ada = ["emarsys.customer:cust-77", "email:ada.quill@example.test"];

const shown = (name: string, body: Uint8Array, given: Given, more: Partial<Sample> = {}): Sample => ({
	name,
	body,
	headers: { "content-type": "application/json", "x-hub-secret": token },
	signed: { secrets: { token: [token] }, proves: "all" },
	gives: [given],
	...more,
});

const samples: readonly Sample[] = [
	shown("webhook-node.json", node, { type: "tier_winback", time, identities: ada }),
	shown(
		"contacts whose ids are the loyalty ids, by a bearer token",
		node,
		{ type: "tier_winback", time, identities: ["id:cust-77", ...ada] },
		{
			settings: { ids: "loyalty" },
			headers: { authorization: `Bearer ${token}` },
			signed: { secrets: { bearer: [token] }, proves: "all" },
		},
	),
	shown(
		"a number beyond 2^53 and a phone, by user and password from an address of Emarsys",
		bytes('{"scenario":"a","customer_id":820982911946154508,"mobile_phone":"+442071234567"}'),
		{ type: "a", identities: ["emarsys.customer:820982911946154508", "phone:+442071234567"] },
		{
			settings: { networks: "34.89.173.3,35.246.249.205" },
			ip: "34.89.173.3",
			headers: { authorization: `Basic ${btoa("hub:s3cret")}` },
			signed: { secrets: { basic: ["hub:s3cret"] }, proves: "all" },
		},
	),
	shown(
		"the time of the external event where the node sends none",
		bytes('{"scenario":"a","event_data":{"event_time":"2026-06-04T10:00:00Z"}}'),
		{ type: "a", time, identities: [] },
	),
	shown("a trial", bytes('{"scenario":"loyalty_joined","test":"true","customer_id":"u"}'), {
		type: "loyalty_joined",
		identities: ["emarsys.customer:u"],
		ignore: "test",
	}),
	shown("a preset that does not say what it is", bytes('{"email_address":"a@b.test"}'), {
		failed:
			"the message has no `scenario`, which says what it is: add it to the additional data of the node's preset",
		identities: ["email:a@b.test"],
	}),
];

testConnector(emarsys, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("addresses of Emarsys", () => {
	const configured = emarsys.configure({ networks: "34.89.173.3" });
	if (!configured.ok) throw new Error("a setting that there is");
	const verify = openVerifier(configured.value.verification, { token: [token] }, nodeCrypto);
	const from = (ip: string) =>
		verify(
			{
				method: "POST",
				path: "",
				query: "",
				headers: { "x-hub-secret": token },
				body: node,
				receivedAt: 0,
				ip,
			},
			{ url: "https://hub.example.test/in/token" },
		);

	it("are asked for beside the secret", () => {
		expect(from("34.89.173.3")).toMatchObject({ ok: true });
		expect(from("34.89.173.4")).toMatchObject({ ok: false, cause: "address-wrong" });
	});
});
