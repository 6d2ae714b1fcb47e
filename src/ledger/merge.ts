import type { ClaimedIdentity, Provenance } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { invariant } from "../model/result.ts";
import { type Asking, ask, type RecordParts, standingOf } from "./asking.ts";
import { settleDue } from "./due.ts";
import { lock, unlock } from "./lock.ts";
import { firstExpiring, takenAway } from "./lots.ts";
import { purseOf } from "./points.ts";
import { type Book, type Movement, mainAccount, postingsOf } from "./postings.ts";
import {
	type MergedOut,
	type MergingIn,
	type MergingOut,
	type Place,
	type Standing,
	shardOf,
} from "./shard.ts";
import type { Balance, Holdings, LotChange } from "./state.ts";
import type { Turn } from "./turn.ts";
import { put, reviewTiers } from "./write.ts";

/** Two customers are one person: the first goes over to the second. */
export interface Merge {
	readonly from: ClaimedIdentity;
	readonly into: ClaimedIdentity;
	/** Unix milliseconds. */
	readonly timestamp: number;
	readonly provenance: Provenance;
}

export type Merged =
	/** The loyalty ids, and the event at the survivor. */
	| { readonly kind: "merged"; readonly from: string; readonly into: string; readonly event: string }
	| EventOutcome;

const nobody: EventOutcome = { kind: "not_a_member", reason: "Customer not found" };
const refused = (code: number, reason: string): EventOutcome => ({ kind: "refused", code, reason });

/**
 * Two events with one key: `merge_out` closes the first customer's balances and lists what they had, `merge_in` opens
 * it at the second. No event moves, and what comes later for either is written at the second. Undefined where one of
 * them is being merged or erased just now: try again, a little later.
 */
export function* merge(merging: Merge, parts: RecordParts): Asking<Merged | undefined> {
	const first = yield* customerOf(merging.from, parts);
	const second = yield* customerOf(merging.into, parts);
	if (first === null || second === null) return nobody;
	const key = keyOf(first, parts);
	const locked = yield* lock([first, second], key, parts);
	if (locked === null) return undefined;
	// Both stand still now; while they were looked at they may have moved.
	const [from, into] = [yield* standingOf(first), yield* standingOf(second)];
	const refusal = refusalOf(from, into, first);
	const merged =
		refusal ??
		(yield* carryOver(
			{ key, subject: first.subject, shard: first.shard, into: second },
			{ timestamp: merging.timestamp, provenance: merging.provenance },
		));
	yield* unlock(locked, parts);
	// Last: who dies before this is taken up, and gives the locks back too.
	if (merged.kind === "merged") yield* ask("finish", new Map([[first.shard, key]]));
	return merged;
}

function refusalOf(from: Standing | null, into: Standing | null, first: Standing): EventOutcome | undefined {
	if (from === null || into === null) return nobody;
	if (from.subject === into.subject) return refused(0, "a customer can not be merged with themselves");
	if (from.subject !== first.subject) return refused(0, "the customer was merged into another just now");
	if (into.status === "suspended") return refused(120030, "Suspended target customers cannot be merged");
	return undefined;
}

function* customerOf({ hash }: ClaimedIdentity, { shards }: RecordParts): Asking<Standing | null> {
	const asked = new Map([[shardOf(hash, shards), { key: null, hashes: [hash] }]]);
	const [[holder] = []] = yield* ask("holders", asked);
	if (holder === undefined || holder === null) return null;
	const standing = yield* standingOf(holder);
	return standing?.status === "active" || standing?.status === "suspended" ? standing : null;
}

const keyOf = ({ subject }: Place, { crypto }: RecordParts): string =>
	`${crypto.sha256Hex(JSON.stringify(["merge", subject])).slice(0, 28)}0000`;

/** The second event of a merge lies beside the first. */
const secondKey = (key: string): string => `${key.slice(0, 28)}0001`;

/** A merge that was begun: what is needed to finish it. */
export interface MergeErrand extends Place {
	readonly key: string;
	readonly into: Standing;
}

/** Both events; whoever does it again comes to the same. */
export function* carryOver(
	{ key, subject, shard, into }: MergeErrand,
	{ timestamp, provenance }: Pick<MergingOut, "timestamp" | "provenance">,
): Asking<Merged> {
	const [out] = yield* ask("mergeOut", new Map([[shard, { key, subject, into, timestamp, provenance }]]));
	invariant(out !== undefined, "a shard answers what it is asked");
	if (out.kind !== "merged_out") return out;
	const { kind: _kind, ...had } = out;
	const [opened] = yield* ask("mergeIn", new Map([[into.shard, { ...had, key, subject: into.subject }]]));
	invariant(opened !== undefined, "a shard answers what it is asked");
	if (opened.kind !== "appended" && opened.kind !== "duplicate") return opened;
	return { kind: "merged", from: out.from.id, into: into.id, event: opened.event ?? "" };
}

const books = ["active", "pending", "spent", "reserved", "expired"] as const satisfies readonly (Book &
	keyof Balance)[];

/** The first event, in the shard of who goes. */
export function mergeOut(
	turn: Turn,
	{ key, subject, into, timestamp, provenance }: MergingOut,
): MergedOut | EventOutcome {
	const before = turn.eventOf(key);
	if (before !== undefined) return mergedBefore(turn, key);
	settleDue(turn, subject);
	for (const part of ["lots", "reservations", "tiers"] as const) turn.load(subject, part);
	turn.loadTransactions(subject, "all");
	const from = turn.standing(subject);
	const { customer, ...had } = turn.state(subject);
	if (from === null || customer === undefined) return nobody;
	const { profile, activeUntil } = customer;
	const holdings: Holdings = { ...had, identities: turn.identitiesOf(subject), profile, activeUntil };
	put(turn, {
		subject,
		key,
		action: "merge_out",
		account: mainAccount,
		timestamp,
		data: { into: into.id, accounts: scoresIn(holdings) },
		postings: postingsOf(movements(holdings, (book) => ({ from: book, to: "moved" }))),
		properties: {
			customer: from.id,
			points: 0,
			effect: { kind: "merged", into: { subject: into.subject, shard: into.shard }, holdings },
			lots: Object.values(holdings.lots).map(takenAway),
			provenance,
		},
	});
	turn.setDue(subject, null);
	turn.putErrand({ kind: "merge", key, subject, shard: turn.shard, into });
	return { kind: "merged_out", from, holdings, timestamp, provenance };
}

function mergedBefore(turn: Turn, key: string): MergedOut | EventOutcome {
	const event = turn.eventOf(key);
	const properties = event?.body?.properties;
	if (event === undefined || properties?.effect?.kind !== "merged") return nobody;
	const from = turn.standing(event.subject);
	invariant(from !== null, "who was merged into another is still there");
	const { provenance, effect } = properties;
	return { kind: "merged_out", from, holdings: effect.holdings, timestamp: event.recordedAt, provenance };
}

/** The second event, in the shard of who stays. */
export function mergeIn(
	turn: Turn,
	{ key, subject, from, holdings, timestamp, provenance }: MergingIn,
): EventOutcome {
	const own = secondKey(key);
	const before = turn.eventOf(own);
	const id = turn.state(subject).customer?.id ?? "";
	if (before !== undefined) return { kind: "duplicate", event: turn.idOf(before), customer: id };
	settleDue(turn, subject);
	for (const part of ["lots", "reservations", "tiers"] as const) turn.load(subject, part);
	const event = put(turn, {
		subject,
		key: own,
		action: "merge_in",
		account: mainAccount,
		timestamp,
		data: { from: from.id, accounts: scoresIn(holdings) },
		postings: postingsOf(movements(holdings, (book) => ({ from: "moved", to: book }))),
		properties: {
			customer: id,
			points: 0,
			effect: {
				kind: "absorbed",
				from: [from, ...from.absorbed].map(({ subject, shard }) => ({ subject, shard })),
				holdings,
			},
			lots: adopted(turn, subject, holdings, timestamp),
			provenance,
		},
	});
	reviewTiers(turn, subject, {
		keyAt: (index) => `${own.slice(0, 28)}${(index + 2).toString(16).padStart(4, "0")}`,
		parent: event,
	});
	return { kind: "appended", event, points: 0, customer: id };
}

/** The other's points come in lots with their own dates; what either owes is paid from them first. */
function adopted(turn: Turn, subject: string, holdings: Holdings, timestamp: number): readonly LotChange[] {
	return Object.entries(holdings.balances).flatMap(([account, { active }]) => {
		const purse = purseOf({ state: turn.state(subject), rules: turn.program.points, timestamp }, account);
		const lots = Object.values(holdings.lots).filter((lot) => lot.account === account);
		for (const lot of lots.toSorted(firstExpiring)) purse.adopt(lot);
		if (active < 0) purse.take(-active);
		return purse.changes();
	});
}

const movements = (
	{ balances }: Holdings,
	way: (book: Book) => { readonly from: Book; readonly to: Book },
): readonly Movement[] =>
	Object.entries(balances).flatMap(([account, balance]) =>
		books.map((book) => ({ account, ...way(book), points: balance[book] })),
	);

const scoresIn = ({ balances }: Holdings) =>
	Object.fromEntries(
		Object.entries(balances).map(([account, { active, pending }]) => [account, { active, pending }]),
	);
