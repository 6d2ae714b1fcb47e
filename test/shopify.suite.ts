import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../src/host/crypto.ts";
import { base64Of, bytesOfHex } from "../src/model/bytes.ts";
import { outcomeOf } from "./segment.suite.ts";
import {
	customer,
	delivery,
	type EndpointView,
	eventsOf,
	newestDelivery,
	type TestHub,
} from "./support/calls.ts";

/** What a shop's loyalty manager sees of a hub, on whichever host. `open` gives an empty one. */
export function testShopify(host: string, open: () => Promise<TestHub>): void {
	let hub: TestHub;
	let endpoint: EndpointView;
	beforeEach(async () => {
		hub = await open();
		endpoint = (await hub.call("POST", "/endpoints", {
			connector: "shopify",
			name: "shop",
			settings: { shop: "leafworks.myshopify.com" },
			secrets: { client },
		})) as EndpointView;
	});
	afterEach(() => hub.close(), patience.timeout);

	let sent = 0;
	const post = (topic: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
		hub.fetch(
			new Request(endpoint.url, {
				method: "POST",
				headers: {
					"Content-Type": "application/json",
					"X-Shopify-Topic": topic,
					"X-Shopify-Shop-Domain": "leafworks.myshopify.com",
					"X-Shopify-Event-Id": `e-${sent++}`,
					"X-Shopify-Hmac-Sha256": base64Of(bytesOfHex(nodeCrypto.hmacHex("sha256", client, body))),
					...headers,
				},
				body,
			}),
		);
	const said = async (topic: string, content: object, headers: Record<string, string> = {}) => {
		const response = await post(topic, JSON.stringify(content), headers);
		expect(response.status).toBe(200);
		await hub.drained();
		const { delivery: id } = (await response.json()) as { readonly delivery: string };
		return outcomeOf(await delivery(hub, id));
	};
	const account = (id: number, name: string) =>
		said("customers/create", { id, email: `${name}@example.test`, created_at: minutesAgo(90) });
	const order = (id: number, by: number, price: string) =>
		said("orders/paid", {
			id,
			current_subtotal_price: price,
			currency: "EUR",
			processed_at: minutesAgo(60),
			customer: { id: by },
		});
	const memberOf = async (name: string) => {
		const found = (await eventsOf(hub)).find(
			({ action, properties }) => action === "opt_in" && properties["email"] === `${name}@example.test`,
		);
		return customer(hub, found?.customer ?? "");
	};

	describe(`A Shopify shop, on ${host}`, patience, () => {
		it("enrols who makes an account, gives points for an order, and takes back what is refunded", async () => {
			expect(await account(77, "ada")).toBe("opt_in appended");
			expect(await order(820_001, 77, "22.50")).toBe("checkout appended 22");
			const refund = { id: 1, order_id: 820_001, refund_line_items: [{ subtotal: 11.25 }], transactions };
			expect(await said("refunds/create", refund)).toMatch(/^partial_refund appended -1[12]$/);
			// Another event of Shopify's that says the same.
			expect(await said("refunds/create", { ...refund, restock: true })).toBe("partial_refund duplicate");
			expect((await memberOf("ada"))?.accounts).toMatchObject([{ spendable: expect.toBeOneOf([10, 11]) }]);
		});

		it("takes nothing back for what was taken out of an order before it was paid", async () => {
			await account(77, "ada");
			const removed = { id: 1, order_id: 820_001, refund_line_items: [{ subtotal: 40 }] };
			await said("refunds/create", { ...removed, order_adjustments: [], transactions: [] });
			expect(await order(820_001, 77, "60.00")).toBe("checkout appended 60");
			expect((await memberOf("ada"))?.accounts).toMatchObject([{ spendable: 60 }]);
		});

		it("waits with a refund for its order", async () => {
			await account(77, "ada");
			const refund = { id: 1, order_id: 820_001, refund_line_items: [{ subtotal: 10 }], transactions };
			const early = await post("refunds/create", JSON.stringify(refund));
			const { delivery: id } = (await early.json()) as { readonly delivery: string };
			expect(await order(820_001, 77, "22.50")).toBe("checkout appended 22");
			expect(outcomeOf(await delivery(hub, id))).toBe("partial_refund appended -10");
		});

		it("gives nothing for test notifications, and nothing for what nobody signed", async () => {
			await account(77, "ada");
			expect(await said("orders/paid", { id: 1, test: true, customer: { id: 77 } })).toBe("ignored");
			const before = (await newestDelivery(hub)).id;
			const forged = await post("orders/paid", "{}", { "X-Shopify-Hmac-Sha256": "AAAA" });
			expect([forged.status, await forged.text()]).toEqual([401, ""]);
			expect((await newestDelivery(hub)).id).toBe(before);
		});

		it("makes two members one, whose points are those of both", async () => {
			await account(77, "ada");
			await account(78, "ada.q");
			await order(1, 77, "10.00");
			await order(2, 78, "5.00");
			const merge = {
				admin_graphql_api_customer_kept_id: "gid://shopify/Customer/77",
				admin_graphql_api_customer_deleted_id: "gid://shopify/Customer/78",
				status: "completed",
			};
			expect(await said("customers/merge", merge)).toBe("profile appended");
			expect((await memberOf("ada"))?.accounts).toMatchObject([{ spendable: 15 }]);
			// What comes later for either is the survivor's.
			expect(await order(3, 78, "1.00")).toBe("checkout appended 1");
			expect((await memberOf("ada"))?.accounts).toMatchObject([{ spendable: 16 }]);
			// Said again, nothing is left to do.
			expect(await said("customers/merge", { ...merge, errors: [] })).toBe("profile skipped");
			expect((await eventsOf(hub)).filter(({ action }) => action === "merge_in")).toHaveLength(1);
		});

		it("gives the one who is a member the other's id", async () => {
			await account(78, "ada");
			const merge = {
				admin_graphql_api_customer_kept_id: "gid://shopify/Customer/77",
				admin_graphql_api_customer_deleted_id: "gid://shopify/Customer/78",
				status: "completed",
			};
			expect(await said("customers/merge", merge)).toMatch(/^profile (?:appended|skipped)$/);
			expect(await order(1, 77, "10.00")).toBe("checkout appended 10");
		});

		it("forgets whom Shopify asks to forget", async () => {
			await account(77, "ada");
			await order(1, 77, "10.00");
			const member = await memberOf("ada");
			expect(await said("customers/redact", { customer: { id: 77, email: "ada@example.test" } })).toBe(
				"suppressed",
			);
			expect(await customer(hub, member?.id ?? "")).toBeNull();
		});
	});
}

const client = "shpss_0123456789abcdef";
/** Of a refund that gave money back. */
const transactions = [{ kind: "refund", status: "success" }];
const patience = { timeout: 60_000 };
const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
