import type { Program } from "../catalog/program.ts";
import type { Clock } from "../model/clock.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Command } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { invariant } from "../model/result.ts";
import type { Erased } from "./erase.ts";
import {
	type Answer,
	type Ask,
	type Awaited,
	type Claim,
	type Claimed,
	erased,
	type Holder,
	type Place,
	type Question,
	type ShardCalls,
	type Standing,
	shardOf,
} from "./shard.ts";

export interface RecordParts {
	readonly program: Program;
	readonly crypto: Crypto;
	readonly clock: Clock;
	readonly shards: number;
}

/** What became of one command. */
export interface Recorded {
	/** The command's. */
	readonly key: string;
	/** Undefined where another attempt is under way or a shard did not answer: record it again, a little later. */
	readonly outcome: EventOutcome | undefined;
	/** Whose messages may go on, now that somebody is known, or an order. */
	readonly awaited: readonly Awaited[];
	/** Set where somebody was erased by it: what is left to do outside the ledger. */
	readonly erased?: Erased;
}

/** A command on its way: it asks shards, several at once, and is told their answers in the same order. */
export type Recording = Generator<readonly Ask[], Recorded, readonly Answer[]>;

/** A part of a recording: it asks shards, several at once, and is told their answers in the same order. */
export type Asking<Value> = Generator<readonly Ask[], Value, readonly Answer[]>;

// The kind says what is asked and what is answered: TypeScript can not follow that through the union.
type AskedIn<Kind extends keyof ShardCalls> = Parameters<ShardCalls[Kind]>[0];
type AnsweredIn<Kind extends keyof ShardCalls> = ReturnType<ShardCalls[Kind]>;

/** Asks one shard. */
export function* ask<Kind extends keyof ShardCalls>(
	kind: Kind,
	shard: number,
	asked: AskedIn<Kind>,
): Asking<AnsweredIn<Kind>> {
	const [answer] = yield [{ shard, question: { kind, asked } as Question }];
	return answer as AnsweredIn<Kind>;
}

/** Asks shards one kind of question, all at once. The answers are in the order of the shards given. */
export function* askAll<Kind extends keyof ShardCalls>(
	kind: Kind,
	asked: ReadonlyMap<number, AskedIn<Kind>>,
): Asking<readonly AnsweredIn<Kind>[]> {
	const asks = [...asked].map(([shard, about]) => ({ shard, question: { kind, asked: about } as Question }));
	return (yield asks) as readonly AnsweredIn<Kind>[];
}

export function* askClaim(claim: Claim, { shards }: RecordParts): Asking<Claimed> {
	const [claimed] = yield* ask("claim", shardOf(claim.hash, shards), [claim]);
	invariant(claimed !== undefined, "a shard answers each claim");
	return claimed;
}

export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => number): Map<number, Item[]> {
	const groups = new Map<number, Item[]>();
	for (const item of items) {
		const key = keyOf(item);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [item]);
		else group.push(item);
	}
	return groups;
}

/** What step 1 found. */
export interface Looked {
	/** By hash: of the event key, the identities, the business keys and the transaction that it continues. */
	readonly holders: ReadonlyMap<string, Holder>;
	/** Where those of them are who were merged into others, by their subjects; asked only where several are found. */
	readonly moved: ReadonlyMap<string, Place>;
}

/** Where somebody is by now, at the end of the merges that are known. */
export function whereNow({ moved }: Pick<Looked, "moved">, place: Place): Place {
	let now = place;
	for (let next = moved.get(now.subject); next !== undefined; next = moved.get(now.subject)) now = next;
	return now;
}

/** Step 1: who has the claims that the command names. */
export function* look(command: Command, { shards }: RecordParts): Asking<Looked> {
	const { key } = command;
	const asked = new Map<number, { key: string | null; hashes: string[] }>();
	const inShard = (hash: string): { key: string | null; hashes: string[] } => {
		const shard = shardOf(hash, shards);
		const known = asked.get(shard);
		if (known !== undefined) return known;
		const fresh = { key: null, hashes: [] };
		asked.set(shard, fresh);
		return fresh;
	};
	inShard(key).key = key;
	for (const hash of hashesOf(command)) inShard(hash).hashes.push(hash);

	const holders = new Map<string, Holder>();
	for (const answer of yield* askAll("holders", asked)) {
		for (const holder of answer) if (holder !== null) holders.set(holder.hash, holder);
	}
	return { holders, moved: yield* whereabouts([...holders.values()]) };
}

/** Who of several was merged into whom, to the end of the chain. */
function* whereabouts(holders: readonly Holder[]): Asking<ReadonlyMap<string, Place>> {
	if (holders.length < 2) return nowhere;
	const places = new Map(holders.flatMap((by) => (by.subject === erased ? [] : [[by.subject, by] as const])));
	const moved = new Map<string, Place>();
	if (places.size < 2) return moved;
	for (const { subject, shard } of places.values()) {
		const end = yield* standingOf({ subject, shard });
		if (end !== null && end.subject !== subject)
			moved.set(subject, { subject: end.subject, shard: end.shard });
	}
	return moved;
}

const nowhere: ReadonlyMap<string, Place> = new Map();

/** Who a customer is by now: themselves, or whom they were merged into; null where they are nobody (yet). */
export function* standingOf({ subject, shard }: Place): Asking<Standing | null> {
	let at = { subject, shard };
	for (;;) {
		const [standing] = yield* ask("standing", at.shard, [at.subject]);
		if (standing === undefined || standing === null) return null;
		if (standing.into === null) return standing;
		at = standing.into;
	}
}

/** The claims that a command names, beside its event key. */
export function hashesOf({ identities, once, transaction }: Command): readonly string[] {
	const hashes = [...once];
	for (const { hash } of identities) hashes.push(hash);
	if (transaction !== undefined) hashes.push(transaction);
	return hashes;
}

export type Mine = Extract<Claimed, { readonly kind: "taken" | "renewed" }>;

/** The event key last: while it is held, whoever comes next knows that there is something to settle. */
export function* giveBack(claims: readonly Mine[], { shards }: RecordParts): Asking<void> {
	if (claims.length === 0) return;
	const held = claims.map(({ by }) => by);
	const keys = held.filter(({ hash, key }) => hash === key);
	const others = held.filter(({ hash, key }) => hash !== key);
	for (const group of [others, keys]) {
		if (group.length === 0) continue;
		yield* askAll(
			"release",
			groupBy(group, ({ hash }) => shardOf(hash, shards)),
		);
	}
}

export const settled = (
	{ key }: Command,
	outcome: EventOutcome | undefined,
	awaited: readonly Awaited[] = [],
): Recorded => ({ key, outcome, awaited });
