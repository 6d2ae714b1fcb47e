import { expect, it } from "vitest";
import { ExactNumber, parseJson } from "./json.ts";

it("keeps the digits of a number that a double would falsify", () => {
	expect(parseJson('{"n":0.12345678901234567,"m":1.50}')).toEqual({
		ok: true,
		value: { n: new ExactNumber("0.12345678901234567"), m: 1.5 },
	});
});

it("reads a number of a million zeros in the time that its length takes", () => {
	const text = `0.1${"0".repeat(1_000_000)}1`;
	expect(parseJson(text)).toEqual({ ok: true, value: new ExactNumber(text) });
});
