import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";
import type { Planned } from "../src/inbox/inbox.ts";
import { delivery, type EndpointView, newestDelivery } from "./support/calls.ts";
import { type NodeTestHub, openTestHub } from "./support/hub.ts";
import { provider } from "./support/provider.ts";

/** What marketing clouds say in a whole hub, beyond what a connector's own test can see: paths, answers and points. */

const secret = "a-text-of-ones-own";
const json = { "Content-Type": "application/json" };

let hub: NodeTestHub;
beforeEach(async () => {
	hub = await openTestHub();
});
afterEach(() => hub.close());

const endpoint = async (
	connector: string,
	secrets: Readonly<Record<string, string>>,
	settings: object = {},
): Promise<EndpointView> =>
	(await hub.call("POST", "/endpoints", { connector, name: connector, settings, secrets })) as EndpointView;

const sample = (path: string): string =>
	readFileSync(join(projectRoot, "connectors", path.replace("/", "/samples/")), "utf8");

const post = (url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Response> =>
	hub.fetch(new Request(url, { method: "POST", headers, body }));

/** What became of a delivery's messages, of the newest's unless said otherwise: `opt_in appended; checkout appended 22`. */
async function outcome(id?: string): Promise<string> {
	await hub.drained();
	const { messageViews } = await delivery(hub, id ?? (await newestDelivery(hub)).id);
	return messageViews
		.map(({ plan, outcome: unplanned }) => {
			const events = (plan ?? []).filter((planned) => planned.outcome?.kind !== "skipped");
			return events.map(wordsOf).join("; ") || unplanned;
		})
		.join(" | ");
}

function wordsOf({ action, outcome: became }: Planned): string {
	const gained = became?.kind === "appended" && became.points !== 0 ? ` ${became.points}` : "";
	return `${action} ${became?.kind}${gained}`;
}

it("ActiveCampaign: a subscriber joins, and what the hub itself wrote is ignored", async () => {
	const to = await endpoint("activecampaign", { token: secret }, { enrol: "subscribed", list: "3" });
	const form = { "Content-Type": "application/x-www-form-urlencoded" };
	const sent = async (body: string): Promise<string> => {
		expect((await post(`${to.url}?secret=${secret}`, form, body)).status).toBe(200);
		return outcome();
	};
	expect((await post(to.url, form, sample("activecampaign/subscribe.txt"))).status).toBe(401);
	expect(await sent(sample("activecampaign/subscribe.txt"))).toBe(
		"opt_in appended; newsletter_subscribe appended",
	);
	expect(await sent(sample("activecampaign/deal-update.txt"))).toBe("lead_converted appended");
	expect(await sent(sample("activecampaign/click.txt"))).toBe("email_click appended");
	expect(await sent("type=update&initiated_from=api&contact[id]=4411&contact[first_name]=X")).toBe("ignored");
});

it("Bloomreach: a batch is answered as its guide asks, and who joins has the purchase before", async () => {
	const to = await endpoint("bloomreach", { token: secret });
	const headers = { ...json, "X-Hub-Secret": secret };
	const response = await post(to.url, headers, sample("bloomreach/purchase-batch.json"));
	expect(response.status).toBe(200);
	expect(await response.json()).toMatchObject({ success: true });
	const batch = (await newestDelivery(hub)).id;
	expect(await outcome(batch)).toBe("checkout not_a_member | opt_in appended");
	const joins = '{"event":"loyalty_joined","id":"j","registered":"cust-77","email":"ada.quill@example.test"}';
	await post(to.url, headers, joins);
	expect(await outcome()).toBe("opt_in appended");
	expect(await outcome(batch)).toBe("checkout appended 22 | opt_in appended");
});

it("Oracle CX Commerce: only registering makes a member, and an order earns what the goods cost", async () => {
	const to = await endpoint("oracle-commerce", { signing: secret });
	const sent = async (path: string, body: string): Promise<string> => {
		const signature = createHmac("sha512", secret).update(body).digest("base64");
		const response = await post(
			`${to.url}${path}`,
			{ ...json, "X-Oracle-CC-WebHook-Signature": signature },
			body,
		);
		expect(response.status).toBe(200);
		return outcome();
	};
	const registration = sample("oracle-commerce/shopper-registration.json");
	expect(await sent("/shopper-account-update", registration)).toBe("profile not_a_member");
	expect(await sent("/shopper-registration", registration)).toBe("opt_in appended");
	expect(await sent("/order-submit", sample("oracle-commerce/order-submit.json"))).toBe(
		"checkout appended 22",
	);
	expect(await sent("", sample("oracle-commerce/order-submit.json"))).toBe("unmatched");
	expect((await post(`${to.url}/cart-idle`, json, "{}")).status).toBe(405);
});

describe("Eloqua", () => {
	const escaped = (text: string): string =>
		encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

	function signed(method: string, url: string, parameters: Readonly<Record<string, string>>): string {
		const all = {
			...parameters,
			oauth_consumer_key: "app",
			oauth_nonce: String(Math.random()),
			oauth_signature_method: "HMAC-SHA1",
			oauth_timestamp: String(Math.floor(Date.now() / 1_000)),
			oauth_version: "1.0",
		};
		const pairs = Object.entries(all)
			.toSorted(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
			.map(([name, value]) => `${escaped(name)}=${escaped(value)}`);
		const base = [method, escaped(url), escaped(pairs.join("&"))].join("&");
		const signature = createHmac("sha1", `${secret}&`).update(base).digest("base64");
		return `${url}?${new URLSearchParams({ ...all, oauth_signature: signature })}`;
	}

	it("has a step made, and who reaches it joins once", async () => {
		const to = await endpoint("eloqua", { clientId: "app", clientSecret: secret });
		const created = await post(signed("POST", `${to.url}/create`, { instance: "i" }), json, "{}");
		expect(created.status).toBe(200);
		expect(await created.json()).toEqual(JSON.parse(sample("eloqua/create-response.json")));
		expect((await post(`${to.url}/create?instance=i`, json, "{}")).status).toBe(401);

		const step = { service: "converted", instance: "i", execution: "1" };
		const notify = async (): Promise<string> => {
			const url = signed("POST", `${to.url}/notify`, step);
			const response = await post(url, json, sample("eloqua/action-notify.json"));
			expect([response.status, await response.text()]).toEqual([204, ""]);
			return outcome();
		};
		expect(await notify()).toBe(
			"opt_in appended; lead_converted appended | opt_in appended; lead_converted appended",
		);
		expect(await notify()).toBe(
			"opt_in duplicate; lead_converted duplicate | opt_in duplicate; lead_converted duplicate",
		);

		const deleted = await hub.fetch(
			new Request(signed("DELETE", `${to.url}/delete`, {}), { method: "DELETE" }),
		);
		expect(deleted.status).toBe(204);
	});
});

it("Klaviyo: a profile that nobody has tied to a member is asked for, once for what it does", async () => {
	const attributes = { email: "ada.quill@example.test", phone_number: null, external_id: null };
	const { asked, answers } = provider({
		"https://a.klaviyo.com": () => Response.json({ data: { type: "profile", attributes } }),
	});
	const to = await endpoint("klaviyo", { header: secret, signing: secret, apiKey: "pk_0123" });
	const joins = { event: "loyalty-signup", email: attributes.email };
	await post(to.url, { ...json, "X-Hub-Secret": secret }, JSON.stringify(joins));
	expect(await outcome()).toBe("opt_in appended");

	const sent = (body: string): Promise<Response> => {
		const time = String(Math.floor(Date.now() / 1_000));
		const signature = createHmac("sha256", secret)
			.update(body + time)
			.digest("hex");
		return post(to.url, { ...json, "Klaviyo-Timestamp": time, "Klaviyo-Signature": signature }, body);
	};
	const body = sample("klaviyo/system-webhook.json");
	await sent(body);
	expect(await outcome()).toBe("waiting");
	const first = (await newestDelivery(hub)).id;
	answers();
	await expect.poll(() => outcome(first)).toBe("email_click appended");
	await sent(body.replaceAll("7JqkA1", "7JqkA2"));
	await expect.poll(() => outcome()).toBe("email_click appended");
	expect(asked).toEqual([
		"GET https://a.klaviyo.com/api/profiles/01HZX4ADA?fields[profile]=email,phone_number,external_id Klaviyo-API-Key pk_0123",
	]);
});

it("Marketing Cloud: a callback's verification is given back as it came, though nobody could sign it", async () => {
	const given: Promise<string>[] = [];
	const { asked, answers } = provider({
		"https://mc0123.auth.marketingcloudapis.com": () =>
			Response.json({ access_token: "t-1", expires_in: 1079 }),
		"https://mc0123.rest.marketingcloudapis.com": (request) => {
			given.push(request.text());
			return new Response(null, { status: 204 });
		},
	});
	const to = await endpoint("sfmc", { client: "c-1", clientSecret: secret }, { subdomain: "mc0123" });
	answers();
	await post(to.url, json, '{"callbackId":"cb-1","verificationKey":"vk-1"}');
	await expect.poll(() => outcome()).toBe("control");
	expect((await newestDelivery(hub)).fetches).toMatchObject([{ into: "verified", state: "found" }]);
	expect(asked).toEqual([
		`POST https://mc0123.auth.marketingcloudapis.com/v2/token {"grant_type":"client_credentials","client_id":"c-1","client_secret":"${secret}"}`,
		"POST https://mc0123.rest.marketingcloudapis.com/platform/v1/ens-verify Bearer t-1",
	]);
	expect(await Promise.all(given)).toEqual(['{"callbackId":"cb-1","verificationKey":"vk-1"}']);
});
