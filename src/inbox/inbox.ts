import type { Clock } from "../model/clock.ts";
import type { ClaimedIdentity, Command } from "../model/event.ts";
import { limits } from "../model/limits.ts";
import type { Delivery } from "../model/message.ts";
import { type EventOutcome, type MessageState, type OutcomeName, outcomeOrder } from "../model/outcome.ts";
import { invariant } from "../model/result.ts";
import type { Removal } from "../model/sensitive/sensitive.ts";
import type { Row, Sql, SqlValue } from "../model/sql.ts";
import { arrivedRows, latestRows, noteLatest } from "./arrivals.ts";
import { expire, isFresh, type KeptUntil } from "./expiry.ts";
import { openOwed, type Places } from "./owed.ts";
import { messagesOfRun, openPersons } from "./persons.ts";
import { number, numberOrNull, positions, text, textOrNull } from "./rows.ts";
import { createSchema } from "./schema.ts";

export type { Places } from "./owed.ts";

/** What the sender proved about a delivery: all of it, only its first element, or nothing (a public key). */
export type Proved = "all" | "first" | "none";

/** Where a body lies: in the row, or in the files store under this name, already durable. */
export type StoredBody = { readonly inline: Uint8Array } | { readonly file: string; readonly bytes: number };

/** A delivery at the door, verified and about to be stored. */
export interface Incoming {
	readonly endpoint: string;
	readonly proved: Proved;
	/** The endpoint is paused: store, answer, and hold. */
	readonly paused: boolean;
	/** How long the sender may send these bytes again, milliseconds: within it they are the same delivery. */
	readonly retriesForMs: number;
	readonly delivery: Omit<Delivery, "body">;
	/** What was taken out of it, because it must not be kept. */
	readonly removed: readonly Removal[];
	readonly body: StoredBody;
	/** Of a keyed hash over endpoint, method, path, query, body and telling headers as they came: 32 hex digits. */
	readonly key: string;
}

export interface Receipt {
	/** The delivery's id: 24 hex digits, rising. */
	readonly delivery: string;
	readonly repeated: boolean;
}

/** A stored delivery as the drain needs it. */
export interface StoredDelivery extends Omit<Delivery, "body"> {
	readonly id: string;
	readonly endpoint: string;
	readonly proved: Proved;
	readonly paused: boolean;
	readonly removed: readonly Removal[];
	readonly body: { readonly inline: Uint8Array } | { readonly file: string };
	/** When it had been kept long enough: its body is gone. */
	readonly expiredAt: number | null;
	/** How often something was taken out of it since it was stored: who rewrites it says what it had read. */
	readonly rewritten: number;
}

/** One planned event: what a mapping made, waiting for or having its outcome. */
export interface Planned {
	readonly mapping: string;
	readonly version: string;
	readonly action?: string;
	/** Absent where the mapping itself skipped or failed. */
	readonly command?: Command;
	/** Two customers to be made one before the command is recorded: the first goes over to the second. */
	readonly merge?: { readonly from: ClaimedIdentity; readonly into: ClaimedIdentity };
	readonly outcome?: EventOutcome;
	/** Who is owed the outcome. */
	readonly callback?: Callback;
}

/** Where the outcome of an event is to be posted, as a client of ours asked. */
export interface Callback {
	readonly url: string;
	/** The URL's origin. */
	readonly site: string;
	readonly client: string;
	/** What the client knows the event by. */
	readonly correlation: string;
}

/** A callback whose time has come. */
export interface OwedCallback extends Callback {
	readonly delivery: string;
	/** The message's number in its inbox. */
	readonly message: number;
	/** All that is left to say where the message was cut. */
	readonly outcome: EventOutcome["kind"];
	/** Unix milliseconds: which debt this is, as a replay makes another. */
	readonly owedSince: number;
	/** Attempts that failed so far. */
	readonly attempts: number;
}

/** What an attempt to post a callback came to. */
export type CallbackResult =
	| { readonly kind: "accepted" }
	| { readonly kind: "later"; readonly at: number; readonly reason: string }
	| { readonly kind: "given_up"; readonly reason: string };

/** A callback that was not accepted so far, as people may see it. */
export interface CallbackView {
	readonly position: number;
	readonly url: string;
	readonly state: "owed" | "given_up";
	readonly attempts: number;
	readonly dueAt: number | null;
	/** Why the last attempt failed. */
	readonly reason: string | null;
}

/** What is asked of another system for a message. */
export interface AskedFetch {
	/** What the connector calls the answer. */
	readonly into: string;
	/** The endpoint with whose secrets it is asked. */
	readonly endpoint: string;
	/** Whom to ask less, or not at all, where they can not answer: an endpoint's, for each has its own rights there. */
	readonly site: string;
	readonly url: string;
	/** JSON, where it is posted. */
	readonly body: string | null;
}

/** A question whose time has come. */
export interface OwedFetch extends AskedFetch {
	readonly delivery: string;
	/** The message's number in its inbox. */
	readonly message: number;
	/** The question's own. */
	readonly number: number;
	/** Unix milliseconds. */
	readonly owedSince: number;
	/** Attempts that failed so far. */
	readonly attempts: number;
}

/** What an attempt to ask came to. */
export type FetchResult =
	/** `answer` is JSON. */
	| { readonly kind: "found"; readonly answer: string }
	| { readonly kind: "missing" | "given_up"; readonly reason: string }
	| { readonly kind: "later"; readonly at: number; readonly reason: string };

/** What became of a question so far. */
export interface Fetched {
	readonly into: string;
	readonly state: "owed" | "found" | "missing" | "given_up";
	/** JSON; null unless it was found. */
	readonly answer: string | null;
	/** Why not, or why not yet. */
	readonly reason: string | null;
}

/** A question, as people may see it. */
export interface FetchView extends Omit<Fetched, "answer"> {
	readonly position: number;
	readonly url: string;
	readonly attempts: number;
	readonly dueAt: number | null;
}

/** A message whose turn has come. */
export interface Turn {
	readonly delivery: string;
	readonly position: number;
	/** Pinned, with what is settled already: what a retry sends again. Null where the message was never mapped. */
	readonly plan: readonly Planned[] | null;
	/** Of the plan before a replay: what the ledger has. */
	readonly recorded: readonly Planned[];
	readonly attempts: number;
	/** Of a message without a plan: what was asked of others for it. */
	readonly fetched?: readonly Fetched[];
}

/** A message of which events are in the ledger. */
export interface RecordedMessage {
	/** Its number in its inbox. */
	readonly message: number;
	/** The ids of its events. */
	readonly events: readonly string[];
}

/** Work for one turn of the drain. */
export interface Taken {
	/** Deliveries whose messages nobody has looked at yet. */
	readonly fresh: readonly StoredDelivery[];
	readonly turns: readonly Turn[];
	/** The deliveries of those turns that have no plan. */
	readonly of: readonly StoredDelivery[];
}

/** What is known of one message once it was normalised and mapped. */
export interface Pin {
	readonly position: number;
	readonly state: MessageState;
	readonly senderId: string | null;
	readonly type: string | null;
	/** Unix milliseconds. */
	readonly time: number | null;
	/** Claim keys of the persons concerned, 32 hex digits each. */
	readonly persons: readonly string[];
	readonly plan: readonly Planned[] | null;
	readonly reason: string | null;
	/** How long a message without a plan is left alone before it gets its next turn, milliseconds. */
	readonly waitMs?: number;
	/** What others are asked for it, beside what they were asked before; none where it waits for no answer any more. */
	readonly asks?: readonly AskedFetch[];
}

/** The messages of one delivery that were looked at in this turn; an empty batch has none. */
export interface Pins {
	readonly delivery: string;
	readonly messages: readonly Pin[];
}

/** What a message's turn ended with. */
export interface Settlement {
	readonly delivery: string;
	readonly position: number;
	readonly plan: readonly Planned[];
	/** When to try again: the ledger did not answer. Null where every planned event has its outcome. */
	readonly retryAt: number | null;
	/** Identities whose opt-in gives this message another turn, until then. */
	readonly hold: { readonly hashes: readonly string[]; readonly until: number } | null;
}

export interface DeliverySummary {
	readonly id: string;
	readonly endpoint: string;
	/** Unix milliseconds. */
	readonly receivedAt: number;
	readonly method: string;
	readonly path: string;
	readonly bytes: number;
	/** How often the sender sent it again. */
	readonly repeats: number;
	readonly proved: Proved;
	readonly messages: number;
	readonly outcome: OutcomeName;
	/** Why, where there is something to say: of the first message with that outcome. */
	readonly reason: string | null;
	/** The kinds of its messages, five at most. */
	readonly types: readonly string[];
}

export interface MessageView {
	readonly position: number;
	readonly state: MessageState;
	readonly outcome: OutcomeName;
	readonly senderId: string | null;
	readonly type: string | null;
	readonly time: number | null;
	readonly attempts: number;
	readonly dueAt: number | null;
	readonly reason: string | null;
	readonly plan: readonly Planned[] | null;
	/** What the events of a message had come to that was cut, which is all that is left to say; null of any other. */
	readonly cameTo: readonly EventOutcome["kind"][] | null;
}

export interface DeliveryView extends DeliverySummary {
	readonly query: string;
	readonly headers: Readonly<Record<string, string>>;
	/** What was taken out before it was stored, and from where; empty nearly always. */
	readonly removed: readonly Removal[];
	/** When it had been kept long enough; null while its body is kept. */
	readonly expiredAt: number | null;
	readonly messageViews: readonly MessageView[];
	/** Of its messages; empty nearly always. */
	readonly callbacks: readonly CallbackView[];
	/** For its messages; empty where their connector asks nothing. */
	readonly fetches: readonly FetchView[];
}

export interface ListQuery {
	readonly limit: number;
	/** The last delivery already seen. */
	readonly cursor?: string;
	readonly endpoint?: string;
	/** Those that show this outcome. */
	readonly outcome?: OutcomeName;
	/** Received at this time or later, Unix milliseconds. */
	readonly since?: number;
	/** Received before this time, Unix milliseconds. */
	readonly until?: number;
}

/** What came and what became of it, and no more. */
export type Arrived = Pick<DeliverySummary, "id" | "endpoint" | "receivedAt" | "outcome">;

export type ArrivalsQuery = Required<Pick<ListQuery, "limit" | "since">> & Pick<ListQuery, "cursor">;

/** A delivery with what became of its messages so far. */
export interface KeptDelivery {
	readonly stored: StoredDelivery;
	readonly messages: readonly MessageView[];
	/** What was asked of others for them. */
	readonly fetched: readonly (Fetched & { readonly position: number })[];
}

/**
 * The inbox: what was acknowledged, and what became of it.
 *
 * 1. A delivery that was acknowledged is in `delivery`, whole, before the answer.
 * 2. A plan is pinned before anything of it is appended; a replay alone replaces it, and keeps what was recorded of it.
 * 3. What has no outcome yet is `fresh` or has a `due_at`, so that it always gets another turn.
 * 4. A callback is owed from the commit that settles its message, until it is accepted or given up.
 * 5. A message that waits for answers of others gets its turn in the commit that notes the last of them, and without them
 *    when its time is over.
 *
 * Leases are kept in memory: one process, or one Durable Object, drains an inbox, and after a crash nothing
 * is leased. What two drains would do twice, the ledger's claims make once.
 */
export interface Inbox {
	receive(incoming: Incoming): Receipt;
	/** Up to `limit` messages and untouched deliveries whose time has come, leased to the caller. */
	take(limit: number): Taken;
	pin(pins: readonly Pins[]): void;
	settle(settlements: readonly Settlement[]): void;
	/** Gives the messages that wait for one of these claim keys another turn, oldest time first; says how many. */
	release(hashes: readonly string[]): number;
	/** A person lets the held messages of a delivery go on: what its sender did not prove is then taken all the same. */
	letGo(delivery: string): number;
	/**
	 * Gives the messages of these deliveries another turn, to be mapped by what is live now: all that have come to an end
	 * and that nobody has to release. Says how many.
	 */
	replay(deliveries: readonly string[]): number;
	/** Behind which message are the newest so many: 0 where there are no more. */
	newestAfter(count: number): number;
	/** The messages after `after` that came to an end with events: a page of at most `limit`, and where the next begins. */
	recorded(
		after: number,
		limit: number,
	): { readonly messages: readonly RecordedMessage[]; readonly next: number | null };
	/** These events of messages are not recorded after all: each gets another turn, with the plan it has. Says how many. */
	reopen(messages: readonly RecordedMessage[]): number;
	/** Deliveries with messages of persons who have one of these claim keys: a page of them, and where the next begins. */
	ofPersons(
		hashes: readonly string[],
		page: PersonsPage,
	): { readonly found: readonly OfPersons[]; readonly next: number | null };
	/**
	 * Keeps nothing of these messages, and this of their delivery's body. False, and nothing done, where something else was
	 * taken out of it since it was read: it is to be read again.
	 */
	cut(cut: Cut): boolean;
	/**
	 * Keeps of deliveries of before only that they came and what became of them: of some that have ended; true where there
	 * may be more. What they hold can not be replayed, released or planned then.
	 */
	expire(before: KeptUntil): boolean;
	/** Files of bodies that no delivery has any more: they are to be removed, and then to be said to be. */
	orphans(): readonly string[];
	removed(files: readonly string[]): void;
	/** These deliveries, from the first on as many as fit into one answer, one at least; unknown ones are left out. */
	read(deliveries: readonly string[]): readonly KeptDelivery[];
	/**
	 * Since when content without an id is known, if a sender may repeat within that time what came at `at`; else `at`. The
	 * same content of the same moment is always told the same.
	 */
	firstSeen(
		hashes: readonly string[],
		within: { readonly at: number; readonly retriesForMs: number },
	): readonly number[];
	/** When the next turn can be had, Unix milliseconds: of what is leased, when the lease ends. Null where nothing waits. */
	wakeAt(): number | null;
	/** The callback that has been due longest, leased to the caller; null where none is due for which there is a place. */
	takeCallback(places: Places): OwedCallback | null;
	/** What became of it. One that is not owed any more, or anew, is left as it is. */
	settleCallback(owed: OwedCallback, result: CallbackResult): void;
	/** When `takeCallback` may find another, Unix milliseconds; null where nothing is owed. */
	callbackDueAt(places: Places): number | null;
	/** The question that has been due longest, leased to the caller; null where none is due for which there is a place. */
	takeFetch(places: Places): OwedFetch | null;
	/** What became of it. What nobody waits for any more is left as it is. */
	settleFetch(owed: OwedFetch, result: FetchResult): void;
	/** When `takeFetch` may find another, Unix milliseconds; null where nothing is asked. */
	fetchDueAt(places: Places): number | null;
	/** Newest first. */
	list(query: ListQuery): readonly DeliverySummary[];
	/** What came, newest first, without the hub's own samples. */
	arrivals(query: ArrivalsQuery): readonly Arrived[];
	/** Of each endpoint the newest that was looked at, but for the hub's own samples; it may have come long ago. */
	latest(): readonly DeliverySummary[];
	show(delivery: string): DeliveryView | null;
	/** Those of these that are no delivery's id. */
	unknown(deliveries: readonly string[]): readonly string[];
	/** The newest that came under this key. */
	showUnder(key: string): DeliveryView | null;
	/** How many messages wait or are set aside, by state, and since when the oldest is due. */
	stats(): {
		readonly states: Readonly<Record<string, number>>;
		readonly oldestDue: number | null;
		readonly callbacks: { readonly owed: number; readonly givenUp: number };
	};
}

export interface PersonsPage {
	/** Received at this time or before, Unix milliseconds. */
	readonly until: number;
	/** Where it begins: 0, or the `next` of the page before. */
	readonly from: number;
	/** So many deliveries at most. */
	readonly limit: number;
}

export interface OfPersons {
	readonly stored: StoredDelivery;
	/** Where their messages are in it. */
	readonly positions: readonly number[];
}

export interface Cut {
	readonly delivery: string;
	readonly positions: readonly number[];
	/** What is left of the body, in the row or in a file that is already durable; null is nothing. */
	readonly body: StoredBody | null;
	/** What stays of the query where nothing of the body does: what the hub itself has put there. */
	readonly query?: string;
	/** The delivery's `rewritten` when it was read. */
	readonly rewritten: number;
}

export interface InboxParts {
	readonly sql: Sql;
	readonly clock: Clock;
	/** This inbox's number among the shards: 0 to 255, part of each delivery's id. */
	readonly shard: number;
}

/** What is read at once: an answer between Durable Objects may have 32 MiB. */
const readBytesMax = 8 * 1024 * 1024;

/** Files that are removed before it is asked for more. */
const orphansAtOnce = 100;

/** Bodies that are cut at once: whoever is received meanwhile waits for that. */
const cutBytesMax = 1024 * 1024;

export function openInbox({ sql, clock, shard }: InboxParts): Inbox {
	createSchema(sql);
	const persons = openPersons(sql, messagesOfRun);
	/** Until when a delivery or a message is somebody's turn, by row id. */
	const leasedDeliveries = new Map<number, number>();
	const leasedMessages = new Map<number, number>();
	const owedCallbacks = openOwed(sql, clock, "callback");
	const owedFetches = openOwed(sql, clock, "fetch");

	return {
		receive,
		take,
		pin,
		settle,
		release,
		letGo,
		replay,
		newestAfter,
		recorded,
		reopen,
		read,
		ofPersons,
		cut,
		expire: (before) => expire({ sql, clock, orphanUnlessKept }, before),
		orphans,
		removed,
		firstSeen,
		wakeAt,
		takeCallback,
		settleCallback,
		callbackDueAt: owedCallbacks.dueAt,
		takeFetch,
		settleFetch,
		fetchDueAt: owedFetches.dueAt,
		list,
		arrivals,
		latest: () => latestRows(sql).map(summaryOf),
		show,
		unknown: (deliveries) => deliveries.filter((id) => deliveryWithId(id) === undefined),
		showUnder,
		stats,
	};

	function receive(incoming: Incoming): Receipt {
		const { delivery, body } = incoming;
		const known = sql.query(
			`SELECT id, received_at FROM delivery WHERE key = unhex(?) AND received_at > ?
			 ORDER BY received_at DESC LIMIT 1`,
			incoming.key,
			delivery.receivedAt - incoming.retriesForMs,
		)[0];
		if (known !== undefined) {
			sql.query(`UPDATE delivery SET repeats = repeats + 1 WHERE id = ?`, number(known, "id"));
			// Nobody has it where the delivery's own is gone since.
			if ("file" in body) orphanUnlessKept(body.file);
			return { delivery: idOf(known), repeated: true };
		}
		const [row] = sql.query(
			`INSERT INTO delivery (key, endpoint, received_at, proved, paused, method, path, query, headers,
			                       ip, removed, body, file, bytes)
			 VALUES (unhex(?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			 RETURNING id, received_at`,
			incoming.key,
			incoming.endpoint,
			delivery.receivedAt,
			incoming.proved,
			incoming.paused ? 1 : 0,
			delivery.method,
			delivery.path,
			delivery.query,
			JSON.stringify(delivery.headers),
			delivery.ip ?? null,
			incoming.removed.length === 0 ? null : JSON.stringify(incoming.removed),
			"inline" in body ? body.inline : null,
			"file" in body ? body.file : null,
			"inline" in body ? body.inline.byteLength : body.bytes,
		);
		invariant(row !== undefined, "an inserted delivery has an id");
		sql.query(
			`INSERT INTO fresh (received_at, delivery) VALUES (?, ?)`,
			delivery.receivedAt,
			number(row, "id"),
		);
		return { delivery: idOf(row), repeated: false };
	}

	function idOf(row: Row): string {
		return idAt(number(row, "received_at"), number(row, "id"));
	}

	/** 24 hex digits that rise with time: 6 bytes of it, 1 of the shard, 5 of the row's number. */
	function idAt(receivedAt: number, row: number): string {
		return hex(receivedAt, 12) + hex(shard, 2) + hex(row, 10);
	}

	/** The row of a delivery's id; -1, which no row has, for what is no id of this inbox. */
	function rowOf(delivery: string): number {
		const id = partsOf(delivery);
		return id?.shard === shard ? id.row : -1;
	}

	/** The delivery of exactly this id, which comes from outside: its time must be right too. */
	function deliveryWithId(delivery: string): Row | undefined {
		const [row] = sql.query(`SELECT * FROM delivery WHERE id = ?`, rowOf(delivery));
		return row !== undefined && idOf(row) === delivery ? row : undefined;
	}

	function take(limit: number): Taken {
		const now = clock();
		forget(leasedDeliveries, now);
		forget(leasedMessages, now);

		const messages = sql
			.query(
				`SELECT message.id, plan, outcomes, recorded, attempts, received_at
				   FROM message JOIN delivery ON delivery.id = message.id / ${positions}
				  WHERE message.due_at <= ? ORDER BY message.due_at, time, message.id LIMIT ?`,
				now,
				limit + leasedMessages.size,
			)
			.filter((row) => !leasedMessages.has(number(row, "id")))
			.slice(0, limit);
		const deliveries = sql
			.query(
				`SELECT delivery.* FROM fresh JOIN delivery ON delivery.id = fresh.delivery
				  WHERE fresh.received_at <= ? ORDER BY fresh.received_at, fresh.delivery LIMIT ?`,
				now,
				limit - messages.length + leasedDeliveries.size,
			)
			.filter((row) => !leasedDeliveries.has(number(row, "id")))
			.slice(0, limit - messages.length);

		for (const row of messages) leasedMessages.set(number(row, "id"), now + limits.leaseMs);
		for (const row of deliveries) leasedDeliveries.set(number(row, "id"), now + limits.leaseMs);
		const unplanned = new Set(
			messages.filter((row) => row["plan"] === null).map((row) => Math.floor(number(row, "id") / positions)),
		);
		return {
			fresh: deliveries.map(storedOf),
			turns: messages.map(turnOf),
			of: [...unplanned].map((id) => storedOf(deliveryRow(id))),
		};
	}

	function deliveryRow(id: number): Row {
		const row = sql.query(`SELECT * FROM delivery WHERE id = ?`, id)[0];
		invariant(row !== undefined, "a message's delivery is stored");
		return row;
	}

	function turnOf(row: Row): Turn {
		const id = number(row, "id");
		const plan = planOf(row);
		const fetched = plan === null ? fetchesOf(id, id) : [];
		return {
			delivery: idAt(number(row, "received_at"), Math.floor(id / positions)),
			position: id % positions,
			plan,
			recorded: row["recorded"] === null ? [] : (JSON.parse(text(row, "recorded")) as readonly Planned[]),
			attempts: number(row, "attempts"),
			...(fetched.length === 0 ? {} : { fetched: fetched.map(fetchedOf) }),
		};
	}

	function storedOf(row: Row): StoredDelivery {
		const body = row["body"];
		return {
			id: idOf(row),
			endpoint: text(row, "endpoint"),
			proved: text(row, "proved") as Proved,
			paused: row["paused"] === 1,
			method: text(row, "method"),
			path: text(row, "path"),
			query: text(row, "query"),
			headers: JSON.parse(text(row, "headers")) as Record<string, string>,
			receivedAt: number(row, "received_at"),
			...(row["ip"] === null ? {} : { ip: text(row, "ip") }),
			removed: removedOf(row),
			body: body instanceof Uint8Array ? { inline: body } : { file: text(row, "file") },
			expiredAt: numberOrNull(row["expired_at"]),
			rewritten: number(row, "rewritten"),
		};
	}

	function pin(pins: readonly Pins[]): void {
		const now = clock();
		const naming: number[] = [];
		for (const { delivery, messages } of pins) {
			const row = rowOf(delivery);
			const { time } = partsOf(delivery) ?? { time: 0 };
			sql.query(`DELETE FROM fresh WHERE received_at = ? AND delivery = ?`, time, row);
			leasedDeliveries.delete(row);
			for (const pinned of messages) {
				const id = row * positions + pinned.position;
				const moves = pinned.state === "pending" || pinned.state === "waiting";
				sql.query(
					`INSERT INTO message (id, due_at, state, worst, attempts, sender_id, type, time, persons, plan, reason)
					 VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)
					 ON CONFLICT (id) DO UPDATE
					    SET due_at = excluded.due_at, state = excluded.state, worst = excluded.worst,
					        sender_id = excluded.sender_id, type = excluded.type, time = excluded.time,
					        persons = excluded.persons, plan = excluded.plan, reason = excluded.reason,
					        recorded = iif(excluded.state = 'waiting', message.recorded, NULL)
					  WHERE message.plan IS NULL AND message.state <> 'suppressed'`,
					id,
					moves ? now + (pinned.waitMs ?? 0) : null,
					pinned.state,
					worstOf(pinned.state, pinned.plan),
					pinned.senderId,
					pinned.type,
					pinned.time,
					pinned.persons.join(" "),
					pinned.plan === null ? null : JSON.stringify(pinned.plan),
					pinned.reason,
				);
				// A pinned plan goes to the ledger in this same turn; an unplanned message waits for its own.
				if (moves && pinned.plan !== null) leasedMessages.set(id, now + limits.leaseMs);
				else leasedMessages.delete(id);
				if (pinned.persons.length > 0) naming.push(id);
				if (pinned.asks !== undefined) ask(id, pinned.asks);
			}
		}
		noteLatest(
			sql,
			pins.map(({ delivery }) => rowOf(delivery)),
		);
		persons.pinned(naming);
	}

	function ask(message: number, asks: readonly AskedFetch[]): void {
		if (asks.length === 0) {
			sql.query(
				`UPDATE fetch SET state = 'given_up', due_at = NULL, reason = coalesce(reason, 'there was no time for it')
				  WHERE message = ? AND state = 'owed'`,
				message,
			);
			return;
		}
		for (const { into, endpoint, site, url, body } of asks) {
			// A message that was cut meanwhile asks for nothing.
			sql.query(
				`INSERT INTO fetch (message, name, endpoint, site, url, body, state, owed_since, due_at, attempts)
				 SELECT id, ?2, ?3, ?4, ?5, ?6, 'owed', ?7, ?7, 0 FROM message WHERE id = ?1 AND state = 'waiting'
				 ON CONFLICT DO NOTHING`,
				message,
				into,
				endpoint,
				site,
				url,
				body,
				clock(),
			);
		}
	}

	function settle(settlements: readonly Settlement[]): void {
		for (const { delivery, position, plan, retryAt, hold } of settlements) {
			const id = rowOf(delivery) * positions + position;
			const state: MessageState = retryAt === null ? "done" : "pending";
			const [kept] = sql.query(
				`UPDATE message SET due_at = ?, state = ?, worst = ?, attempts = attempts + 1, outcomes = ?
				  WHERE id = ? AND state <> 'suppressed' RETURNING id`,
				retryAt,
				state,
				worstOf(state, plan),
				JSON.stringify(plan.map((planned) => planned.outcome ?? null)),
				id,
			);
			if (kept === undefined) keepKinds(id, plan);
			leasedMessages.delete(id);
			if (retryAt === null) for (const planned of plan) owe(id, planned);
			for (const hash of hold?.hashes ?? []) {
				sql.query(
					`INSERT INTO hold (hash, message, until) VALUES (unhex(?), ?, ?)
					 ON CONFLICT DO UPDATE SET until = excluded.until`,
					hash,
					id,
					hold?.until ?? 0,
				);
			}
		}
	}

	/** Of what was cut: not whose it was, nor which event. */
	function keepKinds(message: number, plan: readonly Planned[]): void {
		// An opt-out is cut in its own turn, by what it asked for.
		const kinds = plan.flatMap(
			({ action, outcome }) => outcome?.kind ?? (action === "opt_out" ? "appended" : []),
		);
		sql.query(
			`UPDATE message SET outcomes = ? WHERE id = ? AND state = 'suppressed'`,
			JSON.stringify(kinds.map((kind) => ({ kind }))),
			message,
		);
	}

	/** From now on; also of a message that was cut in its own turn, as an opt-out is. */
	function owe(message: number, { callback, outcome }: Planned): void {
		if (callback === undefined || outcome === undefined) return;
		forgetCallback(message);
		sql.query(
			`INSERT INTO callback (message, url, site, client, correlation, outcome, owed_since, due_at, attempts)
			 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, 0)`,
			message,
			callback.url,
			callback.site,
			callback.client,
			callback.correlation,
			outcome.kind,
			clock(),
		);
	}

	function forgetCallback(message: number): void {
		sql.query(`DELETE FROM callback WHERE message = ?`, message);
		owedCallbacks.ended(message);
	}

	function release(hashes: readonly string[]): number {
		const now = clock();
		const waiting = new Set<number>();
		for (const hash of hashes) {
			const held = sql.query(`SELECT message FROM hold WHERE hash = unhex(?) AND until >= ?`, hash, now);
			for (const row of held) waiting.add(number(row, "message"));
		}
		for (const id of waiting) {
			sql.query(
				`UPDATE message SET due_at = ?, state = 'pending', worst = ? WHERE id = ? AND due_at IS NULL`,
				now,
				worstOf("pending", null),
				id,
			);
			sql.query(`DELETE FROM hold WHERE message = ?`, id);
		}
		return waiting.size;
	}

	function letGo(delivery: string): number {
		const stored = deliveryWithId(delivery);
		if (stored === undefined) return 0;
		const row = number(stored, "id");
		const held = sql.query(
			`UPDATE message SET state = 'pending', due_at = ?, worst = ?
			  WHERE id BETWEEN ? AND ? AND state = 'held' RETURNING id`,
			clock(),
			worstOf("pending", null),
			row * positions,
			row * positions + positions - 1,
		);
		sql.query(
			`UPDATE delivery SET paused = 0, proved = iif(proved = 'first', 'all', proved) WHERE id = ?`,
			row,
		);
		return held.length;
	}

	function replay(deliveries: readonly string[]): number {
		let replayed = 0;
		for (const delivery of deliveries) {
			const row = deliveryWithId(delivery);
			if (row === undefined || row["expired_at"] !== null) continue;
			for (const message of messagesOf(row)) {
				if (!hasEnded(message)) continue;
				const recorded = message.plan?.filter(isRecorded) ?? [];
				const id = number(row, "id") * positions + message.position;
				sql.query(
					`UPDATE message SET state = 'pending', due_at = ?, worst = ?, attempts = 0, plan = NULL, outcomes = NULL,
					        reason = NULL, recorded = ? WHERE id = ?`,
					clock(),
					worstOf("pending", null),
					recorded.length === 0 ? null : JSON.stringify(recorded),
					id,
				);
				sql.query(`DELETE FROM hold WHERE message = ?`, id);
				// What is known is not asked again.
				sql.query(`DELETE FROM fetch WHERE message = ? AND state = 'given_up'`, id);
				forgetCallback(id);
				replayed += 1;
			}
		}
		return replayed;
	}

	function newestAfter(count: number): number {
		const [row] = sql.query(`SELECT id FROM message ORDER BY id DESC LIMIT 1 OFFSET ?`, count);
		return row === undefined ? 0 : number(row, "id");
	}

	function recorded(after: number, limit: number) {
		const rows = sql.query(
			`SELECT message.id, outcomes FROM message JOIN delivery ON delivery.id = message.id / ${positions}
			  WHERE message.id > ? AND outcomes IS NOT NULL AND expired_at IS NULL ORDER BY message.id LIMIT ?`,
			after,
			limit,
		);
		const messages = rows.map((row) => ({
			message: number(row, "id"),
			events: outcomesIn(row).flatMap((outcome) => eventIn(outcome) ?? []),
		}));
		const next = rows.length < limit ? null : (messages.at(-1)?.message ?? null);
		return { messages: messages.filter(({ events }) => events.length > 0), next };
	}

	function reopen(messages: readonly RecordedMessage[]): number {
		for (const { message, events } of messages) {
			const [row] = sql.query(`SELECT outcomes FROM message WHERE id = ?`, message);
			invariant(row !== undefined, "a message that is opened again is there");
			const kept = outcomesIn(row).map((outcome) =>
				events.includes(eventIn(outcome) ?? "") ? null : outcome,
			);
			sql.query(
				`UPDATE message SET state = 'pending', due_at = ?, worst = ?, attempts = 0, outcomes = ? WHERE id = ?`,
				clock(),
				worstOf("pending", null),
				JSON.stringify(kept),
				message,
			);
			forgetCallback(message);
		}
		return messages.length;
	}

	function read(deliveries: readonly string[]): readonly KeptDelivery[] {
		const kept: KeptDelivery[] = [];
		let bytes = 0;
		for (const delivery of deliveries) {
			const row = deliveryWithId(delivery);
			if (row === undefined) continue;
			const fetches = fetchesIn(row);
			bytes += number(row, "bytes");
			for (const fetch of fetches) bytes += textOrNull(fetch["answer"])?.length ?? 0;
			if (kept.length > 0 && bytes > readBytesMax) break;
			const fetched = fetches.map((fetch) => ({
				...fetchedOf(fetch),
				position: number(fetch, "message") % positions,
			}));
			kept.push({ stored: storedOf(row), messages: messagesOf(row), fetched });
		}
		return kept;
	}

	function ofPersons(hashes: readonly string[], { until, from, limit }: PersonsPage) {
		const found: { readonly stored: StoredDelivery; readonly positions: number[] }[] = [];
		let last = -1;
		let bytes = 0;
		for (const id of persons.candidates(hashes, from * positions)) {
			const [row] = sql.query(`SELECT persons FROM message WHERE id = ?`, id);
			if (row === undefined || !hashes.some((hash) => text(row, "persons").includes(hash))) continue;
			const delivery = Math.floor(id / positions);
			if (delivery !== last) {
				const named = deliveryRow(delivery);
				if (number(named, "received_at") > until) continue;
				bytes += number(named, "bytes");
				if (found.length > 0 && (found.length === limit || bytes > cutBytesMax))
					return { found, next: delivery };
				last = delivery;
				found.push({ stored: storedOf(named), positions: [] });
			}
			found.at(-1)?.positions.push(id % positions);
		}
		return { found, next: null };
	}

	function cut({ delivery, positions: gone, body, query, rewritten }: Cut): boolean {
		const row = rowOf(delivery);
		const [asRead] = sql.query(`SELECT 1 FROM delivery WHERE id = ? AND rewritten = ?`, row, rewritten);
		if (asRead === undefined) {
			if (body !== null && "file" in body) orphanUnlessKept(body.file);
			return false;
		}
		for (const position of gone) {
			const id = row * positions + position;
			const [message] = sql.query(`SELECT plan, outcomes FROM message WHERE id = ?`, id);
			const plan = message === undefined ? null : planOf(message);
			sql.query(
				`UPDATE message SET due_at = NULL, state = 'suppressed', worst = ?, sender_id = NULL, time = NULL,
				        persons = '', plan = NULL, outcomes = iif(state = 'suppressed', outcomes, NULL), recorded = NULL,
				        reason = 'the person was erased'
				  WHERE id = ?`,
				worstOf("suppressed", null),
				id,
			);
			if (plan !== null) keepKinds(id, plan);
			for (const table of ["hold", "fetch"]) sql.query(`DELETE FROM ${table} WHERE message = ?`, id);
			forgetCallback(id);
			leasedMessages.delete(id);
		}
		rewrite(row, body, query);
		return true;
	}

	/** Nothing of a request stays where nothing of its body does, but for that query. */
	function rewrite(row: number, body: StoredBody | null, query = ""): void {
		const left = body ?? { inline: new Uint8Array() };
		const [before] = sql.query(`SELECT file FROM delivery WHERE id = ?`, row);
		invariant(before !== undefined, "what is rewritten is stored");
		sql.query(
			`UPDATE delivery SET body = ?1, file = ?2, bytes = ?3, query = iif(?4, query, ?6),
			        headers = iif(?4, headers, '{}'), ip = iif(?4, ip, NULL), rewritten = rewritten + 1 WHERE id = ?5`,
			"inline" in left ? left.inline : null,
			"file" in left ? left.file : null,
			"inline" in left ? left.inline.byteLength : left.bytes,
			body === null ? 0 : 1,
			row,
			query,
		);
		if (before["file"] !== null) orphanUnlessKept(text(before, "file"));
	}

	/** The same bytes, sent again after the sender's retries, are a delivery with the same file. */
	function orphanUnlessKept(file: string): void {
		sql.query(
			`INSERT OR IGNORE INTO orphan (file)
			 SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE file = ?1)`,
			file,
		);
	}

	function orphans(): readonly string[] {
		return sql
			.query(
				`SELECT file FROM orphan WHERE NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.file = orphan.file) LIMIT ?`,
				orphansAtOnce,
			)
			.map((row) => text(row, "file"));
	}

	function removed(files: readonly string[]): void {
		for (const file of files) sql.query(`DELETE FROM orphan WHERE file = ?`, file);
	}

	function messagesOf(row: Row): readonly MessageView[] {
		const first = number(row, "id") * positions;
		return sql
			.query(`SELECT * FROM message WHERE id BETWEEN ? AND ? ORDER BY id`, first, first + positions - 1)
			.map(messageOf);
	}

	function callbacksOf(row: Row): readonly CallbackView[] {
		const first = number(row, "id") * positions;
		return sql
			.query(
				`SELECT * FROM callback WHERE message BETWEEN ? AND ? ORDER BY message`,
				first,
				first + positions - 1,
			)
			.map((callback) => ({
				position: number(callback, "message") % positions,
				url: text(callback, "url"),
				state: callback["due_at"] === null ? "given_up" : "owed",
				attempts: number(callback, "attempts"),
				dueAt: numberOrNull(callback["due_at"]),
				reason: textOrNull(callback["reason"]),
			}));
	}

	/** The questions of a delivery's messages. */
	function fetchesIn(row: Row): readonly Row[] {
		const first = number(row, "id") * positions;
		return fetchesOf(first, first + positions - 1);
	}

	function fetchesOf(first: number, last: number): readonly Row[] {
		return sql.query(
			`SELECT * FROM fetch WHERE message BETWEEN ? AND ? ORDER BY message, number`,
			first,
			last,
		);
	}

	function fetchViewsOf(row: Row): readonly FetchView[] {
		return fetchesIn(row).map((fetch) => {
			const { answer: _answer, ...fetched } = fetchedOf(fetch);
			return {
				...fetched,
				position: number(fetch, "message") % positions,
				url: text(fetch, "url"),
				attempts: number(fetch, "attempts"),
				dueAt: numberOrNull(fetch["due_at"]),
			};
		});
	}

	function firstSeen(
		hashes: readonly string[],
		{ at, retriesForMs }: { readonly at: number; readonly retriesForMs: number },
	): readonly number[] {
		return hashes.map((hash) => {
			// An earlier one before a later one: what came out of order joins whichever there is.
			const [row] = sql.query(
				`SELECT first_at FROM content
				  WHERE hash = unhex(?1) AND first_at > ?2 - ?3 AND first_at < ?2 + ?3
				  ORDER BY first_at > ?2, abs(first_at - ?2) LIMIT 1`,
				hash,
				at,
				retriesForMs,
			);
			if (row !== undefined) return number(row, "first_at");
			sql.query(`INSERT INTO content (hash, first_at) VALUES (unhex(?), ?)`, hash, at);
			return at;
		});
	}

	function wakeAt(): number | null {
		return earliest([...dueOf(leasedMessages, dueMessages), ...dueOf(leasedDeliveries, dueDeliveries)]);
	}

	/** Enough of the first due rows to hold one that nobody has leased; what is leased is due when its lease ends. */
	function dueOf(leases: ReadonlyMap<number, number>, due: string): readonly number[] {
		return sql
			.query(due, leases.size + 1)
			.map((row) => leases.get(number(row, "id")) ?? number(row, "due_at"));
	}

	function takeCallback(places: Places): OwedCallback | null {
		const row = owedCallbacks.take(places);
		if (row === undefined) return null;
		return {
			delivery: idOf(row),
			message: number(row, "message"),
			url: text(row, "url"),
			site: text(row, "site"),
			client: text(row, "client"),
			correlation: text(row, "correlation"),
			outcome: text(row, "outcome") as EventOutcome["kind"],
			owedSince: number(row, "owed_since"),
			attempts: number(row, "attempts"),
		};
	}

	function settleCallback({ message, owedSince }: OwedCallback, result: CallbackResult): void {
		owedCallbacks.ended(message);
		if (result.kind === "accepted") {
			sql.query(`DELETE FROM callback WHERE message = ? AND owed_since = ?`, message, owedSince);
			return;
		}
		sql.query(
			`UPDATE callback SET due_at = ?, attempts = attempts + 1, reason = ? WHERE message = ? AND owed_since = ?`,
			result.kind === "later" ? result.at : null,
			result.reason,
			message,
			owedSince,
		);
	}

	function takeFetch(places: Places): OwedFetch | null {
		const row = owedFetches.take(places);
		if (row === undefined) return null;
		return {
			delivery: idOf(row),
			message: number(row, "message"),
			number: number(row, "number"),
			into: text(row, "name"),
			endpoint: text(row, "endpoint"),
			site: text(row, "site"),
			url: text(row, "url"),
			body: textOrNull(row["body"]),
			owedSince: number(row, "owed_since"),
			attempts: number(row, "attempts"),
		};
	}

	function settleFetch({ number: question, message, owedSince }: OwedFetch, result: FetchResult): void {
		owedFetches.ended(question);
		const isOver = result.kind !== "later";
		sql.query(
			`UPDATE fetch SET state = ?, due_at = ?, attempts = attempts + ?, answer = ?, reason = ?
			  WHERE number = ? AND message = ? AND owed_since = ? AND state = 'owed'`,
			isOver ? result.kind : "owed",
			isOver ? null : result.at,
			result.kind === "found" ? 0 : 1,
			result.kind === "found" ? result.answer : null,
			result.kind === "found" ? null : result.reason,
			question,
			message,
			owedSince,
		);
		if (!isOver) return;
		sql.query(
			`UPDATE message SET state = 'pending', due_at = ?, worst = ? WHERE id = ? AND state = 'waiting'
			    AND NOT EXISTS (SELECT 1 FROM fetch WHERE fetch.message = message.id AND fetch.state = 'owed')`,
			clock(),
			worstOf("pending", null),
			message,
		);
	}

	function list({ limit, cursor, endpoint, outcome, since, until }: ListQuery): readonly DeliverySummary[] {
		const [time, row] = startOf(cursor);
		return sql
			.query(
				`SELECT * FROM delivery
				  WHERE (received_at, id) < (?1, ?2) AND received_at >= ?3 AND received_at < ?4
				    AND (?5 IS NULL OR endpoint = ?5) AND (?6 IS NULL OR ${worstInDelivery} = ?6)
				  ORDER BY received_at DESC, id DESC LIMIT ?7`,
				time,
				row,
				since ?? 0,
				until ?? Number.MAX_SAFE_INTEGER,
				endpoint ?? null,
				outcome === undefined ? null : outcomeOrder.indexOf(outcome),
				limit,
			)
			.map(summaryOf);
	}

	function arrivals({ limit, since, cursor }: ArrivalsQuery): readonly Arrived[] {
		const rows = arrivedRows(sql, { before: startOf(cursor), since, limit, worst: worstInDelivery });
		return rows.map((row) => ({
			id: idOf(row),
			endpoint: text(row, "endpoint"),
			receivedAt: number(row, "received_at"),
			outcome: outcomeOf(row["untouched"] === 1, row["worst"]),
		}));
	}

	/** The time and row before which a page begins: ids of one moment go by shard, then by row. */
	function startOf(cursor: string | undefined): readonly [number, number] {
		if (cursor === undefined) return [Number.MAX_SAFE_INTEGER, 0];
		const id = partsOf(cursor);
		if (id === undefined) return [0, 0];
		if (id.shard === shard) return [id.time, id.row];
		return [id.time, id.shard > shard ? Number.MAX_SAFE_INTEGER : 0];
	}

	function summaryOf(row: Row): DeliverySummary {
		const first = number(row, "id") * positions;
		const [messages] = sql.query(
			`SELECT count(*) AS messages FROM message WHERE id BETWEEN ? AND ?`,
			first,
			first + positions - 1,
		);
		const [worst] = sql.query(
			`SELECT * FROM message WHERE id BETWEEN ? AND ? ORDER BY worst DESC, id LIMIT 1`,
			first,
			first + positions - 1,
		);
		const types = sql.query(
			`SELECT DISTINCT type FROM message WHERE id BETWEEN ? AND ? AND type IS NOT NULL LIMIT 5`,
			first,
			first + positions - 1,
		);
		return {
			id: idOf(row),
			endpoint: text(row, "endpoint"),
			receivedAt: number(row, "received_at"),
			method: text(row, "method"),
			path: text(row, "path"),
			bytes: number(row, "bytes"),
			repeats: number(row, "repeats"),
			proved: text(row, "proved") as Proved,
			messages: Number(messages?.["messages"] ?? 0),
			outcome: outcomeOf(isFresh(sql, row), worst?.["worst"]),
			reason: worst === undefined ? null : reasonOf(messageOf(worst)),
			types: types.map((type) => text(type, "type")),
		};
	}

	function show(delivery: string): DeliveryView | null {
		const row = deliveryWithId(delivery);
		return row === undefined ? null : viewOf(row);
	}

	function showUnder(key: string): DeliveryView | null {
		const [row] = sql.query(
			`SELECT * FROM delivery WHERE key = unhex(?) ORDER BY received_at DESC LIMIT 1`,
			key,
		);
		return row === undefined ? null : viewOf(row);
	}

	function viewOf(row: Row): DeliveryView {
		return {
			...summaryOf(row),
			query: text(row, "query"),
			headers: JSON.parse(text(row, "headers")) as Record<string, string>,
			removed: removedOf(row),
			expiredAt: numberOrNull(row["expired_at"]),
			messageViews: messagesOf(row),
			callbacks: callbacksOf(row),
			fetches: fetchViewsOf(row),
		};
	}

	function stats() {
		const states: Record<string, number> = {};
		const aside = `SELECT state, count(*) AS n FROM message WHERE state NOT IN ('pending', 'done') GROUP BY state`;
		for (const row of sql.query(aside)) states[text(row, "state")] = number(row, "n");
		const [waiting] = sql.query(
			`SELECT (SELECT count(*) FROM message WHERE due_at IS NOT NULL) + (SELECT count(*) FROM fresh) AS n`,
		);
		// What waits for others has a time too, when it waits no longer.
		const pending = Number(waiting?.["n"]) - (states["waiting"] ?? 0);
		if (pending > 0) states["pending"] = pending;
		const none = new Map<number, number>();
		const [callbacks] = sql.query(`SELECT count(*) AS n, count(due_at) AS owed FROM callback`);
		const owed = Number(callbacks?.["owed"]);
		return {
			states,
			callbacks: { owed, givenUp: Number(callbacks?.["n"]) - owed },
			oldestDue: earliest([...dueOf(none, dueMessages), ...dueOf(none, dueDeliveries)]),
		};
	}
}

/** Null where there is no message, as in a delivery that nobody has looked at. */
const worstInDelivery = `(SELECT max(worst) FROM message
	WHERE message.id BETWEEN delivery.id * ${positions} AND delivery.id * ${positions} + ${positions - 1})`;

const dueMessages = `SELECT id, due_at FROM message WHERE due_at IS NOT NULL ORDER BY due_at LIMIT ?`;
const dueDeliveries = `SELECT delivery AS id, received_at AS due_at FROM fresh ORDER BY received_at LIMIT ?`;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** What a delivery's id is made of; undefined where the text is no such id. */
function partsOf(
	id: string,
): { readonly time: number; readonly shard: number; readonly row: number } | undefined {
	if (!/^[0-9a-f]{24}$/.test(id)) return undefined;
	return {
		time: Number.parseInt(id.slice(0, 12), 16),
		shard: Number.parseInt(id.slice(12, 14), 16),
		row: Number.parseInt(id.slice(14), 16),
	};
}

const earliest = (times: readonly number[]): number | null =>
	times.length === 0 ? null : Math.min(...times);

function forget(leases: Map<number, number>, now: number): void {
	for (const [id, until] of leases) if (until <= now) leases.delete(id);
}

/** The pinned plan with what is settled of it. */
function planOf(row: Row): readonly Planned[] | null {
	if (row["plan"] === null) return null;
	const plan = JSON.parse(text(row, "plan")) as readonly Planned[];
	if (row["outcomes"] === null) return plan;
	const outcomes = JSON.parse(text(row, "outcomes")) as readonly (EventOutcome | null)[];
	return plan.map((planned, index) => {
		const outcome = outcomes[index] ?? planned.outcome;
		return outcome === undefined ? planned : { ...planned, outcome };
	});
}

const fetchedOf = (row: Row): Fetched => ({
	into: text(row, "name"),
	state: text(row, "state") as Fetched["state"],
	answer: textOrNull(row["answer"]),
	reason: textOrNull(row["reason"]),
});

const removedOf = (row: Row): readonly Removal[] =>
	row["removed"] === null ? [] : (JSON.parse(text(row, "removed")) as readonly Removal[]);

function messageOf(row: Row): MessageView {
	return {
		position: number(row, "id") % positions,
		state: text(row, "state") as MessageState,
		outcome: outcomeOrder[number(row, "worst")] ?? "pending",
		senderId: textOrNull(row["sender_id"]),
		type: textOrNull(row["type"]),
		time: numberOrNull(row["time"]),
		attempts: number(row, "attempts"),
		dueAt: numberOrNull(row["due_at"]),
		reason: textOrNull(row["reason"]),
		plan: planOf(row),
		cameTo: row["state"] !== "suppressed" ? null : kindsIn(row),
	};
}

/** Whether nothing more happens to it by itself, and nobody has to decide about it. */
export const hasEnded = ({ state }: MessageView): boolean =>
	state === "done" || state === "unmatched" || state === "ignored" || state === "failed";

/** Whether something is asked of others for one of these messages. */
export const askOthers = (pins: readonly Pins[]): boolean =>
	pins.some(({ messages }) => messages.some(({ asks = [] }) => asks.length > 0));

/** Whether somebody is owed the outcome of one of these. */
export const oweCallbacks = (settlements: readonly Settlement[]): boolean =>
	settlements.some(({ plan }) => plan.some(({ callback }) => callback !== undefined));

const outcomesIn = (row: Row): readonly (EventOutcome | null)[] =>
	JSON.parse(String(row["outcomes"])) as readonly (EventOutcome | null)[];

const kindsIn = (row: Row): readonly EventOutcome["kind"][] =>
	row["outcomes"] === null ? [] : outcomesIn(row).flatMap((outcome) => outcome?.kind ?? []);

/** The event that an outcome says is recorded. */
const eventIn = (outcome: EventOutcome | null): string | null =>
	outcome?.kind === "appended" || outcome?.kind === "duplicate" ? outcome.event : null;

const isRecorded = ({ outcome }: Planned): boolean =>
	outcome?.kind === "appended" || outcome?.kind === "duplicate";

/** Why a message has its outcome: its own reason, or that of the event which gave it. */
function reasonOf({ outcome, reason, plan }: MessageView): string | null {
	const event = plan?.find((planned) => planned.outcome?.kind === outcome)?.outcome;
	return reason ?? (event !== undefined && "reason" in event ? event.reason : null);
}

/** A delivery shows its worst; one that nobody has looked at is pending, an empty batch asks for nothing. */
function outcomeOf(untouched: boolean, worst: SqlValue | undefined): OutcomeName {
	if (untouched) return "pending";
	return typeof worst === "number" ? (outcomeOrder[worst] ?? "pending") : "ignored";
}

/** The place of the worst outcome in `outcomeOrder`; mappings that gave no event at all skipped the message. */
function worstOf(state: MessageState, plan: readonly Planned[] | null): number {
	if (state !== "done") return outcomeOrder.indexOf(state);
	if (plan === null || plan.length === 0) return outcomeOrder.indexOf("skipped");
	return Math.max(...plan.map(({ outcome }) => outcomeOrder.indexOf(outcome?.kind ?? "pending")));
}
