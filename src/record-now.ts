import type { Hub } from "./hub.ts";
import type { Recorded } from "./ledger/recorder.ts";
import type { Command } from "./model/event.ts";
import type { EventOutcome } from "./model/outcome.ts";
import { wakeKept } from "./turn.ts";

/**
 * How long to wait for another attempt at the same, milliseconds: two sign-ups of one person meet, or a shard is moved to
 * another machine. A caller waits longer than this, and no page does.
 */
const pausesMs = [25, 100, 400] as const;

/**
 * Records commands in their order, and says what became of each: undefined where another attempt was still under way
 * after a few tries. Whoever waited for one of these customers goes on.
 */
export async function recordNow(
	hub: Hub,
	commands: readonly Command[],
	pause: (ms: number) => Promise<void> = sleep,
): Promise<readonly (EventOutcome | undefined)[]> {
	const answers = new Map<Command, Recorded>();
	const isOpen = (command: Command): boolean => answers.get(command)?.outcome === undefined;
	for (const ms of [0, ...pausesMs]) {
		const open = commands.filter(isOpen);
		if (open.length === 0) break;
		if (ms > 0) await pause(ms);
		for (const [index, recorded] of (await hub.ledger.record(open)).entries()) {
			const command = open[index];
			if (command !== undefined) answers.set(command, recorded);
		}
	}
	await wakeKept(hub, answers);
	return commands.map((command) => answers.get(command)?.outcome);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
