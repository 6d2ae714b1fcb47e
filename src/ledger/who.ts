import type { Command } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { type Looked, whereNow } from "./asking.ts";
import { transactionNotFound } from "./decision.ts";
import { claimAction } from "./guest.ts";
import { erased, type Holder } from "./shard.ts";

/** Whose event it is. */
export type Person =
	/** `ours`: an earlier attempt at this very event made the claims, so it may still have to make the customer. */
	| { readonly kind: "known"; readonly subject: string; readonly shard: number; readonly ours: boolean }
	/** An `opt_in` of somebody new. */
	| { readonly kind: "new" }
	| { readonly kind: "unknown" }
	/** Two identities belong to two customers. */
	| { readonly kind: "torn"; readonly kinds: readonly [string, string] };

/**
 * The first claim on the event key decides; else the identities do.
 *
 * Identities that only one customer can have must agree, and the first that is known decides. A shared one, such as
 * a device's, decides only for who is named by nothing else: an event that names somebody unknown is not put on
 * whoever used the device before. What names nobody, as a shop's refund that has the order's number alone, is of whose the
 * order is.
 *
 * `holders` are by hash, without those of a subject who never became a customer.
 */
export function whoIs(command: Command, holders: ReadonlyMap<string, Holder>): Person {
	const { key, action, identities, transaction } = command;
	const first = holders.get(key);
	if (first !== undefined) return known(first, key);
	if (command.guest === true) return guestOf(command, holders);

	let sole: Known | undefined;
	let device: Holder | undefined;
	for (const { kind, hash, customers } of identities) {
		const by = holders.get(hash);
		if (by === undefined) continue;
		if (customers === "many") device ??= by;
		else if (sole === undefined) sole = { kind, by };
		else if (sole.by.subject !== by.subject) return { kind: "torn", kinds: [sole.kind, kind] };
	}
	if (sole !== undefined) return known(sole.by, key);

	const named = identities.filter(({ customers }) => customers === "one");
	if (device !== undefined && (named.length === 0 || device.key === key)) return known(device, key);
	if (action === "opt_in" && named.some(({ kind }) => kind === "id")) return { kind: "new" };
	const buyer = identities.length === 0 && transaction !== undefined ? holders.get(transaction) : undefined;
	return buyer === undefined ? { kind: "unknown" } : known(buyer, key);
}

/** A guest is known by the purchase alone, which makes them. */
function guestOf({ key, action, transaction }: Command, holders: ReadonlyMap<string, Holder>): Person {
	if (action === "checkout") return { kind: "new" };
	const owner = transaction === undefined ? undefined : holders.get(transaction);
	return owner === undefined ? { kind: "unknown" } : known(owner, key);
}

interface Known {
	readonly kind: string;
	readonly by: Holder;
}

const known = ({ subject, shard, key }: Holder, own: string): Person => ({
	kind: "known",
	subject,
	shard,
	ours: key === own,
});

/** The claims of those who are somebody, each at whoever they are by now. An event key stays where its event may be. */
export function living({ holders, moved }: Looked, deserted: string | null): ReadonlyMap<string, Holder> {
	const found = new Map<string, Holder>();
	for (const [hash, by] of holders) {
		if (by.subject === deserted || by.subject === erased) continue;
		found.set(hash, hash === by.key ? by : { ...by, ...whereNow({ moved }, by) });
	}
	return found;
}

export function refusalOf(person: Person, command: Command, looked: Looked): EventOutcome | undefined {
	if (isOfErased(person, command, looked)) return suppressed;
	const { action, guest, transaction } = command;
	const isGuests = guest === true || action === claimAction;
	if (isGuests && transaction === undefined && command.once.length === 0) return nameless;
	switch (person.kind) {
		case "new":
			return undefined;
		case "unknown":
			return guest === true ? transactionNotFound : notAMember;
		case "torn":
			return {
				kind: "conflict",
				event: null,
				reason: `the identities ${person.kinds.join(" and ")} belong to different customers`,
			};
		case "known": {
			const owner = transaction === undefined ? undefined : looked.holders.get(transaction);
			// Whose it is already is no hindrance to a claim: see `claimPurchase`.
			if (action === claimAction) return owner === undefined ? transactionNotFound : undefined;
			if (owner === undefined) return undefined;
			const now = whereNow(looked, owner).subject;
			const own = whereNow(looked, person).subject;
			if (now === own) return undefined;
			return { kind: "refused", code: 103902, reason: "Customer does not match transaction owner" };
		}
	}
}

/**
 * Who was erased is nobody until they join again, and what happened before that is not theirs. A device says nothing of
 * the person where anything else does: others use it too.
 */
function isOfErased(
	person: Person,
	{ action, identities, timestamp }: Command,
	{ holders }: Looked,
): boolean {
	const named = identities.filter(({ customers }) => customers === "one");
	const found = (named.length > 0 ? named : identities).flatMap(({ hash }) => holders.get(hash) ?? []);
	if (found.some(({ erasedAt = Number.NEGATIVE_INFINITY }) => timestamp <= erasedAt)) return true;
	// Known by this event alone, which was recorded before they were erased.
	if (person.kind === "known" && person.ours && action !== "opt_in")
		return found.length > 0 && found.every(({ subject }) => subject === erased);
	const isNobody = person.kind === "unknown" || (person.kind === "new" && action !== "opt_in");
	return isNobody && found.some(({ subject }) => subject === erased);
}

const suppressed: EventOutcome = { kind: "suppressed", reason: "the person was erased" };
const nameless: EventOutcome = {
	kind: "refused",
	code: 0,
	reason: 'Property "transaction_id" cannot be empty',
};
export const notAMember: EventOutcome = { kind: "not_a_member", reason: "Customer not found" };
