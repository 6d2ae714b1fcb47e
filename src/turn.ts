import type { Directory } from "./door.ts";
import { cut, removeOrphans } from "./erasure.ts";
import type { Hub } from "./hub.ts";
import type { Inbox, Pin, Pins, Planned, Settlement, StoredDelivery, Taken, Turn } from "./inbox/inbox.ts";
import type { Recorded } from "./ledger/recorder.ts";
import type { Remote } from "./model/cell.ts";
import type { Command } from "./model/event.ts";
import { limits } from "./model/limits.ts";
import type { EventOutcome, MessageState } from "./model/outcome.ts";
import type { Look } from "./planner.ts";
import { callsEndpoint } from "./stored.ts";

/** A turn of a message whose plan is pinned. */
export type PlannedTurn = Omit<Turn, "plan"> & { readonly plan: readonly Planned[] };
export const isPlanned = (turn: Turn): turn is PlannedTurn => turn.plan !== null;

/** Looks at what nobody has looked at, as much of it as fits into this turn; the rest is pinned without a plan. */
export async function plan(
	hub: Hub,
	cached: Directory,
	inbox: Remote<Inbox>,
	{ fresh, turns, of }: Taken,
): Promise<readonly Pins[]> {
	if (fresh.length === 0 && of.length === 0) return [];
	const directory = of.length > 0 ? await newest(hub) : await directoryFor(hub, cached, fresh);
	let room = limits.drainMessagesMax - turns.length;
	const pins: Pins[] = [];
	const look = async (asked: Omit<Look, "directory" | "inbox">): Promise<number> => {
		try {
			const looked = await hub.planner.look({ ...asked, directory, inbox });
			pins.push(looked);
			return looked.messages.length;
		} catch (error) {
			// Its lease gives it another turn; it stops no other delivery.
			hub.log.error("a delivery could not be planned", { delivery: asked.delivery.id, error: String(error) });
			return 0;
		}
	};
	for (const delivery of of) {
		const mine = turns.filter((turn) => turn.delivery === delivery.id && turn.plan === null);
		const positions = new Map(
			mine.map(({ position, recorded, fetched = [] }) => [position, { recorded, fetched }]),
		);
		await look({ delivery, positions, room: positions.size });
	}
	for (const delivery of fresh) {
		room = Math.max(0, room - (await look({ delivery, positions: "all", room })));
	}
	return pins;
}

/** The configuration, read again where an endpoint is newer than what this door knows: another took its delivery in. */
async function directoryFor(
	hub: Hub,
	cached: Directory,
	deliveries: readonly StoredDelivery[],
): Promise<Directory> {
	const isKnown = (endpoint: string): boolean =>
		endpoint === callsEndpoint || cached.byId(endpoint) !== undefined;
	if (deliveries.every(({ endpoint }) => isKnown(endpoint))) return cached;
	return newest(hub);
}

/** Whoever had a delivery looked at again has often changed the configuration for it a moment ago. */
function newest(hub: Hub): Promise<Directory> {
	hub.door.changed();
	return hub.door.directory();
}

export const turnsOf = ({ delivery, messages }: Pins): readonly PlannedTurn[] =>
	messages.flatMap(({ position, state, plan }) =>
		state === "pending" && plan !== null ? [{ delivery, position, plan, recorded: [], attempts: 0 }] : [],
	);

/** What the ledger said to each command. One that is not in it, or has no outcome, got no answer and is sent again. */
type Answers = ReadonlyMap<Command, Recorded>;

export async function record(hub: Hub, turns: readonly PlannedTurn[]): Promise<Answers> {
	const open = turns.flatMap(({ plan }) => plan.filter(isOpen));
	const plain = open.filter(({ merge }) => merge === undefined);
	const answers = new Map(await answersTo(hub, commandsOf(plain)));
	for (const planned of open) {
		if (planned.merge === undefined) continue;
		const merged = await mergedBy(hub, planned, planned.merge);
		if (merged === "later") continue;
		if (merged !== undefined)
			answers.set(planned.command, { key: planned.command.key, outcome: merged, awaited: [] });
		else
			for (const [command, answer] of await answersTo(hub, [planned.command])) answers.set(command, answer);
	}
	return answers;
}

const commandsOf = (planned: readonly { readonly command: Command }[]): readonly Command[] =>
	planned.map(({ command }) => command);

/**
 * What became of a merge; undefined where there are no two customers to be made one, and the command has to be asked, which
 * gives the one there is the other's name.
 */
async function mergedBy(
	hub: Hub,
	{ command: { timestamp, provenance } }: { readonly command: Command },
	{ from, into }: NonNullable<Planned["merge"]>,
): Promise<EventOutcome | "later" | undefined> {
	try {
		const merged = await hub.ledger.merge({ from, into, timestamp, provenance });
		if (merged === undefined) return "later";
		if (merged.kind === "merged")
			return { kind: "appended", event: merged.event, points: 0, customer: merged.into };
		// Antavo has no code for what was one already.
		return merged.kind === "not_a_member" || (merged.kind === "refused" && merged.code === 0)
			? undefined
			: merged;
	} catch (error) {
		hub.log.error("the ledger did not answer to a merge", { error: String(error) });
		return "later";
	}
}

/** All at once; only where that fails, one by one, so that one poisoned command stops no other. */
async function answersTo(
	hub: Hub,
	commands: readonly Command[],
): Promise<readonly (readonly [Command, Recorded])[]> {
	if (commands.length === 0) return [];
	try {
		const recorded = await hub.ledger.record(commands);
		return commands.flatMap((command, index) => {
			const answer = recorded[index];
			return answer === undefined ? [] : [[command, answer] as const];
		});
	} catch (error) {
		hub.log.error("the ledger did not answer", { commands: commands.length, error: String(error) });
	}
	const answers: (readonly [Command, Recorded])[] = [];
	if (commands.length === 1) return answers;
	for (const command of commands) answers.push(...(await answersTo(hub, [command])));
	return answers;
}

/** Not in the ledger, and not settled for good. */
const isOpen = (planned: Planned): planned is Planned & { readonly command: Command } =>
	planned.command !== undefined && (planned.outcome === undefined || mayChange(planned.outcome));

/** Somebody unknown may have opted in since; the checkout of an order's later step may have come. */
const mayChange = (outcome: EventOutcome): boolean =>
	outcome.kind === "not_a_member" || (outcome.kind === "refused" && outcome.waitsFor !== undefined);

export function settlementOf(
	hub: Hub,
	{ delivery, position, plan, attempts }: PlannedTurn,
	answers: Answers,
): Settlement {
	const settled = plan.map((planned): Planned => {
		const outcome = isOpen(planned) ? answers.get(planned.command)?.outcome : undefined;
		return outcome === undefined ? planned : { ...planned, outcome };
	});
	const unanswered = settled.some(
		(planned) => isOpen(planned) && answers.get(planned.command)?.outcome === undefined,
	);
	const hashes = settled.flatMap(awaitedBy);
	const until = receivedAtOf(delivery) + hub.unknownHoldMs;
	return {
		delivery,
		position,
		plan: settled,
		retryAt: unanswered ? hub.clock() + backoffMs(attempts) : null,
		hold: hashes.length > 0 && until > hub.clock() ? { hashes: [...new Set(hashes)], until } : null,
	};
}

/** The claims that would change a planned event's outcome, by their hashes. */
function awaitedBy({ command, outcome }: Planned): readonly string[] {
	if (command === undefined || outcome === undefined || !mayChange(outcome)) return [];
	// Who asked to be forgotten before they joined did not mean the customer that they become.
	if (command.action === "opt_out") return [];
	// A caller of the API is told that it was refused, and sends it again.
	if (!command.lenient) return [];
	const { identities, transaction } = command;
	if (outcome.kind === "not_a_member" && identities.length > 0) return findableBy(command);
	return transaction === undefined ? [] : [transaction];
}

/**
 * The identities by which the ledger may find the customer: for a public sender, not all of them; and a device finds
 * nobody who is named by anything else, so waiting for it would never end.
 */
function findableBy({ identities, trust }: Command): readonly string[] {
	const looked = identities.filter((identity) => trust !== "public" || identity.public !== "never");
	const named = looked.filter(({ customers }) => customers === "one");
	return (named.length > 0 ? named : looked).map(({ hash }) => hash);
}

/** 1 s, 2 s, 4 s … 5 min. */
const backoffMs = (attempts: number): number => Math.min(1_000 * 2 ** attempts, 300_000);

/** A delivery's id begins with when it came: see the inbox. */
const receivedAtOf = (delivery: string): number => Number.parseInt(delivery.slice(0, 12), 16);

/**
 * Asks the ledger to say when one of the identities that are waited for is claimed, and asks before the messages are
 * settled: who dies in between asks again. Where one was claimed just now, its messages get another turn instead.
 */
export async function keptForOptIn(
	hub: Hub,
	shard: number,
	settlements: readonly Settlement[],
): Promise<readonly Settlement[]> {
	const waits = waitsOf(settlements);
	if (waits === null) return settlements;
	const claimed = await hub.ledger.expect(waits.hashes, shard, waits.until);
	if (!claimed) return settlements;
	const soon = hub.clock() + backoffMs(0);
	return settlements.map((one) => (one.hold === null ? one : { ...one, hold: null, retryAt: soon }));
}

/** Asks once more, now that the messages are held: an opt-in between the two could wake nobody. */
export async function releaseOptedIn(
	hub: Hub,
	shard: number,
	settlements: readonly Settlement[],
): Promise<void> {
	const waits = waitsOf(settlements);
	if (waits === null) return;
	const claimed = await hub.ledger.expect(waits.hashes, shard, waits.until);
	if (claimed) await hub.inboxes.at(shard).release(waits.hashes);
}

/** All that these messages wait for, as one wait; null where none does. */
function waitsOf(settlements: readonly Settlement[]): NonNullable<Settlement["hold"]> | null {
	const holds = settlements.flatMap(({ hold }) => hold ?? []);
	if (holds.length === 0) return null;
	return {
		hashes: [...new Set(holds.flatMap(({ hashes }) => hashes))],
		until: Math.max(...holds.map(({ until }) => until)),
	};
}

/** An opt-in gives the events that waited for it another turn, in whichever inbox they are. */
export async function wakeKept(hub: Hub, answers: Answers): Promise<void> {
	const awaited = [...answers.values()].flatMap((answer) => answer.awaited);
	for (const [inbox, group] of Map.groupBy(awaited, (one) => one.inbox)) {
		// All at once: only what is released together goes on in the order of its time.
		await hub.inboxes.at(inbox).release(group.map(({ hash }) => hash));
		for (const { hash } of group) await hub.ledger.forget(hash, inbox);
	}
}

/** Messages of people who were erased, by their deliveries: where they are in them. */
type Gone = ReadonlyMap<string, readonly number[]>;

/** Those of which an event was for somebody who was erased. */
export const suppressedIn = (settlements: readonly Settlement[]): Gone =>
	positionsOf(settlements.filter(({ plan }) => plan.some(({ outcome }) => outcome?.kind === "suppressed")));

/** Those of which nothing comes, and that name somebody who was erased. */
export async function buriedIn(hub: Hub, pins: readonly Pins[]): Promise<Gone> {
	const unread = pins.flatMap(({ delivery, messages }) =>
		messages.flatMap(({ position, state, persons, plan }) =>
			(endsUnread.has(state) || isBarren(plan)) && persons.length > 0
				? [{ delivery, position, persons }]
				: [],
		),
	);
	if (unread.length === 0) return new Map();
	const buried = new Set(await hub.ledger.buried([...new Set(unread.flatMap(({ persons }) => persons))]));
	return positionsOf(unread.filter(({ persons }) => persons.some((hash) => buried.has(hash))));
}

const endsUnread: ReadonlySet<MessageState> = new Set(["unmatched", "ignored", "failed"]);

/** Whether all of it is settled before the ledger is asked: the ledger never says that it is of somebody who was erased. */
const isBarren = (plan: Pin["plan"]): boolean => plan?.every(({ command }) => command === undefined) ?? false;

const positionsOf = (messages: readonly { readonly delivery: string; readonly position: number }[]): Gone =>
	new Map(
		[...Map.groupBy(messages, ({ delivery }) => delivery)].map(([delivery, group]) => [
			delivery,
			group.map(({ position }) => position),
		]),
	);

/** What came late for somebody who was erased is not kept. */
export async function cutSuppressed(hub: Hub, inbox: Remote<Inbox>, gone: Gone): Promise<void> {
	for (const [delivery, positions] of gone) {
		const [kept] = await inbox.read([delivery]);
		if (kept !== undefined) await cut(hub, inbox, { stored: kept.stored, positions });
	}
	if (gone.size === 0) return;
	await removeOrphans(hub.files, inbox);
	await hub.scrub("inbox");
}
