import jsonata from "jsonata";
import { Liquid } from "liquidjs";
import { describe, expect, it } from "vitest";
import { compileMappings, testMappings } from "../src/map/mappings.ts";
import { type JsonObject, parseJson, type ValueObject } from "../src/model/json.ts";
import { dataOf, mappingOf, openContext, problemsOf, runText } from "./support/mappings.ts";
import { either, filled, isTriggered, transform, triggerError } from "./support/segment-kit.ts";

/*
 * What other mapping engines get wrong in silence. Where the engine is installed it is run beside ours, so that what
 * is said of it is true; a release that mends it fails here, and the claim goes.
 */

/** What our engine makes of a message with this under `data`. */
const ours = (data: string, message: ValueObject): unknown => dataOf(mappingOf({ data }), message);

/** Whether a message gets past this `when`. */
const matches = (when: string, message: ValueObject): boolean =>
	runText(mappingOf({ when }), message).kind === "mapped";

const liquid = new Liquid();
const path = (source: string): JsonObject => ({ "@path": source });
const segment = (directive: JsonObject, payload: object): unknown =>
	(transform({ x: directive }, payload) as { readonly x?: unknown }).x;

describe("money", () => {
	const subtotal = "{ x: { $multiply: [$.price, $.quantity] } }";
	const inLiquid = (payload: object): unknown =>
		segment({ "@liquid": "{{ price | times: quantity }}" }, payload);
	const inJsonata = (payload: object): Promise<unknown> => jsonata("price * quantity").evaluate(payload);

	it("is counted in decimals: 1.1 times 3 is 3.3", async () => {
		const line = { price: 1.1, quantity: 3 };
		expect(ours(subtotal, line)).toEqual({ x: 3.3 });
		expect(await inJsonata(line)).toBe(3.3000000000000003);
		expect(inLiquid(line)).toBe("3.3000000000000003");
	});

	it('sent as text is a number: "12.50" times 2 is 25', async () => {
		const line = { price: "12.50", quantity: 2 };
		expect(ours(subtotal, line)).toEqual({ x: 25 });
		await expect(inJsonata(line)).rejects.toMatchObject({ code: "T2001" });
		expect(inLiquid(line)).toBe("25");
	});

	it("that is missing is no zero and no silence", async () => {
		const line = { quantity: 2 };
		expect(ours(subtotal, line)).toBe("`$multiply` needs a number, and `$.price` is absent or null");
		expect(await inJsonata(line)).toBe(undefined);
		expect(inLiquid(line)).toBe("0");
	});

	it("times a quantity of null is no zero", () => {
		const line = { price: 5, quantity: null };
		expect(ours(subtotal, line)).toBe("`$multiply` needs a number, and `$.quantity` is absent or null");
		expect(inLiquid(line)).toBe("0");
	});

	it("keeps every digit from the text of the message on", () => {
		const parsed = parseJson('{ "total": 0.1234567890123456789, "cents": 12345678901234567890 }');
		expect(
			ours("{ a: $.total, b: { $add: [$.cents, 1] } }", (parsed.ok ? parsed.value : {}) as ValueObject),
		).toEqual({
			a: "0.1234567890123456789",
			b: "12345678901234567891",
		});
		expect(JSON.parse("12345678901234567890")).toBe(12345678901234567000);
	});

	it("is rounded as people round it: 1.005 is 1.01", async () => {
		expect(ours("{ x: { $round: $.total, scale: 2 } }", { total: 1.005 })).toEqual({ x: 1.01 });
		expect(await jsonata("$round(total, 2)").evaluate({ total: 1.005 })).toBe(1);
	});
});

describe("a list that is not there", () => {
	const lines = "{ $each: $.products, as: { price: $.price } }";

	it("is named where it is needed, and left out where it is optional", async () => {
		expect(ours(`{ x: ${lines} }`, {})).toBe("`$each` needs a list, and `$.products` is absent or null");
		expect(ours(`{ x: { $optional: ${lines} } }`, {})).toEqual({});
		expect(segment({ "@arrayPath": ["$.products", { price: path("$.price") }] }, {})).toBe(undefined);
		expect(await jsonata("{ 'x': producst.price }").evaluate({ products: [] })).toEqual({});
	});

	it("is not made of one thing that is no list", () => {
		expect(ours(`{ x: ${lines} }`, { products: { price: 1 } })).toBe(
			"`$each` needs a list, and `$.products` is an object of 1",
		);
		expect(
			segment({ "@arrayPath": ["$.products", { price: path("$.price") }] }, { products: { price: 1 } }),
		).toEqual([{ price: 1 }]);
	});
});

describe("a value that a program takes for no value", () => {
	it.each([
		["0", 0],
		["false", false],
		['""', ""],
	])("%s in `else` is kept", (written, value) => {
		expect(ours(`{ x: { $if: { vip: true }, then: 1, else: ${written} } }`, {})).toEqual({ x: value });
		expect(segment(either(path("$.vip"), 1, value), {})).toBe(undefined);
	});

	it("0 is there, and is not empty", () => {
		const message = { points: 0 };
		expect(ours("{ x: { $first: [$.points, 5] } }", message)).toEqual({ x: 0 });
		expect(matches("{ points: { $empty: false } }", message)).toBe(true);
		expect(segment(filled(path("$.points"), "filled", "blank"), message)).toBe("blank");
	});

	it("0 after `exists` is told what belongs there, when the mapping is loaded", () => {
		expect(problemsOf(mappingOf({ data: "{ x: { $if: { points: { $exists: 0 } }, then: 1 } }" }))).toEqual([
			"`$exists` takes a boolean; write true or false",
		]);
		expect(() => segment(either(0, 1), {})).toThrow('@if requires an "exists" key or a "blank" key');
	});
});

describe("what an item can not see of the order around it", () => {
	const order = { id: "o-1", rate: 2, lines: [{ sku: "a", price: "1.10", sizes: ["s", "m"] }] };

	it("is read from the message, also to count with", async () => {
		const data =
			"{ x: { $each: $.lines, as: { order: $$.id, sku: $.sku, price: { $multiply: [$.price, $$.rate] } } } }";
		expect(ours(data, order)).toEqual({ x: [{ order: "o-1", sku: "a", price: 2.2 }] });
		expect(
			segment({ "@arrayPath": ["$.lines", { order: path("$.id"), sku: path("$.sku") }] }, order),
		).toEqual([{ sku: "a" }]);
		expect(await jsonata("lines.{ 'order': id, 'sku': sku }").evaluate(order)).toEqual({ sku: "a" });
	});

	it("is read from the item outside of an inner list", () => {
		const inner = "{ $each: $.sizes, as: { sku: $line.sku, size: $, order: $$.id } }";
		expect(ours(`{ x: { $flatten: { $each: $.lines, item: line, as: ${inner} } } }`, order)).toEqual({
			x: [
				{ sku: "a", size: "s", order: "o-1" },
				{ sku: "a", size: "m", order: "o-1" },
			],
		});
	});
});

describe("a name with a dot", () => {
	it("is one name", () => {
		const message = { properties: { "unit.price": 5 } };
		expect(ours("{ x: $.properties.'unit.price' }", message)).toEqual({ x: 5 });
		expect(segment(path("$.properties['unit.price']"), message)).toBe(undefined);
	});
});

describe("a text with a part that is not there", () => {
	it("is no text with a hole in it", async () => {
		expect(ours('{ x: { $template: "Hello {$.name}" } }', {})).toBe(
			"`$template` needs a text, a number or a boolean, and `$.name` is absent or null",
		);
		expect(ours('{ x: { $optional: { $template: "Hello {$.name}" } } }', {})).toEqual({});
		expect(segment({ "@template": "Hello {{name}}" }, {})).toBe("Hello ");
		expect(await jsonata("'Hello ' & name").evaluate({})).toBe("Hello ");
		expect(liquid.parseAndRenderSync("Hello {{ name }}", {})).toBe("Hello ");
	});

	it("is no text with `[object Object]` in it", () => {
		expect(ours('{ x: { $template: "Hello {$.name}" } }', { name: {} })).toBe(
			"`$template` needs a text, a number or a boolean, and `$.name` is an object of 0",
		);
		expect(segment({ "@template": "Hello {{name}}" }, { name: {} })).toBe("Hello [object Object]");
	});

	it("does not run what a customer put into another part", () => {
		const message = { name: "{$.secret} {{secret}}", secret: "s3" };
		expect(ours('{ x: { $template: "Hello {$.name}" } }', message)).toEqual({
			x: "Hello {$.secret} {{secret}}",
		});
		expect(segment({ "@template": "Hello {{{name}}}" }, message)).toBe("Hello {$.secret} s3");
	});

	it("is the only thing that makes a text of a number", () => {
		expect(ours("{ x: $.total }", { total: 12.5 })).toEqual({ x: 12.5 });
		expect(segment({ "@template": "{{total}}" }, { total: 12.5 })).toBe("12.5");
	});
});

describe("the insides of the program", () => {
	it.each([
		"constructor.name",
		"__proto__",
		"a.__proto__",
		"toString",
		"list.length",
		"list.map",
		"name.length",
	])("are not read by `$.%s`", (inside) => {
		const message = { a: {}, list: [1], name: "Ada" };
		expect(ours(`{ x: $.${inside} }`, message)).toEqual({});
		expect(segment(path(`$.${inside}`), message)).not.toBe(undefined);
	});
});

describe("what a run leaves behind", () => {
	const replace = { "@replace": { pattern: "a", value: path("$.text") } };

	it("is nothing in the mapping and nothing in the message", () => {
		const mapping = structuredClone({ x: replace });
		transform(mapping, { text: "banana" });
		expect(mapping).not.toEqual({ x: replace });
		expect(() => transform(frozen(structuredClone({ x: replace })), { text: "banana" })).toThrow(
			"not extensible",
		);

		const message = frozen({ lines: [{ price: "1.10", tags: { a: null } }], traits: { a: 1 } });
		const data =
			"{ x: { $each: $.lines, as: { $merge: [$, { price: { $number: $.price } }] } }, y: { $merge: [$.traits, { b: 2 }] } }";
		expect(ours(data, message)).toEqual({ x: [{ price: 1.1, tags: { a: null } }], y: { a: 1, b: 2 } });
	});

	it("is nothing for the next message, whatever the last one was", () => {
		const text = mappingOf({ data: "{ x: { $each: $.lines, item: line, as: { $number: $line.price } } }" });
		const { set } = compileMappings(
			[{ name: "segment/example", path: "example.yaml", text, version: "1" }],
			openContext,
		);
		const run = (content: ValueObject) =>
			set?.run(
				"segment",
				"shop",
				{ id: "m-1", type: "track", time: undefined, identities: [], content },
				{ receivedAt: 0, headers: {}, settings: {} },
			);
		const sound = { lines: [{ price: 1 }, { price: 2 }] };
		const before = run(sound);
		expect(run({ lines: [{ price: 3 }, { price: "many" }] })).toMatchObject({ events: [{ kind: "failed" }] });
		expect(run({})).toMatchObject({ events: [{ kind: "failed" }] });
		expect(run(sound)).toEqual(before);
	});

	it("is no promise: a mapping answers at once", () => {
		expect(jsonata("1 + 1").evaluate({})).toBeInstanceOf(Promise);
		expect(ours("{ x: { $add: [1, 1] } }", {})).toEqual({ x: 2 });
	});
});

describe("a pattern of more than ten characters", () => {
	it("is a pattern like any other", () => {
		const message = { phone: "Tel. (intl.) +49 30" };
		expect(
			ours('{ x: { $replace: $.phone, pattern: "^Tel\\\\. \\\\(intl\\\\.\\\\) ", with: "" } }', message),
		).toEqual({
			x: "+49 30",
		});
		const long = { "@replace": { pattern: "Tel. (intl.) ", value: path("$.phone") } };
		expect(() => segment(long, message)).toThrow("length 10 or less");
	});
});

describe("a condition", () => {
	it('on `>= 50` holds for "60"', async () => {
		const message = { properties: { total: "60" } };
		expect(matches("{ properties.total: { $gte: 50 } }", message)).toBe(true);
		expect(isTriggered("properties.total >= 50", message)).toBe(false);
		await expect(jsonata("properties.total >= 50").evaluate(message)).rejects.toMatchObject({
			code: "T2009",
		});
	});

	it("that something is not a value means one thing for what is absent", async () => {
		const message = { properties: {} };
		for (const when of [
			"{ event: { $ne: A } }",
			"{ properties.total: { $ne: 50 } }",
			'{ properties.total: { $ne: "50" } }',
		]) {
			expect(matches(when, message)).toBe(true);
			expect(matches(when.replace("{ $ne", "{ $exists: true, $ne"), message)).toBe(false);
		}
		expect(isTriggered(`event != "A"`, message)).toBe(true);
		expect(isTriggered("properties.total != 50", message)).toBe(false);
		expect(await jsonata("properties.total != 50").evaluate(message)).toBe(false);
	});

	it("has lists, and joins what is joined", () => {
		const when =
			"{ event: [A, B], $or: [{ userId: u }, { $and: [{ vip: true }, { $not: { country: DE } }] }] }";
		expect(matches(when, { event: "B", vip: true, country: "FR" })).toBe(true);
		expect(matches(when, { event: "B", vip: true, country: "DE" })).toBe(false);
		expect(matches(when, { event: "C", userId: "u" })).toBe(false);
		const nested = `(event = "A" or event = "B") and (userId = "u" or (vip = true and country = "FR"))`;
		expect(triggerError(nested)).not.toBe(undefined);
	});

	it("stands before an event is made, and another may stand at the event", () => {
		const text = `title: An example
from: segment
when: { type: track }
events:
  - { action: view, customer: $.userId, slot: a, when: { total: { $gte: 50 } }, data: { x: { $number: $.total } } }
  - { action: view, customer: $.userId, slot: b, data: { x: 1 } }
`;
		expect(runText(text, { type: "track", total: "many" })).toMatchObject({
			events: [{ kind: "skipped", reason: "`total: $gte 50` does not hold" }, { kind: "event" }],
		});
		expect(runText(text, { type: "page", total: "many" }).kind).toBe("unmatched");
	});
});

describe("a typing error", () => {
	it.each([
		[
			"an operator",
			"data",
			"{ x: { $nubmer: $.total } }",
			"no operator is called `$nubmer`; did you mean `$number`?",
		],
		[
			"an argument",
			"data",
			"{ x: { $round: $.total, scael: 2 } }",
			"`$round` has no argument called `scael`; did you mean `scale`?",
		],
		["a matcher", "when", "{ total: { $gtee: 50 } }", "no matcher is called `$gtee`; did you mean `$gte`?"],
	] as const)("in %s is an error, and says what would be right", (_where, part, written, problem) => {
		expect(problemsOf(mappingOf({ [part]: written }))).toEqual([problem]);
	});

	it("in a bracket is named with its place, and does not match nothing", () => {
		const { problems, set } = compileMappings(
			[
				{
					name: "a",
					path: "a.yaml",
					text: mappingOf({ when: "{ type: track, event: [A, B }" }),
					version: "1",
				},
			],
			openContext,
		);
		expect(set).toBe(undefined);
		expect(problems[0]).toMatchObject({ severity: "error", line: 3 });
		const fql = `type = "track" and (event = "A" or event = "B"`;
		expect(triggerError(fql)).toBe("Cannot read properties of undefined (reading 'type')");
		expect(isTriggered(fql, { type: "track", event: "A" })).toBe(false);
	});

	it("does not widen what a condition lets through", () => {
		expect(matches("{ type: track, evnet: A }", { type: "track", event: "B" })).toBe(false);
		expect(isTriggered(`type = "track" and evnet = "A"`, { type: "track", event: "B" })).toBe(true);
	});

	it("is found when the mapping is loaded, not by the first message that comes by", () => {
		const hidden = either(path("$.vip"), [{ "@nope": 1 }]);
		expect(segment(hidden, {})).toBe(undefined);
		expect(() => segment(hidden, { vip: true })).toThrow("not a valid directive");
		expect(
			problemsOf(mappingOf({ data: "{ x: { $if: { vip: true }, then: [{ $nope: 1 }] } }" })),
		).toHaveLength(1);
	});

	it("is found once for all: what is checked is what runs", () => {
		const text = mappingOf({ data: "{ x: { $nubmer: $.total } }" });
		const file = { name: "a", path: "a.yaml", text, version: "1" };
		const { problems, set } = compileMappings([file], openContext);
		expect(set).toBe(undefined);
		expect(testMappings([file], openContext)).toEqual(problems);
	});
});

describe("the clock in a mapping's tests", () => {
	it("stands still", () => {
		const text = `${mappingOf({ data: "{ at: $delivery.receivedAt }" })}tests:
  - it: knows when it came
    message: { type: track, userId: u }
    gives: [{ action: view, customer: [{ id: u }], data: { at: "2026-01-01T00:00:00.000Z" } }]
`;
		expect(testMappings([{ name: "a", path: "a.yaml", text, version: "1" }], openContext)).toEqual([]);
	});
});

/** Frozen to the ground, so that any writing into it throws. */
function frozen<Value extends object>(value: Value): Value {
	for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) frozen(inner);
	return Object.freeze(value);
}
