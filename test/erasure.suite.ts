import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { header, shared, track, webhook, webhookBatch } from "./segment.suite.ts";
import type { StoringHub } from "./sensitive.suite.ts";
import { type AntavoClient, antavoClient } from "./support/antavo.ts";
import {
	customer,
	delivery,
	type EndpointView,
	newestDelivery,
	type Page,
	segmentEndpoint,
} from "./support/calls.ts";

/** A person asks to be forgotten, on whichever host. `open` gives an empty hub. */
export function testErasure(host: string, open: () => Promise<StoringHub>): void {
	let hub: StoringHub;
	let endpoint: EndpointView;
	let client: AntavoClient;
	beforeEach(async () => {
		hub = await open();
		client = await antavoClient(hub);
		endpoint = await segmentEndpoint(hub, "webhooks", { secrets: { shared, header } });
	});
	afterEach(() => hub.close(), patience.timeout);

	const send = (message: object) =>
		webhook(hub, endpoint, JSON.stringify(message), { [secretHeader]: header });
	const signUp = (userId: string, name: string) =>
		send({
			...at("2026-06-01"),
			type: "track",
			event: "Signed Up",
			userId,
			properties: { email: `${name}@example.test`, first_name: name },
		});

	/** Of no mapping's interest, so that nothing but its message is kept. */
	const added = (userId: string, note: string) =>
		send({ ...at("2026-06-02"), type: "track", event: "Product Added", userId, properties: { note } });
	/** As Segment's destination for Antavo sends it. */
	const call = async (event: object) => {
		const init = { method: "POST", body: JSON.stringify({ ...event, api_key: client.key }) };
		const headers = { "Content-Type": "application/json" };
		const { status } = await hub.fetch(new Request(`${hub.url}/v1/webhook/segment`, { ...init, headers }));
		expect(status).toBe(202);
		await hub.drained();
		return newestDelivery(hub);
	};

	/** One inbox after the other is searched; the delivery that asked for it may be in the first. */
	const expectForgotten = () =>
		expect.poll(() => hub.stored(), { timeout: 30_000, interval: 250 }).not.toContain("canary");

	describe(`An erasure, on ${host}`, patience, () => {
		it("takes the person out of everything that is stored, and leaves others as they are", async () => {
			await signUp("u-canary", "canary");
			await signUp("u-other", "other");
			const batch = await webhookBatch(
				hub,
				endpoint,
				[
					{
						...at("2026-06-02"),
						type: "track",
						event: "Product Added",
						userId: "u-canary",
						properties: { note: "canary wish" },
					},
					{
						...at("2026-06-02"),
						type: "track",
						event: "Product Added",
						userId: "u-other",
						properties: { note: "another wish" },
					},
				],
				{ [secretHeader]: header },
			);
			expect(await hub.stored()).toContain("canary");
			await send({ ...at("2026-06-03"), type: "delete", userId: "u-canary" });
			expect(await customer(hub, "u-canary")).toBe(null);
			await expectForgotten();
			expect(await hub.stored()).toContain("another wish");
			expect(await customer(hub, "u-other")).toMatchObject({ profile: { first_name: "other" } });
			const shown = await delivery(hub, batch.id);
			expect(shown.messageViews.map(({ state }) => state)).toEqual(["suppressed", "unmatched"]);
			expect(await hub.call("POST", "/ledger/rebuild")).toMatchObject({ differences: [] });
			expect((await hub.ask("POST", "/ledger/verify", {})).status).toBe(200);
		});

		it("takes the person out of a batch so large that it is a file, and again when it comes late", async () => {
			await signUp("u-canary", "canary");
			const padding = "x".repeat(25_000);
			const batch = (which: string) =>
				["canary", "other", "canary", ...Array.from({ length: 24 }, () => "another")].map((name, n) => ({
					...at("2026-06-02"),
					type: "track",
					event: "Product Added",
					userId: `u-${name}`,
					properties: { note: `${name}, ${which} ${n}`, padding },
				}));
			const early = await webhookBatch(hub, endpoint, batch("early"), { [secretHeader]: header });
			expect(early.bytes).toBeGreaterThan(600_000);
			await send({ ...at("2026-06-03"), type: "delete", userId: "u-canary" });
			const late = await webhookBatch(hub, endpoint, batch("late"), { [secretHeader]: header });
			await expectForgotten();
			const stored = await hub.stored();
			for (const [which, { id }] of Object.entries({ early, late })) {
				const { bytes, messageViews } = await delivery(hub, id);
				expect(bytes).toBeGreaterThan(25 * 25_000);
				expect(messageViews.map(({ state }) => state).slice(0, 4)).toEqual([
					"suppressed",
					"unmatched",
					"suppressed",
					"unmatched",
				]);
				expect(stored).toContain(`other, ${which} 1`);
				expect(stored).toContain(`another, ${which} 26`);
			}
		});

		it("is what an operator asks for by a loyalty id, and is told by when backups are gone", async () => {
			await signUp("u-canary", "canary");
			await signUp("u-twin", "canary-twin");
			await client.post("/customers/u-twin/merge", { target: "u-canary" });
			const day = () => new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
			const days = [day()];
			const done = (await hub.call("POST", "/customers/u-twin/erase")) as Record<string, string>;
			days.push(day());
			expect(done).toEqual({
				event: expect.stringMatching(/^[0-9a-f]{24}$/),
				key: expect.stringMatching(/^[0-9a-f]{32}$/),
				backupsGoneBy: expect.toSatisfy((said) => days.includes(said)),
			});
			for (const id of ["u-canary", "u-twin"]) {
				expect(await customer(hub, id)).toBe(null);
				expect((await hub.ask("POST", `/customers/${id}/erase`)).status).toBe(404);
			}
			await expectForgotten();
			const { data: audit } = (await hub.call("GET", "/audit")) as Page<object>;
			expect(audit[0]).toMatchObject({ act: "customer erase", subject: done["key"] });
		});

		it("answers what comes late for them, and keeps nothing of it", async () => {
			await signUp("u-canary", "canary");
			await send({ ...at("2026-06-03"), type: "delete", userId: "u-canary" });
			for (const event of ["Product Added", "Product Viewed", "Signed Up"]) {
				const properties = { email: "canary@example.test", product_id: "canary-1" };
				const late = await send({
					...at("2026-06-02"),
					type: "track",
					event,
					userId: "u-canary",
					properties,
				});
				expect([event, late.outcome]).toEqual([event, "suppressed"]);
			}
			await expectForgotten();
		});

		it("starts who joins again from nothing", async () => {
			await signUp("u-canary", "canary");
			await send({ ...at("2026-06-03"), type: "delete", userId: "u-canary" });
			const again = {
				type: "track",
				event: "Signed Up",
				userId: "u-canary",
				properties: { first_name: "anew" },
			};
			expect((await send({ ...again, timestamp: new Date().toISOString() })).outcome).toBe("appended");
			expect(await customer(hub, "u-canary")).toMatchObject({
				profile: { first_name: "anew" },
				accounts: [],
			});
		});

		it("takes nothing of two members whom it names both, and stays itself", async () => {
			await client.event("opt_in", "u-nia");
			await client.post("/events", { customer: "u-oli", external_id: "e-oli", action: "opt_in" });
			await added("u-nia", "wish of nia");
			await added("u-oli", "wish of oli");
			const asked = await call({ customer: "u-nia", external_id: "e-oli", action: "opt_out" });
			expect([asked.outcome, asked.bytes > 0]).toEqual(["conflict", true]);
			for (const kept of ["wish of nia", "wish of oli", "e-oli"]) expect(await hub.stored()).toContain(kept);
			for (const id of ["u-nia", "u-oli"])
				expect(await customer(hub, id)).toMatchObject({ status: "active" });
		});

		it("takes nothing of who has joined again, where it comes late", async () => {
			for (const action of ["opt_in", "opt_out", "opt_in"]) await client.event(action, "u-bob");
			await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "paused" });
			const held = await added("u-bob", "wish of bob");
			const data = { effective_timestamp: Date.parse("2026-06-03T10:00:00Z") / 1_000 };
			const late = await client.post("/events", { customer: "u-bob", action: "opt_out", data });
			expect(late.status).toBe(404);
			expect(await customer(hub, "u-bob")).toMatchObject({ status: "active" });
			expect(await delivery(hub, held.id)).toMatchObject({ outcome: "held", bytes: held.bytes });
		});

		it("takes calls that could be no events, and keeps none that come late", async () => {
			const wrong = [
				{ customer: "u-canary", action: "no_such_action", data: { email: "canary@example.test" } },
				{ customer: "u-canary", action: "profile", data: { effective_timestamp: "yesterday" } },
				{ customer: "n-1", action: "no_such_action", data: { email: "canary@example.test" } },
				{ customer: "n-2", external_id: "x-canary", action: "profile", data: "wrong" },
			];
			const names = { customer: "u-canary", external_id: "x-canary" };
			const asked = { ...names, action: "opt_in", data: { email: "canary@example.test" } };
			expect((await client.post("/events", asked)).status).toBe(200);
			for (const event of wrong) expect(await call(event)).toMatchObject({ outcome: "failed" });
			await client.event("opt_out", "u-canary");
			await expectForgotten();
			for (const event of wrong) {
				const late = await call({ ...event, messageId: "late" });
				expect(late).toMatchObject({ outcome: "suppressed", bytes: 0 });
			}
			await expectForgotten();
			expect(await call({ customer: "u-other", action: "no_such_action" })).toMatchObject({
				outcome: "failed",
			});
		});

		it("keeps nothing that comes late and that its mapping fails on", async () => {
			await signUp("u-canary", "canary");
			await send({ ...at("2026-06-03"), type: "delete", userId: "u-canary" });
			const order = { ...at("2026-06-02"), type: "track", event: "Order Completed", userId: "u-canary" };
			const late = await send({ ...order, properties: { revenue: "canary" } });
			expect(late).toMatchObject({ outcome: "suppressed", bytes: 0 });
			await expectForgotten();
		});

		it("keeps nothing of what is sent again that was recorded before it", async () => {
			await client.event("opt_in", "u-canary");
			const add = { customer: "u-canary", action: "point_add", data: { points: 5 }, messageId: "m-1" };
			await call(add);
			await client.event("opt_out", "u-canary");
			expect(await call({ ...add, sentAt: "later" })).toMatchObject({ outcome: "suppressed", bytes: 0 });
			await expectForgotten();
		});

		it("forgets also who never was a member", async () => {
			const stranger = { ...at("2026-06-01"), type: "track", event: "Order Completed", userId: "u-canary" };
			await send({ ...stranger, properties: { order_id: "canary-1", revenue: 10 } });
			expect(await hub.stored()).toContain("canary");
			await send({ ...at("2026-06-03"), type: "delete", userId: "u-canary" });
			await expectForgotten();
			const server = await segmentEndpoint(hub, "server");
			await track(hub, server, "track", JSON.stringify({ userId: "u-other", event: "Signed Up" }));
			await hub.drained();
			expect(await customer(hub, "u-other")).not.toBe(null);
		});
	});
}

/** When it happened, and when Segment sent it. */
const at = (day: string) => ({ timestamp: `${day}T10:00:00Z`, messageId: `m-${messages++}` });
let messages = 0;
const secretHeader = "x-hub-secret";
/** A hub of many objects on a busy machine. */
const patience = { timeout: 120_000 };
