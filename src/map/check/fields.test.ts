import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coverageOf } from "./coverage.ts";
import { fieldsOf, fieldsOfRows, mergeFields, newFields, rowsOf } from "./fields.ts";

describe("an inventory of fields", () => {
	it("has each field once a message, with the kinds that were seen and never a value", () => {
		const fields = fieldsOf([
			{ id: "o-1", lines: [{ sku: "a", n: 1 }, { sku: 2 }], "e mail": null, by: { 7: true } },
			{ id: 7, lines: [] },
		]);
		expect(rowsOf(fields)).toEqual([
			["$", "object", 2],
			["$.'e mail'", "null", 1],
			["$.by", "object", 1],
			["$.by[]", "boolean", 1],
			["$.id", "text number", 2],
			["$.lines", "list", 2],
			["$.lines[]", "object", 1],
			["$.lines[].n", "number", 1],
			["$.lines[].sku", "text number", 1],
		]);
	});

	it("is the same after it was kept in a file, whatever the names", () => {
		const name = fc.oneof(fc.constantFrom("a.b", "it's", "[]", "__proto__", " ", "", "-1"), fc.string());
		const { value } = fc.letrec((tie) => ({
			value: fc.oneof(
				{ maxDepth: 3 },
				fc.constant(1),
				fc.array(tie("value"), { maxLength: 3 }),
				fc.dictionary(name, tie("value"), { maxKeys: 3 }),
			),
		}));
		fc.assert(
			fc.property(fc.dictionary(name, value), (content) => {
				const fields = fieldsOf([JSON.parse(JSON.stringify(content))]);
				expect(new Map(fieldsOfRows(rowsOf(fields)))).toEqual(fields);
			}),
		);
	});

	it("of two is the sum of both", () => {
		expect(rowsOf(mergeFields([fieldsOf([{ a: 1 }]), fieldsOf([{ a: "x" }, { b: 1 }])]))).toEqual(
			rowsOf(fieldsOf([{ a: 1 }, { a: "x" }, { b: 1 }])),
		);
	});

	it("says which fields were not there before, and not what is below them", () => {
		const found = newFields(fieldsOf([{ a: 1, b: {} }]), fieldsOf([{ a: "x", b: { c: [{ d: 1 }] }, e: 1 }]));
		expect(found.map(({ path, messages }) => `${path.join(".")} ${messages}`)).toEqual(["b.c 1", "e 1"]);
	});
});

describe("coverage", () => {
	it("tells first what nothing reads, then by how many mappings each field is read", () => {
		const fields = fieldsOf([
			{ id: 1, traits: { age: 7, email: "x" }, lines: [{ sku: "a", brand: "b" }], empty: {} },
			{ id: 2, lines: [{ sku: "a" }] },
		]);
		const at = { line: 1, column: 1 };
		const covered = coverageOf(fields, [
			{
				mapping: "one",
				reads: [
					{ paths: [["id"]], at, whole: true },
					{ paths: [["traits"]], at, whole: true, except: new Set(["age"]) },
					{ paths: [["lines"]], at, whole: false },
				],
			},
			{ mapping: "two", reads: [{ paths: [["id"], ["lines", "[]", "sku"]], at, whole: true }] },
		]);
		expect(covered.map(({ field, messages, mappings }) => `${field} ${messages} ${mappings.join()}`)).toEqual(
			[
				"$.empty 1 ",
				"$.lines[].brand 1 ",
				"$.traits.age 1 ",
				"$.id 2 one,two",
				"$.lines[].sku 2 two",
				"$.traits.email 1 one",
			],
		);
	});
});
