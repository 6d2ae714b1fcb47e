import "./support/crm.ts";
import { expect, it } from "vitest";
import {
	client,
	contact,
	created,
	crmEndpoint,
	type EnrichmentBench,
	testEnrichment,
	tokenOf,
} from "./enrichment.suite.ts";
import { delivery } from "./support/calls.ts";
import { crmMappings } from "./support/crm.ts";
import { listeningSite } from "./support/listening-site.ts";
import { openStoringHub } from "./support/stored.ts";

async function openBench(): Promise<EnrichmentBench<Awaited<ReturnType<typeof openStoringHub>>>> {
	let ahead = 0;
	const hub = await openStoringHub(() => Date.now() + ahead);
	const [crm, other] = await Promise.all([listeningSite(), listeningSite()]);
	return {
		hub,
		crm,
		other,
		pass: async (ms) => {
			ahead += ms;
			// Whoever sleeps knows nothing of a clock that was moved: something that has to be asked wakes them.
			const waker = await crmEndpoint(hub, `waker-${ahead}`, other);
			other.answer(() => contact("waker@example.test"));
			await waker.send(created(1_000_000 + ahead));
		},
		close: async () => {
			await Promise.all([crm, other, hub].map((one) => one.close()));
		},
	};
}

testEnrichment("Node", openBench);

it("asks again after a restart what nobody had answered before", { timeout: 20_000 }, async () => {
	const { hub, crm, close } = await openBench();
	try {
		for (const [name, text] of Object.entries(crmMappings)) await hub.call("PUT", `/mappings/${name}`, text);
		const endpoint = await crmEndpoint(hub, "contacts", crm);
		const unanswered = Promise.withResolvers<Response>();
		crm.answer(() => unanswered.promise);
		const id = await endpoint.send(created(512));
		const asked = await crm.next();
		crm.answer(() => contact("ada@example.test"));
		await hub.reopen();
		expect(await crm.next()).toEqual(asked);
		await expect.poll(async () => (await delivery(hub, id)).outcome).toBe("appended");
		expect(hub.errors).toEqual([]);
		unanswered.resolve(new Response());
	} finally {
		await close();
	}
});

it("uses an answer again for as long as its connector says", { timeout: 20_000 }, async () => {
	const { hub, crm, pass, close } = await openBench();
	try {
		const endpoint = await crmEndpoint(hub, "contacts", crm);
		crm.answer(() => contact("ada@example.test"));
		const found = async () => {
			const id = await endpoint.send(created(512));
			await expect.poll(async () => (await delivery(hub, id)).fetches).toMatchObject([{ state: "found" }]);
			return crm.posts;
		};
		expect([await found(), await found()]).toEqual([1, 1]);
		await pass(60_000);
		expect(await found()).toBe(2);
	} finally {
		await close();
	}
});

it("has a token anew where it is not believed, once, and when it expires", { timeout: 20_000 }, async () => {
	// Whom the bench wakes by, it has answer what an API does.
	const { hub, crm: login, other: api, pass, close } = await openBench();
	try {
		const endpoint = await crmEndpoint(hub, "contacts", api, { secrets: client, login });
		let believed = 1;
		login.answer(() => tokenOf(`t-${login.posts}`));
		api.answer((_path, authorization) =>
			authorization === `Bearer t-${believed}`
				? contact("ada@example.test")
				: new Response("", { status: 401 }),
		);
		let contacts = 500;
		const asked = async (expected: object) => {
			const id = await endpoint.send(created(contacts++));
			await expect.poll(async () => (await delivery(hub, id)).fetches).toMatchObject([expected]);
			return { tokens: login.posts, questions: api.posts };
		};
		expect(await asked({ state: "found" })).toEqual({ tokens: 1, questions: 1 });
		believed = 2;
		expect(await asked({ state: "found", attempts: 0 })).toEqual({ tokens: 2, questions: 3 });
		believed = 9;
		const refused = { state: "owed", reason: "answered 401", attempts: 1 };
		expect(await asked(refused)).toEqual({ tokens: 3, questions: 5 });
		believed = 3;
		expect(await asked({ state: "found" })).toEqual({ tokens: 3, questions: 6 });
		await pass(3_600_000);
		expect(await asked({ state: "found" })).toMatchObject({ tokens: 4 });
	} finally {
		await close();
	}
});
