import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataOf, problemsOf, runText } from "../../../test/support/mappings.ts";
import { either, filled, transform } from "../../../test/support/segment-kit.ts";
import type { Json, JsonObject, ValueObject } from "../../model/json.ts";
import { type Conversion, type ConvertOptions, convertSegment } from "./segment.ts";

const convertData = (mapping: JsonObject): Conversion =>
	convertSegment(mapping, { action: "view", trigger: `type = "track"` });

const textOf = ({ files }: Conversion): string => files[0]?.text ?? "";

/** What our engine makes of a payload with the converted mapping. */
const ours = (mapping: JsonObject, payload: JsonObject): unknown =>
	dataOf(textOf(convertData(mapping)), { type: "track", ...payload });

const theirs = (mapping: JsonObject, payload: JsonObject): unknown =>
	transform(structuredClone(mapping), payload);

/** The data's part of the file. */
const written = (mapping: JsonObject): string => textOf(convertData(mapping)).split("  data:\n")[1] ?? "";

const at = (path: string): JsonObject => ({ "@path": path });

describe("subscriptions become mapping files", () => {
	it("for the destination Antavo (Actions), whose fields are an event's", () => {
		const { files, left } = convertSegment(
			{
				name: "Order Completed → Loyalty",
				partnerAction: "event",
				subscribe: `type = "track" and (event = "Order Completed" or event = "Completed Order")`,
				mapping: {
					customer: at("$.userId"),
					action: "checkout",
					account: "",
					data: {
						transaction_id: at("$.properties.order_id"),
						total: at("$.properties.revenue"),
						items: {
							"@arrayPath": [
								"$.properties.products",
								{ product_id: at("$.product_id"), product_name: at("$.name"), price: at("$.price") },
							],
						},
						note: { "@liquid": "{{ properties.total | times: 2 }}" },
					},
				},
			},
			{},
		);
		expect(files).toEqual([
			{
				name: "order-completed-loyalty",
				text: `# yaml-language-server: $schema=../mapping.schema.json
title: Order Completed → Loyalty
from: segment
when: { type: track, event: [Order Completed, Completed Order] }
event:
  action: checkout
  customer: [{ id: $.userId }]
  data:
    transaction_id: $.properties.order_id
    total: $.properties.revenue
    items:
      $optional:
        $each: $.properties.products
        as: { product_id: $.product_id, product_name: $.name, price: $.price }
    # not converted: @liquid at $.mapping.data.note: a mapping runs no templates with code: use the operators
`,
			},
		]);
		expect(left).toEqual([
			{
				path: "$.mapping.data.note",
				what: "@liquid",
				why: "a mapping runs no templates with code: use the operators",
			},
		]);
	});
});

describe("a directive becomes", () => {
	it.each<[string, Json, string]>([
		["a path", at("$.properties.products[0]['unit price'].x"), "$.properties.products.0.'unit price'.x"],
		["a path without its root", at("properties.total"), "$.properties.total"],
		["the whole", at("$."), "$"],
		["a text that looks like a path", "$.total", "{ $literal: $.total }"],
		["an object with a strange key", { $a: 1 }, "{ $literal: { $a: 1 } }"],
		["a literal", { "@literal": "x" }, "x"],
		[
			"a template",
			{ "@template": "Hi {{ traits.name }} & {{{userId}}}" },
			'{ $optional: { $template: "Hi {$.traits.name} & {$.userId}" } }',
		],
		["a template of one path", { "@template": "{{userId}}" }, "{ $optional: { $string: $.userId } }"],
		[
			"a template with braces",
			{ "@template": "{a} {{userId}}" },
			'{ $optional: { $template: "{{a}} {$.userId}" } }',
		],
		["a text", { "@template": "$.userId" }, "{ $literal: $.userId }"],
		[
			"a fallback",
			either(at("$.a"), at("$.a"), either(at("$.b"), at("$.b"), at("$.c"))),
			"{ $first: [$.a, $.b, $.c] }",
		],
		[
			"a condition",
			either(at("$.a"), "yes", "no"),
			'{ $if: { a: { $exists: true, $ne: null } }, then: "yes", else: "no" }',
		],
		[
			"a condition with nothing to give",
			either(at("$.a"), undefined, "no"),
			'{ $if: { a: { $or: [{ $exists: false }, null] } }, then: "no" }',
		],
		[
			"a condition on a blank",
			filled(at("$.a b"), at("$.a b"), "no"),
			`{ $if: { "'a b'": { $empty: false } }, then: $.'a b', else: "no" }`,
		],
		["the branch of what is never there", either({ "@literal": null }, 1, 2), "2"],
		["the branch of what is always there", either({ "@literal": 0 }, 1, 2), "1"],
		["the branch of what is always blank", filled({ "@literal": 0 }, 1, 2), "2"],
		[
			"a condition on a name that is no key in YAML",
			either(at("$.__proto__"), 1, 2),
			"{ $if: { $.__proto__: { $exists: true, $ne: null } }, then: 1, else: 2 }",
		],
		[
			"lower case",
			{ "@case": { operator: "lower", value: at("$.email") } },
			"{ $optional: { $lower: $.email } }",
		],
		[
			"a default that is in upper case",
			either(at("$.c"), { "@case": { operator: "upper", value: at("$.c") } }, "EUR"),
			"{ $optional: { $if: { c: { $exists: true, $ne: null } }, then: { $upper: $.c }, else: EUR } }",
		],
		[
			"replaced text",
			{
				"@replace": {
					pattern: "+.",
					replacement: "00",
					pattern2: "x",
					ignorecase: true,
					value: at("$.phone"),
				},
			},
			String.raw`
      $optional:
        $replace: { $replace: { $string: $.phone }, pattern: (?i)\+\., with: "00" }
        pattern: (?i)x
        with: ""`,
		],
		["parsed JSON", { "@json": { mode: "decode", value: at("$.a") } }, "{ $optional: { $parseJson: $.a } }"],
		[
			"merged objects",
			{ "@merge": { direction: "left", objects: [at("$.a"), { x: 1 }] } },
			"{ $merge: [{ x: 1 }, { $first: [$.a, {}] }] }",
		],
		["a list as it is", { "@arrayPath": ["$.a"] }, "$.a"],
		[
			"a transformed path",
			{
				"@transform": {
					apply: { p: at("$.properties"), q: { r: "x" } },
					mapping: { a: at("$.p.total"), b: at("$.q.r"), c: at("$.z") },
				},
			},
			"{ a: $.properties.total, b: x }",
		],
		[
			"a value without null",
			{ "@excludeWhenNull": { "@template": "{{a}}" } },
			"{ $first: [{ $string: $.a }] }",
		],
	])("%s", (_what, json, yaml) => {
		expect(convertData({ x: json }).left).toEqual([]);
		expect(written({ x: json })).toBe(`    x:${yaml.startsWith("\n") ? "" : " "}${yaml}\n`);
	});
});

describe("what can not be said is left out and named", () => {
	it.each<[Json, string, string]>([
		[{ "@liquid": "{{a}}" }, "@liquid", "a mapping runs no templates with code: use the operators"],
		[
			{ "@flatten": { value: at("$.a"), separator: "." } },
			"@flatten",
			"attributes have fixed names: write out those that are wanted",
		],
		[
			{ "@json": { mode: "encode", value: at("$.a") } },
			"@json",
			"nothing here writes JSON into a text: write the object itself",
		],
		[{ "@path": at("$.a") }, "@path", "a path can not come from the message"],
		[{ "@path": "$.a['b" }, "@path", "`$.a['b` is no path that can be read here"],
		[{ "@template": "{{{a}} {{b}}}" }, "@template", "its braces do not match"],
		[either(0, 1), "@if", "it needs a value under `exists` or `blank`"],
		[
			either({ "@case": { operator: "lower", value: at("$.a") } }, 1),
			"@if",
			"a condition asks for a path, not for what a directive makes",
		],
		[
			{ "@replace": { pattern: "a", global: false, value: at("$.a") } },
			"@replace",
			"`global: false` replaces the first only, and `$replace` all",
		],
		[
			{ "@replace": { pattern: "a", replacement: "$'", value: at("$.a") } },
			"@replace",
			"what stands before or after a match can not be put in its place",
		],
		[
			{ "@replace": { pattern: "a", replacement: "$.b", value: at("$.a") } },
			"@replace",
			"its replacement would be read as a path",
		],
		[{ "@lowercase": at("$.a") }, "@lowercase", "Segment has no directive of this name"],
		[{ "@path": "$.a", x: 1 }, "the object", "beside `@path` stands `x`"],
		[
			{ "@arrayPath": [{ "@literal": [{ a: 1 }] }, { a: at("$.a") }] },
			"@arrayPath",
			"its list is written out: write what comes of it",
		],
		[
			{ "@case": { operator: "lower", value: "ABC" } },
			"@case",
			"its value is written out: write what comes of it",
		],
		[{ "@case": { operator: "title", value: at("$.a") } }, "@case", "its `operator` is `lower` or `upper`"],
		[
			{ "@merge": { direction: "right", objects: [{ "@literal": "x" }] } },
			"@merge",
			"one of its `objects` is none",
		],
		[{ $a: at("$.a") }, "the object", "no attribute can be called `$a` here"],
		[1e300, "the number", "its exponent is beyond what the mapping language counts with"],
		[
			{
				"@transform": {
					apply: { a: { "@json": { mode: "decode", value: at("$.b") } } },
					mapping: { "@path": "$.a.c" },
				},
			},
			"@path",
			"it reads a part of what another directive of `@transform` makes",
		],
	])("%j", (json, what, why) => {
		const conversion = convertData({ z: 1, x: json });
		expect(conversion.left.map((one) => [one.what, one.why])).toEqual([[what, why]]);
		expect(conversion.left[0]?.path).toMatch(/^\$\.x\b/);
		expect(textOf(conversion)).toContain(`    z: 1\n    # not converted: ${what} at $.x`);
		expect(problemsOf(textOf(conversion))).toEqual([]);
	});

	it("stands where it would be, and spoils nothing beside it", () => {
		const items = { "@arrayPath": ["$.lines", { sku: at("$.sku"), gone: { "@liquid": "{{a}}" } }] };
		expect(written({ a: { b: { gone: { "@liquid": "{{a}}" }, c: at("$.c") } }, items })).toBe(`    a:
      b:
        c: $.c
        # not converted: @liquid at $.a.b.gone: a mapping runs no templates with code: use the operators
    items:
      $optional:
        $each: $.lines
        as:
          sku: $.sku
          # not converted: @liquid at $.items.@arrayPath[1].gone: a mapping runs no templates with code: use the operators
`);
	});

	it("leaves out a whole fallback of which it could say only a part", () => {
		const half = either(at("$.a"), at("$.a"), { "@liquid": "x" });
		expect(written({ x: half })).toMatch(/^ {4}\{\}\n {4}# not converted: @liquid at \$\.x\.@if\.else: /);
	});
});

describe("the event of a subscription", () => {
	const subscribe = `type = "track"`;
	const eventIn = (json: Json, options: ConvertOptions = {}): string =>
		textOf(convertSegment(json, options)).split("event:\n")[1] ?? "";
	const antavo = { customer: at("$.userId"), action: "view", data: {} };

	it("has the customer that is named, in the kind that its path says", () => {
		expect(eventIn({ subscribe, mapping: antavo }, { customer: "$.traits.email" })).toContain(
			"customer: [{ email: $.traits.email }]\n",
		);
		expect(eventIn({ subscribe, mapping: antavo }, { customer: "$.anonymousId" })).toContain(
			"customer: [{ anonymous: $.anonymousId }]\n",
		);
		expect(eventIn({ subscribe, mapping: antavo }, { customer: "$.properties.member" })).toContain(
			"customer: [{ id: $.properties.member }]\n",
		);
	});

	it("has a customer that is guessed, and says so, where the mapping names none", () => {
		expect(
			eventIn({ subscribe: `type = "identify"`, mapping: { a: 1 } }, { action: "view" }),
		).toBe(`  action: view
  # guessed: the mapping names no customer; \`--customer\` does
  customer: [{ id: $.userId }, { email: $.traits.email }, { anonymous: $.anonymousId }]
  data:
    a: 1
`);
	});

	it("is a profile where the destination's action is", () => {
		const profile = {
			subscribe,
			partnerAction: "profile",
			mapping: { customer: at("$.userId"), data: at("$.traits") },
		};
		expect(eventIn(profile)).toBe("  action: profile\n  customer: [{ id: $.userId }]\n  data: $.traits\n");
	});

	it("has no action where it comes from the message, until a person says it", () => {
		const fromEvent = { subscribe, mapping: { ...antavo, action: at("$.event") } };
		const { left } = convertSegment(fromEvent, {});
		expect(left).toEqual([
			{
				path: "$.mapping.action",
				what: "the action",
				why: "an action is written out, and can not come from the message: say it with `--action`",
			},
		]);
		expect(convertSegment(fromEvent, { action: "view" }).left).toEqual([]);
		expect(convertSegment({ subscribe, mapping: { a: 1 } }, {}).left.map(({ path }) => path)).toEqual([
			"$.mapping",
		]);
	});

	it("is switched off where the subscription is, or where its trigger can not be said", () => {
		const off = convertSegment({ subscribe, enabled: false, mapping: antavo }, {});
		expect(runText(textOf(off), { type: "track" })).toEqual({
			kind: "switched_off",
			mapping: "segment/example",
		});
		const broken = convertSegment({ subscribe: "type =", mapping: antavo }, {});
		expect(runText(textOf(broken), { type: "track" })).toEqual({
			kind: "switched_off",
			mapping: "segment/example",
		});
	});

	it("carries nothing of how Segment writes to the destination", () => {
		const mapping = { a: 1, __segment_internal_sync_mode: "upsert" };
		expect(eventIn({ subscribe, mapping }, { action: "view" })).toMatch(/ {2}data:\n {4}a: 1\n$/);
	});

	it("is read through the directive that Segment applies to a whole mapping", () => {
		const mapping = {
			a: at("$.p.total"),
			__segment_internal_directive: { "@transform": { apply: { p: at("$.properties") } } },
		};
		expect(eventIn({ subscribe, mapping }, { action: "view" })).toMatch(
			/ {2}data:\n {4}a: \$\.properties\.total\n$/,
		);
		expect(theirs(mapping, { properties: { total: 5 } })).toEqual({ a: 5 });
	});

	it("has the four fields of Antavo (Actions), and names any other", () => {
		const mapping = {
			...antavo,
			data: { a: at("$.p.total") },
			points: 5,
			__segment_internal_directive: { "@transform": { apply: { p: at("$.properties") } } },
		};
		expect(eventIn({ subscribe, mapping })).toContain(
			"  data:\n    a: $.properties.total\n  # not converted: the field at $.mapping.points: ",
		);
	});

	it("has a file of its own name", () => {
		const one = { subscribe: `event = "Order Completed!"`, mapping: antavo };
		const { files } = convertSegment([one, one, { ...one, name: "★" }], {});
		expect(files.map(({ name }) => name)).toEqual(["order-completed", "order-completed-2", "subscription"]);
	});

	it.each<[Json]>([[null], [5], [[1]], [{ mapping: [] }]])("is not there where %j is no mapping", (json) => {
		const { files, left } = convertSegment(json, { action: "view" });
		expect(files).toEqual([]);
		expect(left.map(({ why }) => why)).toEqual(["a mapping is an object"]);
	});
});

/** Two scopes of names, for mappings that Segment and we read alike. */
interface Scope {
	/** Texts and counts that are always there. */
	readonly sure: readonly string[];
	/** Texts, null or absent. */
	readonly texts: readonly string[];
	/** Anything but text, null or absent. */
	readonly others: readonly string[];
}
const messageScope: Scope = {
	sure: ["$.id", "$.count"],
	texts: ["$.name", "$.traits.first name", "$.traits['email']", "$.none.at.all", "$.lines[0].colour"],
	others: ["$.total", "$.vip", "$.lines", "$.traits", "$.lines[1].price", "$.none"],
};
const lineScope: Scope = {
	sure: ["$.sku"],
	texts: ["$.colour", "$.none", "$.name"],
	others: ["$.price", "$.tags"],
};

const pathIn = (paths: readonly string[]): fc.Arbitrary<JsonObject> => fc.constantFrom(...paths).map(at);
const placeholderIn = ({ sure }: Scope) => fc.constantFrom(...sure).map((path) => `{{${path.slice(2)}}}`);
const piece = fc.constantFrom("Hello ", "-", "{", "$.x", "é", "");
const truthyLiteral = fc.oneof(
	fc.constantFrom("$.name", "$", "none", "007", "null", " "),
	fc.integer({ min: 1 }),
	fc.constant(true),
);
const literal = fc.oneof(
	truthyLiteral,
	fc.constantFrom(null, false, 0, "", 1.5, [], {}),
	fc.string(),
	fc.constant({ $a: ["$.b"] }),
);

const mappingIn = (scope: Scope): fc.Arbitrary<Json> =>
	fc.letrec<{ value: Json; object: JsonObject; text: Json }>((tie) => {
		const value = tie("value");
		const text = tie("text");
		const paths = pathIn([...scope.sure, ...scope.texts, ...scope.others]);
		const tests = fc.oneof(
			{ weight: 4, arbitrary: paths },
			{ weight: 1, arbitrary: literal.map((one): JsonObject => ({ "@literal": one })) },
		);
		const notFalsy = fc.oneof(truthyLiteral, paths, text, tie("object"));
		const each = (shape: fc.Arbitrary<Json>) =>
			shape.map((one): JsonObject => ({ "@arrayPath": ["$.lines", one] }));
		const merged = fc.array(
			fc.oneof(fc.constant(at("$.traits")), fc.dictionary(fc.constantFrom("email", "b"), literal)),
		);
		const values: readonly fc.Arbitrary<Json>[] = [
			literal,
			paths,
			text,
			tie("object"),
			fc.array(value, { maxLength: 3 }),
			fc.tuple(tests, value, notFalsy).map(([test, yes, no]) => either(test, yes, no)),
			paths.map((path) => either(path, path)),
			fc.tuple(paths, notFalsy).map(([path, no]) => either(path, path, no)),
			fc.tuple(paths, notFalsy).map(([path, no]) => either(path, undefined, no)),
			fc
				.tuple(pathIn([...scope.texts, "$.lines"]), value, notFalsy)
				.map(([test, yes, no]) => filled(test, yes, no)),
			value.map((one): JsonObject => ({ "@excludeWhenNull": one })),
			value.map((one): JsonObject => ({ "@literal": one })),
			fc
				.tuple(fc.constantFrom("left", "right"), merged)
				.map(([direction, objects]): JsonObject => ({ "@merge": { direction, objects } })),
			fc.tuple(value, paths).map(
				([one, path]): JsonObject => ({
					"@transform": {
						apply: { made: one, read: path },
						mapping: { a: at("$.made"), b: at("$.read"), c: at("$.other") },
					},
				}),
			),
		];
		const texts: readonly fc.Arbitrary<Json>[] = [
			pathIn(scope.texts),
			fc
				.tuple(piece, placeholderIn(scope), fc.constantFrom("", " and ", "$.x"), placeholderIn(scope))
				.map(([a, b, c, d]) => ({ "@template": `${a === "{" ? "{ " : a}${b}${c}${d}` })),
			fc
				.tuple(fc.constantFrom("lower", "upper"), pathIn(scope.texts))
				.map(([operator, one]): JsonObject => ({ "@case": { operator, value: one } })),
		];
		return {
			value: fc.oneof(
				{ depthSize: "small", withCrossShrink: true },
				...values,
				...(scope === messageScope
					? [each(fc.dictionary(fc.constantFrom("a", "b"), mappingIn(lineScope)))]
					: []),
			),
			object: fc.dictionary(fc.constantFrom("a", "b c", "1", "null", "d"), value, { maxKeys: 3 }),
			text: fc.oneof(...texts),
		};
	}).value;

const someText = fc.oneof(fc.constantFrom("Ada", "ada@Example.test", "$.id", "İ", "ß"), fc.string());
const maybe = <Value>(value: fc.Arbitrary<Value>) =>
	fc.oneof(value, fc.constant(null), fc.constant(undefined));
const line = fc.record({
	sku: fc.constantFrom("S-1", "S-2"),
	colour: maybe(someText),
	price: maybe(fc.constantFrom(1.1, 3, 0)),
	tags: maybe(fc.array(fc.constantFrom("a", "b"))),
	name: maybe(someText),
});
const payload = fc.record({
	id: fc.constantFrom("o-1", ""),
	count: fc.integer({ min: -5, max: 5 }),
	name: maybe(someText),
	traits: fc.oneof(
		fc.constant(undefined),
		fc.record({ "first name": maybe(someText), email: maybe(someText) }),
	),
	total: maybe(fc.constantFrom(1.1, 12.5, 0, 9_007_199_254_740_991)),
	vip: maybe(fc.boolean()),
	lines: fc.oneof(fc.constant(undefined), fc.array(line)),
});

/** JSON without what is null or absent: where Segment gives null for nothing, we give nothing. */
function withoutNulls(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(withoutNulls).filter((item) => item !== undefined);
	if (typeof value !== "object" || value === null) return value ?? undefined;
	const entries = Object.entries(value).map(([key, one]) => [key, withoutNulls(one)] as const);
	return Object.fromEntries(entries.filter(([, one]) => one !== undefined));
}

const plain = (value: object): ValueObject => JSON.parse(JSON.stringify(value)) as ValueObject;

describe("a converted mapping", () => {
	it("makes of a payload what Segment makes of it", () => {
		let compared = 0;
		fc.assert(
			fc.property(mappingIn(messageScope), payload, (mapping, sent) => {
				const { left } = convertData({ x: mapping });
				// What is left is named, and is no part of the promise.
				if (left.some(({ what }) => what !== "@excludeWhenNull")) return;
				compared += 1;
				const content = plain({ ...sent, type: "track" });
				expect(withoutNulls(ours({ x: mapping }, content as JsonObject))).toEqual(
					withoutNulls(theirs({ x: mapping }, content as JsonObject)),
				);
			}),
			{ numRuns: 300 },
		);
		expect(compared).toBeGreaterThan(150);
	});
});

describe("a converted mapping is better on purpose:", () => {
	const price = { "@path": "$.price" };
	const shout = { "@case": { operator: "upper", value: at("$.n") } };
	it.each<[string, Json, JsonObject, unknown, unknown]>([
		["an `else` of 0 is kept", either(at("$.a"), 1, 0), {}, 0, undefined],
		["an `else` of false is kept", either(at("$.a"), 1, false), {}, false, undefined],
		["an `else` of an empty text is kept", either(at("$.a"), 1, ""), {}, "", undefined],
		["0 is no blank", filled(at("$.a"), "filled", "blank"), { a: 0 }, "filled", "blank"],
		["false is no blank", filled(at("$.a"), "filled", "blank"), { a: false }, "filled", "blank"],
		["an empty object is blank", filled(at("$.a"), "filled", "blank"), { a: {} }, "blank", "filled"],
		["a fallback of null is none", either(at("$.a"), at("$.a"), at("$.b")), { b: null }, undefined, null],
		["a path through null is absent", at("$.a.b"), { a: null }, undefined, null],
		["a path through 0 is absent", at("$.a.b"), { a: 0 }, undefined, 0],
		["a quoted name may have a dot", at("$.o['a.b']"), { o: { "a.b": 1 } }, 1, undefined],
		["a path reads own properties only", at("$.a.constructor.name"), { a: {} }, undefined, "Object"],
		["a path reads no prototype", at("$.a.__proto__"), { a: {} }, undefined, {}],
		["a path reads no length", at("$.a.length"), { a: [1] }, undefined, 1],
		["an absent item is left out of a list", [at("$.a"), 1], {}, [1], [undefined, 1]],
		["a text with an absent part is left out", { "@template": "Hello {{a}}" }, {}, undefined, "Hello "],
		[
			"a text is made of texts and numbers only",
			{ "@template": "Hello {{a}}" },
			{ a: {} },
			/needs a text/,
			"Hello [object Object]",
		],
		[
			"a text is what was sent, whatever is in it",
			{ "@template": "{{{a}}}" },
			{ a: "{{b}}", b: "x" },
			"{{b}}",
			"x",
		],
		["only a text has a case", shout, { n: 5 }, /needs a text/, 5],
		["a list of nothing is left out", { "@arrayPath": ["$.a", { price }] }, { a: null }, undefined, null],
		[
			"what is mapped as a list is one",
			{ "@arrayPath": ["$.a", { price }] },
			{ a: { price: 1 } },
			/needs a list/,
			[{ price: 1 }],
		],
		[
			"an absent attribute hides none when objects are merged",
			{ "@merge": { direction: "right", objects: [{ b: 1 }, { b: at("$.a") }] } },
			{},
			{ b: 1 },
			{},
		],
		[
			"null is left out of an object that is written out",
			{ "@excludeWhenNull": { a: at("$.a"), b: 1 } },
			{ a: null },
			{ b: 1 },
			{ b: 1 },
		],
	])("%s", (_why, mapping, sent, expected, segments) => {
		expect(theirs({ x: mapping }, sent)).toEqual(segments === undefined ? {} : { x: segments });
		const data = ours({ x: mapping }, sent);
		if (expected instanceof RegExp) expect(data).toMatch(expected);
		else expect(data).toEqual(expected === undefined ? {} : { x: expected });
	});

	it("with one more `$` an item reads the order, for which Segment has no word", () => {
		const mapping = { x: { "@arrayPath": ["$.lines", { order: at("$.order_id") }] } };
		const sent = { order_id: "o-1", lines: [{}] };
		expect(theirs(mapping, sent)).toEqual({ x: [{}] });
		const text = textOf(convertData(mapping)).replace("$.order_id", () => "$$.order_id");
		expect(dataOf(text, { type: "track", ...sent })).toEqual({ x: [{ order: "o-1" }] });
	});
});

describe("whatever the JSON is", () => {
	it("the files compile, and nothing is thrown", () => {
		const names = fc.constantFrom(
			"@path",
			"@if",
			"@template",
			"@case",
			"@merge",
			"@arrayPath",
			"@transform",
			"@excludeWhenNull",
			"@literal",
			"exists",
			"then",
			"else",
			"value",
			"apply",
			"mapping",
			"objects",
			"direction",
			"operator",
			"$first",
			"__proto__",
			"<<",
			"",
			"a b",
			"1",
			"then",
		);
		const leaf = fc.oneof(
			fc.constantFrom(
				"$.a",
				"$",
				"$.",
				"{{a}}",
				"{{{a}}",
				"lower",
				"left",
				"$$.a",
				"$delivery.headers",
				"- a",
				"#",
				"a: b",
				"\n",
				"~",
			),
			fc.string({ unit: "binary" }),
			fc.double({ noNaN: true, noDefaultInfinity: true }),
			fc.constantFrom(null, true, -0),
		);
		const { wild } = fc.letrec<{ wild: Json }>((tie) => ({
			wild: fc.oneof(
				{ maxDepth: 5, withCrossShrink: true },
				leaf as fc.Arbitrary<Json>,
				fc.array(tie("wild"), { maxLength: 3 }),
				fc.dictionary(names, tie("wild"), { maxKeys: 3 }),
			),
		}));
		fc.assert(
			fc.property(wild, (json) => {
				const text = textOf(convertData({ x: json }));
				expect(text === "" ? [] : problemsOf(text)).toEqual([]);
			}),
			{ numRuns: 200 },
		);
	});

	it("a mapping that is nested without end is left", () => {
		let json: Json = at("$.a");
		for (let depth = 0; depth < 200; depth += 1) json = { "@case": { operator: "lower", value: json } };
		const conversion = convertData({ x: json });
		expect(conversion.left.map(({ why }) => why)).toEqual(["it is nested deeper than 14 levels"]);
		expect(problemsOf(textOf(conversion))).toEqual([]);
	});

	it("a mapping as deep as it may be still compiles", () => {
		let json: Json = at("$.a");
		for (let depth = 0; depth < 6; depth += 1)
			json = { "@merge": { direction: "left", objects: [json, { b: either(at("$.c"), 1, json) }] } };
		const conversion = convertData({ x: json });
		expect(problemsOf(textOf(conversion))).toEqual([]);
	});
});

describe("what needs `$replace` and `$parseJson`", () => {
	it("makes of a text what Segment makes of it", () => {
		const part = fc.constantFrom("a", "B", ".", "$", "$&", "$$", "$1", "(", "\\", "-", " ", "^", "[", "é");
		const options = fc.record(
			{
				pattern: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
				replacement: fc.array(part, { maxLength: 3 }).map((parts) => `_${parts.join("")}`),
				pattern2: part,
				replacement2: part.map((one) => `_${one}`),
				ignorecase: fc.boolean(),
				value: fc.constant(at("$.text")),
			},
			{ requiredKeys: ["pattern", "value"] },
		);
		const sent = fc.oneof(
			fc.array(part).map((parts) => parts.join("")),
			fc.integer(),
			fc.boolean(),
		);
		fc.assert(
			fc.property(options, sent, (replace, text) => {
				const mapping = { x: { "@replace": replace } };
				expect(convertData(mapping).left).toEqual([]);
				expect(ours(mapping, { text })).toEqual(theirs(mapping, { text }));
			}),
		);
	});

	it("reads JSON as Segment reads it", () => {
		const mapping = { x: { "@json": { mode: "decode", value: at("$.text") } } };
		const { any } = fc.letrec((tie) => ({
			any: fc.oneof(
				{ depthSize: "small" },
				fc.constantFrom(null, true, 0, 1.5, -7),
				fc.string(),
				fc.array(tie("any")),
				// Segment loses an attribute of this name, which the named cases below have.
				fc.dictionary(
					fc.string().filter((name) => name !== "__proto__"),
					tie("any"),
				),
			),
		}));
		fc.assert(
			fc.property(any, (json) => {
				const text = JSON.stringify(json);
				expect(ours(mapping, { text })).toEqual(theirs(mapping, { text }));
			}),
		);
	});

	it.each<[string, JsonObject, JsonObject, unknown, unknown]>([
		[
			"a text that is no JSON fails",
			{ "@json": { mode: "decode", value: at("$.a") } },
			{ a: "{" },
			/reads JSON/,
			"{",
		],
		[
			"a number in JSON keeps its digits",
			{ "@json": { mode: "decode", value: at("$.a") } },
			{ a: "12345678901234567890" },
			{ x: "12345678901234567890" },
			12345678901234567000,
		],
		[
			"an attribute called __proto__ in JSON is kept, and is no prototype",
			{ "@json": { mode: "decode", value: at("$.a") } },
			{ a: '[{"__proto__":{"b":1}}]' },
			{ x: JSON.parse('[{"__proto__":{"b":1}}]') },
			[{}],
		],
		[
			"what is no text is no JSON",
			{ "@json": { mode: "decode", value: at("$.a") } },
			{ a: 5 },
			/needs a text/,
			5,
		],
		[
			"nothing is replaced in an object",
			{ "@replace": { pattern: "a", value: at("$.a") } },
			{ a: {} },
			/needs a text/,
			"",
		],
		[
			"nothing is replaced where there is nothing",
			{ "@replace": { pattern: "a", value: at("$.a") } },
			{},
			undefined,
			"",
		],
	])("is better on purpose: %s", (_why, mapping, sent, expected, segments) => {
		expect(theirs({ x: mapping }, sent)).toEqual({ x: segments });
		const data = ours({ x: mapping }, sent);
		if (expected instanceof RegExp) expect(data).toMatch(expected);
		else expect(data).toEqual(expected ?? {});
	});
});
