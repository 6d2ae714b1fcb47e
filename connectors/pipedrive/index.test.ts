import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { type Given, type Sample, testConnector } from "../../src/kit/testing.ts";
import { invariant } from "../../src/model/result.ts";
import { normalise } from "../../src/normalise/normalise.ts";
import { pipedrive } from "./index.ts";

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const login = "hub:correct horse";
const headers = {
	"content-type": "application/json",
	// RFC 7617: base64 of `hub:correct horse`.
	authorization: "Basic aHViOmNvcnJlY3QgaG9yc2U=",
};
const time = "2026-06-04T10:00:00.000Z";
const ada = ["pipedrive.person:4411", "email:ada.quill@example.test"];

const webhook = (name: string, gives: Given, tries: readonly [string, string]): Sample => {
	const body = file(`./samples/${name}.json`);
	return {
		name,
		body,
		headers,
		signed: { secrets: { login: [login] }, proves: "all" },
		retry: { body: bytes(new TextDecoder().decode(body).replace(...tries)) },
		gives: [gives],
	};
};
const attempt = ['"attempt": 1', '"attempt": 2'] as const;

const inline = (name: string, content: unknown, gives: Given): Sample => ({
	name,
	body: bytes(JSON.stringify(content)),
	gives: [gives],
});

const meta = {
	action: "delete",
	entity: "person",
	entity_id: "4412",
	id: "f0f0a7c8-1111-4a2b-8c3d-4e5f6a7b8c9d",
	timestamp: time,
	version: "2.0",
	user_id: "71",
	change_source: "app",
};
const deleted = {
	type: "delete.person",
	id: meta.id,
	time,
	identities: ["pipedrive.person:4412", "email:ada.q@example.test"],
};
const previous = { id: 4412, emails: [{ value: "ada.q@example.test", primary: true }] };

const won: Given = {
	type: "change.deal",
	id: "d0b0a7c8-1111-4a2b-8c3d-4e5f6a7b8c9d",
	time,
	identities: ["pipedrive.person:4411"],
};
const lead: Given = {
	type: "create.lead",
	id: "e1e1a7c8-1111-4a2b-8c3d-4e5f6a7b8c9d",
	time,
	identities: ["pipedrive.person:4411"],
};
const asks = ["https://loyaltydemo.pipedrive.com/api/v2/persons/4411"];

/** Deals about whose person nothing is asked. */
const unasked = [
	[
		"a deal that is not won",
		{
			meta: { action: "change" },
			data: { status: "open", person_id: 4411 },
			previous: { status: "won" },
		},
	],
	[
		"a later change of a won deal",
		{ meta: { action: "change" }, data: { status: "won", person_id: 4411 }, previous: { title: "x" } },
	],
	[
		"a change of a won deal whose whole past is told",
		{ meta: { action: "change" }, data: { status: "won", person_id: 4411 }, previous: { status: "won" } },
	],
	[
		"a won deal without a person",
		{ meta: { action: "create" }, data: { status: "won", person_id: null }, previous: null },
	],
] as const;

const samples: readonly Sample[] = [
	webhook(
		"person-change",
		{
			type: "change.person",
			id: "b5b1d2a4-3f4a-4f0c-8a64-2f0d8f4f9a11",
			time,
			identities: [...ada, "email:ada@old.example.test", "phone:+442071234567"],
		},
		attempt,
	),
	webhook("deal-won", won, attempt),
	webhook("lead-create", lead, attempt),
	webhook(
		"person-delete",
		{ type: "delete.person", id: "f0f0a7c8-1111-4a2b-8c3d-4e5f6a7b8c9d", time, identities: ada },
		attempt,
	),
	webhook(
		"v1-person-updated",
		{
			type: "change.person",
			id: "1780567200123456:change.person:4411",
			time,
			identities: [...ada, "phone:+442071234567"],
		},
		['"retry": 0', '"retry": 1'],
	),
	inline(
		"a person who was merged into another",
		{ meta: { ...meta, merged_to_id: "4411" }, data: null, previous },
		{
			...deleted,
			identities: ["pipedrive.person:4411", ...deleted.identities],
			control: "merge",
			merge: { from: "pipedrive.person:4412", into: "pipedrive.person:4411" },
		},
	),
	inline("a person who was deleted", { meta, data: null, previous }, deleted),
	inline(
		"a deal that was merged into another",
		{ meta: { ...meta, entity: "deal", merged_to_id: "1" }, data: null, previous: { person_id: 4412 } },
		{ ...deleted, type: "delete.deal", identities: ["pipedrive.person:4412"] },
	),
	inline(
		"version 1 of a deal that is gone",
		{
			v: 1,
			event: "deleted.deal",
			meta: { action: "deleted", object: "deal", id: 9001, timestamp: 1780567200, webhook_id: "555" },
			current: null,
			previous: { id: 9001, person_id: 4411 },
		},
		{ type: "delete.deal", id: "1780567200:delete.deal:9001", time, identities: ["pipedrive.person:4411"] },
	),
	inline(
		"version 1 of a merge, which does not say who went",
		{
			v: 1,
			meta: { action: "merged", object: "person", id: 4411, timestamp: 1780567200 },
			current: { id: 4411, email: [], phone: null },
			previous: null,
		},
		{
			type: "merged.person",
			id: "1780567200:merged.person:4411",
			time,
			identities: ["pipedrive.person:4411"],
		},
	),
	inline(
		"an early version 2, whose id is the record's",
		{
			meta: {
				action: "change",
				entity: "deal",
				entity_id: 1,
				id: 1,
				correlation_id: "6c9a6f1e",
				webhook_id: 99,
				timestamp: 1780567200,
			},
			data: { id: 1, person_id: 3 },
			previous: null,
		},
		{ type: "change.deal", id: "6c9a6f1e:99:change.deal:1", time, identities: ["pipedrive.person:3"] },
	),
	...(["api", "app"] as const).map(
		(source): Sample => ({
			...inline(
				`what the hub's own user changed by the ${source}`,
				{ meta: { ...meta, change_source: source }, data: null, previous },
				{ ...deleted, ...(source === "api" && { ignore: "echo" }) },
			),
			settings: { user: "71" },
		}),
	),
	...(["deal-won", "lead-create"] as const).map(
		(name): Sample => ({
			...webhook(name, name === "deal-won" ? { ...won, asks } : { ...lead, asks }, attempt),
			name: `${name}, of whose person the hub may ask`,
			settings: { company: "loyaltydemo" },
		}),
	),
	...unasked.map(
		([name, change]): Sample => ({
			...inline(
				name,
				{ meta: { ...meta, entity: "deal", ...change.meta }, data: change.data, previous: change.previous },
				{
					...deleted,
					type: `${change.meta.action}.deal`,
					identities: change.data.person_id === null ? [] : ["pipedrive.person:4411"],
				},
			),
			settings: { company: "loyaltydemo" },
		}),
	),
	inline(
		"what is no message of Pipedrive",
		{ meta: { id: "x" } },
		{
			failed: "the message has no meta.action and meta.entity",
			identities: [],
		},
	),
];

testConnector(pipedrive, {
	samples,
	readme: new TextDecoder().decode(file("./README.md")),
	crypto: nodeCrypto,
});

const configured = pipedrive.configure({});
invariant(configured.ok, "Pipedrive needs no settings");

const read = (body: Uint8Array) =>
	normalise(configured.value, { method: "POST", path: "", query: "", headers, body, receivedAt: 0 });

it("knows a person by the primary address, else by the first that is there", () => {
	const emails = [{ value: " " }, { value: "a@example.test" }, { value: "b@example.test", primary: true }];
	const phones = [null, { value: "+442071234567", primary: false }, { value: "+447700900123" }];
	const body = bytes(JSON.stringify({ meta, data: { emails, phones } }));
	expect(read(body)).toMatchObject({
		value: [
			{ message: { content: { person: { id: "4412", email: "b@example.test", phone: "+442071234567" } } } },
		],
	});
});

it("reads a message of version 1 as the same one of version 2", () => {
	expect(read(file("./samples/v1-person-updated.json"))).toMatchObject({
		ok: true,
		value: [
			{
				message: {
					content: {
						meta: { action: "change", entity: "person", entity_id: 4411 },
						data: {
							first_name: "Ada",
							emails: [{ label: "work", value: "ada.quill@example.test", primary: true }],
						},
						previous: { name: "Ada Q" },
						person: { id: "4411", email: "ada.quill@example.test", phone: "+442071234567" },
					},
				},
			},
		],
	});
});

it.each(["acme.pipedrive.com", "https://acme", "evil.example/", "a@b"])(
	"asks no site such as that of the company %j",
	(company) => {
		expect(pipedrive.configure({ company })).toEqual({
			ok: false,
			failure: [expect.stringContaining("company: is the first part of the address alone")],
		});
	},
);

it("shows its token in a header, and says what is missing for that", () => {
	const asking = pipedrive.configure({ company: "acme" });
	invariant(asking.ok, "acme is a company");
	expect(asking.value.enrichment?.headers({ apiToken: ["0123"] })).toEqual({ "x-api-token": "0123" });
	expect(asking.value.advice(new Set(["login"])).join()).toContain("set the secret `apiToken`");
	expect(configured.value.advice(new Set()).join()).toContain("set company=…");
});
