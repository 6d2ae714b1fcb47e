import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Sample, testConnector } from "../../src/kit/testing.ts";
import { tealium } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const body = file("./samples/collect.json");
const purchase = {
	type: "purchase",
	identities: ["id:cust-77", "email:ada.quill@example.test", "anonymous:0189f1a2b3c4d5e6"],
};

const samples: readonly Sample[] = [
	{
		name: "collect, with a header of the customer's own",
		body,
		headers: { "content-type": "application/json", "x-hub-secret": "correct horse" },
		signed: { secrets: { header: ["correct horse"] }, proves: "all" },
		gives: [purchase],
	},
	{
		// RFC 7617 §2.
		name: "collect, with Basic authentication",
		body,
		headers: { authorization: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
		signed: { secrets: { basic: ["Aladdin:open sesame"] }, proves: "all" },
		gives: [purchase],
	},
	{
		name: "a list of events with their times, with a bearer token",
		body: bytes(
			'[{"tealium_event":"a","tealium_timestamp_epoch":1780567200,"customer_id":820982911946154508},' +
				'{"tealium_event":"b","tealium_timestamp_utc":"2026-06-04T10:00:00.500Z","customer_phone":"+442071234567"}]',
		),
		headers: { authorization: "Bearer mF_9.B5f-4.1JqM" },
		signed: { secrets: { bearer: ["mF_9.B5f-4.1JqM"] }, proves: "all" },
		gives: [
			{ type: "a", time: "2026-06-04T10:00:00.000Z", identities: ["id:820982911946154508"] },
			{ type: "b", time: "2026-06-04T10:00:00.500Z", identities: ["phone:+442071234567"] },
		],
	},
	{
		name: "events of three environments",
		body: bytes(
			'[{"tealium_event":"a","tealium_environment":"dev"},{"tealium_event":"a","tealium_environment":"qa"},' +
				'{"tealium_event":"a","tealium_environment":"prod"}]',
		),
		gives: [
			{ type: "a", identities: [], ignore: "test" },
			{ type: "a", identities: [], ignore: "test" },
			{ type: "a", identities: [] },
		],
	},
	{
		name: "an event of an endpoint where all environments count",
		settings: { environment: "" },
		body: bytes('{"tealium_event":"a","tealium_environment":"dev"}'),
		gives: [{ type: "a", identities: [] }],
	},
	{
		name: "lists that are not as long as each other, and what is no event",
		body: bytes(
			'[{"tealium_event":"purchase","customer_id":"c","product_id":["a","b"],"product_name":["A"]},7]',
		),
		gives: [
			{
				failed: "the lists of the products (product_…) are not as long as each other",
				identities: ["id:c"],
			},
			{ failed: "the message is not a JSON object", identities: [] },
		],
	},
];

testConnector(tealium, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("a Tealium endpoint", () => {
	const configured = (settings: Record<string, string>) => {
		const result = tealium.configure(settings);
		if (!result.ok) throw new Error(result.failure.join("\n"));
		return result.value;
	};
	const delivery = { method: "POST", path: "", query: "", headers: {}, body, receivedAt: 0 };
	const productsOf = (content: Record<string, string | string[]>) => {
		const messages = configured({}).messages(content, delivery);
		const [message] = messages.ok ? messages.value : [];
		return (message as { products?: unknown }).products;
	};

	// A site declares its variables once, and leaves empty what a page has nothing to say of.
	it("passes over variables that a page left blank", () => {
		const content = {
			tealium_event: "purchase",
			order_total: "39.50",
			order_tax_amount: "",
			customer_phone: "",
			product_id: ["P-501"],
		};
		const messages = configured({}).messages(content, delivery);
		expect(messages).toEqual({
			ok: true,
			value: [
				{
					tealium_event: "purchase",
					order_total: "39.50",
					product_id: ["P-501"],
					products: [{ id: "P-501" }],
				},
			],
		});
	});

	it("zips parallel lists into products, without what is blank", () => {
		expect(
			productsOf({
				product_id: ["P-501", "P-777"],
				product_quantity: ["2", "1"],
				product_unit_price: ["12.50", ""],
				product_brand: [],
				product_finder: "yes",
			}),
		).toEqual([
			{ id: "P-501", quantity: "2", unit_price: "12.50" },
			{ id: "P-777", quantity: "1" },
		]);
	});

	it("leaves what has no lists, or products of its own, as it is", () => {
		expect(productsOf({ product_id: "P-501" })).toBeUndefined();
		expect(productsOf({ product_id: ["a"], products: "mine" })).toBe("mine");
		expect(productsOf({ product_id: ["a", "b"], product_name: ["A"] })).toBeUndefined();
	});

	it("says who is enrolled, what counts, and what protects it", () => {
		expect(configured({}).advice(new Set())).toEqual([
			"The event user_register makes a member (enrolOn).",
			"Events of another tealium_environment than prod count for nothing (environment).",
		]);
		expect(
			configured({ enrolOn: "", environment: "", unsigned: "accept" }).advice(new Set()).join(" "),
		).toMatch(/^Nobody becomes a member .* every tealium_environment count. Nothing proves who sends/);
	});
});
