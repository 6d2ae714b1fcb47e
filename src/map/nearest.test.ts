import { expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import type { ValueObject } from "../model/json.ts";
import { type CheckContext, compileMappings } from "./mappings.ts";

const context: CheckContext = {
	action: () => ({ attributes: new Map(), open: true, sender: "anyone" }),
	actionNames: ["view"],
	identityKinds: new Set(["id"]),
	connectors: new Set(["segment"]),
	sha256Hex: nodeCrypto.sha256Hex,
};

/** The nearest of mappings whose names are their conditions. */
function nearestOf(content: ValueObject, ...conditions: readonly string[]): readonly string[] {
	const { set } = compileMappings(
		conditions.map((when, index) => ({
			name: String(index),
			path: `${index}.yaml`,
			text: `from: segment\nwhen: ${when}\nevent: { action: view, slot: s${index}, customer: $.u }\n`,
			version: "1",
		})),
		context,
	);
	const message = { id: "m", type: "track", time: undefined, identities: [], content };
	const mapped = set?.run("segment", "shop", message, { receivedAt: 0, headers: {}, settings: {} });
	if (mapped?.kind !== "unmatched") throw new Error("a mapping matches");
	return mapped.nearest.map(({ mapping, clause, met }) => `${mapping}: ${clause}, met ${met}`);
}

it("names at most three mappings, first the one of which most holds", () => {
	const content = { type: "track", event: "Order", total: 5, vip: true };
	expect(
		nearestOf(
			content,
			"{ type: track, event: Order, total: { $gt: 9 } }",
			"{ type: track, event: Order, vip: true, total: { $gt: 8 } }",
			"{ type: track, event: Order, shop: 1 }",
			"{ type: track, event: Order, shop: 2 }",
		),
	).toEqual([
		"1: total: $gt 8, met a number of 1 character",
		"0: total: $gt 9, met a number of 1 character",
		"2: shop: 1, met absent",
	]);
});

const events = ["Cart Viewed", "Order Cancelled", "Order Completed", "Product Viewed"].map(
	(event) => `{ type: track, event: ${event} }`,
);

it("takes a value that differs in case and punctuation for the one that was meant", () => {
	expect(nearestOf({ type: "track", event: "order_completed" }, ...events)[0]).toBe(
		'2: event: Order Completed, met "order_completed"',
	);
});

it("looks for values that share a word, the closest first", () => {
	expect(nearestOf({ type: "track", event: "Order Complete" }, ...events)).toEqual([
		'2: event: Order Completed, met "Order Complete"',
		'1: event: Order Cancelled, met "Order Complete"',
		'0: event: Cart Viewed, met "Order Complete"',
	]);
});

it("knows the mappings that ask for no such value too", () => {
	expect(
		nearestOf({ type: "track", event: "Refund" }, ...events, "{ type: track, total: { $gt: 9 } }")[0],
	).toBe("4: total: $gt 9, met absent");
});

it("prefers the value that is written alike to one that shares a word and stands closer", () => {
	expect(nearestOf({ type: "track", event: "ab--cd" }, "{ event: ab cdx }", "{ event: a-b-c-d }")).toEqual([
		'1: event: a-b-c-d, met "ab--cd"',
	]);
});
