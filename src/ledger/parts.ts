import { bytesOfHex, hexOf } from "../model/bytes.ts";
import type { Row, Sql } from "../model/sql.ts";
import {
	type Lot,
	lotKey,
	type Reservation,
	type State,
	type Taken,
	type TierState,
	transactionKey,
} from "./state.ts";

/** What of a customer's state is only read where an event needs it. */
export type Part = "lots" | "reservations" | "tiers";

/** How one part is kept: a row for each of its values. */
interface Table<Value> {
	readonly name: string;
	readonly keyOf: (value: Value, row: Row) => string;
	readonly valueOf: (row: Row) => Value;
	readonly put: (sql: Sql, subject: Uint8Array, value: Value, key: string) => void;
	readonly remove: (sql: Sql, subject: Uint8Array, value: Value, key: string) => void;
}

const lots: Table<Lot> = {
	name: "lot",
	keyOf: ({ account, event }) => lotKey(account, event),
	valueOf: (row) => ({
		account: String(row["account"]),
		event: hexOf(row["event"] as Uint8Array),
		points: Number(row["points"]),
		expiresAt: row["expires_at"] === null ? null : Number(row["expires_at"]),
		transaction: row["transaction"] === null ? null : String(row["transaction"]),
	}),
	put: (sql, subject, { account, event, points, expiresAt, transaction }) => {
		sql.query(
			`INSERT INTO lot (subject, account, event, points, expires_at, "transaction") VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET points = excluded.points, expires_at = excluded.expires_at`,
			subject,
			account,
			bytesOfHex(event),
			points,
			expiresAt,
			transaction,
		);
	},
	remove: (sql, subject, { account, event }) => {
		const text = "DELETE FROM lot WHERE subject = ? AND account = ? AND event = ?";
		sql.query(text, subject, account, bytesOfHex(event));
	},
};

const reservations: Table<Reservation> = {
	name: "reservation",
	keyOf: ({ orders, id }) => transactionKey(orders, id),
	valueOf: (row) => ({
		orders: String(row["orders"]),
		id: String(row["id"]),
		account: String(row["account"]),
		points: Number(row["points"]),
		taken: JSON.parse(String(row["taken"])) as readonly Taken[],
	}),
	put: (sql, subject, { orders, id, account, points, taken }) => {
		sql.query(
			`INSERT INTO reservation (subject, orders, id, account, points, taken) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET account = excluded.account, points = excluded.points, taken = excluded.taken`,
			subject,
			orders,
			id,
			account,
			points,
			JSON.stringify(taken),
		);
	},
	remove: (sql, subject, { orders, id }) => {
		sql.query("DELETE FROM reservation WHERE subject = ? AND orders = ? AND id = ?", subject, orders, id);
	},
};

const tiers: Table<TierState> = {
	name: "tier",
	keyOf: (_value, row) => String(row["structure"]),
	valueOf: (row) => ({
		tier: row["tier"] === null ? null : String(row["tier"]),
		since: Number(row["since"]),
		until: row["until"] === null ? null : Number(row["until"]),
		counted: JSON.parse(String(row["counted"])) as TierState["counted"],
	}),
	put: (sql, subject, { tier, since, until, counted }, structure) => {
		sql.query(
			`INSERT INTO tier (subject, structure, tier, since, until, counted) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET tier = excluded.tier, since = excluded.since, until = excluded.until,
				counted = excluded.counted`,
			subject,
			structure,
			tier,
			since,
			until,
			JSON.stringify(counted),
		);
	},
	remove: (sql, subject, _value, structure) => {
		sql.query("DELETE FROM tier WHERE subject = ? AND structure = ?", subject, structure);
	},
};

const tables = { lots, reservations, tiers } as const;

export const readPart = <Which extends Part>(sql: Sql, subject: string, part: Which): State[Which] =>
	// Each part's values are its table's: TypeScript can not follow that through the union.
	readTable(sql, bytesOfHex(subject), tables[part] as Table<unknown>) as State[Which];

function readTable<Value>(
	sql: Sql,
	subject: Uint8Array,
	table: Table<Value>,
): Readonly<Record<string, Value>> {
	const rows = sql.query(`SELECT * FROM ${table.name} WHERE subject = ?`, subject);
	return Object.fromEntries(
		rows.map((row) => {
			const value = table.valueOf(row);
			return [table.keyOf(value, row), value];
		}),
	);
}

/** Writes what differs between the parts as they were read and as they have become. */
export function writeParts(sql: Sql, subject: Uint8Array, before: State, after: State): void {
	writeTable(sql, subject, lots, before.lots, after.lots);
	writeTable(sql, subject, reservations, before.reservations, after.reservations);
	writeTable(sql, subject, tiers, before.tiers, after.tiers);
}

function writeTable<Value>(
	sql: Sql,
	subject: Uint8Array,
	table: Table<Value>,
	before: Readonly<Record<string, Value>>,
	after: Readonly<Record<string, Value>>,
): void {
	if (before === after) return;
	for (const [key, value] of Object.entries(after)) {
		if (value !== before[key]) table.put(sql, subject, value, key);
	}
	for (const [key, value] of Object.entries(before)) {
		if (!Object.hasOwn(after, key)) table.remove(sql, subject, value, key);
	}
}
