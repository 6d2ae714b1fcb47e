import type { Program } from "../catalog/program.ts";
import { hexOf } from "../model/bytes.ts";
import type { JsonObject } from "../model/json.ts";
import type { Row, Sql } from "../model/sql.ts";
import { eventId, placeOfEvent } from "./event-id.ts";
import { bookOf, type Postings } from "./postings.ts";
import type { Flag, Properties, Snapshot } from "./properties.ts";
import { type EventFilter, type EventSearch, orderOf, whereOf } from "./search.ts";
import { type Balance, type Profile, scoreOf, type Transaction, type TransactionStatus } from "./state.ts";

/** An event with Antavo's default properties, as the history, the API and the back office show it. */
export interface EventView {
	readonly id: string;
	/** The loyalty id. */
	readonly customer: string;
	readonly action: string;
	/** The action's name for people. */
	readonly label: string;
	readonly points: number;
	/** ISO 8601, when it happened as far as the sender knows. */
	readonly timestamp: string;
	/** Seconds. */
	readonly unix_timestamp: number;
	/** `YYYY-MM-DD`, UTC. */
	readonly date: string;
	/** ISO 8601, when it was recorded. */
	readonly process_timestamp: string;
	readonly source: string;
	readonly ip_address: string | null;
	readonly user_agent: string | null;
	readonly signed: boolean | null;
	readonly account: string | null;
	/** The event that it came with. */
	readonly parent: string | null;
	/** The account just after it. */
	readonly snapshot: Snapshot;
	/** The action's own attributes. */
	readonly properties: JsonObject;
	readonly flags: readonly Flag[];
	/** Where it came from: endpoint, delivery, message, and the mapping with its version. */
	readonly provenance: JsonObject;
	readonly position: EventPosition;
}

/** Where it is in its shard's log. */
interface EventPosition {
	readonly shard: number;
	readonly seq: number;
	/** 64 hex digits. */
	readonly leaf: string;
}

/** An event as the answer to whoever sent it shows it, with those that came with it. */
export interface Receipt {
	/** The event key, 32 hex digits. */
	readonly key: string;
	/** The event first. */
	readonly events: readonly { readonly event: EventView; readonly spendable: number }[];
}

export interface CustomerView {
	/** The loyalty id. */
	readonly id: string;
	readonly status: string;
	readonly profile: JsonObject;
	readonly identities: readonly { readonly kind: string; readonly value: string }[];
	readonly accounts: readonly AccountView[];
	/** ISO 8601. */
	readonly created_at: string;
	readonly updated_at: string;
}

/** Antavo's numbers: score is all that was ever earned; spendable is what may be spent. */
export interface AccountView extends Snapshot {
	readonly account: string;
	readonly spendable: number;
	/** Below zero where more was burned than there was. */
	readonly balance: number;
}

export interface TransactionView {
	readonly id: string;
	readonly orders: string | null;
	readonly status: TransactionStatus;
	readonly account: string;
	readonly currency: string | null;
	/** Decimal texts, in its currency. */
	readonly total: string;
	readonly refunded: string;
	readonly earned: number;
	readonly burned: number;
	readonly event: string;
	readonly items: readonly JsonObject[];
	readonly created_at: string;
	readonly updated_at: string;
}

const columns = `event.seq, event.action, event.recorded_at, event.leaf, body.timestamp, body.data, body.properties`;

/** Makes the functions that read events. */
export function openViews(
	sql: Sql,
	{ program, shard }: { readonly program: Program; readonly shard: number },
) {
	const viewOf = (row: Row): EventView => {
		const seq = Number(row["seq"]);
		const recordedAt = Number(row["recorded_at"]);
		const time = Number(row["timestamp"]);
		const action = String(row["action"]);
		const timestamp = new Date(time).toISOString();
		const properties = JSON.parse(String(row["properties"])) as Properties;
		const { source, ipAddress, userAgent, signed, ...provenance } = properties.provenance;
		return {
			id: eventId({ recordedAt, shard, seq }),
			customer: properties.customer,
			action,
			label: program.actions.get(action)?.label ?? action,
			points: properties.points,
			timestamp,
			unix_timestamp: Math.floor(time / 1_000),
			date: timestamp.slice(0, 10),
			process_timestamp: new Date(recordedAt).toISOString(),
			source,
			ip_address: ipAddress ?? null,
			user_agent: userAgent ?? null,
			signed: signed ?? null,
			account: properties.account ?? null,
			parent: properties.parent ?? null,
			snapshot: properties.snapshot,
			properties: JSON.parse(String(row["data"])) as JsonObject,
			flags: properties.flags ?? [],
			provenance,
			position: { shard, seq, leaf: hexOf(row["leaf"] as Uint8Array) },
		};
	};

	return {
		/** Null where there is no such event, or its person is erased. */
		event: (id: string): EventView | null => {
			const place = placeOfEvent(id);
			if (place === undefined || place.shard !== shard) return null;
			const [row] = sql.query(`SELECT ${columns} FROM event JOIN body USING (seq) WHERE seq = ?`, place.seq);
			const view = row === undefined ? null : viewOf(row);
			return view?.id === id ? view : null;
		},

		/** Null where there is no such event, or its person is erased. `spendable` is what it added to points that can be spent. */
		receipt: (id: string): Receipt | null => {
			const place = placeOfEvent(id);
			if (place === undefined || place.shard !== shard) return null;
			const [first] = sql.query("SELECT key FROM event WHERE seq = ?", place.seq);
			if (first === undefined) return null;
			const key = first["key"] as Uint8Array;
			const rows = sql.query(
				`SELECT ${columns}, event.postings FROM event JOIN body USING (seq)
				WHERE event.key BETWEEN ? AND ? ORDER BY event.seq`,
				key,
				lastOfItsKeys(key),
			);
			const events = rows.map((row) => ({ event: viewOf(row), spendable: spendableIn(row) }));
			return events[0]?.event.id === id ? { key: hexOf(key), events } : null;
		},

		/** Of one customer, or of all. */
		search: (
			subject: Uint8Array | null,
			{ filters, sort, limit, offset }: EventSearch,
		): readonly EventView[] => {
			const where = whereOf(filters);
			return sql
				.query(
					`SELECT ${columns} FROM body JOIN event USING (seq)
					WHERE ${subject === null ? "TRUE" : "body.subject = ?"}${where.text}
					ORDER BY ${orderOf(sort)} LIMIT ? OFFSET ?`,
					...(subject === null ? [] : [subject]),
					...where.params,
					limit,
					offset,
				)
				.map(viewOf);
		},

		/** How many events of all customers there are. */
		count: (filters: readonly EventFilter[]): number => {
			const where = whereOf(filters);
			const [row] = sql.query(
				`SELECT count(*) AS events FROM body JOIN event USING (seq) WHERE TRUE${where.text}`,
				...where.params,
			);
			return Number(row?.["events"]);
		},

		newest: (limit: number): readonly EventView[] =>
			sql
				.query(`SELECT ${columns} FROM event JOIN body USING (seq) ORDER BY seq DESC LIMIT ?`, limit)
				.map(viewOf),

		/** Newest first; `before` excludes itself and everything newer. */
		history: (subject: Uint8Array, { before, limit, actions }: HistoryQuery): readonly EventView[] =>
			sql
				.query(
					`SELECT ${columns} FROM body JOIN event USING (seq)
					WHERE body.subject = ? AND (body.timestamp, body.seq) < (?, ?)
						AND (? IS NULL OR event.action IN (SELECT value FROM json_each(?)))
					ORDER BY body.timestamp DESC, body.seq DESC LIMIT ?`,
					subject,
					before.timestamp,
					before.seq,
					actions,
					actions,
					limit,
				)
				.map(viewOf),
	};
}

/** The keys of those that came with an event are its own, numbered in the last two bytes. */
const lastOfItsKeys = (key: Uint8Array): Uint8Array => Uint8Array.of(...key.subarray(0, 14), 0xff, 0xff);

function spendableIn(row: Row): number {
	const postings = JSON.parse(String(row["postings"])) as Postings;
	return Object.entries(postings).reduce(
		(sum, [name, points]) => (bookOf(name).book === "active" ? sum + points : sum),
		0,
	);
}

interface HistoryQuery {
	readonly before: HistoryPlace;
	readonly limit: number;
	/** A JSON list, or null for all. */
	readonly actions: string | null;
}

/** Where a page of a history ended. */
export interface HistoryPlace {
	readonly timestamp: number;
	readonly seq: number;
}

/** After everything: where the first page begins. */
export const historyEnd: HistoryPlace = {
	timestamp: Number.MAX_SAFE_INTEGER,
	seq: Number.MAX_SAFE_INTEGER,
};

export const cursorOf = ({ timestamp, position }: EventView): string =>
	`${Date.parse(timestamp).toString(36)}.${position.seq.toString(36)}`;

/** Undefined where the text is no cursor of ours. */
export function placeOfCursor(cursor: string): HistoryPlace | undefined {
	const [, timestamp, seq] = /^(-?[0-9a-z]{1,11})\.([0-9a-z]{1,11})$/.exec(cursor) ?? [];
	if (timestamp === undefined || seq === undefined) return undefined;
	return { timestamp: Number.parseInt(timestamp, 36), seq: Number.parseInt(seq, 36) };
}

export const profileOf = (profile: Profile): JsonObject =>
	Object.fromEntries(Object.entries(profile).map(([name, [value]]) => [name, value]));

export const accountOf = (account: string, balance: Balance): AccountView => ({
	account,
	score: scoreOf(balance),
	spent: balance.spent,
	pending: balance.pending,
	reserved: balance.reserved,
	expired: balance.expired,
	spendable: Math.max(0, balance.active),
	balance: balance.active,
});

/** What was refunded no longer counts as earned or burned. */
export const transactionView = (transaction: Transaction, event: string): TransactionView => ({
	id: transaction.id,
	orders: transaction.orders === "" ? null : transaction.orders,
	status: transaction.status,
	account: transaction.account,
	currency: transaction.currency,
	total: transaction.total,
	refunded: transaction.refunded,
	earned: transaction.earned - transaction.earnedBack,
	burned: transaction.burned - transaction.burnedBack,
	event,
	items: transaction.lines.map(({ product, quantity, subtotal, refunded }) => ({
		product_id: product,
		quantity,
		subtotal,
		refunded,
	})),
	created_at: new Date(transaction.createdAt).toISOString(),
	updated_at: new Date(transaction.updatedAt).toISOString(),
});
