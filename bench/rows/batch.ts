import { type Row, readable } from "../figure.ts";
import { openBenchHub } from "../hub.ts";
import { post } from "../load.ts";
import { median, ratioOf } from "../rounds.ts";
import { productViewed } from "../segment.ts";
import { sendAndDrain } from "./webhook.ts";

const rounds = 4;
const batchesOfRound = 50;
const tracksOfBatch = 100;
const singlesOfRound = 2_500;

/**
 * `Product Viewed` tracks through Segment's tracking API, by write key: 100 to a `/v1/batch`, and one to a `/v1/track`.
 * Each is one event; the time ends when the ledger has the last.
 */
export const batch: Row = async ({ folder, say }) => {
	const hub = await openBenchHub(folder);
	const authorised = { Authorization: `Basic ${Buffer.from(`${hub.writeKey}:`).toString("base64")}` };
	let tracks = 0;
	const track = () => {
		const number = tracks++;
		return productViewed(number, hub.customers[number % hub.customers.length] ?? "", Date.now());
	};
	const batchRequest = (): Buffer =>
		post("/v1/batch", authorised, JSON.stringify({ batch: Array.from({ length: tracksOfBatch }, track) }));
	const singleRequest = (): Buffer => post("/v1/track", authorised, JSON.stringify(track()));

	const rates: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
	say(`${rounds} rounds of ${batchesOfRound} batches and ${singlesOfRound} single tracks`);
	for (let round = 0; round <= rounds; round++) {
		const batches = Array.from({ length: batchesOfRound }, batchRequest);
		const batched = await sendAndDrain(hub, batches, tracksOfBatch);
		const singles = Array.from({ length: singlesOfRound }, singleRequest);
		const single = await sendAndDrain(hub, singles, 1);
		if (round === 0) continue;
		rates.ours.push((batchesOfRound * tracksOfBatch) / batched.seconds);
		rates.theirs.push(singlesOfRound / single.seconds);
	}
	await hub.stop();
	return [
		{
			what: "tracks, 100 to a request",
			against: "one to a request",
			value: ratioOf(rates),
			unit: "×",
			target: { atLeast: 2 },
			ours: `${readable(median(rates.ours))} events/s`,
			theirs: readable(median(rates.theirs)),
		},
	];
};
