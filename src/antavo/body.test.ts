import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBody } from "./body.ts";

const form = "application/x-www-form-urlencoded; charset='UTF-8'";
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string, contentType: string | null = form): unknown => {
	const body = parseBody(bytesOf(text), contentType);
	return body.ok ? body.value : body.failure;
};

describe("a form", () => {
	it("nests as PHP's http_build_query writes it", () => {
		// php -r 'echo http_build_query(["customer" => "a b", "data" => ["items" => [["product_id" => "p&1", "tags" => ["x", "y"]],
		// ["product_id" => "ß"]], "gift" => true, "note" => null]]);'
		const written =
			"customer=a+b&data%5Bitems%5D%5B0%5D%5Bproduct_id%5D=p%261&data%5Bitems%5D%5B0%5D%5Btags%5D%5B0%5D=x" +
			"&data%5Bitems%5D%5B0%5D%5Btags%5D%5B1%5D=y&data%5Bitems%5D%5B1%5D%5Bproduct_id%5D=%C3%9F&data%5Bgift%5D=1";
		expect(read(written)).toEqual({
			customer: "a b",
			data: { items: [{ product_id: "p&1", tags: ["x", "y"] }, { product_id: "ß" }], gift: "1" },
		});
	});

	it("is read as PHP reads it: the last of two equal names, lists by empty brackets", () => {
		expect(read("action=a&action=b&data[l][]=1&data[l][]=2&data[e]=")).toEqual({
			action: "b",
			data: { l: ["1", "2"], e: "" },
		});
	});

	it("keeps keys that are numbers, as PHP does: a list counts from 0", () => {
		expect(read("data[shop][12]=55&data[points][1234567]=9&data[gap][0]=a&data[gap][2]=c")).toEqual({
			data: { shop: { 12: "55" }, points: { 1234567: "9" }, gap: { 0: "a", 2: "c" } },
		});
	});

	it("takes a percent sign that escapes nothing as it is, as PHP does", () => {
		expect(read("data[note]=10%&data[sale]=50%25+off%&customer=%")).toEqual({
			data: { note: "10%", sale: "50% off%" },
			customer: "%",
		});
	});

	it("can not reach a prototype", () => {
		const body = read("__proto__[polluted]=1&data[constructor][prototype][polluted]=1");
		expect(JSON.stringify(body)).toBe(
			'{"__proto__":{"polluted":"1"},"data":{"constructor":{"prototype":{"polluted":"1"}}}}',
		);
		expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
		expect({}).not.toHaveProperty("polluted");
	});

	it.each([
		["brackets that nest too deeply", `data${"[a]".repeat(64)}=1`],
		["too many fields", "a=1&".repeat(10_000)],
	])("is refused with %s", (_what, text) => {
		expect(read(text)).toMatchObject({ status: 400, type: "BadRequestException", code: 0 });
	});

	it.each(["customer=%FF", "customer=%C3%28", "customer=%C3%", "%FF=ada"])(
		"is refused where it is not UTF-8: %s",
		(text) => {
			expect(read(text)).toMatchObject({ status: 400, message: "The form is not UTF-8" });
		},
	);
});

describe("a JSON body", () => {
	it("may be PHP's empty array, or nothing at all", () => {
		expect(read("[]", "application/json")).toEqual({});
		expect(read("", null)).toEqual({});
	});

	it("keeps the digits of a number that a double would lose", () => {
		expect(read('{"customer":12345678901234567890}', "application/json")).toMatchObject({
			customer: { source: "12345678901234567890" },
		});
	});

	it.each(["[1]", "1", '"text"', "null", "{", "customer=ada", `${'{"a":'.repeat(70)}1${"}".repeat(70)}`])(
		"is refused where it is no object, or none that can be read: %.20s",
		(text) => {
			expect(read(text, "application/json")).toMatchObject({ status: 400, type: "BadRequestException" });
		},
	);

	it("is refused where it is not UTF-8", () => {
		expect(parseBody(new Uint8Array([0x22, 0xff, 0x22]), "application/json")).toMatchObject({
			failure: { status: 400, message: "The body is not JSON: the bytes are not UTF-8" },
		});
	});
});

it("never throws, whatever the body", () => {
	const texts = fc.oneof(
		fc.string({ unit: "binary" }),
		fc
			.array(fc.constantFrom("a", "[", "]", "=", "&", "%5B", "%5D", "0", "__proto__", "%", "+", "data"), {
				maxLength: 60,
			})
			.map((parts) => parts.join("")),
	);
	fc.assert(
		fc.property(texts, fc.constantFrom(form, "application/json"), (text, contentType) => {
			const body = parseBody(bytesOf(text), contentType);
			expect(typeof body.ok).toBe("boolean");
		}),
	);
});
