import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { loadProgram } from "../../catalog/program.ts";
import { checkContextOf } from "../../host/definitions.ts";
import { readProgram } from "../../host/node/definitions.ts";
import { isObject, type JsonObject } from "../../model/json.ts";
import { invariant } from "../../model/result.ts";
import { joiners } from "../condition.ts";
import { compileMappings } from "../mappings.ts";
import { matchers } from "../matchers.ts";
import { operators } from "../operators/operators.ts";
import { eventKeys, type Keys, mappingKeys, testKeys } from "./form.ts";
import { schemaOf } from "./schema.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const { program } = loadProgram(readProgram(root));
invariant(program !== undefined, "the shipped program is sound");
const context = checkContextOf(program);
const schema = schemaOf(context);
/** Zod reads JSON Schema: a validator that is not ours. Where `oneOf` stands, it would let in all keys. */
const validator = z.fromJSONSchema(
	JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === "oneOf" ? undefined : value))),
);

const accepts = (text: string): boolean => validator.safeParse(parse(text)).success;

const view = (line: string, when = "{ type: track }"): string =>
	`from: segment\nwhen: ${when}\nevent:\n  action: product_view\n  customer: $.userId\n${line}\n`;

describe("the schema of a mapping", () => {
	const presets = readdirSync(join(root, "mappings"), { recursive: true, encoding: "utf8" }).filter((path) =>
		path.endsWith(".yaml"),
	);
	it.each(presets)("accepts %s", (path) => {
		const { error } = validator.safeParse(parse(readFileSync(join(root, "mappings", path), "utf8")));
		expect(error).toBe(undefined);
	});

	const sound = operators.flatMap(({ examples }) => examples.filter((example) => !("refused" in example)));
	it.each(sound)("accepts $expression", ({ expression }) => {
		expect(accepts(view(`  data: { a: ${expression} }`))).toBe(true);
	});

	const tested = matchers.flatMap(({ name, examples }) => examples.map(({ given }) => `${name}: ${given}`));
	it.each(tested)("accepts the matcher %s", (matcher) => {
		expect(accepts(view("", `{ a.b: { ${matcher} } }`))).toBe(true);
	});

	it.each([
		[
			"a condition of everything",
			view("", "{ $or: [{ a: [1, x] }, { $not: { $.a.b: { c: { $exists: true } } } }] }"),
		],
		["a condition on the element itself", view("  data: { a: { $filter: $.l, where: { $startsWith: a } } }")],
		["endpoints", view("").replace("segment", "[segment, segment/shop]")],
		[
			"an action and a kind of identity of one's own",
			view("").replace("product_view", "own").replace("$.userId", "[{ own: $.a }]"),
		],
		["several events", "from: segment\nwhen: {}\nevents: [{ action: profile, customer: $.u, slot: a }]\n"],
	])("accepts %s", (_, text) => {
		expect(accepts(text)).toBe(true);
	});

	it.each([
		["an unknown key", `${view("")}titel: x`],
		["an unknown key of an event", view("  dat: {}")],
		["an unknown operator", view("  data: { a: { $frist: [$.a] } }")],
		["an unknown operator deep inside", view("  data: { a: [{ b: { $first: [{ $nmber: $.a }] } }] }")],
		["an unknown argument", view("  data: { a: { $round: $.a, sclae: 2 } }")],
		["a missing argument", view("  data: { a: { $divide: [$.a, 2] } }")],
		["two operators side by side", view("  data: { a: { $lower: $.a, $trim: $.a } }")],
		["too few numbers", view("  data: { a: { $add: [1] } }")],
		["a literal of a wrong kind", view("  data: { a: { $lower: 5 } }")],
		["a text that is no number", view("  data: { a: { $abs: many } }")],
		["a place that is no whole number", view("  data: { a: { $at: $.a, index: 1.5 } }")],
		["a word that is none of these", view("  data: { a: { $sort: $.a, order: up } }")],
		["an unknown matcher", view("", "{ total: { $gtt: 5 } }")],
		["an unknown matcher in an operator", view("  data: { a: { $find: $.l, where: { n: { $ist: 1 } } } }")],
		["a matcher of a wrong kind", view("", "{ total: { $in: 5 } }")],
		["an unknown connector", view("").replace("segment", "segmnt")],
		["an event without an action", "from: segment\nwhen: {}\nevent: { customer: $.u }"],
		["two identities in one", view("").replace("$.userId", "[{ id: $.a, email: $.b }]")],
	])("refuses %s, as the checker does", (_, text) => {
		expect(accepts(text)).toBe(false);
		expect(compileMappings([{ name: "a", path: "a.yaml", text, version: "1" }], context).set).toBe(undefined);
	});

	it("asks for the keys that the checker asks for", () => {
		const event = { action: "profile", customer: "$.u" };
		const test = { it: "works", message: {}, gives: [] };
		const mapping = { from: "segment", when: { type: "track" }, event, tests: [test] };
		const without = (keys: Keys, cut: (name: string) => object): void => {
			for (const [name, { required }] of Object.entries(keys)) {
				const text = JSON.stringify(cut(name));
				const { problems } = compileMappings([{ name: "a", path: "a.yaml", text, version: "1" }], context);
				const isMissed = problems.some(({ message }) => message === `\`${name}\` is missing`);
				expect([name, isMissed, accepts(text)]).toEqual([name, required, !required]);
			}
		};
		without(mappingKeys, (name) => ({ ...mapping, [name]: undefined }));
		without(eventKeys, (name) => ({ ...mapping, event: { ...event, [name]: undefined } }));
		without(testKeys, (name) => ({ ...mapping, tests: [{ ...test, [name]: undefined }] }));
	});

	it("takes one of two keys where the checker does", () => {
		expect(schema["oneOf"]).toEqual([{ required: ["event"] }, { required: ["events"] }]);
		const { test } = schema["definitions"] as { test: JsonObject };
		expect(test["oneOf"]).toEqual([{ required: ["gives"] }, { required: ["fails"] }]);
	});

	it("explains every operator and matcher where it is written", () => {
		const definitions = schema["definitions"] as JsonObject;
		for (const { name, about, options } of operators) {
			const definition = definitions[name] as { properties: Record<string, { description: string }> };
			expect(Object.keys(definition.properties)).toEqual([name, ...Object.keys(options)]);
			expect(definition.properties[name]?.description).toContain(about);
		}
		const { properties } = definitions["condition"] as {
			properties: Record<string, { description: string }>;
		};
		expect(Object.keys(properties)).toEqual([...matchers.map(({ name }) => name), ...joiners.keys()]);
		for (const { name, about } of matchers) expect(properties[name]?.description).toBe(about);
	});

	it("refers to nothing that it does not define", () => {
		const definitions = schema["definitions"] as JsonObject;
		const refer = (value: unknown): readonly string[] => {
			if (Array.isArray(value)) return value.flatMap(refer);
			if (!isObject(value as JsonObject)) return [];
			return Object.entries(value as object).flatMap(([key, one]) =>
				key === "$ref" ? [String(one)] : refer(one),
			);
		};
		const referred = refer(schema).map((reference) => reference.replace("#/definitions/", ""));
		expect([...new Set(referred)].filter((name) => !Object.hasOwn(definitions, name))).toEqual([]);
	});
});
