import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { cacheBytesFor, openSqlite, type SqliteFile } from "./sqlite.ts";

function withFile(body: (sql: SqliteFile, path: string) => void): void {
	const folder = mkdtempSync(join(tmpdir(), "hub-sqlite-"));
	const path = join(folder, "test.db");
	const sql = openSqlite(path);
	try {
		sql.query("CREATE TABLE number (value INTEGER PRIMARY KEY) STRICT");
		body(sql, path);
	} finally {
		sql.close();
		rmSync(folder, { recursive: true });
	}
}

const values = (sql: SqliteFile) =>
	sql.query("SELECT value FROM number ORDER BY value").map((row) => row["value"]);
const insert = (sql: SqliteFile, value: number) => sql.query("INSERT INTO number VALUES (?)", value);

it("opens files so that a commit survives a power cut and REPLACE fires triggers", () => {
	withFile((sql) => {
		const pragma = (name: string) => Object.values(sql.query(`PRAGMA ${name}`)[0] ?? {})[0];
		expect(pragma("journal_mode")).toBe("wal");
		// 2 is FULL.
		expect(pragma("synchronous")).toBe(2);
		expect(pragma("page_size")).toBe(8192);
		expect(pragma("mmap_size")).toBe(0);
		expect(pragma("foreign_keys")).toBe(1);
		expect(pragma("recursive_triggers")).toBe(1);
		expect(pragma("trusted_schema")).toBe(0);
	});
});

it("keeps nothing of a transaction that throws, and all of one that does not", () => {
	withFile((sql) => {
		sql.transaction(() => insert(sql, 1));
		const failing = () =>
			sql.transaction(() => {
				insert(sql, 2);
				throw new Error("no");
			});
		expect(failing).toThrow("no");
		expect(values(sql)).toEqual([1]);
		sql.transaction(() => insert(sql, 3));
		expect(values(sql)).toEqual([1, 3]);
	});
});

it("lets an inner transaction fail alone", () => {
	withFile((sql) => {
		sql.transaction(() => {
			insert(sql, 1);
			const failing = () => sql.transaction(() => [2, 1].map((value) => insert(sql, value)));
			expect(failing).toThrow("UNIQUE");
			sql.transaction(() => insert(sql, 3));
		});
		expect(values(sql)).toEqual([1, 3]);
	});
});

it("can not be talked into writing its own schema", () => {
	withFile((sql) => {
		sql.query("PRAGMA writable_schema = ON");
		expect(() => sql.query("UPDATE sqlite_schema SET sql = ''")).toThrow("may not be modified");
	});
});

it("refuses integers that JavaScript can not hold", () => {
	withFile((sql) => {
		expect(() => sql.query("SELECT 9007199254740993 AS value")).toThrow();
	});
});

it("scrubs what was deleted from all of its files, or says who reads keeps it there", () => {
	withFile((sql, path) => {
		const isSomewhere = (text: string) =>
			[path, `${path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes(text));
		sql.query("CREATE TABLE word (text TEXT) STRICT");
		sql.query("INSERT INTO word VALUES ('ada.quill')");
		const reader = new DatabaseSync(path, { readOnly: true });
		reader.exec("BEGIN; SELECT * FROM word");
		sql.query("DELETE FROM word");
		expect(sql.scrub()).toBe(false);
		expect(isSomewhere("ada.quill")).toBe(true);
		reader.exec("COMMIT");
		expect(sql.scrub()).toBe(true);
		expect(isSomewhere("ada.quill")).toBe(false);
		reader.close();
	});
});

it("scrubs also where its connection may alter little", () => {
	withFile((sql) => {
		sql.writeOnce(["number"]);
		expect(sql.scrub()).toBe(true);
	});
});

it("takes what SQLite left of a moved row away at night, also where its connection may alter little", () => {
	withFile((sql, path) => {
		const isThere = (): boolean => sql.scrub() && readFileSync(path).includes("mark19;");
		sql.query("CREATE TABLE person (id INTEGER PRIMARY KEY, text TEXT) STRICT");
		for (let id = 0; id < 60; id += 1) {
			sql.query("INSERT INTO person VALUES (?, ?)", id, `mark${id};${"x".repeat(1_000)}`);
		}
		sql.writeOnce(["number"]);
		// Pages that get empty are made one with others, time and again, until the row has been in many.
		for (let id = 0; id < 60; id += 3) sql.query("DELETE FROM person WHERE id = ?", id);
		for (let turn = 0; turn <= 37; turn += 1) sql.query("DELETE FROM person WHERE id = ?", (turn * 7) % 60);
		expect(sql.query("SELECT id FROM person WHERE id = 19")).toEqual([]);
		expect(isThere()).toBe(true);

		sql.oweVacuum(7);
		sql.oweVacuum(8);
		expect(sql.vacuum(7, 1e9)).toBe(false);
		expect(sql.vacuum(8, 1_000)).toBe(false);
		expect(isThere()).toBe(true);
		expect(sql.vacuum(8, 1e9)).toBe(true);
		expect(isThere()).toBe(false);
		expect(sql.vacuum(9, 1e9)).toBe(false);
		expect(() => sql.query("DROP TABLE person")).toThrow("not authorized");
	});
});

it("keeps as much of a large file in memory as it is large, and a quarter of the memory at most", () => {
	const mib = 1024 * 1024;
	const folder = mkdtempSync(join(tmpdir(), "hub-sqlite-"));
	const sized = (bytes: number): string => {
		const path = join(folder, `${bytes}.db`);
		writeFileSync(path, "");
		// Without blocks on the disk.
		truncateSync(path, bytes);
		return path;
	};
	expect(cacheBytesFor(join(folder, "none.db"))).toBe(64 * mib);
	expect(cacheBytesFor(sized(mib))).toBe(64 * mib);
	expect(cacheBytesFor(sized(100 * mib))).toBe(100 * mib);
	const most = cacheBytesFor(sized(1_000_000 * mib));
	expect(most).toBeLessThanOrEqual(totalmem() / 4);
	expect(most).toBeGreaterThanOrEqual(100 * mib);
	rmSync(folder, { recursive: true });
});
