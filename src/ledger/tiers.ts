import type { Tier, TierStructure } from "../catalog/tiers.ts";
import { endOfDay, minus, nextAnniversary, plus, startOfDay } from "./dates.ts";
import { exact, type Money, noMoney } from "./money.ts";
import { bookOf, type Postings } from "./postings.ts";
import { at, type Effect, type Fact, type State, type TierState, type Transaction } from "./state.ts";

const dayMs = 86_400_000;

/** What counted longer ago than this matters to no window but a lifetime, for which its day does not matter. */
const datedMs = 1_100 * dayMs;

const nowhere: TierState = { tier: null, since: 0, until: null, counted: [] };

/** The tiers after one more event. */
export function tiersAfter(tiers: State["tiers"], { effect, counted, timestamp }: Fact): State["tiers"] {
	let after = tiers;
	for (const [structure, amount] of Object.entries(counted)) {
		const before = at(after, structure) ?? nowhere;
		const more = withCounted(before.counted, startOfDay(timestamp), amount);
		after = { ...after, [structure]: { ...before, counted: more } };
	}
	if (effect?.kind !== "tier") return after;
	const before = at(after, effect.structure) ?? nowhere;
	const moved = before.tier !== effect.tier;
	const { tier, until } = effect;
	return {
		...after,
		[effect.structure]: { ...before, tier, until, since: moved ? timestamp : before.since },
	};
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
	const newest = counted.reduce((latest, [on]) => Math.max(latest, on ?? 0), day ?? 0);
	for (const [on, sum] of [...counted, [day, amount] as const]) {
		add(on !== null && newest - on <= datedMs ? on : null, sum);
	}
	return [...sums].sort(([a], [b]) => (a ?? 0) - (b ?? 0)).map(([on, sum]) => [on, sum.toString()] as const);
}

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
): Readonly<Record<string, string>> {
	const all: [string, string][] = [];
	for (const { id, counts } of structures.values()) {
		const amount = counts.kind === "spend" ? spentBy(counting) : scoredBy(counts, counting);
		if (!amount.isZero()) all.push([id, amount.toString()]);
	}
	return Object.fromEntries(all);
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
	readonly effect: Extract<Effect, { readonly kind: "tier" }>;
}

/** A tier is reached the moment enough has counted, and lost at its end only. Undefined where nothing moves. */
export function review(
	structure: TierStructure,
	state: TierState = nowhere,
	{ now, joinedAt }: { readonly now: number; readonly joinedAt: number },
): Move | undefined {
	const { tiers, downgrade } = structure;
	const counted = countedIn(structure, state, now, joinedAt);
	const reached = tiers.findLastIndex(({ from }) => counted.greaterThanOrEqualTo(from));
	const current = tiers.findIndex(({ id }) => id === standingOf(structure, state)?.id);
	const to = (index: number, action: Move["action"]): Move => ({
		action,
		effect: {
			kind: "tier",
			structure: structure.id,
			tier: tiers[index]?.id ?? null,
			until: untilOf(structure, index, { now, joinedAt }),
		},
	});
	if (reached > current) return to(reached, "tier_up");
	if (state.until === null || now < state.until) return undefined;
	if (reached === current || downgrade === "never") return to(current, "tier_renew");
	return to(downgrade === "one" ? Math.max(reached, current - 1) : reached, "tier_down");
}

/** The tier in which they are: a first one that begins at nothing is everybody's. */
export function standingOf({ tiers }: TierStructure, state: TierState | undefined): Tier | undefined {
	const named = tiers.find(({ id }) => id === state?.tier);
	return named ?? tiers.find(({ from }) => exact(from).isZero());
}

/** What counts at `now`. */
export function countedIn(
	{ window }: TierStructure,
	{ counted }: TierState = nowhere,
	now: number,
	joinedAt: number,
): Money {
	const since = sinceOf(window, now, joinedAt);
	const within = counted.filter(([day]) => since === null || (day !== null && day >= since));
	return within.reduce((sum, [, amount]) => sum.plus(amount), noMoney);
}

function sinceOf(window: TierStructure["window"], now: number, joinedAt: number): number | null {
	switch (window.kind) {
		case "lifetime":
			return null;
		case "rolling":
			return startOfDay(minus(now, window.last));
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
			return endOfDay(plus(plus(now, window.last), grace));
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
