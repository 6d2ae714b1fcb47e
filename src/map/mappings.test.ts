import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import type { ValueObject } from "../model/json.ts";
import { parseJson } from "../model/json.ts";
import type { Message } from "../model/message.ts";
import type { ActionShape } from "./context.ts";
import {
	type CheckContext,
	compileMappings,
	type Mapped,
	type MappingFile,
	type MappingSet,
	testMappings,
} from "./mappings.ts";

const orderCompleted = `# yaml-language-server: $schema=../mapping.schema.json
title: A completed order is a checkout
from: segment                                   # a connector, connector/endpoint-name, or a list
when: { type: track, event: [Order Completed, Completed Order] }     # a list means any of
event:
  action: checkout
  customer: [ { id: $.userId }, { email: $.context.traits.email }, { anonymous: $.anonymousId } ]
  timestamp: $.timestamp
  data:
    transaction_id: $.properties.order_id
    total: { $number: { $first: [$.properties.revenue, $.properties.total] } }
    currency: { $first: [$.properties.currency, EUR] }
    items:
      $each: $.properties.products
      as:
        product_id: { $first: [$.product_id, $.sku] }
        product_name: $.name
        quantity: { $integer: { $first: [$.quantity, 1] } }
        price: { $optional: { $number: $.price } }
        subtotal: { $optional: { $multiply: [$.price, { $first: [$.quantity, 1] }] } }
        product_category: $.category
tests:
  - it: maps a paid order
    message: { type: track, event: Order Completed, userId: u-1, timestamp: "2026-11-22T10:00:00Z",
               properties: { order_id: o-1, revenue: "12.50", products: [ { sku: S-1, price: "1.10", quantity: 3 } ] } }
    gives:
      - { action: checkout, customer: [ { id: u-1 } ], timestamp: "2026-11-22T10:00:00Z",
          data: { transaction_id: o-1, total: 12.50, currency: EUR, items: [ { product_id: S-1, quantity: 3, price: 1.10, subtotal: 3.30 } ] } }
  - it: leaves other tracks alone
    message: { type: track, event: Product Viewed, userId: u-1 }
    gives: []
`;

const checkout: ActionShape = {
	attributes: new Map([
		["transaction_id", { type: "text", required: true }],
		["total", { type: "number", required: true }],
		["currency", { type: "text", required: false }],
		["items", { type: "list", required: false }],
		["channel", { type: "text", required: false }],
	]),
	open: false,
	sender: "anyone",
};
const anything: ActionShape = { attributes: new Map(), open: true, sender: "anyone" };
const actions = new Map([
	["checkout", checkout],
	["profile", anything],
	["view", anything],
]);

const context: CheckContext = {
	action: (name) => actions.get(name),
	actionNames: [...actions.keys()],
	identityKinds: new Set(["id", "email", "anonymous"]),
	connectors: new Set(["segment", "shopify"]),
	sha256Hex: nodeCrypto.sha256Hex,
};

const fileOf = (text: string, name = "segment/example"): MappingFile => ({
	name,
	path: `mappings/${name}.yaml`,
	text,
	version: "1",
});

const compiled = (...files: readonly MappingFile[]): MappingSet => {
	const { set, problems } = compileMappings(files, context);
	if (set === undefined) throw new Error(problems.map(({ message }) => message).join("\n"));
	return set;
};

const view = (body: string, when = "{ type: track }"): string =>
	`title: An example\nfrom: segment\nwhen: ${when}\nevent:\n  action: view\n  customer: $.userId\n${body}`;

const messageOf = (content: ValueObject, time?: number): Message => ({
	id: "m-1",
	type: "track",
	time,
	identities: [],
	content,
});

const delivery = {
	receivedAt: Date.UTC(2026, 10, 22),
	headers: { "x-shop": "berlin" },
	settings: { enrol: "trait" },
};

const run = (set: MappingSet, content: ValueObject, time?: number): Mapped =>
	set.run("segment", "shop", messageOf(content, time), delivery);

/** The data of the one event that the mapping gives, or the reason why there is none. */
function dataOf(text: string, content: ValueObject): unknown {
	const mapped = run(compiled(fileOf(text)), { type: "track", ...content });
	if (mapped.kind !== "mapped") return mapped.kind;
	const [event] = mapped.events;
	return event?.kind === "event" ? event.data : event?.reason;
}

const problemsOf = (...files: readonly MappingFile[]): readonly string[] =>
	compileMappings(files, context).problems.map(
		({ line, column, severity, message, help }) =>
			`${line}:${column} ${severity}: ${message}${help === "" ? "" : `; ${help}`}`,
	);

describe("a mapping", () => {
	it("turns a Segment order into a checkout and passes its own tests", () => {
		expect(testMappings([fileOf(orderCompleted)], context)).toEqual([]);
	});

	it("leaves an absent attribute out and writes a null one", () => {
		const text = view("  data: { a: $.a, b: $.b, c: $.b.c }");
		expect(dataOf(text, { b: null })).toEqual({ b: null });
	});

	it("reads quoted names, places from the end, and own properties only", () => {
		const text = view(
			`  data: { a: "$.'first name'", b: $.list.-1.x, c: $.constructor.name, d: $.list.length }`,
		);
		expect(dataOf(text, { "first name": "Ada", list: [{ x: 1 }, { x: 2 }] })).toEqual({ a: "Ada", b: 2 });
	});

	it("knows the message, its delivery and its endpoint's settings", () => {
		const text = view(
			"  data: { id: $message.id, at: $message.time, shop: $delivery.headers.X-Shop, enrol: $delivery.settings.enrol }",
		);
		expect(run(compiled(fileOf(text)), { type: "track" }, Date.UTC(2026, 0, 2))).toMatchObject({
			events: [{ data: { id: "m-1", at: "2026-01-02T00:00:00.000Z", shop: "berlin", enrol: "trait" } }],
		});
	});

	it("keeps all digits of numbers that a double would falsify, as texts", () => {
		const content = parseJson(
			'{"type":"track","id":12345678901234567890,"deep":[{"n":0.12345678901234567891}],"n":1.50}',
		);
		if (!content.ok) throw new Error(content.failure.reason);
		const text = view("  data: { id: $.id, deep: $.deep, n: $.n, literal: 98765432109876543210 }");
		expect(dataOf(text, content.value as ValueObject)).toEqual({
			id: "12345678901234567890",
			deep: [{ n: "0.12345678901234567891" }],
			n: 1.5,
			literal: "98765432109876543210",
		});
	});

	it("copies an attribute called __proto__ without touching a prototype", () => {
		const content = JSON.parse('{"a":{"__proto__":{"admin":true}},"b":1}') as ValueObject;
		const data = dataOf(view("  data: { $merge: [$.a, { c: $.b }] }"), content) as object;
		expect(Object.getPrototypeOf(data)).toBe(Object.prototype);
		expect(Object.hasOwn(data, "__proto__")).toBe(true);
	});

	it.each([
		["{ $fromEntries: $.entries }", { entries: [{ key: "__proto__", value: { admin: true } }] }],
		["{ $parseJson: $.text }", { text: '{"__proto__":{"admin":true}}' }],
	])("gives no object another prototype by %s", (expression, content) => {
		const data = dataOf(view(`  data: { a: ${expression} }`), content as ValueObject) as { a: object };
		expect(Object.getPrototypeOf(data.a)).toBe(Object.prototype);
		expect(Object.getOwnPropertyNames(data.a)).toEqual(["__proto__"]);
	});

	it("says where it fails, on which path, and nothing of the value", () => {
		const text = view("  data:\n    total: { $number: $.properties.total }");
		const mapped = run(compiled(fileOf(text)), { type: "track", properties: { total: "1,200.00" } });
		expect(mapped).toEqual({
			kind: "mapped",
			events: [
				{
					mapping: "segment/example",
					version: "1",
					kind: "failed",
					reason: "`$number` needs a number, and `$.properties.total` is a text of 8 characters",
					at: { file: "mappings/segment/example.yaml", line: 8, column: 23, path: "$.properties.total" },
				},
			],
		});
	});
});

describe("a customer", () => {
	const identities = (customer: string, content: ValueObject): unknown => {
		const text = `from: segment\nwhen: { type: track }\nevent: { action: view, customer: ${customer} }`;
		const mapped = run(compiled(fileOf(text)), { type: "track", ...content });
		const event = mapped.kind === "mapped" ? mapped.events[0] : undefined;
		return event?.kind === "event" ? event.identities : event?.reason;
	};

	it("is a loyalty id, or identities in order of trust, without those that are absent, null or blank", () => {
		expect(identities("$.userId", { userId: 7 })).toEqual([{ kind: "id", value: "7" }]);
		expect(
			identities("[{ id: $.a }, { email: $.b }, { anonymous: $.c }]", { a: null, b: "  ", c: "x" }),
		).toEqual([{ kind: "anonymous", value: "x" }]);
		expect(identities("[{ email: { $lower: $.b } }]", {})).toEqual([]);
		expect(identities("[{ shopify.customer: $.a }]", { a: 7 })).toEqual([
			{ kind: "shopify.customer", value: "7" },
		]);
	});

	it("fails where an identity is no text or number", () => {
		expect(identities("[{ email: $.b }]", { b: { x: 1 } })).toBe(
			"`customer.email` needs a text or a number, and `$.b` is an object of 1",
		);
	});
});

describe("a timestamp", () => {
	const timestamp = (line: string, content: ValueObject, time?: number): unknown => {
		const mapped = run(compiled(fileOf(view(line))), { type: "track", ...content }, time);
		const event = mapped.kind === "mapped" ? mapped.events[0] : undefined;
		return event?.kind === "event" ? event.timestamp : event?.reason;
	};

	it("is the message's by default, else that of the delivery", () => {
		expect(timestamp("", {}, 5)).toBe(5);
		expect(timestamp("", {})).toBe(delivery.receivedAt);
		expect(timestamp("  timestamp: $.at", { at: " " }, 5)).toBe(5);
	});

	it("is UTC where the text has no offset", () => {
		expect(timestamp("  timestamp: $.at", { at: "2026-11-22 10:00" })).toBe(Date.UTC(2026, 10, 22, 10));
		expect(timestamp("  timestamp: $.at", { at: "2026-11-22T10:00:00+02:00" })).toBe(
			Date.UTC(2026, 10, 22, 8),
		);
	});

	it("is read in a zone, or by a pattern, through $date", () => {
		const berlin = "  timestamp: { $date: $.at, zone: Europe/Berlin }";
		expect(timestamp(berlin, { at: "2026-07-01 10:00" })).toBe(Date.UTC(2026, 6, 1, 8));
		expect(timestamp(berlin, { at: "2026-07-01T10:00:00Z" })).toBe(Date.UTC(2026, 6, 1, 10));
		const british = "  timestamp: { $date: $.at, format: dd/MM/yyyy, zone: Europe/London }";
		expect(timestamp(british, { at: "01/07/2026" })).toBe(Date.UTC(2026, 5, 30, 23));
	});

	it("takes a number only through $date", () => {
		expect(timestamp("  timestamp: $.at", { at: 1_700_000_000 })).toBe(
			"`timestamp` needs an instant, and `$.at` is a number of 10 characters: say what it counts with { $date: …, format: unix }",
		);
		expect(timestamp("  timestamp: { $date: $.at, format: unix }", { at: 1_700_000_000 })).toBe(
			1_700_000_000_000,
		);
	});
});

describe("several events of one message", () => {
	it("come one for each element, their slot from its key", () => {
		const text = view(
			"  each: $.lines\n  key: $.id\n  slot: line\n  when: { n: { $gt: 0 } }\n  data: { n: $.n, of: $$.order }",
		);
		const content = { type: "track", order: "o", lines: [{ id: 1, n: 2 }, { id: 2, n: 0 }, { n: 1 }] };
		const mapped = run(compiled(fileOf(text)), content);
		expect(mapped.kind === "mapped" && mapped.events).toMatchObject([
			{ kind: "event", slot: "line:1", data: { n: 2, of: "o" } },
			{ kind: "skipped", reason: "`n: $gt 0` does not hold" },
			{
				kind: "failed",
				reason: "`key` tells the events of one message apart, and `$.id` is absent, null or blank",
			},
		]);
	});

	it("are skipped where the list is absent, and fail where it is none", () => {
		const set = compiled(fileOf(view("  each: $.lines\n  key: $.id")));
		expect(run(set, { type: "track" })).toMatchObject({ events: [{ kind: "skipped" }] });
		expect(run(set, { type: "track", lines: "x" })).toMatchObject({
			events: [{ kind: "failed", reason: "`each` needs a list, and `$.lines` is a text of 1 character" }],
		});
	});
});

describe("when", () => {
	const matches = (when: string, content: ValueObject): boolean =>
		run(compiled(fileOf(view("", when))), content).kind === "mapped";

	it.each([
		["{ a: x }", { a: "x" }, true],
		["{ a: x }", { a: "y" }, false],
		["{ a: x }", {}, false],
		["{ a: 5 }", { a: "5.0" }, true],
		["{ a: '5' }", { a: "5.0" }, false],
		["{ a: '5' }", { a: 5 }, true],
		["{ a: true }", { a: "true" }, false],
		["{ a: null }", { a: null }, true],
		["{ a: null }", {}, false],
		["{ a: [x, 2] }", { a: "2" }, true],
		["{ a: { $in: [x, y] } }", { a: "y" }, true],
		["{ a: { $ne: x } }", {}, true],
		["{ a: { $nin: [x] } }", { a: "x" }, false],
		["{ a: { $nin: [x] } }", {}, true],
		["{ a.total: { $gte: 50 } }", { a: { total: "60" } }, true],
		["{ a: { total: { $gte: 50, $lt: 60 } } }", { a: { total: 60 } }, false],
		["{ a: { $gt: 5 } }", { a: "many" }, false],
		["{ a: { $lte: 5 } }", {}, false],
		["{ a: { $gt: '2026-01-01' } }", { a: "2026-02-01" }, true],
		["{ a: { $exists: true } }", { a: null }, true],
		["{ a: { $exists: false } }", { a: { b: 1 } }, false],
		["{ a.b: { $exists: false } }", { a: null }, true],
		["{ a: { $empty: true } }", {}, true],
		["{ a: { $empty: true } }", { a: [] }, true],
		["{ a: { $empty: true } }", { a: 0 }, false],
		["{ a: { $empty: false } }", {}, false],
		["{ a: { $empty: false } }", { a: false }, true],
		["{ a: { $startsWith: Or } }", { a: "Order" }, true],
		["{ a: { $endsWith: Or } }", { a: "Order" }, false],
		["{ a: { $contains: rd } }", { a: "Order" }, true],
		["{ a: { $contains: 1 } }", { a: [2, "1"] }, true],
		["{ a: { $contains: rd } }", {}, false],
		["{ $or: [{ a: 1 }, { b: 1 }] }", { b: 1 }, true],
		["{ $and: [{ a: 1 }, { b: 1 }] }", { b: 1 }, false],
		["{ $not: { a: 1, b: 1 } }", { b: 1 }, true],
		["{ a: { $not: { $gt: 1 } } }", {}, true],
		["{ a: { $or: [{ $lt: 1 }, { $gt: 9 }] } }", { a: 10 }, true],
		["{ a: { $eq: $.b } }", { a: 1, b: "1" }, true],
		["{ a: $.b }", {}, false],
		["{ $delivery.settings.enrol: trait }", {}, true],
		["{ $message.type: track }", {}, true],
	] as const)("%s holds for %j: %s", (when, content, holds) => {
		expect(matches(when, content)).toBe(holds);
	});
});

describe("a set of mappings", () => {
	const named = (name: string, when: string, rest = ""): MappingFile =>
		fileOf(`from: segment\nwhen: ${when}\nevent: { action: view, customer: $.userId }\n${rest}`, name);

	it("finds the one among a thousand, and only that", () => {
		const files = Array.from({ length: 1_000 }, (_, index) =>
			named(`segment/m${index}`, `{ type: track, event: Event ${index} }`),
		);
		const set = compiled(...files);
		for (const index of [0, 17, 999]) {
			expect(run(set, { type: "track", event: `Event ${index}` })).toMatchObject({
				events: [{ mapping: `segment/m${index}` }],
			});
		}
		expect(run(set, { type: "track", event: "Event 1000" }).kind).toBe("unmatched");
		expect(run(set, { type: "page", event: "Event 1" }).kind).toBe("unmatched");
	});

	it("runs all that match, by name, whether they ask for exact values or not", () => {
		const giving = (action: string, when: string): string =>
			`from: segment\nwhen: ${when}\nevent: { action: ${action}, customer: $.u, data: { transaction_id: x, total: 1 } }`;
		const set = compiled(
			fileOf(giving("view", "{ event: A }"), "b"),
			fileOf(giving("profile", "{ total: { $gt: 1 } }"), "a"),
			fileOf(giving("checkout", "{ event: [A, B] }"), "c"),
		);
		const names = (content: ValueObject): unknown => {
			const mapped = run(set, content);
			return mapped.kind === "mapped" ? mapped.events.map(({ mapping }) => mapping) : mapped.kind;
		};
		expect(names({ event: "A", total: 2 })).toEqual(["a", "b", "c"]);
		expect(names({ event: "B", total: 2 })).toEqual(["a", "c"]);
		expect(names({ event: 5, total: 2 })).toEqual(["a"]);
		expect(names({ event: "C" })).toBe("unmatched");
	});

	it("reads only the messages of the connectors and endpoints that it names", () => {
		const set = compiled(
			fileOf("from: segment/shop\nwhen: { type: track }\nevent: { action: view, customer: $.u }", "shop"),
			fileOf(
				"from: [segment/app, shopify]\nwhen: { type: track }\nevent: { action: view, customer: $.u }",
				"app",
			),
		);
		const names = (connector: string, endpoint: string): unknown => {
			const mapped = set.run(connector, endpoint, messageOf({ type: "track" }), delivery);
			return mapped.kind === "mapped" ? mapped.events.map(({ mapping }) => mapping) : mapped.kind;
		};
		expect(names("segment", "shop")).toEqual(["shop"]);
		expect(names("segment", "app")).toEqual(["app"]);
		expect(names("segment", "other")).toBe("unmatched");
		expect(names("shopify", "any")).toEqual(["app"]);
		expect(names("stripe", "any")).toBe("unmatched");
	});

	it("names the right file where two mappings write the same event", () => {
		const text = (event: string): string =>
			`from: segment\nwhen: { event: ${event} }\nevent: { action: view, customer: $.u, data: { n: { $number: $.n } } }`;
		const set = compiled(fileOf(text("A"), "a"), fileOf(text("B"), "b"));
		for (const [event, name] of [
			["A", "a"],
			["B", "b"],
		] as const) {
			expect(run(set, { event, n: "x" })).toMatchObject({
				events: [{ mapping: name, at: { file: `mappings/${name}.yaml`, line: 3 } }],
			});
		}
	});

	it("does not take a number for the text of the same digits, nor a boolean for its name", () => {
		const set = compiled(
			named("number", "{ event: '5.0' }"),
			fileOf("from: segment\nwhen: { event: 'true' }\nevent: { action: profile, customer: $.u }", "boolean"),
		);
		expect(run(set, { event: "5.0" }).kind).toBe("mapped");
		expect(run(set, { event: 5 }).kind).toBe("mapped");
		expect(run(set, { event: "5" }).kind).toBe("unmatched");
		expect(run(set, { event: "true" }).kind).toBe("mapped");
		expect(run(set, { event: true }).kind).toBe("unmatched");
	});

	it("says which mapping is switched off", () => {
		const set = compiled(named("off", "{ event: A }", "active: false"));
		expect(run(set, { event: "A" })).toEqual({ kind: "switched_off", mapping: "off" });
		expect(run(set, { event: "B" }).kind).toBe("unmatched");
	});

	it("names the nearest mapping of a message that none matches, and shows no personal value", () => {
		const set = compiled(
			named("order", "{ type: track, event: Order Completed }"),
			named("view", "{ type: track, event: Product Viewed, userId: u-1 }"),
		);
		expect(run(set, { type: "track", event: "order_completed" })).toEqual({
			kind: "unmatched",
			nearest: [
				{ mapping: "order", clause: "event: Order Completed", met: '"order_completed"' },
				{ mapping: "view", clause: "event: Product Viewed", met: '"order_completed"' },
			],
		});
		expect(run(set, { type: "track", event: "Product Viewed", userId: "ada@example.test" })).toEqual({
			kind: "unmatched",
			nearest: [{ mapping: "view", clause: "userId: u-1", met: "a text of 16 characters" }],
		});
		expect(set.run("shopify", "x", messageOf({}), delivery)).toEqual({ kind: "unmatched", nearest: [] });
	});
});

describe("the checker", () => {
	it("finds all that is wrong with a file in one pass, and says what would be right", () => {
		const text = `title: 5
from: [segmnt, shopify]
wenn: {}
when: { type: track, total: { $gte: 5, $matches: "[a" } }
event:
  action: checkout
  customer: [ { id: $.userId }, { emial: $.email } ]
  data:
    transaction_id: { $frist: [$.id] }
    total: [1]
    chanel: { $round: $.a, sclae: 2 }
    items: { $each: $.products }
    currency: $.products[0].currency
`;
		expect(problemsOf(fileOf(text))).toMatchInlineSnapshot(`
			[
			  "1:8 error: \`title\` is a text; quote it: "5"",
			  "2:8 error: no connector is called \`segmnt\`; did you mean \`segment\`?",
			  "3:1 error: a mapping has no key called \`wenn\`; did you mean \`when\`?",
			  "4:50 error: this is no regular expression of RE2: missing closing ]: \`[a\`",
			  "7:35 error: no kind of identity is called \`emial\`; did you mean \`email\`?",
			  "9:23 error: no operator is called \`$frist\`; did you mean \`$first\`?",
			  "10:12 error: \`total\` of \`checkout\` is a number, and this is a list",
			  "11:5 error: \`checkout\` has no attribute called \`chanel\`; did you mean \`channel\`?",
			  "11:28 error: \`$round\` has no argument called \`sclae\`; did you mean \`scale\`?",
			  "12:14 error: \`$each\` needs \`as\`; write \`as:\` beside it: what is made of each element",
			  "13:15 error: \`$.products[0].currency\` is no path: it has brackets: a place in a list is written \`.0\`, the last one \`.-1\`; write \`$.products.0.currency\`",
			]
		`);
	});

	it("knows what an action needs and which kind each attribute has", () => {
		const text = `from: segment
when: { type: track }
event:
  action: checkout
  customer: $.userId
  data: { total: many, currency: 5, items: { $lower: $.a }, channel: $lien.x }
`;
		expect(problemsOf(fileOf(text))).toMatchInlineSnapshot(`
			[
			  "6:3 error: \`checkout\` needs the attribute \`transaction_id\`; write \`transaction_id:\` under \`data:\`",
			  "6:18 error: \`total\` of \`checkout\` is a number, and this is a text; a path is written \`$.many\`",
			  "6:34 error: \`currency\` of \`checkout\` is a text, and this is an integer; quote it: "5"",
			  "6:44 error: \`items\` of \`checkout\` is a list, and this is a text",
			  "6:70 error: \`$lien.x\` begins with \`$lien\`, which is bound to nothing here; did you mean \`$.lien.x\`? a text that is no path is written { $literal: "$lien.x" }",
			]
		`);
	});

	it("warns of attributes that an open action does not name", () => {
		const open: CheckContext = { ...context, action: () => ({ ...checkout, open: true }) };
		const text =
			"from: segment\nwhen: { type: track }\nevent: { action: checkout, customer: $.u, data: { transaction_id: x, total: 1, totl: 2 } }";
		const { set, problems } = compileMappings([fileOf(text)], open);
		expect(set).not.toBe(undefined);
		expect(problems).toMatchObject([
			{
				severity: "warning",
				message: "`checkout` has no attribute called `totl`",
				help: "did you mean `total`?",
			},
		]);
	});

	it("finds literals of a wrong kind inside operators", () => {
		const problems = problemsOf(
			fileOf(
				view(
					"  data: { a: { $multiply: [$.a, many] }, b: { $divide: [1, 2] }, c: { $add: 1 }, d: { $date: $.a, format: unx } }",
				),
			),
		);
		expect(problems).toMatchInlineSnapshot(`
			[
			  "7:33 error: \`$multiply\` needs a number, and this is a text of 4 characters; a path is written \`$.many\`",
			  "7:47 error: \`$divide\` needs \`scale\`; write \`scale:\` beside it: a whole number from 0 to 34",
			  "7:77 error: \`$add\` takes a list of at least 2 numbers; write { $add: [$.price, $.quantity] }",
			  "7:107 error: \`unx\` is no date pattern: \`u\` means nothing in it; a pattern is made of yyyy yy M MM MMM MMMM d dd EEE EEEE H HH h hh a m mm s ss SSS ZZ ZZZ; other letters are quoted: 'T'",
			]
		`);
	});

	it("asks for slots where one message gives two events of one action", () => {
		const two = (slot: string): string =>
			`from: segment\nwhen: { type: track }\nevents:\n  - { action: view, customer: $.u }\n  - { action: view, customer: $.u${slot} }\n`;
		expect(problemsOf(fileOf(two("")))).toEqual([
			"5:5 error: two events of this mapping have the action `view` and nothing tells them apart; give one of them a `slot:` of its own",
		]);
		expect(problemsOf(fileOf(two(", slot: second")))).toEqual([]);
		expect(problemsOf(fileOf(view("  each: $.lines")))).toEqual([
			"7:3 error: `each` needs `key`; write key: $.line_id, the path that tells the elements apart",
		]);
	});

	it("finds mappings that can match one message, and not those that can not", () => {
		const pair = (first: string, second: string, action = "view"): readonly string[] =>
			problemsOf(
				fileOf(`from: segment\nwhen: ${first}\nevent: { action: view, customer: $.u }`, "a"),
				fileOf(`from: segment\nwhen: ${second}\nevent: { action: ${action}, customer: $.u }`, "b"),
			);
		expect(pair("{ event: [A, B] }", "{ event: B, total: { $gt: 1 } }")).toEqual([
			"2:1 error: this and `a` can match one message, and both give `view`; narrow one `when`, or give one event a `slot:`",
		]);
		expect(pair("{ event: A }", "{ total: 1 }", "profile")).toEqual([
			"2:1 warning: this and `a` can match one message; narrow one `when`, or write `beside: a` where both are meant",
		]);
		expect(pair("{ event: A }", "{ event: B }")).toEqual([]);
		expect(pair("{ event: A, n: 1 }", "{ event: A, n: 2 }")).toEqual([]);
		expect(pair("{ event: A, n: 1 }", "{ event: A, n: '1.0' }")).toHaveLength(1);
		expect(pair("{ event: A, total: { $exists: false } }", "{ event: A, total: { $gt: 1 } }")).toEqual([]);
	});

	it("refuses two mappings of one name", () => {
		expect(
			problemsOf(fileOf(view(""), "a"), { ...fileOf(view("", "{ type: page }"), "a"), path: "other.yaml" }),
		).toEqual(["1:1 error: there are two mappings called `a`; give one of them another name"]);
	});
});

describe("the form of a file", () => {
	it.each([
		[
			"a number with a leading zero",
			"  data: { zip: 01234 }",
			'7:16 error: 01234 begins with a zero, which a number would lose; quote it: "01234"',
		],
		[
			"a number that JSON does not have",
			"  data: { n: 0x1F }",
			'7:14 error: 0x1F is not a number as JSON writes them; quote it if it is a text: "0x1F"',
		],
		[
			"a merge key",
			"  data: { <<: { a: 1 } }",
			"7:11 error: merge keys (`<<`) are not used here; write the keys out",
		],
		[
			"a key that is there twice",
			"  data: { a: 1, a: 2 }",
			"7:17 error: `a` is there twice, first in line 7; keep one of them",
		],
		[
			"an alias without an anchor",
			"  data: { a: *b }",
			'7:14 error: no anchor before this is called `&b`; a text that begins with `*` is quoted: "*b"',
		],
		[
			"an alias to itself",
			"  data: &d { a: *d }",
			'7:17 error: no anchor before this is called `&d`; a text that begins with `*` is quoted: "*d"',
		],
		["a forbidden name", "  data: { __proto__: 1 }", "7:11 error: no attribute can be called `__proto__`"],
	])("is refused with %s", (_, line, problem) => {
		expect(problemsOf(fileOf(view(line)))).toContain(problem);
	});

	it("may share parts by aliases", () => {
		expect(dataOf(view("  data: { a: &part { $number: $.n }, b: *part }"), { n: "1.0" })).toEqual({
			a: 1,
			b: 1,
		});
	});

	it("bounds what aliases of aliases can say", () => {
		const bomb = Array.from({ length: 9 }, (_, level) => {
			const below = level === 0 ? "x" : Array.from({ length: 10 }, () => `*l${level - 1}`).join(", ");
			return `    k${level}: &l${level} [${below}]`;
		}).join("\n");
		expect(problemsOf(fileOf(view(`  data:\n${bomb}`)))[0]).toContain("more than 20000 things");
	});

	it("is never too deep to be refused", () => {
		expect(problemsOf(fileOf(view(`  data: ${"[".repeat(100)}${"]".repeat(100)}`)))[0]).toContain(
			"nested deeper than 64",
		);
		expect(problemsOf(fileOf(`${"[".repeat(100_000)}`))).toHaveLength(1);
	});
});

describe("a test in a mapping", () => {
	const testing = (tests: string): readonly string[] =>
		testMappings([fileOf(`${view("  data: { n: { $number: $.n } }")}\ntests:\n${tests}`)], context).map(
			({ line, column, message }) => `${line}:${column} ${message}`,
		);

	it("compares the whole event, numbers by value and times by instant", () => {
		expect(
			testing(
				'  - it: works\n    message: { type: track, userId: 7, n: "3.30", timestamp: "2026-11-22T10:00:00Z" }\n' +
					'    gives: [{ action: view, customer: [{ id: "7" }], timestamp: "2026-11-22T11:00:00+01:00", data: { n: 3.3 } }]',
			),
		).toEqual([]);
	});

	it("says where the event is another, what was expected and what came", () => {
		expect(
			testing(
				"  - it: differs\n    message: { type: track, userId: u, n: 3 }\n    gives: [{ action: view, customer: u, data: { n: 4, m: 1 } }]\n" +
					"  - it: counts\n    message: { type: track, userId: u, n: 3 }\n    gives: []\n" +
					"  - it: fails\n    message: { type: track, userId: u, n: x }\n    gives: []",
			),
		).toMatchInlineSnapshot(`
			[
			  "11:53 \`differs\`: event 1, data.n: expected 4, got 3",
			  "11:59 \`differs\`: event 1, data.m: expected 1, got nothing",
			  "14:12 \`counts\`: expected 0 events, got 1 event (view)",
			  "15:5 \`fails\`: \`$number\` needs a number, and \`$.n\` is a text of 1 character",
			]
		`);
	});

	it("may expect a failure", () => {
		expect(testing("  - it: fails\n    message: { type: track, n: x }\n    fails: is a text")).toEqual([]);
		expect(testing("  - it: fails\n    message: { type: track, n: 1 }\n    fails: is a text")).toEqual([
			"11:12 `fails`: expected a failure with `is a text`, got none",
		]);
	});
});

describe("whatever a message has in it", () => {
	const everything = view(
		`  timestamp: $.timestamp
  account: { $optional: { $string: $.a } }
  data:
    copy: $$
    number: { $optional: { $round: { $divide: [$.a, { $first: [$.b, 3] }], scale: 4 } } }
    each: { $optional: { $each: $.list, item: x, as: { t: { $template: "{$x.a} {$$.a}" }, m: { $max: [$.a, $x.b] } } } }
    found: { $find: { $first: [$.list, []] }, where: { $or: [{ a: { $gt: $$.a } }, { b: { $contains: x } }] } }
    picked: { $pick: { $first: [$.object, {}] }, keys: [a, __proto__] }
    date: { $optional: { $date: $.timestamp, format: unixMs } }
    of: { $lookup: { $first: [$.a, none] }, in: { 1: one }, else: other }`,
		"{ a: { $not: { $startsWith: zzz } } }",
	);

	it("never throws, and gives only JSON", () => {
		const set = compiled(fileOf(everything));
		const word = fc.constantFrom(
			"a",
			"b",
			"list",
			"object",
			"timestamp",
			"__proto__",
			"constructor",
			"length",
		);
		const { value } = fc.letrec((tie) => ({
			value: fc.oneof(
				{ maxDepth: 4 },
				fc.constantFrom("", "1.50", "1e400", "2026-11-22", "x"),
				fc.jsonValue(),
				fc.array(tie("value"), { maxLength: 4 }),
				fc.dictionary(word, tie("value"), { maxKeys: 6 }),
			),
		}));
		fc.assert(
			fc.property(fc.dictionary(word, value, { maxKeys: 8 }), (content) => {
				const text = JSON.stringify(content);
				const parsed = parseJson(text);
				if (!parsed.ok) throw new Error(parsed.failure.reason);
				const mapped = run(set, parsed.value as ValueObject);
				expect(JSON.parse(JSON.stringify(mapped))).toEqual(mapped);
				expect(JSON.stringify(content)).toBe(text);
			}),
			{ numRuns: 1_000 },
		);
	});

	it("and whatever a file has in it, nothing throws", () => {
		const pieces = fc.constantFrom(
			"$",
			"$.",
			"$$",
			"{",
			"}",
			"[",
			"]",
			": ",
			"- ",
			"\n",
			"  ",
			"&a ",
			"*a",
			"when",
			"event",
			"$each",
			"$if",
			"as",
			"'",
			'"',
			"01",
			"~",
			"!!x ",
			"#",
		);
		const prefix = fc.constantFrom(
			"",
			"from: segment\nwhen: { type: track }\nevent:\n  action: view\n  customer: $.u\n  data: ",
		);
		fc.assert(
			fc.property(prefix, fc.array(pieces, { maxLength: 30 }), (head, all) => {
				compileMappings([fileOf(head + all.join(""))], context);
				testMappings([fileOf(head + all.join(""))], context);
			}),
			{ numRuns: 500 },
		);
	});
});
