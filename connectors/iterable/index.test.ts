import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { iterable } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const token = "4fd1b0c9a7e2";
const click = file("./samples/email-click.json");
const time = "2026-06-04T10:00:00.000Z";
const ada = "email:ada.quill@example.test";

const shown = (name: string, body: Uint8Array, given: Given, more: Partial<Sample> = {}): Sample => ({
	name,
	body,
	headers: { "content-type": "application/json", "x-hub-secret": token },
	signed: { secrets: { token: [token] }, proves: "all" },
	gives: [given],
	...more,
});

const samples: readonly Sample[] = [
	shown("email-click.json", click, { type: "emailClick", time, identities: ["iterable.user:cust-77", ada] }),
	shown("email-unsubscribe.json", file("./samples/email-unsubscribe.json"), {
		type: "emailUnSubscribe",
		time: "2026-06-04T10:05:00.000Z",
		identities: [ada],
	}),
	shown("sms-received.json", file("./samples/sms-received.json"), {
		type: "smsReceived",
		time: "2026-06-04T10:06:00.000Z",
		identities: [ada, "phone:+447700900123"],
	}),
	shown(
		"users whose ids are the loyalty ids, by an OAuth2 token",
		click,
		{ type: "emailClick", time, identities: ["id:cust-77", "iterable.user:cust-77", ada] },
		{
			settings: { ids: "loyalty" },
			headers: { authorization: `Bearer ${token}` },
			signed: { secrets: { bearer: [token] }, proves: "all" },
		},
	),
	shown(
		"a header of another name",
		bytes('{"eventName":"emailOpen","userId":820982911946154508}'),
		{ type: "emailOpen", identities: ["iterable.user:820982911946154508"] },
		{ settings: { header: "X-Key" }, headers: { "x-key": token } },
	),
	{
		name: "a text message that went out, whose sender is the brand, west of Greenwich",
		body: bytes(
			'{"eventTitle":"smsSend","email":"a@b.test","dataFields":{"fromPhoneNumber":"+1555","createdAt":"2026-06-04 02:00:00 -08:00"}}',
		),
		gives: [{ type: "smsSend", time, identities: ["email:a@b.test"] }],
	},
	{
		name: "a time that is none",
		body: bytes('{"eventName":"emailOpen","dataFields":{"createdAt":"yesterday +00:00"}}'),
		gives: [{ type: "emailOpen", identities: [] }],
	},
];

testConnector(iterable, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
