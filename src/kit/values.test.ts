import { describe, expect, it } from "vitest";
import { ExactNumber, parseJson } from "../model/json.ts";
import { at, identitiesOf, textOf } from "./values.ts";

describe("textOf", () => {
	it("keeps a text as it was sent, and every digit of a whole number", () => {
		expect(textOf(" u-1 ")).toBe(" u-1 ");
		expect(textOf(0)).toBe("0");
		expect(textOf(-7)).toBe("-7");
		expect(textOf(new ExactNumber("820982911946154508"))).toBe("820982911946154508");
	});

	it("takes nothing else for a text", () => {
		for (const value of [
			undefined,
			null,
			"",
			" \t\n",
			true,
			1.5,
			new ExactNumber("1e400"),
			"\ud800x",
			{},
			["a"],
		])
			expect(textOf(value)).toBeUndefined();
	});
});

describe("at", () => {
	it("follows own properties only", () => {
		const parsed = parseJson('{"a":{"b":1},"list":[1],"__proto__":{"c":2}}');
		const value = parsed.ok ? parsed.value : null;
		expect(at(value, "a", "b")).toBe(1);
		expect(at(value, "__proto__", "c")).toBe(2);
		for (const path of [
			["c"],
			["constructor"],
			["a", "toString"],
			["list", "length"],
			["a", "b", "x"],
			["x", "y"],
		])
			expect(at(value, ...path)).toBeUndefined();
	});
});

describe("identitiesOf", () => {
	it("names each identity once, in the order given", () => {
		expect(
			identitiesOf([
				["id", "u-1"],
				["email", undefined],
				["anonymous", "u-1"],
				["id", "u-1"],
			]),
		).toEqual([
			{ kind: "id", value: "u-1" },
			{ kind: "anonymous", value: "u-1" },
		]);
	});
});
