import { bytesOfHex } from "../model/bytes.ts";
import type { Row, Sql } from "../model/sql.ts";
import type { Place } from "./shard.ts";
import type { Customer, Links } from "./state.ts";

/**
 * Somebody, by their loyalty id or their random name, who may have been merged into another since; or customers of this
 * shard who were absorbed by somebody, as they were.
 */
export type Whom =
	| { readonly id: string }
	| { readonly subject: string }
	| { readonly absorbed: readonly string[] };

/** What one shard knows of a person: all of it, or a part, or only where to ask. */
export type Share<Value> =
	| {
			readonly kind: "share";
			readonly value: Value;
			/** Whom they absorbed, in other shards. */
			readonly elsewhere: readonly Place[];
	  }
	| { readonly kind: "moved"; readonly to: Place };

/** The subjects first of the person and then of whom they absorbed in this shard; null where nobody is called so (any more). */
export function subjectsOf(sql: Sql, shard: number, whom: Whom): Share<readonly Uint8Array[]> | null {
	if ("absorbed" in whom) return { kind: "share", value: whom.absorbed.map(bytesOfHex), elsewhere: [] };
	for (let found = find(sql, whom); found !== undefined; ) {
		if (found.status === "erased" || found.status === "guest") return null;
		const { into, absorbed } = found.links;
		if (into === null) {
			const here = absorbed.filter((place) => place.shard === shard);
			const elsewhere = absorbed.filter((place) => place.shard !== shard);
			return {
				kind: "share",
				value: [found.subject, ...here.map(({ subject }) => bytesOfHex(subject))],
				elsewhere,
			};
		}
		if (into.shard !== shard) return { kind: "moved", to: into };
		found = find(sql, into);
	}
	return null;
}

/** Who has this loyalty id, whatever became of them since; a guest is nobody. */
export function subjectOf(sql: Sql, id: string): Uint8Array | undefined {
	const found = find(sql, { id });
	return found?.status === "guest" ? undefined : found?.subject;
}

const columns = "subject, status, links";

function find(sql: Sql, whom: { readonly id: string } | { readonly subject: string }) {
	const [row] =
		"id" in whom
			? // A guest's id names nobody, whoever has claimed their purchase since.
				sql.query(`SELECT ${columns} FROM customer WHERE id = ? AND status <> 'claimed'`, whom.id)
			: sql.query(`SELECT ${columns} FROM customer WHERE subject = ?`, bytesOfHex(whom.subject));
	return row === undefined ? undefined : foundIn(row);
}

const foundIn = (row: Row) => ({
	subject: row["subject"] as Uint8Array,
	status: row["status"] as Customer["status"],
	links: JSON.parse(String(row["links"])) as Links,
});
