import { inboxesOf } from "./deliveries.ts";
import type { Inboxes } from "./hub.ts";
import type { Inbox } from "./inbox/inbox.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { LedgerReads } from "./ledger/recorder.ts";
import type { Remote } from "./model/cell.ts";

/** Messages that are looked at in one call of an inbox. */
const pageRows = 1_000;

/**
 * Gives every message another turn whose events the ledger does not have, though it said that it has: after a lost
 * tail, or a restored backup. Their pinned plans are sent again, and the ledger takes each event once. Says how many.
 */
export async function reopenLost(inboxes: Inboxes, ledger: Pick<LedgerReads, "missing">): Promise<number> {
	let reopened = 0;
	for (const inbox of inboxesOf(inboxes)) reopened += await reopenIn(inbox, ledger, 0);
	return reopened;
}

/** More than are recorded before they are signed; a ledger that lost what was signed is behind, and is not asked. */
const unsignedMessagesMax = 10_000;

/**
 * Does so for the newest messages alone: a damaged write-ahead log may have taken the ledger's last events before any
 * checkpoint was of them, which only the inbox knows.
 */
export async function reopenNewest(
	inbox: Remote<Inbox>,
	ledger: Pick<Remote<Ledger>, "missing" | "trouble">,
): Promise<number> {
	if ((await ledger.trouble()) !== null) return 0;
	return reopenIn(inbox, ledger, await inbox.newestAfter(unsignedMessagesMax));
}

async function reopenIn(
	inbox: Remote<Inbox>,
	ledger: Pick<LedgerReads, "missing">,
	from: number,
): Promise<number> {
	let reopened = 0;
	for (let after: number | null = from; after !== null; ) {
		const { messages, next } = await inbox.recorded(after, pageRows);
		const missing = new Set(await ledger.missing(messages.flatMap(({ events }) => events)));
		const lost = messages
			.map(({ message, events }) => ({ message, events: events.filter((event) => missing.has(event)) }))
			.filter(({ events }) => events.length > 0);
		if (lost.length > 0) reopened += await inbox.reopen(lost);
		after = next;
	}
	return reopened;
}
