import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { braze } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const token = "c3VwZXItc2VjcmV0";
const headers = {
	"content-type": "application/json",
	authorization: `Bearer ${token}`,
	"braze-currents-version": "1",
};
const signed = { secrets: { token: [token] }, proves: "all" } as const;

const ids = ["braze.external:cust-77", "braze.user:665f0a35d192b0df004d0651"];
const ada = [...ids, "email:ada.quill@example.test"];
const currents = (type: string, end: string, time: string, identities: readonly string[]): Given => ({
	type,
	id: `3c0f2d8e-3e0b-4f5a-9c1d-8a7b6c5d4e${end}`,
	time: `2026-06-04T${time}.000Z`,
	identities,
});

const samples: readonly Sample[] = [
	{
		name: "currents-batch",
		body: file("./samples/currents-batch.json"),
		headers,
		signed,
		gives: [
			currents("users.messages.email.Click", "01", "10:00:00", ada),
			currents("users.behaviors.Purchase", "02", "10:01:00", ids),
			currents("users.behaviors.CustomEvent", "03", "10:01:01", ids),
			currents("users.behaviors.subscription.GlobalStateChange", "04", "10:01:02", ada),
		],
	},
	{
		name: "currents-credential-test, whose token is checked as any other's",
		body: file("./samples/currents-credential-test.json"),
		headers,
		signed,
		gives: [],
	},
	{
		name: "webhook-campaign",
		body: file("./samples/webhook-campaign.json"),
		headers,
		signed,
		gives: [
			{
				type: "winback_entered",
				id: "winback_entered/dsp-10/cust-77",
				time: "2026-06-04T10:00:00.000Z",
				identities: ["braze.external:cust-77", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "users whose external id is the loyalty id",
		settings: { externalId: "loyalty_id" },
		body: bytes(
			'{"events":[{"event_type":"users.canvas.Entry","id":"e-1","time":1780567200.5,"user":{"user_id":"b","external_user_id":"cust-77"}},' +
				'{"event_type":"users.canvas.Entry","id":"e-2","user":{"user_id":"b","external_user_id":null}}]}',
		),
		gives: [
			{
				type: "users.canvas.Entry",
				id: "e-1",
				time: "2026-06-04T10:00:00.500Z",
				identities: ["id:cust-77", "braze.user:b"],
			},
			{ type: "users.canvas.Entry", id: "e-2", identities: ["braze.user:b"] },
		],
	},
	{
		name: "a campaign's webhook that says the loyalty id twice",
		settings: { externalId: "loyalty_id" },
		body: bytes(
			'{"event":"loyalty-signup","loyalty_id":"cust-77","external_id":"cust-77","dispatch_id":"d"}',
		),
		gives: [{ type: "loyalty-signup", id: "loyalty-signup/d/cust-77", identities: ["id:cust-77"] }],
	},
	{
		name: "a campaign's webhook without a dispatch",
		body: bytes('{"event":"loyalty-signup","loyalty_id":"cust-77","external_id":"","phone":"+442071234567"}'),
		gives: [{ type: "loyalty-signup", identities: ["id:cust-77", "phone:+442071234567"] }],
	},
];

testConnector(braze, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
