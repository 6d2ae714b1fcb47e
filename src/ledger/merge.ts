import type { ClaimedIdentity, Command, Provenance } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { bad, good, invariant, type Result } from "../model/result.ts";
import { flagsOf } from "./append.ts";
import { asMember } from "./as-member.ts";
import { type Asking, ask, type RecordParts, standingOf } from "./asking.ts";
import { prepare } from "./decide.ts";
import { settleDue } from "./due.ts";
import { lock, unlock } from "./lock.ts";
import { firstExpiring, takenAway } from "./lots.ts";
import { keepTiers } from "./merged-tiers.ts";
import { freshExpiry, purseOf } from "./points.ts";
import { type Book, type Movement, mainAccount, postingsOf } from "./postings.ts";
import type { Properties } from "./properties.ts";
import {
	type MergedIn,
	type MergedOut,
	type MergingIn,
	type MergingOut,
	type Place,
	type Standing,
	shardOf,
} from "./shard.ts";
import { at, type Balance, type Holdings, type LotChange, type Reservation, type State } from "./state.ts";
import type { Turn } from "./turn.ts";
import { ownKey, put, reviewTiers } from "./write.ts";

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
	const key = mergeKey(first, parts);
	const locked = yield* lock([first, second], key, parts);
	if (locked === null) return undefined;
	// Both stand still now; while they were looked at they may have moved.
	const [from, into] = [yield* standingOf(first), yield* standingOf(second)];
	const refusal = refusalOf(from, into, first);
	const carried =
		refusal ??
		(yield* carryOver(
			{ key, subject: first.subject, shard: first.shard, into: second },
			{ timestamp: merging.timestamp, provenance: merging.provenance },
		));
	invariant(carried.kind !== "merged_out", "only guests are claimed");
	const merged: Merged =
		carried.kind === "carried"
			? { kind: "merged", from: carried.from.id, into: second.id, event: carried.opened.event ?? "" }
			: carried;
	yield* unlock(locked, parts);
	// Last: who dies before this is taken up, and gives the locks back too.
	if (merged.kind === "merged") yield* ask("finish", first.shard, key);
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
	const [holder] = yield* ask("holders", shardOf(hash, shards), { key: null, hashes: [hash] });
	if (holder === undefined || holder === null) return null;
	const standing = yield* standingOf(holder);
	return standing?.status === "active" || standing?.status === "suspended" ? standing : null;
}

/** Somebody goes over to another once, so their subject is all that the key is made of. */
export const mergeKey = ({ subject }: Place, { crypto }: RecordParts): string =>
	ownKey(["merge", subject], crypto);

/** The second event of a merge lies beside the first. */
const secondKey = (key: string): string => `${key.slice(0, 28)}0001`;

/** A merge that was begun: what is needed to finish it. */
export interface MergeErrand extends Place {
	readonly key: string;
	readonly into: Standing;
	/** Where a guest's purchase is claimed: see `claimPurchase`. */
	readonly claim?: Command;
}

/** Both events are there. */
export interface Carried {
	readonly kind: "carried";
	readonly from: Standing;
	/** What became of the second. */
	readonly opened: Extract<EventOutcome, { readonly kind: "appended" | "duplicate" }>;
}

/** Both events; whoever does it again comes to the same. What another's claim closed before is given as it was closed. */
export function* carryOver(
	{ key, subject, shard, into, claim }: MergeErrand,
	{ timestamp, provenance }: Pick<MergingOut, "timestamp" | "provenance">,
): Asking<Carried | MergedOut | EventOutcome> {
	const why = claim === undefined ? {} : { claim };
	const going = { key, subject, into, timestamp, provenance, ...why };
	const out = yield* ask("mergeOut", shard, going);
	if (out.kind !== "merged_out" || out.claim !== claim?.key) return out;
	const { from, holdings } = out;
	const coming = { key, from, holdings, timestamp: out.timestamp, provenance: out.provenance, ...why };
	// Where the first half was left alone for long, who stays may have gone over to somebody else by now.
	for (let at = out.into; ; ) {
		const opened = yield* ask("mergeIn", at.shard, { ...coming, subject: at.subject });
		if (opened.kind === "appended" || opened.kind === "duplicate") return { kind: "carried", from, opened };
		if (opened.kind !== "moved") return opened;
		at = opened.to;
	}
}

const books = ["active", "pending", "spent", "reserved", "expired"] as const satisfies readonly (Book &
	keyof Balance)[];

/** The first event, in the shard of who goes. */
export function mergeOut(
	turn: Turn,
	{ key, subject, into, claim, timestamp, provenance }: MergingOut,
): MergedOut | EventOutcome {
	const before = turn.eventOf(key);
	if (before !== undefined) return mergedBefore(turn, key);
	settleDue(turn, subject);
	for (const part of ["lots", "reservations", "tiers"] as const) turn.load(subject, part);
	turn.loadTransactions(subject, "all");
	const from = turn.standing(subject);
	const own = turn.state(subject);
	if (from === null) return nobody;
	const given = claim === undefined ? holdingsOf(turn, subject) : asMember(turn, subject, into.joinedAt);
	if (!given.ok) return given.failure;
	const holdings = given.value;
	const why = claim === undefined ? {} : { claim: claim.key };
	put(turn, {
		subject,
		key,
		action: "merge_out",
		account: mainAccount,
		timestamp,
		data: { into: into.id, accounts: scoresIn(own) },
		postings: postingsOf(movements(own, (book) => ({ from: book, to: "moved" }))),
		properties: {
			customer: from.id,
			points: 0,
			effect: { kind: "merged", into: placeOf(into), holdings, ...why },
			lots: Object.values(own.lots).map(takenAway),
			provenance,
		},
	});
	turn.setDue(subject, null);
	const errand = claim === undefined ? {} : { claim };
	turn.putErrand({ kind: "merge", key, subject, shard: turn.shard, into, ...errand });
	return { kind: "merged_out", from, into: placeOf(into), ...why, holdings, timestamp, provenance };
}

const placeOf = ({ subject, shard }: Place): Place => ({ subject, shard });

function holdingsOf(turn: Turn, subject: string): Result<Holdings, EventOutcome> {
	const { customer, ...had } = turn.state(subject);
	if (customer === undefined) return bad(nobody);
	const { profile, activeUntil } = customer;
	return good({ ...had, identities: turn.identitiesOf(subject), profile, activeUntil });
}

function mergedBefore(turn: Turn, key: string): MergedOut | EventOutcome {
	const event = turn.eventOf(key);
	const properties = event?.body?.properties;
	if (event === undefined || properties?.effect?.kind !== "merged") return nobody;
	const from = turn.standing(event.subject);
	invariant(from !== null, "who was merged into another is still there");
	const { provenance, effect } = properties;
	const { into, claim, holdings } = effect;
	const why = claim === undefined ? {} : { claim };
	return { kind: "merged_out", from, into, ...why, holdings, timestamp: event.recordedAt, provenance };
}

/** The second event, in the shard of who stays. */
export function mergeIn(turn: Turn, merging: MergingIn): MergedIn {
	const { subject, from, holdings, claim } = merging;
	const own = claim?.key ?? secondKey(merging.key);
	const before = turn.eventOf(own);
	const id = turn.state(subject).customer?.id ?? "";
	if (before !== undefined) return { kind: "duplicate", event: turn.idOf(before), customer: id };
	const standing = turn.standing(subject);
	if (standing === null || standing.status === "erased") return goneWith;
	if (standing.into !== null) return { kind: "moved", to: standing.into };
	settleDue(turn, subject);
	for (const part of ["lots", "reservations", "tiers"] as const) turn.load(subject, part);
	const { points, timestamp, ...what } =
		claim === undefined ? absorbing(merging) : claiming(turn, merging, claim);
	const released = releasedOf(holdings, turn.state(subject));
	const event = put(turn, {
		subject,
		key: own,
		action: what.action,
		account: what.account,
		timestamp,
		data: what.data,
		postings: postingsOf([
			...movements(holdings, (book) => ({ from: what.source, to: book })),
			...released.map(givingBack),
		]),
		properties: {
			customer: id,
			points,
			effect: {
				kind: "absorbed",
				from: [from, ...from.absorbed].map(placeOf),
				holdings,
			},
			lots: adopted(turn, subject, { holdings, released, timestamp }),
			...(what.flags.length === 0 ? {} : { flags: what.flags }),
			provenance: what.provenance,
		},
	});
	const children = Number.parseInt(own.slice(28), 16) + 1;
	const keyAt = (index: number): string =>
		`${own.slice(0, 28)}${(children + index).toString(16).padStart(4, "0")}`;
	const kept = keepTiers(turn, subject, { theirs: holdings.tiers, keyAt, parent: event });
	reviewTiers(turn, subject, { keyAt: (index) => keyAt(kept + index), parent: event });
	return { kind: "appended", event, points, customer: id };
}

/** Who stays is nobody any more: who goes over to them is to be erased too. */
const goneWith: MergedIn = { kind: "suppressed", reason: "the person was erased" };

/** What the second event is to those who read it. */
interface Second {
	readonly action: string;
	readonly account: string;
	readonly timestamp: number;
	readonly data: JsonObject;
	/** Where the points come from. */
	readonly source: Book;
	readonly points: number;
	readonly flags: NonNullable<Properties["flags"]>;
	readonly provenance: Provenance;
}

const absorbing = ({ from, holdings, timestamp, provenance }: MergingIn): Second => ({
	action: "merge_in",
	account: mainAccount,
	timestamp,
	data: { from: from.id, accounts: scoresIn(holdings) },
	source: "moved",
	points: 0,
	flags: [],
	provenance,
});

/** A guest had no points: what the purchase earns is given now. */
function claiming({ definition, recordedAt }: Turn, { holdings }: MergingIn, claim: Command): Second {
	const defined = definition(claim.action);
	const prepared = defined && prepare(defined, claim.data);
	const [purchase] = Object.values(holdings.transactions);
	invariant(prepared?.ok === true && purchase !== undefined, "a claim names a purchase");
	const ahead = claim.timestamp - recordedAt > limits.aheadMsMax;
	return {
		action: claim.action,
		account: purchase.account,
		timestamp: ahead ? recordedAt : claim.timestamp,
		data: prepared.value.data,
		source: "issued",
		points: purchase.earned - purchase.earnedBack,
		flags: flagsOf(claim, prepared.value, ahead),
		provenance: claim.provenance,
	};
}

/** An order has one reservation: where both have one for it, the survivor's stays, and the other's points can be spent. */
const releasedOf = ({ reservations }: Holdings, own: State): readonly Reservation[] =>
	Object.entries(reservations).flatMap(([key, one]) =>
		at(own.reservations, key) === undefined ? [] : [one],
	);

const givingBack = ({ account, points }: Reservation): Movement => ({
	account,
	from: "reserved",
	to: "active",
	points,
});

interface Adopting {
	readonly holdings: Holdings;
	readonly released: readonly Reservation[];
	readonly timestamp: number;
}

/** The other's points come in lots with their own dates; what either owes is paid from them first. */
function adopted(
	turn: Turn,
	subject: string,
	{ holdings, released, timestamp }: Adopting,
): readonly LotChange[] {
	const situation = { state: turn.state(subject), rules: turn.program.points, timestamp };
	return Object.entries(holdings.balances).flatMap(([account, { active }]) => {
		const purse = purseOf(situation, account);
		const lots = Object.values(holdings.lots).filter((lot) => lot.account === account);
		for (const lot of lots.toSorted(firstExpiring)) purse.adopt(lot);
		if (active < 0) purse.take(-active);
		for (const { points, taken } of released.filter((one) => one.account === account))
			purse.restore(points, taken, freshExpiry(situation, account));
		return purse.changes();
	});
}

const movements = (
	{ balances }: Pick<Holdings, "balances">,
	way: (book: Book) => { readonly from: Book; readonly to: Book },
): readonly Movement[] =>
	Object.entries(balances).flatMap(([account, balance]) =>
		books.map((book) => ({ account, ...way(book), points: balance[book] })),
	);

const scoresIn = ({ balances }: Pick<Holdings, "balances">) =>
	Object.fromEntries(
		Object.entries(balances).map(([account, { active, pending }]) => [account, { active, pending }]),
	);
