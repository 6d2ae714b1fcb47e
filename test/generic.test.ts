import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StoringHub } from "./sensitive.suite.ts";
import { delivery, type EndpointView, eventsOf, newestDelivery, type Page } from "./support/calls.ts";
import { openStoringHub } from "./support/stored.ts";

/** What an endpoint's settings make of requests, in a whole hub. */

let hub: StoringHub;
beforeEach(async () => {
	hub = await openStoringHub();
});
afterEach(() => hub.close());

const endpoint = async (settings: object, secrets: object = {}): Promise<EndpointView> =>
	(await hub.call("POST", "/endpoints", {
		connector: "generic",
		name: "acme",
		settings,
		secrets,
	})) as EndpointView;

const post = (url: string, headers: Readonly<Record<string, string>>, body: string): Promise<Response> =>
	hub.fetch(new Request(url, { method: "POST", headers, body }));

describe("A form that is called a text", () => {
	const text = { "Content-Type": "text/plain" };
	const settings = {
		body: "form",
		verify: [{ kind: "token", secret: "token", from: "field:tok" }],
		read: { type: "{field:event}", identities: { email: "{field:mail}" } },
		handshakes: [
			{ method: "POST", has: ["field:challenge"], answer: { status: 200, text: "{field:challenge}" } },
		],
	};

	it("shows its sender's token, which is not stored", async () => {
		const { url } = await endpoint(settings, { token: "s3cret" });
		expect((await post(url, text, "event=visit&tok=wrong")).status).toBe(401);
		expect((await post(url, text, "event=visit&mail=ada%40example.test&tok=s3cret")).status).toBe(200);
		await hub.drained();
		const { outcome, messageViews } = await newestDelivery(hub);
		expect([outcome, messageViews.map(({ type }) => type)]).toEqual(["unmatched", ["visit"]]);
		expect(await hub.stored()).not.toContain("s3cret");
	});

	it("is answered where it tries the address", async () => {
		const { url } = await endpoint(settings, { token: "s3cret" });
		expect(await (await post(url, text, "challenge=yes")).text()).toBe("yes");
	});
});

describe("Equal bodies", () => {
	const received = async (response: Response): Promise<string> =>
		((await response.json()) as { delivery: string }).delivery;
	const json = { "Content-Type": "application/json" };

	it("of one system are as many messages as their headers say", async () => {
		const { url } = (await hub.call("POST", "/endpoints", {
			connector: "cloudevents",
			name: "events",
			settings: { unsigned: "accept" },
			secrets: {},
		})) as EndpointView;
		const head = { "ce-specversion": "1.0", "ce-source": "/s", "ce-type": "t" };
		const send = async (id: string): Promise<string> =>
			received(await post(url, { ...head, "ce-id": id }, ""));
		const first = await send("e-1");
		expect(await send("e-1")).toBe(first);
		expect(await send("e-2")).not.toBe(first);
	});

	it("are as many messages as their headers say, where `read` goes by these", async () => {
		const { url } = await endpoint({
			unsigned: "accept",
			read: { id: "{header:X-Event-Id}", type: "{header:X-Topic}", identities: { email: "{field:mail}" } },
		});
		const send = async (id: string, topic: string): Promise<string> =>
			received(await post(url, { ...json, "X-Event-Id": id, "X-Topic": topic }, '{"mail":"a@b.test"}'));
		const approved = await send("1", "orders.approve");
		expect(await send("1", "orders.approve")).toBe(approved);
		const cancelled = await send("1", "orders.cancel");
		const deliveries = new Set([approved, cancelled, await send("2", "orders.cancel")]);
		expect(deliveries.size).toBe(3);
		await hub.drained();
		expect((await delivery(hub, cancelled)).messageViews).toMatchObject([
			{ senderId: "1", type: "orders.cancel" },
		]);
	});

	it("without an id are as many events as headers say types and persons", async () => {
		const { url } = await endpoint({
			unsigned: "accept",
			read: { type: "{header:X-Topic}", identities: { id: "{header:X-Member}" } },
		});
		const mapping = (type: string, action: string) => `
from: generic
when: { $message.type: ${type} }
event: { action: ${action}, customer: [{ id: $delivery.headers.x-member }], data: { product_id: $.of } }`;
		await hub.call("PUT", "/mappings/acme/join", mapping("join", "opt_in"));
		await hub.call("PUT", "/mappings/acme/look", mapping("look", "product_view"));
		await hub.call("PUT", "/mappings/acme/zoom", mapping("zoom", "product_view"));
		for (const said of ["join ada", "join bob", "look ada", "look bob", "zoom bob", "look bob"]) {
			const [topic = "", member = ""] = said.split(" ");
			await post(url, { ...json, "X-Topic": topic, "X-Member": member }, '{"of":"p-1"}');
			await hub.drained();
		}
		const views = (await eventsOf(hub)).filter(({ action }) => action === "product_view");
		expect(views.map(({ customer }) => customer)).toEqual(["ada", "bob", "bob"]);
	});
});

it("GETs without a body are messages by their queries", async () => {
	const { url } = await endpoint({
		unsigned: "accept",
		methods: "GET,POST",
		read: { id: "{query:n}", type: "{query:event}", identities: { email: "{query:mail}" } },
	});
	const ask = (method: string, query: string): Promise<Response> =>
		hub.fetch(new Request(`${url}?${query}`, { method }));
	expect((await ask("HEAD", "event=visit&n=0")).status).toBe(405);
	for (const n of [1, 1, 2]) expect((await ask("GET", `event=visit&n=${n}&mail=ada`)).status).toBe(200);
	await hub.drained();
	expect(await newestDelivery(hub)).toMatchObject({
		outcome: "unmatched",
		messageViews: [{ senderId: "2", type: "visit" }],
	});
	const { data } = (await hub.call("GET", "/deliveries")) as Page<{ readonly repeats: number }>;
	expect(data.map(({ repeats }) => repeats)).toEqual([0, 1]);
});
