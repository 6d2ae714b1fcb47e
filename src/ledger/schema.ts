import { Invariant, invariant } from "../model/result.ts";
import type { Sql } from "../model/sql.ts";

/** Which shard of how many this database is: written once, for ids and claims depend on it. */
export interface Shard {
	readonly shard: number;
	readonly shards: number;
}

const tables = [
	`CREATE TABLE shard (
		one    INTEGER PRIMARY KEY CHECK (one = 1),
		shard  INTEGER NOT NULL,
		shards INTEGER NOT NULL
	) STRICT`,

	`CREATE TABLE event (
		seq         INTEGER PRIMARY KEY,
		subject     BLOB    NOT NULL,
		action      TEXT    NOT NULL,
		recorded_at INTEGER NOT NULL,
		postings    TEXT    NOT NULL,
		key         BLOB    NOT NULL UNIQUE,
		leaf        BLOB    NOT NULL
	) STRICT`,

	// It repeats of its event what a history shows: a page of 50 events is 50 rows from all over the file, not 100.
	`CREATE TABLE body (
		seq         INTEGER PRIMARY KEY,
		subject     BLOB    NOT NULL,
		action      TEXT    NOT NULL,
		recorded_at INTEGER NOT NULL,
		timestamp   INTEGER NOT NULL,
		salt        BLOB    NOT NULL,
		data        TEXT    NOT NULL,
		properties  TEXT    NOT NULL
	) STRICT`,
	"CREATE INDEX body_history ON body (subject, timestamp, seq)",
	"CREATE INDEX body_time ON body (timestamp)",

	`CREATE TABLE claim (
		hash    BLOB    PRIMARY KEY,
		subject BLOB    NOT NULL,
		shard   INTEGER NOT NULL,
		holder  BLOB    NOT NULL,
		at      INTEGER NOT NULL,
		erased_at INTEGER
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE fence (
		key BLOB    PRIMARY KEY,
		at  INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE interest (
		hash  BLOB    NOT NULL,
		inbox INTEGER NOT NULL,
		until INTEGER NOT NULL,
		PRIMARY KEY (hash, inbox)
	) STRICT, WITHOUT ROWID`,
	"CREATE INDEX interest_until ON interest (until)",

	`CREATE TABLE customer (
		subject    BLOB    PRIMARY KEY,
		id         TEXT    NOT NULL UNIQUE,
		status     TEXT    NOT NULL CHECK (status IN ('active', 'suspended', 'merged', 'erased', 'guest', 'claimed')),
		profile    TEXT    NOT NULL,
		created_at INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		active_until TEXT  NOT NULL,
		links      TEXT    NOT NULL
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE identity (
		subject BLOB NOT NULL,
		kind    TEXT NOT NULL,
		value   TEXT NOT NULL,
		hash    BLOB NOT NULL,
		PRIMARY KEY (subject, kind, value)
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE balance (
		subject  BLOB    NOT NULL,
		account  TEXT    NOT NULL,
		active   INTEGER NOT NULL,
		pending  INTEGER NOT NULL,
		spent    INTEGER NOT NULL,
		reserved INTEGER NOT NULL,
		expired  INTEGER NOT NULL,
		PRIMARY KEY (subject, account)
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE "transaction" (
		subject     BLOB    NOT NULL,
		orders      TEXT    NOT NULL,
		id          TEXT    NOT NULL,
		status      TEXT    NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected', 'refunded')),
		account     TEXT    NOT NULL,
		currency    TEXT,
		total       TEXT    NOT NULL,
		refunded    TEXT    NOT NULL,
		earned      INTEGER NOT NULL,
		earned_back INTEGER NOT NULL,
		burned      INTEGER NOT NULL,
		burned_back INTEGER NOT NULL,
		accepted    TEXT    NOT NULL,
		activated   INTEGER NOT NULL,
		accept_at   INTEGER,
		taken       TEXT    NOT NULL,
		lines       TEXT    NOT NULL,
		event       TEXT    NOT NULL,
		created_at  INTEGER NOT NULL,
		updated_at  INTEGER NOT NULL,
		PRIMARY KEY (subject, orders, id)
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE lot (
		subject     BLOB    NOT NULL,
		account     TEXT    NOT NULL,
		event       BLOB    NOT NULL CHECK (length(event) = 12),
		points      INTEGER NOT NULL CHECK (points > 0),
		expires_at  INTEGER,
		"transaction" TEXT,
		PRIMARY KEY (subject, account, event)
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE reservation (
		subject BLOB    NOT NULL,
		orders  TEXT    NOT NULL,
		id      TEXT    NOT NULL,
		account TEXT    NOT NULL,
		points  INTEGER NOT NULL,
		taken   TEXT    NOT NULL,
		PRIMARY KEY (subject, orders, id)
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE tier (
		subject   BLOB    NOT NULL,
		structure TEXT    NOT NULL,
		tier      TEXT,
		since     INTEGER NOT NULL,
		until     INTEGER,
		counted   TEXT    NOT NULL,
		PRIMARY KEY (subject, structure)
	) STRICT, WITHOUT ROWID`,

	// When something is due for a customer by itself, at the earliest: points expire, a tier ends.
	`CREATE TABLE due (
		subject BLOB    PRIMARY KEY,
		at      INTEGER NOT NULL
	) STRICT, WITHOUT ROWID`,
	"CREATE INDEX due_at ON due (at)",

	// What was begun here and has to be done in other places too: a merge, an erasure. Whoever finds it old does it again.
	`CREATE TABLE errand (
		key  BLOB    PRIMARY KEY CHECK (length(key) = 16),
		at   INTEGER NOT NULL,
		text TEXT    NOT NULL
	) STRICT, WITHOUT ROWID`,
];

/**
 * What makes the events write-once. Triggers against UPDATE and DELETE alone would let `REPLACE` through, which
 * deletes without firing them unless `recursive_triggers` is on; the insert guards stop it whatever the connection
 * has set, and with it backfilling, gaps and a clock that goes back.
 *
 * They FAIL, and each event is inserted with `OR FAIL`, where SQLite's default is to ABORT: what could be aborted after
 * it wrote something needs a journal of its own for each statement, which is as dear as the row. That is also why the
 * tables of each event have neither a foreign key nor a function in a CHECK. What fails ends the turn's transaction.
 */
const triggers: Readonly<Record<string, string>> = {
	event_no_update: `BEFORE UPDATE ON event BEGIN SELECT RAISE(FAIL, 'an event is never altered'); END`,
	event_no_delete: `BEFORE DELETE ON event BEGIN SELECT RAISE(FAIL, 'an event is never removed'); END`,
	event_in_order: `BEFORE INSERT ON event
		WHEN coalesce(
				(SELECT NEW.seq IS NOT seq + 1 OR NEW.recorded_at < recorded_at FROM event ORDER BY seq DESC LIMIT 1),
				NEW.seq IS NOT 1
			)
			OR EXISTS (SELECT 1 FROM event WHERE key = NEW.key)
		BEGIN SELECT RAISE(FAIL, 'an event is only ever appended'); END`,
	event_sums_to_zero: `BEFORE INSERT ON event
		WHEN NEW.postings <> '{}' AND (SELECT coalesce(sum(value), 1) FROM json_each(NEW.postings)) <> 0
		BEGIN SELECT RAISE(FAIL, 'postings sum to zero'); END`,

	body_no_update: `BEFORE UPDATE ON body BEGIN SELECT RAISE(FAIL, 'an event is never altered'); END`,
	body_no_delete: `BEFORE DELETE ON body
		WHEN NOT EXISTS (SELECT 1 FROM customer WHERE subject = OLD.subject AND status = 'erased')
		BEGIN SELECT RAISE(FAIL, 'an event is removed with its person only'); END`,
	body_in_order: `BEFORE INSERT ON body
		WHEN coalesce(
				(
					SELECT (NEW.seq, NEW.subject, NEW.action, NEW.recorded_at) IS NOT (seq, subject, action, recorded_at)
					FROM event ORDER BY seq DESC LIMIT 1
				),
				1
			)
			OR NEW.seq <= (SELECT max(seq) FROM body)
		BEGIN SELECT RAISE(FAIL, 'a body is only ever appended with its event'); END`,

	claim_no_update: `BEFORE UPDATE ON claim BEGIN SELECT RAISE(FAIL, 'a claim is never altered'); END`,
	claim_no_delete: `BEFORE DELETE ON claim
		WHEN EXISTS (
			SELECT 1 FROM event JOIN body USING (seq)
			WHERE event.key = OLD.holder
				AND (OLD.hash = OLD.holder OR instr(body.properties, lower(hex(OLD.hash))) > 0)
		) AND NOT EXISTS (SELECT 1 FROM customer WHERE subject = OLD.subject AND status = 'erased')
		BEGIN SELECT RAISE(FAIL, 'a claim stays with its event'); END`,
	claim_no_replace: `BEFORE INSERT ON claim
		WHEN EXISTS (SELECT 1 FROM claim WHERE hash = NEW.hash)
		BEGIN SELECT RAISE(FAIL, 'a claim is never altered'); END`,
};

/**
 * The log over the events: nodes of its tree, what was signed of it, and what an Administrator accepted. `level` 1 has
 * one node for every 256 leaves, each further level one for every 256 of the one before.
 */
const logTables = [
	// Of a body that went with its person: its salted hash, by which the event's header can still be verified.
	`CREATE TABLE content (
		seq  INTEGER PRIMARY KEY REFERENCES event (seq),
		hash BLOB    NOT NULL CHECK (length(hash) = 32)
	) STRICT`,

	`CREATE TABLE tile (
		level INTEGER NOT NULL,
		place INTEGER NOT NULL,
		hash  BLOB    NOT NULL CHECK (length(hash) = 32),
		PRIMARY KEY (level, place)
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE checkpoint (
		generation INTEGER NOT NULL,
		size       INTEGER NOT NULL,
		note       TEXT    NOT NULL,
		PRIMARY KEY (generation, size)
	) STRICT, WITHOUT ROWID`,

	`CREATE TABLE acceptance (
		generation INTEGER PRIMARY KEY,
		note       TEXT    NOT NULL
	) STRICT`,
];

const logTriggers: Readonly<Record<string, string>> = {
	content_no_update: `BEFORE UPDATE ON content BEGIN SELECT RAISE(FAIL, 'what is kept of a body stays'); END`,
	content_no_delete: `BEFORE DELETE ON content BEGIN SELECT RAISE(FAIL, 'what is kept of a body stays'); END`,
	content_no_replace: `BEFORE INSERT ON content
		WHEN EXISTS (SELECT 1 FROM content WHERE seq = NEW.seq)
		BEGIN SELECT RAISE(FAIL, 'what is kept of a body stays'); END`,

	tile_no_update: `BEFORE UPDATE ON tile BEGIN SELECT RAISE(FAIL, 'a tree only grows'); END`,
	tile_no_delete: `BEFORE DELETE ON tile BEGIN SELECT RAISE(FAIL, 'a tree only grows'); END`,
	tile_in_order: `BEFORE INSERT ON tile
		WHEN NEW.place IS NOT (SELECT coalesce(max(place), -1) + 1 FROM tile WHERE level = NEW.level)
		BEGIN SELECT RAISE(FAIL, 'a tree only grows'); END`,

	checkpoint_no_update: `BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(FAIL, 'what is signed stays'); END`,
	checkpoint_no_delete: `BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(FAIL, 'what is signed stays'); END`,
	checkpoint_in_order: `BEFORE INSERT ON checkpoint
		WHEN NEW.generation IS NOT (SELECT coalesce(max(generation), 0) FROM acceptance)
			OR NEW.size > (SELECT coalesce(max(seq), 0) FROM event)
			OR NEW.size <= (SELECT coalesce(max(size), -1) FROM checkpoint WHERE generation = NEW.generation)
		BEGIN SELECT RAISE(FAIL, 'what is signed is of the log as it is'); END`,

	acceptance_no_update: `BEFORE UPDATE ON acceptance BEGIN SELECT RAISE(FAIL, 'what is signed stays'); END`,
	acceptance_no_delete: `BEFORE DELETE ON acceptance BEGIN SELECT RAISE(FAIL, 'what is signed stays'); END`,
	acceptance_in_order: `BEFORE INSERT ON acceptance
		WHEN NEW.generation <= (SELECT coalesce(max(generation), 0) FROM acceptance)
		BEGIN SELECT RAISE(FAIL, 'what is signed stays'); END`,
};

/** Tables whose rows are never altered or removed, by nobody. */
export const writtenOnce = ["event", "content", "tile", "checkpoint", "acceptance"] as const;

/** The tables and triggers as they must be, to compare with `sqlite_schema`: name to text. */
const expectedTriggers: ReadonlyMap<string, string> = new Map(
	Object.entries({ ...triggers, ...logTriggers }).map(([name, text]) => [
		name,
		`CREATE TRIGGER ${name} ${text}`,
	]),
);

/** Makes what is absent in an empty database, and compares in any other. */
export function openSchema(sql: Sql, { shard, shards }: Shard): void {
	const exists = sql.query("SELECT 1 FROM sqlite_schema WHERE name = 'event'").length > 0;
	if (!exists) {
		sql.transaction(() => {
			for (const text of [...tables, ...logTables, ...expectedTriggers.values()]) sql.query(text);
			sql.query("INSERT INTO shard (one, shard, shards) VALUES (1, ?, ?)", shard, shards);
		});
	}
	const missing = missingTriggers(sql);
	if (missing.length > 0) {
		throw new Invariant(`the ledger is not write-once: missing or altered: ${missing.join(", ")}`);
	}
	const [own] = sql.query("SELECT shard, shards FROM shard");
	invariant(
		own?.["shard"] === shard && own["shards"] === shards,
		"a ledger keeps its place among the shards",
	);
}

/** The names of those triggers that are not in the database exactly as they must be. */
function missingTriggers(sql: Sql): readonly string[] {
	const rows = sql.query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
	const actual = new Map(rows.map((row) => [row["name"], row["sql"]]));
	return [...expectedTriggers].flatMap(([name, text]) => (actual.get(name) === text ? [] : [name]));
}
