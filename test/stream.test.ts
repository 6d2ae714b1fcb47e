import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";
import type { PullView } from "../src/office/pulls.ts";
import { outcomeOf } from "./segment.suite.ts";
import { customer, type EndpointView, eventsOf, newestDelivery, type Page } from "./support/calls.ts";
import { type NodeTestHub, openTestHub } from "./support/hub.ts";
import { consumer, type FakeSalesforce, openFakeSalesforce } from "./support/salesforce.ts";

/** A hub that reads Salesforce's streams, where connections can be held. */

let hub: NodeTestHub;
let fake: FakeSalesforce;
let passed = 0;
beforeEach(async () => {
	[hub, fake] = await Promise.all([openTestHub(() => Date.now() + passed), openFakeSalesforce()]);
});
afterEach(async () => {
	await hub.close();
	await fake.close();
});

const patience = { timeout: 60_000 };
const leads = "/data/LeadChangeEvent";
const contacts = "/data/ContactChangeEvent";
const sample = (name: string): string =>
	readFileSync(join(projectRoot, "connectors", "salesforce", "samples", name), "utf8");

interface ChangeEvent {
	readonly payload: { readonly ChangeEventHeader: { readonly entityName: string } };
}
const changes = JSON.parse(sample("cdc-lead-converted.json")) as readonly ChangeEvent[];
const changeOf = (name: string): ChangeEvent => {
	const found = changes.find(({ payload }) => payload.ChangeEventHeader.entityName === name);
	if (found === undefined) throw new Error(`there is a ${name}`);
	return found;
};
/** Another lead's conversion, to a contact of its own. */
const conversion = (letter: string): object =>
	JSON.parse(
		JSON.stringify(changeOf("Lead"))
			.replaceAll("00Q5g00000LmNoPEAV", `00Q5g00000LmNo${letter}EAV`)
			.replaceAll("0035g00000VwXyZAAV", `0035g00000VwXy${letter}AAV`)
			.replaceAll('"sequenceNumber":4', `"sequenceNumber":${letter.charCodeAt(0)}`),
	) as object;

const create = async (name: string, settings: object, secrets: object = consumer): Promise<EndpointView> =>
	(await hub.call("POST", "/endpoints", {
		connector: "salesforce",
		name,
		settings: { myDomain: fake.url, ...settings },
		secrets,
	})) as EndpointView;

interface View {
	readonly name: string;
	readonly pull: PullView | null;
	readonly health: { readonly state: string; readonly why: string };
}
const viewOf = async (name: string): Promise<View> => {
	const { data } = (await hub.call("GET", "/endpoints")) as Page<View>;
	const found = data.find((one) => one.name === name);
	if (found === undefined) throw new Error(`there is an endpoint ${name}`);
	return found;
};

/** With all done that follows from what was found: it may have come after what was waited for last. */
const until = (found: () => Promise<void> | void): Promise<void> =>
	vi.waitFor(
		async () => {
			await hub.drained();
			await found();
			await hub.drained();
		},
		{ timeout: 20_000, interval: 50 },
	);
const listened = (): Promise<void> => until(() => expect(fake.streams.listeners()).toBe(1));
const leadsIn = async () =>
	(await eventsOf(hub)).flatMap(({ action, properties }) =>
		action === "lead_converted" ? [properties["lead_id"]] : [],
	);
const deliveries = async (): Promise<number> =>
	((await hub.call("GET", "/deliveries?limit=200")) as Page<unknown>).data.length;

describe("A hub that reads Salesforce's streams", patience, () => {
	it("makes a member of who is converted, with what is told of the contact before", async () => {
		await create("crm", { channels: [contacts, leads] });
		await listened();
		fake.streams.publish(contacts, changeOf("Contact"));
		await until(async () => expect(await deliveries()).toBe(1));
		expect(outcomeOf(await newestDelivery(hub))).toBe("profile not_a_member");
		fake.streams.publish(leads, changeOf("Lead"));
		await until(async () => expect(await leadsIn()).toEqual(["00Q5g00000LmNoPEAV"]));
		const events = await eventsOf(hub);
		expect(events.map(({ action }) => action).toSorted()).toEqual(["lead_converted", "opt_in", "profile"]);
		const member = events.find(({ action }) => action === "opt_in")?.customer ?? "";
		expect(await customer(hub, member)).toMatchObject({
			identities: expect.arrayContaining([
				{ kind: "salesforce.contact", value: "0035g00000VwXyZAAV" },
				{ kind: "email", value: "ada.quill@example.test" },
			]),
		});
		expect(await viewOf("crm")).toMatchObject({
			pull: { failures: 0, failure: null, gap: null },
			health: { state: "healthy" },
		});
	});

	it("counts a conversion once, whether it is streamed twice, called out or asked for", async () => {
		const to = await create("crm", { channels: [leads] }, { ...consumer, header: "open sesame" });
		await listened();
		fake.streams.repeat();
		fake.streams.publish(leads, changeOf("Lead"));
		await until(async () => expect(await leadsIn()).toHaveLength(1));
		expect(outcomeOf(await newestDelivery(hub))).toMatch(
			/^opt_in appended.*lead_converted appended.*; opt_in duplicate.*lead_converted duplicate/,
		);
		await hub.fetch(
			new Request(to.url, {
				method: "POST",
				headers: { "Content-Type": "application/json", "X-Hub-Secret": "open sesame" },
				body: sample("callout-lead-converted.json"),
			}),
		);
		await hub.drained();
		expect(outcomeOf(await newestDelivery(hub))).toContain("lead_converted duplicate");

		fake.leads.push({
			Id: "00Q5g00000LmNoPEAV",
			ConvertedAccountId: "0015g00000QrStUAAV",
			ConvertedContactId: "0035g00000VwXyZAAV",
			ConvertedOpportunityId: "0065g00000AbCdEAAV",
			SystemModstamp: new Date(Date.now() + passed).toISOString().replace("Z", "+0000"),
		});
		await create("other-crm", {});
		await until(async () => expect(await deliveries()).toBe(3));
		expect(outcomeOf(await newestDelivery(hub))).toContain("lead_converted duplicate");
		const actions = (await eventsOf(hub)).map(({ action }) => action);
		expect(actions.filter((action) => action === "opt_in")).toHaveLength(1);
		expect(actions.filter((action) => action === "lead_converted")).toHaveLength(1);
	});

	it("goes on where it was when Salesforce is back, and when it is itself", async () => {
		await create("crm", { channels: [leads] });
		await listened();
		fake.streams.publish(leads, conversion("A"));
		await until(async () => expect(await leadsIn()).toHaveLength(1));

		await fake.die();
		fake.streams.publish(leads, conversion("B"));
		await until(async () => expect((await viewOf("crm")).pull).toMatchObject({ failures: 1 }));
		await fake.rise();
		passed += 10 * 60_000;
		await until(async () => expect(await leadsIn()).toHaveLength(2));

		await hub.reopen(undefined, () => {
			fake.streams.publish(leads, conversion("C"));
		});
		await until(async () => expect(await leadsIn()).toHaveLength(3));
		expect(await leadsIn()).toEqual(["A", "B", "C"].map((letter) => `00Q5g00000LmNo${letter}EAV`));
		expect(await deliveries()).toBe(3);
		const asked = fake.streams.asked;
		expect([asked[0], asked.at(-1)]).toEqual([`${leads} from -2`, `${leads} from 70002`]);
		expect(asked).toContain(`${leads} from 70001`);
		// Who closed has said so.
		expect(fake.streams.listeners()).toBe(1);
	});

	it("says what it missed, and why it can not read", async () => {
		await create("crm", { channels: [leads] });
		await listened();
		fake.streams.publish(leads, conversion("A"));
		await until(async () => expect(await leadsIn()).toHaveLength(1));
		await fake.die();
		fake.streams.publish(leads, conversion("B"));
		fake.streams.publish(leads, conversion("C"));
		fake.streams.forget(70002);
		for (const failures of [1, 2, 3]) {
			await until(async () => expect((await viewOf("crm")).pull).toMatchObject({ failures }));
			passed += 10 * 60_000;
		}
		expect((await viewOf("crm")).health).toMatchObject({
			state: "failing",
			why: expect.stringMatching(/^its system was asked in vain [3-9] times in a row: Salesforce: /),
		});
		passed += 71 * 60 * 60_000;
		await fake.rise();
		await until(async () => {
			passed += 60_000;
			expect(await leadsIn()).toHaveLength(2);
			expect((await viewOf("crm")).pull).toMatchObject({ failures: 0 });
		});
		expect(await leadsIn()).toEqual(["00Q5g00000LmNoAEAV", "00Q5g00000LmNoCEAV"]);
		const { pull, health } = await viewOf("crm");
		expect(pull).toMatchObject({
			failures: 0,
			gap: { reason: expect.stringContaining("no longer has the place up to which /data/LeadChangeEvent") },
		});
		expect(health).toEqual(expect.objectContaining({ state: "failing", why: pull?.gap?.reason }));
		expect(hub.errors.some((error) => error.includes("let go"))).toBe(true);
	});

	it("holds what comes while its endpoint is paused, and reads nothing for one that is deleted", async () => {
		const { id } = await create("crm", { channels: [leads] });
		await listened();
		await hub.call("PATCH", `/endpoints/${id}`, { state: "paused" });
		await until(() => expect(fake.streams.asked).toHaveLength(2));
		await listened();
		fake.streams.publish(leads, conversion("A"));
		await until(async () => expect(await deliveries()).toBe(1));
		expect((await newestDelivery(hub)).outcome).toBe("held");
		await hub.call("PATCH", `/endpoints/${id}`, { state: "deleted" });
		await until(() => expect(fake.streams.listeners()).toBe(0));
	});
});
