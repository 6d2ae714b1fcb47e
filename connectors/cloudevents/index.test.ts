import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadProgram } from "../../src/catalog/program.ts";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { checkContextOf } from "../../src/host/definitions.ts";
import { projectRoot, readProgram } from "../../src/host/node/definitions.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { testMappings } from "../../src/map/mappings.ts";
import { invariant } from "../../src/model/result.ts";
import { openHandshakes } from "../../src/verify/handshake.ts";
import { cloudevents } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const readme = new TextDecoder().decode(file("./README.md"));

const paid: Given = {
	type: "test.example.order.paid",
	id: "/shop/leafworks A234-1234-1234",
	time: "2026-06-04T10:00:00.000Z",
	identities: ["id:cust-77"],
};
const bySubject = { customer: "subject" };
const nobody = { ...paid, identities: [] };

/** Of the specification's binary mode: attributes that are headers. */
const binary = {
	"ce-specversion": "1.0",
	"ce-id": "A234-1234-1234",
	"ce-source": "/shop/leafworks",
	"ce-type": "test.example.order.paid",
	"ce-time": "2026-06-04T10:00:00Z",
	"content-type": "application/json",
};
const { "content-type": _json, ...attributes } = binary;

const samples: readonly Sample[] = [
	{
		name: "structured, with a bearer token",
		settings: bySubject,
		body: file("./samples/structured.json"),
		headers: {
			"content-type": "application/cloudevents+json; charset=UTF-8",
			authorization: "Bearer mF_9.B5f-4.1JqM",
		},
		signed: { secrets: { token: ["mF_9.B5f-4.1JqM"] }, proves: "all" },
		gives: [paid],
	},
	{
		name: "batch, with a token in the URL",
		settings: bySubject,
		query: "access_token=mF_9.B5f-4.1JqM",
		body: file("./samples/batch.json"),
		headers: { "content-type": "application/cloudevents-batch+json; charset=UTF-8" },
		signed: { secrets: { token: ["mF_9.B5f-4.1JqM"] }, proves: "all" },
		gives: [paid, { ...paid, type: "test.example.order.refunded", id: "/shop/leafworks A234-1234-1235" }],
	},
	{
		name: "structured-base64",
		body: file("./samples/structured-base64.json"),
		headers: { "content-type": "application/cloudevents+json" },
		gives: [nobody],
	},
	{
		name: "binary mode, with an attribute that is percent-encoded",
		settings: bySubject,
		body: file("./samples/binary.json"),
		headers: { ...binary, "ce-subject": "Euro%20%E2%82%AC%20%F0%9F%98%80" },
		gives: [{ ...paid, identities: ["id:Euro € 😀"] }],
	},
	{
		name: "binary mode, with a customer in its data",
		body: bytes('{"customer_id":820982911946154508,"email":"ada.quill@example.test"}'),
		headers: binary,
		gives: [{ ...paid, identities: ["id:820982911946154508", "email:ada.quill@example.test"] }],
	},
	{
		name: "binary mode, with attributes in quotes",
		settings: bySubject,
		headers: {
			...attributes,
			"ce-type": '"test.example.order.paid"',
			"ce-subject": '"Ada \\"the Quill\\" %E2%82%AC"',
		},
		gives: [{ ...paid, identities: ['id:Ada "the Quill" €'] }],
	},
	{ name: "binary mode without data", headers: attributes, gives: [nobody] },
	{
		name: "binary mode with a percent sign that begins no escape",
		settings: bySubject,
		headers: { ...attributes, "ce-subject": "100%" },
		gives: [{ ...paid, identities: ["id:100%"] }],
	},
	{
		name: "an empty batch",
		body: bytes("[]"),
		headers: { "content-type": "application/cloudevents-batch+json" },
		gives: [],
	},
	{
		name: "events that lack what every event has",
		body: bytes(
			'[{"specversion":"1.0","source":"/s","type":"t"},{"specversion":"1.0","id":"1","type":"t"},' +
				'{"specversion":"1.0","id":"1","source":"/s"},{"id":"1","source":"/s","type":"t"},' +
				'{"specversion":"0.3","id":"1","source":"/s","type":"t"},{"specversion":"1.0","id":"","source":"/s","type":"t"},' +
				'{"specversion":1.0,"id":"1","source":"/s","type":"t"},7]',
		),
		headers: { "content-type": "application/cloudevents-batch+json" },
		gives: [
			{ failed: "the event has no id", identities: [] },
			{ failed: "the event has no source", identities: [] },
			{ failed: "the event has no type", identities: [] },
			{ failed: "the event has no specversion", identities: [] },
			{ failed: "the event is of another version than 1.0", identities: [] },
			{ failed: "the event has no id", identities: [] },
			{ failed: "the event has no specversion", identities: [] },
			{ failed: "the message is not a JSON object", identities: [] },
		],
	},
];

const handshake = bytes("");
testConnector(cloudevents, {
	samples,
	handshakes: [
		{
			name: "a sender",
			method: "OPTIONS",
			headers: { "webhook-request-origin": "eventemitter.example.test", "webhook-request-rate": "120" },
			body: handshake,
			answers: { status: 200, body: null },
		},
		{
			name: "a sender that may send",
			settings: { origins: "other.example.test,eventemitter.example.test" },
			method: "OPTIONS",
			headers: { "webhook-request-origin": "eventemitter.example.test" },
			answers: { status: 200, body: null },
		},
		{
			name: "another that may",
			settings: { origins: "other.example.test,eventemitter.example.test" },
			method: "OPTIONS",
			headers: { "webhook-request-origin": "other.example.test" },
			answers: { status: 200, body: null },
		},
	],
	readme,
	crypto: nodeCrypto,
});

describe("a CloudEvents endpoint", () => {
	const configured = (settings: Record<string, string>) => {
		const result = cloudevents.configure(settings);
		if (!result.ok) throw new Error(result.failure.join("\n"));
		return result.value;
	};
	const contents = (body: string, headers: Record<string, string>) =>
		configured({}).messages(null, {
			method: "POST",
			path: "",
			query: "",
			headers,
			body: bytes(body),
			receivedAt: 0,
		});
	const structured = { "content-type": "application/cloudevents+json" };
	const head = { specversion: "1.0", id: "1", source: "/s", type: "t" };

	it("reads all modes as one event", () => {
		const event = { ...head, datacontenttype: "application/json", data: { a: 1 } };
		const headers = {
			"ce-specversion": "1.0",
			"ce-id": "1",
			"ce-source": "/s",
			"ce-type": "t",
			"content-type": "application/json",
		};
		const one = { ok: true, value: [event] };
		expect(contents(JSON.stringify(event), structured)).toEqual(one);
		expect(
			contents(JSON.stringify([event]), { "content-type": "application/cloudevents-batch+json" }),
		).toEqual(one);
		expect(contents('{"a":1}', headers)).toEqual(one);
		expect(contents(JSON.stringify(event), {})).toEqual(one);
		// RFC 4648: {"a":1} is eyJhIjoxfQ==.
		const encoded = { ...head, datacontenttype: "application/json", data_base64: "eyJhIjoxfQ==" };
		expect(contents(JSON.stringify(encoded), structured)).toEqual(one);
	});

	it("leaves data that is no JSON as it is", () => {
		const event = { ...head, datacontenttype: "application/octet-stream", data_base64: "eyJhIjoxfQ==" };
		expect(contents(JSON.stringify(event), structured)).toEqual({ ok: true, value: [event] });
		const wrong = { ...head, data_base64: "%" };
		expect(contents(JSON.stringify(wrong), structured)).toEqual({ ok: true, value: [wrong] });
		const headers = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t" };
		expect(contents("héllo", { ...headers, "content-type": "text/plain; charset=utf-8" })).toEqual({
			ok: true,
			value: [{ ...head, datacontenttype: "text/plain; charset=utf-8", data: "héllo" }],
		});
		expect(contents("\u0000", { ...headers, "content-type": "image/png" })).toEqual({
			ok: true,
			value: [{ ...head, datacontenttype: "image/png" }],
		});
	});

	it("says what it does not read", () => {
		expect(contents("<a/>", { "content-type": "application/cloudevents+xml" })).toEqual({
			ok: false,
			failure: "events are read in JSON alone",
		});
		expect(contents("{}", { "content-type": "application/cloudevents-batch+json" })).toEqual({
			ok: false,
			failure: "the batch is no JSON list",
		});
		expect(contents("{", structured)).toEqual({ ok: false, failure: "the text ends before the JSON does" });
		expect(contents("{", { "ce-specversion": "1.0", "content-type": "application/json" })).toEqual({
			ok: false,
			failure: "the text ends before the JSON does",
		});
	});

	it("tells a sender who asks that it may send, and how often", () => {
		const { handshakes } = configured({ rate: "120" }).connector;
		expect(handshakes.map(({ answer }) => answer.headers)).toEqual([
			{
				Allow: "POST",
				"WebHook-Allowed-Origin": "{header:WebHook-Request-Origin}",
				"WebHook-Allowed-Rate": "120",
			},
		]);
		expect(cloudevents.configure({ rate: "many" })).toMatchObject({ ok: false });
	});

	it("answers in the headers that a sender looks for", () => {
		const ask = (settings: Record<string, string>) =>
			openHandshakes(configured(settings).connector.handshakes, {
				secrets: {},
				crypto: nodeCrypto,
				verify: () => ({ ok: true, proved: "all", signed: false }),
			}).greet(
				{
					method: "OPTIONS",
					path: "",
					query: "",
					headers: { "webhook-request-origin": "eventemitter.example.test" },
					body: bytes(""),
					receivedAt: 0,
				},
				{ url: "https://hub.example.test/in/token" },
			);
		expect(ask({ rate: "100" })).toMatchObject({
			answer: {
				headers: {
					Allow: "POST",
					"WebHook-Allowed-Origin": "eventemitter.example.test",
					"WebHook-Allowed-Rate": "100",
				},
			},
		});
		expect(ask({ origins: "other.example.test" })).toBeUndefined();
	});

	it("says what protects it", () => {
		expect(configured({ unsigned: "accept" }).advice(new Set()).join()).toContain("Nothing proves who sends");
		expect(
			configured({})
				.advice(new Set(["token"]))
				.join(),
		).not.toContain("Nothing");
	});
});

it("The README shows a mapping that is sound and passes its tests", () => {
	const { program } = loadProgram(readProgram(projectRoot));
	invariant(program !== undefined, "the shipped program is sound");
	const [, indented = ""] = /```yaml\n([\s\S]*?)```/.exec(readme) ?? [];
	const text = indented.replaceAll(/^ {3}/gm, "");
	expect(text).toContain("tests:");
	const shown = { name: "orders/paid", path: "README.md", text, version: "1" };
	expect(testMappings([shown], checkContextOf(program))).toEqual([]);
});
