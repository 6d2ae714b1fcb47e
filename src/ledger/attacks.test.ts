import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite, type SqliteFile } from "../host/node/sqlite.ts";
import { attacks } from "./attacks.suite.ts";
import { exampleProgram, exampleSigning, noon, openSender } from "./fixture.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { writtenOnce } from "./schema.ts";
import { nothingVerified } from "./verify.ts";

const program = exampleProgram();

function openAt(path: string): { readonly sql: SqliteFile; readonly ledger: Ledger } {
	const sql = openSqlite(path);
	try {
		const parts = {
			sql,
			crypto: nodeCrypto,
			clock: () => noon,
			program: () => program,
			signing: exampleSigning,
		};
		const ledger = openLedger({ ...parts, shard: 0, shards: 1 });
		sql.writeOnce(writtenOnce);
		return { sql, ledger };
	} catch (error) {
		sql.close();
		throw error;
	}
}

/** A ledger of 300 events in a file, signed. */
function signed() {
	const folder = mkdtempSync(join(tmpdir(), "hub-attack-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const path = join(folder, "ledger.db");
	const { sql, ledger } = openAt(path);
	const send = openSender(program, nodeCrypto);
	const commands = Array.from({ length: 300 }, (_, number) =>
		send("opt_in", {}, { identities: { id: `customer-${number}` } }),
	);
	sql.transaction(() => ledger.record(commands));
	const checkpoint = sql.transaction(() => ledger.checkpoint());
	return { path, sql, ledger, checkpoint };
}

const dump = (sql: Pick<SqliteFile, "query">) =>
	["event", "body", "tile", "checkpoint"].map((table) => sql.query(`SELECT * FROM ${table}`));

describe("the hub's own connection", () => {
	it.each(attacks)("stops %s", (_what, statements) => {
		const { sql } = signed();
		onTestFinished(() => sql.close());
		const before = dump(sql);
		expect(() => {
			for (const statement of statements) sql.query(statement);
		}).toThrow();
		expect(dump(sql)).toEqual(before);
	});
});

it("is refused before it runs what would alter an event, on the hub's own connection", () => {
	const { sql } = signed();
	onTestFinished(() => sql.close());
	for (const table of writtenOnce) {
		// No row, so no trigger either.
		expect(() => sql.query(`DELETE FROM ${table} WHERE 0`)).toThrow("not authorized");
	}
	expect(sql.query("DELETE FROM body WHERE 0")).toEqual([]);
});

describe("a connection of somebody else's", () => {
	/** They need no schema of ours, and set what they like. */
	it.each(attacks)("does not do %s unnoticed", (_what, statements) => {
		const { path, sql, checkpoint } = signed();
		const before = dump(sql);
		sql.close();
		const foreign = new DatabaseSync(path, { defensive: false });
		for (const statement of statements) {
			try {
				foreign.exec(statement);
			} catch {
				// Stopped by the file itself.
			}
		}
		foreign.close();

		const seen = openSqlite(path);
		let altered = true;
		try {
			altered = JSON.stringify(dump(seen)) !== JSON.stringify(before);
		} catch {
			// A table is gone.
		}
		seen.close();
		if (altered) expect(found(path, checkpoint)).not.toEqual([]);
	});

	it("has its traces found also where it puts the triggers back", () => {
		const { path, sql, checkpoint } = signed();
		sql.close();
		const foreign = new DatabaseSync(path);
		const triggers = foreign.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
		for (const { name } of triggers) foreign.exec(`DROP TRIGGER ${String(name)}`);
		foreign.exec(`UPDATE body SET data = '{"a":1}' WHERE seq = 5`);
		foreign.exec("DELETE FROM body WHERE seq = 300; DELETE FROM event WHERE seq = 300");
		for (const { sql: text } of triggers) foreign.exec(String(text));
		foreign.close();
		expect(found(path, checkpoint)).toEqual([
			"the ledger has 299 events, but 300 were signed: 1 are missing",
			"event 5 is not what was recorded",
			"the checkpoint at 300 events: there are only 299; 1 are missing",
		]);
	});
});

/** What the next start and a verification say. */
function found(path: string, checkpoint: Parameters<Ledger["compare"]>[0]): readonly string[] {
	try {
		const { sql, ledger } = openAt(path);
		try {
			const trouble = ledger.compare(checkpoint);
			return [...(trouble === null ? [] : [trouble]), ...ledger.verify(nothingVerified, []).problems];
		} finally {
			sql.close();
		}
	} catch (error) {
		return [String(error)];
	}
}
