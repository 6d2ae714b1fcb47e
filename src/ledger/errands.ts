import { bytesOfHex } from "../model/bytes.ts";
import type { Command } from "../model/event.ts";
import type { Sql } from "../model/sql.ts";
import { type Asking, ask, type RecordParts } from "./asking.ts";
import { type Erased, endOf, eraseAll, partOf } from "./erase.ts";
import { lock, unlock } from "./lock.ts";
import { carryOver, type MergeErrand } from "./merge.ts";
import type { ErasedHere, Place } from "./shard.ts";
import { ownProvenance } from "./write.ts";

/**
 * Something that was begun in this shard and has to be done in other places too. It is noted in the very transaction
 * that begins it, and forgotten when all is done: whoever finds it old does it again, from the beginning, to the same
 * end.
 */
export type Errand =
	| ({ readonly kind: "merge" } & MergeErrand)
	| ({
			readonly kind: "erase";
			readonly key: string;
			readonly command: Command;
			readonly here: ErasedHere;
	  } & Place);

export function readErrand(sql: Sql, key: string): Errand | undefined {
	const [row] = sql.query("SELECT text FROM errand WHERE key = ?", bytesOfHex(key));
	return row === undefined ? undefined : (JSON.parse(String(row["text"])) as Errand);
}

export function writeErrand(sql: Sql, errand: Errand, at: number): void {
	const text = JSON.stringify(errand);
	sql.query("INSERT INTO errand (key, at, text) VALUES (?, ?, ?)", bytesOfHex(errand.key), at, text);
}

export function removeErrand(sql: Sql, key: string): void {
	sql.query("DELETE FROM errand WHERE key = ?", bytesOfHex(key));
}

/** Those that were begun before `before`, unix milliseconds: whoever began them has died. */
export const readErrands = (sql: Sql, before: number): readonly Errand[] =>
	sql
		.query("SELECT text FROM errand WHERE at <= ? ORDER BY at LIMIT 100", before)
		.map((row) => JSON.parse(String(row["text"])) as Errand);

/** Does an errand again, unless somebody else has the customer by now; gives an erasure that is left to be done outside. */
export function* goOn(errand: Errand, parts: RecordParts): Asking<Erased | null> {
	const places = errand.kind === "merge" ? [errand, errand.into] : [errand];
	const locked = yield* lock(places, errand.key, parts);
	if (locked === null) return null;
	const done = yield* again(errand, parts);
	yield* unlock(locked, parts);
	if (errand.kind === "merge") yield* ask("finish", errand.shard, errand.key);
	return done;
}

function* again(errand: Errand, parts: RecordParts): Asking<Erased | null> {
	if (errand.kind === "erase")
		return (yield* eraseAll({ command: errand.command, erasedAt: null }, errand, parts)).done;
	const carried = yield* carryOver(errand, { timestamp: parts.clock(), provenance: ownProvenance });
	if (carried.kind !== "suppressed") return null;
	const end = endOf(partOf(errand.key, errand, parts), parts.clock());
	return (yield* eraseAll({ command: end, erasedAt: null }, errand, parts)).done;
}
