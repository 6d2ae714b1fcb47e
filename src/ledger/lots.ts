import type { Period } from "../catalog/fields.ts";
import { endOfDay, plus } from "./dates.ts";
import { mainAccount } from "./postings.ts";
import { at, emptyBalance, type Lot, type LotChange, lotKey, type State, type Taken } from "./state.ts";

/**
 * The points of one account while an event is decided. Points are spent first-expiring-first; who spends more than
 * there is owes the rest, and the next points fill it up before they make a lot.
 */
export interface Purse {
	/** What may be spent; below zero where more was. */
	readonly active: () => number;
	/** Takes points out, those of the purchase before others where one is named. What is not there becomes a debt. */
	readonly take: (points: number, transaction?: string) => readonly Taken[];
	/** Puts in new points. */
	readonly give: (
		points: number,
		lot: { readonly expiresAt: number | null; readonly transaction?: string },
	) => void;
	/** Takes over another customer's lot as it is. */
	readonly adopt: (lot: Lot) => void;
	/**
	 * Puts points back where they were taken; gives what remains of `taken`. What was spent without being there comes
	 * back as if it were earned now, to expire at `fresh`.
	 */
	readonly restore: (points: number, taken: readonly Taken[], fresh: number | null) => readonly Taken[];
	/** What became of the lots since this was last asked, to be recorded with an event. */
	readonly changes: () => readonly LotChange[];
}

export interface PurseParts {
	readonly state: State;
	readonly account: string;
	readonly timestamp: number;
	/** How long points are good that come back too late. */
	readonly returnedFor: Period;
}

/** The lot that the event itself makes: it has no id yet. */
const own = "";

/** Opens the purse of an account whose lots were read into the state. */
export function openPurse({ state, account, timestamp, returnedFor }: PurseParts): Purse {
	let active = (at(state.balances, account) ?? emptyBalance).active;
	const open = new Map(
		Object.values(state.lots)
			.filter((lot) => lot.account === account)
			.sort(firstExpiring)
			.map((lot) => [lot.event, lot]),
	);
	const changed = new Map<string, Change>();

	const change = (lot: Omit<Lot, "points" | "account">, points: number): void => {
		const before = changed.get(lot.event)?.points ?? 0;
		changed.set(lot.event, { ...lot, points: before + points });
		const left = (open.get(lot.event)?.points ?? 0) + points;
		if (left === 0) open.delete(lot.event);
		else open.set(lot.event, { ...lot, account, points: left });
	};

	const give: Purse["give"] = (points, { expiresAt, transaction = null }) => {
		const debt = Math.max(0, -active);
		active += points;
		const spendable = points - Math.min(points, debt);
		if (spendable > 0) change({ event: own, expiresAt, transaction }, spendable);
	};

	return {
		active: () => active,

		take: (points, transaction) => {
			const taken: Taken[] = [];
			let rest = points;
			for (const lot of inTurn([...open.values()], transaction)) {
				if (rest === 0) break;
				const part = Math.min(rest, lot.points);
				const { event, expiresAt } = lot;
				taken.push({ event, points: part, expiresAt, transaction: lot.transaction });
				change(lot, -part);
				rest -= part;
			}
			active -= points;
			return taken;
		},

		give,

		adopt: (lot) => {
			const owed = Math.min(lot.points, Math.max(0, -active));
			active += lot.points;
			if (lot.points > owed) change(lot, lot.points - owed);
		},

		restore: (points, taken, fresh) => {
			const debt = Math.min(points, Math.max(0, -active));
			const left = taken.map((one) => ({ ...one }));
			let rest = points - debt;
			active += debt;
			// The last to expire first: what the customer loses next was spent, and stays so.
			for (const one of left.toReversed()) {
				const part = Math.min(rest, one.points);
				if (part === 0) continue;
				const late = one.expiresAt !== null && one.expiresAt <= timestamp;
				if (late) give(part, { expiresAt: endOfDay(plus(timestamp, returnedFor)) });
				else {
					active += part;
					change(one, part);
				}
				one.points -= part;
				rest -= part;
			}
			if (rest > 0) give(rest, { expiresAt: fresh });
			return left.filter((one) => one.points > 0);
		},

		changes: () => {
			const all = [...changed.values()].filter(({ points }) => points !== 0);
			changed.clear();
			return all.map((one) => changeOf(account, one));
		},
	};
}

interface Change extends Omit<Lot, "account"> {}

const changeOf = (account: string, { event, points, expiresAt, transaction }: Change): LotChange => ({
	...(account === mainAccount ? {} : { account }),
	...(event === own ? {} : { event }),
	points,
	...(expiresAt === null ? {} : { expiresAt }),
	...(transaction === null ? {} : { transaction }),
});

/** By expiry, never last; of one day the older first. */
export const firstExpiring = (a: Lot, b: Lot): number =>
	(a.expiresAt ?? Number.POSITIVE_INFINITY) - (b.expiresAt ?? Number.POSITIVE_INFINITY) ||
	(a.event < b.event ? -1 : 1);

const inTurn = (lots: readonly Lot[], transaction: string | undefined): readonly Lot[] => {
	const byExpiry = lots.toSorted(firstExpiring);
	if (transaction === undefined) return byExpiry;
	return [
		...byExpiry.filter((lot) => lot.transaction === transaction),
		...byExpiry.filter((lot) => lot.transaction !== transaction),
	];
};

/** The lots after an event's changes. */
export function lotsAfter(lots: State["lots"], changes: readonly LotChange[], id: string): State["lots"] {
	if (changes.length === 0) return lots;
	const after: Record<string, Lot> = { ...lots };
	for (const { account = mainAccount, event = id, points, expiresAt = null, transaction = null } of changes) {
		const key = lotKey(account, event);
		const left = (at(after, key)?.points ?? 0) + points;
		if (left === 0) delete after[key];
		else after[key] = { account, event, points: left, expiresAt, transaction };
	}
	return after;
}

/** A lot that an event takes away as a whole: its points expire, are forfeited, or go over to another customer. */
export const takenAway = ({ account, event, points }: Lot): LotChange => ({
	...(account === mainAccount ? {} : { account }),
	event,
	points: -points,
});
