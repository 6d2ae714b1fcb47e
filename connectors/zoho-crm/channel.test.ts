import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { bad, good } from "../../src/model/result.ts";
import { zohoCrm } from "./index.ts";

const now = Date.parse("2026-06-04T12:00:00.000Z");
const url = "https://hub.example/in/in_0123";
const secrets = { token: ["new", "old"], client: ["1000.C"], clientSecret: ["s"], refresh: ["1000.R"] };

const configured = (settings: JsonObject) => {
	const checked = zohoCrm.configure(settings);
	if (!checked.ok || checked.value.pull === undefined)
		throw new Error(String(!checked.ok && checked.failure));
	return { ...checked.value, pull: checked.value.pull };
};

/** What Zoho answers of a channel with two modules, that ends first then. */
const success = (until: string): JsonObject => {
	const event = { resource_uri: "https://www.zohoapis.com/crm/v8/Contacts", channel_id: "1000000068001" };
	const events = [
		{ ...event, resource_name: "Leads", channel_expiry: "2027-01-01T00:00:00+00:00" },
		{ ...event, resource_name: "Contacts", channel_expiry: until },
	];
	return { watch: [{ code: "SUCCESS", status: "success", message: "…", details: { events } }] };
};
const refused = (code: Json): JsonObject => ({
	watch: [{ code, status: "error", message: "…", details: {} }],
});

/** Asks Zoho, which answers one after the other; a text is a failure. */
async function asked(
	settings: JsonObject,
	answers: readonly (JsonObject | string)[],
	at: string | null = url,
) {
	const questions: JsonObject[] = [];
	const left = [...answers];
	const page = await configured({ channel: "1000000068001", ...settings }).pull.ask({
		secrets,
		cursor: null,
		now,
		url: at,
		askSystem: async ({ path, method, body }) => {
			questions.push({ [`${method} ${path}`]: body });
			const answer = left.shift() ?? "nothing more is asked";
			return typeof answer === "string" ? bad(answer) : good(answer);
		},
	});
	return { page, questions };
}

const nothing = good({ body: null, cursor: { until: "2026-06-10T12:00:00.000Z" }, more: false });
const watch = (events: readonly string[]) => ({
	watch: [
		{
			channel_id: "1000000068001",
			events,
			channel_expiry: "2026-06-10T12:00:00+00:00",
			token: "new",
			notify_url: url,
			return_affected_field_values: true,
		},
	],
});

describe("A channel of Zoho CRM", () => {
	it("is renewed by its number, with the newest token and where the endpoint is", async () => {
		expect(await asked({}, [success("2026-06-10T17:30:00+05:30")])).toEqual({
			page: nothing,
			questions: [{ "PUT /crm/v8/actions/watch": watch(["Contacts.create", "Contacts.edit", "Leads.edit"]) }],
		});
	});

	it.each([
		["a status", "answered 400"],
		["a code", refused("NOT_SUBSCRIBED")],
	])(
		"is enabled where Zoho says by %s that there is none, with the events of the settings",
		async (_by, none) => {
			const events = ["Deals.create", "Contacts.all"];
			const answers = [none, success("2026-06-10T12:00:00Z")];
			expect(await asked({ events: events.join(",") }, answers)).toEqual({
				page: nothing,
				questions: [
					{ "PUT /crm/v8/actions/watch": watch(events) },
					{ "POST /crm/v8/actions/watch": watch(events) },
				],
			});
		},
	);

	it.each<[string, readonly (JsonObject | string)[], string]>([
		["a status", ["answered 400", "answered 401"], "the channel 1000000068001 is not renewed: answered 401"],
		[
			"a code",
			["answered 400", refused("LICENSE_LIMIT_EXCEEDED")],
			"the channel 1000000068001 is not renewed: Zoho answered LICENSE_LIMIT_EXCEEDED",
		],
		[
			"what is no code",
			[refused("a@b.example"), refused({ a: 1 })],
			"the channel 1000000068001 is not renewed: Zoho answered without a code",
		],
		["nothing", [{}, {}], "the channel 1000000068001 is not renewed: Zoho answered without a code"],
		[
			"an hour",
			[success("2026-06-04T13:00:00Z")],
			"Zoho ends the channel already at 2026-06-04T13:00:00.000Z",
		],
	])("says why it is not renewed where Zoho answers with %s", async (_with, answers, failure) => {
		expect((await asked({}, answers)).page).toEqual(bad(failure));
	});

	it.each([null, "http://127.0.0.1:8787/in/in_0123"])("is not enabled for %s", async (at) => {
		expect(await asked({}, [], at)).toEqual({
			page: bad("Zoho notifies https URLs only: set HUB_PUBLIC_URL to what the world calls the hub"),
			questions: [],
		});
	});

	it("is kept where there is a number and all that asking needs", () => {
		const all = new Set(Object.keys(secrets));
		expect(configured({ channel: "7" }).pull.isOn(all)).toBe(true);
		expect(configured({}).pull.isOn(all)).toBe(false);
		for (const name of all)
			expect(configured({ channel: "7" }).pull.isOn(all.difference(new Set([name])))).toBe(false);
		expect(configured({ channel: "7" }).advice(all)[2]).toMatch(/^The hub enables the channel 7 /);
		expect(configured({ channel: "7" }).advice(new Set())[2]).toMatch(
			/^The hub does not enable the channel 7 /,
		);
	});

	it("is one that notifications may come by", () => {
		const { problem } = configured({ channel: "7", channels: "8" });
		const delivery = {
			method: "POST",
			path: "",
			query: "",
			headers: {},
			body: new Uint8Array(),
			receivedAt: 0,
		};
		const by = (channel_id: string) => problem({ module: "Contacts", channel_id }, delivery);
		expect([by("7"), by("8")]).toEqual([undefined, undefined]);
		expect(by("9")).toBe("the notification is of a channel that is none of the endpoint's");
	});

	it.each([
		["channel", "7a"],
		["events", "Contacts.changed"],
		["events", "Contacts"],
	])("refuses %s=%s", (name, value) => {
		expect(zohoCrm.configure({ [name]: value })).toMatchObject({ ok: false });
	});
});
