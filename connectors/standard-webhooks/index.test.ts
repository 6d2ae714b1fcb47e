import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Sample, testConnector } from "../../src/kit/testing.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { standardWebhooks } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));

const body = file("./samples/customer-tier-changed.txt");
const secret = "whsec_bG95YWx0eS1odWItdGVzdC1rZXktMDEyMw==";
const headers = {
	"content-type": "application/json",
	"webhook-id": "msg_2kQExample",
	"webhook-timestamp": "1780567200",
	"webhook-signature": "v1,inOsx1ztFGKZ5NwFzgduzgfxE0bnh0sOiya98MOrH4g=",
};
const gives = [
	{
		type: "customer.tier_changed",
		id: "msg_2kQExample",
		time: "2026-06-04T10:00:00.000Z",
		identities: ["id:cust-77"],
	},
];

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const rawKey = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
const signedContent = Buffer.concat([Buffer.from("msg_2kQExample.1780567200."), body]);
const ed25519 = `v1a,${sign(null, signedContent, privateKey).toString("base64")}`;

const svix = Object.fromEntries(
	Object.entries(headers).map(([name, value]) => [name.replace("webhook", "svix"), value]),
);

const samples: readonly Sample[] = [
	{
		name: "a message signed with a shared secret",
		body,
		headers,
		signed: { secrets: { signing: [secret] }, proves: "all" },
		// Each try is signed anew.
		retry: { headers: { "webhook-timestamp": "1780567800", "webhook-signature": "v1,AAAA" } },
		gives,
	},
	{
		name: "a message signed with the sender's own key",
		body,
		headers: { ...headers, "webhook-signature": ed25519 },
		signed: { secrets: { publicKey: [`whpk_${rawKey.toString("base64")}`] }, proves: "all" },
		gives,
	},
	{
		name: "a message of Svix",
		body,
		headers: svix,
		signed: { secrets: { signing: [secret] }, proves: "all" },
		gives,
	},
	{
		// The specification's own library, libraries/javascript/src/webhook.test.ts (MIT).
		name: "the specification's own example",
		body: new TextEncoder().encode('{"test": 2432232314}'),
		headers: {
			"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
			"webhook-timestamp": "1614265330",
			"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		},
		receivedAt: "2021-02-25T15:02:11Z",
		signed: { secrets: { signing: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] }, proves: "all" },
		gives: [{ type: "", id: "msg_p5jXN8AQM9LWM0D4loKWxJek", identities: [] }],
	},
	{
		name: "a customer under other names",
		settings: { customer: "data.member.number", email: "contact" },
		body: new TextEncoder().encode('{"type":"a","data":{"member":{"number":7}},"contact":"a@b.test"}'),
		headers: { "webhook-id": "m" },
		gives: [{ type: "a", id: "m", identities: ["id:7", "email:a@b.test"] }],
	},
	{
		name: "a list, which no one message is",
		body: new TextEncoder().encode("[{},{}]"),
		headers: { "webhook-id": "m" },
		gives: [{ failed: "the message is not a JSON object", identities: [] }],
	},
];

testConnector(standardWebhooks, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("a signature of Standard Webhooks", () => {
	const configured = standardWebhooks.configure({});
	if (!configured.ok) throw new Error("everything has defaults");
	const { verification } = configured.value;
	const shown = (signature: string, secrets: Record<string, string[]>) =>
		openVerifier(
			verification,
			secrets,
			nodeCrypto,
		)(
			{
				method: "POST",
				path: "",
				query: "",
				headers: { ...headers, "webhook-signature": signature },
				body,
				receivedAt: Date.parse("2026-06-04T10:00:01Z"),
			},
			{ url: "https://hub.example.test/in/token" },
		).ok;
	const right = headers["webhook-signature"];

	it("may be one of several, with versions before it that nobody knows", () => {
		expect(shown(`v9,abc v1,AAAA ${right}`, { signing: [secret] })).toBe(true);
		expect(shown(`v1,AAAA ${ed25519}`, { publicKey: [rawKey.toString("base64")] })).toBe(true);
		expect(shown(`v9${right.slice(2)}`, { signing: [secret] })).toBe(false);
	});

	it("is refused with blanks around it, and as the other version", () => {
		expect(shown(`v1, ${right.slice(3)}`, { signing: [secret] })).toBe(false);
		expect(shown(`v1a${right.slice(2)}`, { signing: [secret], publicKey: [rawKey.toString("base64")] })).toBe(
			false,
		);
	});
});
