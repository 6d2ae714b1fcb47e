import { existsSync, statSync } from "node:fs";
import { totalmem } from "node:os";
import { constants, DatabaseSync, type StatementSync } from "node:sqlite";
import { invariant } from "../../model/result.ts";
import type { Row, Sql, SqlValue } from "../../model/sql.ts";

/** An open SQLite file. `close` folds the write-ahead log into it. */
export interface SqliteFile extends Sql {
	/**
	 * From here on this connection prepares nothing that would alter these tables' rows, any table or trigger, or how
	 * the file is written: SQLite asks when a statement is prepared, so what is prepared already costs nothing.
	 */
	writeOnce(tables: readonly string[]): void;
	/**
	 * Empties the write-ahead log into the file, where what was deleted is overwritten. False where somebody reads, a
	 * backup for one, and so keeps the log as it is: to be done again.
	 */
	scrub(): boolean;
	/**
	 * Notes in the file that something was deleted on that day, counted from any: SQLite moves rows between pages, and what
	 * it moved stays where it was, in bytes that it uses no more. Only `vacuum` takes that away.
	 */
	oweVacuum(day: number): void;
	/**
	 * Writes the file anew, where that is owed since a day before this one: about 15 s a GB, in which nobody else writes,
	 * and twice the same space on the disk. Not where it is larger than `bytesMax`. False where nothing was done; after
	 * an error it is owed as before.
	 */
	vacuum(day: number, bytesMax: number): boolean;
	close(): void;
}

/** A writer that finds the file locked waits this long: backups hold it for moments. */
const busyTimeoutMs = 5_000;
/** Who scrubs can come again, and must not hold up whoever waits for an answer. */
const scrubTimeoutMs = 100;

/**
 * Pages of 8 KiB hold a body and its neighbours; `synchronous=FULL` syncs every commit; a checkpoint each 16,000
 * pages (128 MiB) keeps it off most commits; without memory mapping a failing disk is an error, not a SIGBUS;
 * `recursive_triggers` makes `REPLACE` fire the triggers against DELETE; `secure_delete` overwrites what is deleted.
 */
const pragmas = `
	PRAGMA page_size = 8192;
	PRAGMA journal_mode = WAL;
	PRAGMA synchronous = FULL;
	PRAGMA wal_autocheckpoint = 16000;
	PRAGMA mmap_size = 0;
	PRAGMA trusted_schema = OFF;
	PRAGMA cell_size_check = ON;
	PRAGMA recursive_triggers = ON;
	PRAGMA secure_delete = ON;
`;

/**
 * What must hold however SQLite was built. Older ones can lose a commit when a checkpoint meets a reader (3.51.3 has
 * the remedy).
 */
const versionMin = [3, 51, 3] as const;
const mustBe: Readonly<Record<string, readonly (string | number)[]>> = {
	// A database in memory has no other.
	journal_mode: ["wal", "memory"],
	synchronous: [2],
	mmap_size: [0],
	trusted_schema: [0],
	cell_size_check: [1],
	recursive_triggers: [1],
	secure_delete: [1],
};

function assertSafe(database: DatabaseSync): void {
	const [major = 0, minor = 0, patch = 0] = String(
		database.prepare("SELECT sqlite_version() AS version").get()?.["version"],
	)
		.split(".")
		.map(Number);
	const isOld = major - versionMin[0] || minor - versionMin[1] || patch - versionMin[2];
	invariant(isOld >= 0, `SQLite is ${versionMin.join(".")} or newer`);
	for (const [pragma, allowed] of Object.entries(mustBe)) {
		const row = database.prepare(`PRAGMA ${pragma}`).get() ?? {};
		// Without a file there is nothing to map.
		const [value = 0] = Object.values(row) as readonly (string | number)[];
		invariant(allowed.includes(value), `SQLite's ${pragma} is ${allowed.join(" or ")}`);
	}
}

const cacheBytesMin = 64 * 1024 * 1024;

/**
 * As much as the file is large, of the memory a quarter: for one that is read all over, as by whoever asks for somebody's
 * history. What nobody reads takes nothing.
 */
export function cacheBytesFor(path: string): number {
	const bytes = existsSync(path) ? statSync(path).size : 0;
	const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
	return Math.max(cacheBytesMin, Math.min(bytes, Math.floor(memory / 4)));
}

/**
 * Opens the file at `path`, and makes it where it is absent; `:memory:` is a database of its own. So much of it is kept in
 * memory at most.
 */
export function openSqlite(path: string, cacheBytes = cacheBytesMin): SqliteFile {
	const database = new DatabaseSync(path, {
		defensive: true,
		enableForeignKeyConstraints: true,
		timeout: busyTimeoutMs,
	});
	database.exec(`${pragmas} PRAGMA cache_size = -${Math.ceil(cacheBytes / 1024)};`);
	assertSafe(database);

	/** By text. A cell's statements are a fixed set, so this stays small. */
	const statements = new Map<string, StatementSync>();
	let depth = 0;

	const prepared = (text: string): StatementSync => {
		const known = statements.get(text);
		if (known !== undefined) return known;
		const statement = database.prepare(text);
		statements.set(text, statement);
		return statement;
	};

	const query = (text: string, ...params: readonly SqlValue[]): readonly Row[] =>
		// SQLite gives what `Row` says: no statement here reads big integers.
		prepared(text).all(...params) as Row[];

	const transaction = <Value>(body: () => Value): Value => {
		const [begin, commit, rollback] = words(depth);
		query(begin);
		depth += 1;
		try {
			const value = body();
			query(commit);
			return value;
		} catch (error) {
			for (const text of rollback) undo(text);
			throw error;
		} finally {
			depth -= 1;
		}
	};

	/** SQLite has already rolled back where the disk was full or the file could not be read. */
	const undo = (text: string): void => {
		if (database.isTransaction) query(text);
	};

	const pragma = (name: string): number => Number(query(`PRAGMA ${name}`)[0]?.[name]);
	/** Of whom may alter little. */
	let authorizer: ReturnType<typeof refusing> | null = null;

	return {
		query,
		transaction,
		writeOnce: (tables) => {
			statements.clear();
			authorizer = refusing(new Set(tables));
			database.setAuthorizer(authorizer);
		},
		scrub: () => {
			query(`PRAGMA busy_timeout = ${scrubTimeoutMs}`);
			try {
				const [row] = query("PRAGMA wal_checkpoint(TRUNCATE)");
				return row?.["busy"] === 0;
			} finally {
				query(`PRAGMA busy_timeout = ${busyTimeoutMs}`);
			}
		},
		oweVacuum: (day) => {
			if (pragma("user_version") === 0) query(`PRAGMA user_version = ${day}`);
		},
		vacuum: (day, bytesMax) => {
			const owedSince = pragma("user_version");
			const isDue = owedSince !== 0 && owedSince < day;
			if (!isDue || pragma("page_count") * pragma("page_size") > bytesMax) return false;
			database.setAuthorizer(null);
			try {
				database.exec("VACUUM; PRAGMA user_version = 0");
				return true;
			} finally {
				database.setAuthorizer(authorizer);
			}
		},
		close: () => database.close(),
	};
}

/** What alters no row and no schema. */
const harmless: ReadonlySet<number> = new Set([
	constants.SQLITE_SELECT,
	constants.SQLITE_READ,
	constants.SQLITE_INSERT,
	constants.SQLITE_TRANSACTION,
	constants.SQLITE_SAVEPOINT,
	constants.SQLITE_RECURSIVE,
]);

/** The first moves what is written from one of the database's files to the other; the last is a number of ours. */
const harmlessPragmas: ReadonlySet<string> = new Set([
	"wal_checkpoint",
	"busy_timeout",
	"page_count",
	"page_size",
	"user_version",
]);

/** Says of each thing that a statement would do whether it may be prepared. */
function refusing(tables: ReadonlySet<string>) {
	return (action: number, subject: string | null, name: string | null): number => {
		const allowed =
			(harmless.has(action) && !(action === constants.SQLITE_INSERT && subject?.startsWith("sqlite_"))) ||
			(action === constants.SQLITE_FUNCTION && name !== "load_extension") ||
			(action === constants.SQLITE_PRAGMA && subject !== null && harmlessPragmas.has(subject)) ||
			((action === constants.SQLITE_UPDATE || action === constants.SQLITE_DELETE) &&
				subject !== null &&
				!subject.startsWith("sqlite_") &&
				!tables.has(subject));
		return allowed ? constants.SQLITE_OK : constants.SQLITE_DENY;
	};
}

/** BEGIN at the outside, a savepoint within. */
function words(depth: number): readonly [string, string, readonly string[]] {
	if (depth === 0) return ["BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]];
	const name = `depth_${depth}`;
	return [`SAVEPOINT ${name}`, `RELEASE ${name}`, [`ROLLBACK TO ${name}`, `RELEASE ${name}`]];
}
