import { AsyncLocalStorage } from "node:async_hooks";
import { env } from "cloudflare:workers";
import { connectors } from "../../../connectors/index.ts";
import { hubApp } from "../../app.ts";
import { openCounters } from "../../counters.ts";
import { readsAcross } from "../../ledger/recorder.ts";
import type { Gate } from "../../receive/request.ts";
import type { Env } from "./env.ts";
import { openHub } from "./open-hub.ts";
import { inboxAt, inboxShards, ledgerAt, ledgerShards, officeOf } from "./shards.ts";

export { InboxObject } from "./inbox-object.ts";
export { LedgerObject } from "./ledger-object.ts";
export { OfficeObject } from "./office-object.ts";

/** The platform limits what an isolate takes; a count of ours would leak wherever a sender hangs up. */
const everybody: Gate = { admit: (work) => work() };

/** The scheme and host of the request that is being answered. */
const origin = new AsyncLocalStorage<string>();

const app = hubApp({
	hub: openHub(env),
	office: officeOf(env),
	ledger: readsAcross((shard) => ledgerAt(env, shard), ledgerShards),
	connectors,
	counters: openCounters(),
	publicUrl: () => env.HUB_PUBLIC_URL?.replace(/\/+$/, "") ?? origin.getStore() ?? "",
	localToken: null,
	gate: everybody,
	ipOf: (context) => context.req.header("CF-Connecting-IP"),
	troubles: () => [],
});

export default {
	fetch: (request) => origin.run(new URL(request.url).origin, () => app.fetch(request)),

	/** An inbox that is asked anything sets its alarm where that is lost. */
	scheduled: async () => {
		await Promise.all(Array.from({ length: inboxShards }, (_, shard) => inboxAt(env, shard).wakeAt()));
	},
} satisfies ExportedHandler<Env>;
