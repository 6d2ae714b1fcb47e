import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import type { ValueObject } from "../model/json.ts";
import { type CheckContext, compileMappings, type Mapped } from "./mappings.ts";

const context: CheckContext = {
	action: () => ({ attributes: new Map(), open: true, sender: "anyone" }),
	actionNames: ["view"],
	identityKinds: new Set(["id"]),
	connectors: new Set(["segment"]),
	sha256Hex: nodeCrypto.sha256Hex,
};

function mapped(event: string, content: ValueObject): Mapped {
	const text = `from: segment\nwhen: {}\nevent:\n  action: view\n  customer: $.userId\n${event}`;
	const { set, problems } = compileMappings([{ name: "a", path: "a.yaml", text, version: "1" }], context);
	if (set === undefined) throw new Error(problems.map(({ message }) => message).join("\n"));
	const message = { id: "m-1", type: "track", time: undefined, identities: [], content };
	return set.run("segment", "shop", message, { receivedAt: 0, headers: {}, settings: {} });
}

const many = <Item>(count: number, item: Item): readonly Item[] => Array.from({ length: count }, () => item);
const digits = (count: number): string => "0123456789".repeat(count / 10);

/** What `$each` makes of a list of one, twice over, so many times. */
function doubled(times: number): string {
	let expression = "$.a";
	for (let level = 0; level < times; level++) expression = `{ $each: [${expression}], as: [$, $] }`;
	return expression;
}

describe("the work of one message", () => {
	it("has room for an order of 4,000 lines with all there is about them", () => {
		const line = { sku: "TEA-GRN-100", name: "Green tea", price: "12.50", quantity: 2, url: digits(40) };
		const data = `  data:
    items:
      $each: $.lines
      as:
        order: $$.id
        sku: { $replace: $.sku, pattern: "[^A-Z0-9]+", with: "_" }
        name: { $upper: $.name }
        total: { $multiply: [$.price, $.quantity] }
        url: $.url
    total: { $sum: { $each: $.lines, as: { $multiply: [$.price, $.quantity] } } }
    skus: { $join: { $unique: { $each: $.lines, as: $.sku } }, separator: "," }`;
		const result = mapped(data, { id: "ORD-10041", lines: many(4_000, line) });
		expect(result).toMatchObject({ events: [{ kind: "event", data: { total: 100_000, skus: line.sku } }] });
	});

	it.each([
		[
			"writes a long text beside each of many lines",
			"{ $each: $.lines, as: { sku: $, order: $$.long } }",
			{ long: digits(400_000), lines: many(1_000, "a") },
		],
		[
			"writes the message beside each of its lines",
			"{ $each: $.lines, as: $$ }",
			{ lines: many(10_000, {}) },
		],
		[
			"compares each with each",
			"{ $each: $.lines, item: one, as: { $count: { $filter: $$.lines, where: { sku: $one.sku } } } }",
			{ lines: many(5_000, { sku: "a" }) },
		],
		[
			"finds each among all",
			"{ $each: $.lines, as: { $find: $$.lines, where: { sku: b } } }",
			{ lines: many(5_000, { sku: "a" }) },
		],
		[
			"looks for something in a long text for each line",
			"{ $filter: $.lines, where: { $$.long: { $contains: x } } }",
			{ long: digits(400_000), lines: many(1_000, 1) },
		],
		[
			"matches a long text for each line",
			'{ $filter: $.lines, where: { $$.long: { $matches: "[0-9]x" } } }',
			{ long: digits(400_000), lines: many(1_000, 1) },
		],
		["doubles a list again and again", doubled(25), { a: 1 }],
		[
			"joins many texts for each line",
			'{ $sort: $.lines, by: { $join: $$.lines, separator: "-" } }',
			{ lines: many(4_000, digits(100)) },
		],
		[
			"replaces each character by a long text",
			`{ $replace: $.long, pattern: "0", with: "${digits(1_000)}" }`,
			{ long: "0".repeat(400_000) },
		],
		[
			"searches to the end of the text for each match",
			'{ $replace: $.long, pattern: "a.*b|a", with: "" }',
			{ long: "a".repeat(400_000) },
		],
		[
			"repeats a path in a template",
			`{ $template: "${"{$.long}".repeat(1_000)}" }`,
			{ long: digits(400_000) },
		],
	])("ends where a mapping %s", (_, expression, content) => {
		expect(mapped(`  data: { a: ${expression} }`, content as ValueObject)).toMatchObject({
			events: [{ kind: "failed", reason: expect.stringContaining("goes beyond the 10000000 steps") }],
		});
	});

	it("ends the events of a list after the ten thousandth", () => {
		const result = mapped("  each: $.lines\n  key: $", {
			lines: Array.from({ length: 20_000 }, (_, n) => n),
		});
		const events = result.kind === "mapped" ? result.events : [];
		expect(events.length).toBeGreaterThan(9_000);
		expect(events.length).toBeLessThan(10_001);
		expect(events.at(-1)).toMatchObject({ kind: "failed", at: { path: "$.lines" } });
	});
});
