import { describe, expect, it } from "vitest";
import type { ValueObject } from "../model/json.ts";
import type { Delivery, Message } from "../model/message.ts";
import { invariant } from "../model/result.ts";
import { type DeclaredFetch, type Enrichment, openEnrichment } from "./enrichment.ts";

const delivery: Delivery = {
	method: "POST",
	path: "",
	query: "",
	headers: {},
	body: new Uint8Array(),
	receivedAt: 0,
};
const messageOf = (content: ValueObject): Message => ({
	id: "m",
	type: "t",
	time: undefined,
	identities: [{ kind: "crm.contact", value: "7" }],
	content,
});
const contact: DeclaredFetch = { into: "contact", path: "/contacts/{field:id}?of={field:of}" };

function open(fetches: readonly DeclaredFetch[], changes: Partial<Enrichment> = {}) {
	const opened = openEnrichment({
		origin: "https://a.example",
		headers: {},
		perSecond: 1,
		fetches,
		...changes,
	});
	invariant(opened.ok, "the enrichment is sound");
	return opened.value;
}

const urlsOf = (fetches: readonly DeclaredFetch[], content: ValueObject) =>
	open(fetches)
		.enrich(messageOf(content), delivery, new Map())
		.asks.map(({ url }) => url);

describe("what a message asks", () => {
	it.each<[ValueObject, string]>([
		[{ id: 7, of: "x" }, "https://a.example/contacts/7?of=x"],
		[
			{ id: "a/b", of: "o'hara & co@b.example" },
			"https://a.example/contacts/a%2Fb?of=o%27hara%20%26%20co%40b.example",
		],
		[{ id: "%2e%2e", of: "ä\n" }, "https://a.example/contacts/%252e%252e?of=%C3%A4%0A"],
	])("is the path with the values of %j escaped", (content, url) => {
		expect(urlsOf([contact], content)).toEqual([url]);
	});

	it.each<ValueObject>([
		{ id: 7 },
		{ id: " ", of: "x" },
		{ id: "..", of: "x" },
		{ id: ".", of: "x" },
		{ id: "\ud800", of: "x" },
	])("is nothing where %j has no value that a URL can hold", (content) => {
		expect(urlsOf([contact], content)).toEqual([]);
	});

	it("is the first of several paths whose values are there", () => {
		const fetches = [{ into: "a", path: ["/contacts/{field:lead.contact}", "/contacts/{field:id}"] }];
		expect(urlsOf(fetches, { id: 1, lead: { contact: 2 } })).toEqual(["https://a.example/contacts/2"]);
		expect(urlsOf(fetches, { id: 1 })).toEqual(["https://a.example/contacts/1"]);
		expect(urlsOf(fetches, { lead: {} })).toEqual([]);
	});

	it("is of messages that are as data or code says", () => {
		const fetches = [
			{ into: "a", when: { "field:kind": ["contact", "lead"] }, path: "/a" },
			{ into: "b", when: ({ type, content }: Message) => type === "t" && content["id"] === 1, path: "/b" },
		];
		expect(urlsOf(fetches, { kind: "lead", id: 2 })).toEqual(["https://a.example/a"]);
		expect(urlsOf(fetches, { kind: "deal", id: 1 })).toEqual(["https://a.example/b"]);
	});

	it("takes the place of what the sender said, where it is to", () => {
		const enrichment = open([{ ...contact, replaces: "record" }]);
		const content = { id: 7, of: "x", record: { id: 7, left: true }, other: 1 };
		const at = (...answers: readonly (readonly [string, ValueObject | null])[]) =>
			enrichment.enrich(messageOf(content), delivery, new Map(answers)).message.content;
		const answer = { id: 7, name: "Ada" };
		expect(at(["contact", answer])).toEqual({ ...content, record: answer, enriched: { contact: answer } });
		expect(at(["contact", null])).toEqual({ ...content, enriched: {} });
		expect(at()).toEqual({ ...content, enriched: {} });
	});

	it("may need what was found before, which is never what the sender says", () => {
		const enrichment = open([
			{ into: "deal", path: "/deals/{field:id}" },
			{
				into: "contact",
				path: "/contacts/{field:enriched.deal.contact}",
				identities: { email: "{field:enriched.contact.email}" },
			},
		]);
		const sent = messageOf({ id: 1, enriched: { deal: { contact: "spoofed" } } });
		const first = enrichment.enrich(sent, delivery, new Map());
		expect(first.asks.map(({ into }) => into)).toEqual(["deal"]);
		const second = enrichment.enrich(sent, delivery, new Map([["deal", { contact: 9 }]]));
		expect(second.asks).toEqual([{ into: "contact", url: "https://a.example/contacts/9", body: null }]);
		const answers = new Map([
			["deal", { contact: 9 }],
			["contact", { email: "ada@example.test" }],
		]);
		const last = enrichment.enrich(sent, delivery, answers);
		expect(last.asks).toEqual([]);
		expect(last.message.content).toEqual({
			id: 1,
			enriched: { deal: { contact: 9 }, contact: { email: "ada@example.test" } },
		});
		expect(last.message.identities).toEqual([
			{ kind: "crm.contact", value: "7" },
			{ kind: "email", value: "ada@example.test" },
		]);
		expect(enrichment.enrich(sent, delivery, new Map([["deal", null]])).asks).toEqual([]);
	});
});

describe("an enrichment", () => {
	it.each([
		"http://a.example",
		"https://a.example/",
		"https://a.example/v1",
		"https://ada@a.example",
		"ftp://a.example",
		"http://10.0.0.1",
		"a.example",
		"",
	])("does not ask %j", (origin) => {
		expect(openEnrichment({ origin, headers: {}, perSecond: 1, fetches: [] })).toMatchObject({
			ok: false,
			failure: expect.stringContaining("is no site to ask"),
		});
	});

	it.each(["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080"])(
		"asks %s, this very machine",
		(origin) => {
			expect(openEnrichment({ origin, headers: {}, perSecond: 1, fetches: [] }).ok).toBe(true);
		},
	);

	it.each(["contacts", "/a/../{field:id}", "/a b", "/a#{field:id}"])("has no path such as %s", (path) => {
		expect(() => open([{ into: "x", path }])).toThrow(path);
	});

	it("posts texts of the message as JSON, where all of them are there", () => {
		const enrichment = open([
			{ into: "told", path: "/verify", post: { id: "{field:id}", key: "k-{field:key}", from: "hub" } },
		]);
		const asks = (content: ValueObject) => enrichment.enrich(messageOf(content), delivery, new Map()).asks;
		expect(asks({ id: 7, key: 'a"b' })).toEqual([
			{ into: "told", url: "https://a.example/verify", body: '{"id":"7","key":"k-a\\"b","from":"hub"}' },
		]);
		expect([asks({ id: 7 }), asks({ id: "", key: "k" })]).toEqual([[], []]);
	});

	it("asks for a token by JSON where the site wants that", () => {
		const { token } = open([], {
			headers: { A: "{token}" },
			token: { url: "https://login.example/token", form: { client: "{secret:client}" }, asJson: true },
		});
		expect([token?.contentType, token?.body({ client: ['a"'] })]).toEqual([
			"application/json",
			'{"client":"a\\""}',
		]);
	});

	it("shows the newest secret, and none that can not stand in a header", () => {
		const { secrets, headers } = open([], { headers: { Authorization: "Bearer {secret:token}" } });
		expect(secrets).toEqual(["token"]);
		expect(headers({ token: ["new", "old"] })).toEqual({ Authorization: "Bearer new" });
		expect(headers({ token: ["a\r\nX-Other: b"] })).toBeUndefined();
		expect(() => open([], { headers: { "X-Id": "{field:id}" } })).toThrow("{secret:…}");
	});

	it("shows a token that is had by secrets, as a form", () => {
		const { secrets, headers, token } = open([], {
			headers: { Authorization: "Zoho-oauthtoken {token}", "X-Key": "{secret:key}" },
			token: {
				url: "https://login.example/oauth2/token",
				form: { grant_type: "client_credentials", client_secret: "{secret:client}" },
			},
		});
		expect(secrets).toEqual(["key", "client"]);
		expect(token?.url).toBe("https://login.example/oauth2/token");
		expect(token?.body({ client: ["a b&c=ä", "old"] })).toBe(
			"grant_type=client_credentials&client_secret=a+b%26c%3D%C3%A4",
		);
		expect(headers({ key: ["k"] }, "t-1")).toEqual({ Authorization: "Zoho-oauthtoken t-1", "X-Key": "k" });
	});

	it.each([
		"http://login.example/token",
		"https://login.example",
		"https://login.example/../token",
		"https://ada@login.example/token",
		"https://login.example/token#a",
		"/token",
	])("asks %j for no token", (url) => {
		const enrichment = { origin: "https://a.example", headers: { A: "{token}" }, perSecond: 1, fetches: [] };
		expect(openEnrichment({ ...enrichment, token: { url, form: {} } })).toMatchObject({
			ok: false,
			failure: `${url} is no address to ask for a token: such as https://login.example.com/token`,
		});
	});

	it("shows no token that it does not ask for, and asks for none that it does not show", () => {
		expect(() => open([], { headers: { A: "{token}" } })).toThrow("the token that is asked for");
		const token = { url: "https://login.example/token", form: {} };
		expect(() => open([], { token })).toThrow("the token that is asked for");
		const form = { refresh_token: "{token}" };
		expect(() => open([], { headers: { A: "{token}" }, token: { ...token, form } })).toThrow("by secrets");
	});
});
