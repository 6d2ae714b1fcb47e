import type { ActionDefinition } from "../catalog/definition.ts";
import type { Program } from "../catalog/program.ts";
import type { Crypto } from "../model/crypto.ts";
import { invariant } from "../model/result.ts";
import type { Sql } from "../model/sql.ts";
import { append } from "./append.ts";
import { type Claims, openClaims } from "./claims.ts";
import { readState, readStates, readTransaction, writeState } from "./customers.ts";
import { eventId } from "./event-id.ts";
import { evolve } from "./evolve.ts";
import { findByKeys, type Head, type NewEvent, type Recorded, readHead } from "./log.ts";
import { growTiles } from "./merkle/stored-tree.ts";
import { claimsOf } from "./properties.ts";
import type { Claim, Claimed, Holder, ShardCalls } from "./shard.ts";
import { type State, transactionKey } from "./state.ts";

/** What a turn works on. */
export interface TurnParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly program: Program;
	readonly shard: number;
	readonly shards: number;
	/** The host's clock, unix milliseconds. */
	readonly now: number;
	readonly write: (event: NewEvent, head: Head) => void;
}

/**
 * One transaction's view of the shard: what was read stays read, and customers are written once, at the end.
 *
 * It lives no longer than the transaction, so a rollback leaves nothing behind in memory.
 */
export interface Turn {
	/** When what is appended is recorded: never before the newest event. */
	readonly recordedAt: number;
	readonly shard: number;
	readonly shards: number;
	readonly program: Program;
	readonly crypto: Crypto;
	readonly claims: Claims;
	readonly definition: (action: string) => ActionDefinition | undefined;
	readonly eventOf: (key: string) => Recorded | undefined;
	readonly state: (subject: string) => State;
	/** The state with one transaction of the customer's read, where there is one. */
	readonly stateWith: (subject: string, orders: string, id: string) => State;
	/** The id that the next event will have. */
	readonly nextId: () => string;
	/** Writes the event and folds it into its customer's state. */
	readonly write: (event: NewEvent, account: string) => void;
	readonly idOf: (event: Recorded) => string;
}

/** What a turn will surely ask for. Reading it at once, in three statements, is most of a batch's gain. */
export interface Touched {
	/** Of events. */
	readonly keys: readonly string[];
	/** Of claims. */
	readonly hashes: readonly string[];
	readonly subjects: readonly string[];
}

/** Runs `body` as one turn, inside the transaction that the host has begun. */
export function inTurn<Value>(parts: TurnParts, touched: Touched, body: (calls: ShardCalls) => Value): Value {
	const { sql, shard, program, crypto } = parts;
	let head = readHead(sql);
	const from = head.seq;
	const recordedAt = Math.max(parts.now, head.recordedAt);
	const events = new Map<string, Recorded | undefined>();
	const states = new Map<string, { readonly read: State; readonly current: State }>();

	const eventOf = (key: string): Recorded | undefined => {
		if (events.has(key)) return events.get(key);
		const found = findByKeys(sql, [key]).get(key);
		events.set(key, found);
		return found;
	};

	const claims = openClaims(sql, (key, hash) => {
		const body = eventOf(key)?.body ?? null;
		return body !== null && (hash === key || claimsOf(body.properties).includes(hash));
	});

	const state = (subject: string): State => {
		const known = states.get(subject);
		if (known !== undefined) return known.current;
		const read = readState(sql, subject);
		states.set(subject, { read, current: read });
		return read;
	};

	const stateWith = (subject: string, orders: string, id: string): State => {
		const current = state(subject);
		const key = transactionKey(orders, id);
		const transaction = Object.hasOwn(current.transactions, key)
			? undefined
			: readTransaction(sql, subject, { orders, id });
		if (transaction === undefined) return current;
		const add = (to: State): State => ({ ...to, transactions: { ...to.transactions, [key]: transaction } });
		const read = states.get(subject)?.read;
		invariant(read !== undefined, "a state is read before a transaction is added to it");
		states.set(subject, { read: add(read), current: add(current) });
		return add(current);
	};

	const prefetch = ({ keys, hashes, subjects }: Touched): void => {
		const found = findByKeys(sql, keys);
		for (const key of keys) events.set(key, found.get(key));
		claims.prefetch(hashes);
		const all = new Set(subjects);
		for (const { subject } of found.values()) all.add(subject);
		for (const hash of hashes) {
			const holder = claims.holder(hash);
			if (holder !== null) all.add(holder.subject);
		}
		for (const [subject, read] of readStates(sql, [...all])) states.set(subject, { read, current: read });
	};
	prefetch(touched);

	const turn: Turn = {
		recordedAt,
		shard,
		shards: parts.shards,
		program,
		crypto,
		claims,
		definition: (action) => program.actions.get(action),
		eventOf,
		state,
		stateWith,
		nextId: () => eventId({ recordedAt, shard, seq: head.seq + 1 }),
		idOf: (event) => eventId({ recordedAt: event.recordedAt, shard, seq: event.seq }),
		write: (event, account) => {
			const { key, subject, action, timestamp, data, text, postings, properties } = event;
			const before = state(subject);
			head = { seq: head.seq + 1, recordedAt };
			parts.write(event, head);
			events.set(key, { seq: head.seq, recordedAt, subject, action, body: { data: text, properties } });
			const current = evolve(before, {
				seq: head.seq,
				timestamp,
				account,
				data,
				postings,
				effect: properties.effect,
				identities: properties.identities ?? [],
			});
			const read = states.get(subject)?.read ?? before;
			states.set(subject, { read, current });
		},
	};

	const value = body({
		holders: ({ key, hashes }) => [
			...(key === null ? [] : [holderOfKey(turn, parts, key)]),
			...hashes.map(claims.holder),
		],
		claim: (asked) =>
			asked.map((claim) => claimedByEvent(turn, shard, claim) ?? claims.claim(claim, parts.now)),
		append: (asked) => append(turn, asked, parts.now),
		find: (key) => {
			const found = eventOf(key);
			if (found === undefined || found.body === null) return null;
			const { data, properties } = found.body;
			return { event: turn.idOf(found), customer: properties.customer, action: found.action, data };
		},
		fence: (key) => {
			claims.fence(key, parts.now);
			return null;
		},
		release: (asked) => {
			for (const claim of asked) claims.release(claim);
			return null;
		},
		awaited: (hashes) => hashes.flatMap((hash) => claims.awaited(hash, parts.now)),
	});
	for (const [subject, { read, current }] of states) writeState(sql, subject, read, current);
	growTiles(sql, crypto, { from, to: head.seq });
	return value;
}

/** An event is the claim on its own key. Where there is only one shard, keys have no other. */
function holderOfKey({ eventOf, claims }: Turn, { shard, shards }: TurnParts, key: string): Holder | null {
	const event = eventOf(key);
	if (event === undefined) return shards === 1 ? null : claims.holder(key);
	return { hash: key, subject: event.subject, shard, key, at: event.recordedAt };
}

/**
 * Once the event is here, its keys are settled: nothing more is claimed for it, and nobody can claim its own key for
 * another customer.
 */
function claimedByEvent(
	{ eventOf, claims }: Turn,
	shard: number,
	{ hash, key, subject }: Claim,
): Claimed | undefined {
	const event = eventOf(key);
	if (event === undefined) return undefined;
	const before = claims.holder(hash);
	const own = { hash, subject: event.subject, shard, key, at: event.recordedAt };
	const by = before?.key === key && before.subject === event.subject ? before : own;
	return { kind: event.subject === subject ? "renewed" : "held", by };
}
