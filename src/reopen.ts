import { inboxesOf } from "./deliveries.ts";
import type { Inboxes } from "./hub.ts";
import type { LedgerReads } from "./ledger/recorder.ts";

/** Messages that are looked at in one call of an inbox. */
const pageRows = 1_000;

/**
 * Gives every message another turn whose events the ledger does not have, though it said that it has: after a lost
 * tail, or a restored backup. Their pinned plans are sent again, and the ledger takes each event once. Says how many.
 */
export async function reopenLost(inboxes: Inboxes, ledger: Pick<LedgerReads, "missing">): Promise<number> {
	let reopened = 0;
	for (const inbox of inboxesOf(inboxes)) {
		for (let after: number | null = 0; after !== null; ) {
			const { messages, next } = await inbox.recorded(after, pageRows);
			const missing = new Set(await ledger.missing(messages.flatMap(({ events }) => events)));
			const lost = messages
				.map(({ message, events }) => ({ message, events: events.filter((event) => missing.has(event)) }))
				.filter(({ events }) => events.length > 0);
			if (lost.length > 0) reopened += await inbox.reopen(lost);
			after = next;
		}
	}
	return reopened;
}
