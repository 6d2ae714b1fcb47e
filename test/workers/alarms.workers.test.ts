import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import worker from "../../src/host/workers/index.ts";
import { inboxAt } from "../../src/host/workers/shards.ts";
import type { Incoming } from "../../src/inbox/inbox.ts";
import { limits } from "../../src/model/limits.ts";

const shard = 7;

/** A delivery of an endpoint that the office does not know: no turn of the drain can plan it. */
const unplannable = (receivedAt: number): Incoming => ({
	endpoint: "ep_0000000000000000",
	proved: "all",
	paused: false,
	retriesForMs: 60_000,
	delivery: { method: "POST", path: "", query: "", headers: {}, receivedAt },
	body: { inline: new TextEncoder().encode("{}") },
	key: "00".repeat(32),
});

const inStorage = <Value>(body: (storage: DurableObjectStorage) => Promise<Value>): Promise<Value> =>
	runInDurableObject(env.INBOX.getByName(String(shard)), (_object, { storage }) => body(storage));

const alarm = (): Promise<number | null> => inStorage((storage) => storage.getAlarm());

describe("an inbox's alarm", () => {
	it("is set again for what a turn could not settle, and by the cron trigger where it is lost", async () => {
		const receivedAt = Date.now();
		await inboxAt(env, shard).receive(unplannable(receivedAt));

		const leaseEnds = await vi.waitFor(async () => {
			const at = await alarm();
			expect(at).toBeGreaterThanOrEqual(receivedAt + limits.leaseMs);
			return at;
		});

		await inStorage((storage) => storage.deleteAlarm());
		await worker.scheduled();
		expect(await alarm()).toBe(leaseEnds);
	});

	it("is not set where nothing is due", async () => {
		expect(await inboxAt(env, shard + 1).wakeAt()).toBeNull();
		const idle = env.INBOX.getByName(String(shard + 1));
		expect(await runInDurableObject(idle, (_object, { storage }) => storage.getAlarm())).toBeNull();
	});
});
