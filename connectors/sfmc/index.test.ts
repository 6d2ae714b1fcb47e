import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { sfmc } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A text that is base64 too: 32 bytes. */
const key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const headersOf = (body: Uint8Array, bytesOfKey: string | Uint8Array = key) => ({
	"content-type": "application/json",
	"x-sfmc-ens-signature": createHmac("sha256", bytesOfKey).update(body).digest("base64"),
});
const signed = { secrets: { signing: [key] }, proves: "all" } as const;

const events = file("./samples/ens-events.json");
const gives = (contact: string): readonly Given[] => [
	{
		type: "TransactionalSendEvents.EmailSent",
		time: "2026-06-04T10:00:00.000Z",
		identities: [contact, "email:ada.quill@example.test"],
	},
	{
		type: "EngagementEvents.EmailClick",
		time: "2026-06-04T10:01:00.000Z",
		identities: [contact, "email:ada.quill@example.test"],
	},
	{ type: "EngagementEvents.EmailUnsubscribe", time: "2026-06-04T10:01:40.000Z", identities: [contact] },
];

const verification = file("./samples/ens-callback-verification.json");

const samples: readonly Sample[] = [
	{
		name: "ens-events",
		body: events,
		headers: headersOf(events),
		signed,
		gives: gives("sfmc.contact:cust-77"),
	},
	{
		name: "events that are signed by the key that the base64 says",
		body: events,
		headers: headersOf(events, Buffer.from(key, "base64")),
		signed,
		gives: gives("sfmc.contact:cust-77"),
	},
	{
		name: "contact keys that are loyalty ids",
		settings: { contactKey: "loyalty_id" },
		body: events,
		headers: headersOf(events),
		signed,
		gives: gives("id:cust-77"),
	},
	{
		name: "a verification that is signed, which is verified as any delivery",
		body: verification,
		headers: headersOf(verification),
		signed,
		gives: [
			{
				type: "verification",
				id: "b1f7a7f0-3b0a-4a5c-8c51-0a1b2c3d4e5f/e0a1b2c3-d4e5-4f60-8a9b-0c1d2e3f4a5b",
				identities: [],
				control: "handshake",
			},
		],
	},
	{
		name: "a text message and a push message",
		body: bytes(
			'[{"eventCategoryType":"TransactionalSendEvents.SmsSent","timestampUTC":1780567200000,"info":{"to":"+442071234567"}},' +
				'{"eventCategoryType":"TransactionalSendEvents.PushSent","timestampUTC":1780567200000,"info":{"to":"a device"}}]',
		),
		gives: [
			{
				type: "TransactionalSendEvents.SmsSent",
				time: "2026-06-04T10:00:00.000Z",
				identities: ["phone:+442071234567"],
			},
			{ type: "TransactionalSendEvents.PushSent", time: "2026-06-04T10:00:00.000Z", identities: [] },
		],
	},
];

const json = { "content-type": "application/json" };

testConnector(sfmc, {
	samples,
	handshakes: [
		{
			name: "ens-callback-verification",
			body: verification,
			headers: json,
			secrets: { signing: [key] },
			answers: { status: 200, body: "", type: "text/plain; charset=UTF-8" },
		},
	],
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
