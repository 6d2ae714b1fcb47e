import { isList, type Value } from "../../model/json.ts";
import type { Operator } from "../compiler.ts";
import { Failure } from "../evaluate.ts";
import { defineOperator, optional } from "../operator.ts";
import { body, condition, integer, itemName, list, listItself, ofElement } from "../parameters.ts";

const each = defineOperator({
	name: "$each",
	about:
		"A list of what `as` makes of each element; inside, `$.` is the element, and so is the name given by `item`.",
	gives: "list",
	passes: true,
	operand: listItself(),
	options: { item: optional(itemName()), as: body() },
	examples: [
		{
			expression: "{ $each: $.lines, as: { sku: $.sku, order: $$.id } }",
			message: "{ id: o-1, lines: [{ sku: a }, {}] }",
			gives: "[{ sku: a, order: o-1 }, { order: o-1 }]",
		},
		{
			expression:
				"{ $each: $.lines, item: line, as: { $each: $.sizes, as: { $join: [$line.sku, $], separator: '-' } } }",
			message: "{ lines: [{ sku: a, sizes: [s, m] }] }",
			gives: "[[a-s, a-m]]",
		},
		{ expression: "{ $each: $.lines, as: $.sku }", message: "{}", fails: "`$.lines` is absent or null" },
		{ expression: "{ $optional: { $each: $.lines, as: $.sku } }", message: "{}", absent: true },
		{
			expression: "{ $optional: { $each: $.lines, as: { $number: $.price } } }",
			message: "{ lines: [{}] }",
			fails: "`$.price` is absent or null",
		},
	],
	compile:
		(read, { as }) =>
		(here, run) => {
			const all = read(here, run);
			if (all instanceof Failure) return all;
			const made: Value[] = [];
			for (const element of all) {
				if (as.slot !== undefined) run.items[as.slot] = element;
				const value = as.evaluate(element, run);
				if (value instanceof Failure) return lasting(value);
				if (value !== undefined) made.push(value);
			}
			return made;
		},
});

const filter = defineOperator({
	name: "$filter",
	about: "The elements of a list for which the condition holds.",
	gives: "list",
	hands: "operand",
	operand: list(),
	options: { where: ofElement(condition()) },
	examples: [
		{
			expression: "{ $filter: $.lines, where: { qty: { $gt: 0 } } }",
			message: "{ lines: [{ qty: 0 }, { qty: '2' }, {}] }",
			gives: "[{ qty: '2' }]",
		},
		{
			expression: "{ $filter: $.tags, where: { $startsWith: a } }",
			message: "{ tags: [ab, ba, 1] }",
			gives: "[ab]",
		},
		{
			expression: "{ $filter: $.lines, where: { sku: $$.main } }",
			message: "{ main: b, lines: [{ sku: a }, { sku: b }] }",
			gives: "[{ sku: b }]",
		},
	],
	compile:
		(read, { where }) =>
		(here, run) => {
			const all = read(here, run);
			return all instanceof Failure ? all : all.filter((element) => where(element, run));
		},
});

const find = defineOperator({
	name: "$find",
	about: "The first element of a list for which the condition holds, or nothing.",
	gives: "any",
	hands: "element",
	operand: list(),
	options: { where: ofElement(condition()) },
	examples: [
		{
			expression: "{ $find: $.lines, where: { main: true } }",
			message: "{ lines: [{ n: 1 }, { n: 2, main: true }] }",
			gives: "{ n: 2, main: true }",
		},
		{ expression: "{ $find: $.lines, where: { main: true } }", message: "{ lines: [] }", absent: true },
	],
	compile:
		(read, { where }) =>
		(here, run) => {
			const all = read(here, run);
			return all instanceof Failure ? all : all.find((element) => where(element, run));
		},
});

const flatten = defineOperator({
	name: "$flatten",
	about: "One list of the items of a list's lists, one level deep; other items stay.",
	gives: "list",
	operand: list(),
	options: {},
	examples: [
		{
			expression: "{ $flatten: $.pages }",
			message: "{ pages: [[1, 2], [], 3, [[4]]] }",
			gives: "[1, 2, 3, [4]]",
		},
		{
			expression: "{ $flatten: { $each: $.orders, as: $.lines } }",
			message: "{ orders: [{ lines: [a] }, { lines: [b] }] }",
			gives: "[a, b]",
		},
	],
	compile: (read) => (here, run) => {
		const all = read(here, run);
		return all instanceof Failure ? all : all.flatMap((item) => (isList(item) ? item : [item]));
	},
});

const at = defineOperator({
	name: "$at",
	about:
		"The item at a place in a list, from 0, or from -1 backwards from its end; nothing where there is none.",
	gives: "any",
	hands: "element",
	operand: list(),
	options: { index: integer({ min: -100_000, max: 100_000 }) },
	examples: [
		{ expression: "{ $at: $.lines, index: -1 }", message: "{ lines: [a, b] }", gives: "b" },
		{ expression: "{ $at: $.lines, index: 2 }", message: "{ lines: [a, b] }", absent: true },
	],
	compile:
		(read, { index }) =>
		(here, run) => {
			const all = read(here, run);
			return all instanceof Failure ? all : all.at(index);
		},
});

export const listOperators: readonly Operator[] = [each, filter, find, flatten, at];

/**
 * What an element lacks does not make the list absent: `$optional` around `$each` forgives a missing list, and does
 * not drop all lines because one has no price.
 */
const lasting = (failure: Failure): Failure =>
	failure.missing ? new Failure(failure.reason, failure.at) : failure;
