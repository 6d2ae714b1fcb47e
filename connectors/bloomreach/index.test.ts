import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { bloomreach } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const token = "8c1f-0b77";
const scenario = file("./samples/scenario-webhook.json");
const ada = ["bloomreach.registered:cust-77", "email:ada.quill@example.test"];
const cookie = "anonymous:0b9f2a2e-7b2a-4cc1-9e43-1f6f4d9f7a01";

const shown = (
	name: string,
	body: Uint8Array,
	gives: readonly Given[],
	more: Partial<Sample> = {},
): Sample => ({
	name,
	body,
	headers: { "content-type": "application/json", "x-hub-secret": token },
	signed: { secrets: { token: [token] }, proves: "all" },
	gives,
	...more,
});

const samples: readonly Sample[] = [
	shown("scenario-webhook.json", scenario, [{ type: "points_expiring", identities: [...ada, cookie] }]),
	shown("purchase-batch.json", file("./samples/purchase-batch.json"), [
		{ type: "purchase", id: "purchase-ORD-10041", time: "2026-06-04T10:00:00.250Z", identities: ada },
		{
			type: "loyalty_joined",
			id: "joined-cust-78",
			time: "2026-06-04T10:00:01.000Z",
			identities: ["bloomreach.registered:cust-78", "email:bo@example.test"],
		},
	]),
	shown(
		"customers whose ids are the loyalty ids, with user and password",
		scenario,
		[{ type: "points_expiring", identities: ["id:cust-77", ...ada, cookie] }],
		{
			settings: { ids: "loyalty" },
			headers: { authorization: `Basic ${btoa("hub:s3cret")}` },
			signed: { secrets: { basic: ["hub:s3cret"] }, proves: "all" },
		},
	),
	shown(
		"a visitor, whom a program of loyalty ids does not know either, as text",
		bytes('{"event":"a","registered":"","cookie":"c-1","timestamp":"2026-06-04T12:00:00+02:00"}'),
		[{ type: "a", time: "2026-06-04T10:00:00.000Z", identities: ["anonymous:c-1"] }],
		{ settings: { ids: "loyalty" }, headers: { "content-type": "text/plain", "x-hub-secret": token } },
	),
	shown("a trial", bytes('{"event":"purchase","test":true,"registered":"u"}'), [
		{ type: "purchase", identities: ["bloomreach.registered:u"], ignore: "test" },
	]),
	shown("a payload that does not say what it is", bytes('{"email":"a@b.test"}'), [
		{
			failed: "the message has no `event`, which says what it is: write it into the webhook's payload",
			identities: ["email:a@b.test"],
		},
	]),
];

testConnector(bloomreach, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
