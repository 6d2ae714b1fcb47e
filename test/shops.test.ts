import { createHmac } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";
import { outcomeOf } from "./segment.suite.ts";
import { testShops } from "./shops.suite.ts";
import { delivery, type EndpointView, newestDelivery } from "./support/calls.ts";
import { openTestHub } from "./support/hub.ts";
import { provider } from "./support/provider.ts";

const samples = ["adobe-commerce", "shopify", "stripe", "woocommerce"].flatMap((shop) => {
	const folder = join(projectRoot, "connectors", shop, "samples");
	return readdirSync(folder).map((file): [string, string] => [
		`${shop}/${file}`,
		readFileSync(join(folder, file), "utf8"),
	]);
});

testShops("Node", openTestHub, new Map(samples));

it("Stripe: what thin events name is asked for, by its type and its id", async () => {
	const objects: Readonly<Record<string, object>> = {
		"/v1/customers/cus_1": { id: "cus_1", email: "ada.quill@example.test", metadata: { loyalty_id: "ada" } },
		"/v1/checkout/sessions/cs_1": {
			id: "cs_1",
			amount_total: 1200,
			currency: "eur",
			customer: "cus_1",
			mode: "payment",
			payment_intent: "pi_1",
			payment_status: "paid",
		},
		"/v1/refunds/re_1": {
			id: "re_1",
			amount: 200,
			currency: "eur",
			payment_intent: "pi_1",
			status: "succeeded",
		},
	};
	const { asked, answers } = provider({
		"https://api.stripe.com": ({ url }) => Response.json(objects[new URL(url).pathname]),
	});
	const hub = await openTestHub();
	try {
		const secrets = { signing: "whsec_0123456789abcdef", apiKey: "rk_live_0123" };
		const body = { connector: "stripe", name: "shop", settings: { enrol: "created" }, secrets };
		const { url } = (await hub.call("POST", "/endpoints", body)) as EndpointView;
		let events = 0;
		const sent = async (type: string, about: string, id: string): Promise<string> => {
			const related_object = { id, type: about, url: "https://evil.example/v1/accounts" };
			const created = new Date().toISOString();
			const event = {
				id: `evt_${++events}`,
				object: "v2.core.event",
				type,
				created,
				livemode: true,
				related_object,
			};
			const text = JSON.stringify(event);
			const at = Math.floor(Date.now() / 1_000);
			const signature = createHmac("sha256", secrets.signing).update(`${at}.${text}`).digest("hex");
			const headers = { "Content-Type": "application/json", "Stripe-Signature": `t=${at},v1=${signature}` };
			const response = await hub.fetch(new Request(url, { method: "POST", headers, body: text }));
			expect(response.status).toBe(200);
			await hub.drained();
			return (await newestDelivery(hub)).id;
		};
		const becomes = (id: string, expected: string) =>
			expect.poll(async () => outcomeOf(await delivery(hub, id)), { timeout: 3_000 }).toMatch(expected);

		const joined = await sent("v1.customer.created", "customer", "cus_1");
		expect((await delivery(hub, joined)).outcome).toBe("waiting");
		answers();
		await becomes(joined, "opt_in appended");
		await becomes(
			await sent("v1.checkout.session.completed", "checkout.session", "cs_1"),
			"checkout appended",
		);
		await becomes(await sent("v1.refund.created", "refund", "re_1"), "partial_refund appended");
		expect(asked).toEqual(
			Object.keys(objects).map((path) => `GET https://api.stripe.com${path} Bearer rk_live_0123`),
		);
	} finally {
		await hub.close();
	}
});
