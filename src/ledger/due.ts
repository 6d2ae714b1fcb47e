import { mainAccount, postingsOf } from "./postings.ts";
import { at, type Lot, lotKey, type State } from "./state.ts";
import type { Turn } from "./turn.ts";
import { expireAction, ownProvenance, put, reviewTiers } from "./write.ts";

/**
 * Writes what has become due for a customer by itself: points that nobody spent in time, and the end of a tier's. It
 * comes before anything else that is appended for them, so that no decision sees points that are gone; how late a
 * sweep comes makes no difference to anybody.
 */
export function settleDue(turn: Turn, subject: string): void {
	for (const part of ["lots", "tiers"] as const) turn.load(subject, part);
	const { customer, lots } = turn.state(subject);
	if (customer?.status === "active" || customer?.status === "suspended") {
		const overdue = Object.values(lots).filter((lot) => endOf(lot, customer.activeUntil) <= turn.recordedAt);
		for (const [account, gone] of Map.groupBy(overdue, (lot) => lot.account)) expire(turn, subject, account, gone);
		reviewTiers(turn, subject, { keyAt: (index) => keyOf(turn, ["tier", subject, turn.nextId(), index]) });
	}
	turn.setDue(subject, nextDue(turn.state(subject)));
}

function expire(turn: Turn, subject: string, account: string, lots: readonly Lot[]): void {
	const { customer } = turn.state(subject);
	const points = lots.reduce((sum, lot) => sum + lot.points, 0);
	const ended = Math.max(...lots.map((lot) => endOf(lot, customer?.activeUntil ?? {})));
	put(turn, {
		subject,
		key: keyOf(turn, ["expire", subject, account, ...lots.map(({ event }) => event)]),
		action: expireAction,
		account,
		timestamp: Math.min(ended, turn.recordedAt),
		data: { points },
		postings: postingsOf([{ account, from: "active", to: "expired", points }]),
		properties: {
			customer: customer?.id ?? "",
			points: -points,
			lots: lots.map(({ event, points: gone }) => ({
				...(account === mainAccount ? {} : { account }),
				event,
				points: -gone,
			})),
			provenance: ownProvenance,
		},
	});
}

/** When a lot is gone: by its own date, or with its account's. */
export const endOf = ({ account, expiresAt }: Lot, activeUntil: Readonly<Record<string, number>>): number =>
	Math.min(expiresAt ?? Number.POSITIVE_INFINITY, at(activeUntil, account) ?? Number.POSITIVE_INFINITY);

/** When something is due again; null where nothing is. The lots and tiers have been read. */
export function nextDue({ customer, lots, tiers }: State): number | null {
	const times = [
		...Object.values(lots).map((lot) => endOf(lot, customer?.activeUntil ?? {})),
		...Object.values(tiers).flatMap(({ until }) => until ?? []),
	];
	const next = Math.min(...times);
	return Number.isFinite(next) ? next : null;
}

/** What of an account is gone already, though no event says so yet. */
export function overdueIn(state: State, account: string, now: number): number {
	const { customer, lots } = state;
	const gone = Object.entries(lots).filter(
		([key, lot]) => key === lotKey(account, lot.event) && endOf(lot, customer?.activeUntil ?? {}) <= now,
	);
	return gone.reduce((sum, [, { points }]) => sum + points, 0);
}

/** An event that the hub writes by itself has a key of its own, the same whenever it is written. */
const keyOf = ({ crypto }: Turn, of: readonly (string | number)[]): string =>
	`${crypto.sha256Hex(JSON.stringify(of)).slice(0, 28)}0000`;
