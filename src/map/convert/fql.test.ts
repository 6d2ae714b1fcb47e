import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problemsOf, runText } from "../../../test/support/mappings.ts";
import { isTriggered } from "../../../test/support/segment-kit.ts";
import type { ValueObject } from "../../model/json.ts";
import { parseFql } from "./fql.ts";
import { convertSegment } from "./segment.ts";

/** The mapping file that a trigger alone gives. */
const fileOf = (trigger: string): string =>
	convertSegment({}, { action: "view", trigger }).files[0]?.text ?? "";

const whenOf = (trigger: string): string | undefined => /^when: (.*)$/m.exec(fileOf(trigger))?.[1];

const isMatched = (trigger: string, event: ValueObject): boolean =>
	runText(fileOf(trigger), event).kind === "mapped";

const leftOf = (trigger: string): readonly string[] =>
	convertSegment({}, { action: "view", trigger }).left.map(({ why }) => why);

describe("a trigger becomes a `when`", () => {
	it.each([
		[`type = "track" and event = "Order Completed"`, "{ type: track, event: Order Completed }"],
		[
			`type = "track" and (event = "Order Completed" or event = "Completed Order")`,
			"{ type: track, event: [Order Completed, Completed Order] }",
		],
		[`event = "A" or event = "B" or event = "C"`, "{ event: [A, B, C] }"],
		[
			`type = "track" or type = "page" and name = "Home"`,
			"{ $or: [{ type: track }, { type: page, name: Home }] }",
		],
		[`properties.total > 50 and properties.total <= 99.5`, "{ properties.total: { $gt: 50, $lte: 99.5 } }"],
		[`properties.total >= "50"`, "{ properties.total: { $gte: 50 } }"],
		[`properties.coupon != null`, "{ properties.coupon: { $exists: true, $ne: null } }"],
		[`properties.coupon = null`, "{ properties.coupon: { $or: [{ $exists: false }, null] } }"],
		[`event != "A"`, "{ event: { $ne: A } }"],
		[`properties.total != 50`, "{ properties.total: { $exists: true, $nin: [50, null] } }"],
		[`contains(event, "Order")`, "{ event: { $contains: Order } }"],
		[`!contains(event, "Order")`, "{ event: { $exists: true, $not: { $contains: Order } } }"],
		[`match(event, "Order*")`, "{ event: { $startsWith: Order } }"],
		[`match(event, "*Completed")`, "{ event: { $endsWith: Completed } }"],
		[`match(event, "*der Com*")`, "{ event: { $contains: der Com } }"],
		[`match(event, "Order (*)?")`, String.raw`{ event: { $matches: ^(?s:Order \(.*\)\?)$ } }`],
		[`match(event, "Order")`, "{ event: Order }"],
		[`!match(event, "Order")`, "{ event: { $exists: true, $ne: Order } }"],
		[`length(properties.products) > 0`, "{ properties.products: { $empty: false } }"],
		[`length(properties.products) = 0`, "{ properties.products: { $empty: true } }"],
		[`lowercase(event) = "order (1)"`, String.raw`{ event: { $matches: ^(?i:order \(1\))$ } }`],
		[`lowercase(event) != "order"`, "{ event: { $not: { $matches: ^(?i:order)$ } } }"],
		[
			`properties.vip = true and userId != null`,
			"{ properties.vip: true, userId: { $exists: true, $ne: null } }",
		],
		[
			String.raw`properties.unit\ price = 5 and traits.a\.b = "x"`,
			"{ properties.'unit price': 5, traits.'a.b': x }",
		],
		[`!(event = "A" or event = "B")`, "{ $not: { event: [A, B] } }"],
		[
			`(event = "A" or userId = "u") and (event = "B" or userId = "v")`,
			"{ $and: [{ $or: [{ event: A }, { userId: u }] }, { $or: [{ event: B }, { userId: v }] }] }",
		],
		[`constructor = "x" and \\<\\< = 5`, `{ constructor: x, $.<<: 5 }`],
		[`!(event = "A") and !(userId = "u")`, "{ $and: [{ $not: { event: A } }, { $not: { userId: u } }] }"],
	])("%s", (trigger, when) => {
		expect(leftOf(trigger)).toEqual([]);
		expect(whenOf(trigger)).toBe(when);
	});
});

describe("a trigger that is wrong is named with its column", () => {
	it.each([
		[`type = "track`, 'column 8: expected a closing `"`, and the text goes on to the end'],
		[
			`type = "track" and`,
			"column 19: expected the name of a field or a function, and the expression ends here",
		],
		[`type "track"`, "column 6: expected `=`, `!=`, `<`, `<=`, `>` or `>=`, and here is `track`"],
		[
			`type = track`,
			"column 8: expected a text in quotes, a number, `true`, `false` or `null`, and here is `track`",
		],
		[`(type = "track"`, "column 16: expected `)`, and the expression ends here"],
		[`type = "track")`, "column 15: expected `and`, `or` or the end, and here is `)`"],
		[`type = "track" & event = "A"`, "column 16: expected a name, a value or an operator, and here is `&`"],
		[
			`snakecase(event) = "a"`,
			"column 1: expected one of the functions `contains`, `match`, `length`, `lowercase`, and here is `snakecase`",
		],
		[`contains(event "A")`, "column 16: expected `,`, and here is `A`"],
		[``, "column 1: expected the name of a field or a function, and the expression ends here"],
	])("%s", (trigger, why) => {
		expect(leftOf(trigger)).toEqual([why]);
		expect(problemsOf(fileOf(trigger))).toEqual([]);
		expect(isMatched(trigger, { type: "track" })).toBe(false);
	});

	it.each([
		[
			`length(properties.products) > 2`,
			"column 8: a condition asks whether there is anything in a text or a list, not how long it is",
		],
		[`properties.total > "many"`, 'column 1: `>` orders numbers, and there is "many" behind it'],
		[`event = "$.event"`, "column 1: a condition takes `$.event` for a path, and here it is a text"],
		[`lowercase(event) = "Order"`, 'column 11: `lowercase()` never gives "Order"'],
	])("and so is one that can not be said: %s", (trigger, why) => {
		expect(leftOf(trigger)).toEqual([why]);
		expect(isMatched(trigger, { type: "track" })).toBe(false);
	});

	it("is never a reason to throw", () => {
		const token = fc.constantFrom(
			"and",
			"or",
			"(",
			")",
			"!",
			"=",
			"!=",
			"<",
			"event",
			"constructor",
			"__proto__",
			"\\<\\<",
			"99999999999999999999",
			"a.b",
			'"x"',
			"5",
			"null",
			"contains",
			",",
			"\\",
			".",
			"'",
		);
		const wild = fc.oneof(
			fc.string(),
			fc.array(token).map((tokens) => tokens.join(" ")),
		);
		fc.assert(
			fc.property(wild, (text) => {
				const parsed = parseFql(text);
				expect(parsed.ok || parsed.failure.column <= text.length + 1).toBe(true);
				expect(problemsOf(fileOf(text))).toEqual([]);
			}),
		);
		expect(parseFql("(".repeat(10_000)).ok).toBe(false);
		expect(parseFql("!".repeat(10_000)).ok).toBe(false);
	});
});

const words = ["Order Completed", "Order", "Completed", "order", "", "Ördér", "Order?"];
const word = fc.constantFrom(...words);
const absent = fc.constant(undefined);
const event = fc.record({
	type: fc.constantFrom("track", "identify"),
	event: fc.oneof(word, absent),
	name: fc.oneof(word, absent),
	userId: fc.oneof(fc.constant("u-1"), absent),
	properties: fc.record({
		total: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constant(0.5), fc.constant(null), absent),
		coupon: fc.oneof(word, fc.constant(null), absent),
		vip: fc.oneof(fc.boolean(), absent),
		address: fc.oneof(absent, fc.record({ "post code": fc.oneof(word, absent) })),
	}),
	traits: fc.oneof(absent, fc.record({ plan: fc.oneof(word, absent) })),
});

const textField = fc.constantFrom(
	"event",
	"name",
	"properties.coupon",
	String.raw`properties.address.post\ code`,
	"traits.plan",
	"context.locale",
);
const present = textField.filter((field) => field !== "event" && field !== "name");
const number = fc.constantFrom("-1", "0", "0.5", "1", "2.0");
const texts = (form: (field: string, text: string) => string) =>
	fc.tuple(textField, word).map(([field, text]) => form(field, text));
const filledWord = fc.constantFrom(...words.filter((text) => text !== ""));
const comparison = fc.oneof(
	fc.constantFrom(
		`type = "track"`,
		`type != "track"`,
		"userId != null",
		"userId = null",
		"properties.vip = true",
		"properties.vip = false",
	),
	texts((field, text) => `${field} = "${text}"`),
	texts((field, text) => `${field} != "${text}"`),
	present.map((field) => `${field} != null`),
	present.map((field) => `${field} = null`),
	fc
		.tuple(fc.constantFrom("=", "!=", "<", "<=", ">", ">="), number)
		.map(([sign, value]) => `properties.total ${sign} ${value}`),
);
const neverNull = fc.constantFrom("event", "name", "traits.plan");
const call = fc.oneof(
	texts((field, text) => `contains(${field}, "${text}")`),
	fc.tuple(neverNull, word).map(([field, text]) => `!contains(${field}, "${text}")`),
	texts((field, text) => `match(${field}, "${text}*")`),
	fc.tuple(textField, filledWord).map(([field, text]) => `match(${field}, "*${text}")`),
	fc.tuple(neverNull, filledWord).map(([field, text]) => `!match(${field}, "*${text}")`),
);
const joiner = fc.constantFrom(" and ", " or ");
const group = fc
	.tuple(joiner, fc.array(comparison, { minLength: 2, maxLength: 3 }))
	.map(([by, tests]) => `(${tests.join(by)})`);
const trigger = fc
	.tuple(joiner, fc.array(fc.oneof(comparison, call, group), { minLength: 1, maxLength: 4 }))
	.map(([by, tests]) => tests.join(by));

const plain = (value: object): ValueObject => JSON.parse(JSON.stringify(value)) as ValueObject;

describe("a converted trigger", () => {
	it("lets through what Segment lets through", () => {
		fc.assert(
			fc.property(trigger, event, (fql, sent) => {
				const content = plain(sent);
				expect(isMatched(fql, content)).toBe(isTriggered(fql, content));
			}),
			{ numRuns: 300 },
		);
	});

	it.each([
		["`>=` counts numeric text", "properties.total >= 50", { properties: { total: "60" } }, true],
		["`=` of a number counts numeric text", "properties.total = 50", { properties: { total: "50.0" } }, true],
		[
			"`!=` of a number holds for a text that is none",
			"properties.total != 50",
			{ properties: { total: "many" } },
			true,
		],
		["`!= true` does not hold for true", "properties.vip != true", { properties: { vip: true } }, false],
		["`event = null` asks whether there is an event", "event = null", { type: "identify" }, true],
		[
			"`contains()` looks into lists",
			`contains(properties.tags, "a")`,
			{ properties: { tags: ["a"] } },
			true,
		],
		["`!contains()` holds for a number", `!contains(properties.n, "a")`, { properties: { n: 5 } }, true],
		[
			"`and` binds tighter than `or`",
			`type = "track" or type = "page" and name = "x"`,
			{ type: "track" },
			true,
		],
		[
			"parentheses nest",
			`(type = "track" and (event = "A" or event = "B"))`,
			{ type: "track", event: "A" },
			true,
		],
		["`!` negates parentheses", `!(type = "track")`, { type: "track" }, false],
		[
			"functions stand in parentheses",
			`(contains(event, "A") or type = "page") and type != "track"`,
			{ type: "page", event: "B" },
			true,
		],
		["texts may have single quotes", `type = 'track'`, { type: "track" }, true],
		[
			"all fields of a message can be asked",
			`anonymousId = "a-1" and type = "track"`,
			{ type: "track", anonymousId: "a-2" },
			false,
		],
		["`match()` without a star is equality", `match(event, "Order")`, { event: "border" }, false],
		["`match()` has a star at both ends", `match(event, "*der*")`, { event: "Orders" }, true],
	])("is better on purpose: %s", (_why, fql, sent, ours) => {
		expect(isMatched(fql, sent)).toBe(ours);
		expect(isTriggered(fql, sent)).toBe(!ours);
	});
});

describe("what needs `$matches`", () => {
	it.each([
		[
			`match(event, "Order (*)?")`,
			["Order (1)?", "Order (\n)?"],
			["Order (1)!", "order (1)?", "An Order (1)?"],
		],
		[`lowercase(event) = "order (1)"`, ["Order (1)", "ORDER (1)"], ["order 1", "order (1) "]],
		[`lowercase(event) != "order"`, ["orders"], ["Order", "ORDER"]],
	])("%s", (fql, holding, failing) => {
		expect(problemsOf(fileOf(fql))).toEqual([]);
		for (const event of holding) expect(isMatched(fql, { event })).toBe(true);
		for (const event of failing) expect(isMatched(fql, { event })).toBe(false);
	});
});
