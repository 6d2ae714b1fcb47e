import type { Crypto } from "../../model/crypto.ts";
import { invariant } from "../../model/result.ts";
import type { Sql } from "../../model/sql.ts";
import { newTiles, openTree, type Tree, tileWidth } from "./tree.ts";

/** The tree over the events' leaves, as the tables `event` and `tile` hold it. */
export const openStoredTree = (sql: Sql, crypto: Pick<Crypto, "sha256">): Tree =>
	openTree(crypto, (level, from, to) => {
		const rows =
			level === 0
				? sql.query("SELECT leaf AS hash FROM event WHERE seq > ? AND seq <= ? ORDER BY seq", from, to)
				: sql.query(
						"SELECT hash FROM tile WHERE level = ? AND place >= ? AND place < ? ORDER BY place",
						level,
						from,
						to,
					);
		invariant(rows.length === to - from, "a tree has all its leaves and nodes");
		return rows.map(({ hash }) => hash as Uint8Array);
	});

/** Stores the nodes that are complete since the log had `from` events. */
export function growTiles(
	sql: Sql,
	crypto: Pick<Crypto, "sha256">,
	grown: { readonly from: number; readonly to: number },
): void {
	if (Math.floor(grown.from / tileWidth) === Math.floor(grown.to / tileWidth)) return;
	newTiles(openStoredTree(sql, crypto), grown, (level, place, hash) => {
		sql.query("INSERT INTO tile (level, place, hash) VALUES (?, ?, ?)", level, place, hash);
	});
}
