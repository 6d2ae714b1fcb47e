import type { ActionDefinition } from "../catalog/definition.ts";
import type { Child, Decision, Situation } from "./decision.ts";
import { noPostings } from "./postings.ts";
import type { Effect, Line } from "./state.ts";

/** Ties a guest's purchase to the member who made it. */
export const claimAction = "checkout_claim";

/** What can be said of a guest: a purchase, and what becomes of it. */
export const isGuestsAction = ({ name, continues }: ActionDefinition): boolean =>
	name === "checkout" || (continues !== undefined && name !== claimAction);

/** What stands where a member's loyalty id would. */
export const guestId = (subject: string): string => `guest_${subject}`;

/**
 * Names that the hub itself gives, to guests and to who was erased, and what means somebody else in a path, or leads elsewhere:
 * Antavo's word for all customers, a customer by another of their names, and dots.
 */
export const isReserved = (id: string): boolean =>
	/^(?:-|\.\.?|\{[^:{}]+:.+\}|(?:guest|opted_out)_[0-9a-f]{32})$/s.test(id);

export const burnsPoints = ({ data }: Situation): boolean => {
	const burned = data["points_burned"] ?? 0;
	return typeof burned !== "number" || burned !== 0;
};

/** A guest's purchase is all that a member's is, but for its points: there is nobody who could have them. */
export function guestsDecision(decision: Decision, { state, id }: Situation): Decision {
	const { effect, children } = decision;
	const isFirst = state.customer === undefined;
	return {
		points: 0,
		postings: noPostings,
		...(effect === undefined ? {} : { effect: pointless(effect, isFirst ? id : undefined) }),
		...(children === undefined ? {} : { children: children.map(guestsChild) }),
	};
}

const guestsChild = ({ action, data }: Child): Child => ({ action, data, points: 0, postings: noPostings });

function pointless(effect: Effect, guest: string | undefined): Effect {
	if (effect.kind !== "opened" && effect.kind !== "changed") return effect;
	const content = { earned: 0, lines: effect.lines.map(earningNothing) };
	if (effect.kind === "changed") return { ...effect, ...content };
	return { ...effect, ...content, ...(guest === undefined ? {} : { guest }) };
}

const earningNothing = (line: Line): Line => ({ ...line, earned: 0 });
