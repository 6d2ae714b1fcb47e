import type { Row, Sql, SqlValue } from "../../model/sql.ts";

/**
 * The SQLite database of a Durable Object. It forbids BEGIN; `transactionSync` is its word for it.
 *
 * `recursive_triggers` makes `REPLACE` fire the triggers against DELETE.
 */
export function openSql(storage: DurableObjectStorage): Sql {
	storage.sql.exec("PRAGMA recursive_triggers = ON");
	return {
		query: (text, ...params) =>
			storage.sql
				.exec<Stored>(text, ...params)
				.toArray()
				.map(rowOf),
		transaction: (body) => storage.transactionSync(body),
	};
}

type Stored = Record<string, SqlStorageValue>;

/** Blobs come as bare buffers. The row is nobody else's, so it is changed in its place. */
function rowOf(stored: Stored): Row {
	const row = stored as Record<string, SqlValue | ArrayBuffer>;
	for (const column in row) {
		const value = row[column];
		if (value instanceof ArrayBuffer) row[column] = new Uint8Array(value);
	}
	return row as Row;
}
