import type { Row, Sql } from "../../model/sql.ts";

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
				.exec(text, ...params)
				.toArray()
				.map(rowOf),
		transaction: (body) => storage.transactionSync(body),
	};
}

/** Blobs come as bare buffers. */
const rowOf = (row: Record<string, SqlStorageValue>): Row =>
	Object.fromEntries(
		Object.entries(row).map(([column, value]) => [
			column,
			value instanceof ArrayBuffer ? new Uint8Array(value) : value,
		]),
	);
