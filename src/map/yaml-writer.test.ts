import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExactNumber } from "../model/json.ts";
import { literalOf, readYaml } from "./yaml.ts";
import { remarks, type Written, type WrittenObject, yamlTextOf } from "./yaml-writer.ts";

/** Without the first line, which is the schema's. */
const linesOf = (mapping: WrittenObject): readonly string[] =>
	yamlTextOf(mapping).trimEnd().split("\n").slice(1);

describe("a mapping file", () => {
	it("is laid out as the presets are", () => {
		const text = yamlTextOf({
			title: "An order",
			when: { type: "track", event: ["Order Completed", "Completed Order"] },
			event: { action: "checkout", customer: [{ id: "$.userId" }], data: { total: { $number: "$.total" } } },
			tests: [{ it: "works", message: {}, gives: [{ action: "checkout" }] }],
		});
		expect(text).toBe(`# yaml-language-server: $schema=../mapping.schema.json
title: An order
when: { type: track, event: [Order Completed, Completed Order] }
event:
  action: checkout
  customer: [{ id: $.userId }]
  data:
    total: { $number: $.total }
tests:
  - it: works
    message: {}
    gives:
      - { action: checkout }
`);
	});

	it("has lines of 110 characters and no longer ones, where there is a choice", () => {
		// `a: [` and `]` are five characters, and `, ` two.
		const list = (length: number) => ["x".repeat(50), "y".repeat(length - 57)];
		expect(linesOf({ a: list(110) })).toEqual([`a: [${"x".repeat(50)}, ${"y".repeat(53)}]`]);
		expect(linesOf({ a: list(111) })).toEqual(["a:", `  - ${"x".repeat(50)}`, `  - ${"y".repeat(54)}`]);
	});

	it("has texts of several lines as people write them", () => {
		expect(linesOf({ a: ["x\ny"] })).toEqual(["a:", "  - |-", "    x", "    y"]);
	});

	it("has its remarks before a key, at the end of its line, and behind the last one", () => {
		const text = linesOf({
			a: 1,
			b: { c: [2], [remarks]: [{ kind: "behind", text: "so much for b" }] },
			d: [{ e: 3 }],
			[remarks]: [
				{ kind: "before", key: "b", text: "first" },
				{ kind: "before", key: "b", text: "second" },
				{ kind: "beside", key: "a", text: "one" },
				{ kind: "beside", key: "b", text: "a block" },
				{ kind: "beside", key: "d", text: "a list" },
			],
		});
		expect(text).toEqual([
			"a: 1  # one",
			"# first",
			"# second",
			"b:  # a block",
			"  c: [2]",
			"  # so much for b",
			"d: [{ e: 3 }]  # a list",
		]);
	});

	it("has remarks that end where their line does", () => {
		const text = linesOf({
			a: 1,
			[remarks]: [{ kind: "beside", key: "a", text: "x\nb: 2\u2028\0c\u0085d" }],
		});
		expect(text).toEqual(["a: 1  # x b: 2 c d"]);
	});

	it.each<[Written, string]>([
		["1_000", '"1_000"'],
		["yes", '"yes"'],
		["2026-06-04", '"2026-06-04"'],
		["0123", '"0123"'],
		["$.'first name'", "$.'first name'"],
		[new ExactNumber("12345678901234567890.10"), "12345678901234567890.10"],
	])("says %j as every reader reads it", (value, written) => {
		expect(linesOf({ a: value })).toEqual([`a: ${written}`]);
	});

	it("is read as it was meant, whatever is in it", () => {
		const text = fc.oneof(
			fc.string({ unit: "binary" }),
			fc.constantFrom("a\nb", "\n", " a\n b\n", "a\r\nb", "- a", "a: b # c", "~", "1e5", "\ud800", "\u0085"),
		);
		const key = text.filter((name) => name !== "__proto__" && name !== "<<");
		const leaf = fc.oneof(
			text,
			fc.integer(),
			fc.constantFrom(null, true, 1.5, new ExactNumber("0.1000000000000000001")),
		);
		const { value } = fc.letrec<{ value: Written }>((tie) => ({
			value: fc.oneof(
				{ maxDepth: 4, withCrossShrink: true },
				leaf,
				fc.array(tie("value"), { maxLength: 4 }),
				fc.dictionary(key, tie("value"), { maxKeys: 4 }),
			),
		}));
		const remark = fc.record({
			kind: fc.constantFrom("before", "beside"),
			key: fc.constantFrom("a", "b"),
			text,
		});
		fc.assert(
			fc.property(value, value, fc.array(remark), (a, b, said) => {
				const { node, problems } = readYaml(yamlTextOf({ a, b, [remarks]: said }));
				expect(problems).toEqual([]);
				expect(node === undefined ? node : literalOf(node)).toEqual({ a, b });
			}),
			{ numRuns: 300 },
		);
	});
});
