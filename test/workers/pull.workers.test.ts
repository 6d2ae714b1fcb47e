/// <reference path="../support/provided.d.ts" />
import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { inject } from "vitest";
import worker from "../../src/host/workers/index.ts";
import { testPull } from "../pull.suite.ts";
import { openTestHub } from "./test-hub.ts";

testPull(
	"Workers",
	async () => ({
		...(await openTestHub()),
		look: () => worker.scheduled(),
		pass: (ms) =>
			runInDurableObject(env.OFFICE.getByName("office"), (_office, { storage }) => {
				storage.sql.exec("UPDATE pull SET due_at = due_at - ?", ms);
			}),
		close: () => reset(),
	}),
	async () => {
		const { url, secrets } = inject("salesforce");
		return {
			url,
			secrets,
			convert: async (id) => {
				await fetch(`${url}/convert?id=${id}`);
			},
		};
	},
);
