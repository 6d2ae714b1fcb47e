import { hexOf } from "../model/bytes.ts";
import type { Row, Sql } from "../model/sql.ts";
import { eventId } from "./event-id.ts";

/**
 * An event with all that its leaf is made of, so that anybody can compute it: the texts are the very texts, bytes are
 * lower-case hex.
 */
export interface ExportedEvent {
	readonly id: string;
	readonly seq: number;
	readonly shard: number;
	readonly subject: string;
	readonly action: string;
	/** Unix milliseconds. */
	readonly recordedAt: number;
	/** JSON. */
	readonly postings: string;
	readonly key: string;
	readonly leaf: string;
	/** Null once its person is erased. */
	readonly body: ExportedBody | null;
	/** Of an erased body, its hash; else null. */
	readonly content: string | null;
}

interface ExportedBody {
	/** Unix milliseconds. */
	readonly timestamp: number;
	readonly salt: string;
	/** JSON. */
	readonly data: string;
	/** JSON. */
	readonly properties: string;
}

export interface ExportPage {
	readonly shard: number;
	readonly after: number;
	readonly limit: number;
}

/** In the order of the log. */
export const readExported = (sql: Sql, { shard, after, limit }: ExportPage): readonly ExportedEvent[] =>
	sql
		.query(
			`SELECT event.*, body.timestamp, body.salt, body.data, body.properties, content.hash
			FROM event LEFT JOIN body USING (seq) LEFT JOIN content USING (seq) WHERE event.seq > ? ORDER BY event.seq LIMIT ?`,
			after,
			limit,
		)
		.map((row) => exportedOf(row, shard));

function exportedOf(row: Row, shard: number): ExportedEvent {
	const seq = Number(row["seq"]);
	const recordedAt = Number(row["recorded_at"]);
	return {
		id: eventId({ recordedAt, shard, seq }),
		seq,
		shard,
		subject: hexIn(row, "subject"),
		action: String(row["action"]),
		recordedAt,
		postings: String(row["postings"]),
		key: hexIn(row, "key"),
		leaf: hexIn(row, "leaf"),
		content: row["hash"] === null ? null : hexIn(row, "hash"),
		body:
			row["salt"] === null
				? null
				: {
						timestamp: Number(row["timestamp"]),
						salt: hexIn(row, "salt"),
						data: String(row["data"]),
						properties: String(row["properties"]),
					},
	};
}

const hexIn = (row: Row, column: string): string => hexOf(row[column] as Uint8Array);
