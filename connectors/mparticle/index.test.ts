import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Sample, testConnector } from "../../src/kit/testing.ts";
import { mparticle } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const batch = file("./samples/webhook-batch.txt");
const ada = ["id:cust-77", "email:ada.quill@example.test", "mparticle.mpid:-8274537394383784517"];
/** As the file has them: beyond what a double holds, and one of them negative. */
const gives = [
	{
		type: "commerce_event.purchase",
		id: "6558165446704400378",
		time: "2026-06-04T10:00:00.000Z",
		identities: ada,
	},
	{
		type: "custom_event",
		id: "-6518616552181726857",
		time: "2026-06-04T10:00:01.000Z",
		identities: ada,
	},
];

const samples: readonly Sample[] = [
	{
		name: "webhook-batch",
		body: batch,
		headers: { "content-type": "application/json", authorization: "hub correct horse" },
		signed: { secrets: { authorization: ["hub correct horse"] }, proves: "all" },
		gives,
	},
	{
		name: "a batch of a development build",
		body: bytes(new TextDecoder().decode(batch).replace('"production"', '"development"')),
		gives: gives.map((one) => ({ ...one, ignore: "test" as const })),
	},
	{
		name: "identities as mParticle's own API writes them, and all other kinds of them",
		body: bytes(
			'{"user_identities":{"facebook":"f-1","mobile_number":"+442071234567","email":"ada@example.test","Bad Type":"x"},"mpid":0,' +
				'"events":[{"event_type":"session_start","data":{"source_message_id":"s-1"}}]}',
		),
		gives: [
			{
				type: "session_start",
				id: "s-1",
				identities: ["email:ada@example.test", "phone:+442071234567", "mparticle.facebook:f-1"],
			},
		],
	},
	{
		name: "a batch of nobody, with an event that is none",
		body: bytes('{"user_identities":[7,{"identity_type":"email"}],"events":[{},7]}'),
		gives: [
			{ type: "", identities: [] },
			{ failed: "the message is not a JSON object", identities: [] },
		],
	},
	{ name: "an empty batch", body: bytes('{"events":[],"environment":"development"}'), gives: [] },
];

testConnector(mparticle, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("an mParticle endpoint", () => {
	const configured = (settings: Record<string, string>) => {
		const result = mparticle.configure(settings);
		if (!result.ok) throw new Error(result.failure.join("\n"));
		return result.value;
	};
	const delivery = { method: "POST", path: "", query: "", headers: {}, body: batch, receivedAt: 0 };

	it("says what is no batch", () => {
		for (const body of [{}, [], { events: {} }, 7])
			expect(configured({}).messages(body, delivery)).toEqual({
				ok: false,
				failure: "the batch has no list of events",
			});
	});

	it("gives each event what its batch says of the person", () => {
		const body = { mpid: 7, user_attributes: { tier: "gold" }, events: [{ event_type: "a" }] };
		expect(configured({}).messages(body, delivery)).toEqual({
			ok: true,
			value: [{ event_type: "a", mpid: 7, user_attributes: { tier: "gold" }, user_identities: {} }],
		});
	});

	it("says who is enrolled, and what protects it", () => {
		expect(configured({}).advice(new Set())).toEqual([
			'The custom event "Signed Up" makes a member (enrolOn).',
		]);
		expect(configured({ enrolOn: "", unsigned: "accept" }).advice(new Set()).join(" ")).toMatch(
			/^Nobody becomes a member .* Nothing proves who sends/,
		);
	});
});
