import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/host/workers/index.ts";
import { OfficeObject } from "../../src/host/workers/office-object.ts";
import { inboxAt } from "../../src/host/workers/shards.ts";

afterEach(() => vi.restoreAllMocks());

const inStorage = <Value>(shard: number, body: (storage: DurableObjectStorage) => Promise<Value>) =>
	runInDurableObject(env.INBOX.getByName(String(shard)), (_object, { storage }) => body(storage));

const alarmOf = (shard: number): Promise<number | null> => inStorage(shard, (storage) => storage.getAlarm());

/** Lets an inbox take a delivery in while the office is away; says when its alarm is set after it failed. */
async function alarmAfterFailure(shard: number): Promise<number> {
	const log = vi.spyOn(console, "error");
	vi.spyOn(OfficeObject.prototype, "call").mockRejectedValue(new Error("the office is away"));
	await inboxAt(env, shard).receive({
		endpoint: "ep_0000000000000000",
		proved: "all",
		paused: false,
		retriesForMs: 60_000,
		delivery: { method: "POST", path: "", query: "", headers: {}, receivedAt: Date.now() },
		removed: [],
		body: { inline: new TextEncoder().encode("{}") },
		key: "00".repeat(16),
	});
	return vi.waitFor(async () => {
		expect(log).toHaveBeenCalledWith(expect.stringContaining("the office is away"));
		return alarmIn(shard);
	});
}

/** The alarm is none while it runs. */
const alarmIn = (shard: number): Promise<number> =>
	vi.waitFor(async () => {
		const alarm = await alarmOf(shard);
		expect(alarm).not.toBeNull();
		return alarm ?? 0;
	});

describe("an inbox's alarm", () => {
	it("is set again, a little later, where a turn failed as a whole", async () => {
		const from = Date.now();
		expect(await alarmAfterFailure(1)).toBeGreaterThanOrEqual(from + 1_000);
	});

	it("is set again by the cron trigger where it is lost", async () => {
		await alarmAfterFailure(2);
		await inStorage(2, (storage) => storage.deleteAlarm());
		await worker.scheduled();
		expect(await alarmIn(2)).toBeGreaterThan(0);
	});

	it("is not set where nothing is due", async () => {
		expect(await inboxAt(env, 3).wakeAt()).toBeNull();
		expect(await alarmOf(3)).toBeNull();
	});
});
