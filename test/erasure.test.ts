import { copyFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it, vi } from "vitest";
import { openSqlite } from "../src/host/node/sqlite.ts";
import { testErasure } from "./erasure.suite.ts";
import { antavoClient } from "./support/antavo.ts";
import { customer } from "./support/calls.ts";
import { openTestHub } from "./support/hub.ts";
import { openStoringHub } from "./support/stored.ts";

testErasure("Node", openStoringHub);

it("is done again where a backup was restored, under the key that is noted outside, and not at the next start", async () => {
	const hub = await openTestHub();
	const ledger = join(hub.data, "ledger.db");
	const backup = `${ledger}.backup`;
	/** The keys of the erasures that are noted outside, and of those in the ledger. */
	const kept = () => {
		const noted = readdirSync(join(hub.data, "checkpoints", "erasures"));
		const sql = openSqlite(ledger);
		const rows = sql.query("SELECT lower(hex(key)) AS key FROM event WHERE action = 'opt_out' ORDER BY key");
		sql.close();
		return { noted, ended: rows.map(({ key }) => String(key)) };
	};
	const client = await antavoClient(hub);
	await client.event("opt_in", "ada", { email: "ada@example.test" });
	await hub.reopen(undefined, () => copyFileSync(ledger, backup));
	await client.event("opt_out", "ada");
	let before: ReturnType<typeof kept> | undefined;
	await hub.reopen(undefined, () => {
		before = kept();
		for (const rest of ["-wal", "-shm"]) rmSync(ledger + rest, { force: true });
		copyFileSync(backup, ledger);
		expect(kept().ended).toEqual([]);
	});
	expect(before?.noted).toEqual([expect.stringContaining(before?.ended[0] ?? "no opt-out")]);
	expect(await customer(hub, "ada")).toBeNull();
	await hub.reopen(undefined, () => expect(kept()).toEqual(before));
	await hub.reopen(undefined, () => expect(kept()).toEqual(before));
	await hub.close();
});

it("writes the files anew in the night after it", { timeout: 30_000 }, async () => {
	let passed = 0;
	const hub = await openTestHub(() => Date.now() + passed);
	const owed = (): readonly unknown[] =>
		["ledger.db", "inbox.db"].map((name) => {
			const file = new DatabaseSync(join(hub.data, name), { readOnly: true });
			const [row] = file.prepare("SELECT user_version > 0 AS owed FROM pragma_user_version").all();
			file.close();
			return row?.["owed"];
		});
	const client = await antavoClient(hub);
	await client.event("opt_in", "ada", { email: "ada@example.test" });
	await client.event("opt_in", "grace", { email: "grace@example.test" });
	expect(owed()).toEqual([0, 0]);
	await client.event("opt_out", "ada");
	expect(owed()).toEqual([1, 1]);
	passed = 24 * 60 * 60_000;
	await vi.waitFor(() => expect(owed()).toEqual([0, 0]), 20_000);
	expect(await customer(hub, "grace")).toMatchObject({ status: "active" });
	await hub.close();
});
