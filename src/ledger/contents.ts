import type { Crypto } from "../model/crypto.ts";
import type { Sql } from "../model/sql.ts";
import { leafHasher } from "./leaf.ts";

/**
 * Keeps the salted hashes of a person's bodies, before these are removed: without them nobody could tell any more
 * whether an event's action or postings were altered. They say nothing of the bodies, for the salts go with these.
 */
export function keepContents(sql: Sql, crypto: Pick<Crypto, "sha256">, subject: Uint8Array): void {
	const { content } = leafHasher(crypto);
	const bodies = sql.query(
		"SELECT seq, timestamp, salt, data, properties FROM body WHERE subject = ?",
		subject,
	);
	for (const { seq, timestamp, salt, data, properties } of bodies) {
		const hash = content({
			timestamp: Number(timestamp),
			salt: salt as Uint8Array,
			data: String(data),
			properties: String(properties),
		});
		sql.query("INSERT INTO content (seq, hash) VALUES (?, ?)", Number(seq), hash);
	}
}
