import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Handshaken, type Sample, testConnector } from "../../src/kit/testing.ts";
import { normalise } from "../../src/normalise/normalise.ts";
import { eloqua } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const secrets = { clientId: ["7b95fe48-6598"], clientSecret: ["a1ba63f9-aae1"] };
const notify = file("./samples/action-notify.json");
const endpoint = "https://hub.example.test/in/0123456789abcdef0123456789abcdef";

const escaped = (text: string): string =>
	encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** As Eloqua documents it: RFC 5849, but that parameters are sorted without regard to case. Its own two vectors are below. */
function signedUrl(method: string, path: string, parameters: Readonly<Record<string, string>>): string {
	const all = {
		...parameters,
		oauth_consumer_key: secrets.clientId[0] ?? "",
		oauth_nonce: "9bd5cd8b",
		oauth_signature_method: "HMAC-SHA1",
		oauth_timestamp: "1780567200",
		oauth_version: "1.0",
	};
	const pairs = Object.entries(all)
		.toSorted(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
		.map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
	const base = [method, escaped(`${endpoint}${path}`), escaped(pairs.join("&"))].join("&");
	const signature = createHmac("sha1", `${secrets.clientSecret[0]}&`).update(base).digest("base64");
	return `${endpoint}${path}?${new URLSearchParams({ ...all, oauth_signature: signature })}`;
}

const step = { service: "join", instance: "f82d50cd", asset: "45", execution: "12345" };

const call = (name: string, parameters: Readonly<Record<string, string>>, more: Partial<Sample>): Sample => ({
	name,
	path: "/notify",
	url: signedUrl("POST", "/notify", parameters),
	headers: { "content-type": "application/json" },
	body: notify,
	signed: { secrets, proves: "all" },
	gives: [],
	...more,
});

const samples: readonly Sample[] = [
	call("action-notify.json", step, {
		gives: [
			{
				type: "join",
				id: "f82d50cd:12345:77",
				identities: ["eloqua.contact:77", "email:ada.quill@example.test"],
			},
			{ type: "join", id: "f82d50cd:12345:78", identities: ["eloqua.contact:78", "email:bo@example.test"] },
		],
	}),
	call(
		"a step whose asset has blanks in its name and a parameter in capitals",
		{ ...step, AssetName: "June double points (2026)!" },
		{
			body: bytes('{"items":[{"ContactID":"820982911946154508"}]}'),
			gives: [
				{
					type: "join",
					id: "f82d50cd:12345:820982911946154508",
					identities: ["eloqua.contact:820982911946154508"],
				},
			],
		},
	),
	call(
		"a step of an execution that the URL does not name, which its content stands in for",
		{ service: "update", execution: "" },
		{
			body: bytes('{"items":[{"ContactID":"77"}]}'),
			gives: [{ type: "update", identities: ["eloqua.contact:77"] }],
		},
	),
	call(
		"a step whose URL does not say what it means",
		{ execution: "1", instance: "2" },
		{
			body: bytes('{"items":[{"ContactID":"77"}]}'),
			gives: [
				{
					failed:
						"the URL has no service, which says what the step means: add service=join or another to the Notification URL",
					identities: ["eloqua.contact:77"],
				},
			],
		},
	),
];

const createResponse = JSON.stringify(
	JSON.parse(new TextDecoder().decode(file("./samples/create-response.json"))),
);

const asked = (method: string, path: string, answers: Handshaken["answers"]): Handshaken => ({
	name: `${method} ${path}`,
	method,
	path,
	url: signedUrl(method, path, { instance: "f82d50cd" }),
	body: bytes("{}"),
	secrets,
	answers,
});

/** https://docs.oracle.com/en/cloud/saas/marketing/eloqua-develop, "Validating a call signature". */
const published = (parameters: string, signature: string): Handshaken => ({
	name: `the call of Eloqua's documentation with ${parameters}`,
	path: "/create",
	url: `https://example.com/eloqua/action/create?${parameters}&oauth_consumer_key=test_client_id&oauth_nonce=1234567&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1427308921&oauth_version=1.0&oauth_signature=${encodeURIComponent(signature)}`,
	receivedAt: "2015-03-25T18:42:05Z",
	secrets: { clientId: ["test_client_id"], clientSecret: ["test_client_secret"] },
	answers: { status: 200, body: createResponse, type: "application/json" },
});

testConnector(eloqua, {
	samples,
	handshakes: [
		asked("POST", "/enable", { status: 200, body: null }),
		asked("GET", "/status", { status: 200, body: null }),
		asked("POST", "/create", { status: 200, body: createResponse, type: "application/json" }),
		asked("GET", "/configure", {
			status: 200,
			body: "There is nothing to configure here: who reaches this step is sent to the hub.",
			type: "text/plain; charset=UTF-8",
		}),
		asked("DELETE", "/delete", { status: 204, body: null }),
		published("param1=value1&param2=value2", "EYKturXzLWMliisf/K9ySFFtgNo="),
		published("Special!Character=test@test&AssetName=Campaign+With+Spaces", "WeeqcIooECjp2LEGPlkabKVhkEo="),
		{
			...asked("POST", "/create", "refused"),
			name: "a stranger",
			url: `${endpoint}/create?instance=f82d50cd`,
		},
	],
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("a call of Eloqua", () => {
	const configured = eloqua.configure({});
	if (!configured.ok) throw new Error("everything has defaults");
	const read = (body: string, query = "service=join") =>
		normalise(configured.value, {
			method: "POST",
			path: "/notify",
			query,
			headers: {},
			body: bytes(body),
			receivedAt: 0,
		});

	it("that only pings says what to set", () => {
		const failure = "the call names no contacts: set the service's Records per Notification above 0";
		expect(read('{"offset":0,"limit":1000,"totalResults":2,"count":0,"items":[]}')).toEqual({
			ok: false,
			failure,
		});
		expect(read("{}")).toEqual({ ok: false, failure });
	});

	it("keeps what a contact's fields are called apart from what the URL says", () => {
		const contents = read('{"items":[{"service":"update","execution":"7"}]}');
		expect(contents).toMatchObject({
			ok: true,
			value: [
				{
					message: {
						content: { service: "join", contact: { service: "update", execution: "7" } },
						type: "join",
					},
				},
			],
		});
	});
});
