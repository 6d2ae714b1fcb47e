import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PullView } from "../src/office/pulls.ts";
import { outcomeOf } from "./segment.suite.ts";
import { type EndpointView, eventsOf, newestDelivery, type Page, type TestHub } from "./support/calls.ts";

/** A stand-in for Salesforce, which may be in another process. */
export interface StandIn {
	readonly url: string;
	readonly secrets: Readonly<Record<string, string>>;
	/** Another lead is converted: an id of 18 characters. */
	convert(id: string): Promise<void>;
}

/**
 * A hub that asks Salesforce, on whichever host. `look` makes it look for what is due, where it does not by itself; `pass` lets
 * time pass.
 */
export function testPull(
	host: string,
	open: () => Promise<TestHub & { look(): Promise<void>; pass(ms: number): Promise<void> }>,
	standIn: () => Promise<StandIn>,
): void {
	let hub: Awaited<ReturnType<typeof open>>;
	let salesforce: StandIn;
	beforeEach(async () => {
		[hub, salesforce] = await Promise.all([open(), standIn()]);
	});
	afterEach(() => hub.close(), patience.timeout);

	const create = async (secrets: StandIn["secrets"]): Promise<EndpointView> =>
		(await hub.call("POST", "/endpoints", {
			connector: "salesforce",
			name: "crm",
			settings: { organisation: "00D5g000004XyZ1", myDomain: salesforce.url },
			secrets,
		})) as EndpointView;
	const pullOf = async (): Promise<Omit<PullView, "endpoint"> | null> => {
		const { data } = (await hub.call("GET", "/endpoints")) as Page<{ name: string; pull: PullView | null }>;
		return data.find(({ name }) => name === "crm")?.pull ?? null;
	};
	/** Looks until there is what `found` says. */
	const lookFor = (found: () => Promise<void>): Promise<void> =>
		vi.waitFor(
			async () => {
				await hub.look();
				await hub.drained();
				await found();
			},
			{ timeout: 20_000, interval: 100 },
		);
	const conversions = async () =>
		(await eventsOf(hub)).flatMap(({ action, properties }) =>
			action === "lead_converted" ? [properties["lead_id"]] : [],
		);

	describe(`A hub that asks Salesforce, on ${host}`, patience, () => {
		it("finds converted leads, each once, however often it asks", async () => {
			await create(salesforce.secrets);
			await salesforce.convert(leads[0]);
			await lookFor(async () => expect(await conversions()).toEqual([leads[0]]));
			expect(outcomeOf(await newestDelivery(hub))).toMatch(/^opt_in appended.*lead_converted appended/);
			await salesforce.convert(leads[1]);
			await hub.pass(everyMs);
			await lookFor(async () => expect(await conversions()).toEqual(leads));
			// The first is so young that it was asked for again.
			expect(outcomeOf(await newestDelivery(hub))).toMatch(/duplicate.*; .*lead_converted appended/);
			expect(await pullOf()).toMatchObject({ failures: 0, failure: null });
		});

		it("says why it gets no answer, and asks less often", async () => {
			await create({ consumerKey: "nobody's", consumerSecret: "wr0ng" });
			await lookFor(async () => expect((await pullOf())?.failures).toBe(1));
			await hub.pass(everyMs);
			await lookFor(async () => expect((await pullOf())?.failures).toBe(2));
			const pull = await pullOf();
			expect(pull?.failure).toContain("invalid client");
			expect(pull?.failure).not.toContain("wr0ng");
		});

		it("asks nothing for an endpoint without the secrets", async () => {
			await create({});
			await hub.look();
			expect(await pullOf()).toBeNull();
		});
	});
}

const leads = ["00Q5g00000LmNoPEAV", "00Q5g00000LmNoQEAV"] as const;
const everyMs = 5 * 60_000;
const patience = { timeout: 60_000 };
