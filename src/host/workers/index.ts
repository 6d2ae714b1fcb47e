import { env } from "cloudflare:workers";
import { AsyncLocalStorage } from "node:async_hooks";
import { connectors } from "../../../connectors/index.ts";
import { antavoProfile } from "../../antavo/caller.ts";
import { openLimiter } from "../../antavo/rate.ts";
import { hubApp } from "../../app.ts";
import { openCounters } from "../../counters.ts";
import { openEscher } from "../../escher/escher.ts";
import type { Notaries } from "../../notaries.ts";
import { pullDue } from "../../pull.ts";
import type { Gate } from "../../receive/request.ts";
import { openRefusals } from "../../refusals.ts";
import { endRetention } from "../../retention.ts";
import { nodeCrypto } from "../crypto.ts";
import { sampleBodies } from "../samples.generated.ts";
import { definitions } from "./definitions.ts";
import type { Env } from "./env.ts";
import { ledgerReads } from "./ledger-reads.ts";
import { openHub } from "./open-hub.ts";
import { askSystemOf, inboxAt, inboxShards, ledgerShards, notaryAt, officeOf } from "./shards.ts";

export { InboxObject } from "./inbox-object.ts";
export { LedgerObject } from "./ledger-object.ts";
export { OfficeObject } from "./office-object.ts";

/** The platform limits what an isolate takes; a count of ours would leak wherever a sender hangs up. */
const everybody: Gate = { admit: (work) => work(undefined) };

/** The scheme and host of the request that is being answered. */
const origin = new AsyncLocalStorage<string>();

const hub = openHub();

/** What the request came by where nothing is set; the clock comes by nothing. */
const publicUrl = (): string => env.HUB_PUBLIC_URL?.replace(/\/+$/, "") ?? origin.getStore() ?? "";

const environments = (env.HUB_ENVIRONMENT ?? "local").split(",").map((name) => name.trim());
const notaries: Notaries = { count: ledgerShards, at: (shard) => notaryAt(env, shard) };

const app = hubApp({
	hub,
	office: officeOf(env),
	ledger: ledgerReads,
	notaries,
	// Asking every shard would wake every object: those that are in trouble say so to the office.
	ledgerTroubles: () => officeOf(env).troubles(),
	connectors,
	counters: openCounters(),
	refusals: openRefusals(Date.now),
	publicUrl,
	localToken: null,
	production: env.HUB_PRODUCTION === "true",
	escher: openEscher({ crypto: nodeCrypto, profile: antavoProfile(environments) }),
	limiter: openLimiter(Date.now),
	// A Worker lives as long as the request that it answers.
	holdsConnections: false,
	gate: everybody,
	samples: sampleBodies,
	ipOf: (context) => context.req.header("CF-Connecting-IP"),
});

export default {
	fetch: (request) => origin.run(new URL(request.url).origin, () => app.fetch(request)),

	/**
	 * An inbox that is asked anything sets its alarm where that is lost; the office destroys secrets that were replaced. What
	 * can not be done keeps nothing else from it.
	 */
	scheduled: async () => {
		const all = [
			hub.door.directory(),
			...Array.from({ length: inboxShards }, (_, shard) =>
				endRetention(hub, inboxAt(env, shard), definitions.program),
			),
			pullDue({
				hub,
				office: officeOf(env),
				askSystem: askSystemOf(env),
				publicUrl,
				timeout: (ms) => AbortSignal.timeout(ms),
			}),
		];
		for (const done of await Promise.allSettled(all)) {
			if (done.status === "rejected")
				hub.log.error("a part of what is done by the clock failed", { error: String(done.reason) });
		}
	},
} satisfies ExportedHandler<Env>;
