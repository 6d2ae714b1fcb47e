import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { dotdigital } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const secret = "dd_test_secret_0123456789";
const batch = file("./samples/batch.txt");
const time = "2026-06-04T10:00:00.000Z";
const id = "7f0c0d52-4a34-4d8e-9a52-1a3a1f3b5a10";
const ada = ["dotdigital.profile:prof-77", "email:ada.quill@example.test"];
const read = { type: "message.read", id: "7f0c0d52-4a34-4d8e-9a52-1a3a1f3b5a11", time };

const signed = (
	name: string,
	body: Uint8Array,
	gives: readonly Given[],
	more: Partial<Sample> = {},
): Sample => ({
	name,
	body,
	headers: {
		"content-type": "application/json",
		"x-comapi-signature": createHmac("sha1", secret).update(body).digest("hex"),
	},
	signed: { secrets: { signing: [secret] }, proves: "all" },
	gives,
	...more,
});

const samples: readonly Sample[] = [
	signed(
		"batch.txt",
		batch,
		[
			{ type: "profile.update", id, time, identities: ada },
			{ ...read, identities: [] },
		],
		// Computed by another implementation.
		{ headers: { "x-comapi-signature": "db47f55788c66150ced411a81e9c08a8ab389b82" } },
	),
	signed("single.json", file("./samples/single.json"), [
		{ type: "profile.update", id, time, identities: ada },
	]),
	signed(
		"a batch of loyalty ids, in profiles and in metadata",
		batch,
		[
			{ type: "profile.update", id, time, identities: ["id:prof-77", ...ada] },
			{ ...read, identities: ["id:cust-77"] },
		],
		{ settings: { ids: "loyalty", loyaltyKey: "customerId" } },
	),
	signed(
		"a profile's number beyond 2^53 and phone",
		bytes(
			'{"eventId":"e","name":"profile.create","payload":{"id":820982911946154508,"phoneNumber":"+447700900123"}}',
		),
		[
			{
				type: "profile.create",
				id: "e",
				identities: ["dotdigital.profile:820982911946154508", "phone:+447700900123"],
			},
		],
	),
	signed("what is no event beside one that is", bytes('[7,{"eventId":"e","name":"chat.start"}]'), [
		{ failed: "the message is not a JSON object", identities: [] },
		{ type: "chat.start", id: "e", identities: [] },
	]),
	signed("an empty batch", bytes("[]"), []),
];

testConnector(dotdigital, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});
