import { evictAllDurableObjects } from "cloudflare:test";
import { createHmac, randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { EventView } from "../../src/ledger/view.ts";
import { customer, delivery, type Page, segmentEndpoint, type TestHub } from "../support/calls.ts";
import { type Death, deaths } from "./mortal-ledger.ts";
import { openTestHub } from "./test-hub.ts";

const secret = "what Segment signs with";
let hub: TestHub;
/** Where Segment sends to. */
let url: string;

beforeAll(async () => {
	hub = await openTestHub();
	({ url } = await segmentEndpoint(hub, "shop", { secrets: { shared: secret } }));
});

const signatureOf = (body: string): string => createHmac("sha1", secret).update(body).digest("hex");

const send = (body: string, signature = signatureOf(body)): Promise<Response> =>
	hub.fetch(
		new Request(url, {
			method: "POST",
			headers: { "Content-Type": "application/json", "X-Signature": signature },
			body,
		}),
	);

/** Sends, and waits for nothing but the inbox's own alarms until the delivery is settled. */
async function settled(body: string) {
	const response = await send(body);
	expect(response.status).toBe(200);
	const { delivery: id } = await response.json<{ delivery: string }>();
	return vi.waitFor(
		async () => {
			const shown = await delivery(hub, id);
			expect(shown.outcome).not.toBe("pending");
			return shown;
		},
		{ timeout: 4_000, interval: 20 },
	);
}

const spendableOf = async (id: string): Promise<number | undefined> =>
	(await customer(hub, id))?.accounts[0]?.spendable;

/** By name, for an order sent after its customer signed up may say an earlier time. */
async function actionsOf(id: string): Promise<readonly string[]> {
	const { data } = (await hub.call("GET", `/customers/${id}/events`)) as Page<{ action: string }>;
	return data.map(({ action }) => action).sort();
}

const track = (userId: string, event: string, properties: object): string =>
	JSON.stringify({
		type: "track",
		messageId: randomUUID(),
		userId,
		event,
		timestamp: new Date().toISOString(),
		properties,
	});

const signUp = (person: string): string => track(person, "Signed Up", { email: `${person}@example.test` });

/** 31 points, as shipped: one for each whole euro. */
const order = (person: string): string =>
	track(person, "Order Completed", { order_id: `order of ${person}`, revenue: 31.5, currency: "EUR" });

describe("the hub on Workers", () => {
	it("takes a signed delivery, and its points arrive without another call", async () => {
		expect(await settled(signUp("ada"))).toMatchObject({ outcome: "appended" });
		expect(await settled(order("ada"))).toMatchObject({ outcome: "appended" });
		expect(await spendableOf("ada")).toBe(31);
	});

	it("adds nothing for the same bytes, nor for the same message in others", async () => {
		await settled(signUp("bea"));
		const purchase = order("bea");
		await settled(purchase);
		expect(await settled(purchase)).toMatchObject({ outcome: "appended", repeats: 1 });
		expect(await settled(`${purchase}\n`)).toMatchObject({ outcome: "duplicate" });
		expect(await actionsOf("bea")).toEqual(["checkout", "opt_in"]);
		expect(await spendableOf("bea")).toBe(31);
	});

	it("answers a forgery with an empty 401", async () => {
		const purchase = order("ada");
		const response = await send(purchase.replace("31.5", "3150"), signatureOf(purchase));
		expect([response.status, await response.text()]).toEqual([401, ""]);
	});

	it("keeps a body that is too large for a row, and maps it like any other", async () => {
		await settled(signUp("cy"));
		const shown = await settled(order("cy") + " ".repeat(600_000));
		expect(shown.bytes).toBeGreaterThan(600_000);
		expect(shown.outcome).toBe("appended");
		expect(await spendableOf("cy")).toBe(31);
	});

	it("gives somebody who signs up the order that came before", async () => {
		expect(await settled(order("dee"))).toMatchObject({ outcome: "not_a_member" });
		await settled(signUp("dee"));
		await vi.waitFor(async () => expect(await spendableOf("dee")).toBe(31), { timeout: 4_000 });
	});

	it.each<Death>(["before it appends", "before its append is durable", "before it answers"])(
		"records an event once when its shard dies %s",
		async (death) => {
			const person = death.replaceAll(" ", "-");
			await settled(signUp(person));
			deaths.push(death);
			expect(await settled(order(person))).toMatchObject({
				outcome: "appended",
				messageViews: [{ attempts: 2 }],
			});
			expect(deaths).toEqual([]);
			expect(await actionsOf(person)).toEqual(["checkout", "opt_in"]);
			expect(await spendableOf(person)).toBe(31);
		},
	);

	it("knows after all its objects were evicted what it knew before", async () => {
		await settled(signUp("gil"));
		const purchase = order("gil");
		await settled(purchase);
		await evictAllDurableObjects();
		expect(await settled(purchase)).toMatchObject({ outcome: "appended", repeats: 1 });
		expect(await settled(`${purchase}\n`)).toMatchObject({ outcome: "duplicate" });
		expect(await spendableOf("gil")).toBe(31);
	});

	it("finds an event in whichever shard it is", async () => {
		await settled(signUp("hal"));
		const { data } = (await hub.call("GET", "/customers/hal/events")) as Page<EventView>;
		const [joined] = data;
		expect(joined).toMatchObject({ action: "opt_in", customer: "hal" });
		expect(await hub.call("GET", `/events/${joined?.id}`)).toEqual(joined);
	});

	it("says where it is reached as the request did", () => {
		expect(url).toMatch(/^https:\/\/hub\.example\.test\/in\/[\w-]+$/);
	});

	it("lets nobody in without a session or a token", async () => {
		const response = await hub.fetch(new Request(`${hub.url}/api/endpoints`));
		expect([response.status, await response.text()]).toEqual([401, ""]);
	});
});
