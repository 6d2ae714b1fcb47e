import type { Identity, IdentityKind } from "./identity.ts";
import type { JsonObject } from "./json.ts";
import type { Trust } from "./message.ts";

/** An identity as the ledger claims it. */
export interface ClaimedIdentity {
	readonly kind: string;
	/** Normalised. */
	readonly value: string;
	/** 32 lower-case hex digits: the claim's key. */
	readonly hash: string;
	readonly customers: IdentityKind["customers"];
	readonly public: IdentityKind["public"];
}

/** Where an event came from, kept with it for ever. */
export interface Provenance {
	/** Antavo's `source`: `Segment`, `Events API`, `Platform`, `Automation`. */
	readonly source: string;
	readonly endpoint?: string;
	readonly delivery?: string;
	/** Of the message in its delivery, from 0. */
	readonly position?: number;
	/** The message's id. */
	readonly message?: string;
	/** Name and version of the mapping that made it. */
	readonly mapping?: string;
	readonly mappingVersion?: string;
	/** Hash of the configuration it was mapped with. */
	readonly configuration?: string;
	readonly ipAddress?: string;
	readonly userAgent?: string;
	readonly signed?: boolean;
	/** `content` where the sender gave no message id. */
	readonly dedupe?: "content";
	/** A keyed hash of what an API call with an `Idempotency-Key` asked: the same key with another is a conflict. */
	readonly call?: string;
}

/** An event as a mapping or an API call planned it. */
export interface PlannedEvent {
	readonly action: string;
	/** In order of trust; empty where nobody is named. */
	readonly identities: readonly Identity[];
	/** Names that become the customer's where they are free: they never decide who it is, and refuse nothing. */
	readonly addresses?: readonly Identity[];
	/** Unix milliseconds. */
	readonly timestamp: number;
	readonly account?: string;
	/** What tells two events of one action in one message apart; empty for the only one. */
	readonly slot: string;
	readonly data: JsonObject;
	/** Set where it is of a purchase by nobody who is known: `identities` is then empty. */
	readonly guest?: true;
}

/**
 * One event as it is to be recorded: what is pinned in the inbox before anything is appended, and what a retry sends again.
 * Structured-cloneable and JSON.
 */
export interface Command {
	/**
	 * The event key: 28 lower-case hex digits of HMAC-SHA-256 over scope, message id, action and slot, and four zeros,
	 * in whose place the events that come with this one are numbered.
	 */
	readonly key: string;
	readonly action: string;
	/** In order of trust; empty is refused as `not_a_member`. */
	readonly identities: readonly ClaimedIdentity[];
	/** Unix milliseconds, the sender's claim. */
	readonly timestamp: number;
	readonly account?: string;
	readonly data: JsonObject;
	/** Claim keys of the action's business key, 32 hex digits each. */
	readonly once: readonly string[];
	/** The namespace of its order numbers, where the sender has one: `1001` of two shops are two transactions. */
	readonly orders?: string;
	/** The claim key of the checkout that this event continues, 32 hex digits. */
	readonly transaction?: string;
	/** Of a guest's purchase: its customer is whoever the purchase is of, and a `checkout` makes a guest. */
	readonly guest?: true;
	readonly trust: Trust;
	/** `true` where the caller is a connector: an `opt_in` of an active customer is then a `duplicate`. */
	readonly lenient: boolean;
	/** Something that must not be kept was taken out of what the sender sent. */
	readonly sensitive?: true;
	readonly provenance: Provenance;
}
