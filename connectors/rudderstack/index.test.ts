import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Sample, testConnector } from "../../src/kit/testing.ts";
import { rudderstack } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const order = {
	type: "track",
	id: "node-next-1717495200123-2f1b6a0e-70d3-4d0e-9a57-5b2a0c9de001",
	time: "2026-06-04T10:00:00.435Z",
	identities: [
		"id:cust-77",
		"anonymous:7b2f0c3e-61d0-4b52-9d75-1a2f38ae0c11",
		"email:ada.quill@example.test",
	],
};
const body = file("./samples/webhook-track.json");

const samples: readonly Sample[] = [
	{
		name: "webhook-track, with a header of the customer's own",
		body,
		headers: { "user-agent": "RudderLabs", "x-hub-secret": "correct horse battery staple" },
		signed: { secrets: { header: ["correct horse battery staple"] }, proves: "all" },
		gives: [order],
	},
	{
		name: "webhook-track, with a header under another name",
		settings: { secretHeader: "X-Api-Key" },
		body,
		headers: { "x-api-key": "correct horse battery staple" },
		signed: { secrets: { header: ["correct horse battery staple"] }, proves: "all" },
		gives: [order],
	},
	{
		// RFC 7617 §2.
		name: "webhook-track, with Basic authentication",
		body,
		headers: { authorization: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		signed: { secrets: { basic: ["Aladdin:open sesame"] }, proves: "all" },
		gives: [order],
	},
	{
		name: "a batch, with a bearer token",
		body: bytes(`[${new TextDecoder().decode(body)},{"type":"identify","userId":820982911946154508}]`),
		headers: { authorization: "Bearer mF_9.B5f-4.1JqM" },
		signed: { secrets: { bearer: ["mF_9.B5f-4.1JqM"] }, proves: "all" },
		gives: [order, { type: "identify", identities: ["id:820982911946154508"] }],
	},
	{
		name: "an event that the hub itself wrote",
		body: bytes('{"type":"track","userId":"u","context":{"library":{"name":"loyalty-hub"}}}'),
		gives: [{ type: "track", identities: ["id:u"], ignore: "echo" }],
	},
	{
		name: "an event that asks to delete, which RudderStack has no such call for",
		body: bytes('{"type":"delete","userId":"u"}'),
		gives: [{ type: "delete", identities: ["id:u"] }],
	},
];

testConnector(rudderstack, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

it("says what protects an endpoint, and who is enrolled", () => {
	const advice = (settings: Record<string, string>, ...secrets: string[]) => {
		const configured = rudderstack.configure(settings);
		return configured.ok ? configured.value.advice(new Set(secrets)).join(" ") : "";
	};
	expect(advice({ unsigned: "accept" })).toContain("Nothing proves who sends");
	expect(advice({ unsigned: "accept" }, "basic")).not.toContain("Nothing proves who sends");
	expect(advice({ enrol: "never" })).toBe("Nobody becomes a member through this endpoint (enrol=never).");
});

// https://www.rudderstack.com/docs/event-spec/standard-events/identify/
it("has the traits of an identify, which RudderStack's libraries put into its context, where Segment has them", () => {
	const configured = rudderstack.configure({});
	if (!configured.ok) throw new Error(configured.failure.join("\n"));
	const { read } = configured.value;
	const delivery = { method: "POST", path: "", query: "", headers: {}, body: bytes(""), receivedAt: 0 };
	const traits = { email: "ada.quill@example.test", loyalty: true };
	const identify = { type: "identify", userId: "u", context: { traits } };
	expect(read(identify, delivery).content).toEqual({ ...identify, traits });
	expect(read({ ...identify, traits: {} }, delivery).content).toEqual({ ...identify, traits });
	const own = { ...identify, traits: { language: "en" } };
	expect(read(own, delivery).content).toEqual(own);
	const track = { ...identify, type: "track", event: "Signed In" };
	expect(read(track, delivery).content).toEqual(track);
});
