import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { attacks } from "../../src/ledger/attacks.suite.ts";
import { exampleProgram, exampleSigning, noon, openSender } from "../../src/ledger/fixture.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import { nothingVerified } from "../../src/ledger/verify.ts";
import type { Sql } from "../../src/model/sql.ts";
import { inBareObject } from "./bare-sql.ts";

const program = exampleProgram();
const open = (sql: Sql): Ledger =>
	openLedger({
		sql,
		crypto: nodeCrypto,
		clock: () => noon,
		program: () => program,
		signing: exampleSigning,
		shard: 0,
		shards: 1,
	});

const dump = (sql: Sql): string =>
	JSON.stringify(["event", "body", "tile", "checkpoint"].map((table) => sql.query(`SELECT * FROM ${table}`)));

describe("in a Durable Object, where anybody who has the object has its SQL", () => {
	it.each(attacks)("%s is stopped, or found", (_what, statements) =>
		inBareObject((sql) => {
			const ledger = open(sql);
			const send = openSender(program, nodeCrypto);
			const commands = Array.from({ length: 300 }, (_, number) =>
				send("opt_in", {}, { identities: { id: `customer-${number}` } }),
			);
			sql.transaction(() => ledger.record(commands));
			const checkpoint = sql.transaction(() => ledger.checkpoint());
			const before = dump(sql);
			for (const statement of statements) {
				try {
					sql.query(statement);
				} catch {
					// Stopped by the platform, or by the tables themselves.
				}
			}
			let found: readonly string[];
			try {
				if (dump(sql) === before) return;
				const again = open(sql);
				const trouble = again.compare(checkpoint);
				found = [...(trouble === null ? [] : [trouble]), ...again.verify(nothingVerified, []).problems];
			} catch (error) {
				found = [String(error)];
			}
			expect(found).not.toEqual([]);
		}),
	);
});
