import type { Program } from "./catalog/program.ts";
import { removeOrphans } from "./erasure.ts";
import type { Hub } from "./hub.ts";
import type { Inbox } from "./inbox/inbox.ts";
import type { Remote } from "./model/cell.ts";

/** What is left then has its turn when this is called again. */
const callsAtOnce = 50;

/** Lets go of what has been kept in an inbox for as long as the program says, and of files that nobody has any more. */
export async function endRetention(
	{ files, clock }: Pick<Hub, "files" | "clock">,
	inbox: Remote<Inbox>,
	{ retention }: Pick<Program, "retention">,
): Promise<void> {
	const now = clock();
	const before = { all: now - retention.deliveriesMs, unread: now - retention.unreadMs };
	for (let calls = 0; calls < callsAtOnce && (await inbox.expire(before)); calls++);
	await removeOrphans(files, inbox);
}
