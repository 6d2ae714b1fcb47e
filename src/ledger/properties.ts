import type { Provenance } from "../model/event.ts";
import { type Balance, type Effect, scoreOf, type TiedIdentity } from "./state.ts";

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
	/** The claim keys of its business key. */
	readonly once?: readonly string[];
	/** The account just after this event. */
	readonly snapshot: Snapshot;
	/**
	 * `ahead`: the sender's clock was too far ahead, so the timestamp is ours. `public`: anybody could have sent it.
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

export type Flag = "ahead" | "public" | "sensitive";

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
