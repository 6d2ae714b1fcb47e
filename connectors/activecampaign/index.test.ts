import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { normalise } from "../../src/normalise/normalise.ts";
import { activecampaign } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const token = "an0ther-secret_in.the~url";
const headers = { "content-type": "application/x-www-form-urlencoded" };
const subscribe = file("./samples/subscribe.txt");
const ada = ["activecampaign.contact:4411", "email:ada.quill@example.test"];
const time = "2026-06-04T15:00:00.000Z";

const post = (name: string, body: Uint8Array, given: Given, settings = {}): Sample => ({
	name,
	body,
	settings,
	headers,
	query: `secret=${token}`,
	signed: { secrets: { token: [token] }, proves: "all" },
	gives: [given],
});

const samples: readonly Sample[] = [
	post("subscribe.txt", subscribe, { type: "subscribe", time, identities: [...ada, "phone:+442071234567"] }),
	post("deal-update.txt", file("./samples/deal-update.txt"), {
		type: "deal_update",
		time: "2026-06-04T15:10:00.000Z",
		identities: ada,
	}),
	post("click.txt", file("./samples/click.txt"), {
		type: "click",
		time: "2026-06-04T15:20:00.000Z",
		identities: ada,
	}),
	post(
		"a contact whose field has the loyalty id, by its personalisation tag",
		subscribe,
		{ type: "subscribe", time, identities: ["id:mem-77", ...ada, "phone:+442071234567"] },
		{ loyaltyField: "loyalty_id" },
	),
	post(
		"a contact whose field has the loyalty id, by its number",
		bytes("type=update&contact[id]=4411&contact[fields][7]=000123"),
		{ type: "update", identities: ["id:000123", "activecampaign.contact:4411"] },
		{ loyaltyField: "7" },
	),
	post("what a program wrote", bytes("type=update&initiated_from=api&contact[id]=4411"), {
		type: "update",
		identities: ["activecampaign.contact:4411"],
		ignore: "echo",
	}),
	post(
		"what another program than the hub wrote",
		bytes("type=update&initiated_from=api&contact[id]=820982911946154508"),
		{ type: "update", identities: ["activecampaign.contact:820982911946154508"] },
		{ api: "take" },
	),
	{
		name: "a form without a media type, at an endpoint without a token",
		body: bytes("type=unsubscribe&contact[email]=ada%40example.test"),
		gives: [{ type: "unsubscribe", identities: ["email:ada@example.test"] }],
	},
	{
		name: "a company's deal, whose contact is nobody's number",
		body: bytes("type=deal_update&deal[id]=72&deal[status]=1&deal[contactid]=0&deal[contact_email]="),
		gives: [{ type: "deal_update", identities: [] }],
	},
];

testConnector(activecampaign, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("a contact's fields", () => {
	const contentOf = (form: string): unknown => {
		const configured = activecampaign.configure({ loyaltyField: "7" });
		if (!configured.ok) throw new Error("a setting that there is");
		const delivery = { method: "POST", path: "", query: "", headers, body: bytes(form), receivedAt: 0 };
		const read = normalise(configured.value, delivery);
		return read.ok && read.value[0]?.kind === "message" ? read.value[0].message.content : read;
	};

	it("keep their numbers, and brackets nest", () => {
		const form =
			"contact[fields][7]=mem-77&contact[fields][12]=a%2Bb&campaign[message][subject]=Double+points";
		expect(contentOf(form)).toEqual({
			contact: { fields: { 7: "mem-77", 12: "a+b" } },
			campaign: { message: { subject: "Double points" } },
			loyalty_id: "mem-77",
		});
	});

	it("that are blank name nobody", () => {
		expect(contentOf("contact[fields][7]=+")).not.toHaveProperty("loyalty_id");
	});
});
