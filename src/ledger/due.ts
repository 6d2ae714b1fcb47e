import { invariant } from "../model/result.ts";
import { decide } from "./decide.ts";
import { lookAgainMs } from "./limits.ts";
import { takenAway } from "./lots.ts";
import { postingsOf } from "./postings.ts";
import { at, type Customer, type Lot, type State, type Transaction } from "./state.ts";
import type { Turn } from "./turn.ts";
import { expireAction, ownKey, ownProvenance, put, reviewTiers } from "./write.ts";

/**
 * Writes what has become due for a customer by itself, if anything has: points that nobody spent in time, and the end of a
 * tier's. It comes before anything else that is appended for them, so that no decision sees points that are gone; how late a
 * sweep comes makes no difference to anybody.
 */
export function settleDue(turn: Turn, subject: string): void {
	const dueAt = turn.dueAt(subject);
	if (dueAt === null || dueAt > turn.recordedAt) return;
	for (const part of ["lots", "tiers"] as const) turn.load(subject, part);
	turn.loadTransactions(subject, "waiting");
	const { customer } = turn.state(subject);
	if (customer !== undefined && mayBeDue.has(customer.status)) {
		const accepting = Object.values(turn.state(subject).transactions)
			.flatMap((transaction) => acceptingAt(transaction, turn.recordedAt))
			.sort((a, b) => a.time - b.time);
		for (const { transaction, time } of accepting) {
			end(turn, subject, time);
			accept(turn, subject, transaction, time);
			end(turn, subject, time);
		}
		end(turn, subject, turn.recordedAt);
	}
	turn.setDue(subject, nextDue(turn.state(subject), turn.recordedAt));
}

/** A guest's purchase accepts itself too. */
const mayBeDue: ReadonlySet<Customer["status"]> = new Set(["active", "suspended", "guest"]);

interface Accepting {
	readonly transaction: Transaction;
	readonly time: number;
}

const acceptingAt = (transaction: Transaction, now: number): readonly Accepting[] => {
	const { status, autoAcceptAt: time } = transaction;
	return status === "pending" && time !== null && time <= now ? [{ transaction, time }] : [];
};

/** Writes what has ended by then, and which tiers were reached: what happens later does not bring it back. */
function end(turn: Turn, subject: string, now: number): void {
	const { customer, lots } = turn.state(subject);
	const overdue = Object.values(lots).filter((lot) => endOf(lot, customer?.activeUntil ?? {}) <= now);
	for (const [account, gone] of Map.groupBy(overdue, (lot) => lot.account))
		expire(turn, subject, account, gone);
	reviewTiers(turn, subject, {
		keyAt: (index) => ownKey(["tier", subject, turn.nextId(), index], turn.crypto),
		now,
	});
}

function accept(turn: Turn, subject: string, transaction: Transaction, timestamp: number): void {
	const { customer } = turn.state(subject);
	const definition = turn.definition("checkout_accept");
	invariant(definition !== undefined, "the factory defines checkout_accept");
	const data = { transaction_id: transaction.id };
	const decided = decide({
		definition,
		data,
		timestamp,
		account: transaction.account,
		orders: transaction.orders,
		lenient: false,
		guest: customer?.status === "guest",
		id: customer?.id ?? "",
		identities: [],
		state: turn.state(subject),
		rules: turn.program.points,
	});
	invariant(decided.ok, "a pending purchase can be accepted");
	const { points, postings, effect, lots = [] } = decided.value;
	put(turn, {
		subject,
		key: ownKey(["accept", subject, transaction.orders, transaction.id], turn.crypto),
		action: definition.name,
		account: transaction.account,
		timestamp,
		data,
		postings,
		properties: {
			customer: customer?.id ?? "",
			points,
			...(effect === undefined ? {} : { effect }),
			lots,
			provenance: ownProvenance,
		},
	});
}

function expire(turn: Turn, subject: string, account: string, lots: readonly Lot[]): void {
	const { customer } = turn.state(subject);
	const points = lots.reduce((sum, lot) => sum + lot.points, 0);
	const ended = Math.max(...lots.map((lot) => endOf(lot, customer?.activeUntil ?? {})));
	put(turn, {
		subject,
		// A lot that has expired may be filled again, by what was taken of it before, and expire again.
		key: ownKey(["expire", subject, account, turn.nextId()], turn.crypto),
		action: expireAction,
		account,
		timestamp: Math.min(ended, turn.recordedAt),
		data: { points },
		postings: postingsOf([{ account, from: "active", to: "expired", points }]),
		properties: {
			customer: customer?.id ?? "",
			points: -points,
			lots: lots.map(takenAway),
			provenance: ownProvenance,
		},
	});
}

/** When a lot is gone: by its own date, or with its account's. */
export const endOf = (
	{ account, expiresAt }: Pick<Lot, "account" | "expiresAt">,
	activeUntil: Customer["activeUntil"],
): number =>
	Math.min(expiresAt ?? Number.POSITIVE_INFINITY, at(activeUntil, account) ?? Number.POSITIVE_INFINITY);

/**
 * When something is due again; null where nothing is. The lots and tiers have been read. What is overdue still, when all
 * that is due was written, nobody can settle today: it ends in a structure that the program no longer has. It may have it
 * again, and is not asked at once, for a sweep would never end.
 */
function nextDue({ customer, lots, tiers, transactions }: State, now: number): number | null {
	const times = [
		...Object.values(lots).map((lot) => endOf(lot, customer?.activeUntil ?? {})),
		...Object.values(tiers).flatMap(({ until }) => until ?? []),
		...Object.values(transactions).flatMap(({ status, autoAcceptAt }) =>
			status === "pending" && autoAcceptAt !== null ? [autoAcceptAt] : [],
		),
	];
	const next = Math.min(...times.map((time) => (time > now ? time : now + lookAgainMs)));
	return Number.isFinite(next) ? next : null;
}

/** What of an account is gone already, though no event says so yet. */
export const overdueIn = ({ customer, lots }: State, account: string, now: number): number =>
	Object.values(lots)
		.filter((lot) => lot.account === account && endOf(lot, customer?.activeUntil ?? {}) <= now)
		.reduce((sum, { points }) => sum + points, 0);
