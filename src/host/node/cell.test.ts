import { describe, expect, it } from "vitest";
import type { Sql } from "../../model/sql.ts";
import { remoteOf } from "./cell.ts";
import { openSqlite } from "./sqlite.ts";

/** A cell that writes words down, and a count of the commits it took. */
function bench({ commitFails = (): boolean => false } = {}) {
	const file = openSqlite(":memory:");
	file.query("CREATE TABLE word (text TEXT NOT NULL UNIQUE) STRICT");
	let commits = 0;
	let inTransaction = false;
	const sql: Sql = {
		query: file.query,
		transaction: (body) => {
			const value = file.transaction(() => {
				inTransaction = true;
				const made = body();
				if (commitFails()) throw new Error("the disk is full");
				return made;
			});
			inTransaction = false;
			commits += 1;
			return value;
		},
	};
	const words = (): readonly unknown[] =>
		sql.query("SELECT text FROM word ORDER BY rowid").map(({ text }) => text);
	const remote = remoteOf(sql, {
		add: (text: string): number => {
			sql.query("INSERT INTO word (text) VALUES (?)", text);
			return words().length;
		},
		fail: (): never => {
			throw new Error("this call is at fault");
		},
	});
	return { remote, words, commits: () => commits, inTransaction: () => inTransaction };
}

describe("a cell's remote", () => {
	it("makes one commit of the calls of one turn, in their order", async () => {
		const { remote, words, commits } = bench();
		expect(await Promise.all([remote.add("a"), remote.add("b"), remote.add("c")])).toEqual([1, 2, 3]);
		expect(words()).toEqual(["a", "b", "c"]);
		expect(commits()).toBe(1);
	});

	it("makes another commit for a later turn", async () => {
		const { remote, commits } = bench();
		await remote.add("a");
		await remote.add("b");
		expect(commits()).toBe(2);
	});

	it("answers nothing before the commit", async () => {
		const { remote, commits, inTransaction } = bench();
		const answers = ["a", "b"].map((text) =>
			remote.add(text).then(() => ({ commits: commits(), inTransaction: inTransaction() })),
		);
		expect(commits()).toBe(0);
		expect(await Promise.all(answers)).toEqual([
			{ commits: 1, inTransaction: false },
			{ commits: 1, inTransaction: false },
		]);
	});

	it("fails the call at fault alone, and does the others once", async () => {
		const { remote, words } = bench();
		const answers = await Promise.allSettled([
			remote.add("a"),
			remote.fail(),
			remote.add("a"),
			remote.add("b"),
		]);
		expect(answers).toMatchObject([
			{ status: "fulfilled", value: 1 },
			{ status: "rejected", reason: { message: "this call is at fault" } },
			{ status: "rejected", reason: { message: expect.stringContaining("UNIQUE") } },
			{ status: "fulfilled", value: 2 },
		]);
		expect(words()).toEqual(["a", "b"]);
	});

	it("answers no call whose commit failed, and writes nothing of it", async () => {
		let full = true;
		const { remote, words } = bench({ commitFails: () => full });
		const answers = await Promise.allSettled([remote.add("a"), remote.add("b")]);
		expect(answers).toMatchObject([
			{ status: "rejected", reason: { message: "the disk is full" } },
			{ status: "rejected", reason: { message: "the disk is full" } },
		]);
		expect(words()).toEqual([]);
		full = false;
		expect(await remote.add("a")).toBe(1);
	});
});
