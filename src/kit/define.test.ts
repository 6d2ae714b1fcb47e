import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Value } from "../model/json.ts";
import { good } from "../model/result.ts";
import { defineConnector } from "./define.ts";
import { readingSchema } from "./reading-schema.ts";
import { choice, data, flag, list, text } from "./settings.ts";

const declaration = {
	slug: "acme",
	title: "Acme",
	docs: "https://docs.acme.example",
	methods: ["POST"],
	secrets: {},
	settings: z.strictObject({
		mode: choice("How it is done.", ["fast", "slow"]),
		loud: flag("Whether it is heard."),
		places: list("Where it is done."),
		header: text("Which header it is in.", "X-Acme"),
	}),
	retriesForMs: 0,
	verify: () => ({ schemes: [], unsigned: "accept", partly: "firstOnly" }) as const,
	messages: () => good([]),
	read: () => ({ id: undefined, type: "", time: undefined, identities: [], content: {} }),
};
const acme = defineConnector(declaration);

const settingsOf = (given: Record<string, string | boolean | number | string[]>) => {
	const configured = acme.configure(given);
	return configured.ok ? configured.value.settings : configured.failure;
};

describe("a connector's settings", () => {
	const defaults = { mode: "fast", loud: false, places: [], header: "X-Acme", source: "", orders: "" };

	it("have defaults, of which none needs to be set", () => {
		expect(settingsOf({})).toEqual(defaults);
	});

	it("can be set by texts, as a command line does, and by what they mean", () => {
		const set = { ...defaults, mode: "slow", loud: true, places: ["a", "b"] };
		expect(settingsOf({ mode: "slow", loud: "true", places: "a, b" })).toEqual(set);
		expect(settingsOf({ mode: "slow", loud: true, places: ["a", "b"] })).toEqual(set);
	});

	it("stay what they are when they are set again", () => {
		const configured = acme.configure({ places: "a,b", source: "shop", orders: "de" });
		if (!configured.ok) throw new Error("they are right");
		expect(configured.value).toMatchObject({ source: "shop", orders: "de" });
		const again = acme.configure(configured.value.settings);
		expect(again).toMatchObject({ ok: true, value: { settings: configured.value.settings } });
	});

	it("are refused one sentence each", () => {
		expect(
			settingsOf({ mode: "quick", loud: "perhaps", places: 7, hedaer: "X", source: 1 }),
		).toMatchInlineSnapshot(`
			[
			  "mode: Invalid option: expected one of "fast"|"slow". How it is done.",
			  "loud: expected "true" or "false". Whether it is heard.",
			  "places: Invalid input: expected array, received number. Where it is done.",
			  "Acme has no setting "hedaer"; there are mode, loud, places, header, source, orders",
			  "source: Invalid input: expected string, received number. Name shared by endpoints that may bring the same messages: one message by two of them is then one. Empty: the endpoint stands alone.",
			]
		`);
	});

	it("are listed for forms and the reference", () => {
		expect(acme.settings.map(({ name, default: byDefault }) => [name, byDefault])).toEqual(
			Object.entries(defaults),
		);
		expect(acme.settings[0]).toEqual({
			name: "mode",
			description: "How it is done.",
			schema: { type: "string", enum: ["fast", "slow"] },
			default: "fast",
		});
	});
});

describe("a setting that is data", () => {
	const shape = z.strictObject({
		name: z.string(),
		at: z.union([z.string(), z.array(z.string()).min(1)]).exactOptional(),
	});
	const own = defineConnector({
		...declaration,
		settings: z.strictObject({ shape: data("What it is like.", shape, { name: "none" }) }),
	});
	const set = (shape: string | object) => {
		const configured = own.configure({ shape: shape as string });
		return configured.ok ? configured.value.settings["shape"] : configured.failure;
	};

	it("is the same as data, as JSON and as YAML, and stays what it is when it is set again", () => {
		const value = { name: "a", at: ["b", "c"] };
		expect(set(value)).toEqual(value);
		expect(set(JSON.stringify(value))).toEqual(value);
		expect(set("name: a\nat:\n  - b # one\n  - c\n")).toEqual(value);
		expect(own.configure({})).toMatchObject({ value: { settings: { shape: { name: "none" } } } });
	});

	it("is refused with where in it, and what would be right", () => {
		expect(set({ name: 7 })).toEqual([
			"shape: name: Invalid input: expected string, received number. What it is like.",
		]);
		expect(set("name: a\nat: [b, 7]")).toEqual([
			"shape: at.1: Invalid input: expected string, received number. What it is like.",
		]);
		expect(set("name: a\nnmae: b")).toEqual(['shape: knows no "nmae". What it is like.']);
		expect(set("a")).toEqual(["shape: Invalid input: expected object, received string. What it is like."]);
		expect(set("{name: a")).toEqual([expect.stringMatching(/^shape: is neither YAML nor JSON: /)]);
	});

	it("does not grow by its aliases", () => {
		const bomb = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
		for (let level = 1; level < 9; level++)
			bomb.push(`l${level}: &l${level} [${`*${level === 1 ? "a" : `l${level - 1}`},`.repeat(10)}]`);
		expect(set(bomb.join("\n"))).toEqual([expect.stringContaining("is neither YAML nor JSON")]);
	});
});

describe("an endpoint's own declaration", () => {
	const reading = { type: "{field:kind}", identities: { "acme.user": "{field:user}" } };
	const own = defineConnector({
		...declaration,
		settings: z.strictObject({ read: data("What a message is.", readingSchema, reading) }),
		endpoint: ({ read }) => ({
			read,
			methods: ["PUT"],
			messages: "items",
			retriesForMs: 7,
			answer: { status: 204 },
		}),
	});

	it("says instead of the connector's what its settings decide, and leaves the rest", () => {
		const configured = own.configure({});
		if (!configured.ok) throw new Error(configured.failure.join());
		const { connector, messages, read } = configured.value;
		expect(connector).toMatchObject({ methods: new Set(["PUT"]), retriesForMs: 7, answer: { status: 204 } });
		expect(connector.body).toEqual(["json"]);
		const delivery = {
			method: "PUT",
			path: "",
			query: "",
			headers: {},
			body: new Uint8Array(),
			receivedAt: 0,
		};
		expect(messages({ items: [{ kind: "a" }] }, delivery)).toEqual(good([{ kind: "a" }]));
		expect(read({ kind: "a", user: 7 }, delivery)).toMatchObject({
			type: "a",
			identities: [{ kind: "acme.user", value: "7" }],
		});
		// Others of the connector are as it declares.
		expect(own.methods).toEqual(new Set(["POST"]));
	});
});

describe("a reading in a person's settings", () => {
	const own = defineConnector({
		...declaration,
		settings: z.strictObject({ read: data("What it is.", readingSchema, { type: "", identities: {} }) }),
	});
	const problems = (reading: object): string => {
		const configured = own.configure({ read: { type: "{field:type}", identities: {}, ...reading } });
		return configured.ok ? "" : configured.failure.join("\n");
	};

	it("may be all that a connector's may", () => {
		expect(
			problems({
				id: ["{field:id}", "{header:X-Id}"],
				time: [{ from: "{field:at}", unit: "ms" }],
				identities: { id: "{field:a}", "acme.user": ["{field:b}", "u-{field:c}"] },
				test: { "field:live": "false" },
				echo: { "field:by": ["hub", "us"] },
				handshake: { "field:type": "ping" },
				erase: { "header:X-Topic": "redact" },
				merge: {
					when: { "field:type": "merge" },
					from: { kind: "acme.user", value: "{field:old}" },
					into: { kind: "acme.user", value: "{field:new}" },
				},
			}),
		).toBe("");
	});

	it.each([
		[{ id: "{filed:id}" }, "id: {filed} is none of {header:…}, {query:…} and {field:…}"],
		[{ time: { from: "{field:at}", unit: "minutes" } }, 'time.unit: Invalid option: expected one of "iso"'],
		[
			{ identities: { "Acme User": "{field:a}" } },
			"is no kind of identity, such as id, email or acme.customer",
		],
		[{ test: { livemode: "false" } }, '"livemode" is no place in a request, such as header:X-Signature'],
		[{ erase: { "field:a": true } }, "Invalid input"],
		[{ merge: { when: {}, from: { kind: "id", value: "{field:a}" } } }, "into"],
		[{ person: "{field:a}" }, "person"],
	])("is refused with what would be right: %j", (reading, said) => {
		expect(problems(reading)).toContain(said);
	});
});

describe("defineConnector", () => {
	it("splits a list at a path, written out or as a text in JSON, and says where there is none", () => {
		const configured = defineConnector({ ...declaration, messages: "batch.events" }).configure({});
		if (!configured.ok) throw new Error("everything has defaults");
		const delivery = {
			method: "POST",
			path: "",
			query: "",
			headers: {},
			body: new Uint8Array(),
			receivedAt: 0,
		};
		const split = (events: Value) => configured.value.messages({ batch: { events } }, delivery);
		expect(split([{ n: 1 }, 2])).toEqual({ ok: true, value: [{ n: 1 }, 2] });
		expect(split('[{"n":1},2]')).toEqual({ ok: true, value: [{ n: 1 }, 2] });
		for (const none of [{}, "{}", "", "[", null, 7])
			expect(split(none)).toEqual({ ok: false, failure: "there is no list of messages at batch.events" });
	});

	it("refuses a slug that can be no folder and no mapping's sender", () => {
		expect(() => defineConnector({ ...declaration, slug: "Acme Shop" })).toThrow("slug");
	});

	it("refuses a setting without a default or a description", () => {
		expect(() => defineConnector({ ...declaration, settings: z.strictObject({ a: z.string() }) })).toThrow(
			'the setting "a" has a description and a default',
		);
	});
});
