import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { inboxAt, inboxShards } from "../../src/host/workers/shards.ts";
import { type CallbacksBench, testCallbacks } from "../callbacks.suite.ts";
import { openSite } from "../support/site.ts";
import { openTestHub } from "./test-hub.ts";

/** The platform's clock can not be moved, nor can its alarms: what is owed is moved into the past instead. */
async function pass(ms: number): Promise<void> {
	for (let shard = 0; shard < inboxShards; shard += 1) {
		const inbox = env.INBOX.getByName(String(shard));
		const moved = await runInDurableObject(
			inbox,
			(_object, { storage }) =>
				storage.sql
					.exec(
						`UPDATE callback SET due_at = due_at - ?1, owed_since = owed_since - ?1 RETURNING message`,
						ms,
					)
					.toArray().length,
		);
		// Whoever is asked anything looks at what is due.
		if (moved > 0) await inboxAt(env, shard).wakeAt();
	}
}

async function openBench(): Promise<CallbacksBench> {
	const shop = Object.assign(openSite(), { origin: "https://shop.example" });
	const other = Object.assign(openSite(), { origin: "https://other.example" });
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const request = new Request(input, init);
		const site = [shop, other].find(({ origin }) => new URL(request.url).origin === origin);
		if (site === undefined) throw new TypeError(`nobody answers at ${request.url}`);
		return site.receive(request);
	});
	return { hub: await openTestHub(), shop, other, pass, close: () => reset() };
}

testCallbacks("Workers", openBench);
