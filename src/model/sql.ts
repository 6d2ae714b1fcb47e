/** What SQLite can store and give back. Integers beyond ±(2^53−1) are refused by every host. */
export type SqlValue = null | number | string | Uint8Array;
export type Row = Readonly<Record<string, SqlValue>>;

/**
 * The least that a cell asks of SQLite, and the most that both hosts can give it synchronously.
 *
 * A host wraps each call of a cell in one `transaction`; a cell calls it itself only for a part that must be able
 * to fail alone.
 */
export interface Sql {
	query(text: string, ...params: readonly SqlValue[]): readonly Row[];
	transaction<Value>(body: () => Value): Value;
}
