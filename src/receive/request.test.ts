import { describe, expect, it } from "vitest";
import { formatOf, readable } from "../model/format.ts";
import type { Delivery, SecretPlaces } from "../model/message.ts";
import { openGate, storable } from "./request.ts";

const places: SecretPlaces = {
	headers: new Set(["x-api-key"]),
	parameters: new Set(["code", "a b"]),
	fields: [["token"], ["auth", "key"]],
};

function stored(given: Partial<Omit<Delivery, "body">> & { readonly body?: string }, shown = places) {
	const { body = "", ...more } = given;
	const bytes = new TextEncoder().encode(body);
	const delivery = { method: "POST", path: "", query: "", headers: {}, receivedAt: 0, ...more, body: bytes };
	const kept = storable(delivery, formatOf(delivery, readable), shown);
	return { ...kept, body: new TextDecoder().decode(kept.body), same: kept.body === bytes };
}

describe("a delivery as it may be stored", () => {
	it("has no credentials, and no header that is a secret", () => {
		const headers = { authorization: "Bearer x", cookie: "a", "x-api-key": "s3cret", "x-topic": "t" };
		expect(stored({ headers }).headers).toEqual({ "x-topic": "t" });
	});

	it("has no parameter that is a secret, however its name is written", () => {
		expect(stored({ query: "x=%2F&code=s3cret&c%6Fde=s3cret&a+b=1&y" }).query).toBe("x=%2F&y");
	});

	it("has no field that is a secret, in JSON and in a form, and keeps every other digit", () => {
		const body = '{"id":12345678901234567890,"token":"s3cret","auth":{"key":"s3cret","x":1.0},"n":1}';
		expect(stored({ body }).body).toBe('{"id":12345678901234567890,"auth":{"x":1},"n":1}');
		const headers = { "content-type": "application/x-www-form-urlencoded" };
		const form = "token=s3cret&ids%5B%5D=1&auth%5Bkey%5D=s3cret&auth[x]=%2F";
		expect(stored({ headers, body: form }).body).toBe("ids%5B%5D=1&auth[x]=%2F");
	});

	it("has no element that is a secret", () => {
		const body =
			'<?xml version="1.0"?><s:auth xmlns:s="u" i:type="s:A"><s:key>s3cret</s:key><x>1.0</x></s:auth>';
		const headers = { "content-type": "text/xml; charset=utf-8" };
		expect(stored({ headers, body }).body).toBe('<auth type="s:A"><x>1.0</x></auth>');
		const other = "<other><key>1</key></other>";
		expect(stored({ headers, body: other })).toMatchObject({ body: other, same: true });
	});

	it("is as it came, to the byte, where nothing of it is a secret", () => {
		for (const body of ['{ "a": 1.0 }', "not JSON", '["token"]', '{"auth":"key"}'])
			expect(stored({ body })).toMatchObject({ body, same: true });
		const without = { headers: new Set<string>(), parameters: new Set<string>(), fields: [] };
		expect(stored({ query: "code=1", body: '{"token":1}' }, without)).toMatchObject({
			query: "code=1",
			same: true,
		});
	});
});

describe("the gate", () => {
	it("lets in so many requests at once, with so many bytes, and others when these are answered", async () => {
		const gate = openGate({ requests: 2, bytes: 100 });
		const { promise, resolve } = Promise.withResolvers<boolean>();
		const first = gate.admit(({ take }) => (take(60) ? promise : Promise.reject()));
		const second = gate.admit(async ({ take }) => [take(30), take(11), take(10)]);
		expect(gate.admit(async () => true)).toBeNull();
		expect(await second).toEqual([true, false, true]);
		resolve(true);
		expect(await first).toBe(true);
		expect(await gate.admit(async ({ take }) => [take(100), take(1)])).toEqual([true, false]);
	});
});
