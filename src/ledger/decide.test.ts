import { describe, expect, it } from "vitest";
import { loadProgram, type Program } from "../catalog/program.ts";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import type { JsonObject } from "../model/json.ts";
import { openExample, openSender } from "./fixture.ts";

/** A program with one action of one's own. */
function programOf(action: string, actions = ""): Program {
	const { program, problems } = loadProgram([
		{ path: "program/actions.yaml", text: actions },
		{ path: "program/events/visit.yaml", text: action },
	]);
	if (program === undefined) throw new Error(JSON.stringify(problems));
	return program;
}

/** What comes of an event that was recorded by the first program, when others are sent under the second. */
function outcomesOf(
	before: Program,
	after: Program,
	sent: { first: JsonObject; later: readonly JsonObject[] },
) {
	const now = { program: before };
	const sql = openSqlite(":memory:");
	const ledger = openExample({ sql, crypto: nodeCrypto, program: () => now.program });
	const send = openSender(before, nodeCrypto);
	const record = (data: JsonObject, message: string) =>
		sql.transaction(() => ledger.record([send("visit", data, { message })]))[0]?.outcome?.kind;
	ledger.record([send("opt_in")]);
	expect(record(sent.first, "m-1")).toBe("appended");
	now.program = after;
	return {
		again: sent.later.map((data) => record(data, "m-1")),
		/** By another message: the same fact where it has the same business key. */
		otherwise: sent.later.map((data) => record(data, "m-2")),
	};
}

describe("the same message, and the same fact, after its action has changed", () => {
	const once = (attributes: string, more = "") =>
		`once: [id]\nattributes: { id: text, ${attributes} }\n${more}`;
	it.each<[string, Program, Program, { same: JsonObject; other: JsonObject }]>([
		[
			"declares what it kept undeclared",
			programOf(once("")),
			programOf(once("channel: text")),
			{ same: { channel: 5 }, other: { channel: 6 } },
		],
		[
			"has texts where it had numbers",
			programOf(once("code: number")),
			programOf(once("code: text")),
			{ same: { code: "8" }, other: { code: "9" } },
		],
		[
			"has any numbers where it had whole ones",
			programOf(once("count: integer")),
			programOf(once("count: number")),
			{ same: { count: "8.0" }, other: { count: "8.5" } },
		],
		[
			"refuses what it kept",
			programOf(once("")),
			programOf(once("", "open: false")),
			{ same: { note: "x" }, other: { note: "y" } },
		],
		[
			"drops what it kept",
			programOf(once("count: number")),
			programOf(once("count: number"), "unknown_attributes: drop"),
			{ same: { count: "1", note: "x" }, other: { count: "2", note: "x" } },
		],
	])("is that where it %s", (_, before, after, { same, other }) => {
		const [first, changed] = [
			{ id: "v-1", ...same },
			{ id: "v-1", ...other },
		];
		const unchanged = outcomesOf(before, before, { first, later: [first, changed] });
		expect(unchanged).toEqual({ again: ["duplicate", "conflict"], otherwise: ["duplicate", "conflict"] });
		expect(outcomesOf(before, after, { first, later: [first, changed] })).toEqual(unchanged);
	});
});
