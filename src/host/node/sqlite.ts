import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Row, Sql, SqlValue } from "../../model/sql.ts";

/** An open SQLite file. `close` folds the write-ahead log into it. */
export interface SqliteFile extends Sql {
	close(): void;
}

/** A writer that finds the file locked waits this long: backups hold it for moments. */
const busyTimeoutMs = 5_000;

/**
 * Pages of 8 KiB hold a body and its neighbours; `synchronous=FULL` syncs every commit; a checkpoint each 16,000
 * pages (128 MiB) keeps it off most commits; without memory mapping a failing disk is an error, not a SIGBUS;
 * `recursive_triggers` makes `REPLACE` fire the triggers against DELETE.
 */
const pragmas = `
	PRAGMA page_size = 8192;
	PRAGMA journal_mode = WAL;
	PRAGMA synchronous = FULL;
	PRAGMA wal_autocheckpoint = 16000;
	PRAGMA cache_size = -65536;
	PRAGMA mmap_size = 0;
	PRAGMA trusted_schema = OFF;
	PRAGMA cell_size_check = ON;
	PRAGMA recursive_triggers = ON;
`;

/** Opens the file at `path`, and makes it where it is absent; `:memory:` is a database of its own. */
export function openSqlite(path: string): SqliteFile {
	const database = new DatabaseSync(path, {
		defensive: true,
		enableForeignKeyConstraints: true,
		timeout: busyTimeoutMs,
	});
	database.exec(pragmas);

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

	return { query, transaction, close: () => database.close() };
}

/** BEGIN at the outside, a savepoint within. */
function words(depth: number): readonly [string, string, readonly string[]] {
	if (depth === 0) return ["BEGIN IMMEDIATE", "COMMIT", ["ROLLBACK"]];
	const name = `depth_${depth}`;
	return [`SAVEPOINT ${name}`, `RELEASE ${name}`, [`ROLLBACK TO ${name}`, `RELEASE ${name}`]];
}
