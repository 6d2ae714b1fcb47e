import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { mailchimp } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const secret = "b1946ac92492d2347c6235b4d2611184";
const headers = { "content-type": "application/x-www-form-urlencoded" };
const ada = ["mailchimp.contact:8a25ff1d98", "email:ada.quill@example.test"];

const webhook = (name: string, given: Given): Sample => ({
	name,
	body: file(`./samples/${name}.txt`),
	headers,
	query: `secret=${secret}`,
	signed: { secrets: { url: [secret] }, proves: "all" },
	gives: [given],
});

const deletion = bytes(
	"type=unsubscribe&fired_at=2026-06-05+10%3A00%3A00&data%5Baction%5D=delete&data%5Bid%5D=8a25ff1d98" +
		"&data%5Bemail%5D=ada.quill%40example.test",
);
const deleted: Given = { type: "unsubscribe", time: "2026-06-05T10:00:00.000Z", identities: ada };

const samples: readonly Sample[] = [
	webhook("subscribe", { type: "subscribe", time: "2026-06-04T10:00:00.000Z", identities: ada }),
	webhook("unsubscribe", { type: "unsubscribe", time: "2026-06-05T10:00:00.000Z", identities: ada }),
	webhook("profile", { type: "profile", time: "2026-06-04T11:00:00.000Z", identities: ada }),
	webhook("upemail", {
		type: "upemail",
		time: "2026-06-04T12:00:00.000Z",
		identities: [
			"mailchimp.contact:51da8c3259",
			"email:ada.quill@example.test",
			"email:ada.new@example.test",
		],
	}),
	webhook("cleaned", {
		type: "cleaned",
		time: "2026-06-04T13:00:00.000Z",
		identities: ["email:bounce@example.test"],
	}),
	webhook("campaign", { type: "campaign", time: "2026-06-04T14:00:00.000Z", identities: [] }),
	{
		name: "a contact that is deleted",
		body: deletion,
		headers,
		gives: [{ ...deleted, control: "erase" }],
	},
	{
		name: "a contact that is deleted, at an endpoint that keeps them",
		settings: { deleted: "keep" },
		body: deletion,
		headers,
		gives: [deleted],
	},
	{
		name: "a subscriber with a loyalty id, in a form that says no media type",
		body: bytes("type=subscribe&data[id]=8a25ff1d98&data[merges][LOYALTYID]=cust-77"),
		gives: [{ type: "subscribe", identities: ["id:cust-77", "mailchimp.contact:8a25ff1d98"] }],
	},
];

testConnector(mailchimp, {
	samples,
	handshakes: [
		{
			name: "a GET without the secret",
			method: "GET",
			answers: { status: 200, body: "", type: "text/plain; charset=UTF-8" },
		},
		{ name: "a HEAD", method: "HEAD", query: `secret=${secret}`, answers: { status: 200, body: null } },
	],
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
