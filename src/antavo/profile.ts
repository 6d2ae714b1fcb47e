import type { Program } from "../catalog/program.ts";
import { mainAccount } from "../ledger/postings.ts";
import type { CustomerView, Receipt } from "../ledger/view.ts";
import type { Json } from "../model/json.ts";

/** Antavo's numbers of a customer: the sum of their accounts. What one account owes does not lessen what another may spend. */
export function numbersOf({ accounts }: CustomerView) {
	const sum = (name: "score" | "spent" | "pending" | "reserved" | "expired" | "spendable"): number =>
		accounts.reduce((total, account) => total + account[name], 0);
	return {
		score: sum("score"),
		spent: sum("spent"),
		pending: sum("pending"),
		reserved: sum("reserved"),
		expired: sum("expired"),
		spendable: sum("spendable"),
	};
}

/** As Antavo lists a customer's accounts. */
export const accountsOf = (program: Program, { accounts }: CustomerView) =>
	accounts.map(({ account, score, spent, pending, reserved, expired, spendable }) => ({
		...accountOf(program, account),
		earned: score,
		spent,
		pending,
		reserved,
		expired,
		spendable,
	}));

/** Null is the main account. */
export const accountOf = ({ points }: Program, account: string | null) => {
	const id = account ?? mainAccount;
	return { id, name: points.accounts.get(id)?.label ?? id };
};

/** Antavo's texts are empty rather than null. */
const textIn = ({ profile }: CustomerView, name: string): Json =>
	(Object.hasOwn(profile, name) ? profile[name] : null) ?? "";

/** The part of a customer that the Events API answers with, and what was added to the points that can be spent. */
export function answerOf(program: Program, customer: CustomerView, receipts: readonly Receipt[]) {
	const hasAccounts = customer.accounts.length > 1;
	return {
		id: customer.id,
		created_at: isoSeconds(customer.created_at),
		handler: textIn(customer, "handler"),
		status: customer.status,
		...numbersOf(customer),
		level: customer.tiers.find(({ id }) => id !== null)?.id ?? null,
		language: textIn(customer, "language"),
		currency: textIn(customer, "currency"),
		first_name: textIn(customer, "first_name"),
		last_name: textIn(customer, "last_name"),
		email: textIn(customer, "email"),
		mobile_phone: textIn(customer, "mobile_phone"),
		image_url: null,
		...(hasAccounts ? { accounts: accountsOf(program, customer) } : {}),
		events: eventsOf(program, receipts, hasAccounts),
	};
}

/**
 * The events that changed what can be spent at once: none of a purchase that is pending, but for what it burns. An event that
 * has no points of its own, or moved pending ones, shows what became spendable by it.
 */
export const eventsOf = (program: Program, receipts: readonly Receipt[], hasAccounts: boolean) =>
	receipts
		.flatMap(({ events }) => events)
		.filter(({ spendable }) => spendable !== 0)
		.map(({ event, spendable, pending }) => ({
			id: event.id,
			action: event.action,
			points: event.points === 0 || pending !== 0 ? spendable : event.points,
			...(event.expdate === null ? {} : { expdate: event.expdate }),
			...(hasAccounts || event.account !== null ? { account: accountOf(program, event.account) } : {}),
		}));

/**
 * What a guest's event is answered with: the event itself, whatever points it moved, and no customer. The list is the one
 * that clients look for in any answer, and what they add up from it is right.
 */
export const guestsAnswer = (receipts: readonly Receipt[]) => ({
	events: receipts.flatMap(({ events: [first] }) =>
		first === undefined
			? []
			: [{ id: first.event.id, action: first.event.action, points: first.event.points }],
	),
});

/** `2024-01-01T00:00:00Z`: Antavo writes no milliseconds here. */
const isoSeconds = (iso: string): string => iso.replace(/\.[0-9]+Z$/, "Z");
