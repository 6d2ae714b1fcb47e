import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../host/crypto.ts";
import { type CheckContext, compileMappings } from "../mappings.ts";
import { fieldsOf } from "./fields.ts";

const sample = {
	type: "track",
	userId: "u-1",
	context: {},
	integrations: null,
	properties: { order_id: "o-1", total: 5, products: [{ sku: "a", price: 1 }] },
	traits: { address: { city: "Bristol", street: "1 Harbour Lane" } },
};

const context: CheckContext = {
	action: () => ({ attributes: new Map(), open: true, sender: "anyone" }),
	actionNames: ["view"],
	identityKinds: new Set(["id"]),
	connectors: new Set(["segment", "acme", "unknown"]),
	sha256Hex: nodeCrypto.sha256Hex,
	fields: (connector) => {
		if (connector === "segment") return fieldsOf([sample]);
		return connector === "acme" ? fieldsOf([{ type: "order", number: 7 }]) : undefined;
	},
};

const warningsOf = (data: string, from = "segment", customer = "$.userId"): readonly string[] =>
	compileMappings(
		[
			{
				name: "a",
				path: "a.yaml",
				text: `from: ${from}\nwhen: { type: track }\nevent:\n  action: view\n  customer: ${customer}\n${data}`,
				version: "1",
			},
		],
		context,
	).problems.map(
		({ line, column, severity, code, message, help }) =>
			`${line}:${column} ${severity} ${code}: ${message}; ${help}`,
	);

describe("a path that no sample has", () => {
	it("is told once, at its first place, with the nearest that there is", () => {
		expect(warningsOf("  data: { a: $.properties.ordr_id, b: { $number: $.properties.ordr_id } }\n")).toEqual(
			[
				"6:14 warning unknown-path: no sample of segment has `$.properties.ordr_id`; did you mean `$.properties.order_id`?",
			],
		);
	});

	it("is looked for elsewhere, and in lists", () => {
		expect(
			warningsOf("  data: { a: $.order_id, b: $.properties.products.sku, c: $.properties.products.0.sku }\n"),
		).toEqual([
			"6:14 warning unknown-path: no sample of segment has `$.order_id`; did you mean `$.properties.order_id`?",
			"6:29 warning unknown-path: no sample of segment has `$.properties.products.sku`; `$.properties.products` is a list: go through it with `$each`, or take one with `$.properties.products.0.sku`",
		]);
	});

	it("is told of the parent alone where nothing below it can be known", () => {
		expect(warningsOf("  data: { a: $.traits.adress.city, b: $.traits.adress.street }\n")).toEqual([
			"6:14 warning unknown-path: no sample of segment has `$.traits.adress`; did you mean `$.traits.address`?",
		]);
	});

	it("is no matter where an object was only seen empty, a list's elements are made, or a root is another", () => {
		expect(
			warningsOf(
				'  data: { a: $.context.x, b: $.integrations.y, c: { $each: { $split: $.userId, separator: "-" }, as: $.z }, d: $delivery.headers.x }\n',
			),
		).toEqual([]);
	});

	it("is known where the author's own test has it", () => {
		const tests =
			"tests:\n  - { it: has it, message: { type: track, userId: u, properties: { vip_level: 2 } }, gives: [] }\n";
		expect(warningsOf("  data: { a: $.properties.vip_level }\n")).toEqual([
			"6:14 warning unknown-path: no sample of segment has `$.properties.vip_level`; if messages do have it, put it into the message of a test",
		]);
		expect(warningsOf(`  data: { a: $.properties.vip_level }\n${tests}`)).toEqual([]);
	});

	it("must be missing from every connector, and nothing is said where one is not known", () => {
		const path = "  data: { a: $.number, b: $.nmber }\n";
		expect(warningsOf(path, "[segment, acme]")).toEqual([
			"6:27 warning unknown-path: no sample of segment or acme has `$.nmber`; did you mean `$.number`?",
		]);
		expect(warningsOf(path, "[segment, unknown]")).toEqual([]);
	});
});

it("finds a path without its root, which is a text, and an identity that is written out", () => {
	expect(
		warningsOf("  data: { a: properties.order_id, b: { $literal: properties.total }, c: total }\n"),
	).toEqual([
		"6:14 warning text-like-path: this is the text `properties.order_id`, whatever the message has; the path is written `$.properties.order_id`",
	]);
	expect(warningsOf("  data: {}\n", "segment", "[{ id: userId }]")).toEqual([
		"5:20 warning same-customer: this is written out, so that all events would be one customer's; a path is written `$.userId`",
	]);
});

describe("a field of a test that nothing reads", () => {
	const test = (properties: string, gives = "[{ action: view }]"): string =>
		`tests:\n  - it: has fields\n    message: { type: track, properties: ${properties} }\n    gives: ${gives}\n`;
	const reading = "  data: { a: $.properties.order_id, b: $.properties.vip_level }\n";

	it("is told where it stands beside fields that are read, with the one that is meant", () => {
		expect(warningsOf(reading + test("{ order_id: 1, vip_levl: 2, gift: 3 }"))).toEqual([
			expect.stringContaining("no sample of segment has `$.properties.vip_level`"),
			"9:56 warning unread-field: nothing reads `$.properties.vip_levl` of this test; did you mean `$.properties.vip_level`?",
			"9:69 warning unread-field: nothing reads `$.properties.gift` of this test; map it, or leave it out of the test",
		]);
	});

	it("is no matter where the samples have it, no event comes of it, or nothing beside it is read", () => {
		expect(warningsOf(reading + test("{ vip_level: 1, total: 2 }"))).toEqual([]);
		expect(warningsOf(reading + test("{ vip_level: 1, gift: 3 }", "[]"))).toEqual([]);
		expect(warningsOf(reading + test("{ vip_level: 1, deep: { gift: 3 } }"))).toEqual([]);
	});
});
