import type { Row, Sql } from "../model/sql.ts";

/**
 * Which messages name a person: an index that is written a run of messages at a time, so that a message costs a fraction of
 * a row, and none when it comes.
 *
 * A run is what `runLength` messages say of persons, in 64 pages by the first bits of the hash. To look a person up is to
 * read one page of each run, and the messages that are in no run yet. An entry has 32 bits of the hash: whoever is told of a
 * message looks into its own list.
 *
 * 1. A message that names persons is in a run, is younger than all runs (its id is greater than the last run's `upto`), or
 *    is in `person_late`.
 * 2. A run is written in the transaction of the pin that completes it, and never changed. What it says of messages that
 *    have been cut since is not true any more, and does no harm.
 */
export interface Persons {
	/** These messages were pinned. Writes a run where enough of them are in none. */
	pinned(ids: readonly number[]): void;
	/** Messages that may name one of these persons, in the order of their ids, from `from` on. */
	candidates(hashes: readonly string[], from: number): readonly number[];
}

/**
 * How many messages a run is of. Longer runs make larger pages, of which a disk writes fewer; but what is in no run yet is
 * read one by one, and to write a run is a pause for everybody else: at 2,048 one of a few milliseconds.
 */
export const messagesOfRun = 2_048;

/** A page's id is its place by hash, times this, plus its run. */
const runsMax = 2 ** 40;

/** An entry: 32 bits of the hash, and the message's id as a double, which holds it exactly. */
const entryBytes = 12;

export function openPersons(sql: Sql, runLength: number): Persons {
	/** How many messages are in no run, or more: at the start nobody has counted. */
	let loose = runLength;

	return { pinned, candidates };

	function pinned(ids: readonly number[]): void {
		const { upto } = lastRun();
		for (const id of ids)
			if (id <= upto) sql.query(`INSERT OR IGNORE INTO person_late (message) VALUES (?)`, id);
		loose += ids.length;
		if (loose >= runLength) loose = writeRun();
	}

	function lastRun(): { readonly run: number; readonly upto: number } {
		const [row] = sql.query(`SELECT id, upto FROM person_run ORDER BY id DESC LIMIT 1`);
		return { run: Number(row?.["id"] ?? 0), upto: Number(row?.["upto"] ?? -1) };
	}

	/** Writes the next run, where there are enough messages for one; says how many may be left. */
	function writeRun(): number {
		const { run, upto } = lastRun();
		const late = sql.query(
			`SELECT id, persons FROM person_late CROSS JOIN message ON id = person_late.message ORDER BY message LIMIT ?`,
			runLength,
		);
		const young = sql.query(
			`SELECT id, persons FROM message WHERE id > ? AND persons <> '' ORDER BY id LIMIT ?`,
			upto,
			runLength - late.length,
		);
		const count = late.length + young.length;
		if (count < runLength) return count;
		for (const [page, entries] of pagesOf([...late, ...young])) {
			sql.query(`INSERT INTO person_page (id, entries) VALUES (?, ?)`, page * runsMax + run + 1, entries);
		}
		for (const row of late) sql.query(`DELETE FROM person_late WHERE message = ?`, Number(row["id"]));
		sql.query(
			`INSERT INTO person_run (id, upto) VALUES (?, ?)`,
			run + 1,
			Number(young.at(-1)?.["id"] ?? upto),
		);
		// There may be more: the next pin sees to it, for one run is pause enough.
		return runLength;
	}

	function candidates(hashes: readonly string[], from: number): readonly number[] {
		const { upto } = lastRun();
		const ids = new Set<number>();
		const add = (id: number): void => {
			if (id >= from) ids.add(id);
		};
		for (const prefix of new Set(hashes.map(prefixOf))) for (const id of inRuns(prefix)) add(id);
		for (const row of sql.query(`SELECT message AS id FROM person_late`)) add(Number(row["id"]));
		const young = sql.query(
			`SELECT id FROM message WHERE id > ? AND persons <> ''`,
			Math.max(upto, from - 1),
		);
		for (const row of young) add(Number(row["id"]));
		return [...ids].sort((a, b) => a - b);
	}

	function* inRuns(prefix: number): Generator<number> {
		const first = pageOf(prefix) * runsMax;
		const pages = sql.query(
			`SELECT entries FROM person_page WHERE id BETWEEN ? AND ?`,
			first,
			first + runsMax - 1,
		);
		for (const { entries } of pages) {
			if (!(entries instanceof Uint8Array)) continue;
			const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
			for (let at = 0; at < entries.byteLength; at += entryBytes) {
				if (view.getUint32(at) === prefix) yield view.getFloat64(at + 4);
			}
		}
	}
}

/** The first 32 bits of a hash of 32 hex digits, and the first 6 of these. */
const prefixOf = (hash: string): number => Number.parseInt(hash.slice(0, 8), 16);
const pageOf = (prefix: number): number => prefix >>> 26;

/** What the messages say of persons, by page. */
function pagesOf(messages: readonly Row[]): ReadonlyMap<number, Uint8Array> {
	const named = messages.flatMap(({ id, persons }) =>
		String(persons)
			.split(" ")
			.filter((hash) => hash !== "")
			.map((hash) => ({ id: Number(id), prefix: prefixOf(hash) })),
	);
	const pages = Map.groupBy(named, ({ prefix }) => pageOf(prefix));
	return new Map(
		[...pages].map(([page, entries]) => {
			const bytes = new Uint8Array(entries.length * entryBytes);
			const view = new DataView(bytes.buffer);
			for (const [index, { prefix, id }] of entries.entries()) {
				view.setUint32(index * entryBytes, prefix);
				view.setFloat64(index * entryBytes + 4, id);
			}
			return [page, bytes];
		}),
	);
}
