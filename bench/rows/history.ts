import type { Ledger } from "../../src/ledger/ledger.ts";
import { type Row, readable } from "../figure.ts";
import { customerOf, eventsOfCustomer, largeSize, ledgerOf, smallSize } from "../large-ledger.ts";
import { openBenchLedger } from "../ledger.ts";
import { median, ratioOf } from "../rounds.ts";

const pagesOfRound = 400;
const rounds = 25;
/** Until the code is as fast as it gets: the first rounds of the large ledger take a fifth longer than the fifth. */
const roundsBefore = 5;

/**
 * The newest 50 events of customers chosen at random, from a ledger of 500,000 events (5 million with `--full`), beside
 * one of 50,000. Each customer has 50 events, so the larger ledger has more customers too. All of both has been read
 * before, as in a hub that runs for long: it is SQLite and its cache that are measured, and not the disk; each figure is
 * a round's median page.
 */
export const history: Row = async (bench) => {
	const size = largeSize(bench);
	const large = openBenchLedger(await ledgerOf(size, bench));
	const small = openBenchLedger(await ledgerOf(smallSize, bench));
	for (const { sql } of [large, small]) {
		sql.query("SELECT sum(length(data) + length(properties)) FROM body");
		sql.query("SELECT count(timestamp) FROM body INDEXED BY body_history WHERE subject >= x''");
	}
	const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
	bench.say(`${rounds} rounds of ${pagesOfRound} pages`);
	for (let round = 0; round < roundsBefore + rounds; round++) {
		const ours = medianPage(large.ledger, size / eventsOfCustomer);
		const theirs = medianPage(small.ledger, smallSize / eventsOfCustomer);
		if (round < roundsBefore) continue;
		times.ours.push(ours);
		times.theirs.push(theirs);
	}
	large.sql.close();
	small.sql.close();
	return [
		{
			what: `a customer's newest 50 events among ${size.toLocaleString("en-GB")}`,
			against: `among ${smallSize.toLocaleString("en-GB")}`,
			value: ratioOf(times),
			unit: "×",
			target: { atMost: 1.5 },
			ours: `${readable(median(times.ours))} ms`,
			theirs: `${readable(median(times.theirs))} ms`,
		},
	];
};

function medianPage(ledger: Ledger, customers: number): number {
	const times = Array.from({ length: pagesOfRound }, () => {
		const customer = customerOf(Math.floor(Math.random() * customers));
		const start = performance.now();
		const page = ledger.history(customer, { limit: 50 });
		const ms = performance.now() - start;
		if (page?.data.length !== 50) throw new Error(`${customer} has a page of history`);
		return ms;
	});
	return median(times);
}
