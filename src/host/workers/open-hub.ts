import { env } from "cloudflare:workers";
import { erasingEverywhere } from "../../erasure.ts";
import type { Hub, Inboxes } from "../../hub.ts";
import type { Inbox } from "../../inbox/inbox.ts";
import { openKeyring } from "../../keyring.ts";
import { recorderAcross } from "../../ledger/recorder.ts";
import type { Remote } from "../../model/cell.ts";
import { openPlanner } from "../../planner.ts";
import { nodeCrypto } from "../crypto.ts";
import { definitions } from "./definitions.ts";
import { door, programFor } from "./door.ts";
import { openFiles } from "./files.ts";
import { consoleLog } from "./log.ts";
import { openOutside } from "./outside.ts";
import { inboxAt, inboxShards, ledgerAt, ledgerShards } from "./shards.ts";

/** The inbox in whose object a hub runs. */
export interface OwnInbox {
	readonly shard: number;
	readonly inbox: Remote<Inbox>;
}

/** One for all objects of an isolate. */
const keyring = openKeyring({ fetch: (request) => fetch(request), clock: Date.now });

/** The hub over Durable Objects: in the Worker itself, and in each inbox, which reaches itself without a detour. */
export function openHub(own?: OwnInbox): Hub {
	const crypto = nodeCrypto;
	const clock = Date.now;
	const { program } = definitions;
	const log = consoleLog;
	const files = openFiles(env.FILES);
	const inboxes: Inboxes = {
		count: inboxShards,
		at: (shard) => (shard === own?.shard ? own.inbox : inboxAt(env, shard)),
	};
	// A Durable Object's storage is the platform's: it keeps thirty days of its past, and then no more.
	const scrub = async (): Promise<void> => {};
	const recorder = recorderAcross(
		{
			at: (shard) => ledgerAt(env, shard),
			failed: (shard, error) =>
				log.error("a shard of the ledger did not answer", { shard, error: String(error) }),
		},
		{ programFor, crypto, clock, shards: ledgerShards },
	);
	return {
		door,
		inboxes,
		planner: openPlanner({ files, crypto }),
		ledger: erasingEverywhere(recorder, () => ({
			door,
			inboxes,
			files,
			crypto,
			ledger: recorder,
			outside: openOutside(env.HUB_CHECKPOINTS),
			scrub,
		})),
		files,
		crypto,
		keyring,
		clock,
		log,
		scrub,
		unknownHoldMs: program.points.unknownHoldMs,
	};
}
