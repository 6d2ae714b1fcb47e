import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Row, readable } from "../figure.ts";
import { type BenchHub, openBenchHub, orderRequests } from "../hub.ts";
import { post, send } from "../load.ts";
import { median, percentile, ratioOf } from "../rounds.ts";

const rounds = 5;
const ordersOfRound = 3_000;
/** Deliveries of the CRM among them. */
const oneOf = 10;
/** What its API wants to see; without it nothing is asked. */
const token = { token: "a token of the benchmark" };

/**
 * Signed orders and, among them, deliveries of a CRM that say nothing but an id, over 64 connections, to two hubs by turns.
 * One asks the CRM's API for each contact, which takes every connection and never answers; the other has no token for it.
 * Latency is from a request's first byte to the answer's last, of all requests of a round.
 */
export const enrichment: Row = async ({ folder, say }) => {
	const silent = createServer(() => {}).listen(0, "127.0.0.1");
	await once(silent, "listening");
	const api = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
	const asking = await openCrm(folder, api, token);
	const plain = await openCrm(folder, api, {});

	const latencies: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
	say(`${rounds} rounds of ${ordersOfRound} orders and ${ordersOfRound / oneOf} messages that ask for more`);
	for (let round = 0; round <= rounds; round++) {
		const theirs = await p99Of(plain);
		const ours = await p99Of(asking);
		// The first round warms both up.
		if (round === 0) continue;
		latencies.ours.push(ours);
		latencies.theirs.push(theirs);
	}
	await Promise.all([asking.hub.stop(), plain.hub.stop()]);
	silent.closeAllConnections();
	silent.close();
	return [
		{
			what: "p99 of the answers while a system that is asked for more hangs",
			against: "the same deliveries where nothing is asked",
			value: ratioOf(latencies),
			unit: "×",
			target: { atMost: 1.2 },
			ours: `${readable(median(latencies.ours))} ms`,
			theirs: `${readable(median(latencies.theirs))} ms`,
		},
	];
};

interface Crm {
	readonly hub: BenchHub;
	/** Where its deliveries go. */
	readonly path: string;
}

async function openCrm(folder: string, api: string, secrets: object): Promise<Crm> {
	const hub = await openBenchHub(folder, "asking-process.ts");
	const { url } = (await hub.call("POST", "/endpoints", {
		connector: "crm",
		name: "crm",
		settings: { api },
		secrets: { shared, ...secrets },
	})) as { readonly url: string };
	return { hub, path: new URL(url).pathname };
}

const shared = "a secret of the benchmark";
let contacts = 0;

function created(path: string): Buffer {
	const objectId = contacts++;
	const message = {
		eventId: objectId,
		subscriptionType: "contact.creation",
		occurredAt: Date.now(),
		objectId,
	};
	return post(path, { "X-Secret": shared }, JSON.stringify([message]));
}

/** Of one round, milliseconds; it ends when the ledger has the orders. */
async function p99Of({ hub, path }: Crm): Promise<number> {
	const before = await hub.events();
	const requests = orderRequests(hub.path, 1, ordersOfRound, hub.customers).flatMap((order, index) =>
		index % oneOf === 0 ? [created(path), order] : [order],
	);
	const { latenciesMs } = await send(hub.port, requests);
	await hub.drained(before + ordersOfRound * 2);
	return percentile(latenciesMs, 0.99);
}
