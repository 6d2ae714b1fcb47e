import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./figure.ts";
import { openBenchLedger, openCommandMaker } from "./ledger.ts";

/** How many events each customer has: enough for a page of history. */
export const eventsOfCustomer = 50;
const commandsOfCommit = 1_000;

export const smallSize = 50_000;
export const largeSize = ({ full }: Bench): number => (full ? 5_000_000 : 500_000);

export const customerOf = (number: number): string => `customer-${number}`;

const filled = new Map<string, Promise<void>>();

/**
 * The folder of a ledger of that many events: 50 for each customer, spread over its whole length, as time spreads them.
 * It is made once in a run.
 */
export async function ledgerOf(events: number, { folder, say }: Bench): Promise<string> {
	const path = join(folder, `ledger-${events}`);
	const known = filled.get(path) ?? fill(path, events, say);
	filled.set(path, known);
	await known;
	return path;
}

async function fill(path: string, events: number, say: Bench["say"]): Promise<void> {
	mkdirSync(path);
	const { sql, record } = openBenchLedger(path);
	const commandOf = openCommandMaker();
	const customers = events / eventsOfCustomer;
	say(`filling a ledger with ${events.toLocaleString("en-GB")} events`);
	for (let event = 0; event < events; event += commandsOfCommit) {
		record(
			Array.from({ length: commandsOfCommit }, (_, index) => {
				const number = event + index;
				const customer = customerOf(number % customers);
				if (number < customers) return commandOf({ action: "opt_in", customer, data: { first_name: "Ada" } });
				return commandOf({
					action: "product_view",
					customer,
					data: {
						product_id: `P-${number % 1_000}`,
						product_name: "Green tea 100 g",
						price: 12.5,
						category: "Tea",
					},
				});
			}),
		);
	}
	sql.close();
}
