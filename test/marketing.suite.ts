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

/** What a marketing team sees of a hub, on whichever host. `open` gives an empty one. */
export function testMarketing(host: string, open: () => Promise<TestHub>): void {
	let hub: TestHub;
	beforeEach(async () => {
		hub = await open();
	});
	afterEach(() => hub.close(), patience.timeout);

	const endpoint = async (connector: string, secrets: object, settings: object = {}): Promise<string> => {
		const body = { connector, name: "cloud", settings, secrets };
		return ((await hub.call("POST", "/endpoints", body)) as EndpointView).url;
	};
	const post = (url: string, body: string, headers: Record<string, string> = json): Promise<Response> =>
		hub.fetch(new Request(url, { method: "POST", headers, body }));
	const said = async (url: string, body: string, headers?: Record<string, string>): Promise<string> => {
		const response = await post(url, body, headers);
		expect(response.status).toBe(200);
		await hub.drained();
		const { delivery: id } = (await response.json()) as { readonly delivery: string };
		return outcomeOf(await delivery(hub, id));
	};

	describe(`Mailchimp, on ${host}`, patience, () => {
		const secret = "b1946ac92492d2347c6235b4d2611184";
		const subscribed = formOf({
			type: "subscribe",
			fired_at: lately(),
			"data[id]": "8a25ff1d98",
			"data[list_id]": "a6b5da1054",
			"data[email]": "ada@example.test",
		});

		it("tries the address, and has to show its secret when it means it", async () => {
			const url = await endpoint("mailchimp", { url: secret });
			for (const method of ["GET", "HEAD"])
				expect((await hub.fetch(new Request(url, { method }))).status).toBe(200);
			expect((await post(url, subscribed, form)).status).toBe(401);
			expect((await post(`${url}?secret=wrong`, subscribed, form)).status).toBe(401);
		});

		it("brings subscribers in, knows them by their new address, and forgets whom it deletes", async () => {
			const url = `${await endpoint("mailchimp", { url: secret }, { enrol: "subscribe" })}?secret=${secret}`;
			const member = "opt_in appended, newsletter_subscribe appended";
			expect(await said(url, subscribed, form)).toMatch(new RegExp(`^${member}`));
			const moved = {
				type: "upemail",
				fired_at: lately(),
				"data[new_id]": "51da8c3259",
				"data[new_email]": "ada.new@example.test",
				"data[old_email]": "ada@example.test",
			};
			expect(await said(url, formOf(moved), form)).toBe("profile appended");
			const named = { type: "profile", fired_at: lately(), "data[email]": "ada.new@example.test" };
			expect(await said(url, formOf({ ...named, "data[merges][FNAME]": "Ada" }), form)).toBe(
				"profile appended",
			);
			const [joined] = await eventsOf(hub);
			const ada = joined?.customer ?? "";
			expect((await customer(hub, ada))?.profile).toMatchObject({ first_name: "Ada" });
			const unwanted = { ...named, type: "unsubscribe", "data[action]": "delete" };
			expect(await said(url, formOf(unwanted), form)).toBe("suppressed");
			expect(await customer(hub, ada)).toBeNull();
		});
	});

	describe(`Klaviyo, on ${host}`, patience, () => {
		it("says by a flow who somebody is, and then by the profile alone what they did", async () => {
			const url = await endpoint("klaviyo", { header: "a flow's secret", signing: "a secret of Klaviyo's" });
			const flow = { ...json, "X-Hub-Secret": "a flow's secret" };
			const ada = { loyalty_id: "ada", klaviyo_id: "01HZX4ADA", email: "ada@example.test" };
			expect(await said(url, JSON.stringify({ event: "loyalty-signup", ...ada }), flow)).toBe(
				"opt_in appended",
			);
			const clicked = JSON.stringify({
				data: [
					{
						external_id: "e-1",
						topic: "event:klaviyo.clicked_email",
						payload: { data: { relationships: { profile: { data: { id: "01HZX4ADA" } } } } },
					},
				],
			});
			const time = String(Math.floor(Date.now() / 1_000));
			const signature = nodeCrypto.hmacHex("sha256", "a secret of Klaviyo's", clicked + time);
			const signed = { ...json, "Klaviyo-Timestamp": time, "Klaviyo-Signature": signature };
			expect(await said(url, clicked, signed)).toBe("email_click appended");
			expect((await eventsOf(hub)).at(-1)).toMatchObject({ action: "email_click", customer: "ada" });
			expect((await post(url, clicked, { ...signed, "Klaviyo-Timestamp": "1" })).status).toBe(401);
		});
	});

	describe(`Braze, on ${host}`, patience, () => {
		it("is told whether its token is right before it sends anything", async () => {
			const url = await endpoint("braze", { token: "t0ken" });
			const test = '{"events":[]}';
			expect((await post(url, test, { ...json, Authorization: "Bearer wrong" })).status).toBe(401);
			expect((await post(url, test, { ...json, Authorization: "Bearer t0ken" })).status).toBe(200);
		});
	});

	describe(`Marketing Cloud, on ${host}`, patience, () => {
		it("is verified by a key that a person finds in the hub, which takes nothing else unsigned", async () => {
			const url = await endpoint("sfmc", {});
			const answer = await post(url, '{"callbackId":"cb-1","verificationKey":"vk-1"}');
			expect([answer.status, await answer.text()]).toEqual([200, ""]);
			await hub.drained();
			expect((await newestDelivery(hub)).messageViews).toMatchObject([
				{ state: "control", type: "verification", senderId: "cb-1/vk-1" },
			]);
			const opened = '[{"eventCategoryType":"EngagementEvents.EmailOpen","info":{"subscriberKey":"ada"}}]';
			expect((await post(url, opened)).status).toBe(401);
		});
	});

	describe(`Mandrill, on ${host}`, patience, () => {
		it("tries the address without the key, and signs the URL with its form", async () => {
			const url = await endpoint("mandrill", { key: "k" });
			expect((await hub.fetch(new Request(url, { method: "HEAD" }))).status).toBe(200);
			expect((await post(url, formOf({ mandrill_events: "[]" }), form)).status).toBe(200);
			const events = JSON.stringify([{ event: "click", _id: "a", ts: 1, msg: { email: "a@b.test" } }]);
			const hex = nodeCrypto.hmacHex("sha1", "k", `${url}mandrill_events${events}`);
			const signature = base64Of(bytesOfHex(hex));
			const body = formOf({ mandrill_events: events });
			expect((await post(url, body, { ...form, "X-Mandrill-Signature": signature })).status).toBe(200);
			const wrong = base64Of(bytesOfHex(nodeCrypto.hmacHex("sha1", "k", `${url}mandrill_events${events} `)));
			expect((await post(url, body, { ...form, "X-Mandrill-Signature": wrong })).status).toBe(401);
		});
	});
}

const json = { "Content-Type": "application/json" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };
const formOf = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString();
/** As Mailchimp writes a time: UTC, without saying so. */
const lately = (): string => new Date(Date.now() - 60_000).toISOString().slice(0, 19).replace("T", " ");
const patience = { timeout: 120_000 };
