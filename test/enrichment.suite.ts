import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drawnDelivery } from "../src/cli/delivery.ts";
import type { DeliveryView } from "../src/inbox/inbox.ts";
import type { StoringHub } from "./sensitive.suite.ts";
import { delivery, type EndpointView, eventsOf, segmentEndpoint } from "./support/calls.ts";
import { crmMappings } from "./support/crm.ts";
import type { Site } from "./support/site.ts";

/** A hub whose clock a test can move, with two systems that it may ask. */
export interface EnrichmentBench<Hub extends StoringHub = StoringHub> {
	readonly hub: Hub;
	readonly crm: Site;
	readonly other: Site;
	/** So much later; what has become due is begun now. */
	pass(ms: number): Promise<void>;
	close(): Promise<void>;
}

/** A Worker's first answer compiles all of it. */
const patience = { timeout: 60_000 };
const soon = { timeout: 10_000, interval: 20 };
const day = 24 * 3_600_000;

export interface CrmEndpoint extends EndpointView {
	/** Sends messages, as one delivery; gives its id. */
	send(...messages: readonly object[]): Promise<string>;
}

/** An endpoint of the CRM whose API is at the site, and wants a token that expires where `login` is one. */
export async function crmEndpoint(
	hub: StoringHub,
	name: string,
	site: Site,
	{ secrets = { token }, login }: { readonly secrets?: object; readonly login?: Site } = {},
) {
	const endpoint = (await hub.call("POST", "/endpoints", {
		connector: "crm",
		name,
		settings: { api: site.origin, login: login?.origin ?? "" },
		secrets: { shared: "s3cret", ...secrets },
	})) as EndpointView & { readonly advice: readonly string[] };
	const send = async (...messages: readonly object[]): Promise<string> => {
		const response = await hub.fetch(
			new Request(endpoint.url, {
				method: "POST",
				headers: { "Content-Type": "application/json", "X-Secret": "s3cret" },
				body: JSON.stringify(messages),
			}),
		);
		expect(response.status).toBe(200);
		return ((await response.json()) as { readonly delivery: string }).delivery;
	};
	return { ...endpoint, send };
}

const token = "pat-eu1-0123";
let events = 0;

/** A contact came to be, as HubSpot says it: who that is, it does not say. */
export const created = (objectId: number | string) => ({
	eventId: ++events,
	subscriptionType: "contact.creation",
	occurredAt: Date.now(),
	objectId,
	changeFlag: "NEW",
});

const becameCustomer = (objectId: number) => ({
	...created(objectId),
	subscriptionType: "contact.propertyChange",
	propertyName: "lifecyclestage",
	propertyValue: "customer",
});

/** What the API says of a contact. */
export const contact = (email: string, firstname = "Ada"): Response =>
	Response.json({ id: "512", properties: { email, firstname, score: 5 } });

/** Does not answer until it is ended. On Workers what awaits in one object is not to be woken by another: it looks again. */
function hang(site: Site, answer: () => Response) {
	let hangs = true;
	site.answer(async () => {
		while (hangs) await new Promise((resolve) => setTimeout(resolve, 10));
		return answer();
	});
	return {
		end: () => {
			hangs = false;
		},
	};
}

/** What a site says that gives tokens for an hour. */
export const tokenOf = (text: string): Response =>
	Response.json({ access_token: text, token_type: "Bearer", expires_in: 3_600 });

/** Of what a token is had by; it is to be seen by nobody but the site that gives it. */
export const client = { client: "canary of a client" };

const pathOf = (id: number | string) => `/crm/v3/objects/contacts/${id}?properties=email,firstname`;

/** Messages that say too little wait for what their system is asked about them: on both hosts. */
export function testEnrichment(host: string, open: () => Promise<EnrichmentBench>): void {
	describe(`What a system is asked about its messages, on ${host},`, patience, () => {
		let bench: EnrichmentBench;
		let hub: StoringHub;
		let crm: Site;
		let endpoint: CrmEndpoint;
		beforeEach(async () => {
			bench = await open();
			({ hub, crm } = bench);
			for (const [name, text] of Object.entries(crmMappings))
				await hub.call("PUT", `/mappings/${name}`, text);
			endpoint = await crmEndpoint(hub, "contacts", crm);
		}, patience.timeout);
		afterEach(() => bench.close(), patience.timeout);

		const shows = (id: string, expected: object): Promise<DeliveryView> =>
			vi.waitFor(async () => {
				const shown = await delivery(hub, id);
				expect(shown).toMatchObject(expected);
				return shown;
			}, soon);
		const failed = (id: string, attempts: number) => shows(id, { fetches: [{ attempts }] });

		it("is asked after the answer, as its connector says, and is what mappings read", async () => {
			const hanging = hang(crm, () => contact("ada@example.test"));
			const id = await endpoint.send(created(512));
			expect(await crm.next()).toMatchObject({ path: pathOf(512), authorization: `Bearer ${token}` });
			const waiting = await shows(id, {
				outcome: "waiting",
				reason: `waits for \`contact\` of ${crm.origin}`,
			});
			expect(drawnDelivery(waiting)).toContain(
				`\`contact\` of message 0 is asked for: ${crm.origin}${pathOf(512)}`,
			);
			expect(await hub.call("GET", "/status")).toMatchObject({ messages: { waiting: 1 } });

			hanging.end();
			await shows(id, { outcome: "appended", reason: null, fetches: [{ state: "found", attempts: 0 }] });
			const [event] = await eventsOf(hub);
			expect(event).toMatchObject({
				action: "opt_in",
				properties: { email: "ada@example.test", first_name: "Ada" },
			});
			expect(crm.posts).toBe(1);
		});

		it("is not asked for what no mapping gets, nor without its secret", async () => {
			crm.answer(() => contact("ada@example.test"));
			const bare = await crmEndpoint(hub, "bare", crm, { secrets: {} });
			expect(bare.advice.join()).toContain("set the secret `token`");
			const unasked = await bare.send(created(512));
			await shows(unasked, { outcome: "appended", fetches: [] });
			await shows(await endpoint.send({ ...created(7), subscriptionType: "contact.deletion" }), {
				outcome: "unmatched",
				fetches: [],
			});
			expect(crm.posts).toBe(0);
		});

		it("is left alone for as long as it asks, and then asked again", async () => {
			crm.answer(() =>
				crm.posts < 3
					? new Response("", { status: 429, headers: { "Retry-After": "1" } })
					: contact("ada@example.test"),
			);
			const id = await endpoint.send(created(512));
			await failed(id, 1);
			await shows(id, { fetches: [{ state: "owed", reason: "answered 429" }] });
			await bench.pass(5_000);
			await failed(id, 2);
			expect(crm.posts).toBe(2);
			await bench.pass(10_000);
			await shows(id, { outcome: "appended" });
			expect(crm.posts).toBe(3);
		});

		it.each([404, 410])(
			"may not know it: %d, and the message goes on without, and says so",
			async (status) => {
				crm.answer(() => new Response("", { status }));
				const id = await endpoint.send(created(512));
				await shows(id, {
					outcome: "appended",
					reason: `without \`contact\` of ${crm.origin}: answered ${status}`,
					fetches: [{ state: "missing" }],
				});
				expect((await eventsOf(hub))[0]?.properties).not.toHaveProperty("email");
			},
		);

		it("fails by name what needs its answer when the time is over, and a replay asks again", async () => {
			crm.answer(() => new Response("", { status: 500 }));
			const id = await endpoint.send(becameCustomer(512));
			await failed(id, 1);
			await bench.pass(day + 1);
			const late = await shows(id, {
				outcome: "failed",
				reason: `without \`contact\` of ${crm.origin}: answered 500`,
				fetches: [{ state: "given_up" }],
			});
			expect(JSON.stringify(late.messageViews[0]?.plan)).toContain("$.enriched.contact.properties.score");

			crm.answer(() => contact("ada@example.test"));
			await shows(await endpoint.send(created(512)), { outcome: "appended" });
			await hub.call("POST", "/deliveries/replay", { ids: [id] });
			await shows(id, { outcome: "appended", reason: null, fetches: [{ state: "found" }] });
		});

		it("holds up neither other messages nor other systems while it hangs", async () => {
			const hanging = hang(crm, () => contact("ada@example.test"));
			const { other } = bench;
			other.answer(() => contact("grace@example.test"));
			const elsewhere = await crmEndpoint(hub, "elsewhere", other);
			const waiting = await endpoint.send(created(1), created(2), created(3));
			await crm.next();
			const unasked = await endpoint.send({ ...created(4), subscriptionType: "contact.deletion" });
			await shows(unasked, { outcome: "unmatched" });
			await shows(await elsewhere.send(created(5)), { outcome: "appended" });
			const segment = await segmentEndpoint(hub, "shop");
			const basic = btoa(`${segment.writeKey}:`);
			await hub.fetch(
				new Request(`${hub.url}/v1/track`, {
					method: "POST",
					headers: { Authorization: `Basic ${basic}`, "Content-Type": "application/json" },
					body: JSON.stringify({ userId: "u-1", event: "Signed Up", messageId: "m-1" }),
				}),
			);
			await hub.drained();
			expect(await eventsOf(hub)).toHaveLength(2);
			expect(await delivery(hub, waiting)).toMatchObject({ outcome: "waiting" });
			hanging.end();
			await shows(waiting, { fetches: [{ state: "found" }, { state: "found" }, { state: "found" }] });
		});

		it.each<[string, (site: Site) => Response, string]>([
			[
				"too large an answer",
				() => Response.json("x".repeat(256 * 1024)),
				"its answer is larger than 262144 bytes",
			],
			["what is no JSON", () => new Response("<html>"), "its answer is not JSON: "],
			[
				"a redirect",
				({ origin }) => new Response(null, { status: 302, headers: { Location: `${origin}/stolen` } }),
				"answered 302: redirects are not followed",
			],
		])("may say %s, which is not taken", async (_what, answer, reason) => {
			const { other } = bench;
			crm.answer(() => answer(other));
			const id = await endpoint.send(created(512));
			await failed(id, 1);
			await shows(id, { fetches: [{ state: "owed", reason: expect.stringContaining(reason) }] });
			expect([crm.posts, other.posts]).toEqual([1, 0]);
		});

		it.each(["..", "../../../oauth/v1/token", "7?archived=true", "7#", "@evil.example/7", "a\\b"])(
			"is asked for nothing else by an id such as %s",
			async (objectId) => {
				crm.answer((path) =>
					path.startsWith("/crm/v3/objects/contacts/") ? contact("a@b.example") : elsewhere(),
				);
				const elsewhere = () => new Response("", { status: 500 });
				const id = await endpoint.send(created(objectId));
				await shows(id, { outcome: "appended" });
				expect(crm.posts).toBe(objectId === ".." ? 0 : 1);
				if (crm.posts > 0) expect((await crm.next()).path).toBe(pathOf(encodeURIComponent(objectId)));
			},
		);

		it("is asked once for what several messages need, and by a replay not at all", async () => {
			crm.answer(() => contact("ada@example.test"));
			const id = await endpoint.send(created(512), becameCustomer(512), becameCustomer(512));
			await shows(id, { fetches: [{ state: "found" }, { state: "found" }, { state: "found" }] });
			await hub.drained();
			expect(crm.posts).toBe(1);
			crm.answer(() => new Response("", { status: 500 }));
			await hub.call(
				"PUT",
				"/mappings/crm/contact",
				crmMappings["crm/contact"]?.replaceAll("first_name", "last_name"),
			);
			const dry = await hub.call("POST", "/deliveries/replay", { ids: [id], dryRun: true });
			expect(dry).toEqual(expect.objectContaining({ messages: 3, without: {} }));
			await hub.call("POST", "/deliveries/replay", { ids: [id] });
			await hub.drained();
			await shows(id, { fetches: [{ state: "found" }, { state: "found" }, { state: "found" }] });
			expect(crm.posts).toBe(1);
		});

		it("is forgotten with the person, also where only it named them", async () => {
			crm.answer((path) =>
				path.includes("/9?") ? contact("grace@example.test") : contact("canary@example.test"),
			);
			await shows(await endpoint.send(created(512), created(9)), {
				fetches: [{ state: "found" }, { state: "found" }],
			});
			// Of somebody who is known by the address alone.
			const stage = await endpoint.send(becameCustomer(513));
			await shows(stage, { outcome: "appended" });
			expect(await hub.stored()).toContain("canary");
			await endpoint.send({ ...created(512), subscriptionType: "contact.privacyDeletion" });
			const isForgotten = async () => !(await hub.stored()).includes("canary");
			await expect.poll(isForgotten, { timeout: 30_000, interval: 250 }).toBe(true);
			await shows(stage, { messageViews: [{ state: "suppressed" }], fetches: [] });
			expect(await hub.stored()).toContain("grace@example.test");
		});

		it("says card numbers to nobody", async () => {
			crm.answer(() => contact("ada@example.test", "4111 1111 1111 1111"));
			await shows(await endpoint.send(created(512)), { fetches: [{ state: "found" }] });
			await hub.drained();
			expect(await hub.stored()).not.toContain("4111 1111");
		});

		it("is shown a token that expires, which several messages need and is had once", async () => {
			const { other } = bench;
			other.answer(() => tokenOf("canary.of.a.token"));
			crm.answer(() => contact("ada@example.test"));
			const expiring = await crmEndpoint(hub, "expiring", crm, { secrets: client, login: other });
			for (const contact of [512, 513])
				await shows(await expiring.send(created(contact)), { fetches: [{ state: "found" }] });
			expect(await other.next()).toMatchObject({
				path: "/oauth2/token",
				body: "grant_type=client_credentials&client_secret=canary+of+a+client",
			});
			expect([other.posts, crm.posts]).toEqual([1, 2]);
			for (const _ of [1, 2])
				expect(await crm.next()).toMatchObject({ authorization: "Bearer canary.of.a.token" });
			expect(await hub.stored()).not.toMatch(/canary.of.a.(?:client|token)/);
		});

		it("is not asked as long as no token is to be had, and says so", async () => {
			// Whom the bench wakes by, it has answer what an API does.
			const { other: api } = bench;
			const login = crm;
			login.answer(() => Response.json({ error: "invalid_client" }, { status: 401 }));
			const expiring = await crmEndpoint(hub, "expiring", api, { secrets: client, login });
			expect((await crmEndpoint(hub, "bare", api, { login })).advice.join()).toContain(
				"set the secret `client`",
			);
			const id = await expiring.send(created(512));
			await failed(id, 1);
			const reason = `no token of ${login.origin}: answered 401`;
			await shows(id, { outcome: "waiting", fetches: [{ state: "owed", reason }] });
			expect(api.posts).toBe(0);
			login.answer(() => tokenOf("t-2"));
			api.answer(() => contact("ada@example.test"));
			await bench.pass(5_000);
			await shows(id, { fetches: [{ state: "found" }] });
		});
	});
}
