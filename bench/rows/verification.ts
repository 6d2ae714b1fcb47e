import { segment } from "../../connectors/segment/index.ts";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { type Row, readable } from "../figure.ts";
import { openBenchHub, orderRequests } from "../hub.ts";
import { median, race } from "../rounds.ts";
import { orderCompleted, signatureOf } from "../segment.ts";
import { sendAndDrain } from "./webhook.ts";

const deliveries = 3_000;

/**
 * The CPU time of checking one Segment signature (HMAC-SHA1 over an order of one line), as a share of all the CPU time
 * that the hub spends on such a delivery, from its first byte to its last event.
 */
export const verification: Row = async ({ folder, say }) => {
	const hub = await openBenchHub(folder);
	const round = () => sendAndDrain(hub, orderRequests(hub.path, 1, deliveries, hub.customers), 2);
	say(`${deliveries} deliveries`);
	await round();
	const before = await hub.cpuTime();
	await round();
	const ofDelivery = ((await hub.cpuTime()) - before) / deliveries;
	await hub.stop();

	const { verify } = await race({ verify: verifying(hub.secret) }, { rounds: 3, turnMs: 200 });
	const ofVerification = 1_000_000 / median(verify);
	return [
		{
			what: "checking the signature",
			against: "a delivery's CPU time",
			value: (ofVerification / ofDelivery) * 100,
			unit: "%",
			target: { atMost: 10 },
			ours: `${readable(ofVerification)} µs`,
			theirs: `${readable(ofDelivery)} µs`,
		},
	];
};

function verifying(secret: string) {
	const configured = segment.configure({});
	if (!configured.ok) throw new Error(configured.failure.join("\n"));
	const verifier = openVerifier(configured.value.verification, { shared: [secret] }, nodeCrypto);
	const text = orderCompleted({ number: 1, lines: 1, customer: "customer-1", at: Date.now() });
	const delivery = {
		method: "POST",
		path: "",
		query: "",
		headers: { "content-type": "application/json", "x-signature": signatureOf(secret, text) },
		body: new TextEncoder().encode(text),
		receivedAt: Date.now(),
	};
	const wire = { url: "https://hub.example.com/in/token" };
	if (!verifier(delivery, wire).ok) throw new Error("the signature is right");
	const times = 100;
	return () => {
		for (let time = 0; time < times; time++) verifier(delivery, wire);
		return times;
	};
}
