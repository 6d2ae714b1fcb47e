import type { ClaimedIdentity, Command } from "../model/event.ts";
import type { EventOutcome } from "../model/outcome.ts";

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
	/** The subject is no customer (yet). */
	| { readonly kind: "absent" };

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
	/** Keeps the event from being appended under claims that were made before: they are about to be given up. */
	fence(key: string): null;
	/** Gives up claims just as they are: one that was renewed meanwhile stays. */
	release(claims: readonly Holder[]): null;
	awaited(hashes: readonly string[]): readonly Awaited[];
	/** What `append` would come to; nothing is written. */
	preview(asked: Appending): Previewed;
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
	}
}
