import { Analytics } from "@segment/analytics-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DeliveryView, MessageView } from "../src/inbox/inbox.ts";
import type { EventView } from "../src/ledger/view.ts";
import { hexOf } from "../src/model/bytes.ts";
import {
	customer,
	delivery,
	type EndpointView,
	eventsOf,
	newestDelivery,
	segmentEndpoint,
	type TestHub,
} from "./support/calls.ts";

/**
 * What Segment's users see of a whole hub, on whichever host. `open` gives an empty hub; `samples` are the files of
 * `connectors/segment/samples` by name.
 */
export function testSegment(
	host: string,
	open: () => Promise<TestHub>,
	samples: ReadonlyMap<string, string>,
): void {
	let hub: TestHub;
	beforeEach(async () => {
		hub = await open();
	});
	afterEach(() => hub.close());

	describe(`Segment's own Node library, on ${host}`, patience, () => {
		it("gives exactly the events that the mappings say", async () => {
			await shop(hub);
			expect((await eventsOf(hub)).map(factOf)).toEqual(shopFacts);
			expect((await customer(hub, "ada"))?.accounts).toMatchObject([{ score: 19, spendable: 19 }]);
		});

		it("may send the same calls again, as they were", async () => {
			const { bodies, endpoint } = await shop(hub);
			const before = await everything(hub);
			for (const body of bodies) await track(hub, endpoint, "batch", body);
			await hub.drained();
			expect(await everything(hub)).toEqual(before);
		});

		it("may send the same messages again, in other batches", async () => {
			const { bodies, endpoint } = await shop(hub);
			const before = await everything(hub);
			await sendAgain(hub, endpoint, bodies);
			expect(await everything(hub)).toEqual(before);
		});

		it("may send what Segment's webhooks send as well, where both endpoints name one source", async () => {
			const { bodies } = await shop(hub);
			const webhooks = await segmentEndpoint(hub, "webhooks", { settings: { source }, secrets: { shared } });
			const before = await everything(hub);
			const outcomes: string[] = [];
			for (const message of messagesOf(bodies)) {
				const receivedAt = new Date().toISOString();
				outcomes.push(outcomeOf(await webhook(hub, webhooks, JSON.stringify({ ...message, receivedAt }))));
			}
			expect(outcomes).toEqual([
				"opt_in duplicate",
				"profile duplicate",
				"checkout duplicate",
				"review_submit duplicate",
				"wishlist_add duplicate",
				"partial_refund duplicate",
				"unmatched",
				"unmatched",
				"profile skipped",
			]);
			expect(await everything(hub)).toEqual(before);
		});

		it("may send the same messages again after the customer has got other names", async () => {
			const { bodies, client, endpoint } = await shop(hub);
			client.identify({ userId: "ada", traits: { email: "ada@new.example", city: "Leeds" } });
			client.alias({ userId: "ada", previousId: "ada's old browser" });
			client.track({ userId: "ada", event: "Signed In" });
			await client.flush();
			await hub.drained();
			const before = await everything(hub);
			expect(before.customers[0]?.identities).toContainEqual({ kind: "email", value: "ada@new.example" });
			await sendAgain(hub, endpoint, bodies);
			expect(await everything(hub)).toEqual(before);
		});
	});

	describe(`Segment's samples, on ${host}`, patience, () => {
		it("are all either sent here or known not to be deliveries", () => {
			expect([...samples.keys()].sort()).toEqual([...outcomes.keys(), ...notDeliveries].sort());
		});

		it("become what a loyalty manager expects of a member", async () => {
			// After it there would be no member.
			const files = [...outcomes.keys()].filter((file) => file !== "webhook-delete.json");
			const sent = await sendSamples(hub, samples, files);
			expect(sent).toEqual(new Map(files.map((file) => [file, outcomes.get(file)?.member])));
			expect((await customer(hub, "cust-77"))?.accounts).toMatchObject([{ score: 19, spendable: 19 }]);
		});

		it("leave no trace of somebody who is not a member", async () => {
			const files = [...outcomes.keys()].filter((file) => file !== "webhook-track-signed-up-b2b.json");
			const sent = await sendSamples(hub, samples, files);
			expect(sent).toEqual(new Map(files.map((file) => [file, outcomes.get(file)?.stranger])));
			expect(await eventsOf(hub)).toEqual([]);
			expect(await customer(hub, "cust-77")).toBeNull();
		});
	});

	describe(`Somebody who is not a member yet, on ${host}`, patience, () => {
		it("gets the orders of before, oldest first, by signing up", async () => {
			const endpoint = await segmentEndpoint(hub, "shop", { secrets: { shared, header } });
			const early = [
				order({ userId: "ada", order_id: "second", revenue: 20, timestamp: minutesAgo(20) }),
				order({ userId: "ada", order_id: "third", revenue: 30, timestamp: minutesAgo(10) }),
				// Known only by the address, before there was an account.
				order({ email: "Ada@example.test", order_id: "first", revenue: 10, timestamp: minutesAgo(30) }),
			];
			const kept = await webhookBatch(hub, endpoint, early, { "X-Hub-Secret": header });
			expect(outcomeOf(kept)).toBe("checkout not_a_member; checkout not_a_member; checkout not_a_member");
			expect(await eventsOf(hub)).toEqual([]);

			await webhook(hub, endpoint, JSON.stringify(signUp("ada")), { "X-Hub-Secret": header });
			expect(outcomeOf(await delivery(hub, kept.id))).toBe(
				"checkout appended 20; checkout appended 30; checkout appended 10",
			);
			const recorded = (await eventsOf(hub)).toSorted((a, b) => a.position.seq - b.position.seq);
			expect(recorded.map(briefOf)).toEqual([
				["opt_in", "ada", 0],
				["checkout", "ada", 10],
				["checkout", "ada", 20],
				["checkout", "ada", 30],
			]);
		});

		it("gets an order of before that came in the same batch as the sign-up", async () => {
			const endpoint = await segmentEndpoint(hub, "shop", { secrets: { shared, header } });
			const batch = [order({ userId: "ada", order_id: "1", revenue: 10 }), signUp("ada")];
			const sent = await webhookBatch(hub, endpoint, batch, { "X-Hub-Secret": header });
			expect(outcomeOf(sent)).toBe("checkout appended 10; opt_in appended");
		});

		it("waits for a sign-up of their own, also on a member's device", async () => {
			const endpoint = await segmentEndpoint(hub, "shop", { secrets: { shared } });
			const device = { anonymousId: "the family's tablet" };
			await webhook(hub, endpoint, JSON.stringify({ ...signUp("ada"), ...device }));
			const bought = { ...order({ userId: "eve", order_id: "1", revenue: 10 }), ...device };
			const kept = await webhook(hub, endpoint, JSON.stringify(bought));
			expect(outcomeOf(kept)).toBe("checkout not_a_member");

			await webhook(hub, endpoint, JSON.stringify({ ...signUp("eve"), ...device }));
			expect(outcomeOf(await delivery(hub, kept.id))).toBe("checkout appended 10");
			expect(await customer(hub, "eve")).toMatchObject({ accounts: [{ score: 10 }] });
		});

		it("has nothing of somebody else's orders", async () => {
			const endpoint = await segmentEndpoint(hub, "shop", { secrets: { shared } });
			await webhook(hub, endpoint, JSON.stringify(order({ userId: "eve", order_id: "1", revenue: 10 })));
			await webhook(hub, endpoint, JSON.stringify(signUp("ada")));
			expect((await eventsOf(hub)).map(briefOf)).toEqual([["opt_in", "ada", 0]]);
		});
	});

	describe(`A later step of an order, on ${host}`, patience, () => {
		const partialRefund = (amount: number) => ({
			...refund({ userId: "ada", order_id: "1" }),
			messageId: `refund of ${amount}`,
			properties: { order_id: "1", total: amount },
		});

		it("waits for the checkout, and no longer where that has come", async () => {
			const endpoint = await segmentEndpoint(hub, "shop", { secrets: { shared } });
			await webhook(hub, endpoint, JSON.stringify(signUp("ada")));
			const early = await webhook(hub, endpoint, JSON.stringify(partialRefund(4)));
			expect(outcomeOf(early)).toBe("partial_refund refused");
			const other = order({ userId: "ada", order_id: "2", revenue: 7 });
			await webhook(hub, endpoint, JSON.stringify(other));
			expect(outcomeOf(await delivery(hub, early.id))).toBe("partial_refund refused");

			await webhook(hub, endpoint, JSON.stringify(order({ userId: "ada", order_id: "1", revenue: 10 })));
			expect(outcomeOf(await delivery(hub, early.id))).toBe("partial_refund appended -4");
			expect(await customer(hub, "ada")).toMatchObject({ accounts: [{ score: 13, spendable: 13 }] });

			const late = await webhook(hub, endpoint, JSON.stringify(partialRefund(1)));
			expect(outcomeOf(late)).toBe("partial_refund appended -1");
		});

		it("waits for its customer first, then for the checkout", async () => {
			const endpoint = await segmentEndpoint(hub, "shop", { secrets: { shared } });
			const early = await webhook(hub, endpoint, JSON.stringify(partialRefund(4)));
			expect(outcomeOf(early)).toBe("partial_refund not_a_member");
			await webhook(hub, endpoint, JSON.stringify(signUp("ada")));
			expect(outcomeOf(await delivery(hub, early.id))).toBe("partial_refund refused");
			await webhook(hub, endpoint, JSON.stringify(order({ userId: "ada", order_id: "1", revenue: 10 })));
			expect(outcomeOf(await delivery(hub, early.id))).toBe("partial_refund appended -4");
		});
	});

	describe(`A key that sits in a web page, on ${host}`, patience, () => {
		let page: EndpointView;
		let server: EndpointView;
		beforeEach(async () => {
			server = await segmentEndpoint(hub, "server");
			page = await segmentEndpoint(hub, "page", { settings: { use: "browser", origins: [shopOrigin] } });
			for (const name of ["ada", "eve"]) {
				await track(
					hub,
					server,
					"track",
					JSON.stringify({ ...signUp(name), anonymousId: `${name}'s browser` }),
				);
				const { timestamp: _, ...bought } = order({ userId: name, order_id: `${name}-1`, revenue: 50 });
				await track(hub, server, "track", JSON.stringify(bought));
			}
			await hub.drained();
		});

		const fromPage = async (call: string, message: object): Promise<string> => {
			const response = await track(hub, page, call, JSON.stringify(message), { Origin: shopOrigin });
			expect(response.status).toBe(200);
			await hub.drained();
			return outcomeOf(await newestDelivery(hub));
		};

		it.each<[what: string, call: string, message: object, outcome: string]>([
			["an order", "track", order({ userId: "ada", order_id: "x", revenue: 1_000 }), "checkout refused"],
			["a refund", "track", refund({ userId: "ada", order_id: "ada-1" }), "refund refused"],
			["a sign-up", "track", signUp("mallory"), "opt_in refused"],
			["a sign-in", "track", { userId: "ada", event: "Signed In" }, "sign_in refused"],
			[
				"an alias onto another customer",
				"alias",
				{ userId: "eve", previousId: "ada's browser" },
				"profile skipped",
			],
			[
				"an identify with a stranger's e-mail",
				"identify",
				{ anonymousId: "eve's browser", userId: "eve", traits: { email: "ada@example.test" } },
				"profile skipped",
			],
			[
				"an identify with nothing but a stranger's e-mail",
				"identify",
				{ anonymousId: "mallory's browser", traits: { email: "ada@example.test" } },
				"profile not_a_member",
			],
			[
				"an identify naming a stranger, with other traits",
				"identify",
				{
					userId: "ada",
					traits: { firstName: "Mallory", email: "mallory@example.test", phone: "+15550100" },
				},
				"profile skipped",
			],
		])("changes nothing of anybody by %s", async (_what, call, message, outcome) => {
			const before = await everything(hub, ["ada", "eve", "mallory"]);
			expect(await fromPage(call, message)).toBe(outcome);
			expect(await everything(hub, ["ada", "eve", "mallory"])).toEqual(before);
		});

		it("may tie an anonymous visitor to a user id, and nothing else", async () => {
			const before = await customer(hub, "ada");
			const traits = { email: "mallory@example.test", firstName: "Mallory" };
			const message = { userId: "ada", anonymousId: "a new browser", traits };
			expect(await fromPage("identify", message)).toBe("profile appended");
			expect(await customer(hub, "ada")).toEqual({
				...before,
				identities: [
					{ kind: "anonymous", value: "a new browser" },
					{ kind: "anonymous", value: "ada's browser" },
					{ kind: "email", value: "ada@example.test" },
					{ kind: "id", value: "ada" },
				],
				updated_at: expect.any(String),
			});
		});

		it("may say that a product was looked at", async () => {
			const message = { userId: "ada", event: "Product Viewed", properties: { product_id: "P-501" } };
			expect(await fromPage("track", message)).toBe("product_view appended");
			const [viewed] = (await eventsOf(hub)).slice(-1);
			expect(viewed).toMatchObject({ action: "product_view", customer: "ada", points: 0, flags: ["public"] });
		});

		it("is refused to a page of another origin", async () => {
			const before = await newestDelivery(hub);
			const message = { userId: "ada", event: "Product Viewed", properties: { product_id: "P-501" } };
			const headers = { Origin: "https://elsewhere.example" };
			const response = await track(hub, page, "track", JSON.stringify(message), headers);
			expect(response.status).toBe(401);
			expect(response.headers.get("Access-Control-Allow-Origin")).toBeNull();
			expect(await newestDelivery(hub)).toEqual(before);
		});

		it("is told from a server's key, which no page may use", async () => {
			const before = await newestDelivery(hub);
			const message = order({ userId: "ada", order_id: "x", revenue: 10 });
			const headers = { Origin: shopOrigin };
			const response = await track(hub, server, "track", JSON.stringify(message), headers);
			expect(response.status).toBe(401);
			expect(await newestDelivery(hub)).toEqual(before);
		});
	});

	describe(`A batch of webhooks, on ${host}`, patience, () => {
		const views = ["one", "two", "three"].map((product) => ({
			type: "track",
			event: "Product Viewed",
			messageId: `view of ${product}`,
			userId: "ada",
			properties: { product_id: product },
		}));
		const endpointWith = async (parts: Parameters<typeof segmentEndpoint>[2]): Promise<EndpointView> => {
			const endpoint = await segmentEndpoint(hub, "shop", parts);
			await webhook(hub, endpoint, JSON.stringify(signUp("ada")), { "X-Hub-Secret": header });
			return endpoint;
		};

		it("gives its first event, which is signed, and holds the others for a person", async () => {
			const endpoint = await endpointWith({ secrets: { shared } });
			const sent = await webhookBatch(hub, endpoint, views);
			expect(outcomeOf(sent)).toBe("product_view appended; held; held");
			expect(sent.messageViews[1]?.reason).toContain("allowPartiallySignedBatch");

			expect(await hub.call("POST", `/deliveries/${sent.id}/release`)).toEqual({ released: 2 });
			await hub.drained();
			expect(outcomeOf(await delivery(hub, sent.id))).toBe(
				"product_view appended; product_view appended; product_view appended",
			);
		});

		it("gives all its events with the secret header", async () => {
			const endpoint = await endpointWith({ secrets: { shared, header } });
			const sent = await webhookBatch(hub, endpoint, views, { "X-Hub-Secret": header });
			expect(outcomeOf(sent)).toBe("product_view appended; product_view appended; product_view appended");
		});

		it("is refused without the secret header where one is set", async () => {
			const endpoint = await endpointWith({ secrets: { shared, header } });
			const before = await newestDelivery(hub);
			expect((await postBatch(hub, endpoint, views)).status).toBe(401);
			expect(await newestDelivery(hub)).toEqual(before);
		});

		it("is refused where its first event is not the one that was signed", async () => {
			const endpoint = await endpointWith({ secrets: { shared } });
			const before = await newestDelivery(hub);
			const signature = await signatureOf(JSON.stringify(views[0]));
			const swapped = JSON.stringify(views.toReversed());
			expect((await post(hub, endpoint, swapped, { "X-Signature": signature })).status).toBe(401);
			expect(await newestDelivery(hub)).toEqual(before);
		});

		it("gives all its events where the endpoint believes the first", async () => {
			const settings = { allowPartiallySignedBatch: true };
			const sent = await webhookBatch(hub, await endpointWith({ settings, secrets: { shared } }), views);
			expect(outcomeOf(sent)).toBe("product_view appended; product_view appended; product_view appended");
		});

		it("is read in the wrapping of the Extensible Webhook", async () => {
			const endpoint = await endpointWith({ secrets: { shared, header } });
			const body = JSON.stringify(views.map((json) => ({ json })));
			const headers = {
				"X-Signature": await signatureOf(JSON.stringify(views[0])),
				"X-Hub-Secret": header,
			};
			const sent = await received(hub, await post(hub, endpoint, body, headers));
			expect(outcomeOf(sent)).toBe("product_view appended; product_view appended; product_view appended");
		});

		it("asks for an erasure by a delete", async () => {
			const endpoint = await endpointWith({ secrets: { shared } });
			await webhook(hub, endpoint, JSON.stringify({ type: "track", event: "Signed Up", userId: "ada" }));
			expect(await customer(hub, "ada")).not.toBe(null);
			const sent = await webhook(hub, endpoint, JSON.stringify({ type: "delete", userId: "ada" }));
			expect(outcomeOf(sent)).toBe("suppressed");
			expect(await customer(hub, "ada")).toBe(null);
		});

		it("waits while its endpoint is paused", async () => {
			const endpoint = await endpointWith({ secrets: { shared } });
			await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "paused" });
			const sent = await webhook(hub, endpoint, JSON.stringify(views[0]));
			expect(outcomeOf(sent)).toBe("held");

			await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "active" });
			expect(outcomeOf(await webhook(hub, endpoint, JSON.stringify(views[1])))).toBe("product_view appended");
			await hub.call("POST", `/deliveries/${sent.id}/release`);
			await hub.drained();
			expect(outcomeOf(await delivery(hub, sent.id))).toBe("product_view appended");
		});
	});

	describe(`Money, on ${host}`, patience, () => {
		const bought = async (properties: string): Promise<EventView | undefined> => {
			const endpoint = await segmentEndpoint(hub, "shop", { secrets: { shared } });
			await webhook(hub, endpoint, JSON.stringify(signUp("ada")));
			const body = `{"type":"track","event":"Order Completed","messageId":"o","userId":"ada","properties":${properties}}`;
			await webhook(hub, endpoint, body);
			return (await eventsOf(hub)).find(({ action }) => action === "checkout");
		};

		it.each<[why: string, properties: string, total: number, points: number]>([
			["may be text", '{"order_id":1,"revenue":"39.95"}', 39.95, 39],
			["is multiplied exactly", '{"order_id":1,"products":[{"price":1.10,"quantity":3}]}', 3.3, 3],
			["is subtracted exactly", '{"order_id":1,"subtotal":100.30,"discount":"0.10"}', 100.2, 100],
			["earns nothing by shipping and tax", '{"order_id":1,"total":39.5,"shipping":4,"tax":4}', 31.5, 31],
			["of a gift is nothing", '{"order_id":1,"revenue":0}', 0, 0],
			["of almost a point is no point", '{"order_id":1,"revenue":0.99}', 0.99, 0],
			["of ten items is their exact sum", tenths(10), 1, 1],
		])("%s", async (_why, properties, total, points) => {
			expect(await bought(properties)).toMatchObject({ points, properties: { total } });
		});

		it.each(["EUR", "HUF", "JPY"])("keeps its currency, %s", async (currency) => {
			const event = await bought(`{"order_id":1,"revenue":1000,"currency":"${currency}"}`);
			expect(event).toMatchObject({ points: 1_000, properties: { total: 1_000, currency } });
		});

		it("is of two orders where their numbers differ in the last of nineteen digits", async () => {
			const endpoint = await segmentEndpoint(hub, "shop", { secrets: { shared } });
			await webhook(hub, endpoint, JSON.stringify(signUp("ada")));
			for (const id of ["1234567890123456788", "1234567890123456789"]) {
				const properties = `{"order_id":${id},"revenue":5}`;
				await webhook(
					hub,
					endpoint,
					`{"type":"track","event":"Order Completed","messageId":"o-${id}","userId":"ada","properties":${properties}}`,
				);
			}
			const checkouts = (await eventsOf(hub)).filter(({ action }) => action === "checkout");
			expect(checkouts.map(({ properties }) => properties["transaction_id"])).toEqual([
				"1234567890123456788",
				"1234567890123456789",
			]);
		});
	});
}

/** Milliseconds: a hub of many shards takes its time on a small machine. */
const patience = { timeout: 60_000 };
const source = "web-shop";
export const shared = "what Segment signs with";
export const header = "what only Segment knows as well";
const shopOrigin = "https://shop.example";

const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

/** Added up as doubles, ten of them are 0.9999999999999999. */
const tenths = (count: number): string =>
	JSON.stringify({ order_id: 1, products: Array.from({ length: count }, () => ({ price: "0.1" })) });

const signUp = (userId: string) => ({
	type: "track",
	event: "Signed Up",
	messageId: `sign-up of ${userId}`,
	userId,
	properties: { email: `${userId}@example.test` },
});

const order = ({
	userId,
	email,
	timestamp,
	...properties
}: {
	readonly userId?: string;
	readonly email?: string;
	readonly timestamp?: string;
	readonly order_id: string;
	readonly revenue: number;
}) => ({
	type: "track",
	event: "Order Completed",
	messageId: `order ${properties.order_id}`,
	userId,
	timestamp,
	...(email !== undefined && { context: { traits: { email } } }),
	properties,
});

const refund = ({ userId, order_id }: { readonly userId: string; readonly order_id: string }) => ({
	type: "track",
	event: "Order Refunded",
	messageId: `refund of ${order_id}`,
	userId,
	properties: { order_id },
});

export interface Shop {
	readonly endpoint: EndpointView;
	readonly client: Analytics;
	/** The calls as the client made them. */
	readonly bodies: readonly string[];
}

/** A shop that uses Segment's Node library: one customer, from the sign-up to a refund. */
export async function shop(hub: TestHub): Promise<Shop> {
	const endpoint = await segmentEndpoint(hub, "library", { settings: { source } });
	const bodies: string[] = [];
	const client = new Analytics({
		writeKey: endpoint.writeKey,
		host: hub.url,
		httpClient: async (url, { method, headers, body }) => {
			bodies.push(body);
			return hub.fetch(new Request(url, { method, headers, body }));
		},
	});
	const ada = { userId: "ada" };
	const at = (minutes: number) => ({ timestamp: minutesAgo(minutes) });
	client.track({
		...ada,
		...at(60),
		event: "Signed Up",
		properties: { type: "organic", first_name: "Ada", email: "ada@example.test" },
	});
	await client.flush();
	await hub.drained();
	client.identify({ ...ada, ...at(50), traits: { email: "ada@example.test", lastName: "Quill" } });
	await client.flush();
	await hub.drained();

	client.track({
		...ada,
		...at(40),
		event: "Order Completed",
		properties: {
			order_id: "ORD-1",
			revenue: 31.5,
			shipping: 4,
			currency: "EUR",
			products: [
				{ product_id: "P-501", sku: "TEA", name: "Green tea", category: "Tea", price: 12.5, quantity: 2 },
				{ product_id: "P-777", name: "Blue mug", price: 9 },
			],
		},
	});
	client.track({
		...ada,
		...at(30),
		event: "Product Reviewed",
		properties: { product_id: "P-501", review_id: "rv-33", review_body: "Lovely and fresh.", rating: "5" },
	});
	client.track({
		...ada,
		...at(25),
		event: "Product Added to Wishlist",
		properties: { wishlist_id: "w-1", product_id: "P-900", name: "Teapot", price: 42 },
	});
	client.track({
		...ada,
		...at(20),
		event: "Order Refunded",
		properties: { order_id: "ORD-1", total: 12.5, currency: "EUR" },
	});
	client.page({ ...ada, ...at(15), name: "Rewards" });
	client.group({ ...ada, ...at(10), groupId: "acct-12", traits: { name: "Leafworks Ltd" } });
	// Says nothing new, so it is no event; told again after a change, it must not undo that.
	client.identify({ ...ada, ...at(5), traits: { email: "ada@example.test" } });
	await client.flush();
	await hub.drained();
	return { endpoint, client, bodies };
}

/** What the shop's messages are in the ledger: 31 points for 31.50, and 12 of them go back with 12.50. */
const shopFacts = [
	fact("opt_in", 0, { first_name: "Ada", email: "ada@example.test", src: "organic" }),
	fact("profile", 0, { email: "ada@example.test", last_name: "Quill" }),
	fact("checkout", 31, {
		transaction_id: "ORD-1",
		total: 31.5,
		shipping: 4,
		currency: "EUR",
		items: [
			{
				product_id: "P-501",
				sku: "TEA",
				product_name: "Green tea",
				product_category: "Tea",
				price: 12.5,
				quantity: 2,
				subtotal: 25,
			},
			{ product_id: "P-777", product_name: "Blue mug", price: 9, quantity: 1, subtotal: 9 },
		],
	}),
	fact("checkout_item", 0, {
		transaction_id: "ORD-1",
		product_id: "P-501",
		sku: "TEA",
		product_name: "Green tea",
		product_category: "Tea",
		price: 12.5,
		quantity: 2,
		subtotal: 25,
	}),
	fact("checkout_item", 0, {
		transaction_id: "ORD-1",
		product_id: "P-777",
		product_name: "Blue mug",
		price: 9,
		quantity: 1,
		subtotal: 9,
	}),
	fact("review_submit", 0, { item: "P-501", review_id: "rv-33", review: "Lovely and fresh.", rating: 5 }),
	fact("wishlist_add", 0, { wishlist_id: "w-1", product_id: "P-900", product_name: "Teapot", price: 42 }),
	fact("partial_refund", -12, { transaction_id: "ORD-1", amount: 12.5, currency: "EUR" }),
];

function fact(action: string, points: number, properties: object) {
	return { action, customer: "ada", points, properties };
}

const factOf = ({ action, customer, points, properties }: EventView) => ({
	action,
	customer,
	points,
	properties,
});

const briefOf = ({ action, customer, points }: EventView) => [action, customer, points];

/** All events and the whole documents of these customers: what must not change. */
export async function everything(hub: TestHub, ids: readonly string[] = ["ada"]) {
	return {
		events: await eventsOf(hub),
		customers: await Promise.all(ids.map((id) => customer(hub, id))),
	};
}

const messagesOf = (bodies: readonly string[]): readonly object[] =>
	bodies.flatMap((body) => (JSON.parse(body) as { readonly batch: readonly object[] }).batch);

/** Each message once more, all in one batch, sent now. */
export async function sendAgain(
	hub: TestHub,
	endpoint: EndpointView,
	bodies: readonly string[],
): Promise<void> {
	const batch = messagesOf(bodies).toReversed();
	await track(hub, endpoint, "batch", JSON.stringify({ batch, sentAt: new Date().toISOString() }));
	await hub.drained();
}

/** Calls the tracking API with the endpoint's write key. */
export const track = (
	hub: TestHub,
	{ writeKey }: EndpointView,
	call: string,
	body: string,
	headers: Readonly<Record<string, string>> = {},
): Promise<Response> =>
	hub.fetch(
		new Request(`${hub.url}/v1/${call}`, {
			method: "POST",
			headers: { Authorization: `Basic ${btoa(`${writeKey}:`)}`, ...headers },
			body,
		}),
	);

/** Segment's signature: HMAC-SHA-1 in hex, of a batch over its first event. */
async function signatureOf(text: string): Promise<string> {
	const bytes = new TextEncoder();
	const algorithm = { name: "HMAC", hash: "SHA-1" };
	const key = await crypto.subtle.importKey("raw", bytes.encode(shared), algorithm, false, ["sign"]);
	return hexOf(new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(text))));
}

const post = (
	hub: TestHub,
	{ url }: EndpointView,
	body: string,
	headers: Readonly<Record<string, string>>,
): Promise<Response> =>
	hub.fetch(
		new Request(new URL(url.slice(new URL(url).origin.length), hub.url), {
			method: "POST",
			headers: { "Content-Type": "application/json", ...headers },
			body,
		}),
	);

/** The delivery as it is once nothing of it is on its way. */
async function received(hub: TestHub, response: Response): Promise<DeliveryView> {
	expect(response.status).toBe(200);
	const { delivery: id } = (await response.json()) as { readonly delivery: string };
	await hub.drained();
	return delivery(hub, id);
}

/** Sends one signed event. */
export async function webhook(
	hub: TestHub,
	endpoint: EndpointView,
	body: string,
	headers: Readonly<Record<string, string>> = {},
): Promise<DeliveryView> {
	const signed = { ...headers, "X-Signature": await signatureOf(body) };
	return received(hub, await post(hub, endpoint, body, signed));
}

/** Sends a batch as Segment signs it. */
async function postBatch(
	hub: TestHub,
	endpoint: EndpointView,
	batch: readonly object[],
	headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
	const signature = await signatureOf(JSON.stringify(batch[0]));
	return post(hub, endpoint, JSON.stringify(batch), { ...headers, "X-Signature": signature });
}

export const webhookBatch = async (...args: Parameters<typeof postBatch>): Promise<DeliveryView> =>
	received(args[0], await postBatch(...args));

/** What became of a delivery, in a line: each message's state, or each of its events with what it gave. */
export const outcomeOf = ({ messageViews }: DeliveryView): string => messageViews.map(becameOf).join("; ");

const becameOf = ({ state, plan }: MessageView): string =>
	plan === null
		? state
		: plan
				.map(({ action, outcome }) => {
					const points = outcome?.kind === "appended" && outcome.points !== 0 ? ` ${outcome.points}` : "";
					return `${action ?? "mapping"} ${outcome?.kind ?? "pending"}${points}`;
				})
				.join(", ");

interface Expected {
	readonly member: string;
	readonly stranger: string;
}

const same = (outcome: string): Expected => ({ member: outcome, stranger: outcome });
const forMembers = (member: string): Expected => ({
	member,
	stranger: `${member.split(" ")[0]} not_a_member`,
});

/** In the order in which they are sent: a member's order of 31.50 earns 31 points, of which a refund takes 12 back. */
const outcomes: ReadonlyMap<string, Expected> = new Map([
	["webhook-track-signed-up-b2b.json", same("opt_in appended")],
	["webhook-track-order-completed.json", forMembers("checkout appended 31")],
	["webhook-track-order-refunded-partial.json", forMembers("partial_refund appended -12")],
	// Of an order that the hub has never heard of.
	["webhook-track-order-cancelled.json", forMembers("checkout_reject refused")],
	["webhook-track-product-viewed.json", forMembers("product_view appended")],
	["webhook-track-product-reviewed.json", forMembers("review_submit appended")],
	["webhook-track-trial-ended-b2b.json", forMembers("trial_end appended")],
	["webhook-track-email-link-clicked.json", forMembers("email_click appended")],
	["webhook-identify.json", forMembers("profile appended")],
	// The sign-up has tied this browser already.
	["webhook-alias.json", forMembers("profile skipped")],
	["webhook-group.json", same("unmatched")],
	["webhook-page.json", same("unmatched")],
	["webhook-screen.json", same("unmatched")],
	["webhook-delete.json", same("suppressed")],
	// The same order again by another way, and what the profile knows already.
	[
		"tracking-api-batch-analytics-node.json",
		{
			member: "checkout duplicate; profile skipped",
			stranger: "checkout not_a_member; profile not_a_member",
		},
	],
	["tracking-api-identify.json", forMembers("profile skipped")],
	["analyticsjs-t.txt", same("unmatched")],
	["signature-batch.txt", same("unmatched; held; held")],
]);

const notDeliveries = [
	"signatures.json",
	"tracking-api-invalid-writekey-response.json",
	"tracking-api-success-response.json",
];

const trackingCalls: ReadonlyMap<string, string> = new Map([
	["tracking-api-batch-analytics-node.json", "batch"],
	["tracking-api-identify.json", "identify"],
	["analyticsjs-t.txt", "t"],
]);

const isoDay = (daysAgo: number): string => minutesAgo(daysAgo * 24 * 60).slice(0, 10);

/** Sends the samples as of these days, and says what became of each. */
async function sendSamples(
	hub: TestHub,
	samples: ReadonlyMap<string, string>,
	files: readonly string[],
): Promise<ReadonlyMap<string, string>> {
	const webhooks = await segmentEndpoint(hub, "webhooks", { secrets: { shared } });
	const server = await segmentEndpoint(hub, "server");
	const became = new Map<string, string>();
	for (const file of files) {
		const text = (samples.get(file) ?? "")
			.replaceAll("2026-06-04T", `${isoDay(2)}T`)
			.replaceAll("2026-06-05T", `${isoDay(1)}T`)
			.replaceAll("wk_test_abc123", server.writeKey);
		const call = trackingCalls.get(file);
		if (call !== undefined) {
			expect((await track(hub, server, call, text)).status).toBe(200);
			await hub.drained();
			became.set(file, outcomeOf(await newestDelivery(hub)));
		} else {
			const body: unknown = JSON.parse(text);
			const sent = Array.isArray(body)
				? await webhookBatch(hub, webhooks, body)
				: await webhook(hub, webhooks, text);
			became.set(file, outcomeOf(sent));
		}
	}
	return became;
}
