import type { Json } from "../model/json.ts";
import { bad, good } from "../model/result.ts";
import { canonicalText } from "./canonical.ts";
import { type Decide, refuse, skip } from "./decision.ts";
import { isReserved } from "./guest.ts";
import { noPostings } from "./postings.ts";
import { at } from "./state.ts";

export const decideOptIn: Decide = ({ state, lenient, id }) => {
	if (isReserved(id)) return refuse(0, "The customer ID is one that nobody can join by");
	if (state.customer !== undefined) {
		if (!lenient) return refuse(112101, "Customer has already been opted-in.");
		return bad({ kind: "duplicate", event: null, customer: state.customer.id });
	}
	return good({ points: 0, postings: noPostings, effect: { kind: "joined", id } });
};

/**
 * A profile is worth an event when it changes an attribute or ties an identity. An attribute that a later event has
 * set is not changed by it.
 */
export const decideProfile: Decide = ({ state, data, timestamp, identities }) => {
	const profile = state.customer?.profile ?? {};
	const changes = Object.entries(data).some(([name, value]) => {
		const [before, time] = at(profile, name) ?? [null, timestamp];
		return time <= timestamp && !isSame(before, value);
	});
	if (!changes && identities.length === 0) return skip("the profile changes nothing");
	return good({ points: 0, postings: noPostings, effect: { kind: "updated" } });
};

export const decideSuspend: Decide = ({ state }) =>
	state.customer?.status === "active"
		? good({ points: 0, postings: noPostings, effect: { kind: "suspended" } })
		: refuse(114400, "Only active customers can be suspended");

export const decideUnsuspend: Decide = ({ state }) =>
	state.customer?.status === "suspended"
		? good({ points: 0, postings: noPostings, effect: { kind: "unsuspended" } })
		: refuse(114600, "Only suspended customers can be unsuspended");

const isSame = (a: Json, b: Json): boolean => a === b || canonicalText(a) === canonicalText(b);
