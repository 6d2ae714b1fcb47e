import { bytesOfHex, hexOf } from "../model/bytes.ts";
import type { Crypto } from "../model/crypto.ts";
import type { JsonObject } from "../model/json.ts";
import type { Row, Sql } from "../model/sql.ts";
import { leafHasher } from "./leaf.ts";
import type { Postings } from "./postings.ts";
import type { Properties } from "./properties.ts";

/** An event about to be written. */
export interface NewEvent {
	readonly key: string;
	readonly subject: string;
	readonly action: string;
	readonly timestamp: number;
	readonly data: JsonObject;
	/** `data` as canonical JSON. */
	readonly text: string;
	readonly postings: Postings;
	readonly properties: Properties;
}

/** Where the log ends: `seq` is 0 while it is empty. */
export interface Head {
	readonly seq: number;
	/** Unix milliseconds. */
	readonly recordedAt: number;
}

/** What an event with a certain key is, as far as repeating it needs. */
export interface Recorded {
	readonly seq: number;
	readonly recordedAt: number;
	readonly subject: string;
	readonly action: string;
	/** Null once its person is erased. */
	readonly body: { readonly data: string; readonly properties: Properties } | null;
}

export function readHead(sql: Sql): Head {
	const [row] = sql.query("SELECT seq, recorded_at FROM event ORDER BY seq DESC LIMIT 1");
	return row === undefined
		? { seq: 0, recordedAt: 0 }
		: { seq: Number(row["seq"]), recordedAt: Number(row["recorded_at"]) };
}

/** By key; one that is not recorded is absent. */
export function findByKeys(sql: Sql, keys: readonly string[]): ReadonlyMap<string, Recorded> {
	const rows = sql.query(
		`SELECT event.key, event.seq, event.recorded_at, event.subject, event.action, body.data, body.properties
		FROM json_each(?) CROSS JOIN event ON event.key = unhex(value) LEFT JOIN body USING (seq)`,
		JSON.stringify(keys),
	);
	return new Map(rows.map((row) => [hexOf(row["key"] as Uint8Array), recordedOf(row)]));
}

const recordedOf = (row: Row): Recorded => ({
	seq: Number(row["seq"]),
	recordedAt: Number(row["recorded_at"]),
	subject: hexOf(row["subject"] as Uint8Array),
	action: String(row["action"]),
	body:
		row["data"] === null
			? null
			: { data: String(row["data"]), properties: JSON.parse(String(row["properties"])) as Properties },
});

/** An event of one customer, as it is folded or decided again. */
export interface Lived {
	readonly seq: number;
	readonly recordedAt: number;
	readonly action: string;
	readonly timestamp: number;
	readonly data: JsonObject;
	readonly properties: Properties;
}

/** All events of a customer who has few, in their order. */
export const readLife = (sql: Sql, subject: string): readonly Lived[] =>
	sql
		.query(
			`SELECT seq, recorded_at, action, timestamp, data, properties FROM body
			WHERE subject = ? ORDER BY seq`,
			bytesOfHex(subject),
		)
		.map((row) => ({
			seq: Number(row["seq"]),
			recordedAt: Number(row["recorded_at"]),
			action: String(row["action"]),
			timestamp: Number(row["timestamp"]),
			data: JSON.parse(String(row["data"])) as JsonObject,
			properties: JSON.parse(String(row["properties"])) as Properties,
		}));

const saltBytes = 16;
/** Salts are drawn this many at a time: one draw costs as much as a hundred bytes of it. */
const saltsDrawn = 64;

function openSalts(crypto: Crypto): () => Uint8Array {
	let drawn = new Uint8Array(0);
	return () => {
		if (drawn.length === 0) drawn = new Uint8Array(crypto.randomBytes(saltBytes * saltsDrawn));
		const salt = drawn.subarray(0, saltBytes);
		drawn = drawn.subarray(saltBytes);
		return salt;
	};
}

/** Makes the function that writes one event and its body. */
export function openLog(sql: Sql, crypto: Crypto, shard: number) {
	const { leaf: leafOf } = leafHasher(crypto);
	const nextSalt = openSalts(crypto);
	return (event: NewEvent, { seq, recordedAt }: Head): void => {
		const subject = bytesOfHex(event.subject);
		const key = bytesOfHex(event.key);
		const salt = nextSalt();
		const { action, timestamp, text: data } = event;
		const postings = JSON.stringify(event.postings);
		const properties = JSON.stringify(event.properties);
		const leaf = leafOf(
			{ seq, shard, subject, action, recordedAt, postings, key },
			{ timestamp, salt, data, properties },
		);
		sql.query(
			"INSERT OR FAIL INTO event (seq, subject, action, recorded_at, postings, key, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)",
			seq,
			subject,
			action,
			recordedAt,
			postings,
			key,
			leaf,
		);
		sql.query(
			`INSERT OR FAIL INTO body (seq, subject, action, recorded_at, timestamp, salt, data, properties)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			seq,
			subject,
			action,
			recordedAt,
			timestamp,
			salt,
			data,
			properties,
		);
	};
}
