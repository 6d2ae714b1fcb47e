import type { Clock } from "../model/clock.ts";
import type { Json } from "../model/json.ts";
import type { Sql } from "../model/sql.ts";

/** How far an endpoint has asked its system. */
export interface PullView {
	readonly endpoint: string;
	/** When it asks next, Unix milliseconds. */
	readonly dueAt: number;
	/** Whether it was ever answered. */
	readonly answered: boolean;
	/** How often it failed in a row, and why it did last; null where it did not. */
	readonly failures: number;
	readonly failure: string | null;
	/** When the system had last let go of something before it was read, Unix milliseconds, and of what; null where it never did. */
	readonly gap: { readonly at: number; readonly reason: string } | null;
}

/** A pull that somebody has begun. */
export interface BegunPull {
	/** Null at first. */
	readonly cursor: Json;
	readonly failures: number;
}

/** What became of a page. */
export interface KeptPull {
	readonly cursor: Json;
	readonly dueInMs: number;
	readonly failure: string | null;
}

/** The cursors of endpoints that ask. */
export interface PullShelf {
	/** Null where it is not due, or somebody else is at it: who begins has it for so long. */
	begin(endpoint: string, leaseMs: number): BegunPull | null;
	keep(endpoint: string, kept: KeptPull): void;
	noteGap(endpoint: string, reason: string): void;
	list(): readonly PullView[];
}

const table = `CREATE TABLE IF NOT EXISTS pull (
	endpoint TEXT    NOT NULL PRIMARY KEY,
	cursor   TEXT    NOT NULL,
	due_at   INTEGER NOT NULL,
	failures INTEGER NOT NULL,
	failure  TEXT,
	gap      TEXT,
	gap_at   INTEGER
) STRICT`;

export function openPullShelf({ sql, clock }: { readonly sql: Sql; readonly clock: Clock }): PullShelf {
	sql.query(table);
	return { begin, keep, noteGap, list };

	function begin(endpoint: string, leaseMs: number): BegunPull | null {
		sql.query(
			"INSERT INTO pull (endpoint, cursor, due_at, failures) VALUES (?, 'null', 0, 0) ON CONFLICT DO NOTHING",
			endpoint,
		);
		const [row] = sql.query(
			"UPDATE pull SET due_at = ? WHERE endpoint = ? AND due_at <= ? RETURNING cursor, failures",
			clock() + leaseMs,
			endpoint,
			clock(),
		);
		if (row === undefined) return null;
		return { cursor: JSON.parse(String(row["cursor"])) as Json, failures: Number(row["failures"]) };
	}

	function keep(endpoint: string, { cursor, dueInMs, failure }: KeptPull): void {
		sql.query(
			`UPDATE pull SET cursor = ?, due_at = ?, failure = ?,
				failures = CASE WHEN ? IS NULL THEN 0 ELSE failures + 1 END
			WHERE endpoint = ?`,
			JSON.stringify(cursor),
			clock() + dueInMs,
			failure,
			failure,
			endpoint,
		);
	}

	function noteGap(endpoint: string, reason: string): void {
		sql.query("UPDATE pull SET gap = ?, gap_at = ? WHERE endpoint = ?", reason, clock(), endpoint);
	}

	function list(): readonly PullView[] {
		return sql.query("SELECT * FROM pull ORDER BY endpoint").map((row) => ({
			endpoint: String(row["endpoint"]),
			dueAt: Number(row["due_at"]),
			answered: row["cursor"] !== "null",
			failures: Number(row["failures"]),
			failure: row["failure"] === null ? null : String(row["failure"]),
			gap: row["gap"] === null ? null : { at: Number(row["gap_at"]), reason: String(row["gap"]) },
		}));
	}
}
