import { describe, expect, it } from "vitest";
import { ExactNumber, type ValueObject } from "../model/json.ts";
import { openReading, type Reading } from "./reading.ts";

const acme: Reading = {
	id: ["{header:X-Event-Id}", "{field:event.id}:{field:event.version}"],
	type: "{field:object}.{field:event.name}",
	time: [
		{ from: "{field:at}", unit: "iso" },
		{ from: "{field:unix}", unit: "s" },
		{ from: "{header:X-At}", unit: "ms" },
	],
	identities: {
		id: "{field:user.id}",
		email: ["{field:email}", "{field:user.email}"],
		"acme.tag": "t-{field:tag}",
	},
	test: { "field:live": "false", "header:X-Test": ["true", "1"] },
	echo: { "field:source": "API" },
	handshake: { "field:object": "ping" },
	erase: { "field:event.name": "forget" },
	merge: {
		when: { "field:event.name": "merge" },
		from: { kind: "acme.customer", value: "{field:gone}" },
		into: { kind: "acme.customer", value: "{field:kept}" },
	},
};

const read = (content: ValueObject, headers: Record<string, string> = {}) => {
	const body = new TextEncoder().encode("{}");
	const { content: read, ...message } = openReading(acme)(content, {
		method: "POST",
		path: "",
		query: "",
		headers,
		body,
		receivedAt: 0,
	});
	expect(read).toBe(content);
	return message;
};

const nothing = { id: undefined, type: "", time: undefined, identities: [] };

describe("a reading", () => {
	it("finds what there is, of several the first, of identities all", () => {
		const content = {
			object: "order",
			event: { name: "paid", id: new ExactNumber("12345678901234567890"), version: 2 },
			at: "2026-06-04T10:00:00Z",
			email: "a@b.test",
			user: { id: 7, email: "c@b.test" },
			tag: "x",
		};
		const message = {
			id: "12345678901234567890:2",
			type: "order.paid",
			time: Date.UTC(2026, 5, 4, 10),
			identities: [
				{ kind: "id", value: "7" },
				{ kind: "email", value: "a@b.test" },
				{ kind: "email", value: "c@b.test" },
				{ kind: "acme.tag", value: "t-x" },
			],
		};
		expect(read(content)).toEqual(message);
		expect(read(content, { "x-event-id": "e-1" })).toEqual({ ...message, id: "e-1" });
	});

	it("finds nothing in what is absent, blank or of another shape", () => {
		expect(read({})).toEqual(nothing);
		const odd = { event: { id: "1" }, user: ["7"], email: " ", at: "soon", object: {}, tag: null };
		expect(read(odd)).toEqual(nothing);
	});

	it("knows seconds, fractions of them, and milliseconds", () => {
		expect(read({ unix: 1_780_567_200 }).time).toBe(1_780_567_200_000);
		expect(read({ unix: "1780567200.1239" }).time).toBe(1_780_567_200_123);
		expect(read({}, { "x-at": "1780567200123" }).time).toBe(1_780_567_200_123);
		for (const unix of [-1, "abc", true, "1e9"]) expect(read({ unix }).time).toBeUndefined();
	});

	it("knows test traffic, echoes and what is asked of the hub", () => {
		expect(read({ live: false })).toEqual({ ...nothing, ignore: "test" });
		expect(read({ live: true })).toEqual(nothing);
		expect(read({}, { "x-test": "1" })).toEqual({ ...nothing, ignore: "test" });
		expect(read({ source: "API" })).toEqual({ ...nothing, ignore: "echo" });
		expect(read({ object: "ping" })).toMatchObject({ control: "handshake" });
		expect(read({ event: { name: "forget" } })).toMatchObject({ control: "erase" });
	});

	it("merges where both are named", () => {
		const merge = { event: { name: "merge" }, gone: "2", kept: "1" };
		expect(read(merge)).toEqual({
			...nothing,
			control: "merge",
			merge: { from: { kind: "acme.customer", value: "2" }, into: { kind: "acme.customer", value: "1" } },
		});
		expect(read({ ...merge, kept: null })).toEqual(nothing);
	});
});
