import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { invariant } from "../../src/model/result.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { twilio } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (body: Uint8Array): string => new TextDecoder().decode(body);

const token = "twilio_test_token";
const url = "https://hub.example.test/in/twilio/t1";
const form = { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" };

/** As Twilio documents it: the URL, then the names in order, each with its value. */
const signatureOf = (body: Uint8Array): string => {
	const pairs = [...new URLSearchParams(textOf(body))].sort(([a], [b]) => (a < b ? -1 : 1));
	return createHmac("sha1", token)
		.update(url + pairs.flat().join(""))
		.digest("base64");
};

const message = (name: string, signature: string | undefined, given: Given): Sample => {
	const body = file(`./samples/${name}.txt`);
	return {
		name,
		url,
		body,
		headers: { ...form, "x-twilio-signature": signature ?? signatureOf(body) },
		signed: { secrets: { token: [token] }, proves: "all" },
		retry: { headers: { "i-twilio-idempotency-token": "another try" } },
		gives: [given],
	};
};

const inline = (name: string, fields: Record<string, string>, given: Given): Sample => ({
	name,
	body: bytes(new URLSearchParams(fields).toString()),
	headers: form,
	gives: [given],
});

const json = bytes('{"MessageSid":"SM1","MessageStatus":"read","To":"whatsapp:+447700900123"}');
const bodySHA256 = createHash("sha256").update(json).digest("hex");
const jsonUrl = `${url}?bodySHA256=${bodySHA256}`;

const samples: readonly Sample[] = [
	// As it came with the sample.
	message("sms-inbound", "TiN31pEGk2woESSWfjQVgZ7iIOM=", {
		type: "message.received",
		id: "SMexample0000000000000000000000001/received",
		identities: ["phone:+447700900123"],
	}),
	message("sms-status", undefined, {
		type: "message.delivered",
		id: "SMexample0000000000000000000000002/delivered",
		identities: ["phone:+447700900123"],
	}),
	message("sms-stop", undefined, {
		type: "message.received",
		id: "SMexample0000000000000000000000003/received",
		identities: ["phone:+447700900123"],
	}),
	{
		name: "JSON, of which the URL has the hash",
		url: jsonUrl,
		body: json,
		headers: {
			"content-type": "application/json",
			"x-twilio-signature": createHmac("sha1", token).update(jsonUrl).digest("base64"),
		},
		signed: { secrets: { token: [token] }, proves: "all" },
		gives: [{ type: "message.read", id: "SM1/read", identities: ["phone:+447700900123"] }],
	},
	inline(
		"a message from a page's inbox",
		{ MessageSid: "SM2", SmsStatus: "received", From: "messenger:103984756", To: "messenger:2" },
		{ type: "message.received", id: "SM2/received", identities: [] },
	),
	inline(
		"a call",
		{ CallSid: "CA1", CallStatus: "completed", From: "+447700900999", To: "+447700900123" },
		{ type: "call.completed", id: "CA1/completed", identities: ["phone:+447700900123"] },
	),
];

testConnector(twilio, {
	samples,
	readme: textOf(file("./README.md")),
	crypto: nodeCrypto,
});

describe("Twilio's signature", () => {
	// twilio-node, spec/validation.spec.js (MIT).
	const secrets = { token: ["12345"] };
	const called = "https://mycompany.com/myapp.php?foo=1&bar=2";
	const fields = { To: "+18005551212", From: "+14158675309", Digits: "1234", Caller: "+14158675309" };
	const body = new URLSearchParams({ CallSid: "CA1234567890ABCDE", ...fields }).toString();
	const verified = (signature: string, to: string, sent: string, type = form["content-type"]): boolean => {
		const configured = twilio.configure({});
		invariant(configured.ok, "a connector needs no settings");
		const verify = openVerifier(configured.value.verification, secrets, nodeCrypto);
		const headers = { "content-type": type, "x-twilio-signature": signature };
		const query = to.slice(to.indexOf("?") + 1);
		return verify({ method: "POST", path: "", query, headers, body: bytes(sent), receivedAt: 0 }, { url: to })
			.ok;
	};
	const right = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
	const withPort = "kvajT1Ptam85bY51eRf/AJRuM3w=";

	it("is of the URL and the form's fields in order", () => {
		expect(verified(right, called, body)).toBe(true);
		expect(verified(right, called, body.replace("Digits=1234", "Digits=1235"))).toBe(false);
		expect(verified(right, `${called}&more=1`, body)).toBe(false);
	});

	it("may have the port in it or not, whatever the hub's own URL says", () => {
		expect(verified(withPort, called, body)).toBe(true);
		expect(verified(withPort, called.replace(".com", ".com:443"), body)).toBe(true);
		expect(verified(right, called.replace(".com", ".com:443"), body)).toBe(true);
	});

	it("is of the URL alone where that has the hash of a JSON body", () => {
		const sent = '{"property": "value", "boolean": true}';
		const hashed = `${called}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620`;
		const signature = "a9nBmqA0ju/hNViExpshrM61xv4=";
		expect(verified(signature, hashed, sent, "application/json")).toBe(true);
		expect(verified(signature, hashed, sent.replace("true", "fals"), "application/json")).toBe(false);
	});
});
