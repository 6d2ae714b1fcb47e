import { expect } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { leaseMs } from "../../src/ledger/limits.ts";
import { hexOf } from "../../src/model/bytes.ts";
import type { Sql } from "../../src/model/sql.ts";
import { openTree } from "./tree.ts";

/** A shard as it is looked at. */
export interface Looked {
	readonly sql: Sql;
	readonly ledger: Ledger;
}

/** What holds in a shard after every step. Each look remembers the log as it was at all looks before. */
export function openPromises() {
	let leaves: readonly string[] = [];
	let tree = openTree();
	return {
		check: ({ sql, ledger }: Looked): void => {
			expect(ledger.rebuild().differences).toEqual([]);
			const rows = sql.query("SELECT seq, recorded_at, leaf FROM event ORDER BY seq");
			expect(rows.map((row) => row["seq"])).toEqual(rows.map((_, index) => index + 1));
			const times = rows.map((row) => Number(row["recorded_at"]));
			expect(times).toEqual(times.toSorted((a, b) => a - b));
			// As long as it begins with all that it ever was, its root at each earlier size is what it was then.
			const now = rows.map((row) => hexOf(row["leaf"] as Uint8Array));
			expect(now.slice(0, leaves.length)).toEqual(leaves);
			for (const leaf of now.slice(leaves.length)) tree.add(Buffer.from(leaf, "hex"));
			leaves = now;
			for (const wrong of wrongRows) expect(sql.query(wrong)).toEqual([]);
		},
		/** The signed root is that of the leaves. */
		signed: (note: string): void => {
			const [, size, root] = note.split("\n");
			expect([size, root]).toEqual([String(leaves.length), Buffer.from(tree.root()).toString("base64")]);
		},
		/** An older file has taken the place of this. */
		restored: ({ sql }: Looked): void => {
			const [row] = sql.query("SELECT count(*) AS events FROM event");
			leaves = leaves.slice(0, Number(row?.["events"]));
			tree = openTree();
			for (const leaf of leaves) tree.add(Buffer.from(leaf, "hex"));
		},
	};
}

export type Promises = ReturnType<typeof openPromises>;

/** Each finds nothing. */
const wrongRows = [
	"SELECT seq FROM event WHERE (SELECT coalesce(sum(value), 0) FROM json_each(postings)) <> 0",
	`SELECT * FROM (
		SELECT hex(balance.subject) AS subject, balance.account, max(0, active) AS active,
			(SELECT coalesce(sum(points), 0) FROM lot
				WHERE lot.subject = balance.subject AND lot.account = balance.account) AS lots
		FROM balance
	) WHERE active <> lots`,
	`SELECT hex(subject) FROM lot
		WHERE NOT EXISTS (SELECT 1 FROM balance WHERE subject = lot.subject AND account = lot.account)`,
	"SELECT hex(subject) FROM balance WHERE pending < 0 OR reserved < 0",
];

/** What the program as a whole has given, by book; where nothing is under way, `moved` is not among them. */
export function booksOf(shards: readonly Looked[]): Readonly<Record<string, number>> {
	const sums = new Map<string, number>();
	for (const { sql } of shards) {
		const rows = sql.query(
			"SELECT book.key AS book, sum(book.value) AS points FROM event, json_each(postings) AS book GROUP BY 1",
		);
		for (const { book, points } of rows)
			sums.set(String(book), (sums.get(String(book)) ?? 0) + Number(points));
	}
	return Object.fromEntries([...sums].filter(([, points]) => points !== 0));
}

const nobody = "0".repeat(32);

/**
 * Claims that stand for no event, though they are older than their lease. Nobody's are those of the erased, and who is
 * locked by what was begun is free when that is taken up.
 */
export function staleClaims(
	shards: readonly Looked[],
	{ now, underWay }: { readonly now: number; readonly underWay: ReadonlySet<string> },
): readonly unknown[] {
	const properties = new Map(
		shards.flatMap(({ sql }) =>
			sql
				.query("SELECT lower(hex(key)) AS key, properties FROM event LEFT JOIN body USING (seq)")
				.map((row) => [row["key"], row["properties"]] as const),
		),
	);
	const errands = new Set(
		shards
			.flatMap(({ sql }) => sql.query("SELECT lower(substr(hex(key), 1, 28)) AS key FROM errand"))
			.map((row) => row["key"]),
	);
	return shards.flatMap(({ sql }) =>
		sql
			.query(
				"SELECT lower(hex(hash)) AS hash, lower(hex(holder)) AS holder, lower(hex(subject)) AS subject, at FROM claim",
			)
			.filter(({ hash, holder, subject, at }) => {
				if (subject === nobody || now - Number(at) <= leaseMs) return false;
				const of = properties.get(holder ?? "");
				if (of === undefined && underWay.has(String(holder))) return false;
				if (of === undefined) return !errands.has(String(holder).slice(0, 28));
				return of !== null && hash !== holder && !String(of).includes(String(hash));
			}),
	);
}
