import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { klaviyo } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const signing = "klaviyo-secret-0123456789";
const token = "correct horse battery staple";
/** 2026-06-04T10:00:00Z, in seconds. */
const signedAt = "1780567200";

/** Hexadecimal HMAC over the body and then the time, as Klaviyo documents it. */
const systemHeaders = (body: Uint8Array, time = signedAt) => ({
	"content-type": "application/json",
	"klaviyo-webhook-id": "01HZWHK1",
	"klaviyo-timestamp": time,
	"klaviyo-signature": createHmac("sha256", signing).update(body).update(time).digest("hex"),
});

const system = file("./samples/system-webhook.json");
const flow = file("./samples/flow-webhook.json");
const flowHeaders = { "content-type": "application/json", "x-hub-secret": token };

const clicked: Given = {
	type: "event:klaviyo.clicked_email",
	id: "event:klaviyo.clicked_email/7JqkA1",
	time: "2026-06-04T10:00:00.000Z",
	identities: ["klaviyo.profile:01HZX4ADA"],
	asks: ["https://a.klaviyo.com/api/profiles/01HZX4ADA?fields[profile]=email,phone_number,external_id"],
};
const openedBy = (machine_open: unknown): Uint8Array => {
	const attributes = { timestamp: 1780567200, event_properties: { machine_open } };
	const relationships = { profile: { data: { id: "01HZX4ADA" } } };
	const payload = { data: { attributes, relationships } };
	return bytes(
		JSON.stringify({ data: [{ external_id: "a", topic: "event:klaviyo.opened_email", payload }] }),
	);
};
const opened = { ...clicked, type: "event:klaviyo.opened_email", id: "event:klaviyo.opened_email/a" };

const samples: readonly Sample[] = [
	{
		name: "system-webhook",
		body: system,
		headers: systemHeaders(system),
		signed: { secrets: { signing: [signing] }, proves: "all" },
		retry: { headers: systemHeaders(system, "1780570800") },
		gives: [clicked],
	},
	{
		name: "flow-webhook",
		body: flow,
		headers: flowHeaders,
		signed: { secrets: { header: [token] }, proves: "all" },
		gives: [
			{
				type: "placed_order_flow",
				identities: ["klaviyo.external:cust-77", "klaviyo.profile:01HZX4ADA", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "a flow's webhook as the README writes it, under another header",
		settings: { secretHeader: "X-Loyalty" },
		body: bytes(
			'{"event":"loyalty-signup","message_id":"m-1","time":"2026-06-04T10:00:00Z","loyalty_id":"cust-77","phone":"+442071234567"}',
		),
		headers: { "x-loyalty": token },
		signed: { secrets: { header: [token] }, proves: "all" },
		gives: [
			{
				type: "loyalty-signup",
				id: "loyalty-signup/m-1/cust-77",
				time: "2026-06-04T10:00:00.000Z",
				identities: ["id:cust-77", "phone:+442071234567"],
			},
		],
	},
	...["01HZX4ADA", "01HZX4BOB"].map(
		(profile): Sample => ({
			name: `${profile}, to whom a flow's message went that went to others too`,
			body: bytes(
				JSON.stringify({
					event: "loyalty-signup",
					message_id: "XyZ1",
					klaviyo_id: profile,
					email: "a@b.test",
				}),
			),
			gives: [
				{
					type: "loyalty-signup",
					id: `loyalty-signup/XyZ1/${profile}`,
					identities: [`klaviyo.profile:${profile}`, "email:a@b.test"],
				},
			],
		}),
	),
	{ name: "an e-mail that somebody opened", body: openedBy(false), gives: [opened] },
	...[true, "true"].map((machine): Sample => {
		const { asks: _, ...unasked } = opened;
		return {
			name: `an e-mail that no person opened: ${typeof machine}`,
			body: openedBy(machine),
			gives: [unasked],
		};
	}),
	{
		name: "several events of which one has its time in seconds, and one is none",
		body: bytes(
			'{"data":[{"external_id":"a","topic":"event:klaviyo.sent_sms","payload":{"data":{"attributes":{"timestamp":1780567200}}}},7]}',
		),
		gives: [
			{
				type: "event:klaviyo.sent_sms",
				id: "event:klaviyo.sent_sms/a",
				time: "2026-06-04T10:00:00.000Z",
				identities: [],
			},
			{ failed: "the message is not a JSON object", identities: [] },
		],
	},
];

testConnector(klaviyo, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("an endpoint of Klaviyo with both secrets", () => {
	const configured = klaviyo.configure({});
	if (!configured.ok) throw new Error("everything has defaults");
	const verify = openVerifier(
		configured.value.verification,
		{ signing: [signing], header: [token] },
		nodeCrypto,
	);
	const shown = (body: Uint8Array, headers: Record<string, string>) =>
		verify(
			{
				method: "POST",
				path: "",
				query: "",
				headers,
				body,
				receivedAt: Date.parse("2026-06-04T10:00:01Z"),
			},
			{ url: "https://hub.example.test/in/token" },
		).ok;

	it("takes what either proves, and nothing that neither does", () => {
		expect(shown(system, systemHeaders(system))).toBe(true);
		expect(shown(flow, flowHeaders)).toBe(true);
		expect(shown(flow, { "content-type": "application/json" })).toBe(false);
	});

	it("takes no wrong signature for the right header beside it", () => {
		expect(shown(flow, { ...systemHeaders(system), ...flowHeaders })).toBe(false);
	});
});
