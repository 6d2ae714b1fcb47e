/**
 * The ledger: one shard of it, in one SQLite database.
 *
 * An *event* is a row of `event`, for ever, and a row of `body`, which goes when its person is erased. A *subject* is
 * a customer's random name in `event`. A *claim* says for which event something unique was taken: an event key, a
 * business key, an identity. A *turn* is one call and one transaction, which the host begins and ends.
 *
 * These hold after every turn, and the database itself refuses what would break 1, 2 and 5:
 *
 * 1. An event is never altered or removed; its body is removed with its person only.
 * 2. `seq` counts from 1 without a gap, and `recorded_at` never goes back.
 * 3. An event key is recorded once, however often it is sent and whatever its identities have become meanwhile.
 * 4. A business key and an identity that only one customer can have are held once in the whole program, and a
 *    refused command leaves them free.
 * 5. The postings of every event sum to zero.
 * 6. Customers, balances and transactions are what folding the events gives.
 * 7. A command may stop between any two questions; recording it again comes to the same end.
 * 8. Nothing in `event` or `claim` names a person without the hub's key.
 */

import type { Program } from "../catalog/program.ts";
import { bytesOfHex, hexOf } from "../model/bytes.ts";
import type { Clock } from "../model/clock.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Command } from "../model/event.ts";
import { invariant } from "../model/result.ts";
import type { Row, Sql } from "../model/sql.ts";
import { hashesOf, type Recorded, type RecordParts } from "./asking.ts";
import { buried, expect, forget } from "./claims.ts";
import { nextDueOf, readOverdue, readState, readTransactions } from "./customers.ts";
import { settleDue } from "./due.ts";
import { burialOf, type Erased, type Erasure, markOf } from "./erase.ts";
import { type Errand, readErrands, removeErrand } from "./errands.ts";
import { eventId, placeOfEvent } from "./event-id.ts";
import { type ExportedEvent, readExported } from "./exported.ts";
import { type HistoryPage, type HistoryPageQuery, pageOf, searchOfPage } from "./history.ts";
import { errandMs } from "./limits.ts";
import { findByKeys, openLog, readHead } from "./log.ts";
import type { Merge, Merged } from "./merge.ts";
import type { Signing } from "./merkle/signing.ts";
import { readPart } from "./parts.ts";
import { type Share, subjectOf, subjectsOf, type Whom } from "./person.ts";
import { openProofs, type Proofs } from "./proofs.ts";
import { type Rebuilt, rebuild } from "./rebuild.ts";
import type { Foreseen, Preview } from "./record.ts";
import { eraseAgainHere, foreseeHere, mergeHere, previewHere, recordHere, resumeHere } from "./recorder.ts";
import { openSchema } from "./schema.ts";
import { type CustomerSearch, type EventFilter, type EventSearch, searchCustomers } from "./search.ts";
import { type Answer, answer, type Question, type ShardCalls } from "./shard.ts";
import type { State } from "./state.ts";
import { inTurn, type Touched, type Turn } from "./turn.ts";
import { beginningOf, unionOf } from "./union.ts";
import { openVerify, type Verification } from "./verify.ts";
import {
	accountOf,
	type CustomerView,
	type EventView,
	openViews,
	profileOf,
	type Receipt,
	type TransactionView,
	tiersOf,
	transactionView,
} from "./view.ts";

/** Each call runs in one transaction of the host's; arguments and values are structured-cloneable. */
export interface Ledger extends Proofs {
	/** Records commands in their order, where this is the only shard. */
	record(commands: readonly Command[]): readonly Recorded[];
	/** What `record` would come to; nothing is written. */
	foresee(commands: readonly Command[]): readonly Foreseen[];
	/** What recording the command would give, decided by the customer's state as it is; nothing is written. */
	preview(command: Command): Preview;
	/**
	 * Writes what has become due by itself, of at most so many customers: points that expire, purchases that accept
	 * themselves, tiers that end. Says when the next is due, unix milliseconds.
	 */
	sweep(limit: number): { readonly swept: number; readonly next: number | null };
	/** Makes two customers one, where this is the only shard. */
	merge(merge: Merge): Merged | undefined;
	/** What was begun in this shard a while ago, and is not ended. */
	errands(): readonly Errand[];
	/** Takes that up, where this is the only shard: see `Recorder`. */
	resume(): readonly Erased[];
	/** Does erasures again, where this is the only shard: see `Recorder`. */
	eraseAgain(erasures: readonly Erasure[]): readonly Erased[];
	finish(erased: Erased): void;
	/** Those of these keys that no event has, and no erasure that is done. */
	unknownKeys(keys: readonly string[]): readonly string[];
	/** Which of these identities, whose claims are in this shard, are of people who were erased. */
	buried(hashes: readonly string[]): readonly string[];
	/** Answers what a recording elsewhere asks this shard. */
	answer(questions: readonly Question[]): readonly Answer[];
	/** Notes that an inbox has messages of these identities; true where one of them is claimed already. */
	expect(hashes: readonly string[], inbox: number, until: number): boolean;
	forget(hash: string, inbox: number): void;

	/** By loyalty id. */
	customer(id: string): CustomerView | null;
	/** Who has that loyalty id by now: themselves, or whom they were merged into; null where they were erased. */
	person(id: string): CustomerView | null;
	/**
	 * The same by the hash of any identity whose claim is in this shard, as its customer is. Whoever has it since an erasure
	 * is not who was meant until then, unix milliseconds.
	 */
	customerHolding(hash: string, meantAt?: number): CustomerView | null;
	/** The same where there are more shards. */
	personOf(whom: Whom): Share<CustomerView> | null;
	/** Loyalty ids. */
	searchCustomers(search: CustomerSearch): readonly string[];
	transactions(customer: string): readonly TransactionView[];
	/** Of a person and whom they absorbed; null where there is no such customer. */
	history(customer: string, query: HistoryPageQuery): HistoryPage | null;
	/** Of such a person, or of all where none is named; null where there is no such customer. */
	search(customer: string | null, search: EventSearch): readonly EventView[] | null;
	/** The same of a person where there are more shards: the whole beginning of the list where a part of it is elsewhere. */
	eventsOf(whom: Whom, search: EventSearch): Share<readonly EventView[]> | null;
	/** How many events of all customers there are. */
	count(filters: readonly EventFilter[]): number;
	event(id: string): EventView | null;
	/** The event with those that came with it; null where there is none, or its person is erased. */
	receipt(id: string): Receipt | null;
	/** Those of these ids that no event has, whether its person is erased or not. */
	missing(ids: readonly string[]): readonly string[];
	/** The newest by recording. */
	newest(limit: number): readonly EventView[];
	rebuild(): Rebuilt;
	/** The page of events after what is verified already; `notes` are checkpoints to compare with: see `openVerify`. */
	verify(verified: Verification, notes: readonly string[]): Verification;
	/** In the order of the log, those after the event `after`. */
	exported(after: number, limit: number): readonly ExportedEvent[];
	stats(): LedgerStats;
}

interface LedgerStats {
	readonly events: number;
	readonly customers: number;
	/** ISO 8601; null while there is none. */
	readonly newest: string | null;
}

export interface LedgerParts {
	readonly sql: Sql;
	readonly crypto: Crypto;
	readonly clock: Clock;
	/** As it is now; its actions may be others at the next call. */
	readonly program: () => Program;
	readonly signing: Signing;
	/** From 0. */
	readonly shard: number;
	readonly shards: number;
}

/** Opens a shard of the ledger; makes its schema where the database is empty, and else insists on it. */
export function openLedger(parts: LedgerParts): Ledger {
	const { sql, crypto, clock, program, signing, shard, shards } = parts;
	openSchema(sql, { shard, shards });
	const write = openLog(sql, crypto, shard);
	const views = openViews(sql, { program, shard });
	const proofs = openProofs({ sql, crypto, clock, signing, shard });

	/** For what is to be written: a ledger that has lost something is only read. */
	const writing = <Value>(work: () => Value, nothing: Value): Value =>
		proofs.trouble() === null ? work() : nothing;
	const partsNow = (): RecordParts => ({ program: program(), crypto, clock, shards });
	const turn = <Value>(touched: Touched, body: (calls: ShardCalls, turn: Turn) => Value): Value =>
		inTurn({ sql, crypto, program: program(), shard, shards, write, now: clock() }, touched, body);

	const personOf: Ledger["personOf"] = (whom) => {
		const found = subjectsOf(sql, shard, whom);
		if (found?.kind !== "share") return found;
		const value = customerView(found.value[0]);
		return value === null ? null : { ...found, value };
	};

	const eventsOf: Ledger["eventsOf"] = (whom, search) => {
		const found = subjectsOf(sql, shard, whom);
		if (found?.kind !== "share") return found;
		const { value: subjects, elsewhere } = found;
		const wanted = elsewhere.length === 0 ? search : beginningOf(search);
		const [only, ...others] = subjects;
		if (only !== undefined && others.length === 0) return { ...found, value: views.search(only, wanted) };
		const lists = subjects.map((subject) => views.search(subject, beginningOf(wanted)));
		return { ...found, value: unionOf(lists, wanted) };
	};

	/** The state with all that says what a customer has. */
	const standing = (subject: string): State => ({
		...readState(sql, subject),
		lots: readPart(sql, subject, "lots"),
		tiers: readPart(sql, subject, "tiers"),
	});

	const customerView = (subject: Uint8Array | undefined): CustomerView | null => {
		if (subject === undefined) return null;
		const state = standing(hexOf(subject));
		const { customer } = state;
		if (customer === undefined) return null;
		return {
			id: customer.id,
			status: customer.status,
			profile: profileOf(customer.profile),
			identities: sql
				.query("SELECT kind, value FROM identity WHERE subject = ? ORDER BY kind, value", subject)
				.map((row) => ({ kind: String(row["kind"]), value: String(row["value"]) })),
			accounts: Object.keys(state.balances).map((account) => accountOf(account, state, clock())),
			tiers: tiersOf(program().tiers, state, clock()),
			created_at: new Date(customer.createdAt).toISOString(),
			updated_at: new Date(customer.updatedAt).toISOString(),
		};
	};

	return {
		...proofs,
		record: (commands) =>
			proofs.trouble() !== null
				? commands.map(unanswered)
				: turn(touchedByCommands(commands), (calls) => recordHere(calls, commands, partsNow())),
		answer: (questions) => {
			const trouble = questions.every(isAlwaysAnswered) ? null : proofs.trouble();
			invariant(trouble === null, `nothing is recorded here: ${trouble}`);
			return turn(touchedByQuestions(questions), (calls) =>
				questions.map((question) => answer(calls, question)),
			);
		},
		foresee: (commands) =>
			turn(touchedByCommands(commands), (calls) => foreseeHere(calls, commands, partsNow())),
		preview: (command) =>
			turn(touchedByCommands([command]), (calls) => previewHere(calls, command, partsNow())),
		merge: (merging) =>
			writing(() => turn(noneTouched, (calls) => mergeHere(calls, merging, partsNow())), undefined),
		errands: () => readErrands(sql, clock() - errandMs),
		resume: () => {
			const old = readErrands(sql, clock() - errandMs);
			return writing(() => turn(noneTouched, (calls) => resumeHere(calls, old, partsNow())), []);
		},
		eraseAgain: (erasures) => turn(noneTouched, (calls) => eraseAgainHere(calls, erasures, partsNow())),
		finish: (done) => {
			if (done.shard !== null) removeErrand(sql, done.key);
			else turn(noneTouched, (calls) => calls.bury(burialOf(done, { crypto })));
		},
		unknownKeys: (keys) => {
			const found = findByKeys(sql, keys);
			const others = keys.filter((key) => !found.has(key));
			const marks = new Set(
				buried(
					sql,
					others.map((key) => markOf(key, { crypto })),
				),
			);
			return others.filter((key) => !marks.has(markOf(key, { crypto })));
		},
		buried: (hashes) => buried(sql, hashes),
		sweep: (limit) => {
			const subjects = writing(() => readOverdue(sql, clock(), limit), []);
			turn({ keys: [], hashes: [], subjects }, (_calls, own) => {
				for (const subject of subjects) settleDue(own, subject);
			});
			return { swept: subjects.length, next: nextDueOf(sql) };
		},
		expect: (hashes, inbox, until) => expect(sql, { hashes, inbox, until, now: clock() }),
		forget: (hash, inbox) => forget(sql, hash, inbox),

		customer: (id) => customerView(subjectOf(sql, id)),

		person: (id) => valueIn(personOf({ id })),
		customerHolding: (hash, meantAt = Number.POSITIVE_INFINITY) => {
			const [row] = sql.query("SELECT subject, erased_at FROM claim WHERE hash = ?", bytesOfHex(hash));
			const isMeant = row !== undefined && meantAt > Number(row["erased_at"] ?? Number.NEGATIVE_INFINITY);
			return isMeant ? valueIn(personOf({ subject: hexOf(subjectIn(row)) })) : null;
		},
		personOf,
		searchCustomers: (search) => searchCustomers(sql, search),

		transactions: (customer) => {
			const subject = subjectOf(sql, customer);
			if (subject === undefined) return [];
			return readTransactions(sql, hexOf(subject)).map((transaction) => transactionView(transaction));
		},

		history: (customer, query) => {
			const found = valueIn(eventsOf({ id: customer }, searchOfPage(query)));
			return found === null ? null : pageOf(found, query);
		},

		search: (customer, search) =>
			customer === null ? views.search(null, search) : valueIn(eventsOf({ id: customer }, search)),
		eventsOf,

		count: views.count,
		event: views.event,
		receipt: views.receipt,
		missing: (ids) =>
			ids.filter((id) => {
				const place = placeOfEvent(id);
				return place === undefined || place.shard !== shard || idOfEvent(place.seq) !== id;
			}),
		newest: views.newest,
		rebuild: () => rebuild(sql, shard),
		verify: openVerify({ sql, crypto, signing, shard }),
		exported: (after, limit) => readExported(sql, { shard, after, limit }),

		stats: () => {
			const { seq, recordedAt } = readHead(sql);
			const [row] = sql.query("SELECT count(*) AS customers FROM customer WHERE status = 'active'");
			const newest = seq === 0 ? null : new Date(recordedAt).toISOString();
			return { events: seq, customers: Number(row?.["customers"]), newest };
		},
	};

	function idOfEvent(seq: number): string {
		const [row] = sql.query("SELECT recorded_at FROM event WHERE seq = ?", seq);
		return eventId({ recordedAt: Number(row?.["recorded_at"] ?? 0), shard, seq });
	}
}

/** To be sent again: what it will come to is not known. */
const unanswered = ({ key }: Command): Recorded => ({ key, outcome: undefined, awaited: [] });

const reads = ["holders", "find", "awaited", "standing", "preview"] as const;

/** Who was erased since a backup is erased again before anybody accepts what it lost; who opts out now has to be locked first. */
const erasures = ["erase", "bury", "finish"] as const;

const alwaysAnswered: ReadonlySet<Question["kind"]> = new Set([...reads, ...erasures]);
const isAlwaysAnswered = ({ kind }: Question): boolean => alwaysAnswered.has(kind);

/** In a ledger of one shard nobody is anywhere else. */
const valueIn = <Value>(share: Share<Value> | null): Value | null =>
	share?.kind === "share" ? share.value : null;

const subjectIn = (row: Row): Uint8Array => row["subject"] as Uint8Array;

const noneTouched: Touched = { keys: [], hashes: [], subjects: [] };

function touchedByCommands(commands: readonly Command[]): Touched {
	const hashes = new Set<string>();
	for (const command of commands) for (const hash of hashesOf(command)) hashes.add(hash);
	return { keys: commands.map(({ key }) => key), hashes: [...hashes], subjects: [] };
}

function touchedByQuestions(questions: readonly Question[]): Touched {
	const keys = new Set<string>();
	const hashes = new Set<string>();
	const subjects = new Set<string>();
	for (const { kind, asked } of questions) {
		if (kind === "holders") {
			if (asked.key !== null) keys.add(asked.key);
			for (const hash of asked.hashes) hashes.add(hash);
		}
		if (kind === "append") {
			keys.add(asked.command.key);
			subjects.add(asked.subject);
		}
		if (kind === "claim") {
			for (const { key, hash } of asked) {
				keys.add(key);
				hashes.add(hash);
			}
		}
	}
	return { keys: [...keys], hashes: [...hashes], subjects: [...subjects] };
}
