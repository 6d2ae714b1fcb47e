import type { Sql } from "../model/sql.ts";

/**
 * Reads what stands under some hex texts, all of it as one JSON text: an object for each row, with its byte arrays,
 * would cost several times as much. The statement gives one row with `found`, a JSON array of arrays.
 */
export function readJsonRows<JsonRow>(sql: Sql, text: string, hexes: readonly string[]): readonly JsonRow[] {
	const [row] = sql.query(text, JSON.stringify(hexes));
	return JSON.parse(String(row?.["found"])) as readonly JsonRow[];
}
