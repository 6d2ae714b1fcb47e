import type { Inbox } from "../../inbox/inbox.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Remote } from "../../model/cell.ts";
import { invariant } from "../../model/result.ts";
import type { Notary } from "../../notary.ts";
import type { Office } from "../../office/office.ts";
import { type Asking, openAsking } from "../../sync/asking.ts";
import type { Tokens } from "../../sync/tokens.ts";
import { remoteOf, stubOf } from "./cell.ts";
import type { Env } from "./env.ts";

/** Enough for what one hub receives; a delivery's key says which, so the number is for ever. */
export const inboxShards = 64;

/** One for each first byte of a hash. Objects that nothing has reached cost nothing; the number is for ever. */
export const ledgerShards = 256;

/** Objects are named by their shard. Names are logged by the platform, so nothing else is ever in one. */
export const inboxAt = (env: Env, shard: number): Remote<Inbox> => remoteOf<Inbox>(env.INBOX, String(shard));

export const ledgerAt = (env: Env, shard: number): Remote<Ledger> =>
	remoteOf<Ledger>(env.LEDGER, String(shard));

/** A shard with what is kept of it outside: the same objects. */
export const notaryAt = (env: Env, shard: number): Notary => stubOf<Notary>(env.LEDGER, String(shard));

export const officeOf = (env: Env): Remote<Office> => remoteOf<Office>(env.OFFICE, "office");

/** Tokens are in the memory of one object, for all shards. A signal does not go there: who asks is let go, and the answer kept. */
export function askSystemOf(env: Env): Asking {
	const { tokenOf, forgetToken } = stubOf<Tokens>(env.OFFICE, "office");
	return openAsking({
		fetch: (request) => fetch(request),
		tokens: { tokenOf: (endpoint, asked) => tokenOf(endpoint, asked), forgetToken },
		clock: Date.now,
	});
}

/** Which shard an object is. */
export function shardOf({ id }: DurableObjectState, shards: number): number {
	const shard = Number(id.name);
	invariant(Number.isInteger(shard) && shard >= 0 && shard < shards, "an object is named by its shard");
	return shard;
}
