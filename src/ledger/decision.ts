import type { ActionDefinition } from "../catalog/definition.ts";
import type { PointsRules } from "../catalog/points.ts";
import type { JsonObject } from "../model/json.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { bad, type Result } from "../model/result.ts";
import type { Postings } from "./postings.ts";
import type { Effect, LotChange, State, TiedIdentity } from "./state.ts";

/** What a decision is made from: nothing else is read. */
export interface Situation {
	readonly definition: ActionDefinition;
	/** As cast by the definition and completed: see `prepare`. */
	readonly data: JsonObject;
	readonly timestamp: number;
	readonly account: string;
	/** The sender's namespace of order numbers, or empty. */
	readonly orders: string;
	readonly lenient: boolean;
	/** Whether it is of a guest, who has no points. */
	readonly guest: boolean;
	/** The loyalty id with which an `opt_in` makes a customer, or a guest's. */
	readonly id: string;
	/** Those that the event ties to the customer. */
	readonly identities: readonly TiedIdentity[];
	readonly state: State;
	readonly rules: PointsRules;
}

/** What is to be written. */
export interface Decision {
	/** What stands at the event: earned, or taken where below zero. */
	readonly points: number;
	readonly postings: Postings;
	readonly effect?: Effect;
	/** Which lots it made, took from or filled. */
	readonly lots?: readonly LotChange[];
	readonly children?: readonly Child[];
}

/** An event that comes with its parent: a purchased item, a tier that was reached. */
export interface Child {
	readonly action: string;
	readonly data: JsonObject;
	readonly points: number;
	readonly postings: Postings;
	readonly effect?: Effect;
	readonly lots?: readonly LotChange[];
}

/** Why nothing is written. */
export type Refusal = Extract<EventOutcome, { readonly kind: "refused" | "skipped" | "duplicate" }>;

export type Decide = (situation: Situation) => Result<Decision, Refusal>;

/** `code` is Antavo's; 0 where it has none. */
export const refuse = (code: number, reason: string): Result<never, Refusal> =>
	bad({ kind: "refused", code, reason });

export const skip = (reason: string): Result<never, Refusal> => bad({ kind: "skipped", reason });

/** The checkout may come later. */
export const transactionNotFound = {
	kind: "refused",
	code: 0,
	reason: "Transaction not found",
	waitsFor: "checkout",
} as const satisfies Refusal;
