import "../support/crm.ts";
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { inboxAt, inboxShards } from "../../src/host/workers/shards.ts";
import { type EnrichmentBench, testEnrichment } from "../enrichment.suite.ts";
import { openSite } from "../support/site.ts";
import { stored } from "./stored.ts";
import { openTestHub } from "./test-hub.ts";

/** The platform's clock can not be moved, nor can its alarms: what waits is moved into the past instead. */
async function pass(ms: number): Promise<void> {
	for (let shard = 0; shard < inboxShards; shard += 1) {
		const inbox = env.INBOX.getByName(String(shard));
		const moved = await runInDurableObject(inbox, (_object, { storage }) => {
			storage.sql.exec(`UPDATE message SET due_at = due_at - ? WHERE state = 'waiting'`, ms);
			const fetches = storage.sql.exec(
				`UPDATE fetch SET due_at = due_at - ?1, owed_since = owed_since - ?1 WHERE due_at IS NOT NULL RETURNING number`,
				ms,
			);
			return fetches.toArray().length;
		});
		// Whoever is asked anything looks at what is due.
		if (moved > 0) await inboxAt(env, shard).wakeAt();
	}
}

async function openBench(): Promise<EnrichmentBench> {
	const crm = Object.assign(openSite(), { origin: "https://api.crm.example" });
	const other = Object.assign(openSite(), { origin: "https://api.other.example" });
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const request = new Request(input, init);
		const site = [crm, other].find(({ origin }) => new URL(request.url).origin === origin);
		if (site === undefined) throw new TypeError(`nobody answers at ${request.url}`);
		return site.receive(request);
	});
	return { hub: { ...(await openTestHub()), stored }, crm, other, pass, close: () => reset() };
}

testEnrichment("Workers", openBench);
