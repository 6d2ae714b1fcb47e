import { describe, expect, it } from "vitest";
import { loadDefinitions } from "../src/host/definitions.ts";
import { invariant } from "../src/model/result.ts";
import { testAntavo } from "./antavo.suite.ts";
import { type AntavoClient, antavoClient, tokenOf } from "./support/antavo.ts";
import { eventsOf } from "./support/calls.ts";
import { openTestHub } from "./support/hub.ts";

testAntavo("Node", () => openTestHub());

/** Runs a test by another program than the shipped one, with a customer. */
async function withProgram(
	files: Readonly<Record<string, string>>,
	test: (client: AntavoClient, hub: Awaited<ReturnType<typeof openTestHub>>) => Promise<void>,
): Promise<void> {
	const program = Object.entries(files).map(([name, text]) => ({ path: `program/${name}`, text }));
	const definitions = loadDefinitions({ program, mappings: [] });
	invariant(definitions.ok, "the program of the test has no mistakes");
	const hub = await openTestHub(undefined, definitions.value);
	try {
		const client = await antavoClient(hub);
		await client.event("opt_in", "ada");
		await test(client, hub);
	} finally {
		await hub.close();
	}
}

describe("An answer of the Events API", () => {
	it("has no events for a purchase that is pending, and those of its acceptance", () =>
		withProgram({ "points.yaml": "purchase: { accept: manual }" }, async (client) => {
			await client.event("point_add", "ada", { points: 1_000 });
			const bought = await client.event("checkout", "ada", { transaction_id: "t-1", total: 100 });
			expect(bought).toMatchObject({ score: 1_000, pending: 100, spendable: 1_000, events: [] });
			const accepted = await client.event("checkout_accept", "ada", { transaction_id: "t-1" });
			expect(accepted).toMatchObject({
				score: 1_100,
				pending: 0,
				events: [{ action: "checkout_accept", points: 100 }],
			});
		}));

	it("shows of a pending purchase that burns points what it burned, and no pending points", () =>
		withProgram({ "points.yaml": "purchase: { accept: manual }" }, async (client) => {
			await client.event("point_add", "ada", { points: 1_000 });
			const order = { transaction_id: "t-1", total: 100, points_burned: 300 };
			expect(await client.event("checkout", "ada", order)).toMatchObject({
				pending: 100,
				spendable: 700,
				events: [{ action: "checkout", points: -300 }],
			});
			const less = { transaction_id: "t-1", total: 50, points_burned: 100 };
			expect(await client.event("checkout_update", "ada", less)).toMatchObject({
				pending: 50,
				spendable: 900,
				events: [{ action: "checkout_update", points: 200 }],
			});
			expect(await client.event("checkout_reject", "ada", { transaction_id: "t-1" })).toMatchObject({
				spendable: 1_000,
				events: [{ action: "checkout_reject", points: 100 }],
			});
		}));

	it("shows when a pending purchase accepts itself, and refuses a time that is none", () =>
		withProgram({ "points.yaml": "purchase: { accept: manual }" }, async (client) => {
			const order = { transaction_id: "t-1", total: 1, auto_accept: "2099-01-10 10:00:00" };
			await client.event("checkout", "ada", order);
			const { body } = await client.get("/customers/ada/transactions/t-1");
			expect(body).toMatchObject({ status: "pending", auto_accept: "2099-01-10T10:00:00.000Z" });
			const data = { ...order, transaction_id: "t-2", auto_accept: "2099-12-01T25:00:00Z" };
			const refused = await client.post("/events", { customer: "ada", action: "checkout", data });
			expect([refused.status, refused.body.error.message]).toEqual([
				400,
				'Property "auto_accept" must be a date such as 2026-11-22, or with a time such as 2026-11-22T10:30:00Z',
			]);
		}));

	// What a third party's tests saw of a live stack: 1,000 points; a purchase that earns 100 and burns 300; its refund.
	it("follows a purchase that burns points, and its refund", () =>
		withProgram(
			{ "points.yaml": "purchase: { rate: 0.05, rounding: ceil, accept: manual }" },
			async (client) => {
				await client.event("point_add", "ada", { points: 1_000 });
				const order = { transaction_id: "t-1", total: 2_000, points_burned: 300 };
				expect(await client.event("checkout", "ada", order)).toMatchObject({
					score: 1_000,
					spent: 300,
					pending: 100,
				});
				const accepted = await client.event("checkout_accept", "ada", { transaction_id: "t-1" });
				expect(accepted).toMatchObject({ score: 1_100, spent: 300, pending: 0 });
				const refunded = await client.event("refund", "ada", { transaction_id: "t-1" });
				expect(refunded).toMatchObject({ score: 1_000, spent: 0, spendable: 1_000 });
			},
		));

	it("has an event for each item where items earn", () =>
		withProgram({ "points.yaml": "purchase: { level: item }" }, async (client) => {
			const items = [
				{ product_id: "p-1", subtotal: "1.50" },
				{ product_id: "p-2", subtotal: 2 },
			];
			const { events } = await client.event("checkout", "ada", { transaction_id: "t-1", total: 3.5, items });
			expect(events).toMatchObject([
				{ action: "checkout_item", points: 1 },
				{ action: "checkout_item", points: 2 },
			]);
		}));

	it("has nothing of the customer where the program says so, whichever way it is asked", () =>
		withProgram({ "points.yaml": "answers: events" }, async (client, hub) => {
			await client.event("profile", "ada", { first_name: "Ada", email: "ada@example.test" });
			const given = { id: expect.any(String), action: "point_add", points: 5 };
			expect(await client.event("point_add", "ada", { points: 5 })).toEqual({ events: [given] });
			const event = { customer: "ada", action: "point_add", data: { points: 5 } };
			const { body: bulk } = await client.post("/events/bulk", { events: [event] });
			expect(bulk).toEqual({ results: [{ events: [given] }], total: 1, errors: 0 });
			const { body: gone } = await client.post("/events", { customer: "ada", action: "opt_out" });
			expect(gone).toEqual({ events: [] });

			const token = await tokenOf(hub);
			const asynchronous = async (path: string, init: RequestInit) => {
				const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
				const response = await hub.fetch(
					new Request(`${hub.url}/v1/async/events${path}`, { ...init, headers }),
				);
				return (await response.json()) as { readonly payload: { readonly correlation_id: string } };
			};
			await client.event("opt_in", "eve", { email: "eve@example.test" });
			const body = JSON.stringify({ ...event, customer: "eve" });
			const { payload } = await asynchronous("", { method: "POST", body });
			await hub.drained();
			expect((await asynchronous(`/${payload.correlation_id}`, {})).payload).toEqual({
				...payload,
				status: "processed",
				response: { success: { events: [given] }, error: [] },
			});
		}));

	it("names the account by its label where there are several, and says when points expire", () => {
		const points = `
			accounts:
			  main: { label: Points, expiry: { rule: calendar, on: 12-31 } }
			  family: { label: Family account }
			`.replaceAll("\t", "");
		return withProgram({ "points.yaml": points }, async (client, hub) => {
			const year = new Date().getUTCFullYear();
			const main = await client.event("point_add", "ada", { points: 1 });
			expect(main.events).toEqual([
				{ id: expect.any(String), action: "point_add", points: 1, expdate: `${year}-12-31` },
			]);
			const family = { customer: "ada", action: "point_add", account: "family", data: { points: 15 } };
			const { body } = await client.post("/events", family);
			const account = { id: "family", name: "Family account" };
			expect(body.events).toEqual([{ id: expect.any(String), action: "point_add", points: 15, account }]);
			expect(body).toMatchObject({
				score: 16,
				accounts: [
					{ ...account, earned: 15 },
					{ id: "main", earned: 1 },
				],
			});
			for (const [query, actions] of [
				[`expdate.gte=${year}-12-31`, ["main"]],
				[`expdate.gt=${year}-12-31`, []],
				["account=family", ["family"]],
			] as const) {
				const { data } = (await client.get(`/customers/ada/events?${query}`)).body;
				expect(data.map((one: { readonly account: { readonly id: string } }) => one.account.id)).toEqual(
					actions,
				);
			}
			expect((await eventsOf(hub)).length).toBe(3);
		});
	});
});
