import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { openSqlite, type SqliteFile } from "../../src/host/node/sqlite.ts";
import { exampleProgram, exampleSigning, noon, openSender } from "../../src/ledger/fixture.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import type { Kept } from "../../src/ledger/proofs.ts";
import { nothingVerified } from "../../src/ledger/verify.ts";
import type { Row } from "../../src/model/sql.ts";

/** Of the wild flips; `LEDGER_RUNS=1000` takes a minute. */
const runs = Number(process.env["LEDGER_RUNS"] ?? 40);
const timeout = 600_000;

const folder = mkdtempSync(join(tmpdir(), "hub-flips-"));
afterAll(() => rmSync(folder, { recursive: true }));

const program = exampleProgram();

function openAt(path: string): { readonly sql: SqliteFile; readonly ledger: Ledger } {
	const sql = openSqlite(path);
	try {
		const parts = { sql, crypto: nodeCrypto, clock: () => noon, program: () => program };
		return { sql, ledger: openLedger({ ...parts, signing: exampleSigning, shard: 0, shards: 1 }) };
	} catch (error) {
		sql.close();
		throw error;
	}
}

/** What is stored for good. */
const tables = ["event", "body", "content", "tile", "checkpoint", "acceptance"] as const;

const dump = (query: (text: string) => readonly object[]): string =>
	JSON.stringify(
		tables.map((table) => query(`SELECT * FROM ${table}`)),
		(_name, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value),
	);

/** A file with something in every table: 300 events, two generations of what was signed, and somebody who is erased. */
function made() {
	const path = join(folder, "made.db");
	const { sql, ledger } = openAt(path);
	const send = openSender(program, nodeCrypto);
	const record = (...[action, data, id]: readonly [string, Record<string, number | string>, string]) =>
		sql.transaction(() => ledger.record([send(action, data, { identities: { id } })]));
	const outside: Kept[] = [];
	const sign = () => sql.transaction(() => ledger.checkpoint());
	for (let number = 0; number < 150; number++) {
		record("opt_in", { first_name: `Ada ${number}` }, `customer-${number}`);
		if (number === 99) outside.push(...[sign() ?? []].flat());
		record("point_add", { points: number + 1 }, `customer-${number}`);
	}
	const newest = sign();
	outside.push(...[newest ?? []].flat());
	ledger.compare(newest && { ...newest, note: newest.note.replace("\n300\n", "\n301\n") });
	sql.transaction(() => ledger.accept("admin"));
	record("opt_out", {}, "customer-7");
	outside.push(...[sign() ?? []].flat());
	const rows = new Map(tables.map((table) => [table, sql.query(`SELECT * FROM ${table}`)]));
	const before = dump((text) => sql.query(text));
	expect(verified(ledger)).toEqual([]);
	sql.close();
	return { bytes: readFileSync(path), rows, before, outside };
}

function verified(ledger: Ledger): readonly string[] {
	let found = ledger.verify(nothingVerified, []);
	while (!found.done) found = ledger.verify(found, []);
	return found.problems;
}

const { bytes, rows, before, outside } = made();
let files = 0;

/** What a start and a verification say of the file with this bit turned over, and whether what is stored is still there. */
function flipped(at: number, bit: number): { readonly found: readonly string[]; readonly same: boolean } {
	const path = join(folder, `${++files}.db`);
	const altered = Buffer.from(bytes);
	altered[at] = (altered[at] ?? 0) ^ (1 << bit);
	writeFileSync(path, altered);
	try {
		return { found: saidOf(path), same: isSame(path) };
	} finally {
		for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
	}
}

function saidOf(path: string): readonly string[] {
	try {
		const { sql, ledger } = openAt(path);
		try {
			const trouble = ledger.compare(outside.at(-1) ?? null);
			return [...(trouble === null ? [] : [trouble]), ...verified(ledger)];
		} finally {
			sql.close();
		}
	} catch (error) {
		return [String(error)];
	}
}

function isSame(path: string): boolean {
	try {
		const database = new DatabaseSync(path, { readOnly: true });
		try {
			return dump((text) => database.prepare(text).all()) === before;
		} finally {
			database.close();
		}
	} catch {
		return false;
	}
}

/** Where a row lies in the file: its longest value first, and the others near it. */
function placesOf(row: Row): readonly (readonly [column: string, at: number, length: number])[] {
	const texts = Object.entries(row).flatMap(([column, value]) => {
		const text = typeof value === "number" ? integer(value) : Buffer.from(value ?? "");
		// What is shorter is found by chance anywhere: the wild flips come to it.
		return text.length < 3 ? [] : [[column, text] as const];
	});
	const [, longest] = texts.toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
	if (longest === undefined) return [];
	const anchors = allOf(longest);
	for (const anchor of anchors) {
		const start = Math.max(0, anchor - 400);
		const near = bytes.subarray(start, anchor + longest.length + 400);
		const found = texts.map(([column, text]) => [column, near.indexOf(text), text.length] as const);
		if (found.every(([, at]) => at !== -1)) {
			return found.map(([column, at, length]) => [column, start + at, length] as const);
		}
	}
	throw new Error(`a row is nowhere in the file: ${JSON.stringify(row)}`);
}

function allOf(text: Buffer): readonly number[] {
	const found: number[] = [];
	for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) found.push(at);
	return found;
}

/** As SQLite's record format writes it: big-endian, in as few bytes of 1, 2, 3, 4, 6 and 8 as hold it. */
function integer(value: number): Buffer {
	const whole = Buffer.alloc(8);
	whole.writeBigInt64BE(BigInt(value));
	const size = [1, 2, 3, 4, 6, 8].find((bytes) => Math.abs(value) < 2 ** (8 * bytes - 1)) ?? 8;
	return whole.subarray(8 - size);
}

describe("a bit that is turned over in the ledger's file", () => {
	it.each(tables)("is found in whatever lies in %s", { timeout }, (table) => {
		const stored = rows.get(table) ?? [];
		expect(stored.length).toBeGreaterThan(0);
		// Every row at length, a few where it has to be quick.
		const step = Math.max(1, Math.floor((stored.length * 6) / runs));
		for (const [index, row] of stored.entries()) {
			if (index % step !== 0) continue;
			for (const [column, at, length] of placesOf(row)) {
				const place = at + ((index * 7919) % length);
				const { found } = flipped(place, index % 8);
				expect({ column, index, place, found: found.length > 0 }).toEqual({
					column,
					index,
					place,
					found: true,
				});
			}
		}
	});

	it("is found anywhere, or what is stored is as it was", { timeout }, () => {
		let found = 0;
		fc.assert(
			fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 7 }), (at, bit) => {
				const seen = flipped(at, bit);
				if (seen.found.length > 0) found += 1;
				else expect({ at, same: seen.same }).toEqual({ at, same: true });
			}),
			{ numRuns: runs },
		);
		expect(found).toBeGreaterThan(runs / 10);
	});
});

it("finds a bit that is turned over in any file that is kept outside", { timeout }, () => {
	const path = join(folder, "kept.db");
	writeFileSync(path, bytes);
	const { sql, ledger } = openAt(path);
	expect(outside).toHaveLength(3);
	const newest = outside.at(-1);
	const note = Buffer.from(newest?.note ?? "");
	expect(ledger.compare(newest ?? null)).toBeNull();
	for (let bit = 0; bit < 8 * note.length; bit++) {
		const altered = Buffer.from(note);
		altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
		const read = new TextDecoder().decode(altered);
		expect({ bit, found: ledger.compare({ name: newest?.name ?? "", note: read }) }).not.toEqual({
			bit,
			found: null,
		});
		if (bit % 97 === 0) expect(ledger.verify(nothingVerified, [read]).problems).not.toEqual([]);
	}
	sql.close();
});
