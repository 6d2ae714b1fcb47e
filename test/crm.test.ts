import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";
import type { Planned } from "../src/inbox/inbox.ts";
import {
	customer,
	delivery,
	type EndpointView,
	eventsOf,
	newestDelivery,
	type Page,
} from "./support/calls.ts";
import { type NodeTestHub, openTestHub } from "./support/hub.ts";
import { provider } from "./support/provider.ts";

/** What becomes of a sales team's leads in a whole hub, where a converted one earns 50 points. */

const points = 50;
const secret = "a text of one's own";

let hub: NodeTestHub;
beforeEach(async () => {
	hub = await openTestHub();
	const { text } = (await hub.call("GET", "/actions/lead_converted")) as { text: string };
	await hub.call("PUT", "/actions/lead_converted", `${text}points: ${points}\n`);
});
afterEach(() => hub.close());

const endpoint = async (
	connector: string,
	secrets: Readonly<Record<string, string>>,
	settings: object = {},
): Promise<EndpointView> =>
	(await hub.call("POST", "/endpoints", { connector, name: connector, settings, secrets })) as EndpointView;

const sample = (path: string): string =>
	readFileSync(join(projectRoot, "connectors", path.replace("/", "/samples/")), "utf8");

/** What becomes of a delivery's messages: `opt_in appended; lead_converted appended 50`. */
async function sent(
	to: EndpointView,
	headers: Readonly<Record<string, string>>,
	body: string,
): Promise<string> {
	const response = await hub.fetch(new Request(to.url, { method: "POST", headers, body }));
	expect(response.status).toBe(200);
	await hub.drained();
	return outcomeOf((await newestDelivery(hub)).id);
}

async function outcomeOf(id: string): Promise<string> {
	const { messageViews } = await delivery(hub, id);
	return messageViews
		.map(({ plan, outcome }) => {
			const events = (plan ?? []).filter((planned) => planned.outcome?.kind !== "skipped");
			return events.map(wordsOf).join("; ") || outcome;
		})
		.join(" | ");
}

function wordsOf({ action, outcome }: Planned): string {
	const gained = outcome?.kind === "appended" && outcome.points !== 0 ? ` ${outcome.points}` : "";
	return `${action} ${outcome?.kind}${gained}`;
}

/** What becomes of the newest delivery in the end. */
const becomes = async (expected: string): Promise<void> => {
	const { id } = await newestDelivery(hub);
	await vi.waitFor(async () => expect(await outcomeOf(id)).toBe(expected), { timeout: 10_000, interval: 20 });
};

const conversions = async (): Promise<number> =>
	(await eventsOf(hub)).filter(({ action }) => action === "lead_converted").length;

/** The one member there is. */
async function member() {
	const ids = new Set((await eventsOf(hub)).map((event) => event.customer));
	expect(ids.size).toBe(1);
	const [id = ""] = ids;
	const found = await customer(hub, id);
	return {
		names: found?.identities.flatMap(({ kind, value }) => (kind === "id" ? [] : [`${kind}:${value}`])).sort(),
		score: found?.accounts[0]?.score,
		profile: found?.profile,
	};
}

describe("A lead of HubSpot", () => {
	const post = (
		to: EndpointView,
		body: string,
		headers: Readonly<Record<string, string>> = {},
	): Promise<string> => {
		const now = String(Date.now());
		const signature = createHmac("sha256", secret).update(`POST${to.url}${body}${now}`).digest("base64");
		const signed = { "X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": now };
		return sent(to, { ...signed, ...headers }, body);
	};

	it("is converted once, by whichever message says it", async () => {
		const to = await endpoint("hubspot", { client: secret });
		const body = sample("hubspot/lifecyclestage-customer.json");
		expect(await post(to, body)).toBe("opt_in appended; lead_converted appended 50");
		expect(await post(to, body.replace('"attemptNumber": 0', '"attemptNumber": 1'))).toBe(
			"opt_in duplicate; lead_converted duplicate",
		);
		expect(await post(to, sample("hubspot/workflow-webhook.json"))).toBe(
			"opt_in duplicate; lead_converted duplicate; profile appended",
		);
		expect(await conversions()).toBe(1);
		expect(await member()).toMatchObject({
			names: ["email:ada.quill@example.test", "hubspot.contact:401"],
			score: points,
		});
	});

	it("is a member by the e-mail address that HubSpot is asked for, where a shop had made them one", async () => {
		const answer = { email: "ada.quill@example.test", firstname: "Ada", lastname: null, city: "Bristol" };
		const { asked, answers } = provider({
			"https://api.hubapi.com": () => Response.json({ id: "401", properties: answer }),
		});
		const shop = await endpoint("zoho-crm", { token: secret });
		const email = answer.email;
		const joins = { module: "Contacts", operation: "insert", id: "57777", Email: email, token: secret };
		await sent(shop, {}, JSON.stringify(joins));

		const to = await endpoint("hubspot", { client: secret, token: "pat-eu1-0123" });
		expect(await post(to, sample("hubspot/lifecyclestage-customer.json"))).toBe("waiting");
		expect(asked).toEqual([
			"GET https://api.hubapi.com/crm/v3/objects/contacts/401?properties=email,firstname,lastname,lifecyclestage,phone,mobilephone,company,address,city,state,zip,country Bearer pat-eu1-0123",
		]);
		answers();
		await becomes("opt_in duplicate; lead_converted appended 50; profile appended");
		expect(await member()).toMatchObject({
			names: ["email:ada.quill@example.test", "hubspot.contact:401", "zoho-crm.contact:57777"],
			profile: { city: "Bristol" },
		});
		const { advice } = (await hub.call("POST", "/endpoints", {
			connector: "hubspot",
			name: "without",
		})) as { readonly advice: readonly string[] };
		expect(advice.join()).toContain("set the secret `token`");
	});

	it("is erased with its contact, and merged with it", async () => {
		const to = await endpoint("hubspot", { client: secret });
		const won = (contact: number): string =>
			sample("hubspot/lifecyclestage-customer.json")
				.replace("3816279340", `38162793${contact}`)
				.replace('"objectId": 401', `"objectId": ${contact}`);
		for (const contact of [401, 403]) await post(to, won(contact));
		expect(await post(to, sample("hubspot/contact-merge.json"))).toBe("profile appended | profile appended");
		const [kept] = (await eventsOf(hub)).filter(({ action }) => action === "merge_in");
		expect((await customer(hub, kept?.customer ?? ""))?.accounts).toMatchObject([{ score: 2 * points }]);

		// The message that asks for it names the person, and goes with them.
		expect(await post(to, sample("hubspot/contact-privacy-deletion.json"))).toBe("suppressed");
		expect(await customer(hub, kept?.customer ?? "")).toBeNull();
		expect(await post(to, sample("hubspot/generic-object.json"))).toBe("suppressed");
	});

	it("keeps what a workflow said last, though it is tried again later", async () => {
		const to = await endpoint("hubspot", { client: secret });
		await post(to, sample("hubspot/lifecyclestage-customer.json"));
		const says = (lastname: string, secondsAgo: number): Promise<string> => {
			const lastmodifieddate = { value: String(Date.now() - secondsAgo * 1_000) };
			return post(
				to,
				JSON.stringify({ vid: 401, properties: { lastname: { value: lastname }, lastmodifieddate } }),
			);
		};
		expect(await says("New", 1)).toBe("profile appended");
		await says("Old", 3_600);
		expect((await member()).profile).toMatchObject({ last_name: "New" });
	});

	it("may be again as a workflow said before, and is so once for each of its messages", async () => {
		const to = await endpoint("hubspot", { client: secret });
		await post(to, sample("hubspot/lifecyclestage-customer.json"));
		const says = (lastname: string, correlation: string): Promise<string> =>
			post(to, JSON.stringify({ vid: 401, lastname }), { "X-HubSpot-Correlation-Id": correlation });
		expect(await says("Quill", "c-1")).toBe("profile appended");
		expect(await says("Smith", "c-2")).toBe("profile appended");
		expect(await says("Quill", "c-3")).toBe("profile appended");
		const recorded = await eventsOf(hub);
		await says("Smith", "c-2");
		expect(await eventsOf(hub)).toEqual(recorded);
		expect((await member()).profile).toMatchObject({ last_name: "Quill" });
	});

	it("is no member where nobody becomes one by way of HubSpot", async () => {
		const to = await endpoint("hubspot", { client: secret }, { enrol: "never" });
		const body = sample("hubspot/lifecyclestage-customer.json");
		expect(await post(to, body)).toBe("lead_converted not_a_member");
		expect(await eventsOf(hub)).toEqual([]);
	});
});

it("is converted beside another system's lead of the same number", async () => {
	const hubspot = await endpoint("hubspot", { key: secret });
	const pipedrive = await endpoint("pipedrive", { login: `hub:${secret}` });
	const won = sample("pipedrive/deal-won.json").replaceAll("4411", "401");
	const converted = "opt_in appended; lead_converted appended 50";
	expect(
		await sent(hubspot, { "X-Hub-Secret": secret }, sample("hubspot/lifecyclestage-customer.json")),
	).toBe(converted);
	expect(await sent(pipedrive, { Authorization: `Basic ${btoa(`hub:${secret}`)}` }, won)).toBe(converted);
	expect(await conversions()).toBe(2);
});

describe("A lead of Salesforce", () => {
	it("is converted once, by an Outbound Message or by a change event", async () => {
		const to = await endpoint("salesforce", { header: secret }, { organisation: "00D5g000004XyZ1" });
		const soap = { "Content-Type": "text/xml; charset=utf-8" };
		expect(await sent(to, soap, sample("salesforce/outbound-lead-converted.xml"))).toBe(
			"opt_in appended; lead_converted appended 50",
		);
		const changes = sample("salesforce/cdc-lead-converted.json");
		expect(await sent(to, { "X-Hub-Secret": secret }, changes)).toMatch(
			/opt_in duplicate; lead_converted duplicate$/,
		);
		expect(await conversions()).toBe(1);
		expect(await member()).toMatchObject({
			names: [
				"email:ada.quill@example.test",
				"salesforce.contact:0035g00000VwXyZAAV",
				"salesforce.lead:00Q5g00000LmNoPEAV",
			],
			score: points,
		});
	});
});

describe("A lead of Dynamics 365", () => {
	it("is converted once, by the message or by its state, and gets the contact's names whenever they come", async () => {
		const to = await endpoint("dynamics365", { token: secret });
		const post = (name: string): Promise<string> =>
			sent(to, { "X-Hub-Secret": secret }, sample(`dynamics365/${name}.json`));
		expect(await post("contact-create")).toBe("profile not_a_member");
		const early = (await newestDelivery(hub)).id;
		expect(await post("qualify-lead")).toBe("opt_in appended; lead_converted appended 50");
		await vi.waitFor(async () => expect(await outcomeOf(early)).toBe("profile appended"), 10_000);
		// It knows of no opportunity, and is no other conversion for that.
		expect(await post("lead-update-qualified")).toBe("opt_in duplicate; lead_converted conflict");
		expect(await conversions()).toBe(1);
		expect(await member()).toMatchObject({
			names: [
				"dynamics365.contact:c0ffee00-2222-f011-bec1-000d3a1b2c3d",
				"dynamics365.lead:a1b2c3d4-1111-f011-bec1-000d3a1b2c3d",
				"email:ada.quill@example.test",
			],
			score: points,
			profile: { first_name: "Ada", last_name: "Quill" },
		});
	});

	it("is known by what Dataverse answers of the contact", async () => {
		const contact = { emailaddress1: "ada.quill@example.test", firstname: "Ada", address1_city: "Bristol" };
		const { asked, answers } = provider({
			"https://login.microsoftonline.com": () => Response.json({ access_token: "t-1", expires_in: 3599 }),
			"https://loyaltydemo.crm4.dynamics.com": () => Response.json(contact),
		});
		const to = await endpoint(
			"dynamics365",
			{ token: secret, client: "c-1", clientSecret: "s-1" },
			{ url: "https://loyaltydemo.crm4.dynamics.com", tenant: "loyaltydemo.onmicrosoft.com" },
		);
		const body = sample("dynamics365/qualify-lead.json");
		expect(await sent(to, { "X-Hub-Secret": secret }, body)).toBe("waiting");
		answers();
		await becomes("opt_in appended; lead_converted appended 50; profile appended");
		expect(asked).toEqual([
			"POST https://login.microsoftonline.com/loyaltydemo.onmicrosoft.com/oauth2/v2.0/token grant_type=client_credentials&client_id=c-1&client_secret=s-1&scope=https%3A%2F%2Floyaltydemo.crm4.dynamics.com%2F.default",
			"GET https://loyaltydemo.crm4.dynamics.com/api/data/v9.2/contacts(c0ffee00-2222-f011-bec1-000d3a1b2c3d)?$select=emailaddress1,firstname,lastname,telephone1,mobilephone,birthdate,gendercode,address1_line1,address1_city,address1_stateorprovince,address1_postalcode,address1_country Bearer t-1",
		]);
		expect(await member()).toMatchObject({
			names: [
				"dynamics365.contact:c0ffee00-2222-f011-bec1-000d3a1b2c3d",
				"dynamics365.lead:a1b2c3d4-1111-f011-bec1-000d3a1b2c3d",
				"email:ada.quill@example.test",
			],
			profile: { city: "Bristol" },
		});
	});
});

describe("A message that says only that something changed", () => {
	it("makes the hub read the record at Salesforce, as mappings read it elsewhere", async () => {
		const lead = {
			attributes: { type: "Lead", url: "/services/data/v66.0/sobjects/Lead/00Q5g00000LmNoPEAV" },
			Id: "00Q5g00000LmNoPEAV",
			Email: "ada.quill@example.test",
			IsConverted: true,
			ConvertedContactId: "0035g00000VwXyZAAV",
			ConvertedAccountId: "0015g00000QrStUAAV",
		};
		const myDomain = "https://leafworks.my.salesforce.com";
		const { asked, answers } = provider({
			[myDomain]: ({ method }) => Response.json(method === "POST" ? { access_token: "t-1" } : lead),
		});
		const to = await endpoint(
			"salesforce",
			{ header: secret, consumerKey: "k-1", consumerSecret: "s-1" },
			{ myDomain },
		);
		const changed = sample("salesforce/cdc-gap-overflow.json")
			.replace('"Contact"', '"Lead"')
			.replace("0035g00000VwXyZAAV", lead.Id);
		const callout = { "Content-Type": "application/json", "X-Hub-Secret": secret };
		expect(await sent(to, callout, changed)).toBe("waiting");
		answers();
		await becomes("opt_in appended; lead_converted appended 50");
		expect(asked.filter((one) => one.includes("/sobjects/"))).toEqual([
			`GET ${myDomain}/services/data/v66.0/sobjects/Lead/00Q5g00000LmNoPEAV Bearer t-1`,
		]);
		expect(await member()).toMatchObject({
			names: [
				"email:ada.quill@example.test",
				"salesforce.contact:0035g00000VwXyZAAV",
				"salesforce.lead:00Q5g00000LmNoPEAV",
			],
			score: points,
		});
	});

	it("fails where nobody may ask, and is read once somebody may", async () => {
		const myDomain = "https://leafworks.my.salesforce.com";
		const contact = { Id: "0035g00000VwXyZAAV", FirstName: "Ada", Email: "ada.quill@example.test" };
		const { answers } = provider({
			[myDomain]: ({ method }) => Response.json(method === "POST" ? { access_token: "t-1" } : contact),
		});
		answers();
		const to = await endpoint("salesforce", { header: secret });
		const callout = { "Content-Type": "application/json", "X-Hub-Secret": secret };
		await sent(to, callout, sample("salesforce/callout-lead-converted.json"));
		expect(await sent(to, callout, sample("salesforce/cdc-gap-overflow.json"))).toBe("failed");
		const { id, messageViews } = await newestDelivery(hub);
		expect(messageViews[0]?.reason).toContain(
			"the endpoint needs myDomain, `consumerKey` and `consumerSecret`",
		);
		await hub.call("PATCH", `/endpoints/${to.id}`, { settings: { myDomain } });
		const secrets = { consumerKey: "k-1", consumerSecret: "s-1" };
		await hub.call("POST", `/endpoints/${to.id}/rotate`, { secrets });
		await hub.call("POST", "/deliveries/replay", { ids: [id] });
		await becomes("profile appended");
	});

	it("makes the hub ask Dataverse for the contact", async () => {
		const environment = "https://loyaltydemo.crm4.dynamics.com";
		const contact = { emailaddress1: "ada.quill@example.test", firstname: "Ada", address1_city: "Bath" };
		const { answers } = provider({
			"https://login.microsoftonline.com": () => Response.json({ access_token: "t-1", expires_in: 3599 }),
			[environment]: () => Response.json(contact),
		});
		answers();
		const to = await endpoint(
			"dynamics365",
			{ token: secret, client: "c-1", clientSecret: "s-1" },
			{ url: environment, tenant: "loyaltydemo.onmicrosoft.com" },
		);
		const from = { "X-Hub-Secret": secret };
		await sent(to, from, sample("dynamics365/qualify-lead.json"));
		await becomes("opt_in appended; lead_converted appended 50; profile appended");
		const cut = { ...from, "x-ms-dynamics-msg-size-exceeded": "true" };
		const moved = sample("dynamics365/size-exceeded.json").replaceAll("9a3f6b51", "9a3f6b52");
		contact.address1_city = "Bristol";
		await sent(to, cut, moved.replaceAll("1780567200000", "1780567300000"));
		await becomes("profile appended");
		expect(await member()).toMatchObject({ profile: { city: "Bristol" } });
	});
});

describe("A person of Pipedrive", () => {
	const post = (to: EndpointView, body: string): Promise<string> =>
		sent(to, { Authorization: `Basic ${btoa(`hub:${secret}`)}` }, body);

	it("is converted once by the first deal that is won, which may be a purchase", async () => {
		const to = await endpoint("pipedrive", { login: `hub:${secret}` }, { purchases: true });
		const won = sample("pipedrive/deal-won.json");
		const another = (text: string): string => text.replaceAll("9001", "9002").replace("d0b0a7c8", "d0b0a7c9");
		expect(await post(to, won)).toBe("opt_in appended; lead_converted appended 50; checkout appended 1200");
		expect(await post(to, another(won))).toBe(
			"opt_in duplicate; lead_converted duplicate; checkout appended 1200",
		);
		const reopened = another(won)
			.replace("d0b0a7c9", "d0b0a7ca")
			.replace('"status": "won"', '"status": "lost"')
			.replace('"status": "open"', '"status": "won"');
		expect(await post(to, reopened)).toBe("checkout_reject appended -1200");
		expect(await post(to, sample("pipedrive/v1-person-updated.json"))).toBe("profile appended");
		expect(await conversions()).toBe(1);
		expect(await member()).toMatchObject({
			names: ["email:ada.quill@example.test", "pipedrive.person:4411"],
			profile: { first_name: "Ada", phone: "+442071234567" },
		});
	});

	it("is known by what Pipedrive answers, and may be no person of its own any more", async () => {
		const person = {
			id: 4411,
			first_name: "Ada",
			last_name: null,
			emails: [
				{ value: "ada@old.example.test", primary: false },
				{ value: "ada.quill@example.test", primary: true },
			],
			phones: [{ value: "+442071234567", primary: true }],
		};
		let known = true;
		const { asked, answers } = provider({
			"https://loyaltydemo.pipedrive.com": () =>
				known
					? Response.json({ success: true, data: person })
					: Response.json({ success: false }, { status: 404 }),
		});
		const secrets = { login: `hub:${secret}`, apiToken: "0123456789abcdef" };
		const to = await endpoint("pipedrive", secrets, { company: "loyaltydemo" });
		const body = sample("pipedrive/deal-won.json");
		expect(await post(to, body)).toBe("waiting");
		answers();
		await becomes("opt_in appended; lead_converted appended 50; profile appended");
		expect(asked).toEqual(["GET https://loyaltydemo.pipedrive.com/api/v2/persons/4411 0123456789abcdef"]);
		expect(await member()).toMatchObject({
			names: ["email:ada.quill@example.test", "pipedrive.person:4411"],
			profile: { first_name: "Ada", phone: "+442071234567" },
		});
		known = false;
		await post(to, body.replaceAll("4411", "4412").replace("d0b0a7c8", "d0b0a7c9"));
		await becomes("opt_in appended; lead_converted appended 50");
	});
});

describe("A contact of Zoho CRM", () => {
	it("is a converted lead, known by the same id to notifications and workflow rules", async () => {
		const to = await endpoint("zoho-crm", { token: "loyalty-hub-shared-token" });
		expect(await sent(to, {}, sample("zoho-crm/notification-contacts-insert.json"))).toBe(
			"opt_in appended; lead_converted appended 50",
		);
		expect((await newestDelivery(hub)).outcome).toBe("appended");
		const form = new URLSearchParams({
			token: "loyalty-hub-shared-token",
			module: "Contacts",
			operation: "insert",
			id: "5725767000001234777",
			Email: "ada.quill@example.test",
			First_Name: "Ada",
		});
		expect(await sent(to, { "Content-Type": "application/x-www-form-urlencoded" }, String(form))).toBe(
			"opt_in duplicate; lead_converted duplicate; profile appended",
		);
		expect(await conversions()).toBe(1);
		expect(await member()).toMatchObject({
			names: ["email:ada.quill@example.test", "zoho-crm.contact:5725767000001234777"],
			score: points,
			profile: { first_name: "Ada" },
		});
	});

	it("is asked for by a token that is had anew where Zoho does not believe it", async () => {
		let believed = "t-1";
		let tokens = 0;
		let city = "Bristol";
		const record = () => ({
			Email: "ada.quill@example.test",
			First_Name: "Ada",
			Mobile: null,
			Mailing_City: city,
		});
		const { asked, answers } = provider({
			"https://accounts.zoho.eu": () => Response.json({ access_token: `t-${++tokens}`, expires_in: 3600 }),
			"https://www.zohoapis.eu": ({ headers }) =>
				headers.get("Authorization") === `Zoho-oauthtoken ${believed}`
					? Response.json({ data: [record()] })
					: Response.json({ code: "INVALID_TOKEN", status: "error" }, { status: 401 }),
		});
		const secrets = { client: "1000.C", clientSecret: "s&cret", refresh: "1000.R" };
		const token = "loyalty-hub-shared-token";
		const to = await endpoint("zoho-crm", { token, ...secrets }, { datacentre: "eu" });
		const body = sample("zoho-crm/notification-contacts-insert.json");
		expect(await sent(to, {}, body)).toBe("waiting");
		answers();
		await becomes("opt_in appended; lead_converted appended 50; profile appended");
		const post =
			"POST https://accounts.zoho.eu/oauth/v2/token grant_type=refresh_token&client_id=1000.C&client_secret=s%26cret&refresh_token=1000.R";
		const question =
			"GET https://www.zohoapis.eu/crm/v8/Contacts/5725767000001234777?fields=Email,First_Name,Last_Name,Phone,Mobile,Date_of_Birth,Mailing_Street,Mailing_City,Mailing_State,Mailing_Zip,Mailing_Country";
		expect(asked).toEqual([post, `${question} Zoho-oauthtoken t-1`]);

		believed = "t-2";
		city = "Bath";
		await sent(to, {}, body.replace("1780567260000", "1780567270000").replace("insert", "update"));
		await becomes("profile appended");
		expect(asked.slice(2)).toEqual([
			`${question} Zoho-oauthtoken t-1`,
			post,
			`${question} Zoho-oauthtoken t-2`,
		]);
		expect(await member()).toMatchObject({
			names: ["email:ada.quill@example.test", "zoho-crm.contact:5725767000001234777"],
			profile: { first_name: "Ada", city: "Bath" },
		});
	});

	it("is told of by a channel that the hub enables, and renews twice a day", async () => {
		let passed = 0;
		await hub.close();
		hub = await openTestHub(() => Date.now() + passed, undefined, { HUB_PUBLIC_URL: "https://hub.example" });
		let isEnabled = false;
		const { asked, answers } = provider({
			"https://accounts.zoho.com": () => Response.json({ access_token: "t", expires_in: 3600 }),
			"https://www.zohoapis.com": ({ method }) => {
				if (method === "PUT" && !isEnabled) return new Response(null, { status: 400 });
				isEnabled = true;
				const channel_expiry = new Date(Date.now() + passed + 6 * 24 * 3_600_000).toISOString();
				return Response.json({ watch: [{ status: "success", details: { events: [{ channel_expiry }] } }] });
			},
		});
		answers();
		const secrets = { token: "t", client: "1000.C", clientSecret: "s", refresh: "1000.R" };
		await endpoint("zoho-crm", secrets, { channel: "1000000068001" });
		const watched = () => asked.filter((one) => one.includes("/watch"));
		const watch = "https://www.zohoapis.com/crm/v8/actions/watch Zoho-oauthtoken t";
		await vi.waitFor(() => expect(watched()).toEqual([`PUT ${watch}`, `POST ${watch}`]), 10_000);
		const isIn12Hours = (dueAt: number) => Math.abs(dueAt - (Date.now() + passed + 12 * 3_600_000)) < 60_000;
		passed += 12 * 3_600_000;
		await vi.waitFor(() => expect(watched().slice(2)).toEqual([`PUT ${watch}`]), 10_000);
		await vi.waitFor(async () => {
			const { data } = (await hub.call("GET", "/endpoints")) as Page<{
				readonly name: string;
				pull: object | null;
			}>;
			const { pull } = data.find(({ name }) => name === "zoho-crm") ?? {};
			expect(pull).toMatchObject({ failures: 0, failure: null, dueAt: expect.toSatisfy(isIn12Hours) });
		}, 10_000);
	});

	it("has no channel where Zoho can not reach the hub, which the endpoint says at once", async () => {
		const secrets = { token: "t", client: "1000.C", clientSecret: "s", refresh: "1000.R" };
		await endpoint("zoho-crm", secrets, { channel: "1000000068001" });
		await vi.waitFor(async () => {
			const { data } = (await hub.call("GET", "/endpoints")) as Page<{
				readonly name: string;
				health: object;
			}>;
			expect(data.find(({ name }) => name === "zoho-crm")?.health).toMatchObject({
				state: "failing",
				why: expect.stringMatching(
					/^its system was asked in vain once: Zoho notifies https URLs only: set HUB_PUBLIC_URL/,
				),
			});
		}, 10_000);
	});
});
