import { isDeeperThan, isObject, own, parseJson, type Value } from "../../model/json.ts";
import { limits } from "../../model/limits.ts";
import type { Operator } from "../compiler.ts";
import { Failure, failed, masked } from "../evaluate.ts";
import { defineOperator } from "../operator.ts";
import { list, names, object, objects, partOfObject, text, wordingOf } from "../parameters.ts";
import { put } from "../values/written.ts";

const merge = defineOperator({
	name: "$merge",
	about: "One object with the attributes of all; of two with one name the later is taken.",
	gives: "object",
	operand: objects(),
	options: {},
	examples: [
		{
			expression: "{ $merge: [{ a: 1, b: 1 }, $.more] }",
			message: "{ more: { b: 2 } }",
			gives: "{ a: 1, b: 2 }",
		},
		{
			expression: "{ $merge: [{ a: 1 }, { $first: [$.more, {}] }] }",
			message: "{}",
			gives: "{ a: 1 }",
		},
		{ expression: "{ $merge: [{ a: 1 }, $.more] }", message: "{}", fails: "`$.more` is absent or null" },
		{ expression: "{ $merge: $.parts }", refused: "takes a list of objects" },
	],
	compile: (all) => (here, run) => {
		const merged: Record<string, Value> = {};
		for (const read of all) {
			const part = read(here, run);
			if (part instanceof Failure) return part;
			for (const [key, value] of Object.entries(part)) put(merged, key, value);
		}
		return merged;
	},
});

const pick = defineOperator({
	name: "$pick",
	about: "The object with the named attributes only.",
	gives: "object",
	operand: partOfObject("named"),
	options: { keys: names() },
	examples: [
		{
			expression: "{ $pick: $.traits, keys: [email, phone] }",
			message: "{ traits: { email: a@b.test, age: 7 } }",
			gives: "{ email: a@b.test }",
		},
		{ expression: "{ $pick: $.traits, keys: [email] }", message: "{ traits: { age: 7 } }", gives: "{}" },
		{
			expression: "{ $pick: $.traits, keys: [email] }",
			message: "{}",
			fails: "`$.traits` is absent or null",
		},
		{ expression: "{ $pick: $.traits, keys: email }", refused: "a list of names" },
	],
	compile:
		(read, { keys }) =>
		(here, run) => {
			const given = read(here, run);
			if (given instanceof Failure) return given;
			const picked: Record<string, Value> = {};
			for (const [key, value] of Object.entries(given)) if (keys.has(key)) put(picked, key, value);
			return picked;
		},
});

const omit = defineOperator({
	name: "$omit",
	about: "The object without the named attributes.",
	gives: "object",
	operand: partOfObject("rest"),
	options: { keys: names() },
	examples: [
		{
			expression: "{ $omit: $.traits, keys: [email] }",
			message: "{ traits: { email: a@b.test, age: 7 } }",
			gives: "{ age: 7 }",
		},
		{
			expression: "{ $omit: $.traits, keys: [email] }",
			message: "{ traits: { age: 7 } }",
			gives: "{ age: 7 }",
		},
		{
			expression: "{ $omit: $.traits, keys: [email] }",
			message: "{ traits: [1] }",
			fails: "needs an object",
		},
	],
	compile:
		(read, { keys }) =>
		(here, run) => {
			const given = read(here, run);
			if (given instanceof Failure) return given;
			const left: Record<string, Value> = {};
			for (const [key, value] of Object.entries(given)) if (!keys.has(key)) put(left, key, value);
			return left;
		},
});

const entries = defineOperator({
	name: "$entries",
	about: "A list of the object's attributes, each as `{ key, value }`.",
	gives: "list",
	operand: object(),
	options: {},
	examples: [
		{
			expression: "{ $entries: $.attributes }",
			message: "{ attributes: { colour: blue, size: 7 } }",
			gives: "[{ key: colour, value: blue }, { key: size, value: 7 }]",
		},
		{
			expression: "{ $each: { $entries: $.stock }, as: { sku: $.key, left: $.value.n } }",
			message: "{ stock: { S-1: { n: 3 } } }",
			gives: "[{ sku: S-1, left: 3 }]",
		},
		{ expression: "{ $entries: $.attributes }", message: "{ attributes: {} }", gives: "[]" },
		{ expression: "{ $entries: $.attributes }", message: "{ attributes: [1] }", fails: "needs an object" },
	],
	compile: (read) => (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		return Object.entries(given).map(([key, value]) => ({ key, value }));
	},
});

const fromEntries = defineOperator({
	name: "$fromEntries",
	about:
		"An object of a list of `{ key, value }`; of two with one key the later is taken, and one without a value is left out.",
	gives: "object",
	operand: list(),
	options: {},
	examples: [
		{
			expression: "{ $fromEntries: $.options }",
			message: "{ options: [{ key: colour, value: blue }, { key: 7, value: null }, { key: size }] }",
			gives: "{ colour: blue, '7': null }",
		},
		{
			expression: "{ $fromEntries: { $each: $.options, as: { key: $.name, value: $.choice } } }",
			message: "{ options: [{ name: colour, choice: red }, { name: colour, choice: blue }] }",
			gives: "{ colour: blue }",
		},
		{
			expression: "{ $fromEntries: $.options }",
			message: "{ options: [{ value: blue }] }",
			fails: "takes entries with a `key`, and there is an object of 1 in its list",
		},
		{ expression: "{ $fromEntries: { a: 1 } }", refused: "needs a list" },
	],
	compile: (read, _options, site) => (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		const made: Record<string, Value> = {};
		for (const item of given) {
			const entry = isObject(item) ? item : {};
			const key = wordingOf(own(entry, "key") ?? null);
			if (key === undefined)
				return failed(site, `takes entries with a \`key\`, and there is ${masked(item)} in its list`);
			const value = own(entry, "value");
			if (value !== undefined) put(made, key, value);
		}
		return made;
	},
});

const fromJson = defineOperator({
	name: "$parseJson",
	about: `The value of a text that is JSON; its numbers keep all their digits. It may be nested ${limits.depthMax} levels deep.`,
	gives: "any",
	operand: text(),
	options: {},
	examples: [
		{
			expression: "{ $parseJson: $.payload }",
			message: `{ payload: '{"id":12345678901234567890,"tags":["a"]}' }`,
			gives: '{ id: "12345678901234567890", tags: [a] }',
		},
		{ expression: "{ $parseJson: $.payload }", message: '{ payload: "null" }', gives: "null" },
		{
			expression: "{ $parseJson: $.payload }",
			message: `{ payload: '{"id":' }`,
			fails: "reads JSON: the text ends before the JSON does",
		},
		{
			expression: "{ $parseJson: $.payload }",
			message: `{ payload: '${"[".repeat(65)}${"]".repeat(65)}' }`,
			fails: "nested deeper than 64 levels",
		},
		{ expression: "{ $parseJson: $.payload }", message: "{ payload: { id: 1 } }", fails: "needs a text" },
	],
	compile: (read, _options, site) => (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		const parsed = parseJson(given);
		if (!parsed.ok) return failed(site, `reads JSON: ${parsed.failure.reason}`);
		if (!isDeeperThan(parsed.value, limits.depthMax)) return parsed.value;
		return failed(site, `reads JSON, and this is nested deeper than ${limits.depthMax} levels`);
	},
});

export const objectOperators: readonly Operator[] = [merge, pick, omit, entries, fromEntries, fromJson];
