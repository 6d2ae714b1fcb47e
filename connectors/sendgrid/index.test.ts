import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { sendgrid } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = publicKey.export({ format: "der", type: "spki" }).toString("base64");
const signedAt = "1780567200";
/** ECDSA over the time and then the body, as DER: what OpenSSL makes. */
const headersOf = (body: Uint8Array, time = signedAt) => ({
	"content-type": "application/json",
	"x-twilio-email-event-webhook-timestamp": time,
	"x-twilio-email-event-webhook-signature": sign(
		"sha256",
		Buffer.concat([Buffer.from(time), body]),
		privateKey,
	).toString("base64"),
});

const events = file("./samples/events.txt");
const click: Given = {
	type: "click",
	id: "c2ctZXZlbnQtMQ",
	time: "2026-06-04T10:00:00.000Z",
	identities: ["email:ada.quill@example.test"],
};
const bounce: Given = {
	type: "bounce",
	id: "c2ctZXZlbnQtMg",
	time: "2026-06-04T10:00:01.000Z",
	identities: ["email:bounce@example.test"],
};

const samples: readonly Sample[] = [
	{
		name: "events",
		body: events,
		headers: headersOf(events),
		signed: { secrets: { publicKey: [key] }, proves: "all" },
		retry: { headers: headersOf(events, "1780570800") },
		gives: [click, bounce],
	},
	{
		// sendgrid-nodejs, packages/eventwebhook/src/eventwebhook.spec.js (MIT).
		name: "the example of SendGrid's own library",
		body: bytes(
			'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n',
		),
		headers: {
			"x-twilio-email-event-webhook-timestamp": "1600112502",
			"x-twilio-email-event-webhook-signature":
				"MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=",
		},
		receivedAt: "2020-09-14T19:41:43Z",
		signed: {
			secrets: {
				publicKey: [
					"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==",
				],
			},
			proves: "all",
		},
		gives: [
			{
				type: "dropped",
				id: "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
				time: "2020-09-14T19:41:32.000Z",
				identities: ["email:hello@world.com"],
			},
		],
	},
	{
		name: "a loyalty id among the custom arguments, as a number",
		body: bytes(
			'[{"event":"open","sg_event_id":"e-3","loyalty_id":9007199254740993,"email":"ada.quill@example.test"}]',
		),
		gives: [{ type: "open", id: "e-3", identities: ["id:9007199254740993", "email:ada.quill@example.test"] }],
	},
];

testConnector(sendgrid, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("SendGrid's line breaks", () => {
	const configured = sendgrid.configure({});
	if (!configured.ok) throw new Error("everything has defaults");
	const verify = openVerifier(configured.value.verification, { publicKey: [key] }, nodeCrypto);
	const isRight = (body: Uint8Array): boolean =>
		verify(
			{
				method: "POST",
				path: "",
				query: "",
				headers: headersOf(events),
				body,
				receivedAt: Date.parse("2026-06-04T10:00:01Z"),
			},
			{ url: "https://hub.example.test/in/token" },
		).ok;

	it("between and after the events are signed with them", () => {
		const text = new TextDecoder().decode(events);
		expect(text.match(/\r\n/g)).toHaveLength(2);
		expect(isRight(events)).toBe(true);
		expect(isRight(bytes(text.trimEnd()))).toBe(false);
		expect(isRight(bytes(text.replaceAll("\r\n", "\n")))).toBe(false);
		expect(isRight(bytes(JSON.stringify(JSON.parse(text))))).toBe(false);
	});
});
