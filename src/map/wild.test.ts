import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { nodeCrypto } from "../host/crypto.ts";
import { isObject, type JsonObject, parseJson, type ValueObject } from "../model/json.ts";
import type { Operator } from "./compiler.ts";
import { type CheckContext, compileMappings, type Mapped, type MappingSet } from "./mappings.ts";
import { matchers } from "./matchers.ts";
import { operators } from "./operators/operators.ts";

const context: CheckContext = {
	action: () => ({ attributes: new Map(), open: true, sender: "anyone" }),
	actionNames: ["view"],
	identityKinds: new Set(["id", "email"]),
	connectors: new Set(["segment"]),
	sha256Hex: nodeCrypto.sha256Hex,
};

const conditionsShown = matchers.flatMap(({ name, examples }) =>
	examples.map(({ given }) => ({ [name]: parse(given) as unknown })),
);

type Kinds = "number" | "text" | "list" | "object";
const pathsTo: Readonly<Record<Kinds, readonly string[]>> = {
	number: ["$.number", "$$.number", "$.object.number", "$.list.0", "$x"],
	text: ["$.text", "$$.text", "$message.id", "$message.time", "$delivery.settings.a"],
	list: ["$.list", "$$.list", "$.list.-1"],
	object: ["$.object", "$$", "$", "$.list.1"],
};
const literals: Readonly<Record<Kinds, readonly unknown[]>> = {
	number: [0, -1, 1.5, 1e21, "12.50", "1700000000"],
	text: ["", "x", "2026-03-29 02:30", "EUR", "ada@example.test", "a😀b"],
	list: [[], [3, 1, "2"], ["a", "b", "a"], [{ key: "a", value: 1 }]],
	object: [{}, { a: 1, b: "x" }],
};
const stranger = fc.constantFrom<unknown>(
	null,
	true,
	"$.unknown.deep",
	"$.constructor",
	"$.__proto__",
	"$.wild",
);

/** Which operators give a kind; those that give what they are given may give any. */
const giving = (kind: Kinds): readonly Operator[] =>
	operators.filter(({ gives }) => {
		if (kind === "number") return gives === "number" || gives === "integer" || gives === "any";
		return gives === kind || gives === "any" || (kind === "text" && gives === "date");
	});

/** What the examples write as an argument: a pattern or a word is rarely right by chance. */
const shownFor = (operator: Operator, key: string): readonly unknown[] =>
	soundExamples(operator).flatMap((call) => (key in call ? [call[key]] : []));

const soundExamples = ({ examples }: Operator): readonly Record<string, unknown>[] =>
	examples.flatMap((example) => ("refused" in example ? [] : [parse(example.expression)]));

const { value, number, text, object, condition } = fc.letrec((tie) => {
	const ofKind = (kind: Kinds): fc.Arbitrary<unknown> =>
		fc.oneof(
			{ maxDepth: 4, depthIdentifier: "expression" },
			{ weight: 3, arbitrary: fc.constantFrom<unknown>(...pathsTo[kind], ...literals[kind]) },
			{ weight: 6, arbitrary: fc.constantFrom(...giving(kind)).chain(callOf) },
			{ weight: 1, arbitrary: stranger },
		);
	const callOf = (operator: Operator): fc.Arbitrary<unknown> => {
		const { name, operand, options } = operator;
		const entries = Object.entries({ [name]: operand, ...options });
		const random = fc.record(
			Object.fromEntries(entries.map(([key, { schema }]) => [key, argument(operator, key, schema)])),
			{ requiredKeys: entries.filter(([, { optional }]) => !optional).map(([key]) => key) },
		);
		return fc.oneof(fc.constantFrom(...soundExamples(operator)), random, random);
	};
	/** By the schema of the argument, which says of what kind it is. */
	const argument = (operator: Operator, key: string, schema: JsonObject): fc.Arbitrary<unknown> => {
		const shown = shownFor(operator, key);
		if (typeof schema["$ref"] === "string") return tie(schema["$ref"].replace("#/definitions/", ""));
		if (Array.isArray(schema["anyOf"]))
			return fc.oneof(...schema["anyOf"].map((one: JsonObject) => argument(operator, key, one)));
		if (schema["type"] === "array")
			return fc.array(argument(operator, key, schema["items"] as JsonObject), {
				minLength: Number(schema["minItems"] ?? 0),
				maxLength: Number(schema["maxItems"] ?? 3),
			});
		if (isObject(schema["properties"]))
			return fc.record(
				Object.fromEntries(
					Object.entries(schema["properties"]).map(([name, one]) => [
						name,
						argument(operator, name, one as JsonObject),
					]),
				),
			);
		return shown.length === 0 ? tie("value") : fc.constantFrom(...shown);
	};
	return {
		number: ofKind("number"),
		text: ofKind("text"),
		wording: fc.oneof(tie("text"), tie("number")),
		list: ofKind("list"),
		object: ofKind("object"),
		value: fc.oneof(
			{ maxDepth: 4, depthIdentifier: "expression" },
			tie("number"),
			tie("text"),
			tie("list"),
			tie("object"),
			fc.constantFrom(...operators.filter(({ gives }) => gives === "boolean")).chain(callOf),
		),
		condition: fc.oneof(
			{ maxDepth: 3, depthIdentifier: "condition" },
			fc.dictionary(
				fc.constantFrom("number", "text", "list", "$$.number", "$x.a", "object.a"),
				fc.oneof(fc.constantFrom<unknown>(...conditionsShown, 1, "x", "$.text"), tie("condition")),
				{ maxKeys: 2 },
			),
			fc.record({ $not: tie("condition") }),
			fc.record({ $or: fc.array(tie("condition"), { minLength: 1, maxLength: 2 }) }),
		),
	};
});

const attribute = fc.oneof(
	value,
	value.map((given) => ({ $optional: given })),
);
const data = fc.oneof(
	{ weight: 5, arbitrary: fc.dictionary(fc.constantFrom("a", "b", "c"), attribute, { maxKeys: 2 }) },
	{ weight: 1, arbitrary: object },
);
const extras = fc.oneof(
	{ weight: 4, arbitrary: fc.constant({}) },
	{ weight: 1, arbitrary: fc.record({ each: fc.constant("$.list"), key: fc.oneof(text, number) }) },
	{
		weight: 1,
		arbitrary: fc.record({ timestamp: text, account: text, when: condition }, { requiredKeys: [] }),
	},
);
const mapping = fc
	.record({ customer: fc.oneof(fc.constant("$$.text"), text), data, extras })
	.map(({ extras, ...event }) => ({ ...event, ...extras }));

/** JSON as texts, so that numbers and names are what no JavaScript value would be written as. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
	json: fc.oneof(
		{ maxDepth: 5 },
		fc.constantFrom("null", "true", "0", "-0", "1.50", "1e400", "1e-400", "12345678901234567890"),
		fc.constantFrom("0.1234567890123456789012345678901234567", `1${"0".repeat(200)}`, "-9007199254740993"),
		fc.constantFrom(
			'"2026-10-25T02:30"',
			'"1700000000"',
			'"{\\"a\\":1}"',
			'"[[1"',
			'"\\ud800"',
			'"a@b.test"',
		),
		fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
		fc.constant(`${"[".repeat(50)}1${"]".repeat(50)}`),
		fc.array(tie("json"), { maxLength: 5 }).map((items) => `[${items.join(",")}]`),
		fc
			.array(
				fc.tuple(fc.constantFrom("a", "b", "list", "key", "value", "__proto__", "constructor"), tie("json")),
				{
					maxLength: 4,
				},
			)
			.map((entries) => `{${entries.map(([key, value]) => `"${key}":${value}`).join(",")}}`),
	),
}));

const usually = (...texts: readonly string[]): fc.Arbitrary<string> =>
	fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...texts) }, { weight: 1, arbitrary: json });

const message = fc
	.record({
		number: usually("1", "-2.50", "12345678901234567890", '"7"', "1e33"),
		text: usually('"x"', '"ada@example.test"', '"2026-10-25T02:30"', '"{\\"a\\":[1]}"', '"😀"'),
		list: usually(
			"[1,2,3]",
			'["b","a",1]',
			'[{"a":1},{"a":"2"}]',
			"[]",
			'[{"key":"__proto__","value":{"a":1}}]',
		),
		object: usually('{"a":1,"number":2}', '{"__proto__":{"a":1},"b":null}', "{}"),
		wild: json,
	})
	.map(
		(parts) =>
			`{${Object.entries(parts)
				.map(([key, part]) => `"${key}":${part}`)
				.join(",")},"__proto__":${parts.wild}}`,
	);

function compiled(event: object): MappingSet | undefined {
	const text = JSON.stringify({ from: "segment", when: {}, event: { action: "view", ...event } });
	return compileMappings([{ name: "a", path: "a.yaml", text, version: "1" }], context).set;
}

function frozen<Value>(value: Value): Value {
	if (typeof value === "object" && value !== null) {
		for (const key of Reflect.ownKeys(value)) frozen((value as Record<PropertyKey, unknown>)[key]);
		Object.freeze(value);
	}
	return value;
}

const run = (set: MappingSet, content: ValueObject): Mapped => {
	const message = frozen({ id: "m-1", type: "track", time: 5, identities: [], content });
	return set.run("segment", "shop", message, frozen({ receivedAt: 0, headers: {}, settings: { a: "b" } }));
};

/** Whether JSON can say it: nothing has another prototype, and no number is none. */
function isJson(value: unknown): boolean {
	if (typeof value === "number") return Number.isFinite(value);
	if (typeof value !== "object" || value === null) return value !== undefined;
	if (Array.isArray(value)) return value.every(isJson);
	return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isJson);
}

describe("any mapping of all operators, with any message", () => {
	it("ends, throws nothing, gives JSON, gives it again, and changes nothing of the message", () => {
		fc.assert(
			fc.property(mapping, message, (event, text) => {
				const content = parseJson(text);
				if (!content.ok) throw new Error(content.failure.reason);
				const set = compiled(event);
				if (set === undefined) return;
				const mapped = run(set, frozen(content.value as ValueObject));
				expect(isJson(mapped)).toBe(true);
				expect(run(set, content.value as ValueObject)).toEqual(mapped);
			}),
			{ numRuns: 500 },
		);
	});

	it("so it is with each operator by itself, in a mapping that is sound", () => {
		const sound = operators.flatMap(({ examples }) =>
			examples
				.filter((example) => !("refused" in example))
				.map(({ expression }) => parse(expression) as object),
		);
		const sets = sound.map((data) => compiled({ customer: "$.a", data: { of: data } }));
		fc.assert(
			fc.property(message, (text) => {
				const content = parseJson(text);
				if (!content.ok) throw new Error(content.failure.reason);
				for (const set of sets) {
					if (set === undefined) throw new Error("an example is refused");
					expect(isJson(run(set, frozen(content.value as ValueObject)))).toBe(true);
				}
			}),
			{ numRuns: 30 },
		);
	});
});

describe("an attribute, which is looked for where it mostly stands", () => {
	const shortcuts = [
		"$.a",
		"$.b.a",
		{ $first: ["$.a", "$.b.a", 1] },
		{ $first: ["$.b.a", "none"] },
		{ $optional: "$.b.a" },
		{ $optional: { $number: "$.a" } },
		{ $optional: { $number: { $first: ["$.a", "$.b.a"] } } },
		{ $first: [{ $optional: { $number: "$.b.a" } }, 1] },
	];
	const sum = { one: { $optional: { $add: ["$.a", 0] } }, listed: [{ $optional: { $number: "$.a" } }] };
	const sets = [...shortcuts.map((written) => ({ one: written, listed: [written] })), sum].map((data) =>
		compiled({ customer: "x", data }),
	);
	const numeric = fc.oneof(
		fc.constantFrom(
			"0",
			"-0",
			"1e-7",
			"1.1e-7",
			"-1e-8",
			"999999999999999",
			"1e15",
			"100000000000000000000",
			"-1.10",
		),
		fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
	);
	const either = fc.oneof(numeric, json);

	it("is what the same expression is in a list, where it is evaluated", () => {
		fc.assert(
			fc.property(either, either, (a, under) => {
				const content = parseJson(`{"a":${a},"b":{"a":${under}}}`);
				if (!content.ok) throw new Error(content.failure.reason);
				for (const set of sets) {
					if (set === undefined) throw new Error("a shortcut is refused");
					const mapped = run(set, frozen(content.value as ValueObject));
					for (const event of mapped.kind === "mapped" ? mapped.events : []) {
						if (event.kind !== "event") continue;
						const { one, listed } = event.data;
						expect(one === undefined ? [] : [one]).toEqual(listed);
					}
				}
			}),
			{ numRuns: 300 },
		);
	});
});
