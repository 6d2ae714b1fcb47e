import type { Sql } from "../model/sql.ts";
import { latestTable } from "./arrivals.ts";

/**
 * A delivery is one row from the moment it is acknowledged; its messages become rows when they are first looked
 * at, in the same commit that pins their plans. A message's `due_at` says when it asks for work; null asks for none.
 */
const tables = [
	// `removed` says what was taken out of it before, and from where; the rest is as it came.
	// `id` rises by one; what the world calls a delivery is made of its time, the shard and this number.
	`CREATE TABLE IF NOT EXISTS delivery (
		id          INTEGER PRIMARY KEY,
		key         BLOB    NOT NULL CHECK (length(key) = 16),
		endpoint    TEXT    NOT NULL,
		received_at INTEGER NOT NULL,
		proved      TEXT    NOT NULL CHECK (proved IN ('all', 'first', 'none')),
		paused      INTEGER NOT NULL,
		method      TEXT    NOT NULL,
		path        TEXT    NOT NULL,
		query       TEXT    NOT NULL,
		headers     TEXT    NOT NULL,
		ip          TEXT,
		removed     TEXT,
		body        BLOB,
		file        TEXT,
		bytes       INTEGER NOT NULL,
		repeats     INTEGER NOT NULL DEFAULT 0,
		rewritten   INTEGER NOT NULL DEFAULT 0,
		expired_at  INTEGER,
		CHECK ((body IS NULL) <> (file IS NULL))
	) STRICT`,
	`CREATE INDEX IF NOT EXISTS delivery_by_key ON delivery (key, received_at)`,
	// Lists go by time, as the ids do: rows may be stored in another order than that in which they came.
	`CREATE INDEX IF NOT EXISTS delivery_by_time ON delivery (received_at)`,
	// Those whose messages nobody has looked at yet. A table of its own, so that to look is not to write bodies again.
	`CREATE TABLE IF NOT EXISTS fresh (
		received_at INTEGER NOT NULL,
		delivery    INTEGER NOT NULL,
		PRIMARY KEY (received_at, delivery)
	) STRICT, WITHOUT ROWID`,

	latestTable,

	// `recorded` is what a replay keeps of the plan before it: events that are in the ledger.
	// `id` is the delivery's, times 4096, plus the position in it: one key serves both ways of asking.
	`CREATE TABLE IF NOT EXISTS message (
		id        INTEGER PRIMARY KEY,
		due_at    INTEGER,
		state     TEXT    NOT NULL,
		worst     INTEGER NOT NULL,
		attempts  INTEGER NOT NULL,
		sender_id TEXT,
		type      TEXT,
		time      INTEGER,
		persons   TEXT    NOT NULL,
		plan      TEXT,
		reason    TEXT,
		outcomes  TEXT,
		recorded  TEXT
	) STRICT`,
	// What did not go the common way is counted; the common way pays nothing for it.
	`CREATE INDEX IF NOT EXISTS message_aside ON message (state) WHERE state NOT IN ('pending', 'done')`,
	`CREATE INDEX IF NOT EXISTS message_due ON message (due_at, time, id) WHERE due_at IS NOT NULL`,

	// Which messages wait for whom: an identity's claim key, and the last moment at which the wait is worth ending.
	`CREATE TABLE IF NOT EXISTS hold (
		hash    BLOB    NOT NULL CHECK (length(hash) = 16),
		message INTEGER NOT NULL,
		until   INTEGER NOT NULL,
		PRIMARY KEY (hash, message)
	) STRICT, WITHOUT ROWID`,
	`CREATE INDEX IF NOT EXISTS hold_by_message ON hold (message)`,

	// Which messages name whom: see `persons.ts`. A run ends with the message `upto`, and has at most 64 pages.
	`CREATE TABLE IF NOT EXISTS person_run (
		id   INTEGER PRIMARY KEY,
		upto INTEGER NOT NULL
	) STRICT`,
	`CREATE TABLE IF NOT EXISTS person_page (
		id      INTEGER PRIMARY KEY,
		entries BLOB    NOT NULL
	) STRICT`,
	// Messages of before the last run's end that were looked at, or again, since.
	`CREATE TABLE IF NOT EXISTS person_late (message INTEGER PRIMARY KEY) STRICT`,

	// Up to which delivery those that are kept for so long have been looked at.
	`CREATE TABLE IF NOT EXISTS expiry (
		kept        TEXT    PRIMARY KEY CHECK (kept IN ('all', 'unread')),
		received_at INTEGER NOT NULL,
		delivery    INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	// Those that were still on their way when their time came.
	`CREATE TABLE IF NOT EXISTS overdue (delivery INTEGER PRIMARY KEY) STRICT`,

	// Files of bodies that no delivery has any more, until they are removed.
	`CREATE TABLE IF NOT EXISTS orphan (file TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`,
	`CREATE INDEX IF NOT EXISTS delivery_by_file ON delivery (file) WHERE file IS NOT NULL`,
	// Who is owed the outcome of a message that has one. The row goes when they have it; without `due_at` they were given up.
	`CREATE TABLE IF NOT EXISTS callback (
		message     INTEGER PRIMARY KEY,
		url         TEXT    NOT NULL,
		site        TEXT    NOT NULL,
		client      TEXT    NOT NULL,
		correlation TEXT    NOT NULL,
		outcome     TEXT    NOT NULL,
		owed_since  INTEGER NOT NULL,
		due_at      INTEGER,
		attempts    INTEGER NOT NULL,
		reason      TEXT
	) STRICT`,
	`CREATE INDEX IF NOT EXISTS callback_due ON callback (due_at, site) WHERE due_at IS NOT NULL`,

	// What was asked of others for a message, until the message goes, so that nobody is asked twice. Who is still asked has a
	// `due_at`; `answer` is JSON.
	`CREATE TABLE IF NOT EXISTS fetch (
		number     INTEGER PRIMARY KEY,
		message    INTEGER NOT NULL,
		name       TEXT    NOT NULL,
		endpoint   TEXT    NOT NULL,
		site       TEXT    NOT NULL,
		url        TEXT    NOT NULL,
		body       TEXT,
		state      TEXT    NOT NULL CHECK (state IN ('owed', 'found', 'missing', 'given_up')),
		owed_since INTEGER NOT NULL,
		due_at     INTEGER,
		attempts   INTEGER NOT NULL,
		answer     TEXT,
		reason     TEXT,
		UNIQUE (message, name),
		CHECK ((state = 'owed') = (due_at IS NOT NULL) AND (state = 'found') = (answer IS NOT NULL))
	) STRICT`,
	`CREATE INDEX IF NOT EXISTS fetch_due ON fetch (due_at, site) WHERE due_at IS NOT NULL`,

	// When a message that its sender gave no id came first: a repeat within the sender's retries is the same one. Kept
	// for ever, so that a delivery which is looked at again later is told the same.
	`CREATE TABLE IF NOT EXISTS content (
		hash     BLOB    NOT NULL CHECK (length(hash) = 32),
		first_at INTEGER NOT NULL,
		PRIMARY KEY (hash, first_at)
	) STRICT, WITHOUT ROWID`,
];

export function createSchema(sql: Sql): void {
	for (const table of tables) sql.query(table);
}
