import { sampleParameter } from "../model/sample.ts";
import type { Row, Sql } from "../model/sql.ts";

/**
 * Which delivery of each endpoint is the newest: noted when deliveries are looked at, once a turn for all of them. An index
 * by endpoint would know it too, and storing a delivery would cost a third more.
 */
export const latestTable = `CREATE TABLE IF NOT EXISTS latest (
	endpoint    TEXT    NOT NULL PRIMARY KEY,
	received_at INTEGER NOT NULL,
	delivery    INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

/** Samples of the hub's own say nothing about a sender. */
const isReal = `instr(query, '${sampleParameter}') = 0`;

/** Notes the newest of these deliveries, which are named by their rows, where it is newer than what is noted. */
export function noteLatest(sql: Sql, rows: readonly number[]): void {
	sql.query(
		`INSERT INTO latest (endpoint, received_at, delivery)
		 SELECT endpoint, max(received_at), id FROM delivery
		  WHERE id IN (SELECT value FROM json_each(?)) AND ${isReal} GROUP BY endpoint
		 ON CONFLICT (endpoint) DO UPDATE SET received_at = excluded.received_at, delivery = excluded.delivery
		  WHERE excluded.received_at >= latest.received_at`,
		JSON.stringify(rows),
	);
}

/** Of each endpoint, the row of its newest delivery. */
export const latestRows = (sql: Sql): readonly Row[] =>
	sql.query(`SELECT delivery.* FROM latest JOIN delivery ON delivery.id = latest.delivery`);

/** The newest deliveries before a place and since a time, without what is in them. */
export const arrivedRows = (
	sql: Sql,
	{
		before: [time, row],
		since,
		limit,
		worst,
	}: {
		readonly before: readonly [time: number, row: number];
		/** Unix milliseconds. */
		readonly since: number;
		readonly limit: number;
		/** SQL for the place of a delivery's worst outcome. */
		readonly worst: string;
	},
): readonly Row[] =>
	sql.query(
		`SELECT id, endpoint, received_at, ${worst} AS worst,
		        EXISTS (SELECT 1 FROM fresh
		                 WHERE fresh.received_at = delivery.received_at AND fresh.delivery = delivery.id) AS untouched
		   FROM delivery
		  WHERE (received_at, id) < (?, ?) AND received_at >= ? AND ${isReal}
		  ORDER BY received_at DESC, id DESC LIMIT ?`,
		time,
		row,
		since,
		limit,
	);
