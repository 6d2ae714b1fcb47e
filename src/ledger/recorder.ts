import type { Program } from "../catalog/program.ts";
import type { Remote } from "../model/cell.ts";
import type { Command } from "../model/event.ts";
import { invariant } from "../model/result.ts";
import { type Asking, hashesOf, type Recorded, type RecordParts } from "./asking.ts";
import { type Erased, type Erasure, eraseAgain } from "./erase.ts";
import { type Errand, goOn } from "./errands.ts";
import type { Ledger } from "./ledger.ts";
import { type Merge, type Merged, merge } from "./merge.ts";
import { type Foreseen, foresee, type Preview, preview, record } from "./record.ts";
import { type Answer, type Ask, answer, type Question, type ShardCalls, shardOf } from "./shard.ts";

export type { Recorded } from "./asking.ts";
export type { Erased, Erasure } from "./erase.ts";
export type { Foreseen, Preview } from "./record.ts";

/** The ledger as the hub writes to it. */
export interface Recorder {
	/** In the order of the commands. What is appended when this resolves is durable. */
	record(commands: readonly Command[]): Promise<readonly Recorded[]>;
	/** Asks to be told when one of these identities is claimed; true where one is already. */
	expect(hashes: readonly string[], inbox: number, until: number): Promise<boolean>;
	forget(hash: string, inbox: number): Promise<void>;
	/** What `record` would come to, in the order of the commands; nothing is written. */
	foresee(commands: readonly Command[]): Promise<readonly Foreseen[]>;
	/** Makes two customers one; undefined where somebody is at one of them just now: again, a little later. */
	merge(merge: Merge): Promise<Merged | undefined>;
	/**
	 * Takes up what was begun long enough ago that whoever began it has died: merges are ended, and erasures are told,
	 * so that what is to be done outside the ledger can be done and then be said to be finished.
	 */
	resume(): Promise<readonly Erased[]>;
	/** Does erasures again in a ledger that is older than they are; what is left to do of them outside is told. */
	eraseAgain(erasures: readonly Erasure[]): Promise<readonly Erased[]>;
	/** What an erasure needs outside the ledger is done. */
	finish(erased: Erased): Promise<void>;
	/** Which of these identities are of people who were erased. */
	buried(hashes: readonly string[]): Promise<readonly string[]>;
	/** What recording the command would give, decided by the customer's state as it is; nothing is written. */
	preview(command: Command): Promise<Preview>;
}

/** The ledger as it is read. */
export type LedgerReads = Remote<
	Pick<
		Ledger,
		| "customer"
		| "person"
		| "customerHolding"
		| "searchCustomers"
		| "transactions"
		| "history"
		| "search"
		| "count"
		| "event"
		| "receipt"
		| "missing"
		| "newest"
		| "rebuild"
		| "stats"
	>
>;

/** Records commands one after the other in the one shard there is, inside the caller's transaction. */
export function recordHere(
	calls: ShardCalls,
	commands: readonly Command[],
	parts: RecordParts,
): readonly Recorded[] {
	return commands.map((command) => driveHere(record(command, parts), calls));
}

/** Foresees, in the one shard there is, what recording would come to. */
export const foreseeHere = (
	calls: ShardCalls,
	commands: readonly Command[],
	parts: RecordParts,
): readonly Foreseen[] => commands.map((command) => driveHere(foresee(command, parts), calls));

export const mergeHere = (calls: ShardCalls, merging: Merge, parts: RecordParts): Merged | undefined =>
	driveHere(merge(merging, parts), calls);

export const resumeHere = (
	calls: ShardCalls,
	errands: readonly Errand[],
	parts: RecordParts,
): readonly Erased[] => errands.flatMap((errand) => driveHere(goOn(errand, parts), calls) ?? []);

export const eraseAgainHere = (
	calls: ShardCalls,
	erasures: readonly Erasure[],
	parts: RecordParts,
): readonly Erased[] => erasures.flatMap((erasure) => driveHere(eraseAgain(erasure, parts), calls));

export const previewHere = (calls: ShardCalls, command: Command, parts: RecordParts): Preview =>
	driveHere(preview(command, parts), calls);

function driveHere<Value>(asking: Asking<Value>, calls: ShardCalls): Value {
	let step = asking.next([]);
	while (!step.done) step = asking.next(step.value.map(({ question }) => answer(calls, question)));
	return step.value;
}

/** A shard as it is reached from outside: all questions are answered in one transaction. */
type RemoteShard = Remote<Pick<Ledger, "answer" | "expect" | "forget" | "errands" | "buried">>;

/** What a ledger of many shards is reached by. */
export interface Shards {
	readonly at: (shard: number) => RemoteShard;
	/** Told of a shard that did not answer; the commands concerned then have no outcome. */
	readonly failed: (shard: number, error: unknown) => void;
}

export interface AcrossParts extends Omit<RecordParts, "program"> {
	/** The program as it is now, and newer than this process knows where that does not have these actions. */
	readonly programFor: (actions: readonly string[]) => Promise<Program>;
}

/**
 * A ledger of many shards. Commands that share an identity or a key are recorded one after the other, all others
 * side by side, and each customer's events are appended in the order of their commands; what they ask a shard at the
 * same time is one call and one transaction there.
 */
export function recorderAcross(shards: Shards, { programFor, ...others }: AcrossParts): Recorder {
	const partsFor = async (commands: readonly Command[]): Promise<RecordParts> => ({
		...others,
		program: await programFor(commands.map(({ action }) => action)),
	});
	return {
		record: async (commands) => recordAcross(shards, commands, await partsFor(commands)),
		expect: async (hashes, inbox, until) => {
			const byShard = Map.groupBy(hashes, (hash) => shardOf(hash, others.shards));
			const claimed = await Promise.all(
				[...byShard].map(([shard, group]) => shards.at(shard).expect(group, inbox, until)),
			);
			return claimed.includes(true);
		},
		forget: (hash, inbox) => shards.at(shardOf(hash, others.shards)).forget(hash, inbox),
		foresee: async (commands) => {
			const parts = await partsFor(commands);
			const ask = gathering(shards);
			return Promise.all(commands.map((command) => drive(foresee(command, parts), ask)));
		},
		preview: async (command) => drive(preview(command, await partsFor([command])), gathering(shards)),
		merge: async (merging) => drive(merge(merging, await partsFor([])), gathering(shards)),
		resume: async () => resumeAcross(shards, await partsFor([])),
		eraseAgain: async (erasures) => {
			const parts = await partsFor([]);
			const done: Erased[] = [];
			for (const erasure of erasures)
				done.push(...(await drive(eraseAgain(erasure, parts), gathering(shards))));
			return done;
		},
		finish: async ({ key, shard }) => {
			if (shard !== null) await shards.at(shard).answer([{ kind: "finish", asked: key }]);
		},
		buried: async (hashes) => {
			const byShard = Map.groupBy(hashes, (hash) => shardOf(hash, others.shards));
			const found = await Promise.all([...byShard].map(([shard, group]) => shards.at(shard).buried(group)));
			return found.flat();
		},
	};
}

/** One errand after the other: there are hardly ever any. */
async function resumeAcross(shards: Shards, parts: RecordParts): Promise<readonly Erased[]> {
	const ended: Erased[] = [];
	for (let shard = 0; shard < parts.shards; shard++) {
		try {
			for (const errand of await shards.at(shard).errands()) {
				const erased = await drive(goOn(errand, parts), gathering(shards));
				if (erased !== null) ended.push(erased);
			}
		} catch (error) {
			shards.failed(shard, error);
		}
	}
	return ended;
}

async function recordAcross(
	shards: Shards,
	commands: readonly Command[],
	parts: RecordParts,
): Promise<readonly Recorded[]> {
	const ask = gathering(shards);
	const recorded = new Map<number, Recorded>();
	const queue = inTheirOrder(commands.length);

	const recordGroup = async (group: readonly number[]): Promise<void> => {
		try {
			for (const index of group) {
				const command = commands[index];
				const place = queue[index];
				invariant(command !== undefined && place !== undefined, "a group is made of commands");
				recorded.set(index, await drive(record(command, parts), ask, place));
				place.leave();
			}
		} finally {
			// Where one has failed, those after it are not recorded either, and nobody need wait for them.
			for (const index of group) queue[index]?.leave();
		}
	};
	// A shard that failed was reported when it did; whoever needed it has no outcome.
	await Promise.allSettled(connected(commands).map(recordGroup));
	return commands.map(({ key }, index) => recorded.get(index) ?? { key, outcome: undefined, awaited: [] });
}

async function drive<Value>(
	asking: Asking<Value>,
	ask: (one: Ask) => Promise<Answer>,
	place?: Place,
): Promise<Value> {
	let step = asking.next([]);
	while (!step.done) {
		const append = step.value.find(({ question }) => question.kind === "append")?.question;
		if (append?.kind === "append") {
			await (append.asked.free === null ? place?.reach(append.asked.subject) : place?.beFirst());
		}
		step = asking.next(await Promise.all(step.value.map(ask)));
	}
	return step.value;
}

/** A command's place among those that are recorded beside it. */
interface Place {
	/** Resolves when nothing that comes before will still be appended for this customer. */
	readonly reach: (subject: string) => Promise<void>;
	/** Resolves when all that comes before is done: somebody's who was merged may turn out to be of this customer. */
	readonly beFirst: () => Promise<unknown>;
	readonly leave: () => void;
}

/**
 * Two commands may name one customer by different identities: only the look-up tells. So an append waits until it is
 * known of all commands before it whose they are, and then for the last of them that is of the same customer.
 */
function inTheirOrder(count: number): readonly Place[] {
	const lastOf = new Map<string, Promise<void>>();
	/** What goes on where it is known of all before whose they are; null for who is known to append nothing more. */
	const known = new Map<number, (() => void) | null>();
	let first = 0;
	const all: Promise<void>[] = [];
	const learn = (index: number, go: (() => void) | null): void => {
		if (index < first || known.has(index)) return;
		known.set(index, go);
		for (; known.has(first); first++) known.get(first)?.();
	};
	return Array.from({ length: count }, (_, index) => {
		const left = Promise.withResolvers<void>();
		all.push(left.promise);
		let reached: Promise<void> | undefined;
		return {
			reach: (subject) => {
				reached ??= new Promise((resolve) => {
					learn(index, () => {
						const last = lastOf.get(subject);
						lastOf.set(subject, left.promise);
						resolve(last);
					});
				});
				return reached;
			},
			beFirst: () => Promise.all(all.slice(0, index)),
			leave: () => {
				learn(index, null);
				left.resolve();
			},
		};
	});
}

interface Waiting {
	readonly question: Question;
	readonly resolve: (answer: Answer) => void;
	readonly reject: (error: unknown) => void;
}

/** Collects what is asked of a shard in one turn of the event loop, and asks it at once. */
function gathering(shards: Shards): (one: Ask) => Promise<Answer> {
	const waiting = new Map<number, Waiting[]>();

	const flush = async (shard: number): Promise<void> => {
		const group = waiting.get(shard) ?? [];
		waiting.delete(shard);
		try {
			const answers = await shards.at(shard).answer(group.map(({ question }) => question));
			invariant(answers.length === group.length, "a shard answers each question");
			for (const [index, { resolve }] of group.entries()) resolve(answers[index] as Answer);
		} catch (error) {
			shards.failed(shard, error);
			for (const { reject } of group) reject(error);
		}
	};

	return ({ shard, question }) =>
		new Promise((resolve, reject) => {
			const group = waiting.get(shard);
			if (group !== undefined) {
				group.push({ question, resolve, reject });
				return;
			}
			waiting.set(shard, [{ question, resolve, reject }]);
			queueMicrotask(() => void flush(shard));
		});
}

/** The indexes of the commands in groups: two that share an identity or a key are in one, in their order. */
export function connected(commands: readonly Command[]): readonly (readonly number[])[] {
	const parents = commands.map((_, index) => index);
	const rootOf = (index: number): number => {
		let root = index;
		while (parents[root] !== root) root = parents[root] ?? root;
		parents[index] = root;
		return root;
	};
	const firstWith = new Map<string, number>();
	for (const [index, command] of commands.entries()) {
		for (const hash of [command.key, ...hashesOf(command)]) {
			const first = firstWith.get(hash);
			if (first === undefined) firstWith.set(hash, index);
			else parents[rootOf(index)] = rootOf(first);
		}
	}
	return [...Map.groupBy(commands.keys(), rootOf).values()];
}
