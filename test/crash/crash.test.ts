import { type ChildProcess, fork } from "node:child_process";
import { createHmac, randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { type RunFile, readRunFile } from "../../src/host/node/run-file.ts";
import type { DeliverySummary } from "../../src/inbox/inbox.ts";
import type { CustomerView, EventView } from "../../src/ledger/view.ts";
import { callerOf, type EndpointView, type Page } from "../support/calls.ts";

/** To see a failure again: `HUB_TEST_SEED=… npx vitest run test/crash`. (What the kernel schedules is not in the seed.) */
const seed = Number(process.env["HUB_TEST_SEED"] ?? randomInt(2 ** 32));

/** Where a turn can end between two commits, and what is then on disk and what is not. */
const places = [
	"receive before", // nothing, and nothing was answered
	"receive after", // the delivery, of which its sender knows nothing
	"pin before", // the delivery, leased to a turn that is no more
	"pin after", // the plan, and no event
	"record before",
	"record after", // the events, which their messages know nothing of
	"settle before",
	"settle after", // all, but for who waits for whose opt-in
	"expect before",
	"expect after",
	"release before",
	"release after",
] as const;

const killsAtRandom = 20;
const senders = 8;
/** Each life of the hub meets this many new people, who order something before they sign up. */
const newcomers = 3;
const secret = "a shared secret of this test";

it(`A hub that is killed over and over keeps what it acknowledged and counts each order once (seed ${seed})`, {
	timeout: 180_000,
}, async () => {
	const random = randomOf(seed);
	const data = mkdtempSync(join(tmpdir(), "hub-crash-"));
	const shop = openShop(random);
	let hub = await live(data);
	onTestFinished(async () => {
		await kill(hub);
		rmSync(data, { recursive: true });
	});
	const { url } = (await hub.call("POST", "/endpoints", {
		connector: "segment",
		name: "shop",
		secrets: { shared: secret },
	})) as EndpointView;
	const path = new URL(url).pathname;
	await kill(hub);

	const ends = shuffled([...places, ...Array.from({ length: killsAtRandom }, () => "")], random);
	const reached = new Set<string>();
	for (const end of ends) {
		// Deep in a life where a place is met often, at once where it is met rarely.
		const call = /^(receive|pin|record|settle)/.test(end) ? 1 + Math.floor(random() * 4) : 1;
		const life = await start(data, end === "" ? "" : `${end} ${call}`);
		if (life === null) {
			reached.add(end);
			continue;
		}
		hub = life;
		shop.open(newcomers);
		// Who orders and signs up within one turn waits for nobody: a place where somebody waits may need more people.
		const opening = setInterval(() => shop.open(newcomers), 1_000);
		const sending = Array.from({ length: senders }, () => shop.sendUntilItDies(hub, path));
		const patience = sleep(end === "" ? 20 + random() * 500 : 20_000, undefined, { ref: false });
		await Promise.race([hub.ended, patience]);
		clearInterval(opening);
		if (hub.process.signalCode === "SIGKILL") reached.add(end);
		await kill(hub);
		await Promise.all(sending);
	}

	hub = await live(data);
	await shop.sendTheRest(hub, path);
	await hub.drained();

	expect([...reached].sort()).toEqual([...places].sort());
	const stored = new Map((await deliveriesOf(hub)).map((delivery) => [delivery.id, delivery.outcome]));
	const unfinished = [...shop.acknowledged].filter(
		(id) => !/^(appended|duplicate)$/.test(stored.get(id) ?? "lost"),
	);
	expect(unfinished.map((id) => ({ id, outcome: stored.get(id) }))).toEqual([]);
	for (const [customer, orders] of shop.customers) {
		const events = await eventsOf(hub, customer);
		const expected = orders.flatMap(({ id, lines }) => [
			`checkout ${id}`,
			...lines.map(() => `checkout_item ${id}`),
		]);
		expect(events.map(nameOf).sort()).toEqual(["opt_in", ...expected].sort());
		const { accounts } = (await hub.call("GET", `/customers/${customer}`)) as CustomerView;
		expect(accounts.map(({ account, spendable }) => ({ account, spendable }))).toEqual([
			{ account: "main", spendable: orders.reduce((sum, { lines }) => sum + pointsOf(lines), 0) },
		]);
	}
	expect(await hub.call("POST", "/ledger/rebuild")).toMatchObject({ differences: [] });
});

/** One point for each whole euro of an order, as `program/points.yaml` is shipped; prices are in cents. */
const pointsOf = (lines: readonly number[]): number =>
	Math.floor(lines.reduce((sum, price) => sum + price, 0) / 100);

const nameOf = ({ action, properties }: EventView): string =>
	action === "opt_in" ? action : `${action} ${String(properties["transaction_id"])}`;

interface Order {
	readonly id: string;
	/** The price of each line, in cents. */
	readonly lines: readonly number[];
}

/** What Segment would send, and whom it makes a member. */
interface Message {
	readonly body: string;
	readonly joins?: string;
}

/** A sender with a memory: it sends again what was not answered, as Segment does, and knows what must come of it all. */
function openShop(random: () => number) {
	const customers = new Map<string, Order[]>();
	/** Whose sign-up was answered. */
	const members: string[] = [];
	/** Not sent yet, or sent and not answered. The last is the next. */
	const waiting: Message[] = [];
	const answered: Message[] = [];
	const acknowledged = new Set<string>();
	let orders = 0;

	/** New people: a first order, which has to wait for its customer, and a sign-up after all that is waiting. */
	function open(people: number): void {
		for (let person = 0; person < people; person++) {
			const customer = `customer-${customers.size}`;
			customers.set(customer, []);
			waiting.push(orderOf(customer));
			waiting.unshift({ body: JSON.stringify(signedUp(customer)), joins: customer });
		}
		for (let order = 0; order < 20; order++) waiting.splice(people, 0, orderOfMember());
	}

	function orderOf(customer: string): Message {
		const lines = Array.from(
			{ length: 1 + Math.floor(random() * 3) },
			() => 1 + Math.floor(random() * 9_999),
		);
		const order = { id: `order-${orders++}`, lines };
		customers.get(customer)?.push(order);
		return { body: JSON.stringify(orderCompleted(customer, order)) };
	}

	const orderOfMember = (): Message => orderOf(oneOf(members, random) ?? "customer-0");

	/** Mostly something new; at times what was answered already, as it was or in other bytes. */
	function next(): Message {
		const old = oneOf(answered, random);
		const dice = random();
		if (old !== undefined && dice < 0.1) return old;
		if (old !== undefined && dice < 0.15) return { ...old, body: `${old.body} ` };
		return waiting.pop() ?? orderOfMember();
	}

	async function send(hub: Life, path: string, message: Message): Promise<boolean> {
		try {
			const response = await fetch(`${hub.url}${path}`, {
				method: "POST",
				headers: { "Content-Type": "application/json", "X-Signature": signatureOf(message.body) },
				body: message.body,
			});
			const { delivery } = (await response.json()) as { delivery: string };
			acknowledged.add(delivery);
		} catch {
			waiting.push(message);
			return false;
		}
		answered.push(message);
		if (message.joins !== undefined) members.push(message.joins);
		return true;
	}

	return {
		customers,
		acknowledged,
		open,
		sendUntilItDies: async (hub: Life, path: string): Promise<void> => {
			while (await send(hub, path, next()));
		},
		sendTheRest: async (hub: Life, path: string): Promise<void> => {
			for (let message = waiting.pop(); message !== undefined; message = waiting.pop()) {
				expect(await send(hub, path, message)).toBe(true);
			}
		},
	};
}

const oneOf = <Item>(items: readonly Item[], random: () => number): Item | undefined =>
	items[Math.floor(random() * items.length)];

const signatureOf = (body: string): string => createHmac("sha1", secret).update(body).digest("hex");

const signedUp = (customer: string) => ({
	type: "track",
	event: "Signed Up",
	messageId: `signed-up-${customer}`,
	userId: customer,
	timestamp: new Date().toISOString(),
	properties: { email: `${customer}@example.test` },
});

const orderCompleted = (customer: string, { id, lines }: Order) => ({
	type: "track",
	event: "Order Completed",
	messageId: `completed-${id}`,
	userId: customer,
	timestamp: new Date().toISOString(),
	properties: {
		order_id: id,
		currency: "EUR",
		revenue: lines.reduce((sum, price) => sum + price, 0) / 100,
		products: lines.map((price, line) => ({
			product_id: `product-${line}`,
			price: price / 100,
			quantity: 1,
		})),
	},
});

/** A hub from its start to its end. */
interface Life extends ReturnType<typeof callerOf> {
	readonly process: ChildProcess;
	readonly ended: Promise<unknown>;
	readonly url: string;
}

/** Null where it died over what it found on the disk, before it listened. */
async function start(data: string, dieAt: string): Promise<Life | null> {
	const child = fork(join(import.meta.dirname, "hub-process.ts"), {
		env: { ...process.env, HUB_DATA: data, PORT: "0", HUB_TEST_DIE_AT: dieAt },
		execArgv: [],
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});
	const ended = once(child, "exit");
	const run = await listening(data, child);
	if (run === null) return null;
	const parts = { fetch: (request: Request) => fetch(request), url: () => run.url, token: () => run.token };
	return { process: child, ended, url: run.url, ...callerOf(parts) };
}

/** A hub that is left alone. */
async function live(data: string): Promise<Life> {
	const life = await start(data, "");
	if (life === null) throw new Error("the hub was killed, and not by this test");
	return life;
}

async function listening(data: string, child: ChildProcess): Promise<RunFile | null> {
	while (child.signalCode === null) {
		if (child.exitCode !== null) throw new Error(`the hub ended with ${child.exitCode} before it listened`);
		const run = readRunFile(data);
		if (run !== null && run.pid === child.pid) return run;
		await sleep(5);
	}
	return null;
}

async function kill({ process: child, ended }: Life): Promise<void> {
	child.kill("SIGKILL");
	await ended;
}

async function deliveriesOf(hub: Life): Promise<readonly DeliverySummary[]> {
	return all(hub, "/deliveries?limit=200");
}

const eventsOf = (hub: Life, customer: string): Promise<readonly EventView[]> =>
	all(hub, `/customers/${customer}/events?limit=200`);

async function all<Item>(hub: Life, path: string): Promise<readonly Item[]> {
	const items: Item[] = [];
	let cursor: string | null = null;
	do {
		const page = (await hub.call(
			"GET",
			`${path}${cursor === null ? "" : `&cursor=${cursor}`}`,
		)) as Page<Item>;
		items.push(...page.data);
		cursor = page.cursor;
	} while (cursor !== null);
	return items;
}

/** Mulberry32: 32 bits of state, the same numbers for the same seed. */
function randomOf(start: number): () => number {
	let state = start;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
	const keyed = items.map((item) => ({ item, at: random() }));
	return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
