import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { loadProgram } from "../../src/catalog/program.ts";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { checkContextOf } from "../../src/host/definitions.ts";
import { projectRoot, readProgram } from "../../src/host/node/definitions.ts";
import { type Sample, testConnector } from "../../src/kit/testing.ts";
import { testMappings } from "../../src/map/mappings.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { invariant } from "../../src/model/result.ts";
import { openVector, vectors } from "../../src/verify/testing.ts";
import { canVerify, openVerifier } from "../../src/verify/verify.ts";
import { generic } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const readme = new TextDecoder().decode(file("./README.md"));

/** The files that the README shows under a heading, by their names: as its reader would write them. */
function shownUnder(heading: string): Readonly<Record<string, string>> {
	const section = readme.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
	const files = [...section.matchAll(/```yaml\n# (\S+)\n([\s\S]*?)```/g)];
	return Object.fromEntries(files.map(([, name = "", text = ""]) => [name, text]));
}

const settingsUnder = (heading: string): JsonObject => {
	const { "verify.yaml": verify = "", "read.yaml": read = "" } = shownUnder(heading);
	return { verify, read };
};

const base64Hmac = (key: string, ...signed: readonly (string | Uint8Array)[]): string =>
	signed
		.reduce<ReturnType<typeof createHmac>>((hmac, part) => hmac.update(part), createHmac("sha256", key))
		.digest("base64");

const zendesk = bytes(
	'{"kind":"ticket solved","ticket":"35436","at":"2026-06-04T09:59:58Z","requester":"820982911946154508","email":"ada.quill@example.test"}',
);
const zendeskTime = "2026-06-04T10:00:00Z";
const square = bytes(
	'{"merchant_id":"M1","type":"payment.updated","event_id":"6a8f5f28-54a1-4eb0-a98a-3111513fd4fc","created_at":"2026-06-04T10:00:00.1Z","data":{"type":"payment","object":{"payment":{"order_id":"ORD-10041","status":"COMPLETED","customer_id":"SQ-77","amount_money":{"amount":3950,"currency":"EUR"}}}}}',
);
const squareUrl = "https://hub.example.test/in/0123456789abcdef0123456789abcdef";
const commerceLayer = bytes(
	'{"data":{"id":"xYZkjABcde","type":"orders","attributes":{"number":10041,"customer_email":"ada.quill@example.test","updated_at":"2026-06-04T10:00:00.000Z"},"meta":{"mode":"live"}}}',
);

const byField = {
	read: { id: "{field:id}", type: "{field:type}", identities: { id: "{field:customer_id}" } },
};
const hmacHex: JsonObject = {
	kind: "hmac",
	secret: "key",
	algorithm: "sha256",
	signature: { from: "header:X-Signature-256", encoding: "hex", prefix: "sha256=" },
	signed: "{body}",
};

const samples: readonly Sample[] = [
	{
		name: "a ticket of Zendesk",
		settings: settingsUnder("Zendesk"),
		body: zendesk,
		headers: {
			"content-type": "application/json",
			"x-zendesk-webhook-signature": base64Hmac("dGhpc19zZWNyZXQ=", zendeskTime, zendesk),
			"x-zendesk-webhook-signature-timestamp": zendeskTime,
		},
		signed: { secrets: { key: ["dGhpc19zZWNyZXQ="] }, proves: "all" },
		gives: [
			{
				type: "ticket solved",
				id: "ticket solved 35436 2026-06-04T09:59:58Z",
				time: "2026-06-04T09:59:58.000Z",
				identities: ["generic.zendesk_user:820982911946154508", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "a payment of Square",
		settings: settingsUnder("Square"),
		body: square,
		url: squareUrl,
		headers: { "x-square-hmacsha256-signature": base64Hmac("asdf1234", squareUrl, square) },
		signed: { secrets: { key: ["asdf1234"] }, proves: "all" },
		gives: [
			{
				type: "payment.updated",
				id: "6a8f5f28-54a1-4eb0-a98a-3111513fd4fc",
				time: "2026-06-04T10:00:00.100Z",
				identities: ["generic.square_customer:SQ-77"],
			},
		],
	},
	{
		name: "a deleted customer of Square",
		settings: settingsUnder("Square"),
		body: bytes('{"type":"customer.deleted","event_id":"e-2","data":{"object":{"customer":{"id":"SQ-77"}}}}'),
		gives: [
			{
				type: "customer.deleted",
				id: "e-2",
				identities: ["generic.square_customer:SQ-77"],
				control: "erase",
			},
		],
	},
	{
		name: "an order of Commerce Layer",
		settings: settingsUnder("Commerce Layer"),
		body: commerceLayer,
		headers: {
			"content-type": "application/vnd.api+json",
			"x-commercelayer-topic": "orders.approve",
			"x-commercelayer-signature": base64Hmac("c1-secret", commerceLayer),
		},
		signed: { secrets: { key: ["c1-secret"] }, proves: "all" },
		gives: [
			{
				type: "orders.approve",
				time: "2026-06-04T10:00:00.000Z",
				identities: ["email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "a test of Commerce Layer",
		settings: settingsUnder("Commerce Layer"),
		body: bytes('{"data":{"meta":{"mode":"test"}}}'),
		headers: { "x-commercelayer-topic": "orders.approve" },
		gives: [{ type: "orders.approve", identities: [], ignore: "test" }],
	},
	{
		name: "hmac-sha256-hex",
		settings: {
			verify: [hmacHex],
			read: {
				id: "{field:id}",
				type: "{field:type}",
				time: { from: "{field:occurred_at}", unit: "iso" },
				identities: { id: "{field:customer.id}", email: "{field:customer.email}" },
			},
		},
		body: file("./samples/hmac-sha256-hex.txt"),
		headers: {
			"x-signature-256": "sha256=eef95fe3ea790a083f01f85270163ec415e12eae2c26b4d08a008e048ecffcdc",
		},
		signed: { secrets: { key: ["generic_test_secret"] }, proves: "all" },
		gives: [
			{
				type: "purchase",
				id: "g-1",
				time: "2026-06-04T10:00:00.000Z",
				identities: ["id:cust-77", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "ndjson",
		settings: byField,
		body: file("./samples/ndjson.txt"),
		headers: { "content-type": "application/x-ndjson" },
		gives: [
			{ type: "purchase", id: "n-0", identities: ["id:cust-70"] },
			{ type: "purchase", id: "n-1", identities: ["id:cust-71"] },
			{ type: "purchase", id: "n-2", identities: ["id:cust-72"] },
		],
	},
	{
		name: "lines of JSON that are called text",
		settings: { ...byField, body: "ndjson" },
		body: bytes('{"type":"a","customer_id":820982911946154508}\r\n\r\n7\r\n'),
		headers: { "content-type": "text/plain" },
		gives: [
			{ type: "a", identities: ["id:820982911946154508"] },
			{ failed: "the message is not a JSON object", identities: [] },
		],
	},
	{
		name: "a token in the URL, and JSON that is called text, with a byte order mark",
		settings: { ...byField, verify: "- { kind: token, secret: token, from: 'query:code' }" },
		query: "code=correct+horse",
		body: bytes('\uFEFF{"type":"a","id":7}\r\n'),
		headers: { "content-type": "text/plain" },
		signed: { secrets: { token: ["correct horse"] }, proves: "all" },
		gives: [{ type: "a", id: "7", identities: [] }],
	},
	{
		name: "a list",
		settings: byField,
		body: bytes('[{"type":"a"},{"type":"b"}]'),
		gives: [
			{ type: "a", identities: [] },
			{ type: "b", identities: [] },
		],
	},
	{
		name: "a list under a path, with a user and a password",
		settings: { ...byField, messages: "data.items", verify: [{ kind: "basic", secret: "basic" }] },
		body: bytes('{"data":{"items":[{"type":"a"}]},"type":"page"}'),
		headers: { authorization: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		signed: { secrets: { basic: ["Aladdin:open sesame"] }, proves: "all" },
		gives: [{ type: "a", identities: [] }],
	},
	{
		name: "one message under a path",
		settings: { ...byField, messages: "event" },
		body: bytes('{"event":{"type":"a"}}'),
		gives: [{ type: "a", identities: [] }],
	},
	{
		name: "a form, whose names nest",
		settings: { ...byField, read: { type: "{field:a.type}", identities: { email: "{field:a.email}" } } },
		body: bytes("a[type]=order&a%5Bemail%5D=ada%40example.test"),
		headers: { "content-type": "application/x-www-form-urlencoded" },
		gives: [{ type: "order", identities: ["email:ada@example.test"] }],
	},
	{
		name: "a form of which a field is a list as JSON",
		settings: { ...byField, messages: "events" },
		body: bytes(`n=2&events=${encodeURIComponent('[{"type":"a","id":12345678901234567890},{"type":"b"}]')}`),
		headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
		gives: [
			{ type: "a", id: "12345678901234567890", identities: [] },
			{ type: "b", identities: [] },
		],
	},
	{
		name: "a form of which a field is one message",
		settings: { ...byField, body: "form", messages: "payload" },
		body: bytes(`payload=${encodeURIComponent('{"type":"a"}')}`),
		gives: [{ type: "a", identities: [] }],
	},
	{
		name: "a token in a field of the body, and XML",
		settings: {
			read: { type: "{field:order.state}", identities: { id: "{field:order.customer}" } },
			verify: [{ kind: "token", secret: "token", from: "field:order.token" }],
		},
		body: bytes("<order><token>t-0</token><state>paid</state><customer>0070</customer></order>"),
		headers: { "content-type": "text/xml" },
		signed: { secrets: { token: ["t-0"] }, proves: "all" },
		gives: [{ type: "paid", identities: ["id:0070"] }],
	},
	{
		name: "two persons who are one",
		settings: {
			read: {
				type: "{field:type}",
				identities: { "generic.user": ["{field:keep}", "{field:drop}"] },
				merge: {
					when: { "field:type": "merged" },
					from: { kind: "generic.user", value: "{field:drop}" },
					into: { kind: "generic.user", value: "{field:keep}" },
				},
			},
		},
		body: bytes('{"type":"merged","keep":1,"drop":2}'),
		gives: [
			{
				type: "merged",
				identities: ["generic.user:1", "generic.user:2"],
				control: "merge",
				merge: { from: "generic.user:2", into: "generic.user:1" },
			},
		],
	},
	{
		name: "what an endpoint without settings reads",
		body: bytes('{"id":"m","type":"a","time":"2026-06-04T10:00:00Z","email":"ada@example.test"}'),
		gives: [{ type: "a", id: "m", time: "2026-06-04T10:00:00.000Z", identities: [] }],
	},
];

const settings = { handshakes: shownUnder("Handshakes")["handshakes.yaml"] ?? "" };
const text = "text/plain; charset=UTF-8";

testConnector(generic, {
	samples,
	handshakes: [
		{
			name: "a challenge",
			settings,
			method: "GET",
			query: "challenge=c-1",
			answers: { status: 200, type: text, body: "c-1" },
		},
		{
			name: "a challenge in the body",
			settings,
			body: bytes('{"type":"url_verification","challenge":"c\\"1"}'),
			answers: { status: 200, type: "application/json", body: '{"challenge":"c\\"1"}' },
		},
		{
			name: "a subscription with its token",
			settings,
			method: "GET",
			query: "hub.mode=subscribe&hub.verify_token=meatyhamhock&hub.challenge=1158201444",
			secrets: { token: ["meatyhamhock"] },
			answers: { status: 200, type: text, body: "1158201444" },
		},
		{
			name: "a subscription with another token",
			settings,
			method: "GET",
			query: "hub.mode=subscribe&hub.verify_token=other&hub.challenge=1158201444",
			secrets: { token: ["meatyhamhock"] },
			answers: "refused",
		},
	],
	readme,
	crypto: nodeCrypto,
});

const configured = (given: JsonObject) => {
	const result = generic.configure(given);
	if (!result.ok) throw new Error(result.failure.join("\n"));
	return result.value;
};
const refusals = (given: JsonObject): string => {
	const result = generic.configure(given);
	return result.ok ? "" : result.failure.join("\n");
};

describe("a generic endpoint", () => {
	it.each(vectors)("verifies as a person could have written it: $name", (vector) => {
		const { secrets, delivery, url } = openVector(vector);
		const { verification } = configured({ verify: JSON.stringify(vector.schemes) });
		expect(canVerify(verification, secrets, nodeCrypto)).toBe(true);
		const verify = openVerifier(verification, secrets, nodeCrypto);
		expect(verify(delivery, { url })).toMatchObject({ ok: true, signed: true });
		const other = Object.fromEntries(Object.keys(secrets).map((name) => [name, ["other"]]));
		expect(openVerifier(verification, other, nodeCrypto)(delivery, { url }).ok).toBe(false);
	});

	it("has its methods, its answer, its formats and its patience from its settings", () => {
		const { connector } = configured({
			methods: "PUT,POST",
			answer: "{ status: 202, json: { ok: true } }",
			retryHours: "72",
		});
		expect(connector).toMatchObject({
			methods: new Set(["PUT", "POST"]),
			answer: { status: 202, json: { ok: true } },
			retriesForMs: 259_200_000,
		});
		expect(configured({}).connector).toMatchObject({
			methods: new Set(["POST"]),
			answer: undefined,
			retriesForMs: 86_400_000,
		});
	});

	it("verifies a compressed body as it came, or inflated where its sender signs it so", () => {
		const received = gzipSync(commerceLayer);
		const [, verify] = Object.entries(settingsUnder("Commerce Layer"))[0] ?? [];
		const verifies = (signedBytes: string, signed: Uint8Array) =>
			openVerifier(
				configured({ verify: verify ?? "", signedBytes }).verification,
				{ key: ["c1-secret"] },
				nodeCrypto,
			)(
				{
					method: "POST",
					path: "",
					query: "",
					headers: { "x-commercelayer-signature": base64Hmac("c1-secret", signed) },
					body: commerceLayer,
					receivedAt: 0,
				},
				{ url: squareUrl, received },
			).ok;
		expect(verifies("received", received)).toBe(true);
		expect(verifies("received", commerceLayer)).toBe(false);
		expect(verifies("inflated", commerceLayer)).toBe(true);
		expect(verifies("inflated", received)).toBe(false);
	});

	it("is the same when its settings are set again", () => {
		const { settings: set } = configured({ ...settingsUnder("Zendesk"), ...settings, answer: "status: 204" });
		expect(configured(set).settings).toEqual(set);
	});

	it("takes no settings that are wrong, and says where in them", () => {
		expect(refusals({ verify: JSON.stringify([{ ...hmacHex, signed: "{boddy}" }]) })).toContain(
			"verify: 0.signed: there is no token {boddy}; there are {body}, {bodyTrimmed}",
		);
		expect(refusals({ verify: [{ ...hmacHex, secret: "shared" }] })).toContain(
			'verify: 0: there is no secret "shared"; there are key, token, basic, consumer',
		);
		expect(
			refusals({ verify: [{ kind: "firstOf", schemes: [hmacHex, { kind: "bearer", secret: "a" }] }] }),
		).toContain('there is no secret "a"');
		expect(
			refusals({
				handshakes: [
					{
						method: "GET",
						proof: { kind: "token", secret: "a", from: "query:a" },
						answer: { status: 200 },
					},
				],
			}),
		).toContain('handshakes: 0: there is no secret "a"');
		expect(refusals({ read: "type: a\nidentities: { id: '{field:a}' }\nperson: b" })).toContain(
			'read: knows no "person"',
		);
		expect(refusals({ answer: "{ status: 99 }" })).toContain("answer: status: ");
		expect(refusals({ methods: "post" })).toContain("is none of POST, PUT, PATCH, GET, DELETE");
		expect(refusals({ retryHours: "soon" })).toContain("retryHours: ");
	});

	it("says why a body has no messages", () => {
		const { messages } = configured({ messages: "data.items" });
		const delivery = { method: "POST", path: "", query: "", headers: {}, body: bytes(""), receivedAt: 0 };
		expect(messages({ data: {} }, delivery)).toEqual({
			ok: false,
			failure: "there are no messages at data.items",
		});
		expect(messages({ data: { items: "[" } }, delivery)).toEqual({
			ok: false,
			failure: "what is at data.items is no JSON: the text ends before the JSON does",
		});
	});

	it("says what is still to be done", () => {
		const advice = (given: JsonObject, ...secrets: string[]) =>
			configured(given).advice(new Set(secrets)).join(" ");
		expect(advice({})).toContain("everything is refused");
		expect(advice({})).toContain("no erasure finds it");
		expect(advice({ unsigned: "accept" })).toContain("whoever learns the URL");
		expect(advice({ verify: [hmacHex] })).toContain("None of the secrets");
		expect(advice({ ...byField, verify: [hmacHex] }, "key")).toBe(
			"Its mappings are yours: mappings/local, with `from: generic/` and the endpoint's name.",
		);
	});
});

it("The README shows a mapping that is sound and passes its tests", () => {
	const { program } = loadProgram(readProgram(projectRoot));
	invariant(program !== undefined, "the shipped program is sound");
	const [path = "", mapping = ""] =
		Object.entries(shownUnder("Square")).find(([name]) => name.startsWith("mappings/")) ?? [];
	expect(mapping).toContain("tests:");
	const shown = { name: "square/payment", path, text: mapping, version: "1" };
	expect(testMappings([shown], checkContextOf(program))).toEqual([]);
});
