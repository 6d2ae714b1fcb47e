import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import worker from "../../src/host/workers/index.ts";
import { OfficeObject } from "../../src/host/workers/office-object.ts";
import { inboxAt } from "../../src/host/workers/shards.ts";
import { limits } from "../../src/model/limits.ts";

afterEach(() => vi.restoreAllMocks());

const inStorage = <Value>(shard: number, body: (storage: DurableObjectStorage) => Promise<Value>) =>
	runInDurableObject(env.INBOX.getByName(String(shard)), (_object, { storage }) => body(storage));

const alarmOf = (shard: number): Promise<number | null> => inStorage(shard, (storage) => storage.getAlarm());

/** Lets an inbox take a delivery and fail with it, for want of the office: its alarm, set for the lease's end. */
async function alarmAfterFailure(shard: number): Promise<number | null> {
	vi.spyOn(OfficeObject.prototype, "call").mockRejectedValueOnce(new Error("the office is away"));
	const from = Date.now();
	await inboxAt(env, shard).receive({
		endpoint: "ep_0000000000000000",
		proved: "all",
		paused: false,
		retriesForMs: 60_000,
		delivery: { method: "POST", path: "", query: "", headers: {}, receivedAt: from },
		body: { inline: new TextEncoder().encode("{}") },
		key: "00".repeat(16),
	});
	return vi.waitFor(async () => {
		const alarm = await alarmOf(shard);
		expect(alarm ?? 0).toBeGreaterThanOrEqual(from + limits.leaseMs);
		return alarm;
	});
}

describe("an inbox's alarm", () => {
	it("is set again where a turn failed as a whole", async () => {
		const log = vi.spyOn(console, "error");
		await alarmAfterFailure(1);
		expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("the office is away"));
	});

	it("is set again by the cron trigger where it is lost", async () => {
		const alarm = await alarmAfterFailure(2);
		await inStorage(2, (storage) => storage.deleteAlarm());
		await worker.scheduled();
		expect(await alarmOf(2)).toBe(alarm);
	});

	it("is not set where nothing is due", async () => {
		expect(await inboxAt(env, 3).wakeAt()).toBeNull();
		expect(await alarmOf(3)).toBeNull();
	});
});
