/** `npm run demo`: signed Segment deliveries to the hub that runs here, and what became of each. */
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { readEnvironment } from "../src/host/node/environment.ts";
import { type RunFile, readRunFile } from "../src/host/node/run-file.ts";

const samples = join(import.meta.dirname, "..", "connectors", "segment", "samples");

/** A sample of the sender's own, as text, with what makes this run's people and orders its own. */
function sample(file: string, changes: Readonly<Record<string, unknown>> = {}): string {
	const text = readFileSync(join(samples, file), "utf8")
		.replaceAll("cust-77", customer)
		.replaceAll("ada.quill@example.test", `ada.${run}@example.test`)
		.replaceAll("+442071234567", `+44207${run}`)
		.replaceAll("7b2f0c3e-61d0-4b52-9d75-1a2f38ae0c11", `anonymous-${run}`)
		.replaceAll(/ORD-\d+/g, (order) => `${order}-${run}`);
	const message = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
	return JSON.stringify({ ...message, messageId: `${String(message["messageId"])}-${run}`, ...changes });
}

const run = Number.parseInt(randomBytes(3).toString("hex"), 16).toString().padStart(8, "0");
const customer = `ada-${run}`;
const secret = randomBytes(16).toString("hex");

interface Step {
	readonly title: string;
	readonly body: string;
	/** What is signed instead of the body: a forgery. */
	readonly signed?: string;
}

function steps(): readonly Step[] {
	const purchase = sample("webhook-track-order-completed.json");
	return [
		{ title: "a sign-up", body: sample("webhook-track-signed-up-b2b.json") },
		{ title: "a purchase of 31.50 EUR", body: purchase },
		{ title: "the same purchase, sent again", body: purchase },
		{ title: "a refund of 12.50 EUR", body: sample("webhook-track-order-refunded-partial.json") },
		{ title: "a forged purchase", body: purchase.replace("31.5", "3150"), signed: purchase },
		{ title: "a broken one: its JSON is cut short", body: purchase.slice(0, 300) },
		{ title: "one that no mapping reads", body: sample("webhook-page.json") },
		{
			title: "an order of somebody who is not a member",
			body: sample("webhook-track-order-completed.json", {
				messageId: `stranger-${run}`,
				userId: `stranger-${run}`,
				anonymousId: null,
				context: {},
				properties: { order_id: `ORD-7-${run}`, revenue: 20, currency: "EUR" },
			}),
		},
	];
}

const endpointSchema = z.object({ id: z.string(), url: z.string() });
const outcomeSchema = z.looseObject({
	kind: z.string(),
	reason: z.string().optional(),
	points: z.number().optional(),
});
const deliverySchema = z.object({
	outcome: z.string(),
	repeats: z.number(),
	messageViews: z.array(
		z.looseObject({
			state: z.string(),
			reason: z.string().nullable(),
			plan: z
				.array(z.looseObject({ action: z.string().optional(), outcome: outcomeSchema.optional() }))
				.nullable(),
		}),
	),
});
const customerSchema = z.looseObject({
	accounts: z.array(
		z.looseObject({ score: z.number(), pending: z.number(), spent: z.number(), spendable: z.number() }),
	),
});

async function demo(hub: RunFile): Promise<void> {
	const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
		const response = await fetch(`${hub.url}/api${path}`, {
			method,
			headers: { Authorization: `Bearer ${hub.token}`, "Content-Type": "application/json" },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		return response.ok ? response.json() : null;
	};
	const endpoint = endpointSchema.parse(
		await call("POST", "/endpoints", {
			connector: "segment",
			name: `demo-${run}`,
			secrets: { shared: secret },
		}),
	);
	console.log(`Segment's Webhooks destination sends to ${hub.url}/in/…, signed with a secret of this run.\n`);

	for (const { title, body, signed } of steps()) {
		const response = await fetch(endpoint.url, {
			method: "POST",
			headers: {
				"Content-Type": "application/json",
				"X-Signature": createHmac("sha1", secret)
					.update(signed ?? body)
					.digest("hex"),
			},
			body,
		});
		console.log(`→ ${title}`);
		console.log(`  answered ${response.status}; ${await becameOf(call, response)}`);
		const balance = await call("GET", `/customers/${customer}`);
		console.log(`  ${customer}: ${balance === null ? "not a member" : balanceOf(balance)}\n`);
	}
	console.log(`All of it is at ${hub.url}/office/ and in \`npm run -s hub -- deliveries list\`.`);
}

type Call = (method: string, path: string) => Promise<unknown>;

/** Asks until nothing of the delivery is pending: the hub answers before it maps. */
async function becameOf(call: Call, response: Response): Promise<string> {
	if (!response.ok) return "nothing is stored but a counter";
	const { delivery } = z.object({ delivery: z.string() }).parse(await response.json());
	for (;;) {
		const shown = deliverySchema.parse(await call("GET", `/deliveries/${delivery}`));
		if (shown.outcome === "pending") {
			await sleep(20);
			continue;
		}
		const again = shown.repeats > 0 ? "a repeat of a stored delivery; " : "";
		return again + shown.messageViews.map(sentenceOf).join("; ");
	}
}

function sentenceOf({
	state,
	reason,
	plan,
}: z.output<typeof deliverySchema>["messageViews"][number]): string {
	const events = (plan ?? []).map(({ action, outcome }) => {
		const points = outcome?.points === undefined || outcome.points === 0 ? "" : `, ${outcome.points} points`;
		return `${action ?? "event"} ${outcome?.kind ?? "pending"}${points}${outcome?.reason ? ` (${outcome.reason})` : ""}`;
	});
	return events.length > 0 ? events.join("; ") : `${state}${reason === null ? "" : ` (${reason})`}`;
}

function balanceOf(answer: unknown): string {
	const [main] = customerSchema.parse(answer).accounts;
	if (main === undefined) return "a member, without points";
	return `score ${main.score}, pending ${main.pending}, spent ${main.spent}, spendable ${main.spendable}`;
}

const environment = readEnvironment(process.env);
const hub = environment.ok ? readRunFile(environment.value.data) : null;
if (hub === null) {
	console.error("No hub runs on this data folder. Start one in another terminal first: npm start");
	process.exitCode = 2;
} else await demo(hub);
