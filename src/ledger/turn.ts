import type { ActionDefinition } from "../catalog/definition.ts";
import type { Program } from "../catalog/program.ts";
import type { Crypto } from "../model/crypto.ts";
import { invariant } from "../model/result.ts";
import type { Sql } from "../model/sql.ts";
import { append } from "./append.ts";
import { type Claims, openClaims } from "./claims.ts";
import {
	purge,
	readDue,
	readIdentities,
	readNewest,
	readSome,
	readState,
	readStates,
	readTransaction,
	type Which,
	writeDue,
	writeState,
} from "./customers.ts";
import { endOf } from "./due.ts";
import { eraseHere } from "./erase.ts";
import { type Errand, readErrand, removeErrand, writeErrand } from "./errands.ts";
import { eventId } from "./event-id.ts";
import { evolve } from "./evolve.ts";
import {
	findByKeys,
	type Head,
	type Lived,
	type NewEvent,
	type Recorded,
	readHead,
	readLife,
} from "./log.ts";
import { mergeIn, mergeOut } from "./merge.ts";
import { growTiles } from "./merkle/stored-tree.ts";
import { type Part, readPart } from "./parts.ts";
import { mainAccount } from "./postings.ts";
import { claimsOf, factOf, type Properties } from "./properties.ts";
import {
	type Appended,
	type Appending,
	type Claim,
	type Claimed,
	erased,
	type Holder,
	type Previewed,
	type ShardCalls,
	type Standing,
} from "./shard.ts";
import { type Effect, type Holdings, type State, type TiedIdentity, transactionKey } from "./state.ts";

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
	/** Reads one transaction of the customer's into their state, where there is one. */
	readonly loadTransaction: (subject: string, orders: string, id: string) => void;
	/** Reads the customer's transactions of a kind: those that accept themselves, or all that may still change. */
	readonly loadTransactions: (subject: string, which: Which) => void;
	/** The newest of the timestamps of the customer's events; 0 where they have none. */
	readonly newestOf: (subject: string) => number;
	readonly identitiesOf: (subject: string) => readonly TiedIdentity[];
	/** All events of a customer who has few. */
	readonly lifeOf: (subject: string) => readonly Lived[];
	readonly standing: (subject: string) => Standing | null;
	/** Removes all that can name the customer, at once: nothing more is appended for them. */
	readonly purge: (subject: string) => void;
	readonly errandOf: (key: string) => Errand | undefined;
	readonly putErrand: (errand: Errand) => void;
	/** Reads these of the customer's into their state. */
	readonly load: (subject: string, part: Part) => void;
	/** The earliest time at which something may be due for the customer by itself. */
	readonly dueAt: (subject: string) => number | null;
	readonly setDue: (subject: string, time: number | null) => void;
	/** The id that the next event will have. */
	readonly nextId: () => string;
	/** Writes the event and folds it into its customer's state. */
	readonly write: (event: NewEvent) => void;
	readonly idOf: (event: Pick<Recorded, "seq" | "recordedAt">) => string;
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
export function inTurn<Value>(
	parts: TurnParts,
	touched: Touched,
	body: (calls: ShardCalls, turn: Turn) => Value,
): Value {
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

	/** What is read into a state is in it as it was and as it has become; what the turn has made of it stays. */
	const add = (subject: string, more: (state: State) => State): void => {
		const known = states.get(subject);
		invariant(known !== undefined, "a state is read before anything is added to it");
		states.set(subject, { read: more(known.read), current: more(known.current) });
	};

	const loadTransaction = (subject: string, orders: string, id: string): void => {
		const key = transactionKey(orders, id);
		if (Object.hasOwn(state(subject).transactions, key)) return;
		const transaction = readTransaction(sql, subject, { orders, id });
		if (transaction === undefined) return;
		add(subject, (to) => ({ ...to, transactions: { ...to.transactions, [key]: transaction } }));
	};

	const loadTransactions = (subject: string, which: Which): void => {
		state(subject);
		const found = readSome(sql, subject, which).map(
			(one) => [transactionKey(one.orders, one.id), one] as const,
		);
		add(subject, (to) => ({ ...to, transactions: { ...Object.fromEntries(found), ...to.transactions } }));
	};

	const standing = (subject: string): Standing | null => {
		const { customer } = state(subject);
		if (customer === undefined) return null;
		const { id, status, createdAt, links } = customer;
		return { subject, shard, id, status, joinedAt: createdAt, ...links };
	};

	const loaded = new Set<string>();
	const load = (subject: string, part: Part): void => {
		const name = `${part} ${subject}`;
		if (loaded.has(name)) return;
		loaded.add(name);
		state(subject);
		const read = readPart(sql, subject, part);
		add(subject, (to) => ({ ...to, [part]: { ...read, ...to[part] } }));
	};

	const due = new Map<string, number | null>();
	const dueBefore = new Map<string, number | null>();
	const dueAt = (subject: string): number | null => {
		const known = due.get(subject);
		if (known !== undefined) return known;
		const read = readDue(sql, [subject]).get(subject) ?? null;
		due.set(subject, read);
		dueBefore.set(subject, read);
		return read;
	};
	const setDue = (subject: string, time: number | null): void => {
		dueAt(subject);
		due.set(subject, time);
	};
	const purgeNow = (subject: string): void => {
		const known = states.get(subject);
		if (known !== undefined) writeState(sql, subject, known.read, known.current);
		purge(sql, crypto, subject);
		const left = readState(sql, subject);
		states.set(subject, { read: left, current: left });
		for (const [key, event] of events) {
			if (event?.subject === subject) events.set(key, { ...event, body: null });
		}
		setDue(subject, null);
	};

	/** An event can only make something due sooner; who looks at what is due finds out when nothing is. */
	const dueSooner = (subject: string, { lots, activeUntil, effect }: Properties): void => {
		let next = Number.POSITIVE_INFINITY;
		const kept = state(subject).customer?.activeUntil ?? {};
		for (const { account = mainAccount, points, expiresAt = null } of lots ?? [])
			if (points > 0) next = Math.min(next, endOf({ account, expiresAt }, kept));
		if (activeUntil !== undefined) next = Math.min(next, ...Object.values(activeUntil));
		if (effect !== undefined) next = Math.min(next, ...dueBy(effect));
		if (next < (dueAt(subject) ?? Number.POSITIVE_INFINITY)) setDue(subject, next);
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
		const dues = readDue(sql, [...all]);
		for (const subject of all) {
			due.set(subject, dues.get(subject) ?? null);
			dueBefore.set(subject, dues.get(subject) ?? null);
		}
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
		loadTransaction,
		loadTransactions,
		newestOf: (subject) => readNewest(sql, subject),
		lifeOf: (subject) => readLife(sql, subject),
		identitiesOf: (subject) => [...readIdentities(sql, subject), ...state(subject).identities],
		standing,
		purge: purgeNow,
		errandOf: (key) => readErrand(sql, key),
		// By the clock that those who look for old ones have: the newest event may be ahead of it.
		putErrand: (errand) => writeErrand(sql, errand, parts.now),
		load,
		dueAt,
		setDue,
		nextId: () => eventId({ recordedAt, shard, seq: head.seq + 1 }),
		idOf: (event) => eventId({ recordedAt: event.recordedAt, shard, seq: event.seq }),
		write: (event) => {
			const { key, subject, action, timestamp, data, text, postings, properties } = event;
			const before = state(subject);
			head = { seq: head.seq + 1, recordedAt };
			parts.write(event, head);
			events.set(key, { seq: head.seq, recordedAt, subject, action, body: { data: text, properties } });
			const fact = factOf({ seq: head.seq, recordedAt, shard, timestamp, data, postings, properties });
			const read = states.get(subject)?.read ?? before;
			states.set(subject, { read, current: evolve(before, fact) });
			dueSooner(subject, properties);
		},
	};

	const calls: ShardCalls = {
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
			const isThere = eventOf(key) !== undefined;
			if (!isThere) claims.fence(key, parts.now);
			return isThere;
		},
		release: (asked) => {
			for (const claim of asked) claims.release(claim);
			return null;
		},
		awaited: (hashes) => hashes.flatMap((hash) => claims.awaited(hash, parts.now)),
		preview: (asked) => previewOf(parts, asked),
		standing: (subjects) => subjects.map(standing),
		mergeOut: (asked) => mergeOut(turn, asked),
		mergeIn: (asked) => mergeIn(turn, asked),
		erase: (asked) => eraseHere(turn, asked),
		bury: ({ hashes, subjects, key, at }) => {
			for (const hash of hashes) {
				const before = claims.holder(hash);
				const isOurs = before === null || subjects.includes(before.subject);
				const isOlder = before?.subject === erased && before.at < at;
				if (isOurs || isOlder) claims.bury(hash, { key, at, shard });
			}
			return null;
		},
		finish: (key) => {
			removeErrand(sql, key);
			return null;
		},
	};
	const value = body(calls, turn);
	for (const [subject, { read, current }] of states) writeState(sql, subject, read, current);
	for (const [subject, time] of due) if (time !== dueBefore.get(subject)) writeDue(sql, subject, time);
	growTiles(sql, crypto, { from, to: head.seq });
	return value;
}

/** When what an effect begins becomes due by itself. */
function dueBy(effect: Effect): readonly number[] {
	switch (effect.kind) {
		case "opened":
			return effect.autoAcceptAt === undefined ? [] : [effect.autoAcceptAt];
		case "tier":
			return effect.until === null ? [] : [effect.until];
		case "absorbed":
			return dueIn(effect.holdings);
		default:
			return [];
	}
}

/** What becomes due of what came over from another, beside the lots. */
const dueIn = ({ transactions, activeUntil }: Holdings): readonly number[] => [
	...Object.values(activeUntil),
	...Object.values(transactions).flatMap(({ status, autoAcceptAt }) =>
		status === "pending" ? (autoAcceptAt ?? []) : [],
	),
];

/** Appends in a turn of its own, looks at what was written, and undoes it all. */
function previewOf(parts: TurnParts, asked: Appending): Previewed {
	const written: NewEvent[] = [];
	const undo = new Error("a preview is undone");
	let appended: Appended | undefined;
	try {
		parts.sql.transaction(() => {
			const write = (event: NewEvent, head: Head): void => {
				written.push(event);
				parts.write(event, head);
			};
			const touched = { keys: [asked.command.key], hashes: [], subjects: [asked.subject] };
			inTurn({ ...parts, write }, touched, (_calls, turn) => {
				appended = append(turn, asked, parts.now);
			});
			throw undo;
		});
	} catch (error) {
		if (error !== undo) throw error;
	}
	invariant(appended !== undefined, "a preview comes to something");
	const events = written.map(({ action, properties: { points, account = mainAccount } }) => ({
		action,
		points,
		account,
	}));
	return { appended, events };
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
