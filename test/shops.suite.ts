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

/**
 * What shops' loyalty managers see of a hub, on whichever host. `open` gives an empty one; `samples` are the files of the
 * connectors' samples by `connector/name`.
 */
export function testShops(
	host: string,
	open: () => Promise<TestHub>,
	samples: ReadonlyMap<string, string>,
): void {
	let hub: TestHub;
	beforeEach(async () => {
		hub = await open();
	});
	afterEach(() => hub.close(), patience.timeout);

	const endpointOf = async (
		connector: string,
		secrets: Record<string, string>,
		settings: Record<string, string> = {},
	) => (await hub.call("POST", "/endpoints", { connector, name: "shop", settings, secrets })) as EndpointView;

	const post = ({ url }: EndpointView, body: string, headers: Record<string, string>): Promise<Response> =>
		hub.fetch(
			new Request(url, {
				method: "POST",
				headers: { "Content-Type": "application/json", ...headers },
				body,
			}),
		);

	/** What became of a delivery, once nothing of it is on its way. */
	const becameOf = async (response: Response): Promise<string> => {
		expect(response.status).toBe(200);
		await hub.drained();
		const { delivery: id } = (await response.json()) as { readonly delivery: string };
		return outcomeOf(await delivery(hub, id));
	};

	/** As of these days. */
	const sampleOf = (name: string): string =>
		(samples.get(name) ?? "")
			.replaceAll(/2026-0[1-9]-[0-9]{2}T/g, `${yesterday()}T`)
			.replaceAll("1780567200", String(Math.floor(Date.now() / 1_000)));

	const points = async (): Promise<number | undefined> => {
		const [first] = await eventsOf(hub);
		return (await customer(hub, first?.customer ?? ""))?.accounts[0]?.spendable;
	};

	describe(`Shopify's samples, on ${host}`, patience, () => {
		let endpoint: EndpointView;
		beforeEach(async () => {
			endpoint = await endpointOf("shopify", { client: secret });
		});

		let sent = 0;
		const told = async (topic: string, body: string, event = `e-${sent++}`): Promise<string> => {
			const headers = {
				"X-Shopify-Topic": topic,
				"X-Shopify-Shop-Domain": "leafworks.myshopify.com",
				"X-Shopify-Event-Id": event,
				"X-Shopify-Hmac-Sha256": base64Hmac(body),
			};
			return becameOf(await post(endpoint, body, headers));
		};
		const said = (topic: string, file: string) => told(topic, sampleOf(`shopify/${file}`));

		it("become what a loyalty manager expects", async () => {
			expect(await said("customers/create", "customers-create.json")).toBe("opt_in appended");
			expect(await said("customers/update", "customers-create.json")).toBe("profile skipped");
			expect(await said("orders/paid", "orders-paid.json")).toBe("checkout appended 22");
			// A half of what the goods cost.
			expect(await said("refunds/create", "refunds-create.json")).toBe("partial_refund appended -11");
			expect(await said("orders/paid", "orders-paid-bigint.txt")).toBe("ignored");
			// Of an order that has not come.
			expect(await said("orders/cancelled", "orders-cancelled.json")).toBe("checkout_reject refused");
			expect(await said("customers/data_request", "customers-data_request.json")).toBe("unmatched");
			expect(await said("shop/redact", "shop-redact.json")).toBe("unmatched");
			const consent = "customers-email-marketing-consent.json";
			expect(await said("customers_email_marketing_consent/update", consent)).toBe(
				"newsletter_subscribe appended",
			);
			expect(await points()).toBe(11);
			expect(await said("customers/merge", "customers-merge.json")).toBe("profile appended");
			expect(await said("customers/redact", "customers-redact.json")).toBe("suppressed");
			expect(await points()).toBeUndefined();
		});

		it("are told apart by their topic where their bodies are equal, and known again where both are", async () => {
			await said("customers/create", "customers-create.json");
			const order = sampleOf("shopify/orders-paid.json");
			expect(await told("orders/create", order, "e-order")).toBe("unmatched");
			expect(await told("orders/paid", order, "e-order")).toBe("checkout appended 22");
			const { id } = await newestDelivery(hub);
			expect(await told("orders/paid", order, "e-order")).toBe("checkout appended 22");
			expect((await newestDelivery(hub)).id).toBe(id);
		});

		it("give the points of an order back once that is cancelled and refunded", async () => {
			await said("customers/create", "customers-create.json");
			await said("orders/paid", "orders-paid.json");
			const cancelled = sampleOf("shopify/orders-cancelled.json").replace("5390000010042", "5390000010041");
			expect(await told("orders/cancelled", cancelled)).toBe("checkout_reject appended -22");
			expect(await said("refunds/create", "refunds-create.json")).toBe("partial_refund refused");
			expect(await points()).toBe(0);
		});
	});

	describe(`A WooCommerce shop, on ${host}`, patience, () => {
		let endpoint: EndpointView;
		beforeEach(async () => {
			endpoint = await endpointOf("woocommerce", { webhook: secret });
		});

		let sent = 0;
		const told = async (body: string, topic: string): Promise<string> => {
			const headers = {
				"X-WC-Webhook-Topic": topic,
				"X-WC-Webhook-Resource": topic.split(".")[0] ?? "",
				"X-WC-Webhook-Delivery-ID": `d-${sent++}`,
				"X-WC-Webhook-Signature": base64Hmac(body),
			};
			return becameOf(await post(endpoint, body, headers));
		};
		const said = (file: string, topic: string) => told(sampleOf(`woocommerce/${file}`), topic);
		const order = (changes: object) =>
			told(
				JSON.stringify({ ...JSON.parse(sampleOf("woocommerce/order-updated-completed.txt")), ...changes }),
				"order.updated",
			);

		it("gives points for an order once, however often it is told, and takes back what is refunded", async () => {
			expect(await said("customer-created.json", "customer.created")).toBe("opt_in appended");
			expect(await order({ status: "pending", date_paid_gmt: null })).toBe("unmatched");
			expect(await order({ status: "processing" })).toBe("checkout appended 22");
			expect(await said("order-updated-completed.txt", "order.updated")).toBe("checkout duplicate");
			expect(await order({ customer_note: "ring twice" })).toBe("checkout duplicate");
			// 13.25 of 30.50 are 9.77 of the 22.50 that the goods cost, and 9.55… of their 22 points.
			const damaged = { id: 726, reason: "damaged", total: "-13.25" };
			expect(await order({ refunds: [damaged] })).toMatch(
				/^checkout duplicate, partial_refund appended -(?:9|10)$/,
			);
			expect(await order({ refunds: [damaged] })).toBe("checkout duplicate, partial_refund duplicate");
			expect(await said("order-updated-refund.txt", "order.updated")).toMatch(/^refund appended -1[23]$/);
			expect(await said("order-updated-refund.txt", "order.updated")).toBe("refund duplicate");
			expect(await points()).toBe(0);
		});

		it("knows a member who buys as a guest, and leaves the list of orders to who tidies it", async () => {
			await said("customer-created.json", "customer.created");
			expect(await said("order-created-guest.txt", "order.created")).toBe("checkout appended 22");
			expect(await said("order-deleted.txt", "order.deleted")).toBe("unmatched");
			expect(await points()).toBe(22);
		});

		it("takes the points of an order back that is cancelled, and none for one that nobody paid", async () => {
			await said("customer-created.json", "customer.created");
			await order({ status: "processing" });
			expect(await order({ status: "cancelled" })).toBe("checkout_reject appended -22");
			expect(await order({ id: 800, status: "cancelled", date_paid_gmt: null })).toBe("unmatched");
			expect(await points()).toBe(0);
		});

		it("keeps a guest's order until the guest makes an account", async () => {
			expect(await said("order-created-guest.txt", "order.created")).toBe("checkout not_a_member");
			const { id } = await newestDelivery(hub);
			await said("customer-created.json", "customer.created");
			expect(outcomeOf(await delivery(hub, id))).toBe("checkout appended 22");
		});

		it("is answered when it tries the address, and nothing is stored of that", async () => {
			const form = { "Content-Type": "application/x-www-form-urlencoded" };
			const ping = await post(endpoint, "webhook_id=142", form);
			expect([ping.status, await ping.text()]).toEqual([200, ""]);
			const forged = await post(endpoint, "{}", { "X-WC-Webhook-Topic": "order.updated" });
			expect([forged.status, await forged.text()]).toEqual([401, ""]);
			expect(await hub.call("GET", "/deliveries")).toMatchObject({ data: [] });
		});
	});

	describe(`An Adobe Commerce shop, on ${host}`, patience, () => {
		it("gives points for an order once, and takes back what a credit memo says", async () => {
			const endpoint = await endpointOf("adobe-commerce", { client: secret }, { clientId: "hub_client_id" });
			const said = async (file: string, ...changes: readonly (readonly [string, string])[]) => {
				const body = changes.reduce(
					(text, [from, to]) => text.replace(from, to),
					sampleOf(`adobe-commerce/${file}.json`).replace(/2026-0[1-9]-[0-9]{2} /g, `${yesterday()} `),
				);
				const response = await post(endpoint, body, { "x-adobe-signature": base64Hmac(body) });
				// What a webhook waits for.
				expect([response.status, await response.json()]).toEqual([200, { op: "success" }]);
				await hub.drained();
				return outcomeOf(await newestDelivery(hub));
			};
			expect(await said("io-event-customer")).toMatch(/^opt_in appended, profile (?:appended|skipped)$/);
			expect(await said("io-event-subscriber")).toBe("newsletter_subscribe appended");
			expect(await said("io-event-order", ['"state": "processing"', '"state": "new"'])).toBe("unmatched");
			// 34 less 2.50.
			expect(await said("io-event-batch")).toBe("checkout appended 31; checkout duplicate");
			expect(await said("io-event-order", ['"state": "processing"', '"state": "complete"'])).toBe(
				"checkout duplicate",
			);
			// 31 × 11.25 / 31.50 is 11.07…
			expect(await said("io-event-creditmemo")).toBe("partial_refund appended -11");
			expect(await said("io-event-creditmemo", ["b81c0d55", "b81c0d56"])).toBe("partial_refund duplicate");
			expect(await said("io-event-order", ["9d2c6a0e", "9d2c6a0f"], ['"processing"', '"canceled"'])).toBe(
				"checkout_reject appended -20",
			);
			expect(await said("webhook-order")).toBe("unmatched");
			expect(await points()).toBe(0);
		});
	});

	describe(`A number at Twilio, on ${host}`, patience, () => {
		it("knows by the number who wants no more texts", async () => {
			const shop = await endpointOf("shopify", { client: secret });
			const account = sampleOf("shopify/customers-create.json");
			await becameOf(
				await post(shop, account, {
					"X-Shopify-Topic": "customers/create",
					"X-Shopify-Shop-Domain": "leafworks.myshopify.com",
					"X-Shopify-Hmac-Sha256": base64Hmac(account),
				}),
			);
			const number = (await hub.call("POST", "/endpoints", {
				connector: "twilio",
				name: "texts",
				secrets: { token: secret },
			})) as EndpointView;
			const said = async (fields: Record<string, string>): Promise<string> => {
				const names = Object.keys(fields).sort();
				const signed = number.url + names.map((name) => name + fields[name]).join("");
				const response = await post(number, new URLSearchParams(fields).toString(), {
					"Content-Type": "application/x-www-form-urlencoded",
					"X-Twilio-Signature": base64Of(bytesOfHex(nodeCrypto.hmacHex("sha1", secret, signed))),
				});
				expect(response.headers.get("Content-Type")).toBe("text/xml");
				expect(await response.text()).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>');
				await hub.drained();
				return outcomeOf(await newestDelivery(hub));
			};
			const received = { From: "+442071234567", To: "+447700900999", SmsStatus: "received" };
			expect(await said({ ...received, MessageSid: "SM1", Body: "Stop" })).toBe("sms_unsubscribe appended");
			expect(await said({ ...received, MessageSid: "SM2", Body: "POINTS" })).toBe("unmatched");
			expect(await said({ ...received, MessageSid: "SM3", Body: "START" })).toBe("sms_subscribe appended");
			expect(await said({ ...received, MessageSid: "SM4", Body: "Stop", From: "+15550100" })).toBe(
				"sms_unsubscribe not_a_member",
			);
			const onWhatsApp = { ...received, From: "whatsapp:+442071234567" };
			for (const Body of ["Stop", "START"])
				expect(await said({ ...onWhatsApp, MessageSid: `WA ${Body}`, Body })).toBe("unmatched");
		});
	});

	describe(`A Stripe account, on ${host}`, patience, () => {
		const told = async (endpoint: EndpointView, body: string): Promise<string> => {
			const at = Math.floor(Date.now() / 1_000);
			const signature = nodeCrypto.hmacHex("sha256", secret, `${at}.${body}`);
			return becameOf(await post(endpoint, body, { "Stripe-Signature": `t=${at},v1=${signature}` }));
		};
		const live = (file: string, ...changes: readonly (readonly [string, string])[]): string =>
			changes.reduce(
				(text, [from, to]) => text.replace(from, to),
				sampleOf(`stripe/${file}.json`).replace('"livemode": false', '"livemode": true'),
			);

		it("gives points for a Checkout, and takes back what each refund adds", async () => {
			const endpoint = await endpointOf("stripe", { signing: secret }, { enrol: "created" });
			expect(await told(endpoint, live("customer-created"))).toMatch(
				/^opt_in appended, profile (?:app|skip)/,
			);
			const session = live("checkout-session-completed");
			expect(await told(endpoint, session)).toBe("checkout appended 39");
			expect(await told(endpoint, session.replace("0001", "9001"))).toBe("checkout duplicate");
			// The same money: sessions count.
			expect(await told(endpoint, live("payment-intent-succeeded"))).toBe("unmatched");
			expect(await told(endpoint, live("invoice-paid"))).toBe("unmatched");
			// 39 × 13.25 / 39.50 is 13.08…
			const refund = live("charge-refunded");
			expect(await told(endpoint, refund)).toBe("partial_refund appended -13");
			expect(await told(endpoint, refund.replace("0002", "9002"))).toBe("partial_refund duplicate");
			expect(await points()).toBe(26);
			const rest = live(
				"charge-refunded",
				["0002", "0006"],
				['"amount_refunded": 1325', '"amount_refunded": 3950'],
				['"amount_refunded": 0', '"amount_refunded": 1325'],
			);
			expect(await told(endpoint, rest)).toBe("partial_refund appended -26");
			expect(await points()).toBe(0);
		});

		it("waits with a refund for its payment", async () => {
			const endpoint = await endpointOf("stripe", { signing: secret }, { enrol: "created" });
			await told(endpoint, live("customer-created"));
			await told(endpoint, live("charge-refunded"));
			const { id } = await newestDelivery(hub);
			await told(endpoint, live("checkout-session-completed"));
			expect(outcomeOf(await delivery(hub, id))).toBe("partial_refund appended -13");
			expect(await points()).toBe(26);
		});

		it("counts payments, of which yen have no hundredths, or invoices, where the endpoint says so", async () => {
			const members = await endpointOf(
				"stripe",
				{ signing: secret },
				{ enrol: "created", counts: "payments" },
			);
			const named: [string, string] = ['"loyalty_id": "cust-77"', ""];
			await told(members, live("customer-created"));
			expect(await told(members, live("payment-intent-succeeded", named))).toBe("checkout appended 1200");
			expect(await told(members, live("checkout-session-completed"))).toBe("unmatched");
			await hub.call("PATCH", `/endpoints/${members.id}`, { state: "deleted" });
			const invoices = await endpointOf("stripe", { signing: secret }, { counts: "invoices" });
			expect(await told(invoices, live("invoice-paid"))).toBe("checkout appended 29");
			expect(await points()).toBe(1_229);
		});

		it("takes nothing from a profile by what it does not know", async () => {
			const endpoint = await endpointOf("stripe", { signing: secret }, { enrol: "created" });
			await told(endpoint, live("customer-created"));
			const less = live(
				"customer-created",
				["0005", "9005"],
				["customer.created", "customer.updated"],
				['"+442071234567"', "null"],
				['"Bristol"', "null"],
				["1 Harbour Lane", "2 Harbour Lane"],
			);
			expect(await told(endpoint, less)).toBe("profile appended");
			const [first] = await eventsOf(hub);
			expect((await customer(hub, first?.customer ?? ""))?.profile).toMatchObject({
				phone: "+442071234567",
				city: "Bristol",
				street: "2 Harbour Lane",
			});
		});

		it("gives nothing for a sandbox, unless the hub is one of tests", async () => {
			const endpoint = await endpointOf("stripe", { signing: secret }, { enrol: "created" });
			await told(endpoint, live("customer-created"));
			const sandboxed = sampleOf("stripe/checkout-session-completed.json");
			expect(await told(endpoint, sandboxed)).toBe("ignored");
			await hub.call("PATCH", `/endpoints/${endpoint.id}`, { state: "deleted" });
			const tests = await endpointOf("stripe", { signing: secret }, { sandbox: "count" });
			expect(await told(tests, sandboxed)).toBe("checkout appended 39");
			expect(await told(tests, sampleOf("stripe/v2-thin-event.json"))).toBe("failed");
		});
	});
}

const secret = "0123456789abcdef0123456789abcdef";
const base64Hmac = (body: string): string => base64Of(bytesOfHex(nodeCrypto.hmacHex("sha256", secret, body)));
const patience = { timeout: 60_000 };
const yesterday = (): string => new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);
