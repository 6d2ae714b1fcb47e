import type { JsonObject } from "../model/json.ts";
import { good } from "../model/result.ts";
import { textIn } from "./cast.ts";
import { endOfDay, expiryOf } from "./dates.ts";
import { type Decide, refuse, type Situation } from "./decision.ts";
import { openPurse, type Purse } from "./lots.ts";
import { postingsOf } from "./postings.ts";
import { at, emptyBalance, transactionKey } from "./state.ts";

/** The purse of an account, in the state before the event. */
export const purseOf = (
	{ state, timestamp, rules }: Pick<Situation, "state" | "timestamp" | "rules">,
	account: string,
): Purse => openPurse({ state, account, timestamp, returnedFor: rules.returnedFor });

/** When points expire that are earned by the event. */
export function freshExpiry(
	{ rules, timestamp, state }: Pick<Situation, "state" | "timestamp" | "rules">,
	account: string,
): number | null {
	const rule = rules.accounts.get(account)?.expiry ?? { kind: "none" };
	return expiryOf(rule, timestamp, state.customer?.createdAt ?? timestamp);
}

const notACount = refuse(0, 'Property "points" must be a whole number above zero');

function pointsOf(data: JsonObject): number | undefined {
	const points = data["points"];
	return typeof points === "number" && Number.isSafeInteger(points) && points > 0 ? points : undefined;
}

export const decideAdd: Decide = (situation) => {
	const points = pointsOf(situation.data);
	return points === undefined ? notACount : adding(situation, points);
};

/** Gives points to the event's account, or takes them away where below zero. */
export function adding(situation: Situation, points: number): ReturnType<Decide> {
	const { account } = situation;
	const purse = purseOf(situation, account);
	if (points > 0) purse.give(points, { expiresAt: saidExpiry(situation) ?? freshExpiry(situation, account) });
	else purse.take(-points);
	const postings = postingsOf([{ account, from: "issued", to: "active", points }]);
	return good({ points, postings, lots: purse.changes() });
}

/** The last day of the points, where the event says it itself. */
function saidExpiry({ data }: Situation): number | undefined {
	const said = textIn(data, "expdate");
	return said === "" ? undefined : endOfDay(Date.parse(said.slice(0, 10)));
}

/** A correction of what was earned, not a spending: it is allowed to take the balance below zero. */
export const decideSubtract: Decide = (situation) => {
	const points = pointsOf(situation.data);
	return points === undefined ? notACount : adding(situation, -points);
};

/** A correction in either direction. */
export const decideFix: Decide = (situation) => {
	const points = situation.data["points"];
	if (typeof points !== "number" || !Number.isSafeInteger(points) || points === 0) {
		return refuse(0, 'Property "points" must be a whole number, and not zero');
	}
	return adding(situation, points);
};

export const decideSpend: Decide = (situation) => {
	const { account } = situation;
	const points = pointsOf(situation.data);
	if (points === undefined) return notACount;
	const refusal = checkSpendable(points, situation);
	if (refusal !== undefined) return refusal;
	const purse = purseOf(situation, account);
	purse.take(points);
	const postings = postingsOf([{ account, from: "active", to: "spent", points }]);
	return good({ points: -points, postings, lots: purse.changes() });
};

/** Nobody says which lots they were: they are good as long as points that are earned now. */
export const decideUnspend: Decide = (situation) => {
	const { state, account } = situation;
	const points = pointsOf(situation.data);
	if (points === undefined) return notACount;
	const { spent } = at(state.balances, account) ?? emptyBalance;
	if (points > spent) return refuse(112900, "Cannot unspend more than the customer current spent points");
	const purse = purseOf(situation, account);
	purse.give(points, { expiresAt: freshExpiry(situation, account) });
	const postings = postingsOf([{ account, from: "spent", to: "active", points }]);
	return good({ points, postings, lots: purse.changes() });
};

/** Keeps points for the purchase of that transaction id. One can only keep what one has. */
export const decideReserve: Decide = (situation) => {
	const { account, orders, data, state } = situation;
	const points = pointsOf(data);
	if (points === undefined) return notACount;
	const transaction = textIn(data, "transaction_id");
	if (at(state.reservations, transactionKey(orders, transaction)) !== undefined) {
		return refuse(5003, "The transaction ID has already been used");
	}
	const refusal = suspended(situation) ?? missing(points, situation);
	if (refusal !== undefined) return refusal;
	const purse = purseOf(situation, account);
	const taken = purse.take(points);
	return good({
		points: 0,
		postings: postingsOf([{ account, from: "active", to: "reserved", points }]),
		effect: { kind: "reserved", orders, transaction, points, taken },
		lots: purse.changes(),
	});
};

export const decideRelease: Decide = (situation) => {
	const { orders, data, state } = situation;
	const transaction = textIn(data, "transaction_id");
	const reservation = at(state.reservations, transactionKey(orders, transaction));
	if (reservation === undefined) return refuse(0, "There are no points reserved for this transaction");
	const { account, points, taken } = reservation;
	const purse = purseOf(situation, account);
	purse.restore(points, taken, freshExpiry(situation, account));
	return good({
		points: 0,
		postings: postingsOf([{ account, from: "reserved", to: "active", points }]),
		effect: { kind: "released", orders, transaction },
		lots: purse.changes(),
	});
};

/** Whether the program lets the customer spend so many points more. */
export function checkSpendable(points: number, situation: Situation): ReturnType<typeof refuse> | undefined {
	if (points <= 0) return undefined;
	const refusal = suspended(situation);
	if (refusal !== undefined || situation.rules.overdraft === "allow") return refusal;
	return missing(points, situation);
}

function missing(points: number, { state, account }: Situation): ReturnType<typeof refuse> | undefined {
	const { active } = at(state.balances, account) ?? emptyBalance;
	return points <= active ? undefined : refuse(120241, "Customer does not have enough points");
}

const suspended = ({ state }: Situation): ReturnType<typeof refuse> | undefined =>
	state.customer?.status === "suspended"
		? refuse(110003, "Customer is not allowed to spend points")
		: undefined;
