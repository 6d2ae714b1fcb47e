import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOfPath, parsePath, writtenPath } from "./path.ts";

describe("a written path", () => {
	it.each<[readonly string[], string]>([
		[[], "$"],
		[["products", "0", "sku"], "$.products.0.sku"],
		[["first name", "it's", "a.b"], "$.'first name'.'it''s'.'a.b'"],
		[["-1"], "$.'-1'"],
		[[""], "$.''"],
		[["$type"], "$.$type"],
	])("of %j is %s", (names, path) => {
		expect(writtenPath(names)).toBe(path);
	});

	it("reads the names that it is written for", () => {
		fc.assert(
			fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 8 }), (names) => {
				const path = parsePath(writtenPath(names), []);
				expect(path.ok && path.value.steps.map(({ name }) => name)).toEqual(names);
			}),
		);
	});
});

it.each([
	["$.properties.total", "properties.total"],
	["$.'first name'", "'first name'"],
	["$.$type", "$.$type"],
	["$.__proto__", "$.__proto__"],
	["$.<<.a", "<<.a"],
])("the path %s is asked for by the key %s", (path, key) => {
	expect(keyOfPath(path)).toBe(key);
});
