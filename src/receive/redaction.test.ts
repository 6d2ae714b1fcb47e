import { describe, expect, it } from "vitest";
import { type BodyFormat, formatOf, readable } from "../model/format.ts";
import type { Delivery } from "../model/message.ts";
import { redacted } from "./redaction.ts";

const number = "4111111111111111";
const card = "[removed: card number]";

const deliveryOf = (body: string | Uint8Array, more: Partial<Delivery> = {}): Delivery => ({
	method: "POST",
	path: "",
	query: "",
	headers: { "content-type": "application/json" },
	body: typeof body === "string" ? new TextEncoder().encode(body) : body,
	receivedAt: 0,
	...more,
});

const kept = (body: string | Uint8Array, more: Partial<Delivery> = {}, as?: BodyFormat) => {
	const whole = deliveryOf(body, more);
	const { delivery, removed } = redacted(whole, as ?? formatOf(whole, readable));
	return { body: new TextDecoder().decode(delivery.body), removed };
};

describe("A body", () => {
	it("is left as it is, to the byte, where there is nothing to remove", () => {
		const bodies = [
			`{ "order_id": "${number}",\t"total": 1.50, "url": "https://shop.example/${number}", "pin": 560001 }`,
			'{"password":null,"cvv":""}',
			`not JSON, ORD-${number}`,
			"",
		];
		for (const body of bodies) {
			const delivery = deliveryOf(body, {
				query: `order_id=${number}&x`,
				headers: { "x-trace": `0/${number}` },
			});
			expect(redacted(delivery, "json")).toEqual({ delivery, removed: [] });
			expect(redacted(delivery, "json").delivery.body).toBe(delivery.body);
		}
	});

	it("loses what is found, and keeps all else, the digits of its numbers too", () => {
		expect(kept(`{"a":1.00000000000000000001,"b":[{"note":"no. ${number}"}],"cvv":123}`)).toEqual({
			body: `{"a":1.00000000000000000001,"b":[{"note":"no. ${card}"}],"cvv":"[removed: card verification code]"}`,
			removed: [
				{ path: "body.b.0.note", what: "card number" },
				{ path: "body.cvv", what: "card verification code" },
			],
		});
	});

	it("hides nothing under a name that it has twice, or behind an escape", () => {
		expect(kept(`{"note":"${number}","note":"fine"}`).body).toBe('{"note":"fine"}');
		expect(kept(`{"n\\u006fte":"\\u0034${number.slice(1)}"}`).body).toBe(`{"note":"${card}"}`);
	});

	it("that is cut short or no JSON is not kept at all where it has something to hide", () => {
		const whole = (what: string) => ({ body: `[removed: ${what}]`, removed: [{ path: "body", what }] });
		expect(kept(`{"note":"${number}"`)).toEqual(whole("card number"));
		expect(kept(`<note>${number}</note>`)).toEqual(whole("card number"));
		expect(kept('{"password":"hunter2"')).toEqual(whole("unreadable"));
		const latin1 = Uint8Array.from(`{"note":"caf\u00e9 ${number}"}`, (one) => one.charCodeAt(0));
		expect(kept(latin1)).toEqual(whole("card number"));
	});

	it("nested so deeply that nobody reads it is cut off there, or not kept at all", () => {
		const nested = (levels: number) => `${"[".repeat(levels)}"${number}"${"]".repeat(levels)}`;
		expect(kept(`{"a":${nested(300)},"note":"${number}"}`)).toEqual({
			body: `{"a":${"[".repeat(255)}null${"]".repeat(255)},"note":"${card}"}`,
			removed: [{ path: "body.note", what: "card number" }],
		});
		expect(kept(`{"a":${nested(1_000_000)}}`).body).toBe(card);
	});

	it("of XML is looked at element by element", () => {
		const headers = { "content-type": "text/xml; charset=utf-8" };
		const xml = (body: string) => kept(body, { headers });
		expect(xml(`<a><b i:type="x">1</b><n>no. &#52;${number.slice(1)}</n><cvv>123</cvv></a>`)).toEqual({
			body: `<a><b type="x">1</b><n>no. ${card}</n><cvv>[removed: card verification code]</cvv></a>`,
			removed: [
				{ path: "body.a.n", what: "card number" },
				{ path: "body.a.cvv", what: "card verification code" },
			],
		});
		expect(xml(`<a><!-- ${number} --><b>1</b></a>`).body).toBe("<a><b>1</b></a>");
		expect(xml(`<a><b>${number}</a>`).body).toBe(card);
		const honest = deliveryOf(`<?xml version="1.0"?><a  x='1'><order_id>${number}</order_id></a>`, {
			headers,
		});
		expect(redacted(honest, "xml").delivery.body).toBe(honest.body);
	});

	it("of a form is looked at field by field", () => {
		const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
		expect(
			kept(`a=%C3%A9+1&note=4111+1111+1111+1111&contact%5Bcvv%5D=123&id=${number}`, { headers }),
		).toEqual({
			body: `a=%C3%A9+1&note=${encodeURIComponent(card)}&contact%5Bcvv%5D=${encodeURIComponent("[removed: card verification code]")}&id=${number}`,
			removed: [
				{ path: "body.note", what: "card number" },
				{ path: "body.contact[cvv]", what: "card verification code" },
			],
		});
	});
});

describe("JSON that is called a form", () => {
	const headers = { "content-type": "application/x-www-form-urlencoded" };
	const body = `{"link":"https://x.example/?a=1","note":"${number}","cvv":"123","b":"&c=1"}`;
	const cleaned = `{"link":"https://x.example/?a=1","note":"${card}","cvv":"[removed: card verification code]","b":"&c=1"}`;

	it("is looked at as its connector reads it", () => {
		expect(kept(body, { headers }, "json").body).toBe(cleaned);
		expect(kept(body, { headers }, "bytes").body).toBe(cleaned);
		expect(kept(`{"note":"fine"}\n${body}`, { headers }, "ndjson").body).toBe(
			`{"note":"fine"}\n${cleaned}\n`,
		);
	});

	it("keeps nothing where it is read as one, and as little where it is cut short", () => {
		expect(kept(body, { headers }, "form").body).toBe(cleaned);
		expect(kept(body.slice(0, -1), { headers }, "form").body).toBe("[removed: unreadable]");
		expect(kept(`["${number}"]`, { headers }, "form").body).toBe(encodeURIComponent(`["${card}"]`));
	});
});

describe("A body of a JSON value a line", () => {
	const headers = { "content-type": "application/x-ndjson" };

	it("loses what is found in a line, and no line", () => {
		expect(kept(`{"a":1}\n{"note":"4111 1111 1111 1111"}\n{"b":820982911946154508}\n`, { headers })).toEqual({
			body: `{"a":1}\n{"note":"${card}"}\n{"b":820982911946154508}\n`,
			removed: [{ path: "body.1.note", what: "card number" }],
		});
	});

	it("stays as it came where nothing is found", () => {
		const body = '{ "a" : 1 }\r\n\n{"b":2}';
		expect(kept(body, { headers })).toEqual({ body, removed: [] });
	});
});

describe("A query and headers", () => {
	it("lose what is found in them", () => {
		const headers = { "x-note": "4111-1111-1111-1111", "x-password": "hunter2", "x-other": "fine" };
		const { delivery, removed } = redacted(
			deliveryOf("{}", { query: `a=1&note=${number}&bad=%zz&${number}`, headers }),
			"json",
		);
		expect(delivery.query).toBe(`a=1&note=${encodeURIComponent(card)}&bad=%zz&${encodeURIComponent(card)}`);
		expect(delivery.headers).toEqual({
			"x-note": card,
			"x-password": "[removed: password]",
			"x-other": "fine",
		});
		expect(removed).toEqual([
			{ path: "query.note", what: "card number" },
			{ path: "query", what: "card number" },
			{ path: "headers.x-note", what: "card number" },
			{ path: "headers.x-password", what: "password" },
		]);
	});
});

it("tells of the first hundred", () => {
	const body = JSON.stringify(Array.from({ length: 150 }, () => ({ cvv: 1 })));
	const { body: left, removed } = kept(body);
	expect(removed).toHaveLength(100);
	expect(left).not.toContain('"cvv":1');
});
