import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Value } from "../model/json.ts";
import { good } from "../model/result.ts";
import { defineConnector } from "./define.ts";
import { choice, flag, list, text } from "./settings.ts";

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
