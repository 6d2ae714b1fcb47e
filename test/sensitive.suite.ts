import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drawnDelivery } from "../src/cli/delivery.ts";
import { header, shared, track, webhook, webhookBatch } from "./segment.suite.ts";
import {
	customer,
	delivery,
	type EndpointView,
	eventsOf,
	segmentEndpoint,
	type TestHub,
} from "./support/calls.ts";

export interface StoringHub extends TestHub {
	/** All that the hub has written so far, wherever it is: what is not in this text is nowhere. */
	stored(): Promise<string>;
}

/** What must not be kept gets into no place of a hub, on whichever host. `open` gives an empty hub. */
export function testSensitive(host: string, open: () => Promise<StoringHub>): void {
	let hub: StoringHub;
	let endpoint: EndpointView;
	beforeEach(async () => {
		hub = await open();
		endpoint = await segmentEndpoint(hub, "webhooks", { secrets: { shared, header } });
		await send(signUp);
	});
	afterEach(() => hub.close(), patience.timeout);

	const send = (message: object) => webhook(hub, endpoint, JSON.stringify(message), secret);

	/** That the hub has written neither the number nor its groups, and has written what is beside them. */
	async function expectRemoved(beside: string): Promise<void> {
		const stored = await hub.stored();
		expect(stored).toContain(beside);
		expect(stored).not.toContain(plain);
		expect(stored).not.toContain(grouped);
	}

	describe(`A card number in a webhook, on ${host}`, patience, () => {
		it("is replaced in its event, which is kept and flagged", async () => {
			const sent = await send(
				order({ affiliation: `Shop, paid with ${grouped}`, products: [{ name: plain }] }),
			);
			expect(sent.outcome).toBe("appended");
			expect(sent.removed).toEqual([
				{ path: "body.properties.affiliation", what: "card number" },
				{ path: "body.properties.products.0.name", what: "card number" },
			]);
			expect(drawnDelivery(sent)).toContain(
				"removed before it was stored: card number, body.properties.affiliation",
			);
			expect((await eventsOf(hub)).map(({ action, flags }) => [action, flags])).toEqual([
				["opt_in", []],
				["checkout", ["sensitive"]],
				["checkout_item", ["sensitive"]],
			]);
			const [, checkout] = await eventsOf(hub);
			expect(checkout?.properties["store"]).toBe("Shop, paid with [removed: card number]");
			await expectRemoved("Shop, paid with");
		});

		it("is replaced in JSON that its sender calls a form, and nothing else of it changes", async () => {
			const body = JSON.stringify(
				order({
					affiliation: "https://x.example/?a=1&b=%2F",
					note: plain,
					card_number: plain,
					cvv: "739162",
				}),
			);
			const form = { ...secret, "Content-Type": "application/x-www-form-urlencoded" };
			const sent = await webhook(hub, endpoint, body, form);
			expect(sent.outcome).toBe("appended");
			expect(sent.removed.map(({ path }) => path)).toEqual([
				"body.properties.note",
				"body.properties.card_number",
				"body.properties.cvv",
			]);
			const [, checkout] = await eventsOf(hub);
			expect(checkout?.properties["store"]).toBe("https://x.example/?a=1&b=%2F");
			await expectRemoved("https://x.example/?a=1&b=%2F");
			expect(await hub.stored()).not.toContain("739162");
		});

		it("is nowhere when no mapping reads the message, nor in the query", async () => {
			const body = JSON.stringify({
				...order({}),
				event: "Door Opened",
				properties: { beside: "it", note: plain },
			});
			const at = { ...endpoint, url: `${endpoint.url}?note=${plain}&a=1` };
			const sent = await webhook(hub, at, body, secret);
			expect(sent.outcome).toBe("unmatched");
			expect(sent.removed.map(({ path }) => path)).toEqual(["body.properties.note", "query.note"]);
			expect(sent.query).toBe("note=%5Bremoved%3A%20card%20number%5D&a=1");
			await expectRemoved('"beside":"it"');
		});

		it("is nowhere when the body is so large that it is a file", async () => {
			const padding = "x".repeat(50_000);
			const batch = Array.from({ length: 25 }, (_, n) => ({
				...order({ order_id: `o-${n}`, ...(n === 24 ? { affiliation: plain } : {}) }),
				messageId: `m-${n}`,
				context: { padding },
			}));
			const sent = await webhookBatch(hub, endpoint, batch, secret);
			expect(sent.bytes).toBeGreaterThan(1_000_000);
			expect(sent.removed).toEqual([{ path: "body.24.properties.affiliation", what: "card number" }]);
			const flagged = (await eventsOf(hub)).filter(({ flags }) => flags.includes("sensitive"));
			expect(flagged.map(({ properties }) => properties["transaction_id"])).toEqual(["o-24"]);
			await expectRemoved('"order_id":"o-24"');
		});

		it("leaves the delivery what it was: the same bytes again are the same delivery", async () => {
			const body = JSON.stringify(order({ affiliation: plain }));
			const first = await webhook(hub, endpoint, body, secret);
			const again = await webhook(hub, endpoint, body, secret);
			expect(again).toMatchObject({ id: first.id, repeats: 1 });
			const other = await webhook(hub, endpoint, body.replace(plain, "4242424242424242"), secret);
			expect(other.id).not.toBe(first.id);
		});

		it("is not there for a replay, whose events are flagged as before", async () => {
			const view = { ...order({ affiliation: plain }), userId: "grace", messageId: "later" };
			const sent = await send(view);
			expect(sent.outcome).toBe("not_a_member");
			await send({ ...signUp, userId: "grace", messageId: "grace signs up" });
			await hub.call("POST", "/deliveries/replay", { ids: [sent.id] });
			await hub.drained();
			expect((await delivery(hub, sent.id)).messageViews[0]?.plan).toMatchObject([
				{ outcome: { kind: "appended" }, command: { sensitive: true } },
			]);
			expect((await eventsOf(hub)).map(({ action, flags }) => [action, flags])).toEqual([
				["opt_in", []],
				["opt_in", []],
				["checkout", ["sensitive"]],
			]);
			await expectRemoved("grace");
		});

		it("makes one person of no two, where it was what they are called by", async () => {
			for (const [n, userId] of [grouped, "4242 4242 4242 4242"].entries()) {
				await send({ ...signUp, userId, messageId: `sign-up ${n}` });
			}
			expect((await eventsOf(hub)).length).toBe(1);
			expect(await customer(hub, "[removed: card number]")).toBeNull();
			await expectRemoved("sign-up 1");
		});
	});

	describe(`A verification code in a tracking call, on ${host}`, patience, () => {
		it("is removed by its attribute's name", async () => {
			const library = await segmentEndpoint(hub, "library");
			const properties = { order_id: "1", revenue: 1, payment: { cvv: "739162" } };
			await track(hub, library, "track", JSON.stringify({ ...order({}), properties }));
			await hub.drained();
			expect((await eventsOf(hub)).at(-1)?.flags).toEqual(["sensitive"]);
			expect(await hub.stored()).not.toContain("739162");
		});
	});
}

/** On Workers everything is asked of hundreds of objects, which are made and taken away for each test. */
const patience = { timeout: 60_000 };

const plain = "4111111111111111";
const grouped = "4111 1111 1111 1111";
const secret = { "X-Hub-Secret": header };

const signUp = { type: "track", event: "Signed Up", messageId: "ada signs up", userId: "ada" };

const order = (properties: object) => ({
	type: "track",
	event: "Order Completed",
	messageId: "ada orders",
	userId: "ada",
	properties: { order_id: "1", revenue: 10, ...properties },
});
