import { expect, it } from "vitest";
import { nodeCrypto } from "../../host/crypto.ts";
import { type CheckContext, compileMappings } from "../mappings.ts";

const context: CheckContext = {
	action: () => ({ attributes: new Map(), open: true, sender: "anyone" }),
	actionNames: ["view", "profile"],
	identityKinds: new Set(["id"]),
	connectors: new Set(["segment"]),
	sha256Hex: nodeCrypto.sha256Hex,
};

const problemsOf = (first: string, second: string, rest = "", action = "profile") =>
	compileMappings(
		[["a", first, "view", ""] as const, ["b", second, action, rest] as const].map(
			([name, when, does, more]) => ({
				name,
				path: `${name}.yaml`,
				text: `from: segment\nwhen: ${when}\nevent: { action: ${does}, customer: $.u }\n${more}`,
				version: "1",
			}),
		),
		context,
	).problems;

it.each([
	["{ n: { $lt: 50 } }", "{ n: { $gte: 50 } }"],
	["{ n: { $lt: 50 } }", "{ n: { $gt: 50.0 } }"],
	["{ n: { $gt: 9, $lt: 20 } }", "{ n: 20 }"],
	["{ at: { $lt: '2026-01-01' } }", "{ at: { $gte: '2026-01-01' } }"],
	["{ n: { $empty: true } }", "{ n: { $empty: false } }"],
	["{ kind: { $ne: gift } }", "{ kind: gift }"],
	["{ kind: { $nin: [gift, card] } }", "{ kind: [card, gift] }"],
	["{ n: { $ne: '5' } }", "{ n: '5' }"],
	["{ $not: { kind: gift, n: { $gt: 5 } } }", "{ kind: gift, n: { $gt: 5 } }"],
	["{ n: { $not: { $startsWith: x } } }", "{ n: { $startsWith: x } }"],
	["{ $or: [{ a: { $empty: false } }, { b: 1 }] }", "{ a: { $empty: true }, b: 2 }"],
	["{ n: { $lt: 5 } }", "{ n: { $or: [5, { $gt: 7 }] } }"],
])("%s and %s exclude each other", (first, second) => {
	expect(problemsOf(first, second)).toEqual([]);
	expect(problemsOf(second, first)).toEqual([]);
});

it.each([
	["{ n: { $lte: 50 } }", "{ n: { $gte: 50 } }"],
	["{ n: { $gt: 5 } }", "{ m: { $lt: 5 } }"],
	// The number 10 is above 6 and below 50, though the text `6` stands behind the text `50`.
	["{ n: { $gt: '6' } }", "{ n: { $lt: '50' } }"],
	// The text `5.0` is no text `5`, but it is the number 5.
	["{ n: { $ne: '5' } }", "{ n: 5 }"],
	["{ kind: { $ne: gift } }", "{ kind: [gift, card] }"],
	["{ $not: { kind: gift, n: 5 } }", "{ kind: gift }"],
	["{ $or: [{ a: { $empty: false } }, { b: 1 }] }", "{ a: { $empty: true } }"],
	["{ n: { $gt: $.m } }", "{ n: { $lte: $.m } }"],
])("%s and %s can hold for one message", (first, second) => {
	expect(problemsOf(first, second)).toMatchObject([{ severity: "warning", code: "overlap" }]);
});

it("may be meant, which one of both files says, but never where an event would be lost", () => {
	expect(problemsOf("{ n: 1 }", "{ m: 1 }", "beside: a")).toEqual([]);
	expect(problemsOf("{ n: 1 }", "{ m: 1 }", "beside: [a, a]", "view")).toMatchObject([
		{ severity: "error", code: "overlap" },
	]);
	expect(problemsOf("{ n: 1 }", "{ n: 2 }", "beside: aa")).toMatchObject([
		{
			file: "b.yaml",
			line: 4,
			column: 9,
			severity: "warning",
			code: "unknown-mapping",
			help: "did you mean `a`?",
		},
	]);
	expect(problemsOf("{ n: 1 }", "{ n: 2 }", "beside: 5")).toMatchObject([{ code: "wrong-type" }]);
});
