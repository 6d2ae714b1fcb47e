import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Sample, testConnector } from "../../src/kit/testing.ts";
import { mandrill } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const key = "mandrill_test_key";
const url = "https://hub.example.test/in/mandrill/t1";
const form = { "content-type": "application/x-www-form-urlencoded" };
const signed = { secrets: { key: [key] }, proves: "all" } as const;

/** The URL, then each name and its value: of these forms, one. */
const signatureOf = (body: Uint8Array, by = key): string => {
	const value = new URLSearchParams(new TextDecoder().decode(body)).get("mandrill_events") ?? "";
	return createHmac("sha1", by).update(`${url}mandrill_events${value}`).digest("base64");
};
const formOf = (events: object): Uint8Array =>
	bytes(new URLSearchParams({ mandrill_events: JSON.stringify(events) }).toString());

const sync = file("./samples/sync-blacklist.txt");
const test = file("./samples/empty-test.txt");
const opened = (opens: number) =>
	formOf([
		{ event: "open", _id: "a", ts: 1780567200, msg: { opens: Array.from({ length: opens }, () => ({})) } },
	]);

const samples: readonly Sample[] = [
	{
		name: "events-click",
		url,
		body: file("./samples/events-click.txt"),
		// Computed by another program than the hub and this test.
		headers: { ...form, "x-mandrill-signature": "vFGCMU8R7frR7avf9jeSV2vh9ak=" },
		signed,
		gives: [
			{ type: "click", time: "2026-06-04T10:00:00.000Z", identities: ["email:ada.quill@example.test"] },
		],
	},
	{
		name: "sync-blacklist",
		url,
		body: sync,
		headers: { ...form, "x-mandrill-signature": signatureOf(sync) },
		signed,
		gives: [
			{ type: "blacklist.add", time: "2026-06-04T10:01:40.000Z", identities: ["email:bounce@example.test"] },
		],
	},
	{
		name: "an e-mail that was opened once more before the next try",
		body: opened(1),
		headers: form,
		retry: { body: opened(2) },
		gives: [{ type: "open", time: "2026-06-04T10:00:00.000Z", identities: [] }],
	},
	{
		name: "a loyalty id in the metadata, an e-mail that came in, and what is no event",
		body: formOf([
			{ event: "open", _id: "a", msg: { email: "ada@example.test", metadata: { loyalty_id: 77 } } },
			{
				event: "inbound",
				ts: 1780567200.5,
				msg: { from_email: "ada@example.test", email: "hub@example.test" },
			},
			null,
		]),
		headers: form,
		gives: [
			{ type: "open", identities: ["id:77", "email:ada@example.test"] },
			{
				type: "inbound",
				time: "2026-06-04T10:00:00.500Z",
				identities: ["email:hub@example.test", "email:ada@example.test"],
			},
			{ failed: "the message is not a JSON object", identities: [] },
		],
	},
];

testConnector(mandrill, {
	samples,
	handshakes: [
		{ name: "a HEAD", method: "HEAD", answers: { status: 200, body: null } },
		{
			name: "empty-test, signed with the key that everybody knows",
			url,
			body: test,
			headers: { ...form, "x-mandrill-signature": signatureOf(test, "test-webhook") },
			secrets: { key: [key] },
			answers: { status: 200, body: "", type: "text/plain; charset=UTF-8" },
		},
	],
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
