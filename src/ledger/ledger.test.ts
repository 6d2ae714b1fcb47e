import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import type { Sql } from "../model/sql.ts";
import { exampleProgram, openExample, openSender } from "./fixture.ts";
import { testGuests } from "./guest.suite.ts";
import { testLedger } from "./ledger.suite.ts";
import { testPeople } from "./people.suite.ts";
import { testPoints } from "./points.suite.ts";

const withSql = (body: (sql: Sql) => void): void => {
	const sql = openSqlite(":memory:");
	try {
		body(sql);
	} finally {
		sql.close();
	}
};

testLedger("node:sqlite", { withSql, crypto: nodeCrypto });
testPeople("node:sqlite", { withSql, crypto: nodeCrypto });
testPoints("node:sqlite", { withSql, crypto: nodeCrypto });
testGuests("node:sqlite", { withSql, crypto: nodeCrypto });

it("stops REPLACE also where a connection does not fire triggers for it (invariant 1)", () => {
	withSql((sql) => {
		openExample({ sql, crypto: nodeCrypto }).record([openSender(exampleProgram(), nodeCrypto)("opt_in")]);
		sql.query("PRAGMA recursive_triggers = OFF");
		const ofTheSameKey = `REPLACE INTO event
			SELECT seq + 1, subject, action, recorded_at, postings, key, leaf FROM event`;
		expect(() => sql.query(ofTheSameKey)).toThrow("only ever appended");
		for (const table of ["event", "body", "claim"]) {
			expect(() => sql.query(`REPLACE INTO ${table} SELECT * FROM ${table}`)).toThrow();
		}
	});
});

it("makes a leaf of every event that anybody can compute again", () => {
	withSql((sql) => {
		const ledger = openExample({ sql, crypto: nodeCrypto });
		const send = openSender(exampleProgram(), nodeCrypto);
		const order = { transaction_id: "o-1", total: 10, note: "naïve – ☃" };
		ledger.record([send("opt_in"), send("checkout", order)]);

		const long = (value: number | bigint) => {
			const bytes = Buffer.alloc(8);
			bytes.writeBigInt64BE(BigInt(value));
			return bytes;
		};
		const field = (bytes: Buffer) => {
			const length = Buffer.alloc(4);
			length.writeUInt32BE(bytes.length);
			return Buffer.concat([length, bytes]);
		};
		const sha256 = (...parts: readonly Buffer[]) =>
			createHash("sha256").update(Buffer.concat(parts)).digest();
		const rows = sql.query("SELECT * FROM event JOIN body USING (seq) ORDER BY seq");
		expect(rows).toHaveLength(2);
		for (const row of rows) {
			const blob = (name: string) => Buffer.from(row[name] as Uint8Array);
			const text = (name: string) => field(Buffer.from(String(row[name])));
			const integer = (name: string) => field(long(Number(row[name])));
			const body = [integer("timestamp"), text("data"), text("properties")];
			const header = [
				integer("seq"),
				field(long(0)),
				field(blob("subject")),
				text("action"),
				integer("recorded_at"),
				text("postings"),
				field(blob("key")),
			];
			expect(blob("leaf")).toEqual(sha256(Buffer.alloc(1), ...header, sha256(blob("salt"), ...body)));
		}
	});
});
