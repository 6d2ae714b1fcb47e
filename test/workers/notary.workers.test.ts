import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { notaryAt } from "../../src/host/workers/shards.ts";
import { placeOfEvent } from "../../src/ledger/event-id.ts";
import type { Accepted } from "../../src/ledger/proofs.ts";
import { track } from "../segment.suite.ts";
import {
	customer,
	type EndpointView,
	eventsOf,
	type Page,
	segmentEndpoint,
	type TestHub,
} from "../support/calls.ts";
import { openTestHub } from "./test-hub.ts";

let hub: TestHub;
let endpoint: EndpointView;
beforeAll(async () => {
	hub = await openTestHub();
	endpoint = await segmentEndpoint(hub, "shop");
});

/** Somebody signs up; gives the shard in which that is recorded. */
async function signUp(userId: string): Promise<number> {
	await track(hub, endpoint, "track", JSON.stringify({ messageId: userId, userId, event: "Signed Up" }));
	await hub.drained();
	const found = (await eventsOf(hub)).find(({ customer }) => customer === userId);
	return placeOfEvent(found?.id ?? "")?.shard ?? -1;
}

const stubOf = (shard: number) => env.LEDGER.getByName(String(shard));
const keptOf = async (shard: number) => {
	const { objects } = await env.HUB_CHECKPOINTS.list();
	return objects.map(({ key }) => key).filter((key) => key.split("/")[2] === String(shard));
};
const troubles = async () => ((await hub.call("GET", "/status")) as { troubles: readonly string[] }).troubles;

/** What nobody can do but the platform. */
function withoutTriggers(sql: SqlStorage, work: () => void): void {
	const triggers = sql.exec<{ name: string; sql: string }>(
		"SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE '\\_%' ESCAPE '\\'",
	);
	const all = triggers.toArray();
	for (const { name } of all) sql.exec(`DROP TRIGGER ${name}`);
	work();
	for (const { sql: text } of all) sql.exec(text);
}

describe("a shard of the ledger on Workers", () => {
	it("wakes a minute after an event, and keeps a checkpoint of it in the bucket", async () => {
		const from = Date.now();
		const shard = await signUp("ada");
		const alarm = await runInDurableObject(stubOf(shard), (_object, { storage }) => storage.getAlarm());
		expect(alarm).toBeGreaterThanOrEqual(from + 60_000);
		expect(alarm).toBeLessThanOrEqual(Date.now() + 60_000);
		expect(await keptOf(shard)).toEqual([]);
		vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ["Date"] });
		try {
			expect(await runDurableObjectAlarm(stubOf(shard))).toBe(true);
		} finally {
			vi.useRealTimers();
		}
		expect(await keptOf(shard)).toEqual([
			expect.stringMatching(/^checkpoints\/[0-9a-f]{16}\/\d+\/9999-\d{15}-1\.note$/),
		]);
		expect(await notaryAt(env, shard).verify([])).toMatchObject({ events: 1, checkpoints: 2, problems: [] });
	}, 30_000);

	it("records nothing when it has lost what it signed, says so, and goes on when that is accepted", async () => {
		const shard = await signUp("bea");
		await hub.call("POST", "/ledger/checkpoint", {});
		await runInDurableObject(stubOf(shard), (_object, { storage }) => {
			withoutTriggers(storage.sql, () => {
				for (const table of ["body", "event", "checkpoint", "claim", "identity", "customer"])
					storage.sql.exec(`DELETE FROM ${table}`);
			});
		});
		await evictDurableObject(stubOf(shard));

		await track(
			hub,
			endpoint,
			"track",
			JSON.stringify({ messageId: "m", userId: "bea", event: "Signed Up" }),
		);
		await vi.waitFor(async () =>
			expect(await troubles()).toEqual([
				expect.stringMatching(
					new RegExp(`^ledger ${shard}: the ledger has 0 events, but 1 were signed: 1 are missing`),
				),
			]),
		);
		expect((await hub.fetch(new Request(`${hub.url}/readyz`))).status).toBe(503);
		expect((await eventsOf(hub)).map(({ customer }) => customer)).not.toContain("bea");

		const { data } = (await hub.call("POST", "/ledger/accept", {})) as Page<Accepted>;
		expect(data.map(({ acceptance }) => acceptance.name)).toEqual([
			expect.stringMatching(new RegExp(`^acceptances/[0-9a-f]{16}/${shard}/1.note$`)),
		]);
		expect(await troubles()).toEqual([]);
		await vi.waitFor(
			async () => expect((await eventsOf(hub)).map(({ customer }) => customer)).toContain("bea"),
			{ timeout: 10_000, interval: 100 },
		);
		expect(await notaryAt(env, shard).verify([])).toMatchObject({ problems: [], accepted: 1 });
	}, 30_000);

	it("does erasures again that it has lost, before anybody accepts what else it has", async () => {
		const shard = await signUp("cleo");
		const traits = { firstName: "Cleo" };
		await track(hub, endpoint, "identify", JSON.stringify({ messageId: "c", userId: "cleo", traits }));
		await hub.drained();
		await hub.call("POST", "/ledger/checkpoint", {});
		// As in a past of the object from before its newest event; since then she has opted out, which is noted in the bucket.
		const hashes = await runInDurableObject(stubOf(shard), (_object, { storage: { sql } }) => {
			withoutTriggers(sql, () => {
				for (const table of ["body", "event"])
					sql.exec(`DELETE FROM ${table} WHERE seq = (SELECT max(seq) FROM ${table})`);
				sql.exec("DELETE FROM checkpoint");
			});
			return sql.exec<{ hash: string }>("SELECT lower(hex(hash)) AS hash FROM identity").toArray();
		});
		const at = Date.now();
		await env.HUB_CHECKPOINTS.put(
			`erasures/${String(at).padStart(15, "0")}-${"e".repeat(28)}0000.json`,
			JSON.stringify({ at, hashes: hashes.map(({ hash }) => hash) }),
		);
		expect(await customer(hub, "cleo")).not.toBeNull();
		await evictDurableObject(stubOf(shard));
		await vi.waitFor(async () => expect(await customer(hub, "cleo")).toBeNull(), {
			timeout: 10_000,
			interval: 100,
		});
		expect(await troubles()).toEqual([expect.stringMatching(new RegExp(`^ledger ${shard}: the ledger has`))]);
		await hub.call("POST", "/ledger/accept", {});
		expect((await eventsOf(hub)).filter((event) => event.customer === "cleo")).toEqual([]);
		expect(await notaryAt(env, shard).verify([])).toMatchObject({ problems: [], erased: 2, accepted: 1 });
	}, 30_000);
});
