import type { Tier, TierStructure } from "../catalog/tiers.ts";
import { endOfDay, firstDayTo, minus, nextAnniversary, plus, startOfDay } from "./dates.ts";
import { exact, type Money, noMoney } from "./money.ts";
import { bookOf, type Postings } from "./postings.ts";
import { at, type Effect, type Fact, type State, type TierState, type Transaction } from "./state.ts";

const dayMs = 86_400_000;

/** What counted longer ago than this matters to no window but a lifetime, for which its day does not matter. */
const datedMs = 1_100 * dayMs;

const nowhere: TierState = { tier: null, since: 0, until: null, counted: [] };

/** The tiers after one more event. */
export function tiersAfter(
	tiers: State["tiers"],
	{ effect, counted, uncounted, timestamp }: Fact,
): State["tiers"] {
	let after = tiers;
	const count = (structure: string, day: number | null, amount: string): void => {
		const before = at(after, structure) ?? nowhere;
		after = { ...after, [structure]: { ...before, counted: withCounted(before.counted, day, amount) } };
	};
	for (const [structure, amount] of Object.entries(counted)) count(structure, startOfDay(timestamp), amount);
	for (const [structure, days] of Object.entries(uncounted))
		for (const [day, amount] of days) count(structure, day, exact(amount).negated().toString());
	if (effect?.kind !== "tier") return after;
	const before = at(after, effect.structure) ?? nowhere;
	const moved = before.tier !== effect.tier;
	const { tier, until } = effect;
	return {
		...after,
		[effect.structure]: { ...before, tier, until, since: moved ? timestamp : before.since },
	};
}

/**
 * Where an amount counted that goes back with its purchase: from the day of the purchase on, the oldest first, for it may
 * have been accepted later. What is not there never counted, as where the structure is younger than the purchase.
 */
export function countedBack(
	{ counted }: TierState = nowhere,
	{ amount, since }: { readonly amount: Money; readonly since: number },
): TierState["counted"] {
	const undated = newestOf(counted) - since > datedMs;
	let rest = amount;
	return counted.flatMap(([day, sum]) => {
		const part = rest.lessThan(sum) ? rest : exact(sum);
		const isMeant = day === null ? undated : day >= since;
		if (!isMeant || !part.greaterThan(0)) return [];
		rest = rest.minus(part);
		return [[day, part.toString()] as const];
	});
}

/** What counted for two customers who became one. */
export const together = (own: TierState, theirs: TierState): TierState => ({
	...own,
	counted: theirs.counted.reduce((counted, [day, amount]) => withCounted(counted, day, amount), own.counted),
});

function withCounted(
	counted: TierState["counted"],
	day: number | null,
	amount: string,
): TierState["counted"] {
	const sums = new Map<number | null, Money>();
	const add = (on: number | null, more: Money | string): void =>
		void sums.set(on, (sums.get(on) ?? noMoney).plus(more));
	const newest = Math.max(newestOf(counted), day ?? 0);
	for (const [on, sum] of [...counted, [day, amount] as const]) {
		add(on !== null && newest - on <= datedMs ? on : null, sum);
	}
	return [...sums].sort(([a], [b]) => (a ?? 0) - (b ?? 0)).map(([on, sum]) => [on, sum.toString()] as const);
}

const newestOf = (counted: TierState["counted"]): number =>
	counted.reduce((latest, [day]) => Math.max(latest, day ?? 0), 0);

interface Counting {
	readonly action: string;
	readonly postings: Postings;
	readonly effect: Effect | undefined;
	/** The event's transaction as it was before it. */
	readonly transaction: Transaction | undefined;
}

/** What an event adds to each structure; below zero where it takes away, as a refund does. */
export function countedBy(
	structures: ReadonlyMap<string, TierStructure>,
	counting: Counting,
): ReadonlyMap<string, Money> {
	const all = new Map<string, Money>();
	for (const { id, counts } of structures.values()) {
		const amount = counts.kind === "spend" ? spentBy(counting) : scoredBy(counts, counting);
		if (!amount.isZero()) all.set(id, amount);
	}
	return all;
}

type PointsCount = Extract<TierStructure["counts"], { readonly kind: "points" }>;

/** The change of the account's score. */
function scoredBy({ account, actions }: PointsCount, { action, postings }: Counting): Money {
	if (actions !== null && !actions.includes(action)) return noMoney;
	const books = Object.entries(postings).map(([name, points]) => ({ ...bookOf(name), points }));
	const scored = books.filter(
		(one) => one.account === account && ["active", "spent", "reserved", "expired"].includes(one.book),
	);
	return exact(String(scored.reduce((sum, { points }) => sum + points, 0)));
}

/** Money counts when its purchase is accepted, and no longer when it goes back. */
function spentBy({ effect, transaction }: Counting): Money {
	switch (effect?.kind) {
		case "opened":
			return effect.status === "accepted" ? exact(effect.total) : noMoney;
		case "accepted":
			return transaction === undefined ? noMoney : exact(transaction.total).minus(transaction.accepted);
		case "line_accepted":
			return exact(effect.amount);
		case "refunded":
			return exact(effect.amount).negated();
		case "rejected":
			return transaction?.status === "accepted"
				? exact(transaction.refunded).minus(transaction.total)
				: noMoney;
		default:
			return noMoney;
	}
}

/** Where the customer is after a look at the structure, and whether that is up or down from where they were. */
export interface Move {
	readonly action: "tier_up" | "tier_down" | "tier_renew";
	/** When it happened, however late the look. */
	readonly time: number;
	readonly effect: Extract<Effect, { readonly kind: "tier" }>;
}

/**
 * A tier is reached the moment enough has counted, and lost at its end only. Undefined where nothing moves; where a tier
 * has ended since anybody looked, its end comes first, and there may be more to come.
 */
export function review(
	structure: TierStructure,
	state: TierState = nowhere,
	{ now, joinedAt }: { readonly now: number; readonly joinedAt: number },
): Move | undefined {
	const current = structure.tiers.findIndex(({ id }) => id === standingOf(structure, state)?.id);
	if (state.until !== null && state.until <= now) {
		const lowest = lowestAfter(structure, current);
		const { place, at: now } = placeAfter(structure, state, { until: state.until, joinedAt, lowest });
		const action = place > current ? "tier_up" : place === current ? "tier_renew" : "tier_down";
		return { action, time: state.until, effect: effectOf(structure, place, { now, joinedAt }) };
	}
	const place = placeOf(structure, countedIn(structure, state, now, joinedAt));
	if (place <= current) return undefined;
	return { action: "tier_up", time: now, effect: effectOf(structure, place, { now, joinedAt }) };
}

const effectOf = (
	structure: TierStructure,
	place: number,
	when: { readonly now: number; readonly joinedAt: number },
): Move["effect"] => ({
	kind: "tier",
	structure: structure.id,
	tier: structure.tiers[place]?.id ?? null,
	until: untilOf(structure, place, when),
});

/** The lowest tier to which the end of another leads. */
function lowestAfter({ downgrade }: TierStructure, current: number): number {
	switch (downgrade) {
		case "never":
			return current;
		case "one":
			return current - 1;
		case "fit":
			return -1;
	}
}

const placeOf = ({ tiers }: TierStructure, counted: Money): number =>
	tiers.findLastIndex(({ from }) => counted.greaterThanOrEqualTo(from));

/**
 * Where the end of a tier leads, and from when on that is kept: to the highest that was reached again, in the window that
 * was over as the grace began or on a day of the grace. Of equals it is the last, which is kept longest.
 */
function placeAfter(
	structure: TierStructure,
	state: TierState,
	{ until, joinedAt, lowest }: { readonly until: number; readonly joinedAt: number; readonly lowest: number },
): { readonly place: number; readonly at: number } {
	const { window, grace } = structure;
	const end = firstDayTo(endOfDay(until), grace) - dayMs;
	// A year is over with its last moment; a rolling window has lost the day on which the tier was reached only at its end.
	const within = sinceOf(window, window.kind === "rolling" ? end : end - 1, joinedAt);
	const looks = [
		{ at: end - 1, counted: sumOf(state, within, end) },
		...state.counted.flatMap(([day]) =>
			day === null || day < end || day >= until
				? []
				: [{ at: day, counted: sumOf(state, sinceOf(window, day, joinedAt), endOfDay(day)) }],
		),
	];
	const reached = looks.map((look) => ({ at: look.at, place: placeOf(structure, look.counted) }));
	const { place, at: since } = reached.reduce((best, one) =>
		one.place >= Math.max(best.place, lowest) ? one : best,
	);
	return { place: Math.max(place, lowest), at: since };
}

/** The tier in which they are: a first one that begins at nothing is everybody's. */
export function standingOf({ tiers }: TierStructure, state: TierState | undefined): Tier | undefined {
	const named = tiers.find(({ id }) => id === state?.tier);
	return named ?? tiers.find(({ from }) => exact(from).isZero());
}

/** What counts at `now`. */
export const countedIn = (
	{ window }: TierStructure,
	state: TierState = nowhere,
	now: number,
	joinedAt: number,
): Money => sumOf(state, sinceOf(window, now, joinedAt), Number.POSITIVE_INFINITY);

function sumOf({ counted }: TierState, since: number | null, before: number): Money {
	const within = counted.filter(([day]) =>
		day === null ? since === null : day >= (since ?? 0) && day < before,
	);
	return within.reduce((sum, [, amount]) => sum.plus(amount), noMoney);
}

function sinceOf(window: TierStructure["window"], now: number, joinedAt: number): number | null {
	switch (window.kind) {
		case "lifetime":
			return null;
		case "rolling":
			return firstDayTo(startOfDay(now), window.last);
		case "calendar":
			return Date.UTC(new Date(now).getUTCFullYear(), 0, 1);
		case "anniversary":
			return lastAnniversary(now, joinedAt);
	}
}

/** A tier of a year is kept until the next year ends, and for the grace. The lowest has nothing to lose. */
function untilOf(
	{ window, downgrade, grace }: TierStructure,
	index: number,
	{ now, joinedAt }: { readonly now: number; readonly joinedAt: number },
): number | null {
	if (index <= 0 || downgrade === "never" || window.kind === "lifetime") return null;
	switch (window.kind) {
		case "rolling":
			return plus(endOfDay(plus(now, window.last)), grace);
		case "calendar":
			return plus(Date.UTC(new Date(now).getUTCFullYear() + 2, 0, 1), grace);
		case "anniversary":
			return plus(nextAnniversary(nextAnniversary(now, joinedAt), joinedAt), grace);
	}
}

function lastAnniversary(now: number, joinedAt: number): number {
	const next = nextAnniversary(now, joinedAt);
	const before = minus(next, { months: 12, days: 0 });
	return Math.min(before, startOfDay(now));
}
