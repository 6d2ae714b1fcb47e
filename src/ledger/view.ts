import type { Program } from "../catalog/program.ts";
import type { TierStructure } from "../catalog/tiers.ts";
import { hexOf } from "../model/bytes.ts";
import type { JsonObject } from "../model/json.ts";
import type { Row, Sql } from "../model/sql.ts";
import { lastDayBefore } from "./dates.ts";
import { endOf, overdueIn } from "./due.ts";
import { eventId, placeOfEvent } from "./event-id.ts";
import { exact } from "./money.ts";
import { type Book, bookOf, type Postings } from "./postings.ts";
import { type Flag, type Properties, type Snapshot, snapshotOf } from "./properties.ts";
import { type EventFilter, type EventSearch, orderOf, whereOf } from "./search.ts";
import {
	at,
	emptyBalance,
	type Profile,
	type State,
	type Transaction,
	type TransactionStatus,
} from "./state.ts";
import { countedIn, standingOf } from "./tiers.ts";

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
	/** The last day of the points that it gave, `YYYY-MM-DD`; null where they stay, or where it gave none. */
	readonly expdate: string | null;
	/** Which events' points it took, or gave back where below zero: how many by their ids. */
	readonly usages: Readonly<Record<string, number>>;
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
}

/** An event as the answer to whoever sent it shows it, with those that came with it. */
export interface Receipt {
	/** The event key, 32 hex digits. */
	readonly key: string;
	/** The event first. */
	readonly events: readonly Moved[];
}

/** An event with what it added to the points that can be spent, and to those that are pending. */
interface Moved {
	readonly event: EventView;
	readonly spendable: number;
	readonly pending: number;
}

export interface CustomerView {
	/** The loyalty id. */
	readonly id: string;
	readonly status: string;
	readonly profile: JsonObject;
	readonly identities: readonly { readonly kind: string; readonly value: string }[];
	readonly accounts: readonly AccountView[];
	readonly tiers: readonly TierView[];
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
	/** What expires, by the last day on which it can be spent, the next first. */
	readonly expiring: readonly { readonly expdate: string; readonly points: number }[];
}

/** Where a customer is in one structure. */
export interface TierView {
	readonly structure: { readonly id: string; readonly name: string };
	/** Null below the first tier. */
	readonly id: string | null;
	readonly name: string | null;
	/** ISO 8601; null where they never moved. */
	readonly since: string | null;
	/** `YYYY-MM-DD`, the last day of the tier, unless it is reached again; null where it stays. */
	readonly expdate: string | null;
	/** What counts now: a decimal text, points or money. */
	readonly counted: string;
	/** The next tier and what it still takes; null in the highest. */
	readonly next: { readonly id: string; readonly name: string; readonly missing: string } | null;
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
	/** ISO 8601, when it accepts itself or would have; null where it waits for somebody to. */
	readonly auto_accept: string | null;
	readonly created_at: string;
	readonly updated_at: string;
}

const columns = "body.seq, body.action, body.recorded_at, body.timestamp, body.data, body.properties";

/** Makes the functions that read events. */
export function openViews(
	sql: Sql,
	{ program, shard }: { readonly program: () => Program; readonly shard: number },
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
			label: program().actions.get(action)?.label ?? action,
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
			expdate: expdateOf(properties),
			usages: usagesOf(properties),
			properties: JSON.parse(String(row["data"])) as JsonObject,
			flags: properties.flags ?? [],
			provenance,
			position: { shard, seq },
		};
	};

	return {
		/** Null where there is no such event, or its person is erased. */
		event: (id: string): EventView | null => {
			const place = placeOfEvent(id);
			if (place === undefined || place.shard !== shard) return null;
			const [row] = sql.query(`SELECT ${columns} FROM body WHERE seq = ?`, place.seq);
			const view = row === undefined ? null : viewOf(row);
			return view?.id === id ? view : null;
		},

		/** Null where there is no such event, or its person is erased. */
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
			const events = rows.map((row) => ({
				event: viewOf(row),
				spendable: addedTo("active", row),
				pending: addedTo("pending", row),
			}));
			return events[0]?.event.id === id ? { key: hexOf(key), events } : null;
		},

		/** Of one customer, or of all. */
		search: (
			subject: Uint8Array | null,
			{ filters, sort, limit, offset }: EventSearch,
		): readonly EventView[] => {
			const where = whereOf(filters, shard);
			return sql
				.query(
					`SELECT ${columns} FROM body
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
			const where = whereOf(filters, shard);
			const [row] = sql.query(`SELECT count(*) AS events FROM body WHERE TRUE${where.text}`, ...where.params);
			return Number(row?.["events"]);
		},

		newest: (limit: number): readonly EventView[] =>
			sql.query(`SELECT ${columns} FROM body ORDER BY seq DESC LIMIT ?`, limit).map(viewOf),
	};
}

/** The keys of those that came with an event are its own, numbered in the last two bytes. */
const lastOfItsKeys = (key: Uint8Array): Uint8Array => Uint8Array.of(...key.subarray(0, 14), 0xff, 0xff);

function addedTo(book: Book, row: Row): number {
	const postings = JSON.parse(String(row["postings"])) as Postings;
	return Object.entries(postings).reduce(
		(sum, [name, points]) => (bookOf(name).book === book ? sum + points : sum),
		0,
	);
}

export const profileOf = (profile: Profile): JsonObject =>
	Object.fromEntries(Object.entries(profile).map(([name, [value]]) => [name, value]));

/** Points that are gone are not shown, though no event says so yet. */
export function accountOf(account: string, state: State, now: number): AccountView {
	const kept = at(state.balances, account) ?? emptyBalance;
	const overdue = overdueIn(state, account, now);
	const balance = { ...kept, active: kept.active - overdue, expired: kept.expired + overdue };
	return {
		account,
		...snapshotOf(balance),
		spendable: Math.max(0, balance.active),
		balance: balance.active,
		expiring: expiringIn(state, account, now),
	};
}

function expiringIn({ lots, customer }: State, account: string, now: number): AccountView["expiring"] {
	const days = new Map<number, number>();
	for (const lot of Object.values(lots)) {
		const end = endOf(lot, customer?.activeUntil ?? {});
		if (lot.account !== account || end <= now || !Number.isFinite(end)) continue;
		days.set(end, (days.get(end) ?? 0) + lot.points);
	}
	return [...days]
		.sort(([a], [b]) => a - b)
		.map(([end, points]) => ({ expdate: lastDayBefore(end), points }));
}

export function tiersOf(
	structures: ReadonlyMap<string, TierStructure>,
	{ customer, tiers }: State,
	now: number,
): readonly TierView[] {
	return [...structures.values()].map((structure): TierView => {
		const state = at(tiers, structure.id);
		const tier = standingOf(structure, state);
		const counted = countedIn(structure, state, now, customer?.createdAt ?? now);
		const next = structure.tiers[structure.tiers.findIndex(({ id }) => id === tier?.id) + 1];
		const until = state?.until ?? null;
		return {
			structure: { id: structure.id, name: structure.label },
			id: tier?.id ?? null,
			name: tier?.label ?? null,
			since: state === undefined || state.since === 0 ? null : new Date(state.since).toISOString(),
			expdate: until === null ? null : lastDayBefore(until),
			counted: counted.toString(),
			next:
				next === undefined
					? null
					: { id: next.id, name: next.label, missing: exact(next.from).minus(counted).toString() },
		};
	});
}

function expdateOf({ lots = [] }: Properties): string | null {
	const own = lots.find(({ event, points }) => event === undefined && points > 0);
	return own?.expiresAt === undefined ? null : lastDayBefore(own.expiresAt);
}

const usagesOf = ({ lots = [] }: Properties): EventView["usages"] =>
	Object.fromEntries(lots.flatMap(({ event, points }) => (event === undefined ? [] : [[event, -points]])));

/** What was refunded no longer counts as earned or burned. */
export const transactionView = (transaction: Transaction): TransactionView => ({
	id: transaction.id,
	orders: transaction.orders === "" ? null : transaction.orders,
	status: transaction.status,
	account: transaction.account,
	currency: transaction.currency,
	total: transaction.total,
	refunded: transaction.refunded,
	earned: transaction.earned - transaction.earnedBack,
	burned: transaction.burned - transaction.burnedBack,
	event: transaction.event,
	items: transaction.lines.map(({ product, quantity, subtotal, refunded }) => ({
		product_id: product,
		quantity,
		subtotal,
		refunded,
	})),
	auto_accept: transaction.autoAcceptAt === null ? null : new Date(transaction.autoAcceptAt).toISOString(),
	created_at: new Date(transaction.createdAt).toISOString(),
	updated_at: new Date(transaction.updatedAt).toISOString(),
});
