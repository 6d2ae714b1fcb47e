import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import type { Delivery } from "../../src/model/message.ts";
import { normalise } from "../../src/normalise/normalise.ts";
import { storable } from "../../src/receive/request.ts";
import { openVerifier, secretPlacesOf } from "../../src/verify/verify.ts";
import { longId } from "./ids.ts";
import { salesforce } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (path: string): string => new TextDecoder().decode(file(path));

const soap = { "content-type": "text/xml; charset=utf-8", soapaction: '""' };
const json = { "content-type": "application/json" };
const time = "2026-06-04T10:00:00.000Z";
const transaction = "000341a0-5b1c-9d2e-77f0-2f60b1c4d8ae";
const ada = ["salesforce.contact:0035g00000VwXyZAAV", "email:ada.quill@example.test"];
const converted = ["salesforce.contact:0035g00000VwXyZAAV", "salesforce.lead:00Q5g00000LmNoPEAV"];

const sample = (name: string, headers: Sample["headers"], ...gives: readonly Given[]): Sample => ({
	name,
	body: file(`./samples/${name}`),
	headers: headers ?? {},
	gives,
});

const callout = (name: string, body: unknown, ...gives: readonly Given[]): Sample => ({
	name,
	body: bytes(JSON.stringify(body)),
	headers: { ...json, "x-hub-secret": "open sesame" },
	signed: { secrets: { header: ["open sesame"] }, proves: "all" },
	gives,
});

const change = (header: object, fields: object = {}) => ({
	schema: "sch1-contact",
	payload: {
		ChangeEventHeader: {
			entityName: "Contact",
			recordIds: ["0035g00000VwXyZ"],
			changeType: "UPDATE",
			transactionKey: transaction,
			sequenceNumber: 1,
			commitTimestamp: 1780567200000,
			...header,
		},
		...fields,
	},
	event: { replayId: 1 },
});

const myDomain = "https://leafworks.my.salesforce.com";
const gap = (object: string, id: string): Given => ({
	type: `${object}.UPDATE`,
	id: `000341a0-5b1c-9d2e-77f0-2f60b1c4d8ae:1:${id}`,
	time,
	identities: [`salesforce.contact:${id}`],
});

const outbound = textOf("./samples/outbound-two-contacts.xml");

const samples: readonly Sample[] = [
	sample("outbound-lead-converted.xml", soap, {
		type: "Lead",
		id: "04l5g00000Ab12cAAB",
		time,
		identities: [...converted, "email:ada.quill@example.test"],
	}),
	sample(
		"outbound-two-contacts.xml",
		soap,
		{ type: "Contact", id: "04l5g00000Ab12dAAB", identities: ada },
		{ type: "Contact", id: "04l5g00000Ab12eAAB", identities: ["salesforce.contact:0035g00000VwXz0AAF"] },
	),
	sample("outbound-wrong-org.xml", soap, {
		type: "Contact",
		id: "04l5g00000Ab12fAAB",
		identities: ["salesforce.contact:0035g00000VwXz1AAF"],
	}),
	sample(
		"cdc-lead-converted.json",
		json,
		{ type: "Account.CREATE", id: `${transaction}:1:0015g00000QrStUAAV`, time, identities: [] },
		{ type: "Contact.CREATE", id: `${transaction}:2:0035g00000VwXyZAAV`, time, identities: ada },
		{ type: "Opportunity.CREATE", id: `${transaction}:3:0065g00000AbCdEAAV`, time, identities: [] },
		{ type: "Lead.UPDATE", id: `${transaction}:4:00Q5g00000LmNoPEAV`, time, identities: converted },
	),
	sample("cdc-gap-overflow.json", json, gap("Contact", "0035g00000VwXyZAAV")),
	{
		...sample("cdc-gap-overflow.json", json, {
			...gap("Contact", "0035g00000VwXyZAAV"),
			asks: [`${myDomain}/services/data/v66.0/sobjects/Contact/0035g00000VwXyZAAV`],
		}),
		name: "an event in place of another, whose record the hub may read",
		settings: { myDomain },
	},
	{
		...sample("cdc-gap-overflow.json", json, {
			...gap("Contact", "0035g00000VwXyZAAV"),
			type: "Contact.DELETE",
		}),
		name: "a deleted record, of which there is nothing to read",
		settings: { myDomain },
		body: bytes(textOf("./samples/cdc-gap-overflow.json").replace("GAP_UPDATE", "GAP_DELETE")),
	},
	{
		...sample("cdc-gap-overflow.json", json, {
			failed:
				"Contact.GAP_OVERFLOW: Salesforce says that more records changed at once than it tells of, and not which: read them again there",
			identities: ["salesforce.contact:0035g00000VwXyZAAV"],
		}),
		name: "more changes at once than there are events",
		body: bytes(textOf("./samples/cdc-gap-overflow.json").replace("GAP_UPDATE", "GAP_OVERFLOW")),
	},
	sample("platform-event-order.json", json, {
		type: "PlatformEvent",
		id: "5d0c6a0e-9a3e-4b8c-9a3c-0f4be0e1c001",
		time,
		identities: [],
	}),
	sample("records-query-result.json", json, {
		type: "Lead",
		time,
		identities: [...converted, "email:ada.quill@example.test"],
	}),
	sample("callout-lead-converted.json", json, {
		type: "Lead",
		identities: [...converted, "email:ada.quill@example.test"],
	}),
	{
		...sample("outbound-lead-converted.xml", soap),
		name: "an Outbound Message with a byte order mark",
		body: bytes(`\uFEFF${textOf("./samples/outbound-lead-converted.xml").replace(/^\uFEFF/, "")}`),
		gives: [
			{
				type: "Lead",
				id: "04l5g00000Ab12cAAB",
				time,
				identities: [...converted, "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "an Outbound Message of which one notification is unusable",
		headers: soap,
		body: bytes(
			outbound
				.replace("<Id>04l5g00000Ab12dAAB</Id>", '<Id xsi:nil="true"/>')
				.replace("</notifications>", "<Notification>?</Notification></notifications>"),
		),
		gives: [
			{ failed: "the notification has no Id", identities: ada },
			{ type: "Contact", id: "04l5g00000Ab12eAAB", identities: ["salesforce.contact:0035g00000VwXz0AAF"] },
			{
				failed: "the message is no record, no change event and no platform event of Salesforce's",
				identities: [],
			},
		],
	},
	callout(
		"a list of records of an Apex class",
		[
			{ attributes: { type: "Contact" }, Id: "0035g00000VwXyZ", Email: "ada.quill@example.test" },
			{ attributes: { type: "Case" }, Id: "5005g00000AbCdE", ContactId: "0035g00000VwXyZAAV" },
			{
				attributes: { type: "Account" },
				PersonContactId: "0035g00000VwXyZAAV",
				PersonEmail: "ada.quill@example.test",
			},
		],
		{ type: "Contact", identities: ada },
		{ type: "Case", identities: ["salesforce.contact:0035g00000VwXyZAAV"] },
		{ type: "Account", identities: ada },
	),
	callout(
		"a contact that was merged into another",
		{
			attributes: { type: "Contact" },
			Id: "0035g00000VwXz0",
			IsDeleted: true,
			MasterRecordId: "0035g00000VwXyZ",
		},
		{
			type: "Contact",
			identities: ["salesforce.contact:0035g00000VwXz0AAF"],
			control: "merge",
			merge: {
				from: "salesforce.contact:0035g00000VwXz0AAF",
				into: "salesforce.contact:0035g00000VwXyZAAV",
			},
		},
	),
	callout(
		"one change of two records",
		change({ recordIds: ["0035g00000VwXyZ", "0035g00000VwXz0AAF"] }, { Title: "Dr" }),
		{
			type: "Contact.UPDATE",
			id: `${transaction}:1:0035g00000VwXyZAAV`,
			time,
			identities: ["salesforce.contact:0035g00000VwXyZAAV"],
		},
		{
			type: "Contact.UPDATE",
			id: `${transaction}:1:0035g00000VwXz0AAF`,
			time,
			identities: ["salesforce.contact:0035g00000VwXz0AAF"],
		},
	),
	callout(
		"a change that the hub itself has made",
		change({ changeOrigin: "com/salesforce/api/rest/66.0;client=loyalty-hub/" }),
		{
			type: "Contact.UPDATE",
			id: `${transaction}:1:0035g00000VwXyZAAV`,
			time,
			identities: ["salesforce.contact:0035g00000VwXyZAAV"],
			ignore: "echo",
		},
	),
	callout(
		"a message of the streaming API",
		{
			channel: "/event/Order_Placed__e",
			data: { schema: "x", payload: { ContactId: "0035g00000VwXyZ", Note__c: "abcdefghijklmno" }, event: {} },
		},
		{ type: "Order_Placed__e", identities: ["salesforce.contact:0035g00000VwXyZAAV"] },
	),
	callout(
		"something else",
		[{ hello: "world" }, "hello"],
		{
			failed: "the message is no record, no change event and no platform event of Salesforce's",
			identities: [],
		},
		{ failed: "the message is not a JSON object", identities: [] },
	),
];

testConnector(salesforce, { samples, readme: textOf("./README.md"), crypto: nodeCrypto });

const deliveryOf = (body: string, headers: Delivery["headers"] = soap): Delivery => ({
	method: "POST",
	path: "",
	query: "",
	headers,
	body: bytes(body),
	receivedAt: Date.parse(time),
	ip: "192.0.2.7",
});

const configuredWith = (settings: Record<string, string>) => {
	const configured = salesforce.configure(settings);
	if (!configured.ok) throw new Error(configured.failure.join("; "));
	return configured.value;
};

describe("An id", () => {
	it.each([
		// The first is of Salesforce's documentation of its REST API; the others are worked by hand.
		["001D000000IqhSL", "001D000000IqhSLIAZ"],
		["00D5g000004XyZ1", "00D5g000004XyZ1EAK"],
		["0035g00000VwXz0", "0035g00000VwXz0AAF"],
		["000000000000000", "000000000000000AAA"],
		["ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNO555"],
	])("of 15 characters is the same with 18: %s", (short, long) => {
		expect(longId(short)).toBe(long);
		expect(longId(long)).toBe(long);
	});

	it("is left as it is where it is none", () => {
		for (const text of ["", "0035g00000VwXy", "0035g00000VwXyZA", "0035g00000VwXy-"])
			expect(longId(text)).toBe(text);
	});

	it("has its 18 characters in Salesforce's own fields, and in no field of an admin's", () => {
		const body = {
			attributes: { type: "X" },
			Id: "0035g00000VwXyZ",
			Code_Id__c: "0035g00000VwXyZ",
			Idea: "0035g00000VwXyZ",
		};
		const found = normalise(configuredWith({}), deliveryOf(JSON.stringify(body), json));
		expect(found).toMatchObject({
			value: [
				{
					message: {
						content: {
							record: { Id: "0035g00000VwXyZAAV", Code_Id__c: "0035g00000VwXyZ", Idea: "0035g00000VwXyZ" },
						},
					},
				},
			],
		});
	});
});

describe("An endpoint", () => {
	const verifier = (settings: Record<string, string>, secrets = {}) =>
		openVerifier(configuredWith(settings).verification, secrets, nodeCrypto);
	const wire = { url: "https://hub.example.test/in/token" };
	const organisation = "00D5g000004XyZ1";

	it("takes the Outbound Messages of its organisation, and of no other", () => {
		for (const own of [organisation, `${organisation}EAK`]) {
			const verify = verifier({ organisation: own });
			expect(verify(deliveryOf(outbound), wire)).toEqual({ ok: true, proved: "all", signed: false });
			const other = deliveryOf(textOf("./samples/outbound-wrong-org.xml"));
			expect(verify(other, wire)).toMatchObject({ ok: false, cause: "name-wrong" });
			expect(verify(deliveryOf(`<!DOCTYPE x>${outbound}`), wire)).toMatchObject({ ok: false });
			expect(verify(deliveryOf("[]", json), wire)).toMatchObject({ ok: false, cause: "name-missing" });
		}
	});

	it("takes none without an organisation", () => {
		expect(verifier({})(deliveryOf(outbound), wire)).toMatchObject({ ok: false, cause: "secret-missing" });
		const secrets = { header: ["open sesame"] };
		expect(verifier({}, secrets)(deliveryOf(outbound), wire)).toMatchObject({ cause: "token-missing" });
		expect(salesforce.configure({ organisation: "my org" })).toMatchObject({
			ok: false,
			failure: [expect.stringContaining("is no id of an organisation, such as 00D5g000004XyZ1EAK")],
		});
	});

	it("may take both, each by its own proof, and only from where they may come", () => {
		const secrets = { header: ["open sesame"] };
		const verify = verifier({ organisation, networks: "192.0.2.0/24" }, secrets);
		const called = deliveryOf("{}", { ...json, "x-hub-secret": "open sesame" });
		expect(verify(deliveryOf(outbound), wire).ok).toBe(true);
		expect(verify(called, wire).ok).toBe(true);
		expect(verify(deliveryOf("{}", { ...json, "x-hub-secret": "other" }), wire)).toMatchObject({
			cause: "token-wrong",
		});
		expect(verify(deliveryOf("{}", json), wire).ok).toBe(false);
		expect(verify({ ...called, ip: "198.51.100.1" }, wire)).toMatchObject({ cause: "address-wrong" });
		expect(verify({ ...deliveryOf(outbound), ip: "198.51.100.1" }, wire)).toMatchObject({
			cause: "address-wrong",
		});
	});

	it("stores no session, and all else of the message", () => {
		const places = secretPlacesOf(configuredWith({ organisation }).verification);
		const kept = storable(deliveryOf(outbound), "xml", places);
		const text = new TextDecoder().decode(kept.body);
		expect(outbound).toContain("00D5g000004XyZ1!AQ_example_session");
		expect(text).not.toContain("Session");
		expect(text).not.toContain("example_session");
		const read = (one: Delivery) => normalise(configuredWith({}), one);
		expect(read(kept)).toEqual(read(deliveryOf(outbound)));
		const without = deliveryOf(textOf("./samples/outbound-lead-converted.xml"));
		expect(read(storable(without, "xml", places))).toEqual(read(without));
	});

	it("reads nothing in SOAP that is no Outbound Message", () => {
		const body = '<e:Envelope xmlns:e="x"><e:Body><query/></e:Body></e:Envelope>';
		expect(normalise(configuredWith({}), deliveryOf(body))).toEqual({
			ok: false,
			failure: "the SOAP message has no notifications of an Outbound Message",
		});
	});

	it("advises what is still to be done", () => {
		const advised = (settings: Record<string, string>, ...secrets: readonly string[]) =>
			configuredWith(settings).advice(new Set(secrets)).join("\n");
		expect(advised({})).toContain("Set organisation=00D…");
		expect(advised({}, "header")).toBe(
			"A converted lead makes a member (enrol=lead_converted); enrol=never is the other.",
		);
		expect(advised({ organisation })).toContain("keep the URL to yourself");
		const channels = "/data/LeadChangeEvent";
		expect(advised({ channels })).toContain("To read channels the hub needs myDomain=https://… too.");
		expect(advised({ channels, myDomain }, "consumerKey")).toContain(
			`Nothing is asked of ${myDomain}, and no message has \`$.enriched\`: set the secret \`consumerSecret\`.`,
		);
		expect(advised({ channels, myDomain }, "consumerKey", "consumerSecret")).toBe(
			"A converted lead makes a member (enrol=lead_converted); enrol=never is the other.",
		);
		expect(advised({ organisation, networks: "192.0.2.0/24", enrol: "never" })).toBe(
			"Nobody becomes a member through this endpoint (enrol=never).",
		);
	});
});
