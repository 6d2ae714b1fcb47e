import { describe, expect, it } from "vitest";
import { inBareObject } from "./bare-sql.ts";

describe("the SQL of a Durable Object", () => {
	it("gives each kind of value back as it was stored", () =>
		inBareObject((sql) => {
			sql.query("CREATE TABLE kept (id INTEGER PRIMARY KEY, value ANY) STRICT");
			const values = [null, 0.5, Number.MAX_SAFE_INTEGER, "Ünï\0code", new Uint8Array([0, 255])];
			for (const value of values) sql.query("INSERT INTO kept (value) VALUES (?)", value);
			expect(sql.query("SELECT value FROM kept ORDER BY id").map(({ value }) => value)).toEqual(values);
		}));

	it("stores only the bytes of a view, not the buffer behind it", () =>
		inBareObject((sql) => {
			const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
			expect(sql.query("SELECT hex(?) AS bytes", view)).toEqual([{ bytes: "0203" }]);
		}));

	it("takes back what a failed part did, and that alone", () =>
		inBareObject((sql) => {
			sql.query("CREATE TABLE kept (id INTEGER PRIMARY KEY) STRICT");
			sql.transaction(() => {
				sql.query("INSERT INTO kept VALUES (1)");
				const part = () =>
					sql.transaction(() => {
						sql.query("INSERT INTO kept VALUES (2)");
						throw new Error("the part failed");
					});
				expect(part).toThrow("the part failed");
			});
			expect(sql.query("SELECT id FROM kept")).toEqual([{ id: 1 }]);
		}));

	it("fires the triggers against DELETE for a REPLACE too", () =>
		inBareObject((sql) => {
			sql.query("CREATE TABLE kept (id INTEGER PRIMARY KEY) STRICT");
			sql.query("CREATE TRIGGER stays BEFORE DELETE ON kept BEGIN SELECT RAISE(ABORT, 'it stays'); END");
			sql.query("INSERT INTO kept VALUES (1)");
			expect(() => sql.query("REPLACE INTO kept VALUES (1)")).toThrow("it stays");
		}));
});
