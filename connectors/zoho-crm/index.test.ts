import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { invariant } from "../../src/model/result.ts";
import { normalise } from "../../src/normalise/normalise.ts";
import { zohoCrm } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const token = "loyalty-hub-shared-token";
const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

const webhook = (name: string, given: Given): Sample => ({
	name,
	body: file(`./samples/${name}.json`),
	headers: json,
	signed: { secrets: { token: [token] }, proves: "all" },
	gives: [given],
});

const askedAbout = (contact: string, centre = ".com"): readonly string[] => [
	`https://www.zohoapis${centre}/crm/v8/Contacts/${contact}?fields=Email,First_Name,Last_Name,Phone,Mobile,Date_of_Birth,Mailing_Street,Mailing_City,Mailing_State,Mailing_Zip,Mailing_Country`,
];

const inserted: Given = {
	type: "Contacts.insert",
	id: "1000000068001:Contacts:insert:5725767000001234777:1780567260000",
	time: "2026-06-04T10:01:00.000Z",
	identities: ["zoho-crm.contact:5725767000001234777"],
	asks: askedAbout("5725767000001234777"),
};

const several = {
	server_time: 1780567200123,
	module: "Leads",
	operation: "update",
	channel_id: 1000000068001,
	ids: ["57001", "57002"],
	affected_fields: [{ "57001": ["Converted_Contact"] }, { "57002": ["Email"] }],
	affected_values: [
		{ record_id: "57002", values: { Email: "ada.quill@example.test", Phone: null } },
		{ record_id: "57001", values: { Converted_Contact: { id: "57777", name: "Ada Quill" } } },
	],
};

const samples: readonly Sample[] = [
	webhook("notification-contacts-insert", inserted),
	webhook("notification-leads-update", {
		type: "Leads.update",
		id: "1000000068001:Leads:update:5725767000001234001:1780567200123",
		time: "2026-06-04T10:00:00.123Z",
		identities: ["zoho-crm.lead:5725767000001234001"],
	}),
	{
		...webhook("notification-contacts-insert", inserted),
		name: "a notification of a known channel",
		settings: { channels: "1000000068000,1000000068001" },
	},
	{
		...webhook("notification-contacts-insert", inserted),
		name: "a notification of another channel",
		settings: { channels: "1000000068000" },
		gives: [
			{
				failed: "the notification is of a channel that is none of the endpoint's",
				identities: ["zoho-crm.contact:5725767000001234777"],
			},
		],
	},
	...(["eu", "com.au", "ca"] as const).map((datacentre) => ({
		...webhook("notification-contacts-insert", {
			...inserted,
			asks: askedAbout("5725767000001234777", `.${datacentre}`),
		}),
		name: `a notification of the data centre ${datacentre}`,
		settings: { datacentre },
	})),
	{
		name: "a notification of several records",
		body: bytes(JSON.stringify(several)),
		gives: [
			{
				type: "Leads.update",
				id: "1000000068001:Leads:update:57001:1780567200123",
				time: "2026-06-04T10:00:00.123Z",
				identities: ["zoho-crm.contact:57777", "zoho-crm.lead:57001"],
				asks: askedAbout("57777"),
			},
			{
				type: "Leads.update",
				id: "1000000068001:Leads:update:57002:1780567200123",
				time: "2026-06-04T10:00:00.123Z",
				identities: ["zoho-crm.lead:57002", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "a notification whose ids are numbers, of more digits than a double holds",
		body: bytes(
			'{"module":"Contacts","operation":"insert","channel_id":1,"server_time":1780567260000,"ids":[5725767000001234777]}',
		),
		gives: [{ ...inserted, id: "1:Contacts:insert:5725767000001234777:1780567260000" }],
	},
	{
		name: "a workflow rule's form",
		body: bytes(
			`token=${token}&module=Contacts&operation=insert&id=5725767000001234777&Email=ada.quill%40example.test&Mobile=&First_Name=Ada`,
		),
		headers: form,
		signed: { secrets: { token: [token] }, proves: "all" },
		gives: [
			{
				type: "Contacts.insert",
				identities: ["zoho-crm.contact:5725767000001234777", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "a workflow rule's message about a deal",
		body: bytes('{"module":"Deals","operation":"update","id":"1","Contact_Name":{"id":"57777"},"Email":"x"}'),
		gives: [{ type: "Deals.update", identities: ["zoho-crm.contact:57777"] }],
	},
	{
		name: "a workflow rule's message about a module of one's own",
		body: bytes('{"module":"constructor","operation":"update","id":"1","Email":"ada.quill@example.test"}'),
		gives: [{ type: "constructor.update", identities: ["email:ada.quill@example.test"] }],
	},
	{
		name: "what is no message of Zoho CRM",
		body: bytes("{}"),
		gives: [{ failed: "the message has no module", identities: [] }],
	},
];

testConnector(zohoCrm, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

it("gives each record its own changes, without what is empty and without the token", () => {
	const configured = zohoCrm.configure({});
	invariant(configured.ok, "Zoho CRM needs no settings");
	const contentsOf = (body: string) => {
		const delivery = { method: "POST", path: "", query: "", headers: json, body: bytes(body), receivedAt: 0 };
		const normalised = normalise(configured.value, delivery);
		invariant(normalised.ok, "the body can be read");
		return normalised.value.map((one) => (one.kind === "message" ? one.message.content : one.reason));
	};
	const notified = {
		server_time: 1780567200123,
		module: "Leads",
		operation: "update",
		channel_id: 1000000068001,
	};
	expect(contentsOf(JSON.stringify({ ...several, token }))).toEqual([
		{
			...notified,
			id: "57001",
			fields: ["Converted_Contact"],
			values: { Converted_Contact: { id: "57777", name: "Ada Quill" } },
		},
		{ ...notified, id: "57002", fields: ["Email"], values: { Email: "ada.quill@example.test" } },
	]);
	expect(
		contentsOf(
			JSON.stringify({ module: "Leads", operation: "convert", id: "1", token, Email: "", City: "Bath" }),
		),
	).toEqual([{ module: "Leads", operation: "convert", id: "1", values: { City: "Bath" } }]);
});

it.each([
	["com", "https://accounts.zoho.com/oauth/v2/token"],
	["com.cn", "https://accounts.zoho.com.cn/oauth/v2/token"],
	["ca", "https://accounts.zohocloud.ca/oauth/v2/token"],
])("has its token where the data centre %s gives them", (datacentre, url) => {
	const configured = zohoCrm.configure({ datacentre });
	invariant(configured.ok, "it is a data centre of Zoho");
	expect(configured.value.enrichment?.token?.url).toBe(url);
	expect(zohoCrm.configure({ datacentre: "evil.example" }).ok).toBe(false);
});

it("says what is missing for asking Zoho", () => {
	const configured = zohoCrm.configure({});
	invariant(configured.ok, "Zoho CRM needs no settings");
	const advised = (...names: readonly string[]) => configured.value.advice(new Set(names)).join("\n");
	expect(advised("token", "client")).toContain("set the secret `clientSecret` and `refresh`");
	expect(advised("token", "client", "clientSecret", "refresh")).not.toContain("Nothing is asked");
});
