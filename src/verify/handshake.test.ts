import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import type { Delivery } from "../model/message.ts";
import { type Handshake, openHandshakes } from "./handshake.ts";
import type { Verification } from "./scheme.ts";
import { openVerifier } from "./verify.ts";

const url = "https://hub.example.test/in/token";
const verification: Verification = {
	schemes: [{ kind: "bearer", secret: "token" }],
	unsigned: "refuse",
	partly: "firstOnly",
};
const secrets = { token: ["s3cret"], verifyToken: ["meatyhamhock"] };

function greet(handshake: Handshake, asked: Partial<Omit<Delivery, "body">> & { readonly body?: string }) {
	const { body = "", ...more } = asked;
	const delivery: Delivery = {
		method: handshake.method,
		path: "",
		query: "",
		headers: {},
		receivedAt: 0,
		...more,
		body: new TextEncoder().encode(body),
	};
	const verify = openVerifier(verification, secrets, nodeCrypto);
	return openHandshakes([handshake], { secrets, crypto: nodeCrypto, verify }).greet(delivery, { url });
}

const answered = (status: number, headers: Record<string, string>, body: string | null, keep = false) => ({
	kind: "answered",
	answer: { status, headers, body },
	keep,
});
const text = { "Content-Type": "text/plain; charset=UTF-8", "X-Content-Type-Options": "nosniff" };
const json = { "Content-Type": "application/json", "X-Content-Type-Options": "nosniff" };

describe("a handshake", () => {
	it("gives a challenge back, as Adobe I/O asks", () => {
		const adobe: Handshake = {
			method: "GET",
			has: ["query:challenge"],
			answer: { status: 200, text: "{query:challenge}" },
		};
		expect(greet(adobe, { query: "challenge=8ec8%2Fd+1" })).toEqual(answered(200, text, "8ec8/d 1"));
		expect(greet(adobe, { query: "" })).toBeUndefined();
		expect(greet(adobe, { query: "challenge=1", method: "POST" })).toBeUndefined();
		expect(greet(adobe, { query: "challenge=1", path: "/more" })).toBeUndefined();
		expect(greet(adobe, { query: "challenge=1", path: "/" })).toBeDefined();
	});

	it("gives a challenge of a body back inside of JSON, which it can not break out of", () => {
		const slack: Handshake = {
			method: "POST",
			equals: { "field:type": "url_verification" },
			answer: { status: 200, json: { challenge: "{field:challenge}", also: [1, null, "{field:none}"] } },
		};
		const body = JSON.stringify({ type: "url_verification", challenge: '"},"x":{"' });
		expect(greet(slack, { body })).toEqual(
			answered(200, json, '{"challenge":"\\"},\\"x\\":{\\"","also":[1,null,""]}'),
		);
		expect(greet(slack, { body: '{"type":"event_callback"}' })).toBeUndefined();
	});

	it("goes by a token of its own, as Meta's does", () => {
		const meta: Handshake = {
			method: "GET",
			equals: { "query:hub.mode": "subscribe" },
			proof: { kind: "token", secret: "verifyToken", from: "query:hub.verify_token" },
			answer: { status: 200, text: "{query:hub.challenge}" },
		};
		const query = (token: string) => `hub.mode=subscribe&hub.challenge=115&hub.verify_token=${token}`;
		expect(greet(meta, { query: query("meatyhamhock") })).toEqual(answered(200, text, "115"));
		expect(greet(meta, { query: query("other") })).toMatchObject({ kind: "refused", cause: "token-wrong" });
		const other = { ...meta, proof: { kind: "token", secret: "unset", from: "query:x" } } as const;
		expect(greet(other, { query: query("meatyhamhock") })).toMatchObject({ cause: "secret-missing" });
	});

	it("goes by what deliveries are verified by, where it says so", () => {
		const create: Handshake = {
			method: "POST",
			path: "/create",
			proof: "sender",
			answer: { status: 200, json: { recordDefinition: { EmailAddress: "text" } } },
		};
		const path = "/create";
		expect(greet(create, { path, headers: { authorization: "Bearer s3cret" } })).toMatchObject({
			answer: { body: '{"recordDefinition":{"EmailAddress":"text"}}' },
		});
		expect(greet(create, { path })).toMatchObject({ kind: "refused", cause: "token-missing" });
	});

	it("says who may send, as CloudEvents asks, and never what is no header", () => {
		const options: Handshake = {
			method: "OPTIONS",
			has: ["header:WebHook-Request-Origin"],
			answer: {
				status: 200,
				headers: { Allow: "POST", "WebHook-Allowed-Origin": "{header:WebHook-Request-Origin}" },
			},
		};
		const from = (origin: string) => greet(options, { headers: { "webhook-request-origin": origin } });
		expect(from("eventemitter.example.com")).toEqual(
			answered(200, { Allow: "POST", "WebHook-Allowed-Origin": "eventemitter.example.com" }, null),
		);
		expect(from("a\r\nSet-Cookie: b")).toEqual(answered(200, { Allow: "POST" }, null));
		expect(from("é")).toEqual(answered(200, { Allow: "POST" }, null));
	});

	it("is told from a delivery by what must not be there", () => {
		const ping: Handshake = {
			method: "POST",
			has: ["field:webhook_id"],
			lacks: ["header:X-WC-Webhook-Signature"],
			answer: { status: 204 },
			keep: true,
		};
		const headers = { "content-type": "application/x-www-form-urlencoded" };
		expect(greet(ping, { headers, body: "webhook_id=142" })).toEqual(answered(204, {}, null, true));
		const signed = { ...headers, "x-wc-webhook-signature": "AA==" };
		expect(greet(ping, { headers: signed, body: "webhook_id=142" })).toBeUndefined();
		expect(greet(ping, { body: '[{"webhook_id":1}]' })).toBeUndefined();
	});

	it("refuses to be declared with a place or a token that there is none of", () => {
		const wrong = (handshake: Partial<Handshake>) => () =>
			greet({ method: "GET", answer: { status: 200 }, ...handshake } as Handshake, {});
		expect(wrong({ has: ["quarry:challenge" as "query:challenge"] })).toThrow("a place in a request");
		expect(wrong({ answer: { status: 200, text: "{challenge}" } })).toThrow("{header:…}, {query:…}");
	});
});
