import type { Notaries } from "./notaries.ts";

/** Rows that are read at once: some megabytes. */
const pageRows = 500;

/**
 * The whole ledger as NDJSON, one line a thing, shard after shard: `ledger` begins a shard and says by which keys it was
 * signed, how many shards there are, and how many events this one has at least; `event` is an event with all that its leaf
 * is made of; `checkpoint` and `acceptance` are signed notes. `scripts/verify-ledger.mjs` needs nothing else to verify it.
 */
export async function* exportLedger({ count, at }: Notaries): AsyncGenerator<string> {
	for (let shard = 0; shard < count; shard++) {
		const notary = at(shard);
		// The head first: what is recorded while this is written is behind it, and an export that was cut off has less.
		const head = await notary.checkpoint();
		const verifiers = await notary.verifiers();
		yield line({ kind: "ledger", format: 1, shard, shards: count, events: head?.size ?? 0, verifiers });
		for (let after = 0; ; after += pageRows) {
			const events = await notary.exported(after, pageRows);
			for (const event of events) yield line({ kind: "event", ...event });
			if (events.length < pageRows) break;
		}
		for (let after = 0; ; after += pageRows) {
			const checkpoints = await notary.checkpoints(after, pageRows);
			for (const { note } of checkpoints) yield line({ kind: "checkpoint", note });
			if (checkpoints.length < pageRows) break;
		}
		for (const { note } of await notary.acceptances()) yield line({ kind: "acceptance", note });
	}
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;
