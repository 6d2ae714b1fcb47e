import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { normalise } from "../../src/normalise/normalise.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { segment } from "./index.ts";
import signatures from "./samples/signatures.json" with { type: "json" };

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const ada = ["id:cust-77", "anonymous:7b2f0c3e-61d0-4b52-9d75-1a2f38ae0c11", "email:ada.quill@example.test"];
const time = "2026-06-04T10:00:00.435Z";

const webhook = (name: string, gives: Given): Sample => ({
	name,
	body: file(`./samples/${name}.json`),
	gives: [gives],
});

const [single, batch] = signatures;
const unsigned = { settings: { unsigned: "accept" } };
const nameless: Given = { type: "", identities: [] };

const samples: readonly Sample[] = [
	webhook("webhook-track-order-completed", {
		type: "track",
		id: "node-next-1717495200123-2f1b6a0e-70d3-4d0e-9a57-5b2a0c9de001",
		time,
		identities: ada,
	}),
	webhook("webhook-track-order-refunded-partial", {
		type: "track",
		id: "node-next-1717581600000-aa10",
		time,
		identities: ada,
	}),
	webhook("webhook-track-order-cancelled", {
		type: "track",
		id: "node-next-1717585200000-aa11",
		time,
		identities: ada,
	}),
	webhook("webhook-track-product-viewed", {
		type: "track",
		id: "ajs-next-1717495000000-aa12",
		time,
		identities: ["anonymous:7b2f0c3e-61d0-4b52-9d75-1a2f38ae0c11", "email:ada.quill@example.test"],
	}),
	webhook("webhook-track-product-reviewed", {
		type: "track",
		id: "node-next-1717495300000-aa13",
		time,
		identities: ada,
	}),
	webhook("webhook-track-signed-up-b2b", {
		type: "track",
		id: "node-next-1717495400000-aa14",
		time,
		identities: [...ada, "phone:+442071234567"],
	}),
	webhook("webhook-track-trial-ended-b2b", {
		type: "track",
		id: "node-next-1717495500000-aa15",
		time,
		identities: ada,
	}),
	webhook("webhook-track-email-link-clicked", { type: "track", id: "em-000172", time, identities: ada }),
	webhook("webhook-identify", {
		type: "identify",
		id: "node-next-1717495100000-aa16",
		time,
		identities: [...ada, "phone:+442071234567"],
	}),
	webhook("webhook-group", { type: "group", id: "node-next-1717495100001-aa17", time, identities: ada }),
	webhook("webhook-alias", {
		type: "alias",
		id: "node-next-1717495100002-aa18",
		time,
		identities: [
			"id:cust-77",
			"anonymous:7b2f0c3e-61d0-4b52-9d75-1a2f38ae0c11",
			"id:7b2f0c3e-61d0-4b52-9d75-1a2f38ae0c11",
			"email:ada.quill@example.test",
		],
	}),
	webhook("webhook-page", { type: "page", id: "ajs-next-1717495100003-aa19", time, identities: ada }),
	webhook("webhook-screen", { type: "screen", id: "ios-1717495100004-aa20", time, identities: ada }),
	webhook("webhook-delete", {
		type: "delete",
		time: "2026-06-05T08:00:00.000Z",
		identities: ["id:cust-77"],
		control: "erase",
	}),
	{
		name: "one signed webhook of any shape",
		body: bytes(single?.body ?? ""),
		headers: { "x-signature": single?.signature ?? "" },
		signed: { secrets: { shared: ["abc123"] }, proves: "all" },
		gives: [nameless],
	},
	{
		name: "a batch, of which the first is signed",
		body: bytes(batch?.body ?? ""),
		headers: { "x-signature": batch?.signature ?? "" },
		signed: { secrets: { shared: ["abc123"] }, proves: "first" },
		gives: [nameless, nameless],
	},
	{
		name: "a batch of three, of which the first is signed",
		body: file("./samples/signature-batch.txt"),
		headers: { "x-signature": "969f0bef17a91b5f9c58c7a63bc9d5cd9ff22fb6" },
		signed: { secrets: { shared: ["batch-secret"] }, proves: "first" },
		gives: [nameless, nameless, nameless],
	},
	{
		name: "a batch with the secret header",
		body: bytes(batch?.body ?? ""),
		headers: { "x-signature": batch?.signature ?? "", "x-hub-secret": "correct horse battery staple" },
		signed: { secrets: { shared: ["abc123"], header: ["correct horse battery staple"] }, proves: "all" },
		gives: [nameless, nameless],
	},
	{
		name: "a batch of the Extensible Webhook",
		body: bytes('[{"json":{"cool":false}},{"json":{"cool":true}}]'),
		headers: { "x-signature": batch?.signature ?? "" },
		signed: { secrets: { shared: ["abc123"] }, proves: "first" },
		gives: [nameless, nameless],
	},
	{
		name: "a batch of one",
		body: bytes('[{"cool":false}]'),
		headers: { "x-signature": batch?.signature ?? "" },
		signed: { secrets: { shared: ["abc123"] }, proves: "all" },
		gives: [nameless],
	},
	{
		name: "tracking-api-batch-analytics-node",
		path: "/v1/batch",
		body: file("./samples/tracking-api-batch-analytics-node.json"),
		gives: [
			{ type: "track", id: "node-next-1717495200123-1c0de", time, identities: ["id:cust-77"] },
			{
				type: "identify",
				id: "node-next-1717495200124-1c0df",
				time: "2026-06-04T10:00:00.436Z",
				identities: ["id:cust-77", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "tracking-api-identify",
		path: "/v1/identify",
		body: file("./samples/tracking-api-identify.json"),
		gives: [
			{
				type: "identify",
				time: "2026-06-04T10:00:00.123Z",
				identities: ["id:cust-77", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "analyticsjs-t",
		path: "/v1/t",
		body: file("./samples/analyticsjs-t.txt"),
		gives: [
			{
				type: "track",
				id: "ajs-next-1717495201000-9b1f",
				time: "2026-06-04T10:00:00.800Z",
				identities: ["anonymous:7b2f0c3e-61d0-4b52-9d75-1a2f38ae0c11"],
			},
		],
	},
	{
		name: "a tracking batch with events that Segment would drop",
		path: "/v1/batch",
		body: bytes(
			'{"batch":[{"type":"track","userId":"u"},{"type":"track","event":"E"},{"type":"group","userId":"u"},' +
				'{"type":"alias","userId":"u"},{"type":"delete","userId":"u"},7,{"type":"page","anonymousId":"a"}]}',
		),
		gives: [
			{ failed: "the track has no event name", identities: ["id:u"] },
			{ failed: "the event has neither userId nor anonymousId", identities: [] },
			{ failed: "the group has no groupId", identities: ["id:u"] },
			{ failed: "the alias has no previousId", identities: ["id:u"] },
			{
				failed: "the event's type is none of track, identify, page, screen, group, alias",
				identities: ["id:u"],
			},
			{ failed: "the message is not a JSON object", identities: [] },
			{ type: "page", time: "2026-06-04T10:00:00.812Z", identities: ["anonymous:a"] },
		],
	},
	{
		name: "an event that the hub itself wrote to Segment",
		body: bytes('{"type":"track","userId":"u","context":{"library":{"name":"loyalty-hub"}}}'),
		gives: [{ type: "track", identities: ["id:u"], ignore: "echo" }],
	},
	{
		name: "an invitation, whose address is somebody else's",
		body: bytes(
			'{"type":"track","event":"Invite Sent","userId":"u","properties":{"email":"b@example.test"}}',
		),
		gives: [{ type: "track", identities: ["id:u"] }],
	},
	{
		name: "a group, whose traits are a company's",
		body: bytes('{"type":"group","userId":"u","groupId":"g","traits":{"email":"office@example.test"}}'),
		gives: [{ type: "group", identities: ["id:u"] }],
	},
	{
		name: "ids that are numbers, blank or half a letter",
		body: bytes('[{"userId":12345678901234567890,"messageId":7},{"userId":" ","anonymousId":"\\ud800"}]'),
		gives: [{ type: "", id: "7", identities: ["id:12345678901234567890"] }, nameless],
	},
	{
		name: "an object that is its own prototype's name",
		body: bytes('{"__proto__":{"userId":"eve"},"constructor":1,"type":"track"}'),
		gives: [{ type: "track", identities: [] }],
	},
	{ name: "an empty batch", body: bytes("[]"), gives: [] },
	{ name: "an empty tracking batch", path: "/v1/b", body: bytes('{"batch":[]}'), gives: [] },
];

testConnector(segment, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("a Segment endpoint", () => {
	const configured = (settings: Record<string, string>) => {
		const result = segment.configure(settings);
		if (!result.ok) throw new Error(result.failure.join("\n"));
		return result.value;
	};
	const signedBatch = {
		method: "POST",
		path: "",
		query: "",
		headers: { "x-signature": batch?.signature ?? "" },
		body: bytes(batch?.body ?? ""),
		receivedAt: 0,
	};

	const wire = { url: "https://hub.example.test/in/token" };

	it("takes a whole batch by its first element only where it is told to", () => {
		const { verification } = configured({ allowPartiallySignedBatch: "true" });
		const verify = openVerifier(verification, { shared: ["abc123"] }, nodeCrypto);
		expect(verify(signedBatch, wire)).toEqual({ ok: true, proved: "all", signed: true });
	});

	it("refuses a rightly signed batch without the secret header, once that is set", () => {
		const { verification } = configured({ secretHeader: "X-Second" });
		const verify = openVerifier(verification, { shared: ["abc123"], header: ["second"] }, nodeCrypto);
		expect(verify(signedBatch, wire)).toMatchObject({ ok: false, cause: "token-missing" });
		const withHeader = (value: string) => ({
			...signedBatch,
			headers: { ...signedBatch.headers, "x-second": value },
		});
		expect(verify(withHeader("first"), wire)).toMatchObject({ ok: false, cause: "token-wrong" });
		expect(verify(withHeader("second"), wire)).toMatchObject({ ok: true, proved: "all" });
	});

	it("takes nothing without a secret, unless it is told to", () => {
		const verify = (settings: Record<string, string>) =>
			openVerifier(configured(settings).verification, {}, nodeCrypto)(signedBatch, wire);
		expect(verify({})).toMatchObject({ ok: false, cause: "secret-missing" });
		expect(verify(unsigned.settings)).toEqual({ ok: true, proved: "all", signed: false });
	});

	it("erases nobody for whoever has a write key", () => {
		const message = configured({}).read(
			{ type: "delete", userId: "u" },
			{ ...signedBatch, path: "/v1/batch" },
		);
		expect(message).not.toHaveProperty("control");
	});

	it("says what its settings mean for batches, enrolment and pages", () => {
		const advice = configured({ use: "browser", enrol: "never" }).advice(new Set(["shared"]));
		expect(advice).toEqual([
			"Nobody becomes a member through this endpoint (enrol=never).",
			"Segment signs only the first event of a batch, so the others will be held. Leave batching off, or set " +
				"the secret `header` and send it as the header X-Hub-Secret.",
			"No web page may use the write key yet: set origins=https://your.shop.",
		]);
	});

	it("refuses settings it does not have, by name", () => {
		expect(segment.configure({ enroll: "never" })).toMatchInlineSnapshot(`
			{
			  "failure": [
			    "Segment has no setting "enroll"; there are use, origins, enrol, unsigned, secretHeader, allowPartiallySignedBatch, source, orders",
			  ],
			  "ok": false,
			}
		`);
		expect(segment.configure({ enrol: "yes", origins: "https://shop.example/path" })).toMatchInlineSnapshot(`
			{
			  "failure": [
			    "origins: an origin is scheme and host alone, such as https://shop.example.com. Origins whose pages may use a browser's write key: https://shop.example.com.",
			    "enrol: Invalid option: expected one of "signed_up"|"trait"|"never". Who becomes a member. signed_up: whoever is in a Signed Up track. trait: whoever's identify has the trait loyalty: true. never: nobody by way of Segment.",
			  ],
			  "ok": false,
			}
		`);
	});

	it("gives the same fingerprint to two tries of one event without an id, and keeps the write key out", () => {
		const tracked = (sentAt: string, receivedAt: number) => {
			const path = "/v1/track";
			const body = bytes(
				JSON.stringify({
					writeKey: "wk",
					userId: "u",
					event: "E",
					timestamp: "2026-06-04T10:00:00Z",
					sentAt,
				}),
			);
			const delivery = { ...signedBatch, path, headers: {}, body, receivedAt };
			const read = normalise(configured({}), delivery);
			const [first] = read.ok ? read.value : [];
			return first?.kind === "message"
				? configured({}).fingerprint(first.message.content, delivery)
				: undefined;
		};
		const once = tracked("2026-06-04T10:00:01Z", Date.UTC(2026, 5, 4, 10, 0, 2));
		expect(once).toEqual(tracked("2026-06-04T10:09:01Z", Date.UTC(2026, 5, 4, 10, 9, 2)));
		expect(once).toEqual({
			type: "track",
			userId: "u",
			event: "E",
			originalTimestamp: "2026-06-04T10:00:00Z",
		});
	});
});
