import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Row, readable } from "../figure.ts";
import { createEndpoint, forkHub, orderRequests, startHub, stop } from "../hub.ts";
import { customerOf, largeSize, ledgerOf } from "../large-ledger.ts";
import { send } from "../load.ts";
import { median } from "../rounds.ts";

const starts = 5;

/**
 * From the start of the hub's process to its answer that a signed delivery is stored, with the shipped presets and a
 * ledger of 500,000 events (5 million with `--full`). The sender tries every 5 ms.
 */
export const startUp: Row = async (bench) => {
	const data = await ledgerOf(largeSize(bench), bench);
	const first = await startHub(data);
	const { url } = await createEndpoint(first);
	await stop(first.child);

	const port = await freePort();
	const times: number[] = [];
	bench.say(`${starts} starts`);
	for (let time = 0; time < starts; time++) {
		const requests = orderRequests(new URL(url).pathname, 1, 1, [customerOf(time)]);
		const start = performance.now();
		const child = forkHub(data, port);
		while (!(await isAccepted(port, requests))) await sleep(5);
		times.push((performance.now() - start) / 1_000);
		await stop(child);
	}
	return [
		{
			what: "start-up to the first accepted delivery",
			against: `with ${largeSize(bench).toLocaleString("en-GB")} events`,
			value: median(times),
			unit: "s",
			target: { atMost: 1 },
			ours: `${readable(median(times))} s`,
			theirs: `${starts} starts of ${readable(Math.min(...times))} to ${readable(Math.max(...times))} s`,
		},
	];
};

const isAccepted = (port: number, requests: readonly Buffer[]): Promise<boolean> =>
	send(port, requests, 1).then(
		() => true,
		() => false,
	);

/** A port that nobody listens on: the hub must be found before it can say where it is. */
async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	return port;
}
