import fc from "fast-check";
import { expect, it } from "vitest";
import type { Json } from "../model/json.ts";
import { canonicalText } from "./canonical.ts";

it("writes keys in one order at every depth, and lists as they are", () => {
	expect(canonicalText({ b: [{ d: 1, c: null }, 2], a: "x" })).toBe('{"a":"x","b":[{"c":null,"d":1},2]}');
});

/** The same value, its keys put in the other way round. */
function reversed(value: Json): Json {
	if (Array.isArray(value)) return value.map(reversed);
	if (typeof value !== "object" || value === null) return value;
	const entries = Object.entries(value).reverse();
	return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}

it("writes equal data as equal text that says the same", () => {
	fc.assert(
		fc.property(fc.jsonValue(), (value) => {
			const json = JSON.parse(JSON.stringify(value)) as Json;
			expect(canonicalText(reversed(json))).toBe(canonicalText(json));
			expect(JSON.parse(canonicalText(json))).toEqual(json);
		}),
	);
});
