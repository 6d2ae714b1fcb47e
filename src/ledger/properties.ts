import type { Provenance } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import { eventId } from "./event-id.ts";
import { mainAccount, type Postings } from "./postings.ts";
import {
	type Balance,
	type Effect,
	type Fact,
	type LotChange,
	scoreOf,
	type TiedIdentity,
	type TierState,
} from "./state.ts";

/** What an event's body holds beside the sender's data: written once, and erased with the person. */
export interface Properties {
	/** The loyalty id. */
	readonly customer: string;
	readonly points: number;
	/** Absent for the main account. */
	readonly account?: string;
	/** The id of the event that this one came with. */
	readonly parent?: string;
	readonly effect?: Effect;
	readonly identities?: readonly TiedIdentity[];
	/** Which lots it made, took from or filled. */
	readonly lots?: readonly LotChange[];
	/** By account whose points lapse together: until when it keeps them. */
	readonly activeUntil?: Readonly<Record<string, number>>;
	/** What it counts for tiers, by structure: a decimal text. */
	readonly counted?: Readonly<Record<string, string>>;
	/** What of earlier days counts no longer, by structure: see `TierState`. */
	readonly uncounted?: Readonly<Record<string, TierState["counted"]>>;
	/** The claim keys of its business key. */
	readonly once?: readonly string[];
	/** The account just after this event. */
	readonly snapshot: Snapshot;
	/**
	 * `ahead`: the sender's clock was too far ahead, so the timestamp is ours. `public`: anybody could have sent it.
	 * `unknown_attributes`: the sender gave some that the action does not declare; they are in the data, or dropped.
	 * `sensitive`: what must not be kept was taken out of the message.
	 */
	readonly flags?: readonly Flag[];
	readonly provenance: Provenance;
}

/** The claims that stand for the event, beside its own key: no other was made for good. */
export const claimsOf = ({ identities = [], once = [] }: Properties): readonly string[] => [
	...identities.map(({ hash }) => hash),
	...once,
];

export type Flag = "ahead" | "public" | "unknown_attributes" | "sensitive";

/** Antavo's names. */
export interface Snapshot {
	readonly score: number;
	readonly spent: number;
	readonly pending: number;
	readonly reserved: number;
	readonly expired: number;
}

export const snapshotOf = (balance: Balance): Snapshot => ({
	score: scoreOf(balance),
	spent: balance.spent,
	pending: balance.pending,
	reserved: balance.reserved,
	expired: balance.expired,
});

/** An event as it was written, for the fold. */
export interface Written {
	readonly seq: number;
	readonly recordedAt: number;
	readonly shard: number;
	readonly timestamp: number;
	readonly data: JsonObject;
	readonly postings: Postings;
	readonly properties: Properties;
}

/** What the fold sees of an event: the same when it is written and when it is read again. */
export const factOf = ({ seq, recordedAt, shard, timestamp, data, postings, properties }: Written): Fact => ({
	seq,
	id: eventId({ recordedAt, shard, seq }),
	timestamp,
	account: properties.account ?? mainAccount,
	data,
	postings,
	effect: properties.effect,
	identities: properties.identities ?? [],
	lots: properties.lots ?? [],
	activeUntil: properties.activeUntil ?? {},
	counted: properties.counted ?? {},
	uncounted: properties.uncounted ?? {},
});
