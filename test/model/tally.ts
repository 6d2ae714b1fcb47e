import type { JsonObject } from "../../src/model/json.ts";
import { type Person, people } from "./steps.ts";

/** What was sent, as its sender sees it. */
export interface Said {
	/** The same of what is sent again. */
	readonly key: string;
	readonly action: string;
	readonly who: Person;
	readonly data: JsonObject;
	readonly account: string;
	readonly timestamp: number;
}

/** Antavo's numbers of one account. */
export interface Numbers {
	readonly score: number;
	readonly spent: number;
	readonly pending: number;
	readonly reserved: number;
	readonly spendable: number;
}

interface Account {
	active: number;
	pending: number;
	spent: number;
	reserved: number;
}

interface Order {
	readonly account: string;
	/** Whole units of its currency. */
	readonly total: number;
	readonly earned: number;
	readonly burned: number;
	status: "pending" | "accepted" | "rejected" | "refunded";
	refunded: number;
	earnedBack: number;
	burnedBack: number;
}

interface Member {
	readonly accounts: Map<string, Account>;
	readonly orders: Map<string, Order>;
	readonly reservations: Map<string, Reserved>;
}

interface Reserved {
	readonly account: string;
	readonly points: number;
}

interface Known {
	readonly members: Map<Person, Member>;
	/** When they joined, whoever they were merged into since. */
	readonly since: Map<Person, number>;
	/** Who was merged into whom. */
	readonly into: Map<Person, Person>;
	readonly erasedAt: Map<Person, number>;
	readonly recorded: Set<string>;
	/** Orders of people who were erased: whether their numbers may be used again, nobody says. */
	readonly lost: Set<string>;
	readonly forfeited: Map<string, number>;
}

/**
 * What everybody's points must be, told from the documents of the program and of Antavo, where points do not expire,
 * purchases are pending until they are accepted, earn 5 % rounded up, and everybody may burn more than they have. It
 * knows nothing of events, lots, claims and shards, and is told everything in the order in which it was answered.
 */
export function openTally() {
	let known: Known = {
		members: new Map(),
		since: new Map(),
		into: new Map(),
		erasedAt: new Map(),
		recorded: new Set(),
		lost: new Set(),
		forfeited: new Map(),
	};
	/** They are noted outside, so that they outlive a restored backup. */
	const erasures: { readonly who: readonly Person[]; readonly at: number }[] = [];

	const now = (who: Person): Person => {
		const into = known.into.get(who);
		return into === undefined ? who : now(into);
	};
	const memberOf = (who: Person): Member | undefined => known.members.get(now(who));

	function take(said: Said, at: number): void {
		const { key, who, action } = said;
		if (known.recorded.has(key)) return;
		if (said.timestamp <= (known.erasedAt.get(who) ?? Number.NEGATIVE_INFINITY)) return;
		const member = memberOf(who);
		if (action === "opt_in") {
			if (member !== undefined) return;
			const nothing = { accounts: new Map(), orders: new Map(), reservations: new Map() };
			known.members.set(who, nothing);
			known.since.set(who, at);
		} else if (member === undefined) return;
		else if (action === "opt_out") erasures.push({ who: end(who, at), at });
		else if (!happens(member, said)) return;
		known.recorded.add(key);
	}

	/** Whether the order is somebody else's; no two people have one of the same number. */
	const isTaken = (id: string): boolean => [...known.members.values()].some(({ orders }) => orders.has(id));

	/** What it does to the points; false where it is refused, or nothing. */
	function happens(member: Member, { action, data, account: name }: Said): boolean {
		const account = accountOf(member, name);
		const points = Number(data["points"]);
		const id = String(data["transaction_id"]);
		switch (action) {
			case "point_add":
				account.active += points;
				return true;
			case "point_sub":
				account.active -= points;
				return true;
			case "point_fix":
				account.active += points;
				return points !== 0;
			case "point_spend":
				account.active -= points;
				account.spent += points;
				return true;
			case "point_unspend":
				if (points > account.spent) return false;
				account.active += points;
				account.spent -= points;
				return true;
			case "reserve_points":
				if (member.reservations.has(id) || points > account.active) return false;
				member.reservations.set(id, { account: name, points });
				account.active -= points;
				account.reserved += points;
				return true;
			case "release_points":
				return release(member, id);
			case "checkout":
				if (isTaken(id)) return false;
				buy(member, id, {
					account: name,
					total: Number(data["total"]),
					burned: Number(data["points_burned"]),
				});
				return true;
			case "profile":
				return true;
			default:
				return follows(member, member.orders.get(id), action, Number(data["amount"]));
		}
	}

	function release(member: Member, id: string): boolean {
		const reservation = member.reservations.get(id);
		if (reservation === undefined) return false;
		giveFree(member, reservation);
		member.reservations.delete(id);
		return true;
	}

	function giveFree(member: Member, { account: name, points }: Reserved): void {
		const account = accountOf(member, name);
		account.reserved -= points;
		account.active += points;
	}

	function buy(member: Member, id: string, bought: Pick<Order, "account" | "total" | "burned">): void {
		// What is reserved for a purchase is there for it; what it leaves is there for others.
		if (member.reservations.get(id)?.account === bought.account) release(member, id);
		const earned = Math.ceil((bought.total * 5) / 100);
		const account = accountOf(member, bought.account);
		account.active -= bought.burned;
		account.spent += bought.burned;
		account.pending += earned;
		const begun = { status: "pending", refunded: 0, earnedBack: 0, burnedBack: 0 } as const;
		member.orders.set(id, { ...bought, earned, ...begun });
	}

	function follows(member: Member, order: Order | undefined, action: string, amount: number): boolean {
		if (order === undefined) return false;
		const account = accountOf(member, order.account);
		const { total, status } = order;
		switch (action) {
			case "checkout_accept":
				if (status !== "pending") return false;
				account.pending -= order.earned;
				account.active += order.earned;
				order.status = "accepted";
				return true;
			case "checkout_reject":
				if (status !== "pending" && status !== "accepted") return false;
				giveBack(account, order, order.earned, order.burned);
				order.status = "rejected";
				return true;
			case "refund":
				if (status !== "accepted") return false;
				giveBack(account, order, order.earned, order.burned);
				order.status = "refunded";
				return true;
			case "partial_refund": {
				if (status !== "accepted" || order.refunded === total) return false;
				// Of a connector's refund no more counts than is left of the order.
				order.refunded = Math.min(order.refunded + amount, total);
				giveBack(
					account,
					order,
					partOf(order.earned, order.refunded, total),
					partOf(order.burned, order.refunded, total),
				);
				if (order.refunded === total) order.status = "refunded";
				return true;
			}
			default:
				throw new Error(`nobody has said what ${action} does to the points`);
		}
	}

	/** So that so much of what was earned and burned has been given back in the end. */
	function giveBack(account: Account, order: Order, earned: number, burned: number): void {
		account[order.status === "pending" ? "pending" : "active"] -= earned - order.earnedBack;
		account.active += burned - order.burnedBack;
		account.spent -= burned - order.burnedBack;
		order.earnedBack = earned;
		order.burnedBack = burned;
	}

	function merge(first: Person, second: Person): void {
		const [from, into] = [now(first), now(second)];
		const [goes, stays] = [known.members.get(from), known.members.get(into)];
		if (goes === undefined || stays === undefined || from === into) return;
		for (const [name, had] of goes.accounts) {
			const has = accountOf(stays, name);
			has.active += had.active;
			has.pending += had.pending;
			has.spent += had.spent;
			has.reserved += had.reserved;
		}
		for (const [id, order] of goes.orders) stays.orders.set(id, order);
		for (const [id, reservation] of goes.reservations) {
			// An order has one reservation: of two, the one's who stays is kept.
			if (stays.reservations.has(id)) giveFree(stays, reservation);
			else stays.reservations.set(id, reservation);
		}
		known.members.delete(from);
		known.into.set(from, into);
	}

	/** The person is nobody from now on, and so is who was merged into them; gives who they were. */
	function end(who: Person, at: number): readonly Person[] {
		const root = now(who);
		const gone = people.filter((one) => now(one) === root);
		const member = known.members.get(root);
		for (const [name, { active, pending, reserved }] of member?.accounts ?? []) {
			known.forfeited.set(name, (known.forfeited.get(name) ?? 0) + active + pending + reserved);
		}
		for (const id of member?.orders.keys() ?? []) known.lost.add(id);
		known.members.delete(root);
		for (const one of gone) {
			known.into.delete(one);
			known.since.delete(one);
			known.erasedAt.set(one, at);
		}
		return gone;
	}

	return {
		/** Something was answered: `at` is when, or, of an opt-out, the time that was noted of it outside. */
		take,
		merge,
		/** A backup was restored: erasures since are done again before anything else. */
		eraseAgain: (): void => {
			for (const { who, at } of erasures) {
				for (const one of who) {
					const since = known.since.get(one) ?? Number.POSITIVE_INFINITY;
					if (memberOf(one) !== undefined && since <= at) end(one, at);
					known.erasedAt.set(one, Math.max(at, known.erasedAt.get(one) ?? at));
				}
			}
		},
		/** Whether the documents say what becomes of it. */
		isTold: ({ action, data }: Said): boolean =>
			action !== "checkout" || !known.lost.has(String(data["transaction_id"])),
		/** By account; undefined where they are nobody, or somebody else by now. */
		numbers: (who: Person): Readonly<Record<string, Numbers>> | undefined => {
			const member = known.members.get(who);
			if (member === undefined) return undefined;
			return Object.fromEntries([...member.accounts].map(([name, account]) => [name, numbersOf(account)]));
		},
		forfeited: (): Readonly<Record<string, number>> => Object.fromEntries(known.forfeited),
		save: (): Known => structuredClone(known),
		load: (saved: Known): void => {
			known = structuredClone(saved);
		},
	};
}

export type Tally = ReturnType<typeof openTally>;
export type SavedTally = ReturnType<Tally["save"]>;

function accountOf({ accounts }: Member, name: string): Account {
	const found = accounts.get(name) ?? { active: 0, pending: 0, spent: 0, reserved: 0 };
	accounts.set(name, found);
	return found;
}

/** Of whole points, to the nearest, halves up. */
const partOf = (points: number, part: number, whole: number): number =>
	whole === 0 ? points : Math.floor((2 * points * part + whole) / (2 * whole));

const numbersOf = ({ active, pending, spent, reserved }: Account): Numbers => ({
	score: active + spent + reserved,
	spent,
	pending,
	reserved,
	spendable: Math.max(0, active),
});
