import type { JsonObject } from "../model/json.ts";
import { invariant, unreachable } from "../model/result.ts";
import { exact } from "./money.ts";
import { bookOf, type Postings } from "./postings.ts";
import {
	at,
	type Balance,
	type Customer,
	type Effect,
	emptyBalance,
	type Fact,
	type Line,
	type Profile,
	type State,
	type Transaction,
	transactionKey,
} from "./state.ts";

/** The state after one more event. Live writes and rebuilding both come here, so they can not disagree. */
export function evolve(state: State, fact: Fact): State {
	return {
		customer: customerAfter(state.customer, fact),
		balances: balancesAfter(state.balances, fact.postings),
		transactions: transactionsAfter(state.transactions, fact),
		identities: fact.identities.length === 0 ? state.identities : [...state.identities, ...fact.identities],
	};
}

function customerAfter(
	customer: Customer | undefined,
	{ effect, data, timestamp }: Fact,
): Customer | undefined {
	if (effect?.kind === "joined") {
		const profile = profileAfter({}, data, timestamp);
		return { id: effect.id, status: "active", profile, createdAt: timestamp, updatedAt: timestamp };
	}
	if (effect?.kind !== "updated" || customer === undefined) return customer;
	return {
		...customer,
		profile: profileAfter(customer.profile, data, timestamp),
		updatedAt: Math.max(customer.updatedAt, timestamp),
	};
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
		if (book === "issued") continue;
		const balance = at(after, account) ?? emptyBalance;
		invariant(book in balance, "points are in a book that exists");
		const sum = balance[book as keyof Balance] + points;
		invariant(Number.isSafeInteger(sum), "a balance is an exact integer");
		after = { ...after, [account]: { ...balance, [book]: sum } };
	}
	return after;
}

type Transactions = State["transactions"];

function transactionsAfter(transactions: Transactions, fact: Fact): Transactions {
	const { effect } = fact;
	if (effect === undefined || effect.kind === "joined" || effect.kind === "updated") return transactions;
	const key = transactionKey(effect.orders, effect.transaction);
	const before = at(transactions, key);
	if (effect.kind === "opened") return { ...transactions, [key]: opened(effect, fact) };
	invariant(before !== undefined, "an event continues a transaction that was opened");
	return { ...transactions, [key]: { ...continued(before, effect), updatedAt: fact.timestamp } };
}

type Of<Kind extends Effect["kind"]> = Extract<Effect, { readonly kind: Kind }>;

const opened = (effect: Of<"opened">, { seq, timestamp, account }: Fact): Transaction => ({
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
	lines: effect.lines,
	event: seq,
	createdAt: timestamp,
	updatedAt: timestamp,
});

function continued(
	before: Transaction,
	effect: Of<"changed" | "accepted" | "rejected" | "refunded">,
): Transaction {
	switch (effect.kind) {
		case "changed": {
			const { total, earned, burned, lines } = effect;
			return { ...before, total, earned, burned, lines };
		}
		case "accepted":
			return { ...before, status: "accepted" };
		case "rejected":
			return { ...givenBack(before, effect), status: "rejected" };
		case "refunded": {
			const after = givenBack(before, effect);
			const whole = exact(after.refunded).equals(after.total);
			return { ...after, status: whole ? "refunded" : "accepted" };
		}
		default:
			return unreachable(effect);
	}
}

function givenBack(before: Transaction, effect: Of<"rejected" | "refunded">): Transaction {
	return {
		...before,
		refunded: sum(before.refunded, effect.amount),
		earnedBack: before.earnedBack + effect.earnedBack,
		burnedBack: before.burnedBack + effect.burnedBack,
		lines: before.lines.map((line) =>
			line.product === effect.product ? refunded(line, effect.amount) : line,
		),
	};
}

const refunded = (line: Line, amount: string): Line => ({ ...line, refunded: sum(line.refunded, amount) });

const sum = (a: string, b: string): string => exact(a).plus(b).toString();
