import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { openSqlite, type SqliteFile } from "../../src/host/node/sqlite.ts";
import type { Row as SqlRow, SqlValue } from "../../src/model/sql.ts";
import { type Row, readable } from "../figure.ts";
import { openBenchLedger, openCommandMaker } from "../ledger.ts";
import { median, ratioOf } from "../rounds.ts";

const customers = 1_000;
const commandsOfBatch = 100;
const batchesOfRound = 20;
const rounds = 7;

/**
 * Purchases of one line, 100 to a commit: the whole core (who is it, claims, decision, canonical JSON, leaf, write-once
 * triggers, balances, transactions), beside bare `INSERT`s of the very rows that it wrote for good (`event`, `body`,
 * `claim`, `transaction`), 100 purchases to a commit, into a file with the same tables and indexes and no triggers. Both
 * files are synced at each commit.
 */
export const append: Row = async ({ folder, say }) => {
	const core = openBenchLedger(mkdtempSync(join(folder, "append-")));
	const raw = openSqlite(join(mkdtempSync(join(folder, "append-")), "raw.db"));
	copySchema(core.sql, raw);
	const commandOf = openCommandMaker();
	const customer = (number: number): string => `customer-${number % customers}`;
	core.record(
		Array.from({ length: customers }, (_, number) =>
			commandOf({ action: "opt_in", customer: customer(number), data: {} }),
		),
	);

	let orders = 0;
	const purchase = () => {
		const number = orders++;
		return commandOf({
			action: "checkout",
			// Not in order: the customers of one commit are not neighbours.
			customer: customer(number * 379),
			data: {
				transaction_id: `order-${number}`,
				total: 12.5,
				currency: "EUR",
				items: [
					{ product_id: "P-501", product_name: "Green tea 100 g", price: 12.5, quantity: 1, subtotal: 12.5 },
				],
			},
		});
	};
	const rates: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
	say(`${rounds} rounds of ${batchesOfRound} commits`);
	for (let round = 0; round <= rounds; round++) {
		const batches = Array.from({ length: batchesOfRound }, () =>
			Array.from({ length: commandsOfBatch }, purchase),
		);
		const from = core.ledger.stats().events;
		const ours = seconds(() => {
			for (const batch of batches) core.record(batch);
		});
		const events = core.ledger.stats().events - from;
		const written = Array.from({ length: batchesOfRound }, (_, batch) => {
			const size = events / batchesOfRound;
			return rowsBetween(core.sql, from + batch * size, from + (batch + 1) * size);
		});
		const theirs = seconds(() => {
			for (const rows of written) raw.transaction(() => insert(raw, rows));
		});
		if (round === 0) continue;
		rates.ours.push(events / ours);
		rates.theirs.push(events / theirs);
	}
	core.sql.close();
	raw.close();
	return [
		{
			what: "appending purchases, 100 to a commit",
			against: "bare INSERTs of the same rows",
			value: ratioOf(rates) * 100,
			unit: "%",
			target: { atLeast: 60 },
			ours: `${readable(median(rates.ours))} events/s`,
			theirs: readable(median(rates.theirs)),
		},
	];
};

function seconds(work: () => void): number {
	const start = performance.now();
	work();
	return (performance.now() - start) / 1_000;
}

function copySchema(from: SqliteFile, to: SqliteFile): void {
	const texts = from.query(
		"SELECT sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL",
	);
	for (const { sql } of texts) to.query(String(sql));
}

interface Rows {
	readonly table: string;
	readonly rows: readonly (readonly SqlValue[])[];
}

/** What the core wrote for the events after `from`, up to and with `to`, and will never change. */
function rowsBetween(sql: SqliteFile, from: number, to: number): readonly Rows[] {
	const rows = (table: string, where: string): Rows => ({
		table,
		rows: sql.query(`SELECT "${table}".* FROM "${table}" ${where}`, from, to).map(valuesOf),
	});
	return [
		rows("event", "WHERE seq > ? AND seq <= ?"),
		rows("body", "WHERE seq > ? AND seq <= ?"),
		rows("claim", "JOIN event ON event.key = claim.holder WHERE event.seq > ? AND event.seq <= ?"),
		rows("transaction", "WHERE event > ? AND event <= ?"),
	];
}

const valuesOf = (row: SqlRow): readonly SqlValue[] => Object.values(row);

function insert(sql: SqliteFile, written: readonly Rows[]): void {
	for (const { table, rows } of written) {
		const text = `INSERT INTO "${table}" VALUES (${(rows[0] ?? []).map(() => "?").join(", ")})`;
		for (const row of rows) sql.query(text, ...row);
	}
}
