/// <reference path="../support/provided.d.ts" />
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, inject, it } from "vitest";
import worker from "../../src/host/workers/index.ts";
import { openHub } from "../../src/host/workers/open-hub.ts";
import { officeOf } from "../../src/host/workers/shards.ts";
import { pullDue } from "../../src/pull.ts";
import { testPull } from "../pull.suite.ts";
import { openTestHub } from "./test-hub.ts";

const stand = inject("salesforce");

// Its many files take long here, where they are not bundled, and a pull does not wait so long for an answer.
beforeAll(() => import("jsforce"), 180_000);

testPull(
	"Workers",
	async () => ({
		...(await openTestHub()),
		look: () => pullDue({ hub: openHub(), office: officeOf(env), timeout: (ms) => AbortSignal.timeout(ms) }),
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
