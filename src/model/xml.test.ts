import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "./limits.ts";
import { readXml, xmlText } from "./xml.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string) => readXml(bytes(text));
const contentOf = (text: string) => {
	const found = read(text);
	return found.ok ? found.value : found.failure;
};

describe("an XML document", () => {
	it("is texts under the names of its elements, without prefixes, and nothing becomes a number", () => {
		expect(
			contentOf('<s:a xmlns:s="urn:s" xmlns="urn:t"><s:id>0070</s:id><total>1.50</total><b/><c></c></s:a>'),
		).toEqual({ a: { id: "0070", total: "1.50", b: "", c: "" } });
	});

	it("begins with a byte order mark and a declaration, or with neither", () => {
		expect(contentOf('\uFEFF<?xml version="1.0" encoding="UTF-8"?>\r\n<a>1</a>\r\n')).toEqual({ a: "1" });
	});

	it("has a list where an element comes again, and null where it is nil", () => {
		expect(contentOf('<a xmlns:xsi="x"><b>1</b><c xsi:nil="true"/><b xsi:nil="1"/><b>2</b></a>')).toEqual({
			a: { b: ["1", null, "2"], c: null },
		});
	});

	it("has attributes beside what is in an element", () => {
		expect(contentOf('<a x:type="sf:Lead" n="&lt;1&gt;"><b c="1"> 5 </b>text</a>')).toEqual({
			a: { "@type": "sf:Lead", "@n": "<1>", b: { "@c": "1", "#text": "5" }, "#text": "text" },
		});
	});

	it("knows XML's own entities and references to characters, each once", () => {
		expect(contentOf("<a>&lt;b&gt; &amp;amp; &quot;&apos; &#65;&#x1F600;</a>")).toEqual({
			a: "<b> &amp; \"' A😀",
		});
		expect(contentOf("<a><![CDATA[<b>&amp;]]></a>")).toEqual({ a: "<b>&amp;" });
	});

	it.each([
		['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "the XML has a DOCTYPE, which is never read"],
		['<!doctype a SYSTEM "file:///etc/passwd"><a/>', "the XML has a DOCTYPE, which is never read"],
		["<a>&copy;</a>", "the XML has a `&` that begins no reference known to XML itself"],
		["<a>&#0;</a>", "the XML has a `&` that begins no reference known to XML itself"],
		["<a>&#xD800;</a>", "the XML has a `&` that begins no reference known to XML itself"],
		["<a>\n<b></a>", "the text stops being XML in line 2"],
		["<a/><b/>", "the text is not one XML document"],
		["", "the text stops being XML in line 1"],
		["<a><__proto__>1</__proto__></a>", "the text is not XML that can be read"],
		[
			`${"<a>".repeat(limits.depthMax + 2)}${"</a>".repeat(limits.depthMax + 2)}`,
			"the text is not XML that can be read",
		],
	])("is refused, and says nothing of what is in it: %s", (text, reason) => {
		expect(read(text)).toEqual({ ok: false, failure: reason });
	});

	it("in another encoding than UTF-8 is not guessed at", () => {
		const latin1 = Uint8Array.from("<a>caf\u00e9</a>", (one) => one.charCodeAt(0));
		expect(readXml(latin1)).toEqual({ ok: false, failure: "the bytes are not UTF-8" });
	});

	it("reaches no prototype, and renames what every object has", () => {
		expect(contentOf('<a constructor="1"><toString>2</toString></a>')).toEqual({
			a: { "@constructor": "1", __toString: "2" },
		});
		expect(({} as Record<string, unknown>)["constructor"]).toBe(Object);
	});

	it("written again is read as the same", () => {
		for (const text of [
			'<a><b>1</b><b x="&#10;&quot;">&#32; 2 &#13;&lt;</b><c i:nil="true"/><d>&amp;amp;</d>text</a>',
			"<a><![CDATA[ ]]]]></a>",
			"<a/>",
		]) {
			const value = contentOf(text);
			expect(contentOf(xmlText(value as Parameters<typeof xmlText>[0]))).toEqual(value);
		}
	});

	it("of any texts is read as they were, and never throws", () => {
		const name = fc.constantFrom("a", "b", "Id", "c-d");
		const text = fc.string({ unit: "grapheme" }).filter((one) => !/[\p{Cc}\ufffe\uffff]/u.test(one));
		const tree = fc.dictionary(name, fc.oneof(text, fc.constant(null)), { minKeys: 1 });
		fc.assert(
			fc.property(tree, (value) => {
				expect(contentOf(xmlText({ root: value }))).toEqual({ root: { ...value } });
			}),
		);
		const wild = fc.array(
			fc.oneof(fc.constantFrom("<a>", "</a>", "<a", "&", ";", "<![CDATA[", "]]>", "<!--", '"'), fc.string()),
		);
		fc.assert(fc.property(wild, (parts) => typeof read(parts.join("")).ok === "boolean"));
	});
});
