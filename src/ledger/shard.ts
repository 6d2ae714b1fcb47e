import type { ClaimedIdentity, Command, Provenance } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";
import type { Customer, Holdings } from "./state.ts";

/** The shard in which a claim lives: its hash's first byte decides, for ever. */
export const shardOf = (hash: string, shards: number): number =>
	shards === 1 ? 0 : Number.parseInt(hash.slice(0, 2), 16) % shards;

/** Who has a claim. Hashes, subjects and keys are lower-case hex, 32 digits. */
export interface Holder {
	readonly hash: string;
	readonly subject: string;
	/** Where the subject's events are. */
	readonly shard: number;
	/** The key of the event for which it was claimed. */
	readonly key: string;
	/** When it was claimed, or renewed, unix milliseconds. */
	readonly at: number;
	/** When whoever had it before was erased: what happened until then is kept of nobody who has it. */
	readonly erasedAt?: number;
}

/** Where a customer's events are. */
export interface Place {
	readonly subject: string;
	readonly shard: number;
}

/** Nobody's subject: who holds the identities of those who were erased, so that nothing more is stored of them. */
export const erased = "0".repeat(32);

/** How a customer stands. */
export interface Standing extends Place {
	/** The loyalty id. */
	readonly id: string;
	readonly status: Customer["status"];
	/** Unix milliseconds. */
	readonly joinedAt: number;
	/** Whom they were merged into. */
	readonly into: Place | null;
	/** Who was merged into them. */
	readonly absorbed: readonly Place[];
}

interface LookUp {
	/** The event key, where it belongs to the shard asked: an event of that key is its claim. */
	readonly key: string | null;
	readonly hashes: readonly string[];
}

export interface Claim {
	readonly hash: string;
	readonly subject: string;
	readonly shard: number;
	readonly key: string;
	/** A holder whose event never came, as it was seen: it may be taken over. */
	readonly over: Holder | null;
}

/**
 * `taken` is newly made. `renewed` was made by an earlier attempt at the same event. `held` is somebody else's, or
 * the same event's for another subject.
 */
export type Claimed =
	| { readonly kind: "taken" | "renewed"; readonly by: Holder }
	| { readonly kind: "held"; readonly by: Holder };

/** What a shard is asked to append. */
export interface Appending {
	readonly command: Command;
	readonly subject: string;
	/** Whether the customer may be made by it: only by the `opt_in` that claimed the identities. */
	readonly creates: boolean;
	/** Those that it ties to the customer. */
	readonly ties: readonly ClaimedIdentity[];
	/** The oldest of its claims, or null where it has none. */
	readonly claimedAt: number | null;
	/** Subjects who were merged into this one: what was claimed for them is claimed for it. */
	readonly instead: readonly string[];
	/** The hashes of claims that nobody has, when all that comes before it is done; null at first: see `unsure`. */
	readonly free: readonly string[] | null;
}

/** The claim on what a customer can do once; it lives in the customer's shard. */
export interface OnceClaim {
	readonly hash: string;
	readonly shard: number;
}

export type Appended =
	| EventOutcome
	/** The event of that key is there already: with the same content, or another. */
	| {
			readonly kind: "repeated" | "contradicted";
			readonly event: string;
			readonly customer: string;
			/** What it earned, where this very message of this delivery made it: an attempt that was not told so before. */
			readonly earlier: number | null;
			/** The claims that stand for it, beside its own key. */
			readonly claims: readonly string[];
	  }
	/** Its claims may be another's by now, or its key is claimed for another customer. */
	| { readonly kind: "stale" }
	/**
	 * The customer absorbed others: what comes before it may be theirs, and is to be done first. Where it can be done once,
	 * one of these claims may be theirs too.
	 */
	| { readonly kind: "unsure"; readonly claims: readonly OnceClaim[] }
	/** The subject is no customer (yet). */
	| { readonly kind: "absent" }
	/** The customer was merged into another. */
	| { readonly kind: "moved"; readonly to: Place };

/** An event as another event with its business key is compared with it. */
export interface Found {
	readonly event: string;
	readonly customer: string;
	readonly action: string;
	/** Canonical JSON. */
	readonly data: string;
}

/** Somebody unknown has messages waiting in an inbox. */
export interface Awaited {
	readonly hash: string;
	readonly inbox: number;
}

/** What one shard answers about what it holds: each question may be asked again without harm. */
export interface ShardCalls {
	/** In the order of the hashes; the key's holder first. */
	holders(asked: LookUp): readonly (Holder | null)[];
	claim(claims: readonly Claim[]): readonly Claimed[];
	append(asked: Appending): Appended;
	find(key: string): Found | null;
	/**
	 * Keeps the event from being appended under claims that were made before: they are about to be given up. Says whether it
	 * is there already.
	 */
	fence(key: string): boolean;
	/** Gives up claims just as they are: one that was renewed meanwhile stays. */
	release(claims: readonly Holder[]): null;
	awaited(hashes: readonly string[]): readonly Awaited[];
	/** What `append` would come to; nothing is written. */
	preview(asked: Appending): Previewed;
	/** In the order of the subjects; null for who is no customer. */
	standing(subjects: readonly string[]): readonly (Standing | null)[];
	/** Closes a customer who is merged into another, and says what they had; asked again, the same. */
	mergeOut(asked: MergingOut): MergedOut | EventOutcome;
	/** Opens at the survivor what the other had. */
	mergeIn(asked: MergingIn): MergedIn;
	/** Erases a customer's bodies and state; asked again, it says the same until that is finished. */
	erase(asked: Erasing): ErasedHere | EventOutcome;
	/** Gives identities to nobody that are free, or are of who was erased. */
	bury(asked: Burying): null;
	/** What was to be done in other places is done. */
	finish(key: string): null;
}

/** The first half of a merge. */
export interface MergingOut {
	readonly key: string;
	readonly subject: string;
	readonly into: Standing;
	/** The `checkout_claim` of a guest's purchase, where that is why. */
	readonly claim?: Command;
	readonly timestamp: number;
	readonly provenance: Provenance;
}

export interface MergedOut {
	readonly kind: "merged_out";
	readonly from: Standing;
	readonly into: Place;
	/** The key of the `checkout_claim` by which it happened. */
	readonly claim?: string;
	readonly holdings: Holdings;
	readonly timestamp: number;
	readonly provenance: Provenance;
}

export type MergedIn =
	| EventOutcome
	/** Who was to stay has gone over to another since. */
	| { readonly kind: "moved"; readonly to: Place };

/** The second half. */
export interface MergingIn extends Omit<MergedOut, "kind" | "into" | "claim"> {
	readonly key: string;
	readonly subject: string;
	/** The event that it is at the survivor, where a guest's purchase is claimed. */
	readonly claim?: Command;
}

export interface Erasing {
	readonly command: Command;
	readonly subject: string;
	/** Whether their end is an event of its own: not for who was merged into the one who is erased. */
	readonly announced: boolean;
	/** When it was done before, unix milliseconds, where an older ledger is told again; null where it is done for the first time. */
	readonly erasedAt: number | null;
}

export interface ErasedHere {
	readonly kind: "erased";
	/** The `opt_out`; null for who was merged into another. */
	readonly event: string | null;
	/** The claim keys of their identities. */
	readonly hashes: readonly string[];
	readonly absorbed: readonly Place[];
	/** When they were erased, unix milliseconds. */
	readonly at: number;
}

export interface Burying {
	readonly hashes: readonly string[];
	readonly subjects: readonly string[];
	readonly key: string;
	readonly at: number;
}

export interface Previewed {
	readonly appended: Appended;
	/** Those that would be written, what was due before among them. */
	readonly events: readonly PreviewedEvent[];
}

export interface PreviewedEvent {
	readonly action: string;
	readonly account: string;
	readonly points: number;
}

export type Question = {
	[Kind in keyof ShardCalls]: { readonly kind: Kind; readonly asked: Parameters<ShardCalls[Kind]>[0] };
}[keyof ShardCalls];

export type Answer = ReturnType<ShardCalls[keyof ShardCalls]>;

/** A question to one shard. */
export interface Ask {
	readonly shard: number;
	readonly question: Question;
}

export function answer(calls: ShardCalls, { kind, asked }: Question): Answer {
	switch (kind) {
		case "holders":
			return calls.holders(asked);
		case "claim":
			return calls.claim(asked);
		case "append":
			return calls.append(asked);
		case "find":
			return calls.find(asked);
		case "fence":
			return calls.fence(asked);
		case "release":
			return calls.release(asked);
		case "awaited":
			return calls.awaited(asked);
		case "preview":
			return calls.preview(asked);
		case "standing":
			return calls.standing(asked);
		case "mergeOut":
			return calls.mergeOut(asked);
		case "mergeIn":
			return calls.mergeIn(asked);
		case "erase":
			return calls.erase(asked);
		case "bury":
			return calls.bury(asked);
		case "finish":
			return calls.finish(asked);
	}
}
