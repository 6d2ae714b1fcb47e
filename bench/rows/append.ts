import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { openSqlite, type SqliteFile } from "../../src/host/node/sqlite.ts";
import type { Command } from "../../src/model/event.ts";
import type { Sql, SqlValue } from "../../src/model/sql.ts";
import { type Row, readable } from "../figure.ts";
import { openBenchLedger, openCommandMaker } from "../ledger.ts";
import { median, ratioOf } from "../rounds.ts";

const customers = 20_000;
const commandsOfBatch = 100;
/** Before anything is measured: 80,000 events. */
const batchesBefore = 300;
const batchesOfRound = 20;
const rounds = 11;

/**
 * Purchases of one line, 100 to a commit: the whole core (who is it, claims, decision, canonical JSON, leaf, write-once
 * triggers, balances, lots, transactions, the log's tree), beside the bare `INSERT`s of the very rows that another such
 * core wrote of the same commands, in the same order and commits, into a file with the same tables and indexes and no
 * triggers: who is measured need not note what it writes. All files are synced at each commit, and in use: what is
 * written to an empty one lies on a few pages.
 */
export const append: Row = async ({ folder, say }) => {
	const written: Inserts = [];
	const core = openBenchLedger(mkdtempSync(join(folder, "append-")));
	const twin = openBenchLedger(mkdtempSync(join(folder, "append-")), (sql) => noting(sql, written));
	const raw = openSqlite(join(mkdtempSync(join(folder, "append-")), "raw.db"));
	copySchema(core.sql, raw);
	const commandOf = openCommandMaker();
	const customer = (number: number): string => `customer-${number % customers}`;
	/**
	 * The seconds of both. What a commit inserted is inserted right after it: were it kept for longer, the core would
	 * pay for its keeping.
	 */
	const commitAll = (batches: readonly (readonly Command[])[]): { ours: number; theirs: number } => {
		const sum = { ours: 0, theirs: 0 };
		for (const batch of batches) {
			sum.ours += seconds(() => core.record(batch));
			twin.record(batch);
			const inserts = written.splice(0);
			sum.theirs += seconds(() => raw.transaction(() => insert(raw, inserts)));
		}
		return sum;
	};

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
	const batchesOf = (count: number, command: () => Command): readonly (readonly Command[])[] =>
		Array.from({ length: count }, () => Array.from({ length: commandsOfBatch }, command));

	say(`${customers} members and their first purchases`);
	let members = 0;
	const joining = () => commandOf({ action: "opt_in", customer: customer(members++), data: {} });
	commitAll(batchesOf(customers / commandsOfBatch, joining));
	commitAll(batchesOf(batchesBefore, purchase));

	const rates: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
	say(`${rounds} rounds of ${batchesOfRound} commits`);
	for (let round = 0; round <= rounds; round++) {
		const batches = batchesOf(batchesOfRound, purchase);
		const from = core.ledger.stats().events;
		const { ours, theirs } = commitAll(batches);
		const events = core.ledger.stats().events - from;
		if (round === 0) continue;
		rates.ours.push(events / ours);
		rates.theirs.push(events / theirs);
	}
	core.sql.close();
	twin.sql.close();
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

/** Statements with their values, in their order. */
type Inserts = (readonly [string, readonly SqlValue[]])[];

/** Notes what is inserted; nothing else is written where customers only buy. */
const noting = (sql: Sql, inserts: Inserts): Sql => ({
	query: (text, ...values) => {
		if (text.startsWith("INSERT")) inserts.push([text, values]);
		return sql.query(text, ...values);
	},
	transaction: sql.transaction,
});

function insert(sql: SqliteFile, inserts: Inserts): void {
	for (const [text, values] of inserts) sql.query(text, ...values);
}
