import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../host/crypto.ts";
import { type CheckContext, compileMappings } from "../mappings.ts";
import { textOfField } from "./fields.ts";

const context: CheckContext = {
	action: () => ({ attributes: new Map(), open: true, sender: "anyone" }),
	actionNames: ["view"],
	identityKinds: new Set(["id", "email"]),
	connectors: new Set(["acme"]),
	sha256Hex: nodeCrypto.sha256Hex,
};

/** What the mapping reads, as `line:column path`; with `/…` where all below is read too, `-` what is not. */
function readsOf(body: string): readonly string[] {
	const text = `from: acme\nwhen: { type: order }\nevent:\n  action: view\n  customer: $.user\n${body}`;
	const { set, problems } = compileMappings([{ name: "a", path: "a.yaml", text, version: "1" }], context);
	expect(problems).toEqual([]);
	const reads = set?.reads("acme")[0]?.reads ?? [];
	return [...reads]
		.sort((a, b) => a.at.line - b.at.line || a.at.column - b.at.column)
		.filter(({ at }) => at.line > 5)
		.map(({ paths, at, whole, except }) => {
			const which = paths.map(textOfField).join(" | ");
			const without = except === undefined ? "" : `-${[...except].join("-")}`;
			return `${at.line}:${at.column} ${which}${whole ? "/…" : ""}${without}`;
		});
}

describe("what a mapping reads", () => {
	it("is in its condition, its customer and its data, each at its place", () => {
		const text =
			"from: acme\nwhen:\n  type: order\n  shop: { name: { $eq: $.main }, $or: [{ size: { $gt: 1 } }, { tags: { $empty: false } }] }\nevent:\n  action: view\n  customer: [{ id: $.user }, { email: $$.'e mail' }]\n  timestamp: $.at\n  data: { id: $message.id, total: { $add: [$.a, $.b] } }\n";
		const { set } = compileMappings([{ name: "a", path: "a.yaml", text, version: "1" }], context);
		const reads = set?.reads("acme")[0]?.reads ?? [];
		expect(
			reads.map(
				({ paths, at, whole }) => `${at.line}:${at.column} ${paths.map(textOfField).join()} ${whole}`,
			),
		).toEqual([
			"3:3 $.type true",
			"4:11 $.shop.name true",
			"4:24 $.main true",
			"4:42 $.shop.size true",
			"4:64 $.shop.tags false",
			"7:20 $.user true",
			"7:39 $.'e mail' true",
			"8:14 $.at true",
			"9:44 $.a true",
			"9:49 $.b true",
		]);
	});

	it("is an element inside a list operator, by `$`, by its name and by its place", () => {
		expect(
			readsOf(
				"  data:\n    a: { $each: $.lines, item: line, as: { x: $.sku, y: { $each: $.parts, as: [$line.id, $.n, $$.id] } } }\n    b: $.lines.-1.price\n",
			),
		).toEqual([
			"7:17 $.lines",
			"7:47 $.lines[].sku/…",
			"7:66 $.lines[].parts",
			"7:80 $.lines[].id/…",
			"7:90 $.lines[].parts[].n/…",
			"7:95 $.id/…",
			"8:8 $.lines[].price/…",
		]);
	});

	it("is known through operators that hand a list on, and read as the taker takes it", () => {
		expect(
			readsOf(
				"  data:\n    a: { $each: { $filter: { $first: [$.lines, $.items, []] }, where: { qty: { $gt: 0 } } }, as: $.sku }\n    b: { $count: { $optional: $.tags } }\n    c: { $find: $.lines, where: { main: true } }\n",
			),
		).toEqual([
			"7:39 $.lines",
			"7:48 $.items",
			"7:73 $.lines[].qty | $.items[].qty/…",
			"7:98 $.lines[].sku | $.items[].sku/…",
			"8:31 $.tags",
			"9:17 $.lines/…",
			"9:35 $.lines[].main/…",
		]);
	});

	it("is silent of elements that an operator makes", () => {
		expect(
			readsOf(
				'  data: { a: { $each: { $split: $.tags, separator: "," }, item: tag, as: [$, $tag.x, $.y, $$.z] } }\n',
			),
		).toEqual(["6:33 $.tags/…", "6:91 $.z/…"]);
	});

	it("is read whole where it is only one of what is made", () => {
		expect(
			readsOf(
				'  data:\n    a: { $each: { $first: [$.lines, { $split: $.tags, separator: "," }] }, as: $.sku }\n    b: { $each: [$.main, $.other], as: $.sku }\n',
			),
		).toEqual(["7:28 $.lines/…", "7:47 $.tags/…", "8:18 $.main/…", "8:26 $.other/…"]);
	});

	it("is all of an object that is taken whole, and a part of one of which a part is taken", () => {
		expect(
			readsOf(
				"  data: { a: { $merge: [$.b, { c: $.c }] }, d: { $pick: $.e, keys: [f, g] }, h: { $omit: $.i, keys: [j] } }\n",
			),
		).toEqual(["6:25 $.b/…", "6:35 $.c/…", "6:57 $.e.f/…", "6:57 $.e.g/…", "6:90 $.i/…-j"]);
	});

	it("is under the element where an event comes for each", () => {
		expect(
			readsOf("  each: $.lines\n  key: $.id\n  when: { qty: 1 }\n  data: { a: $.sku, b: $$.total }\n"),
		).toEqual([
			"6:9 $.lines",
			"7:8 $.lines[].id/…",
			"8:11 $.lines[].qty/…",
			"9:14 $.lines[].sku/…",
			"9:24 $.total/…",
		]);
	});

	it("is known of each of two mappings that share the plan of an event", () => {
		const text = (type: string): string =>
			`from: acme\nwhen: { type: ${type} }\nevent: { action: view, customer: $.user }\n`;
		const files = ["one", "two"].map((name) => ({ name, path: name, text: text(name), version: "1" }));
		const { set } = compileMappings(files, context);
		expect(
			set
				?.reads("acme")
				.map(({ mapping, reads }) => [mapping, ...reads.flatMap(({ paths }) => paths.map(textOfField))]),
		).toEqual([
			["one", "$.type", "$.user"],
			["two", "$.type", "$.user"],
		]);
	});
});
