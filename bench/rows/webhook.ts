import { openBareServer } from "../bare.ts";
import { type Bench, type Figure, type Row, readable } from "../figure.ts";
import { type BenchHub, openBenchHub, orderRequests } from "../hub.ts";
import { send } from "../load.ts";
import { median, percentile, ratioOf } from "../rounds.ts";

const rounds = 5;
const ordersOfRound = 3_000;

/**
 * Signed Segment deliveries of one order each, every one new, over 64 connections, to the hub and to a bare server
 * (`bare-process.ts`), each in its own process, by turns. The hub's time ends when its ledger has the last event, the
 * bare server's with its last answer. Latency is from the request's first byte to the answer's last, in those rounds.
 */
export const webhook: Row = async (bench) => [
	...(await against(bench, 1, 45)),
	...(await against(bench, 5, 25)).slice(0, 1),
];

async function against({ folder, say }: Bench, lines: number, target: number): Promise<readonly Figure[]> {
	const hub = await openBenchHub(folder);
	const bare = await openBareServer(folder, hub.secret);
	const rates: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
	const latencies: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
	say(`${rounds} rounds of ${ordersOfRound} orders of ${lines} ${lines === 1 ? "line" : "lines"}`);
	for (let round = 0; round <= rounds; round++) {
		const requests = orderRequests(hub.path, lines, ordersOfRound, hub.customers);
		const theirs = await send(bare.port, requests);
		const ours = await sendAndDrain(hub, requests, lines + 1);
		// The first round warms both up.
		if (round === 0) continue;
		rates.ours.push(ordersOfRound / ours.seconds);
		rates.theirs.push(ordersOfRound / theirs.seconds);
		latencies.ours.push(percentile(ours.latenciesMs, 0.99));
		latencies.theirs.push(percentile(theirs.latenciesMs, 0.99));
	}
	await Promise.all([hub.stop(), bare.stop()]);
	const what = `signed orders of ${lines} ${lines === 1 ? "line" : "lines"}`;
	return [
		{
			what,
			against: "bare node:http, HMAC, JSON.parse and one SQLite row",
			value: ratioOf(rates) * 100,
			unit: "%",
			target: { atLeast: target },
			ours: `${readable(median(rates.ours))} orders/s`,
			theirs: readable(median(rates.theirs)),
		},
		{
			what: `${what}: p99 of the answers`,
			against: "the same server",
			value: ratioOf(latencies),
			unit: "×",
			target: { atMost: 2 },
			ours: `${readable(median(latencies.ours))} ms`,
			theirs: `${readable(median(latencies.theirs))} ms`,
		},
	];
}

/** Sends deliveries, and waits until the ledger has their events: `eventsOf` each. */
export async function sendAndDrain(hub: BenchHub, requests: readonly Buffer[], eventsOf: number) {
	const before = await hub.events();
	const start = performance.now();
	const { latenciesMs } = await send(hub.port, requests);
	await hub.drained(before + requests.length * eventsOf);
	return { seconds: (performance.now() - start) / 1_000, latenciesMs };
}
