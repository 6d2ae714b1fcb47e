import type { JsonObject } from "../model/json.ts";
import { good } from "../model/result.ts";
import { type Decide, refuse, type Situation } from "./decision.ts";
import { type Book, postingsOf } from "./postings.ts";
import { at, emptyBalance } from "./state.ts";

/** Moves the event's `points`; `sign` is how they stand at the event. */
const moving =
	(
		from: Book,
		to: Book,
		sign: 1 | -1,
		check: (points: number, situation: Situation) => ReturnType<Decide> | undefined,
	): Decide =>
	(situation) => {
		const points = pointsOf(situation.data);
		if (points === undefined) return refuse(0, 'Property "points" must be a whole number above zero');
		const refusal = check(points, situation);
		if (refusal !== undefined) return refusal;
		const { account } = situation;
		return good({ points: sign * points, postings: postingsOf([{ account, from, to, points }]) });
	};

function pointsOf(data: JsonObject): number | undefined {
	const points = data["points"];
	return typeof points === "number" && Number.isSafeInteger(points) && points > 0 ? points : undefined;
}

export const decideAdd = moving("issued", "active", 1, () => undefined);

/** A correction of what was earned, not a spending: it is allowed to take the balance below zero. */
export const decideSubtract = moving("active", "issued", -1, () => undefined);

export const decideSpend = moving("active", "spent", -1, checkSpendable);

export const decideUnspend = moving("spent", "active", 1, (points, { state, account }) => {
	const { spent } = at(state.balances, account) ?? emptyBalance;
	return points > spent
		? refuse(112900, "Cannot unspend more than the customer current spent points")
		: undefined;
});

/** Whether the program lets the customer spend so many points more. */
export function checkSpendable(
	points: number,
	{ state, account, rules }: Situation,
): ReturnType<typeof refuse> | undefined {
	const { active } = at(state.balances, account) ?? emptyBalance;
	if (rules.overdraft === "allow" || points <= active) return undefined;
	return refuse(120241, "Customer does not have enough points");
}
