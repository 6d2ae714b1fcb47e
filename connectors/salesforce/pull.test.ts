import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../../src/model/json.ts";
import { bad } from "../../src/model/result.ts";
import { consumer, type FakeSalesforce, openFakeSalesforce } from "../../test/support/salesforce.ts";
import { salesforce } from "./index.ts";

let fake: FakeSalesforce;
beforeEach(async () => {
	fake = await openFakeSalesforce();
});
afterEach(() => fake.close());

const now = Date.parse("2026-06-04T12:00:00.000Z");
const secrets = { consumerKey: [consumer.consumerKey], consumerSecret: [consumer.consumerSecret, "older"] };

const pullAt = (myDomain: string) => {
	const configured = salesforce.configure({ myDomain });
	if (!configured.ok || configured.value.pull === undefined) throw new Error("it pulls");
	return configured.value.pull;
};
const askSystem = async () => bad("jsforce asks");
const ask = (cursor: Json, given = secrets) =>
	pullAt(fake.url).ask({ secrets: given, cursor, now, url: null, askSystem });

const idOf = (number: number): string => `00Q5g00000${String(number).padStart(5, "0")}AAA`;
const lead = (number: number, time: string) => ({
	Id: idOf(number),
	ConvertedContactId: "0035g00000VwXyZAAV",
	SystemModstamp: time,
});
const idsIn = (page: Awaited<ReturnType<typeof ask>>): readonly string[] => {
	if (!page.ok) throw new Error(page.failure);
	const { records } = (page.value.body ?? { records: [] }) as { records: readonly { readonly Id: string }[] };
	return records.map(({ Id }) => Id);
};

describe("A pull of converted leads", () => {
	it("begins with what is converted from then on, and a little before", async () => {
		fake.leads.push(
			lead(1, "2026-06-04T11:54:59.000+0000"),
			lead(2, "2026-06-04T11:59:00.000+0000"),
			lead(3, "2026-06-04T12:00:01.000+0000"),
		);
		const page = await ask(null);
		expect(idsIn(page)).toEqual([idOf(2), idOf(3)]);
		expect(page).toMatchObject({
			value: { cursor: { at: "2026-06-04T12:00:01.000Z", id: idOf(3), midway: false }, more: false },
		});
		expect(fake.asked[1]).toBe(
			"SELECT Id, Email, FirstName, LastName, Phone, MobilePhone, Company, IsConverted, ConvertedAccountId, ConvertedContactId, ConvertedOpportunityId, SystemModstamp FROM Lead WHERE IsConverted = true AND SystemModstamp > 2026-06-04T11:55:00.000Z ORDER BY SystemModstamp ASC, Id ASC LIMIT 500",
		);
	});

	it("stays where it is while nothing happens", async () => {
		const page = await ask(null);
		const cursor = { at: "2026-06-04T12:00:00.000Z", id: "", midway: false };
		expect(page).toEqual({ ok: true, value: { body: null, cursor, more: false } });
		expect(await ask(cursor)).toEqual(page);
	});

	it("takes every lead of many, also of one second, page by page", async () => {
		for (let number = 0; number < 1_203; number++)
			fake.leads.push(
				lead(number, number < 900 ? "2026-06-04T12:01:00.000+0000" : "2026-06-04T12:02:00.000+0000"),
			);
		const seen: string[] = [];
		let cursor: Json = null;
		for (let more = true; more; ) {
			const page = await ask(cursor);
			seen.push(...idsIn(page));
			if (!page.ok) break;
			({ cursor, more } = page.value);
		}
		expect(seen).toEqual(fake.leads.map(({ Id }) => Id));
		expect(fake.asked.filter((one) => one.startsWith("SELECT"))).toHaveLength(3);
		// What became visible late is found by the next pull.
		fake.leads.push(lead(5_000, "2026-06-04T12:00:30.000+0000"));
		expect(idsIn(await ask(cursor))).toContain(idOf(5_000));
	});

	it("begins its session again where that has ended, once", async () => {
		fake.leads.push(lead(1, "2026-06-04T12:00:01.000+0000"));
		fake.endSession();
		expect(idsIn(await ask(null))).toEqual([idOf(1)]);
		expect(fake.asked.map((one) => one.slice(0, 10))).toEqual(["token", "no session", "token", "SELECT Id,"]);
	});

	it("says why it got no answer, and no secret", async () => {
		const wrong = await ask(null, { ...secrets, consumerSecret: ["wr0ng"] });
		expect(wrong).toEqual({ ok: false, failure: expect.stringContaining("invalid client") });
		expect(JSON.stringify(wrong)).not.toContain("wr0ng");
		fake.fail({
			path: /query/,
			status: 403,
			body: '[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests"}]',
		});
		expect(await ask(null)).toEqual({
			ok: false,
			failure: expect.stringContaining("REQUEST_LIMIT_EXCEEDED"),
		});
		fake.fail({ path: /query/, status: 400, body: "<html>".repeat(1_000) });
		const page = await ask(null);
		expect(page.ok ? "" : page.failure.length).toBeLessThan(400);
	});

	it("is on where there is a My Domain and both secrets", () => {
		const on = pullAt("https://leafworks--test.sandbox.my.salesforce.com");
		expect(on.isOn(new Set(["consumerKey", "consumerSecret"]))).toBe(true);
		expect(on.isOn(new Set(["consumerKey"]))).toBe(false);
		expect(pullAt("").isOn(new Set(["consumerKey", "consumerSecret"]))).toBe(false);
		for (const myDomain of [
			"http://leafworks.my.salesforce.com",
			"https://my.salesforce.com.evil.example",
			"https://x.example/.my.salesforce.com",
		])
			expect(salesforce.configure({ myDomain }).ok).toBe(false);
	});
});
