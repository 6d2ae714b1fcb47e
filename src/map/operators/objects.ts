import type { Value } from "../../model/json.ts";
import type { Operator } from "../compiler.ts";
import { Failure } from "../evaluate.ts";
import { defineOperator } from "../operator.ts";
import { names, objects, partOfObject } from "../parameters.ts";
import { put } from "../written.ts";

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
		{ expression: "{ $merge: [{ a: 1 }, $.more] }", message: "{}", fails: "`$.more` is absent or null" },
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

export const objectOperators: readonly Operator[] = [merge, pick, omit];
