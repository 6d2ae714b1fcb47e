import type { Door, OpenEndpoint } from "./door.ts";
import type { DeliveryView, Inbox, Incoming, Proved } from "./inbox/inbox.ts";
import type { Keyring } from "./keyring.ts";
import type { Recorder } from "./ledger/recorder.ts";
import type { Remote } from "./model/cell.ts";
import type { Clock } from "./model/clock.ts";
import type { Crypto } from "./model/crypto.ts";
import type { Files } from "./model/files.ts";
import { type BodyFormat, formatOf } from "./model/format.ts";
import { limits } from "./model/limits.ts";
import type { Log } from "./model/log.ts";
import type { Delivery } from "./model/message.ts";
import type { Removal } from "./model/sensitive/sensitive.ts";
import type { Planner } from "./planner.ts";
import { redacted } from "./receive/redaction.ts";
import { storable } from "./receive/request.ts";
import { callsEndpoint, keptBody } from "./stored.ts";
import {
	buriedIn,
	cutSuppressed,
	isPlanned,
	keptForOptIn,
	type PlannedTurn,
	plan,
	record,
	releaseOptedIn,
	settlementOf,
	suppressedIn,
	turnsOf,
	wakeKept,
} from "./turn.ts";
import { arrivalOf, type Wire } from "./verify/place.ts";
import type { Verified } from "./verify/scheme.ts";

/** What the stages are given; a host makes one of it. */
export interface Hub {
	readonly door: Door;
	readonly inboxes: Inboxes;
	readonly planner: Planner;
	readonly ledger: Recorder;
	readonly files: Files;
	readonly crypto: Crypto;
	/** The keys that senders publish. */
	readonly keyring: Keyring;
	readonly clock: Clock;
	readonly log: Log;
	/** Empties what the databases have set free: what was erased is nowhere then, and by the next night in no page either. */
	scrub(what: "inbox" | "all"): Promise<void>;
	/** How long an event of somebody unknown is kept for their opt-in, milliseconds. */
	readonly unknownHoldMs: number;
}

export interface Inboxes {
	readonly count: number;
	at(shard: number): Remote<Inbox>;
}

export type Received =
	| { readonly kind: "refused"; readonly cause: string; readonly reason: string }
	| { readonly kind: "stored"; readonly delivery: string; readonly repeated: boolean };

/**
 * One delivery's way in, until it may be answered: receive → verify → inbox.
 *
 * It is durable before this returns, without what must not be kept; its key is of the bytes as they came, so that the sender
 * may send them again. The sender proved itself to the door by a key (`proved`), or the endpoint's schemes decide over those
 * bytes and the URL (`Wire`).
 */
export async function receive(
	hub: Hub,
	to: OpenEndpoint,
	delivery: Delivery,
	by: ({ readonly proved: Proved } & Pick<Wire, "format">) | Wire,
): Promise<Received> {
	const verified = "proved" in by ? { ok: true as const, ...by } : await verify(hub, to, delivery, by);
	if (!verified.ok) return { kind: "refused", cause: verified.cause, reason: verified.reason };

	const { format = formatOf(delivery, to.configured.connector.body) } = by;
	return store(hub, storable(delivery, format, to.secretPlaces), {
		format,
		endpoint: to.endpoint.id,
		proved: verified.proved,
		paused: to.endpoint.state === "paused",
		retriesForMs: to.configured.connector.retriesForMs,
		told: toldBy(to, delivery),
	});
}

/** Where the keys that are set do not verify it, those count that the sender publishes. */
async function verify(hub: Hub, to: OpenEndpoint, delivery: Delivery, wire: Wire): Promise<Verified> {
	const verified = to.verify(delivery, wire);
	if (verified.ok || to.published === undefined) return verified;
	const urls = to.published.urlsIn(arrivalOf(delivery, wire));
	if (urls.length === 0) return verified;
	const keys = await hub.keyring.keysAt(urls);
	if (keys !== undefined) return to.published.verifierWith(keys)(delivery, wire);
	return {
		ok: false,
		cause: "keys-not-there",
		reason: `the sender's keys could not be had of ${urls.join(" or ")}`,
	};
}

/**
 * What makes two calls the same one: equal bytes, within so many milliseconds; or a name, whatever the call says and for
 * as long as it is kept.
 */
export type SameCall = { readonly retriesForMs: number } | { readonly name: string };

/** One call's way in that is answered before it is recorded, by a caller who was let in. */
export const keepCall = (
	hub: Hub,
	call: Delivery,
	same: SameCall,
): Promise<Extract<Received, { readonly kind: "stored" }>> =>
	store(hub, storable(call, "json"), {
		format: "json",
		endpoint: callsEndpoint,
		proved: "all",
		paused: false,
		...("name" in same ? { named: namedCall(same.name), retriesForMs: Number.MAX_SAFE_INTEGER } : same),
	});

/** The call that was kept under this name. */
export async function callNamed(hub: Hub, name: string): Promise<DeliveryView | null> {
	const key = await keyOf(hub, namedCall(name));
	return hub.inboxes.at(shardOf(key, hub.inboxes.count)).showUnder(key);
}

/** What was stored when this came to an endpoint; null where nothing was. */
export async function storedOf(hub: Hub, to: OpenEndpoint, delivery: Delivery): Promise<DeliveryView | null> {
	const kept = storable(delivery, formatOf(delivery, to.configured.connector.body), to.secretPlaces);
	const key = await keyOf(hub, wordsOf(hub, to.endpoint.id, kept, toldBy(to, delivery)));
	return hub.inboxes.at(shardOf(key, hub.inboxes.count)).showUnder(key);
}

/** What makes equal deliveries to an endpoint the same one. */
const wordsOf = (
	{ crypto }: Hub,
	endpoint: string,
	{ method, path, query, body }: Delivery,
	told: readonly string[],
): readonly string[] => [endpoint, method, path, query, crypto.sha256Hex(body), ...told];

/** What a delivery says of itself in headers, beside its body. */
const toldBy = ({ configured }: OpenEndpoint, { headers }: Delivery): readonly string[] =>
	configured.connector.telling.map((name) => headers[name] ?? "");

/** No method is called so: a name and bytes never meet in one key. */
const namedCall = (name: string): readonly string[] => [callsEndpoint, "named", name];

async function store(
	hub: Hub,
	delivery: Delivery,
	{
		format,
		named,
		told = [],
		...of
	}: Pick<Incoming, "endpoint" | "proved" | "paused" | "retriesForMs"> & {
		/** How its body is written. */
		readonly format: BodyFormat;
		/** What its key is of, where that is not what came. */
		readonly named?: readonly string[];
		/** What it says of itself beside its body. */
		readonly told?: readonly string[];
	},
): Promise<Extract<Received, { readonly kind: "stored" }>> {
	const key = await keyOf(hub, named ?? wordsOf(hub, of.endpoint, delivery, told));

	const { delivery: kept, removed } = redacted(delivery, format);
	const { body, ...head } = kept;
	const stored = await hub.inboxes.at(shardOf(key, hub.inboxes.count)).receive({
		...of,
		delivery: head,
		removed,
		body: await keptBody(hub, key, body),
		key,
	});
	if (removed.length > 0) noteRemoval(hub, stored.delivery, removed);
	return { kind: "stored", ...stored };
}

/** Names what was removed and never where: names of attributes are the sender's, and may be persons'. */
function noteRemoval({ log }: Hub, delivery: string, removed: readonly Removal[]): void {
	const what = [...new Set(removed.map((one) => one.what))].join(", ");
	log.warn("what must not be kept was removed from a delivery", { delivery, what });
}

/**
 * One turn of what was received, on its way on: normalise → map → ledger. Says when the next turn is due.
 *
 * Plans are pinned before anything is appended, and the ledger takes each event once: a turn that dies anywhere is
 * taken again, from its pins.
 */
export async function drain(hub: Hub, shard: number): Promise<number | null> {
	const turn = await planTurn(hub, shard);
	return turn.finish();
}

/** A turn whose plans are pinned. The next may be planned while this one is finished, which is to be in their order. */
export interface PinnedTurn {
	/** Whether there was anything to do. */
	readonly found: boolean;
	/** Records what was planned; says when the next turn is due. */
	finish(): Promise<number | null>;
}

/** The first half of a turn: normalise → map, and pin. */
export async function planTurn(hub: Hub, shard: number): Promise<PinnedTurn> {
	const directory = await hub.door.directory();
	if (directory.mappings.set === null) {
		// Without a good set everything is received, and waits for one.
		return { found: false, finish: async () => hub.clock() + limits.configurationMaxAgeMs };
	}
	const inbox = hub.inboxes.at(shard);
	const taken = await inbox.take(limits.drainMessagesMax);
	const pins = await plan(hub, directory, inbox, taken);
	if (pins.length > 0) await inbox.pin(pins);
	await cutSuppressed(hub, inbox, await buriedIn(hub, pins));
	const turns = [...taken.turns.filter(isPlanned), ...pins.flatMap(turnsOf)];
	return { found: pins.length + turns.length > 0, finish: () => finishTurn(hub, shard, turns) };
}

/** The second half: ledger, and what became of each message. */
async function finishTurn(hub: Hub, shard: number, turns: readonly PlannedTurn[]): Promise<number | null> {
	const inbox = hub.inboxes.at(shard);
	const answers = await record(hub, turns);
	// Before the opt-in is settled: a turn that dies here is taken again, and wakes them then.
	await wakeKept(hub, answers);
	const settlements = turns.map((turn) => settlementOf(hub, turn, answers));
	await cutSuppressed(hub, inbox, suppressedIn(settlements));
	const kept = await keptForOptIn(hub, shard, settlements);
	if (kept.length > 0) await inbox.settle(kept);
	await releaseOptedIn(hub, shard, kept);
	return inbox.wakeAt();
}

/** Under a key of ours: a bare hash would tell what was removed to whoever tries all card numbers. */
async function keyOf({ door, crypto }: Hub, parts: readonly string[]): Promise<string> {
	const { hubKey } = await door.directory();
	return crypto.hmacHex("sha256", hubKey, parts.join("\n")).slice(0, 32);
}

/** A delivery key's shard: the same bytes always meet the same inbox. */
const shardOf = (key: string, count: number): number => Number.parseInt(key.slice(0, 2), 16) % count;
