import type { Clock } from "../model/clock.ts";
import { outcomeOrder } from "../model/outcome.ts";
import type { Row, Sql } from "../model/sql.ts";
import type { Planned } from "./inbox.ts";
import { number, positions, text } from "./rows.ts";

/** Received at these times or before, Unix milliseconds. */
export interface KeptUntil {
	readonly all: number;
	/** Of those of which every message is unmatched or ignored. */
	readonly unread: number;
}

interface ExpiryParts {
	readonly sql: Sql;
	readonly clock: Clock;
	/** This file is no delivery's any more, unless it is. */
	orphanUnlessKept(file: string): void;
}

/** Deliveries that are let go of at once, of each kind: a few milliseconds. */
const expiredAtOnce = 100;

/** See `Inbox`. Deliveries are gone through in the order of their times, once with each question. */
export function expire(parts: ExpiryParts, before: KeptUntil): boolean {
	const { sql } = parts;
	const unread = next(sql, "unread", before.unread);
	for (const row of unread) if (!isOnItsWay(sql, row) && !isRead(sql, row)) letGoOf(parts, row);
	const all = next(sql, "all", before.all);
	for (const row of all) {
		if (isOnItsWay(sql, row)) sql.query(`INSERT INTO overdue (delivery) VALUES (?)`, number(row, "id"));
		else letGoOf(parts, row);
	}
	const ended = sql
		.query(`SELECT id, received_at FROM overdue CROSS JOIN delivery ON id = overdue.delivery`)
		.filter((row) => !isOnItsWay(sql, row))
		.slice(0, expiredAtOnce);
	for (const row of ended) {
		letGoOf(parts, row);
		sql.query(`DELETE FROM overdue WHERE delivery = ?`, number(row, "id"));
	}
	return [unread, all, ended].some((rows) => rows.length === expiredAtOnce);
}

/** The next deliveries until then that nobody has looked at with this question. */
function next(sql: Sql, kept: keyof KeptUntil, until: number): readonly Row[] {
	const [seen] = sql.query(`SELECT received_at, delivery FROM expiry WHERE kept = ?`, kept);
	const rows = sql.query(
		`SELECT id, received_at FROM delivery WHERE (received_at, id) > (?, ?) AND received_at <= ?
		  ORDER BY received_at, id LIMIT ?`,
		seen?.["received_at"] ?? 0,
		seen?.["delivery"] ?? 0,
		until,
		expiredAtOnce,
	);
	const last = rows.at(-1);
	if (last === undefined) return rows;
	sql.query(
		`INSERT INTO expiry (kept, received_at, delivery) VALUES (?, ?, ?)
		 ON CONFLICT DO UPDATE SET received_at = excluded.received_at, delivery = excluded.delivery`,
		kept,
		number(last, "received_at"),
		number(last, "id"),
	);
	return rows;
}

function isOnItsWay(sql: Sql, row: Row): boolean {
	const due = messagesWhere(sql, row, "due_at IS NOT NULL");
	return isFresh(sql, row) || due;
}

const isRead = (sql: Sql, row: Row): boolean =>
	messagesWhere(sql, row, `state NOT IN ('unmatched', 'ignored')`);

function messagesWhere(sql: Sql, row: Row, condition: string): boolean {
	const first = number(row, "id") * positions;
	return (
		sql.query(
			`SELECT 1 FROM message WHERE id BETWEEN ? AND ? AND ${condition} LIMIT 1`,
			first,
			first + positions - 1,
		).length > 0
	);
}

function letGoOf({ sql, clock, orphanUnlessKept }: ExpiryParts, row: Row): void {
	const id = number(row, "id");
	const [kept] = sql.query(`SELECT file FROM delivery WHERE id = ? AND expired_at IS NULL`, id);
	if (kept === undefined) return;
	sql.query(
		`UPDATE delivery SET body = x'', file = NULL, query = '', headers = '{}', ip = NULL,
		        rewritten = rewritten + 1, expired_at = ? WHERE id = ?`,
		clock(),
		id,
	);
	if (kept["file"] !== null) orphanUnlessKept(text(kept, "file"));
	for (const message of sql.query(
		`SELECT id, state, plan FROM message WHERE id BETWEEN ? AND ?`,
		id * positions,
		id * positions + positions - 1,
	)) {
		letGoOfMessage(sql, message);
	}
}

/** What became of it stays, and who it was of, so that they can be erased; why no mapping matched quotes what was met. */
function letGoOfMessage(sql: Sql, row: Row): void {
	const id = number(row, "id");
	const plan = row["plan"] === null ? null : (JSON.parse(text(row, "plan")) as readonly Planned[]);
	sql.query(
		`UPDATE message SET plan = ?, recorded = NULL, reason = iif(state = 'unmatched', NULL, reason) WHERE id = ?`,
		plan === null
			? null
			: JSON.stringify(plan.map(({ command: _command, callback: _callback, ...outline }) => outline)),
		id,
	);
	for (const table of ["hold", "callback", "fetch"]) sql.query(`DELETE FROM ${table} WHERE message = ?`, id);
	if (row["state"] !== "held") return;
	sql.query(
		`UPDATE message SET state = 'failed', worst = ?, reason = 'nobody released it while it was kept' WHERE id = ?`,
		outcomeOrder.indexOf("failed"),
		id,
	);
}

/** Whether nobody has looked at the delivery yet. */
export function isFresh(sql: Sql, row: Row): boolean {
	const [found] = sql.query(
		`SELECT 1 FROM fresh WHERE received_at = ? AND delivery = ?`,
		number(row, "received_at"),
		number(row, "id"),
	);
	return found !== undefined;
}
