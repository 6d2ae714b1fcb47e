import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { ExactNumber, type JsonObject, type ValueObject } from "../../src/model/json.ts";
import { invariant } from "../../src/model/result.ts";
import { readContext } from "./context.ts";
import { dynamics365 } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const jsonOf = (name: string): ValueObject =>
	JSON.parse(new TextDecoder().decode(file(`./samples/${name}.json`))) as ValueObject;

const token = "a text of one's own";
const time = "2026-06-04T10:00:00.000Z";
const job = "9a3f6b51-7c60-f011-bec1-000d3a1b2c3d";
const request = "0f9c1d2e-5a6b-4c7d-8e9f-0a1b2c3d4e5f";
const lead = "a1b2c3d4-1111-f011-bec1-000d3a1b2c3d";
const contact = "c0ffee00-2222-f011-bec1-000d3a1b2c3d";
const other = "c0ffee00-5555-f011-bec1-000d3a1b2c3d";
const salesperson = "75c2dd00-ca11-f011-9989-000d3a1b2c3d";
const noId = "00000000-0000-0000-0000-000000000000";

const webhook = (name: string, headers: Readonly<Record<string, string>>, gives: Given): Sample => ({
	name,
	body: file(`./samples/${name}.json`),
	headers: {
		"content-type": "application/json; charset=utf-8",
		"x-ms-dynamics-organization": "loyaltydemo.crm4.dynamics.com",
		"x-ms-correlation-request-id": request,
		"x-hub-secret": token,
		...headers,
	},
	signed: { secrets: { token: [token] }, proves: "all" },
	gives: [gives],
});

const inline = (name: string, content: unknown, gives: Given): Sample => ({
	name,
	body: bytes(JSON.stringify(content)),
	gives: [gives],
});

const merge = {
	MessageName: "Merge",
	PrimaryEntityName: "contact",
	PrimaryEntityId: contact,
	RequestId: request,
	OperationId: noId,
	OperationCreatedOn: "/Date(1780567200000)/",
	InitiatingUserId: salesperson,
	InputParameters: [
		{ key: "Target", value: { __type: "EntityReference:x", Id: contact, LogicalName: "contact" } },
		{ key: "SubordinateId", value: other },
		{ key: "PerformParentingChecks", value: false },
	],
};
const merged: Given = {
	type: "contact.Merge",
	id: `${request}:contact.Merge:${contact}`,
	time,
	identities: [`dynamics365.contact:${contact}`, `dynamics365.contact:${other}`],
	control: "merge",
	merge: { from: `dynamics365.contact:${other}`, into: `dynamics365.contact:${contact}` },
};

const qualified: Given = {
	type: "lead.QualifyLead",
	id: `${job}:lead.QualifyLead:${lead}`,
	time,
	identities: [`dynamics365.contact:${contact}`, `dynamics365.lead:${lead}`],
};
const environment = { url: "https://loyaltydemo.crm4.dynamics.com", tenant: "loyaltydemo.onmicrosoft.com" };
const asks = [
	`${environment.url}/api/data/v9.2/contacts(${contact})?$select=emailaddress1,firstname,lastname,telephone1,mobilephone,birthdate,gendercode,address1_line1,address1_city,address1_stateorprovince,address1_postalcode,address1_country`,
];

/** A change of a record that has no image. */
const changeOf = (entity: string, id: string, attributes: Readonly<Record<string, unknown>>) => ({
	MessageName: "Update",
	PrimaryEntityName: entity,
	PrimaryEntityId: id,
	OperationId: job,
	InputParameters: [
		{
			key: "Target",
			value: {
				__type: "Entity:x",
				Attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
				Id: id,
				LogicalName: entity,
			},
		},
	],
});
const changed = (type: string, id: string, ...identities: readonly string[]): Given => ({
	type,
	id: `${job}:${type}:${id}`,
	identities,
});
const ofContact = { __type: "EntityReference:x", Id: contact, LogicalName: "contact" };
const isContact = `dynamics365.contact:${contact}`;

const tooLarge =
	"the message was beyond 256 KB, so Dynamics 365 left out what it says: register the step and its images with fewer columns";
const cut = { "x-ms-dynamics-msg-size-exceeded": "true" };
const noContext = "the message has no MessageName and PrimaryEntityName, so it is no execution context";

const samples: readonly Sample[] = [
	webhook(
		"qualify-lead",
		{ "x-ms-dynamics-entity-name": "lead", "x-ms-dynamics-request-name": "QualifyLead" },
		qualified,
	),
	webhook(
		"lead-update-qualified",
		{ "x-ms-dynamics-entity-name": "lead", "x-ms-dynamics-request-name": "Update" },
		{
			type: "lead.Update",
			id: `${job}:lead.Update:${lead}`,
			time,
			identities: [
				`dynamics365.contact:${contact}`,
				`dynamics365.lead:${lead}`,
				"email:ada.quill@example.test",
			],
		},
	),
	webhook(
		"contact-create",
		{ "x-ms-dynamics-entity-name": "contact", "x-ms-dynamics-request-name": "Create" },
		{
			type: "contact.Create",
			id: `${job}:contact.Create:${contact}`,
			time,
			identities: [`dynamics365.contact:${contact}`, "email:ada.quill@example.test"],
		},
	),
	webhook(
		"size-exceeded",
		{
			"x-ms-dynamics-entity-name": "contact",
			"x-ms-dynamics-request-name": "Update",
			"x-ms-dynamics-msg-size-exceeded": "true",
		},
		{ ...changed("contact.Update", contact, isContact), time },
	),
	{
		...webhook("size-exceeded", cut, {
			...changed("contact.Update", contact, isContact),
			time,
			asks,
		}),
		name: "a contact beyond 256 KB, whom the hub may ask about",
		settings: environment,
	},
	{
		...webhook("size-exceeded", cut, { failed: tooLarge, identities: [`dynamics365.lead:${contact}`] }),
		name: "a lead beyond 256 KB, of which no contact is left",
		body: bytes(
			new TextDecoder().decode(file("./samples/size-exceeded.json")).replace('"contact"', '"lead"'),
		),
	},
	{
		...webhook("qualify-lead", {}, qualified),
		name: "a webhook that is registered with a key",
		headers: {},
		query: "code=s3cret%3D",
		signed: { secrets: { token: ["s3cret="] }, proves: "all" },
	},
	{
		...webhook("qualify-lead", {}, qualified),
		name: "a webhook that is registered with a name in the query",
		settings: { parameter: "hub" },
		headers: {},
		query: "tenant=1&hub=s3cret",
		signed: { secrets: { token: ["s3cret"] }, proves: "all" },
	},
	{
		...webhook("qualify-lead", {}, qualified),
		name: "a webhook with another header",
		settings: { header: "X-Loyalty" },
		headers: { "x-loyalty": token },
	},
	inline("two contacts made one, within the user's own transaction", merge, merged),
	inline(
		"a merge of accounts",
		{ ...merge, PrimaryEntityName: "account" },
		{ type: "account.Merge", id: `${request}:account.Merge:${contact}`, time, identities: [] },
	),
	{
		...webhook("contact-create", {}, { ...qualified }),
		name: "what the hub's own user changed",
		settings: { user: salesperson.toUpperCase() },
		gives: [
			{
				type: "contact.Create",
				id: `${job}:contact.Create:${contact}`,
				time,
				identities: [`dynamics365.contact:${contact}`, "email:ada.quill@example.test"],
				ignore: "echo",
			},
		],
	},
	{
		...webhook("qualify-lead", {}, { ...qualified, asks }),
		name: "a qualified lead, of whose contact the hub may ask",
		settings: environment,
	},
	{
		...inline(
			"a changed contact of whom no image says an address",
			changeOf("contact", contact, { address1_city: "Bath" }),
			{ ...changed("contact.Update", contact, isContact), asks },
		),
		settings: environment,
	},
	{
		...inline(
			"a changed contact who says an address",
			changeOf("contact", contact, { emailaddress1: "ada.quill@example.test" }),
			changed("contact.Update", contact, isContact, "email:ada.quill@example.test"),
		),
		settings: environment,
	},
	{
		...inline(
			"a lead that became qualified, of which no image says an address",
			changeOf("lead", lead, {
				statecode: { __type: "OptionSetValue:x", Value: 1 },
				parentcontactid: ofContact,
			}),
			{ ...changed("lead.Update", lead, isContact, `dynamics365.lead:${lead}`), asks },
		),
		settings: environment,
	},
	{
		...inline(
			"another change of a lead",
			changeOf("lead", lead, { parentcontactid: ofContact }),
			changed("lead.Update", lead, isContact, `dynamics365.lead:${lead}`),
		),
		settings: environment,
	},
	{
		...inline(
			"a lead that became no contact",
			{ MessageName: "QualifyLead", PrimaryEntityName: "lead", PrimaryEntityId: lead, OperationId: job },
			changed("lead.QualifyLead", lead, `dynamics365.lead:${lead}`),
		),
		settings: environment,
	},
	inline("what is no execution context", { MessageName: "Create" }, { failed: noContext, identities: [] }),
];

testConnector(dynamics365, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

describe("What the hub asks Dataverse", () => {
	const configured = (settings: JsonObject) => {
		const result = dynamics365.configure(settings);
		return result.ok ? result.value : result.failure;
	};

	it("takes a token of the tenant for the environment", () => {
		const asking = configured(environment);
		expect(asking).toMatchObject({
			enrichment: {
				origin: environment.url,
				token: { url: "https://login.microsoftonline.com/loyaltydemo.onmicrosoft.com/oauth2/v2.0/token" },
			},
		});
		invariant("enrichment" in asking, "the settings are right");
		expect(asking.enrichment?.token?.body({ client: ["c-1"], clientSecret: ["s~1"] })).toBe(
			"grant_type=client_credentials&client_id=c-1&client_secret=s%7E1&scope=https%3A%2F%2Floyaltydemo.crm4.dynamics.com%2F.default",
		);
		expect(asking.enrichment?.headers({}, "t-1")).toEqual({ Authorization: "Bearer t-1" });
	});

	it.each([{}, { url: environment.url }, { tenant: environment.tenant }])(
		"is nothing where it does not know of whom: %j",
		(settings) => {
			const asking = configured(settings);
			expect(asking).toMatchObject({ enrichment: undefined });
			invariant("advice" in asking, "the settings are right");
			expect(asking.advice(new Set()).join()).toContain("set url=… and tenant=…");
		},
	);

	it.each([
		[{ ...environment, url: "http://crm.example" }, "http://crm.example is no site to ask"],
		[{ ...environment, url: `${environment.url}/` }, `${environment.url}/ is no site to ask`],
		[{ ...environment, tenant: ".." }, "is no address to ask for a token"],
	])("is refused where it would be asked elsewhere: %j", (settings, failure) => {
		expect(configured(settings)).toEqual([expect.stringContaining(failure)]);
	});
});

describe("An execution context", () => {
	it("is read as plain objects, and says the record as it is after the change", () => {
		const { record, InputParameters, PostEntityImages, OperationCreatedOn, OwningExtension } = readContext(
			jsonOf("lead-update-qualified"),
		);
		expect(InputParameters).toEqual({
			Target: {
				Id: lead,
				LogicalName: "lead",
				leadid: lead,
				statecode: 1,
				statuscode: 3,
				modifiedon: time,
			},
		});
		expect(PostEntityImages).toMatchObject({ PostImage: { emailaddress1: "ada.quill@example.test" } });
		expect(record).toEqual({
			Id: lead,
			LogicalName: "lead",
			leadid: lead,
			emailaddress1: "ada.quill@example.test",
			firstname: "Ada",
			lastname: "Quill",
			statecode: 1,
			statuscode: 3,
			modifiedon: time,
			parentcontactid: { Id: contact, LogicalName: "contact", Name: null },
			parentaccountid: { Id: "acc00000-3333-f011-bec1-000d3a1b2c3d", LogicalName: "account", Name: null },
		});
		expect(OperationCreatedOn).toBe(time);
		expect(OwningExtension).toMatchObject({ Name: "loyalty hub" });
	});

	it("names what a qualified lead became by its kind", () => {
		const { OutputParameters, InputParameters } = readContext(jsonOf("qualify-lead"));
		expect(OutputParameters).toMatchObject({
			CreatedEntities: {
				contact: { Id: contact },
				account: { Id: "acc00000-3333-f011-bec1-000d3a1b2c3d" },
				opportunity: { Id: "0bb00000-4444-f011-bec1-000d3a1b2c3d" },
			},
		});
		expect(InputParameters).toMatchObject({ LeadId: { Id: lead }, CreateContact: true, Status: 3 });
	});

	it.each([
		["/Date(1780567200000)/", time],
		// The offset says where the clock stood; the instant is the same.
		["/Date(1780567200000+0200)/", time],
		["/Date(-86400000)/", "1969-12-31T00:00:00.000Z"],
		["/Date(1780567200000+0200)/ ", "/Date(1780567200000+0200)/ "],
		["/Date(999999999999999)/", "+033658-09-27T01:46:39.999Z"],
		["/Date(99999999999999999)/", "/Date(99999999999999999)/"],
	])("reads %s", (written, read) => {
		expect(readContext({ at: written })["at"]).toBe(read);
	});

	it("keeps the digits of money, and reads lists and what other records say", () => {
		const money = { __type: "Money:x", Value: new ExactNumber("1200.123456789012345678") };
		const of = (value: ValueObject): unknown =>
			readContext({
				InputParameters: [
					{ key: "Target", value: { __type: "Entity:x", Attributes: [{ key: "a", value }] } },
				],
			})["record"];
		expect(of(money)).toMatchObject({ a: new ExactNumber("1200.123456789012345678") });
		expect(of({ __type: "AliasedValue:x", Value: { __type: "OptionSetValue:x", Value: 2 } })).toMatchObject({
			a: 2,
		});
		expect(
			of({ __type: "EntityCollection:x", Entities: [{ __type: "Entity:x", Attributes: [], Id: "1" }] }),
		).toMatchObject({
			a: [{ Id: "1" }],
		});
	});

	it("lets what was emptied go, and what a list of pairs repeats be the last", () => {
		const image = {
			__type: "Entity:x",
			Attributes: [
				{ key: "mobilephone", value: "1" },
				{ key: "fax", value: "2" },
			],
		};
		const target = { __type: "Entity:x", Attributes: [{ key: "mobilephone", value: null }] };
		const { record } = readContext({
			PreEntityImages: [{ key: "Before", value: image }],
			InputParameters: [{ key: "Target", value: target }],
			ParentContext: { MessageName: "QualifyLead" },
		});
		expect(record).toEqual({ fax: "2" });
	});

	it("is not followed deeper than any is nested", () => {
		const deep = JSON.parse(`${'{"a":['.repeat(50_000)}${"]}".repeat(50_000)}`) as ValueObject;
		expect(() => readContext({ MessageName: "Create", deep })).not.toThrow();
	});
});
