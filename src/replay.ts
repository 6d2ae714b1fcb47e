import { inboxOf } from "./deliveries.ts";
import type { Hub } from "./hub.ts";
import { hasEnded, type KeptDelivery } from "./inbox/inbox.ts";
import type { Command } from "./model/event.ts";

/** What mapping stored deliveries again by what is live today would come to. */
export interface Rehearsal {
	readonly deliveries: number;
	/** Those that would get another turn: all that have come to an end and that nobody has to release. */
	readonly messages: number;
	/**
	 * How many events there would be of each kind. `new` would be appended, unless the ledger refuses what they do;
	 * `duplicate` are recorded already and stay as they are; `conflict` are recorded with other content, and need
	 * correcting events.
	 */
	readonly events: Readonly<Record<string, number>>;
	/** How many messages would give no event, by what becomes of them. */
	readonly without: Readonly<Record<string, number>>;
}

/** Maps stored deliveries as a replay would, and asks the ledger what it would say. No event is written. */
export async function rehearse(hub: Hub, deliveries: AsyncIterable<KeptDelivery>): Promise<Rehearsal> {
	const directory = await hub.door.directory();
	const events: Record<string, number> = {};
	const without: Record<string, number> = {};
	let read = 0;
	let messages = 0;
	for await (const { stored, messages: views, fetched } of deliveries) {
		read += 1;
		const inbox = inboxOf(hub.inboxes, stored.id);
		const ended = new Set(views.filter(hasEnded).map(({ position }) => position));
		if (inbox === undefined || ended.size === 0) continue;
		const positions = new Map(
			[...ended].map((position) => [
				position,
				{ recorded: [], fetched: fetched.filter((one) => one.position === position) },
			]),
		);
		const looked = await hub.planner.look({
			delivery: stored,
			directory,
			inbox,
			positions,
			room: ended.size,
		});
		const commands: Command[] = [];
		for (const { state, plan } of looked.messages) {
			messages += 1;
			if (plan === null || plan.length === 0) count(without, plan === null ? state : "skipped");
			for (const { command, outcome } of plan ?? []) {
				if (command === undefined) count(events, outcome?.kind ?? "pending");
				else commands.push(command);
			}
		}
		for (const { kind } of await hub.ledger.foresee(commands)) count(events, kind);
	}
	return { deliveries: read, messages, events, without };
}

function count(counts: Record<string, number>, name: string): void {
	counts[name] = (counts[name] ?? 0) + 1;
}
