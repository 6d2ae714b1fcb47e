import type { JsonObject } from "../model/json.ts";
import { invariant, unreachable } from "../model/result.ts";
import { lotsAfter } from "./lots.ts";
import { exact } from "./money.ts";
import { bookOf, type Postings } from "./postings.ts";
import {
	at,
	type Balance,
	type Customer,
	type Effect,
	emptyBalance,
	type Fact,
	type Holdings,
	type Line,
	type Profile,
	type State,
	type Transaction,
	transactionKey,
} from "./state.ts";
import { tiersAfter, together } from "./tiers.ts";

/** The state after one more event. Live writes and rebuilding both come here, so they can not disagree. */
export function evolve(state: State, fact: Fact): State {
	const after: State = {
		customer: customerAfter(state.customer, fact),
		balances: balancesAfter(state.balances, fact.postings),
		transactions: transactionsAfter(state.transactions, fact),
		identities: fact.identities.length === 0 ? state.identities : [...state.identities, ...fact.identities],
		lots: lotsAfter(state.lots, fact.lots, fact.id),
		reservations: reservationsAfter(state.reservations, fact),
		tiers: tiersAfter(state.tiers, fact),
	};
	switch (fact.effect?.kind) {
		case "merged":
			return { ...after, reservations: {}, tiers: {} };
		case "absorbed":
			return withHoldings(after, fact.effect.holdings);
		default:
			return after;
	}
}

/** What a customer has with what another had. Where both have it, their own counts. */
function withHoldings(state: State, had: Holdings): State {
	const tiers = Object.entries(had.tiers).map(([structure, theirs]) => {
		const own = at(state.tiers, structure);
		return [
			structure,
			own === undefined ? { ...theirs, tier: null, until: null } : together(own, theirs),
		] as const;
	});
	return {
		...state,
		customer: state.customer && {
			...state.customer,
			profile: { ...had.profile, ...state.customer.profile },
		},
		transactions: { ...had.transactions, ...state.transactions },
		reservations: { ...had.reservations, ...state.reservations },
		identities: [...state.identities, ...had.identities],
		tiers: { ...state.tiers, ...Object.fromEntries(tiers) },
	};
}

function customerAfter(customer: Customer | undefined, fact: Fact): Customer | undefined {
	const { effect, data, timestamp } = fact;
	if (effect?.kind === "joined") {
		return { ...begun(fact), id: effect.id, status: "active", profile: profileAfter({}, data, timestamp) };
	}
	if (effect?.kind === "opened" && effect.guest !== undefined) {
		return { ...begun(fact), id: effect.guest, status: "guest", profile: {} };
	}
	if (customer === undefined) return customer;
	const active = keptActive(customer, fact);
	switch (effect?.kind) {
		case "updated": {
			const updatedAt = Math.max(customer.updatedAt, timestamp);
			return { ...active, profile: profileAfter(customer.profile, data, timestamp), updatedAt };
		}
		case "suspended":
			return { ...active, status: "suspended" };
		case "unsuspended":
			return { ...active, status: "active" };
		case "merged": {
			const status = effect.claim === undefined ? "merged" : "claimed";
			return { ...active, status, links: { ...active.links, into: effect.into } };
		}
		case "absorbed": {
			const { links } = active;
			const kept = keptActive(active, effect.holdings);
			return { ...kept, links: { ...links, absorbed: [...links.absorbed, ...effect.from] } };
		}
		case "erased":
			return { ...active, status: "erased" };
		default:
			return active;
	}
}

const begun = ({ timestamp, activeUntil }: Fact) => ({
	createdAt: timestamp,
	updatedAt: timestamp,
	activeUntil,
	links: { into: null, absorbed: [] },
});

/** Activity only ever keeps points for longer, also where its events come late. */
function keptActive(customer: Customer, { activeUntil }: Pick<Fact, "activeUntil">): Customer {
	const later = Object.entries(activeUntil).filter(
		([account, until]) => (at(customer.activeUntil, account) ?? 0) < until,
	);
	if (later.length === 0) return customer;
	return { ...customer, activeUntil: { ...customer.activeUntil, ...Object.fromEntries(later) } };
}

/** Sets each attribute unless a later event has set it. */
function profileAfter(profile: Profile, data: JsonObject, time: number): Profile {
	const set = Object.entries(data).filter(([name]) => (at(profile, name)?.[1] ?? time) <= time);
	return Object.fromEntries([
		...Object.entries(profile),
		...set.map(([name, value]) => [name, [value, time]] as const),
	]);
}

export function balancesAfter(
	balances: Readonly<Record<string, Balance>>,
	postings: Postings,
): Readonly<Record<string, Balance>> {
	let after = balances;
	for (const [name, points] of Object.entries(postings)) {
		const { account, book } = bookOf(name);
		if (!isCustomers(book)) continue;
		const balance = at(after, account) ?? emptyBalance;
		invariant(book in balance, "points are in a book that exists");
		const sum = balance[book as keyof Balance] + points;
		invariant(Number.isSafeInteger(sum), "a balance is an exact integer");
		after = { ...after, [account]: { ...balance, [book]: sum } };
	}
	return after;
}

/** The other books are the program's. */
const isCustomers = (book: string): boolean => book !== "issued" && book !== "moved" && book !== "forfeited";

type Transactions = State["transactions"];

function transactionsAfter(transactions: Transactions, fact: Fact): Transactions {
	const { effect } = fact;
	if (effect === undefined || !("transaction" in effect)) return transactions;
	const key = transactionKey(effect.orders, effect.transaction);
	const before = at(transactions, key);
	if (effect.kind === "opened") return { ...transactions, [key]: opened(effect, fact) };
	if (effect.kind === "reserved" || effect.kind === "released") return transactions;
	invariant(before !== undefined, "an event continues a transaction that was opened");
	return { ...transactions, [key]: { ...continued(before, effect), updatedAt: fact.timestamp } };
}

type Of<Kind extends Effect["kind"]> = Extract<Effect, { readonly kind: Kind }>;

const opened = (effect: Of<"opened">, { id, timestamp, account }: Fact): Transaction => ({
	orders: effect.orders,
	id: effect.transaction,
	status: effect.status,
	account,
	currency: effect.currency,
	total: effect.total,
	refunded: "0",
	earned: effect.earned,
	earnedBack: 0,
	burned: effect.burned,
	burnedBack: 0,
	accepted: "0",
	activated: 0,
	autoAcceptAt: effect.autoAcceptAt ?? null,
	taken: effect.taken ?? [],
	lines: effect.lines,
	event: id,
	createdAt: timestamp,
	updatedAt: timestamp,
});

function continued(
	before: Transaction,
	effect: Of<"changed" | "accepted" | "line_accepted" | "rejected" | "refunded">,
): Transaction {
	switch (effect.kind) {
		case "changed": {
			const { currency = before.currency, total, earned, burned, lines, taken = [] } = effect;
			return { ...before, currency, total, earned, burned, lines, taken };
		}
		case "accepted":
			return { ...before, status: "accepted", activated: before.earned };
		case "line_accepted":
			return lineAccepted(before, effect);
		case "rejected":
			return rejected(before, effect);
		case "refunded": {
			const after = givenBack(before, effect);
			const whole = exact(after.refunded).equals(after.total);
			return { ...after, status: whole ? "refunded" : "accepted" };
		}
		default:
			return unreachable(effect);
	}
}

function lineAccepted(before: Transaction, { product, amount, activated }: Of<"line_accepted">): Transaction {
	const lines = before.lines.map((line) => (line.product === product ? { ...line, accepted: true } : line));
	return {
		...before,
		lines,
		status: lines.every(({ accepted }) => accepted) ? "accepted" : "pending",
		accepted: sum(before.accepted, amount),
		activated: before.activated + activated,
	};
}

/** Where some lines were accepted before, they are what remains of the purchase. */
function rejected(before: Transaction, effect: Of<"rejected">): Transaction {
	const { status, accepted, activated, burned } = before;
	if (status !== "pending" || exact(accepted).isZero()) {
		return { ...givenBack(before, effect), status: "rejected" };
	}
	return {
		...before,
		status: "accepted",
		total: accepted,
		earned: activated,
		burned: burned - effect.burnedBack,
		taken: effect.taken ?? [],
		lines: before.lines.filter((line) => line.accepted),
	};
}

function givenBack(before: Transaction, effect: Of<"rejected" | "refunded">): Transaction {
	return {
		...before,
		refunded: sum(before.refunded, effect.amount),
		earnedBack: before.earnedBack + effect.earnedBack,
		burnedBack: before.burnedBack + effect.burnedBack,
		taken: effect.taken ?? [],
		lines:
			effect.kind === "refunded"
				? before.lines.map((line) => (line.product === effect.product ? refunded(line, effect.amount) : line))
				: before.lines,
	};
}

const refunded = (line: Line, amount: string): Line => ({ ...line, refunded: sum(line.refunded, amount) });

const sum = (a: string, b: string): string => exact(a).plus(b).toString();

type Reservations = State["reservations"];

/** A purchase consumes what was reserved for it. */
function reservationsAfter(reservations: Reservations, { effect, account }: Fact): Reservations {
	if (effect?.kind !== "reserved" && effect?.kind !== "released" && effect?.kind !== "opened")
		return reservations;
	const { orders, transaction } = effect;
	const key = transactionKey(orders, transaction);
	if (effect.kind === "reserved") {
		const { points, taken } = effect;
		return { ...reservations, [key]: { orders, id: transaction, account, points, taken } };
	}
	const before = at(reservations, key);
	const isOurs = before !== undefined && (effect.kind === "released" || before.account === account);
	if (!isOurs) return reservations;
	return Object.fromEntries(Object.entries(reservations).filter(([name]) => name !== key));
}
