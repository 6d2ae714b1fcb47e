import type { Command } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { invariant } from "../model/result.ts";
import {
	type Asking,
	ask,
	askAll,
	askClaim,
	giveBack,
	groupBy,
	type Looked,
	look,
	type Mine,
	type Recorded,
	type Recording,
	type RecordParts,
	settled,
	standingOf,
} from "./asking.ts";
import { settleDue } from "./due.ts";
import { lock, unlock } from "./lock.ts";
import { takenAway } from "./lots.ts";
import { type Book, mainAccount, postingsOf } from "./postings.ts";
import {
	type Burying,
	type ErasedHere,
	type Erasing,
	erased,
	type Holder,
	type Place,
	shardOf,
} from "./shard.ts";
import type { Balance } from "./state.ts";
import type { Turn } from "./turn.ts";
import { living, notAMember, refusalOf, whoIs } from "./who.ts";
import { ownKey, ownProvenance, put } from "./write.ts";

/** An erasure as far as the ledger has done it: the rest is to be done, and then to be said to be finished. */
export interface Erased {
	/** The opt-out's event key, where it is an event, and the shard in which it is noted: none where they were no customer. */
	readonly key: string;
	readonly shard: number | null;
	/** The claim keys of the person's identities: by them their messages are found. */
	readonly hashes: readonly string[];
	/** Unix milliseconds. */
	readonly at: number;
	/** They were no customer: the ledger has nothing to do for it, whatever it knows. */
	readonly stranger?: true;
}

/**
 * An opt-out erases the person: their end is an event, which forfeits what they had; then all that can name them goes,
 * of them and of whom they absorbed, and their identities are nobody's. Whoever does it again comes to the same.
 */
export function* optOut(command: Command, parts: RecordParts): Recording {
	const looked = yield* look(command, parts);
	const person = whoIs(command, living(looked, null));
	// Where the opt-out is there already, it says again what is left to do.
	const refusal = looked.holders.has(command.key) ? undefined : refusalOf(person, command, looked);
	if (refusal !== undefined) return refused(command, refusal, looked.holders, parts);
	const subject = person.kind === "known" ? person.subject : null;
	const place = person.kind === "known" ? yield* standingOf(person) : null;
	if (place === null) return refused(command, notAMember, living(looked, subject), parts);
	const before = yield* recordedBefore(command, place, looked);
	if (before !== undefined) return settled(command, before);
	const locked = yield* lock([place], command.key, parts);
	if (locked === null) return settled(command, undefined);
	const claimed = yield* claimKey(command, place, looked, parts);
	const { outcome, done } =
		claimed === null ? later : yield* eraseAll({ command, erasedAt: null }, place, parts);
	if (outcome?.kind === "not_a_member") yield* giveBack(claimed ?? [], parts);
	yield* unlock(locked, parts);
	return { ...settled(command, outcome), ...(done === null ? {} : { erased: done }) };
}

/** Whoever has the key by an event of theirs may have been merged into another since: its event stays where it is. */
function* recordedBefore(
	{ key }: Command,
	place: Place,
	{ holders }: Looked,
): Asking<EventOutcome | undefined> {
	const by = holders.get(key);
	const found = by === undefined || by.subject === place.subject ? null : yield* ask("find", by.shard, key);
	return found === null ? undefined : { kind: "duplicate", event: found.event, customer: found.customer };
}

/**
 * The event is the claim on a key at home in its shard; in another one it is claimed, so that the same opt-out is known
 * again, and nobody else is erased by its key. Null where somebody else has it: again, a little later.
 */
function* claimKey(
	{ key }: Command,
	{ subject, shard }: Place,
	{ holders }: Looked,
	parts: RecordParts,
): Asking<readonly Mine[] | null> {
	if (shardOf(key, parts.shards) === shard) return [];
	const claim = { hash: key, subject, shard, key, over: holders.get(key) ?? null };
	const claimed = yield* askClaim(claim, parts);
	return claimed.kind === "held" ? null : [claimed];
}

/**
 * Somebody who is no customer may have messages all the same: those by names that nobody has. What is to go of who was erased
 * has gone with them, and others' messages are theirs.
 */
function refused(
	command: Command,
	outcome: EventOutcome,
	holders: ReadonlyMap<string, Holder>,
	{ clock, crypto }: RecordParts,
): Recorded {
	const { identities } = command;
	const hashes = identities.flatMap(({ hash }) => (holders.has(hash) ? [] : [hash]));
	// Whose they are can not be told: nothing of them goes, nor what was asked.
	if (outcome.kind === "conflict" || hashes.length === 0) return settled(command, outcome);
	const at = clock();
	// Sent again when they are somebody, it is an event of that key, and another erasure.
	const key = ownKey(["stranger", command.key, at], crypto);
	return { ...settled(command, outcome), erased: { key, shard: null, hashes, at, stranger: true } };
}

interface Outcome {
	readonly outcome: EventOutcome;
	readonly done: Erased | null;
}

/** Somebody else is at it. */
const later = { outcome: undefined, done: null };

/** The opt-out, and where it is done again, when it was done before: unix milliseconds. */
type Ending = Pick<Erasing, "command" | "erasedAt">;

/** The person and whom they absorbed, and then their identities. */
export function* eraseAll(ending: Ending, place: Place, { shards }: RecordParts): Asking<Outcome> {
	const { command } = ending;
	const hashes: string[] = [];
	const subjects = new Set<string>();
	let first: ErasedHere | undefined;
	const rest: Place[] = [place];
	for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
		// Whoever absorbed somebody has whom those absorbed too.
		if (subjects.has(next.subject)) continue;
		const asking = { ...ending, subject: next.subject, announced: first === undefined };
		const answer = yield* ask("erase", next.shard, asking);
		if (answer.kind === "erased") {
			first ??= answer;
			hashes.push(...answer.hashes);
			rest.push(...answer.absorbed);
		} else if (first === undefined) return { outcome: answer, done: null };
		// Also of whom somebody erased who died on it: their identities may be theirs yet.
		subjects.add(next.subject);
	}
	invariant(first !== undefined, "the first who is erased is the person");
	const all = [...new Set(hashes)];
	const { at, event } = first;
	for (const [shard, group] of groupBy(all, (hash) => shardOf(hash, shards))) {
		yield* ask("bury", shard, { hashes: group, subjects: [...subjects], key: command.key, at });
	}
	return {
		outcome: { kind: "appended", event: event ?? "", points: 0, customer: "" },
		done: { key: command.key, shard: place.shard, hashes: all, at },
	};
}

/** An erasure as it is kept outside the ledger: it names nobody without the hub's key. */
export type Erasure = Pick<Erased, "key" | "hashes" | "at" | "stranger">;

/**
 * Does an erasure again in a ledger that is older than it: a backup that was restored. Who has one of these identities
 * since before that time is erased by the same event key, and all of them are nobody's, so that what is sent again of that
 * person is not kept. In that ledger they may be several yet: each of the others has a key of their own. Where it knows
 * nobody of them, there may be messages all the same.
 */
export function* eraseAgain(erasure: Erasure, parts: RecordParts): Asking<readonly Erased[]> {
	const { key, hashes, at, stranger } = erasure;
	if (stranger === true) return [{ ...erasure, shard: null }];
	const { shards } = parts;
	const byShard = groupBy(hashes, (hash) => shardOf(hash, shards));
	const asked = new Map([...byShard].map(([shard, group]) => [shard, { key: null, hashes: group }]));
	const places = new Map<string, Place>();
	for (const answers of yield* askAll("holders", asked)) {
		for (const by of answers) {
			const place = by === null || by.subject === erased || by.at > at ? null : yield* standingOf(by);
			if (place !== null) places.set(place.subject, place);
		}
	}
	const done: Erased[] = [];
	// Who is erased already keeps their place in this order, and with it everybody their key.
	const inOrder = [...places.values()].sort((a, b) => (a.subject < b.subject ? -1 : 1));
	for (const [index, place] of inOrder.entries()) {
		const command = endOf(index === 0 ? key : partOf(key, place, parts), at);
		const ended = yield* eraseAll({ command, erasedAt: at }, place, parts);
		if (ended.done !== null) done.push({ ...ended.done, hashes, at });
	}
	for (const [shard, group] of byShard) {
		yield* ask("bury", shard, { hashes: group, subjects: [], key, at });
	}
	return done.length > 0 ? done : [{ key, shard: null, hashes, at }];
}

/** A claim of nobody's says that an erasure is done of which no event is here. */
export const markOf = (key: string, { crypto }: Pick<RecordParts, "crypto">): string =>
	crypto.sha256Hex(JSON.stringify(["erasure", key])).slice(0, 32);

/** Notes that. */
export const burialOf = ({ key, at }: Erased, parts: Pick<RecordParts, "crypto">): Burying => ({
	hashes: [markOf(key, parts)],
	subjects: [],
	key,
	at,
});

/** The key of the end of one more subject of the same person. */
export const partOf = (key: string, { subject }: Place, { crypto }: RecordParts): string =>
	ownKey(["erasure", key, subject], crypto);

/** An opt-out that the hub itself writes. */
export const endOf = (key: string, timestamp: number): Command => ({
	key,
	action: "opt_out",
	identities: [],
	timestamp,
	data: {},
	once: [],
	trust: "trusted",
	lenient: true,
	provenance: ownProvenance,
});

const forfeited = ["active", "pending", "reserved"] as const satisfies readonly (Book & keyof Balance)[];

/** What is done in one shard: see `Erasing`. */
export function eraseHere(
	turn: Turn,
	{ command, subject, announced, erasedAt }: Erasing,
): ErasedHere | EventOutcome {
	const before = announced ? turn.errandOf(command.key) : undefined;
	if (before?.kind === "erase") return before.here;
	const ended = announced ? turn.eventOf(command.key) : undefined;
	if (ended !== undefined) return { kind: "duplicate", event: turn.idOf(ended), customer: null };
	const { customer } = turn.state(subject);
	if (customer === undefined || customer.status === "erased") return notAMember;
	settleDue(turn, subject);
	const here: ErasedHere = {
		kind: "erased",
		event: announced ? writeEnd(turn, command, subject) : null,
		hashes: turn.identitiesOf(subject).map(({ hash }) => hash),
		absorbed: customer.links.absorbed,
		// A sender's clock may be ahead of ours: all that the person has done is of the time before.
		at: Math.max(erasedAt ?? turn.recordedAt, turn.newestOf(subject)),
	};
	// Whom they absorbed need none: their identities came over with them.
	if (announced) {
		const again = endOf(command.key, command.timestamp);
		turn.putErrand({ kind: "erase", key: command.key, command: again, subject, shard: turn.shard, here });
	}
	turn.purge(subject);
	return here;
}

function writeEnd(turn: Turn, command: Command, subject: string): string {
	for (const part of ["lots", "reservations"] as const) turn.load(subject, part);
	const { balances, lots, customer } = turn.state(subject);
	const movements = Object.entries(balances).flatMap(([account, balance]) =>
		forfeited.map((book) => ({ account, from: book, to: "forfeited" as const, points: balance[book] })),
	);
	return put(turn, {
		subject,
		key: command.key,
		action: command.action,
		account: mainAccount,
		timestamp: Math.min(command.timestamp, turn.recordedAt),
		data: command.data,
		postings: postingsOf(movements),
		properties: {
			customer: customer?.id ?? "",
			points: 0,
			effect: { kind: "erased" },
			lots: Object.values(lots).map(takenAway),
			provenance: command.provenance,
		},
	});
}
