import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstElement } from "./first-element.ts";

const utf8 = new TextEncoder();
const first = (body: string, wrapper?: string) => {
	const found = firstElement(utf8.encode(body), wrapper);
	return found === undefined ? undefined : [new TextDecoder().decode(found.signed), found.proves];
};

describe("firstElement", () => {
	it("is what JSON.stringify writes for the first of an array that JSON.stringify wrote", () => {
		fc.assert(
			fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), (list) => {
				const proves = list.length === 1 ? "all" : "first";
				expect(first(JSON.stringify(list))).toEqual([JSON.stringify(list[0]), proves]);
			}),
		);
	});

	it("is the first of an array that was written with spaces and a byte order mark, as it stands there", () => {
		fc.assert(
			fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), (list) => {
				const element = String(first(`\uFEFF\t${JSON.stringify(list, null, "\t")}\r\n`)?.[0]);
				expect(JSON.parse(element)).toEqual(JSON.parse(JSON.stringify(list[0])));
				expect(element).toBe(element.trim());
			}),
		);
	});

	it("keeps brackets, commas, quotes and escapes inside of texts", () => {
		expect(first('[{"a":"],}\\"\\\\"},2]')).toEqual(['{"a":"],}\\"\\\\"}', "first"]);
	});

	it("keeps digits, doubled keys and the sender's spelling", () => {
		expect(first('[{"id":12345678901234567890,"a":1.0,"a":2e1},0]')).toEqual([
			'{"id":12345678901234567890,"a":1.0,"a":2e1}',
			"first",
		]);
	});

	it("is nothing where the body is no array or has no element", () => {
		for (const body of ["", "{}", '"[1]"', "[]", "[ ]", "["]) expect(first(body)).toBeUndefined();
	});

	it("proves all where nothing but the end follows", () => {
		expect(first('[{"a":1} ] \n')).toEqual(['{"a":1}', "all"]);
		expect(first('[{"a":1}] {"b":2}')).toEqual(['{"a":1}', "first"]);
	});

	it("is what a wrapper holds, where the wrapper holds nothing else", () => {
		expect(first('[{"json":{"a":1}},2]', "json")).toEqual(['{"a":1}', "first"]);
		for (const element of ['{"json":1,"b":2}', '{"json":1 }', '{"jsonx":1}', '{"b":{"json":1}}', '"json"'])
			expect(first(`[${element},2]`, "json")).toBeUndefined();
	});

	it("takes bytes of any kind and ten thousand levels", () => {
		fc.assert(
			fc.property(fc.uint8Array(), (bytes) => void firstElement(new Uint8Array([0x5b, ...bytes]), "json")),
		);
		const deep = "[".repeat(10_000) + "]".repeat(10_000);
		expect(first(`[${deep},1]`)).toEqual([deep, "first"]);
	});
});
