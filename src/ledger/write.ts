import type { Program } from "../catalog/program.ts";
import type { Crypto } from "../model/crypto.ts";
import type { JsonObject } from "../model/json.ts";
import { canonicalText } from "./canonical.ts";
import { endOfDay, plus, startOfDay } from "./dates.ts";
import { balancesAfter } from "./evolve.ts";
import { bookOf, mainAccount, type Postings } from "./postings.ts";
import { type Properties, snapshotOf } from "./properties.ts";
import { at, type Effect, emptyBalance, type State, type TierState, transactionKey } from "./state.ts";
import { countedBack, countedBy, type Move, review } from "./tiers.ts";
import type { Turn } from "./turn.ts";

/** An event as it was decided. */
export interface Writing {
	readonly subject: string;
	readonly key: string;
	readonly action: string;
	readonly account: string;
	readonly timestamp: number;
	readonly data: JsonObject;
	/** `data` as canonical JSON, where it is known already. */
	readonly text?: string;
	readonly postings: Postings;
	readonly properties: Omit<Properties, "snapshot" | "account" | keyof Following>;
}

/** Writes the event with what follows from it by the program: the account after it, what it keeps alive, what it counts. */
export function put(turn: Turn, { subject, account, ...event }: Writing): string {
	const id = turn.nextId();
	const { postings, properties } = event;
	if (turn.program.tiers.size > 0) turn.load(subject, "tiers");
	const state = turn.state(subject);
	const balance = at(balancesAfter(state.balances, postings), account) ?? emptyBalance;
	const isGuests =
		state.customer === undefined ? makesGuest(properties.effect) : state.customer.status === "guest";
	const following = isGuests ? nothing : followingFrom(turn.program, state, event);
	turn.write({
		...event,
		subject,
		text: event.text ?? canonicalText(event.data),
		properties: {
			...properties,
			...(account === mainAccount ? {} : { account }),
			...following,
			snapshot: snapshotOf(balance),
		},
	});
	return id;
}

const makesGuest = (effect: Effect | undefined): boolean =>
	effect?.kind === "opened" && effect.guest !== undefined;

interface Followed extends Pick<Writing, "action" | "timestamp" | "postings"> {
	readonly properties: Pick<Properties, "effect" | "lots">;
}

type Following = Pick<Properties, "activeUntil" | "counted" | "uncounted">;
const nothing: Following = {};

/** What follows from an event by the program: what it keeps alive, and what it counts. */
export function followingFrom(program: Program, state: State, event: Followed): Following {
	const { action, postings, properties } = event;
	const activeUntil = keptUntil(program, state, event);
	return {
		...(activeUntil === undefined ? {} : { activeUntil }),
		...countedIn(program, state, action, postings, properties.effect),
	};
}

/** What is new counts on the event's day; what goes back with a purchase no longer counts where the purchase did. */
function countedIn(
	{ tiers: structures }: Program,
	{ transactions, tiers }: State,
	action: string,
	postings: Postings,
	effect: Effect | undefined,
): Pick<Following, "counted" | "uncounted"> {
	const moves = effect?.kind === "merged" || effect?.kind === "absorbed" || effect?.kind === "erased";
	if (structures.size === 0 || moves) return {};
	const transaction =
		effect !== undefined && "transaction" in effect
			? at(transactions, transactionKey(effect.orders, effect.transaction))
			: undefined;
	const counted: [string, string][] = [];
	const uncounted: [string, TierState["counted"]][] = [];
	for (const [id, amount] of countedBy(structures, { action, postings, effect, transaction })) {
		if (transaction === undefined || amount.isPositive()) counted.push([id, amount.toString()]);
		else {
			const since = startOfDay(transaction.createdAt);
			const back = countedBack(at(tiers, id), { amount: amount.negated(), since });
			if (back.length > 0) uncounted.push([id, back]);
		}
	}
	return {
		...(counted.length === 0 ? {} : { counted: Object.fromEntries(counted) }),
		...(uncounted.length === 0 ? {} : { uncounted: Object.fromEntries(uncounted) }),
	};
}

/**
 * For the accounts whose points lapse together: until when this event keeps them. The first points that come after they
 * have lapsed begin a time of their own, or they would end with those that are gone.
 */
function keptUntil(
	{ points }: Program,
	{ customer }: State,
	{ action, postings, timestamp, properties: { lots = [] } }: Followed,
): Readonly<Record<string, number>> | undefined {
	const kept: [string, number][] = [];
	for (const [account, { expiry }] of points.accounts) {
		if (expiry.kind !== "activity" || action === expireAction) continue;
		const counts =
			expiry.actions === null
				? Object.keys(postings).some((name) => bookOf(name).account === account)
				: expiry.actions.includes(action);
		const until = at(customer?.activeUntil ?? {}, account);
		const begins =
			until !== undefined &&
			until <= timestamp &&
			lots.some((lot) => (lot.account ?? mainAccount) === account && lot.points > 0);
		if (counts || begins) kept.push([account, endOfDay(plus(timestamp, expiry.after))]);
	}
	return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** Points that nobody spent in time. */
export const expireAction = "point_expire";

/** What the hub writes by itself. */
export const ownProvenance = { source: "Platform" } as const;

/** The key of what the hub writes by itself: of all that makes it the one it is. */
export const ownKey = (of: readonly (string | number)[], { sha256Hex }: Pick<Crypto, "sha256Hex">): string =>
	`${sha256Hex(JSON.stringify(of)).slice(0, 28)}0000`;

/**
 * Writes a `tier_up`, `tier_down` or `tier_renew` for each structure in which the customer is to move by then, and one for
 * each end of a tier that nobody has looked at.
 */
export function reviewTiers(
	turn: Turn,
	subject: string,
	{
		keyAt,
		parent,
		now = turn.recordedAt,
	}: { readonly keyAt: (index: number) => string; readonly parent?: string; readonly now?: number },
): void {
	if (turn.program.tiers.size === 0) return;
	turn.load(subject, "tiers");
	let index = 0;
	for (const structure of turn.program.tiers.values()) {
		for (;;) {
			const { customer, tiers } = turn.state(subject);
			if (customer === undefined) return;
			const move = review(structure, at(tiers, structure.id), { now, joinedAt: customer.createdAt });
			if (move === undefined) break;
			const { effect, action, time } = move;
			putTier(turn, subject, { action, effect, key: keyAt(index), timestamp: time, parent });
			index += 1;
		}
	}
}

interface WritingTier extends Pick<Move, "action" | "effect">, Pick<Writing, "key" | "timestamp"> {
	readonly parent: string | undefined;
}

/** Writes that a customer is in another tier, or in the same for longer. Their tiers have been read. */
export function putTier(
	turn: Turn,
	subject: string,
	{ action, effect, key, timestamp, parent }: WritingTier,
): void {
	const { customer, tiers } = turn.state(subject);
	const { structure, tier } = effect;
	put(turn, {
		subject,
		key,
		action,
		account: mainAccount,
		timestamp,
		data: { structure, tier, previous: at(tiers, structure)?.tier ?? null },
		postings: {},
		properties: {
			customer: customer?.id ?? "",
			points: 0,
			effect,
			provenance: ownProvenance,
			...(parent === undefined ? {} : { parent }),
		},
	});
}
