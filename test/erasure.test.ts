import { copyFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
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

it("is done again in a restored inbox, also of who is no customer in the restored ledger", {
	timeout: 30_000,
}, async () => {
	const hub = await openStoringHub();
	const files = ["ledger.db", "inbox.db"].map((name) => join(hub.data, name));
	const client = await antavoClient(hub);
	const call = async (event: object) => {
		const init = { method: "POST", body: JSON.stringify({ ...event, api_key: client.key }) };
		const headers = { "Content-Type": "application/json" };
		await hub.fetch(new Request(`${hub.url}/v1/webhook/segment`, { ...init, headers }));
		await hub.drained();
	};
	for (const name of ["joins", "stays-away"])
		await call({ customer: `canary-${name}`, action: "product_view", data: { product_id: "1" } });
	await hub.reopen(undefined, () => {
		for (const file of files) copyFileSync(file, `${file}.backup`);
	});
	await client.event("opt_in", "canary-joins");
	for (const name of ["joins", "stays-away"])
		await client.post("/events", { customer: `canary-${name}`, action: "opt_out" });
	await hub.reopen(undefined, () => {
		for (const file of files) {
			for (const rest of ["-wal", "-shm"]) rmSync(file + rest, { force: true });
			renameSync(`${file}.backup`, file);
		}
	});
	expect(await hub.stored()).not.toContain("canary");
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

it.each([
	["a minute", 61_000],
	["the clock was set back", -24 * 60 * 60_000],
])(
	"is done again after %s, where what is noted outside can not be read at the start",
	{
		timeout: 30_000,
	},
	async (_when, passes) => {
		let passed = 0;
		const hub = await openTestHub(() => Date.now() + passed);
		const ledger = join(hub.data, "ledger.db");
		const outside = join(hub.data, "checkpoints");
		const client = await antavoClient(hub);
		await client.event("opt_in", "ada", { email: "ada@example.test" });
		await hub.reopen(undefined, () => copyFileSync(ledger, `${ledger}.backup`));
		await client.event("opt_out", "ada");
		await hub.reopen(undefined, () => {
			for (const rest of ["-wal", "-shm"]) rmSync(ledger + rest, { force: true });
			copyFileSync(`${ledger}.backup`, ledger);
			renameSync(outside, `${outside}.away`);
			writeFileSync(outside, "a file where a folder should be");
		});
		expect(hub.errors).toContainEqual(
			expect.stringMatching(/the erasures noted outside could not all be done again/),
		);
		expect((await hub.fetch(new Request(`${hub.url}/readyz`))).status).toBe(503);

		rmSync(outside);
		renameSync(`${outside}.away`, outside);
		writeFileSync(join(outside, "erasures", `000000000000001-${"0".repeat(32)}.json`), '{"at":1,"hash');
		passed += passes;
		await vi.waitFor(async () => expect(await customer(hub, "ada")).toBeNull(), 5_000);
		const { troubles } = (await hub.call("GET", "/status")) as { readonly troubles: readonly string[] };
		expect(troubles).toContainEqual(
			expect.stringContaining(`damaged: erasures/000000000000001-${"0".repeat(32)}.json`),
		);
		await hub.close();
	},
);
