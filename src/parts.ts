import type { Context } from "hono";
import type { Limiter } from "./antavo/rate.ts";
import type { Counters } from "./counters.ts";
import type { Escher } from "./escher/escher.ts";
import type { Hub } from "./hub.ts";
import type { Connector } from "./kit/connector.ts";
import type { LedgerReads } from "./ledger/recorder.ts";
import type { Remote } from "./model/cell.ts";
import type { Notaries } from "./notaries.ts";
import type { Office } from "./office/office.ts";
import type { Gate } from "./receive/request.ts";
import type { Refusal, Refusals } from "./refusals.ts";

import type { SampleBody } from "./sample.ts";

/** What the routes are given; a host makes one of it. */
export interface AppParts {
	readonly hub: Hub;
	readonly office: Remote<Office>;
	readonly ledger: LedgerReads;
	readonly notaries: Notaries;
	/** What keeps the ledger from recording, or from keeping its checkpoints; in sentences. */
	ledgerTroubles(): Promise<readonly string[]>;
	readonly connectors: ReadonlyMap<string, Connector>;
	readonly counters: Counters;
	readonly refusals: Refusals;
	/** What the world calls this hub, without a slash at its end. */
	publicUrl(): string;
	/** Accepted as a bearer token beside those of the office: what `run.json` gives the command line. */
	readonly localToken: string | null;
	/** Whether this hub is for real: development keys are then refused. */
	readonly production: boolean;
	/** Checks the signatures of Antavo's API. */
	readonly escher: Escher;
	/** Counts the calls of each key of Antavo's API. */
	readonly limiter: Limiter;
	/** Whether this host can hold connections open, as streams need it. */
	readonly holdsConnections: boolean;
	/** Keeps more requests from coming in than memory is meant for. */
	readonly gate: Gate;
	/** By connector, what tests of its endpoints send. */
	readonly samples: ReadonlyMap<string, SampleBody>;
	/** The sender's address, where the host knows it. */
	ipOf(context: Context): string | undefined;
}

/** What the operator is told of a request that was refused. */
export function noteRefusal(
	{ hub, counters, refusals }: Pick<AppParts, "hub" | "counters" | "refusals">,
	endpoint: string,
	{ cause, reason }: Pick<Refusal, "cause" | "reason">,
): void {
	counters.add("hub_deliveries_refused_total", { endpoint, cause });
	refusals.note(endpoint, { cause, reason });
	hub.log.warn("a delivery was refused", { endpoint, cause, reason });
}
