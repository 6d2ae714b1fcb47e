import { parse } from "node:querystring";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairsOf, readForm } from "./form.ts";

const read = (text: string) => {
	const form = readForm(new TextEncoder().encode(text));
	return form.ok ? form.value : form.failure;
};

describe("a form", () => {
	it("is an object of texts", () => {
		expect(read("a=1&b=+x%20y&c=&d&e=1=2")).toEqual({ a: "1", b: " x y", c: "", d: "", e: "1=2" });
		expect(read("")).toEqual({});
	});

	it("nests by brackets, as PHP writes them", () => {
		// What PHP's parse_str makes of them.
		expect(read("data[merges][FNAME]=Ada&data[list_id]=a6b5")).toEqual({
			data: { merges: { FNAME: "Ada" }, list_id: "a6b5" },
		});
		expect(read("tags[]=a&tags[]=b&n[0]=x&n[1]=y&contact%5Bemail%5D=ada%40example.test")).toEqual({
			tags: ["a", "b"],
			n: ["x", "y"],
			contact: { email: "ada@example.test" },
		});
		expect(read("g[0][name]=A&g[1][name]=B")).toEqual({ g: [{ name: "A" }, { name: "B" }] });
	});

	it("keeps ids that are keys", () => {
		expect(read("contact[fields][7]=gold&contact[fields][12]=x")).toEqual({
			contact: { fields: { "7": "gold", "12": "x" } },
		});
	});

	it("takes the last of two equal names, and names with loose brackets for names", () => {
		expect(read("a=1&a=2&b[=3&c]=4&[d]=5&e[f]g=6")).toEqual({
			a: "2",
			"b[": "3",
			"c]": "4",
			"[d]": "5",
			"e[f]g": "6",
		});
		expect(read("a=1&a[b]=2")).toEqual({ a: { b: "2" } });
	});

	it("keeps percent signs that escape nothing, and reaches no prototype", () => {
		expect(read("a=100%&b=%zz&c=%E9&d=%41%")).toEqual({ a: "100%", b: "%zz", c: "%E9", d: "A%" });
		const form = read("__proto__[x]=1&constructor=2");
		expect(Object.hasOwn({}, "x")).toBe(false);
		expect(Object.keys(form)).toEqual(["__proto__", "constructor"]);
	});

	it("has a byte order mark taken off, and must be UTF-8", () => {
		expect(read("\uFEFFa=1")).toEqual({ a: "1" });
		expect(readForm(new Uint8Array([0x61, 0x3d, 0xff]))).toEqual({
			ok: false,
			failure: "the bytes are not UTF-8",
		});
	});

	it("ends at ten thousand fields and 64 levels", () => {
		expect(read("a=1&".repeat(10_000))).toBe("the form has more than 10000 fields");
		expect(read(`a${"[b]".repeat(64)}=1`)).toBe("a name of the form nests deeper than 64 levels");
	});
});

it("decodes names and values as Node's querystring does", () => {
	const part = fc.string({ unit: "binary" }).filter((text) => text.isWellFormed() && text !== "");
	fc.assert(
		fc.property(fc.array(fc.tuple(part, part)), (pairs) => {
			const text = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
			const theirs = Object.entries(parse(text.join("&"))).flatMap(([name, values]) =>
				[values ?? ""].flat().map((value) => [name, value]),
			);
			const ours = pairsOf(text.join("&"));
			expect(ours.toSorted()).toEqual(theirs.toSorted());
		}),
	);
});
