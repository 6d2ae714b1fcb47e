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

it("The cron trigger makes a hub look", async () => {
	const hub = await openTestHub();
	const settings = { myDomain: stand.url };
	const secrets = { consumerKey: "nobody's", consumerSecret: "wr0ng" };
	await hub.call("POST", "/endpoints", { connector: "salesforce", name: "crm", settings, secrets });
	await worker.scheduled();
	expect(await officeOf(env).pulls()).toMatchObject([{ failures: 1 }]);
}, 60_000);
