import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { invariant } from "../../src/model/result.ts";
import { openVerifier } from "../../src/verify/verify.ts";
import { hubspot } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const secret = "5ac6f1c0-0001-4c53-a1a7-0c4a3e6b2d10";
const url = "https://hub.example.test/in/0123456789abcdef0123456789abcdef";
const time = "2026-06-04T10:00:00.123Z";
const sentAt = "1780567200500";

/** As HubSpot documents version 3; what its own library gives is below. */
const signedV3 = (body: Uint8Array, calledUrl = url): Readonly<Record<string, string>> => ({
	"content-type": "application/json",
	"x-hubspot-request-timestamp": sentAt,
	"x-hubspot-signature-v3": createHmac("sha256", secret)
		.update(`POST${calledUrl}`)
		.update(body)
		.update(sentAt)
		.digest("base64"),
});

const webhook = (name: string, ...gives: readonly Given[]): Sample => {
	const body = file(`./samples/${name}.json`);
	const again = new TextDecoder().decode(body).replaceAll('"attemptNumber": 0', '"attemptNumber": 1');
	return {
		name,
		body,
		headers: signedV3(body),
		signed: { secrets: { client: [secret] }, proves: "all" },
		retry: { body: bytes(again) },
		gives,
	};
};

const inline = (name: string, content: unknown, ...gives: readonly Given[]): Sample => ({
	name,
	body: bytes(JSON.stringify(content)),
	gives,
});

const askedAbout = (contact: number): readonly string[] => [
	`https://api.hubapi.com/crm/v3/objects/contacts/${contact}?properties=email,firstname,lastname,lifecyclestage,phone,mobilephone,company,address,city,state,zip,country`,
];

const change = {
	eventId: 1,
	subscriptionId: 2,
	occurredAt: 1780567200123,
	portalId: 33700145,
	objectId: 401,
	subscriptionType: "contact.propertyChange",
	propertyName: "lifecyclestage",
	propertyValue: "customer",
};
const changed = {
	type: "contact.propertyChange",
	id: "1:2:1780567200123",
	time,
	identities: ["hubspot.contact:401"],
};
const asking = { ...changed, asks: askedAbout(401) };

const ofHubspot = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const theirs = {
	body: bytes('{"example_field":"example_value"}'),
	url: "https://www.example.com/webhook_uri",
	signed: { secrets: { client: [ofHubspot] }, proves: "all" },
	gives: [{ type: "workflow", identities: [] }],
} as const;

const samples: readonly Sample[] = [
	webhook("lifecyclestage-customer", {
		type: "contact.propertyChange",
		id: "3816279340:25:1780567200123",
		time,
		identities: ["hubspot.contact:401"],
		asks: askedAbout(401),
	}),
	webhook(
		"batch-mixed",
		{
			type: "contact.creation",
			id: "3816279341:21:1780567200123",
			time,
			identities: ["hubspot.contact:401"],
			asks: askedAbout(401),
		},
		{
			type: "contact.propertyChange",
			id: "3816279342:25:1780567200123",
			time,
			identities: ["hubspot.contact:401"],
			asks: askedAbout(401),
		},
		{ type: "deal.propertyChange", id: "3816279343:31:1780567200123", time, identities: [] },
		{
			type: "contact.deletion",
			id: "3816279344:41:1780567200123",
			time,
			identities: ["hubspot.contact:402"],
		},
	),
	webhook(
		"contact-merge",
		{
			type: "contact.merge",
			id: "3816279345:45:1780567200123:403",
			time,
			identities: ["hubspot.contact:401", "hubspot.contact:403"],
			control: "merge",
			merge: { from: "hubspot.contact:403", into: "hubspot.contact:401" },
		},
		{
			type: "contact.merge",
			id: "3816279345:45:1780567200123:404",
			time,
			identities: ["hubspot.contact:401", "hubspot.contact:404"],
			control: "merge",
			merge: { from: "hubspot.contact:404", into: "hubspot.contact:401" },
		},
	),
	webhook("contact-privacy-deletion", {
		type: "contact.privacyDeletion",
		id: "3816279346:46:1780567200123",
		time,
		identities: ["hubspot.contact:401"],
		control: "erase",
	}),
	webhook("generic-object", {
		type: "contact.propertyChange",
		id: "3816279347:51:1780567200123",
		time,
		identities: ["hubspot.contact:401"],
		asks: askedAbout(401),
	}),
	webhook("workflow-webhook", {
		type: "workflow.contact",
		identities: ["hubspot.contact:401", "email:ada.quill@example.test"],
	}),
	{
		// HubSpot/hubspot-api-nodejs, test/unit/signature.spec.ts (Apache-2.0).
		name: "version 1, as HubSpot's own library has it",
		body: bytes(
			'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]',
		),
		headers: {
			"x-hubspot-signature-version": "v1",
			"x-hubspot-signature": "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de",
		},
		signed: { secrets: { client: [ofHubspot] }, proves: "all" },
		gives: [
			{
				type: "contact.creation",
				id: "1:12345:1564113600000",
				time: "2019-07-26T04:00:00.000Z",
				identities: ["hubspot.contact:123"],
				asks: askedAbout(123),
			},
		],
	},
	{
		...theirs,
		name: "version 2, as HubSpot's own library has it",
		headers: {
			"x-hubspot-signature-version": "v2",
			"x-hubspot-signature": "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900",
		},
	},
	{
		// Computed by node:crypto from the documented scheme.
		...theirs,
		name: "version 3 of the same request",
		headers: {
			"x-hubspot-request-timestamp": "1700000000000",
			"x-hubspot-signature-v3": "rQEKkaNUiu+1qGF//O/pw4BCzstSqO1PyUnGICmf+7o=",
		},
		receivedAt: "2023-11-14T22:13:21Z",
	},
	{
		name: "a workflow's body of one's own, with its API key",
		body: bytes('{"vid":"401","email":"ada.quill@example.test","lifecyclestage":"customer"}'),
		headers: { "x-hub-secret": "a text of one's own", "x-hubspot-correlation-id": "0b1a7c2e" },
		signed: { secrets: { key: ["a text of one's own"] }, proves: "all" },
		gives: [
			{
				type: "workflow.contact",
				id: "0b1a7c2e",
				identities: ["hubspot.contact:401", "email:ada.quill@example.test"],
			},
		],
	},
	{
		name: "a contact whose number a double does not hold",
		body: bytes(
			'[{"subscriptionType":"contact.merge","primaryObjectId":9007199254740993,"mergedObjectIds":[820982911946154508]}]',
		),
		gives: [
			{
				type: "contact.merge",
				identities: ["hubspot.contact:9007199254740993", "hubspot.contact:820982911946154508"],
				control: "merge",
				merge: {
					from: "hubspot.contact:820982911946154508",
					into: "hubspot.contact:9007199254740993",
				},
			},
		],
	},
	inline(
		"a workflow about deals",
		{
			portalId: 33700145,
			objectTypeId: "0-3",
			objectId: 90012,
			properties: { email: "ada.quill@example.test" },
		},
		{ type: "workflow.deal", identities: ["email:ada.quill@example.test"] },
	),
	inline(
		"a workflow about contacts in the newer form",
		{
			portalId: 33700145,
			objectType: "CONTACT",
			objectTypeId: "0-1",
			objectId: 401,
			properties: { phone: "+442071234567" },
		},
		{ type: "workflow.contact", identities: ["hubspot.contact:401", "phone:+442071234567"] },
	),
	...Object.entries({
		older: { properties: { lastmodifieddate: { value: "1780567200123", versions: [] } } },
		newer: { objectTypeId: "0-1", properties: { lastmodifieddate: "1780567200123" } },
		own: { lastmodifieddate: time },
	}).map(([form, said]) =>
		inline(
			`when a contact changed, in the ${form} form`,
			{ vid: 401, ...said },
			{ type: "workflow.contact", time, identities: ["hubspot.contact:401"] },
		),
	),
	inline(
		"a merge into a new record",
		[
			{
				...change,
				subscriptionType: "object.merge",
				objectTypeId: "0-1",
				primaryObjectId: 401,
				mergedObjectIds: [403],
				newObjectId: 500,
			},
		],
		...["401", "403"].map((gone) => ({
			...changed,
			type: "contact.merge",
			id: `1:2:1780567200123:${gone}`,
			identities: [
				"hubspot.contact:500",
				`hubspot.contact:${gone}`,
				...(gone === "401" ? [] : ["hubspot.contact:401"]),
			],
			control: "merge" as const,
			merge: { from: `hubspot.contact:${gone}`, into: "hubspot.contact:500" },
		})),
	),
	inline(
		"a merge of companies",
		[
			{
				...change,
				subscriptionType: "company.merge",
				primaryObjectId: 7,
				mergedObjectIds: [8],
				newObjectId: 7,
			},
		],
		{ ...changed, type: "company.merge", id: "1:2:1780567200123:8", identities: [] },
	),
	inline("a merge that says of whom not", [{ ...change, subscriptionType: "contact.merge" }], {
		...changed,
		type: "contact.merge",
	}),
	inline(
		"a record of a kind of one's own",
		[{ ...change, subscriptionType: "object.creation", objectTypeId: "2-77" }],
		{ ...changed, type: "object.creation", identities: [] },
	),
	{
		...inline(
			"what the hub's own app changed",
			[
				{ ...change, changeSource: "INTEGRATION", sourceId: "1160452" },
				{ ...change, changeSource: "INTEGRATION", sourceId: "1160453" },
				{ ...change, changeSource: "CRM_UI", sourceId: "1160452" },
				{
					...change,
					changeSource: "INTEGRATION",
					sourceId: "1160452",
					subscriptionType: "contact.privacyDeletion",
				},
			],
			{ ...changed, ignore: "echo" },
			asking,
			asking,
			{ ...changed, type: "contact.privacyDeletion", control: "erase" },
		),
		settings: { app: "1160452" },
	},
	{
		...inline(
			"messages of this account and another",
			[change, { ...change, portalId: 62515 }, { vid: 1, "portal-id": 62515 }],
			asking,
			{ failed: "the message is of another account than 33700145", identities: ["hubspot.contact:401"] },
			{ failed: "the message is of another account than 33700145", identities: ["hubspot.contact:1"] },
		),
		settings: { account: "33700145" },
	},
];

testConnector(hubspot, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

const configured = hubspot.configure({});
invariant(configured.ok, "HubSpot needs no settings");
const { verification } = configured.value;

it("believes a request without a body, as HubSpot's own library signs it", () => {
	const verify = openVerifier(verification, { client: [ofHubspot] }, nodeCrypto);
	const headers = {
		"x-hubspot-signature": "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e",
	};
	const asked = { path: "", query: "", headers, body: bytes(""), receivedAt: 0 };
	expect(verify({ ...asked, method: "GET" }, { url: theirs.url })).toMatchObject({ ok: true });
	expect(verify({ ...asked, method: "POST" }, { url: theirs.url })).toMatchObject({ ok: false });
});

describe("A request with several signatures, as workflows send it", () => {
	const body = file("./samples/workflow-webhook.json");
	const verify = openVerifier(verification, { client: [secret] }, nodeCrypto);
	const version2 = createHash("sha256").update(`${secret}POST${url}`).update(body).digest("hex");
	const verified = (headers: Readonly<Record<string, string>>, calledUrl = url) =>
		verify(
			{ method: "POST", path: "", query: "", headers, body, receivedAt: Date.parse(time) },
			{ url: calledUrl },
		);

	it("is believed by the newest", () => {
		expect(verified({ ...signedV3(body), "x-hubspot-signature": "00".repeat(32) })).toMatchObject({
			ok: true,
		});
	});

	it("is refused where the newest is wrong, though an older one is right", () => {
		const headers = { ...signedV3(bytes("{}")), "x-hubspot-signature": version2 };
		expect(verified({ "x-hubspot-signature": version2 })).toMatchObject({ ok: true });
		expect(verified(headers)).toMatchObject({ ok: false, cause: "signature-wrong" });
	});

	it("is signed with the URL's escapes decoded", () => {
		const called = `${url}?from=a%3Ab%20c`;
		expect(verified(signedV3(body, `${url}?from=a:b%20c`), called)).toMatchObject({ ok: true });
		expect(verified(signedV3(body, called), called)).toMatchObject({ ok: false });
	});
});
