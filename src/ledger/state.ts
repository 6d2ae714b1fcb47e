import type { Json, JsonObject } from "../model/json.ts";
import type { Postings } from "./postings.ts";

/** Own properties only: names come from senders, and one may be called `constructor`. */
export const at = <Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined =>
	Object.hasOwn(record, name) ? record[name] : undefined;

/** What the events of one customer come to. */
export interface State {
	/** Undefined before the first `opt_in`. */
	readonly customer: Customer | undefined;
	/** By account. */
	readonly balances: Readonly<Record<string, Balance>>;
	/** By `transactionKey`. */
	readonly transactions: Readonly<Record<string, Transaction>>;
	/** Those tied by the events folded so far. */
	readonly identities: readonly TiedIdentity[];
	/** The open ones, by `lotKey`. */
	readonly lots: Readonly<Record<string, Lot>>;
	/** By `transactionKey`. */
	readonly reservations: Readonly<Record<string, Reservation>>;
	/** By structure. */
	readonly tiers: Readonly<Record<string, TierState>>;
}

export const nobody: State = {
	customer: undefined,
	balances: {},
	transactions: {},
	identities: [],
	lots: {},
	reservations: {},
	tiers: {},
};

export interface Customer {
	/** The loyalty id. */
	readonly id: string;
	/**
	 * `guest`: nobody who is known, who has one purchase and no points. `claimed`: a guest whose purchase became a
	 * member's.
	 */
	readonly status: "active" | "suspended" | "merged" | "erased" | "guest" | "claimed";
	/** Each attribute with the time that set it, unix milliseconds; an older event does not overwrite it. */
	readonly profile: Profile;
	/** The `opt_in`'s timestamp. */
	readonly createdAt: number;
	/** The newest timestamp among the events that changed the profile. */
	readonly updatedAt: number;
	/** By account whose points lapse together: when they do, unless something is done before. */
	readonly activeUntil: Readonly<Record<string, number>>;
	/** Whom they were merged into, and who was merged into them, with whom those had absorbed: other customers' subjects. */
	readonly links: Links;
}

export interface Links {
	readonly into: Link | null;
	readonly absorbed: readonly Link[];
}

interface Link {
	readonly subject: string;
	readonly shard: number;
}

/** All that a customer has: what goes over to another by a merge. */
export interface Holdings extends Omit<State, "customer"> {
	readonly profile: Profile;
	readonly activeUntil: Customer["activeUntil"];
}

export type Profile = Readonly<Record<string, readonly [value: Json, time: number]>>;

export interface TiedIdentity {
	readonly kind: string;
	readonly value: string;
	readonly hash: string;
}

/** Antavo's numbers: score = active + spent + reserved + expired, spendable = active where above zero. */
export interface Balance {
	readonly active: number;
	readonly pending: number;
	readonly spent: number;
	readonly reserved: number;
	readonly expired: number;
}

export const emptyBalance: Balance = { active: 0, pending: 0, spent: 0, reserved: 0, expired: 0 };

export const scoreOf = ({ active, spent, reserved, expired }: Balance): number =>
	active + spent + reserved + expired;

/** Points that one event gave and that can still be spent. Those of an account sum to what is active, or to nothing. */
export interface Lot {
	readonly account: string;
	/** The id of the event that gave them. */
	readonly event: string;
	/** Above zero. */
	readonly points: number;
	/** The first moment at which they can no longer be spent, unix milliseconds. */
	readonly expiresAt: number | null;
	/** The `transactionKey` of the purchase that earned them. */
	readonly transaction: string | null;
}

export const lotKey = (account: string, event: string): string => `${account}/${event}`;

/** What an event did to one lot: gave the points to it, or took them where below zero. */
export interface LotChange {
	/** Absent for the main account. */
	readonly account?: string;
	/** The lot's event; absent where it is this one. */
	readonly event?: string;
	readonly points: number;
	readonly expiresAt?: number;
	readonly transaction?: string;
}

/** Points that were taken from lots, to be put back into them. */
export interface Taken {
	/** The lot's event. */
	readonly event: string;
	readonly points: number;
	readonly expiresAt: number | null;
	readonly transaction: string | null;
}

/** Points that are kept for a purchase to come. */
export interface Reservation {
	readonly orders: string;
	readonly id: string;
	readonly account: string;
	readonly points: number;
	/** The lots that they came from; what is missing was not there. */
	readonly taken: readonly Taken[];
}

/** Where a customer stands in one structure. */
export interface TierState {
	/** Null where they are below the first. */
	readonly tier: string | null;
	readonly since: number;
	/** When it has to have been reached again; null where it stays. */
	readonly until: number | null;
	/** What counted: decimal texts by the day (unix milliseconds of its beginning), or by null where the day does not matter. */
	readonly counted: readonly (readonly [day: number | null, amount: string])[];
}

export type TransactionStatus = "pending" | "accepted" | "rejected" | "refunded";

/** A purchase. Amounts are decimal texts in its currency. */
export interface Transaction {
	/** Whose order numbers: see `Command`. Empty where the sender has no namespace. */
	readonly orders: string;
	readonly id: string;
	readonly status: TransactionStatus;
	readonly account: string;
	readonly currency: string | null;
	readonly total: string;
	readonly refunded: string;
	readonly earned: number;
	readonly earnedBack: number;
	readonly burned: number;
	readonly burnedBack: number;
	/** What of the total was accepted line by line while the rest is pending. */
	readonly accepted: string;
	/** What of `earned` could be spent at some time, though the rest is pending. */
	readonly activated: number;
	/** When it accepts itself while it is pending, unix milliseconds. */
	readonly autoAcceptAt: number | null;
	/** The lots that were burned, without what went back to them. */
	readonly taken: readonly Taken[];
	readonly lines: readonly Line[];
	/** The checkout's id. */
	readonly event: string;
	readonly createdAt: number;
	readonly updatedAt: number;
}

/** One product of a purchase: what is needed to refund it. */
export interface Line {
	readonly product: string;
	readonly quantity: string;
	readonly subtotal: string;
	readonly refunded: string;
	/** Points, where each item earns its own. */
	readonly earned: number;
	/** It earns its own points, though they may be none; absent where the purchase earns as a whole. */
	readonly own?: true;
	readonly accepted: boolean;
}

export const transactionKey = (orders: string, id: string): string => JSON.stringify([orders, id]);

/** What an event did beyond its points: decided once, when it was recorded, and folded ever after. */
export type Effect =
	| { readonly kind: "joined"; readonly id: string }
	| { readonly kind: "updated" | "suspended" | "unsuspended" }
	| {
			readonly kind: "merged";
			readonly into: Link;
			readonly holdings: Holdings;
			/** Of a guest: the key of the `checkout_claim` by which it happened. */
			readonly claim?: string;
	  }
	/** Who was merged into them, and then whom that one had absorbed. */
	| { readonly kind: "absorbed"; readonly from: readonly Link[]; readonly holdings: Holdings }
	| { readonly kind: "erased" }
	| {
			readonly kind: "opened";
			/** The id of the guest whom the purchase makes. */
			readonly guest?: string;
			readonly orders: string;
			readonly transaction: string;
			readonly status: "pending" | "accepted";
			readonly currency: string | null;
			readonly total: string;
			/** With what its items earned. */
			readonly earned: number;
			readonly burned: number;
			readonly taken?: readonly Taken[];
			/** When it accepts itself, unix milliseconds. */
			readonly autoAcceptAt?: number;
			readonly lines: readonly Line[];
	  }
	| {
			readonly kind: "changed";
			readonly orders: string;
			readonly transaction: string;
			/** Where it is another. */
			readonly currency?: string | null;
			readonly total: string;
			readonly earned: number;
			readonly burned: number;
			readonly taken?: readonly Taken[];
			readonly lines: readonly Line[];
	  }
	| { readonly kind: "accepted"; readonly orders: string; readonly transaction: string }
	/** One line of a pending purchase. */
	| {
			readonly kind: "line_accepted";
			readonly orders: string;
			readonly transaction: string;
			readonly product: string;
			readonly amount: string;
			readonly activated: number;
	  }
	| ({ readonly kind: "rejected" } & Reversed)
	| ({
			readonly kind: "refunded";
			/** The product, where one line is refunded. */
			readonly product?: string;
	  } & Reversed)
	| {
			readonly kind: "reserved";
			readonly orders: string;
			readonly transaction: string;
			readonly points: number;
			readonly taken: readonly Taken[];
	  }
	| { readonly kind: "released"; readonly orders: string; readonly transaction: string }
	| {
			readonly kind: "tier";
			readonly structure: string;
			readonly tier: string | null;
			readonly until: number | null;
	  };

interface Reversed {
	readonly orders: string;
	readonly transaction: string;
	readonly amount: string;
	readonly earnedBack: number;
	readonly burnedBack: number;
	/** What is left of the burned lots. */
	readonly taken?: readonly Taken[];
}

/** An event as the fold sees it. */
export interface Fact {
	readonly seq: number;
	/** Its id, 24 hex digits. */
	readonly id: string;
	/** Unix milliseconds. */
	readonly timestamp: number;
	readonly account: string;
	readonly data: JsonObject;
	readonly postings: Postings;
	readonly effect: Effect | undefined;
	readonly identities: readonly TiedIdentity[];
	readonly lots: readonly LotChange[];
	/** Accounts whose points now lapse together at that time. */
	readonly activeUntil: Readonly<Record<string, number>>;
	/** What counts for a tier, by structure. */
	readonly counted: Readonly<Record<string, string>>;
	/** What counts no longer, by structure, on the days on which it did. */
	readonly uncounted: Readonly<Record<string, TierState["counted"]>>;
}
