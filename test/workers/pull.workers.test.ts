/// <reference path="../support/provided.d.ts" />
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, inject, it, vi } from "vitest";
import worker from "../../src/host/workers/index.ts";
import { openHub } from "../../src/host/workers/open-hub.ts";
import { askSystemOf, officeOf } from "../../src/host/workers/shards.ts";
import { pullDue } from "../../src/pull.ts";
import { testPull } from "../pull.suite.ts";
import type { Page } from "../support/calls.ts";
import { openTestHub } from "./test-hub.ts";

const stand = inject("salesforce");

// Its many files take long here, where they are not bundled, and a pull does not wait so long for an answer.
beforeAll(() => import("jsforce"), 180_000);

const look = () =>
	pullDue({
		hub: openHub(),
		office: officeOf(env),
		askSystem: askSystemOf(env),
		publicUrl: () => "https://hub.example",
		timeout: (ms) => AbortSignal.timeout(ms),
	});

testPull(
	"Workers",
	async () => ({
		...(await openTestHub()),
		look,
		pass: (ms) =>
			runInDurableObject(env.OFFICE.getByName("office"), (_office, { storage }) => {
				storage.sql.exec("UPDATE pull SET due_at = due_at - ?", ms);
			}),
		close: () => reset(),
	}),
	async () => ({
		...stand,
		convert: async (id) => {
			await fetch(`${stand.url}/convert?id=${id}`);
		},
	}),
);

it("An endpoint that would have to hold a connection is refused, with what there is instead", async () => {
	const hub = await openTestHub();
	const channels = ["/data/LeadChangeEvent"];
	const make = (settings: object) =>
		hub.ask("POST", "/endpoints", { connector: "salesforce", name: "crm", settings });
	const refused = {
		error:
			"this hub runs where no connection can be held, which a stream needs; leave `channels` empty, so that the hub asks for " +
			"converted leads (pull), and let a flow or Apex call the hub for all else",
	};
	const made = await make({ channels });
	expect([made.status, await made.json()]).toEqual([400, refused]);

	const { id } = await (await make({ myDomain: stand.url })).json<{ id: string }>();
	const changed = await hub.ask("PATCH", `/endpoints/${id}`, { settings: { channels } });
	expect([changed.status, await changed.json()]).toEqual([400, refused]);
	expect(await hub.call("GET", `/endpoints/${id}`)).toMatchObject({ settings: { channels: [] } });
}, 60_000);

it("The cron trigger makes a hub look", async () => {
	const hub = await openTestHub();
	const settings = { myDomain: stand.url };
	const secrets = { consumerKey: "nobody's", consumerSecret: "wr0ng" };
	await hub.call("POST", "/endpoints", { connector: "salesforce", name: "crm", settings, secrets });
	await worker.scheduled();
	expect(await officeOf(env).pulls()).toMatchObject([{ failures: 1 }]);
}, 60_000);

it("A channel of Zoho CRM is enabled by the clock, with a token that the office has", async () => {
	const hub = await openTestHub();
	const asked: string[] = [];
	const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const { method, url, headers } = new Request(input, init);
		asked.push(`${method} ${url} ${headers.get("Authorization")}`);
		if (url.includes("/token")) return Response.json({ access_token: "t", expires_in: 3600 });
		const channel_expiry = new Date(Date.now() + 6 * 24 * 3_600_000).toISOString();
		return Response.json({ watch: [{ status: "success", details: { events: [{ channel_expiry }] } }] });
	});
	await hub.call("POST", "/endpoints", {
		connector: "zoho-crm",
		name: "zoho",
		settings: { channel: "1000000068001" },
		secrets: { token: "t", client: "1000.C", clientSecret: "s", refresh: "1000.R" },
	});
	await look();
	spy.mockRestore();
	expect(asked).toEqual([
		"POST https://accounts.zoho.com/oauth/v2/token null",
		"PUT https://www.zohoapis.com/crm/v8/actions/watch Zoho-oauthtoken t",
	]);
	const { data } = (await hub.call("GET", "/endpoints")) as Page<{ name: string; pull: object | null }>;
	expect(data.find(({ name }) => name === "zoho")?.pull).toMatchObject({ failures: 0, failure: null });
});
