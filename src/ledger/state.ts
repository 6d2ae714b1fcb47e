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
}

export const nobody: State = { customer: undefined, balances: {}, transactions: {}, identities: [] };

export interface Customer {
	/** The loyalty id. */
	readonly id: string;
	readonly status: "active" | "erased";
	/** Each attribute with the time that set it, unix milliseconds; an older event does not overwrite it. */
	readonly profile: Profile;
	/** The `opt_in`'s timestamp. */
	readonly createdAt: number;
	/** The newest timestamp among the events that changed the profile. */
	readonly updatedAt: number;
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
	readonly lines: readonly Line[];
	/** The checkout's seq. */
	readonly event: number;
	readonly createdAt: number;
	readonly updatedAt: number;
}

/** One product of a purchase: what is needed to refund it. */
export interface Line {
	readonly product: string;
	readonly quantity: string;
	readonly subtotal: string;
	readonly refunded: string;
}

export const transactionKey = (orders: string, id: string): string => JSON.stringify([orders, id]);

/** What an event did beyond its points: decided once, when it was recorded, and folded ever after. */
export type Effect =
	| { readonly kind: "joined"; readonly id: string }
	| { readonly kind: "updated" }
	| {
			readonly kind: "opened";
			readonly orders: string;
			readonly transaction: string;
			readonly status: "pending" | "accepted";
			readonly currency: string | null;
			readonly total: string;
			/** With what its items earned. */
			readonly earned: number;
			readonly burned: number;
			readonly lines: readonly Line[];
	  }
	| {
			readonly kind: "changed";
			readonly orders: string;
			readonly transaction: string;
			readonly total: string;
			readonly earned: number;
			readonly burned: number;
			readonly lines: readonly Line[];
	  }
	| { readonly kind: "accepted"; readonly orders: string; readonly transaction: string }
	| {
			readonly kind: "rejected" | "refunded";
			readonly orders: string;
			readonly transaction: string;
			readonly amount: string;
			readonly earnedBack: number;
			readonly burnedBack: number;
			/** The product, where one line is refunded. */
			readonly product?: string;
	  };

/** An event as the fold sees it. */
export interface Fact {
	readonly seq: number;
	/** Unix milliseconds. */
	readonly timestamp: number;
	readonly account: string;
	readonly data: JsonObject;
	readonly postings: Postings;
	readonly effect: Effect | undefined;
	readonly identities: readonly TiedIdentity[];
}
