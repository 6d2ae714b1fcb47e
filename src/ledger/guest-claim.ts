import type { Command } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { lateness } from "./append.ts";
import { type Asking, ask, type RecordParts, standingOf } from "./asking.ts";
import { transactionNotFound } from "./decision.ts";
import { lock, unlock } from "./lock.ts";
import { carryOver, type MergeErrand, mergeKey } from "./merge.ts";
import type { MergedOut, Place, Standing } from "./shard.ts";
import { notAMember } from "./who.ts";

export interface Claiming {
	readonly claim: Command;
	/** Whose the transaction is. */
	readonly owner: Place;
	readonly member: Place;
}

export interface Claimed {
	/** Undefined where another attempt is under way: again, a little later. */
	readonly outcome: EventOutcome | undefined;
	/** Whether the claim's own event is there. */
	readonly recorded: boolean;
}

/**
 * Ties a guest's purchase to the member who made it: the guest is merged into them. `merge_out` closes the guest, and
 * the `checkout_claim` opens at the member what they would have, had they been a member when they bought. A guest has
 * one purchase, so that nobody can claim it twice.
 */
export function* claimPurchase({ claim, owner, member }: Claiming, parts: RecordParts): Asking<Claimed> {
	const refusal = yield* refusalOf(claim, owner, parts);
	if (refusal !== undefined) return { outcome: refusal, recorded: false };
	const into = yield* standingOf(member);
	if (into === null) return { outcome: notAMember, recorded: false };
	const key = mergeKey(owner, parts);
	const locked = yield* lock([owner, into], key, parts);
	if (locked === null) return later;
	// They stand still now; while they were looked at they may have moved.
	const now = yield* standingOf(into);
	const claimed =
		now?.subject === into.subject
			? yield* carry({ key, subject: owner.subject, shard: owner.shard, into: now, claim }, parts)
			: later;
	yield* unlock(locked, parts);
	// Last: who dies before this is taken up, and gives the locks back too.
	if (claimed.recorded) yield* ask("finish", owner.shard, key);
	return claimed;
}

const later: Claimed = { outcome: undefined, recorded: false };

function* refusalOf(
	claim: Command,
	owner: Place,
	{ program, clock }: RecordParts,
): Asking<EventOutcome | undefined> {
	const late = lateness(claim, program, clock());
	return late === undefined ? yield* notAGuests(owner) : { kind: "refused", code: 0, reason: late };
}

/** Why the transaction is no guest's; undefined where it is one's, or was until it was claimed. */
export function* notAGuests({ subject, shard }: Place): Asking<EventOutcome | undefined> {
	const [owner] = yield* ask("standing", shard, [subject]);
	switch (owner?.status) {
		case "guest":
		case "claimed":
			return undefined;
		case undefined:
			return transactionNotFound;
		case "erased":
			return { kind: "suppressed", reason: "the person was erased" };
		default:
			return { kind: "refused", code: 103902, reason: "The transaction is not a guest's" };
	}
}

function* carry(errand: MergeErrand & { readonly claim: Command }, { clock }: RecordParts): Asking<Claimed> {
	const { provenance } = errand.claim;
	const timestamp = Math.min(errand.claim.timestamp, clock());
	if (errand.into.status === "erased") return { outcome: notAMember, recorded: false };
	const carried = yield* carryOver(errand, { timestamp, provenance });
	switch (carried.kind) {
		case "carried":
			return { outcome: carried.opened, recorded: true };
		case "merged_out":
			return { outcome: yield* claimedBefore(carried, errand.into), recorded: false };
		default:
			return { outcome: carried, recorded: false };
	}
}

/** By the same member it is the same fact by another way. */
function* claimedBefore({ into, claim = "" }: MergedOut, member: Standing): Asking<EventOutcome> {
	const by = yield* standingOf(into);
	if (by?.subject !== member.subject) {
		return { kind: "refused", code: 103902, reason: "The checkout was claimed by another customer already" };
	}
	const found = yield* ask("find", into.shard, claim);
	return { kind: "duplicate", event: found?.event ?? null, customer: member.id };
}
