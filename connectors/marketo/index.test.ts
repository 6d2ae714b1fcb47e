import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Sample, testConnector } from "../../src/kit/testing.ts";
import { marketo } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const token = "correct horse battery staple";
const json = { "content-type": "application/json", "x-hub-secret": token };
const form = { "content-type": "application/x-www-form-urlencoded", "x-hub-secret": token };
const signed = { secrets: { header: [token] }, proves: "all" } as const;

const ada = ["marketo.lead:88123", "email:ada.quill@example.test"];
const id = "88123/987/6/2026-06-04 10:00:00";
/** What two webhooks say that one campaign calls for one lead in one second: their payload is copied but for the name. */
const called = (name: string) =>
	`{"name":"${name}","step":"1","lead":{"id":88123},"campaign":{"id":987},"datetime":"2026-06-04 10:00:00"}`;

const samples: readonly Sample[] = [
	{
		name: "webhook",
		body: file("./samples/webhook.json"),
		headers: json,
		signed,
		gives: [{ type: "loyalty-signup", id: `loyalty-signup/${id}`, identities: ada }],
	},
	{
		name: "webhook-form",
		body: file("./samples/webhook-form.txt"),
		headers: form,
		signed,
		gives: [{ type: "", id, identities: ada }],
	},
	{
		name: "a form that nests as the JSON does, under another header",
		settings: { secretHeader: "X-Loyalty" },
		body: bytes("name=loyalty-profile&lead[id]=88123&lead[loyalty_id]=cust-77&lead[phone]=%2B442071234567"),
		headers: { "content-type": "application/x-www-form-urlencoded", "x-loyalty": token },
		signed,
		gives: [
			{ type: "loyalty-profile", identities: ["id:cust-77", "marketo.lead:88123", "phone:+442071234567"] },
		],
	},
	{
		name: "a lead whose tokens were empty, in JSON that is called text",
		body: bytes('{"name":"loyalty-profile","lead":{"id":88123,"loyalty_id":"","email":"","phone":""}}'),
		headers: { "content-type": "text/plain" },
		gives: [{ type: "loyalty-profile", identities: ["marketo.lead:88123"] }],
	},
	...["webinar-attended", "paper-read"].map((name) => ({
		name: `${name}, whichever other webhook the campaign calls`,
		body: bytes(called(name)),
		gives: [
			{ type: name, id: `${name}/88123/987/1/2026-06-04 10:00:00`, identities: ["marketo.lead:88123"] },
		],
	})),
];

testConnector(marketo, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
