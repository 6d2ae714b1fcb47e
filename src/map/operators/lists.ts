import { isList, isObject, type Value } from "../../model/json.ts";
import type { Operator, Parameter } from "../compiler.ts";
import { Failure, failed, masked, type Need, type Site } from "../evaluate.ts";
import { defineOperator, optional } from "../operator.ts";
import {
	body,
	condition,
	integer,
	itemName,
	list,
	listItself,
	needed,
	numberOf,
	ofElement,
	word,
} from "../parameters.ts";
import { part } from "../reference/schema-parts.ts";
import { equal, keyOf } from "../values/comparison.ts";
import { compare, type Decimal } from "../values/decimal.ts";
import { isSpent, measure, tooMuch } from "../work.ts";

const each = defineOperator({
	name: "$each",
	about:
		"A list of what `as` makes of each element; inside, `$.` is the element, and so is the name given by `item`.",
	gives: "list",
	passes: () => [],
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
		(read, { as }, site) =>
		(here, run) => {
			const all = read(here, run);
			if (all instanceof Failure) return all;
			const made: Value[] = [];
			for (const element of all) {
				if (as.slot !== undefined) run.items[as.slot] = element;
				const value = as.evaluate(element, run);
				if (value instanceof Failure) return lasting(value);
				if (value !== undefined) {
					if (as.grows) measure(value, run);
					made.push(value);
				}
				if (isSpent(run)) return tooMuch(site);
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
		{
			expression: "{ $filter: $.lines, where: { qty: 1 } }",
			message: "{ lines: { qty: 1 } }",
			fails: "needs a list, and `$.lines` is an object of 1",
		},
		{ expression: "{ $filter: $.lines, where: $.main }", refused: "a condition is written as keys" },
	],
	compile:
		(read, { where }, site) =>
		(here, run) => {
			const all = read(here, run);
			if (all instanceof Failure) return all;
			const left: Value[] = [];
			for (const element of all) {
				if (where(element, run)) left.push(element);
				if (isSpent(run)) return tooMuch(site);
			}
			return left;
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
		{
			expression: "{ $find: $.lines, where: { main: true } }",
			message: "{}",
			fails: "`$.lines` is absent or null",
		},
	],
	compile:
		(read, { where }, site) =>
		(here, run) => {
			const all = read(here, run);
			if (all instanceof Failure) return all;
			for (const element of all) {
				if (where(element, run)) return element;
				if (isSpent(run)) return tooMuch(site);
			}
			return undefined;
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
		{ expression: "{ $flatten: $.pages }", message: "{ pages: none }", fails: "is a text of 4 characters" },
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
		{ expression: "{ $at: $.lines, index: 0 }", message: "{ lines: ab }", fails: "needs a list" },
		{ expression: "{ $at: $.lines, index: $.n }", refused: "is a whole number" },
	],
	compile:
		(read, { index }) =>
		(here, run) => {
			const all = read(here, run);
			return all instanceof Failure ? all : all.at(index);
		},
});

const sort = defineOperator({
	name: "$sort",
	about:
		"The list in order, by its items or by what `by` makes of each; numbers and numeric texts by their value, other texts by their characters' codes. Equal ones stay in their order, also with `order: descending`.",
	gives: "list",
	hands: "operand",
	operand: list(),
	options: { by: optional(ofElement(rank())), order: optional(word("ascending", "descending")) },
	examples: [
		{
			expression: "{ $sort: $.lines, by: $.price }",
			message: "{ lines: [{ price: 10 }, { price: '9.50' }, { price: 1e1, n: 2 }] }",
			gives: "[{ price: '9.50' }, { price: 10 }, { price: 1e1, n: 2 }]",
		},
		{
			expression: "{ $sort: $.lines, by: $.at, order: descending }",
			message: "{ lines: [{ at: 2026-01-01 }, { at: 2026-03-01 }, { at: 2026-01-01, n: 2 }] }",
			gives: "[{ at: 2026-03-01 }, { at: 2026-01-01 }, { at: 2026-01-01, n: 2 }]",
		},
		{ expression: "{ $sort: $.tags }", message: "{ tags: [b, B, a] }", gives: "[B, a, b]" },
		{ expression: "{ $sort: $.tags }", message: "{ tags: ['10', '9'] }", gives: "['9', '10']" },
		{
			expression: "{ $sort: $.tags }",
			message: "{ tags: [a, 1] }",
			fails: "has no order for texts and numbers",
		},
		{ expression: "{ $sort: $.lines }", message: "{ lines: [{}] }", fails: "an object of 0: say `by`" },
		{
			expression: "{ $optional: { $sort: $.lines, by: $.price } }",
			message: "{ lines: [{}] }",
			fails: "`$.price` is absent or null",
		},
	],
	compile: (read, { by, order = "ascending" }, site) => {
		const rankOf = by ?? itself(rankIn, "orders texts and numbers", site);
		const sign = order === "ascending" ? 1 : -1;
		return (here, run) => {
			const all = read(here, run);
			if (all instanceof Failure) return all;
			const ranked: Ranked[] = [];
			for (const item of all) {
				const rank = rankOf(item, run);
				if (rank instanceof Failure) return lasting(rank);
				if (isSpent(run)) return tooMuch(site);
				ranked.push({ item, rank });
			}
			const compareRanks = comparisonOf(ranked);
			if (compareRanks === undefined)
				return failed(site, "has no order for texts and numbers that stand together");
			return ranked.sort((a, b) => sign * compareRanks(a.rank, b.rank)).map(({ item }) => item);
		};
	},
});

const unique = defineOperator({
	name: "$unique",
	about:
		"The list without what is there already, by its items or by what `by` makes of each: of equal ones the first stays. A number and a numeric text are equal when their values are.",
	gives: "list",
	hands: "operand",
	operand: list(),
	options: { by: optional(ofElement(scalar())) },
	examples: [
		{
			expression: "{ $unique: $.tags }",
			message: "{ tags: [b, a, b, 1, '1.0', null] }",
			gives: "[b, a, 1, null]",
		},
		{
			expression: "{ $unique: $.lines, by: $.sku }",
			message: "{ lines: [{ sku: a, n: 1 }, { sku: b }, { sku: a, n: 2 }] }",
			gives: "[{ sku: a, n: 1 }, { sku: b }]",
		},
		{
			expression: "{ $unique: $.lines, by: { $lower: $.email } }",
			message: "{ lines: [{ email: A@b.test }, { email: a@b.test }] }",
			gives: "[{ email: A@b.test }]",
		},
		{ expression: "{ $unique: $.lines }", message: "{ lines: [{ a: 1 }, { a: 1 }] }", fails: "say `by`" },
		{
			expression: "{ $unique: $.lines, by: $.sku }",
			message: "{ lines: [{}] }",
			fails: "`$.sku` is absent or null",
		},
	],
	compile: (read, { by }, site) => {
		const keyFor = by ?? itself(scalarIn, "compares texts, numbers and booleans", site);
		return (here, run) => {
			const all = read(here, run);
			if (all instanceof Failure) return all;
			const seen = new Map<string, Value[]>();
			const left: Value[] = [];
			for (const item of all) {
				const key = keyFor(item, run);
				if (key instanceof Failure) return lasting(key);
				if (isSpent(run)) return tooMuch(site);
				if (isNew(key, seen)) left.push(item);
			}
			return left;
		};
	},
});

export const listOperators: readonly Operator[] = [each, filter, find, flatten, at, sort, unique];

/** An item of the list as that by which it is ordered or compared. */
const itself =
	<Kind>(kindOf: (item: Value) => Kind | undefined, does: string, site: Site): Need<Kind> =>
	(item) => {
		const kind = kindOf(item);
		if (kind !== undefined) return kind;
		return failed(site, `${does}, and in its list is ${masked(item)}: say \`by\``);
	};

/** What items are ordered by: a numeric text has both. */
interface Rank {
	readonly text: string | undefined;
	readonly number: Decimal | undefined;
}

interface Ranked {
	readonly item: Value;
	readonly rank: Rank;
}

/** All as numbers or else all as texts, so that an order of three never runs in a circle. */
function comparisonOf(ranked: readonly Ranked[]): ((a: Rank, b: Rank) => number) | undefined {
	if (ranked.every(({ rank }) => rank.number !== undefined))
		return (a, b) => compare(a.number ?? 0, b.number ?? 0);
	if (!ranked.every(({ rank }) => rank.text !== undefined)) return undefined;
	return ({ text: a = "" }, { text: b = "" }) => (a < b ? -1 : a > b ? 1 : 0);
}

function rankIn(given: Value): Rank | undefined {
	const text = typeof given === "string" ? given : undefined;
	const number = numberOf(given);
	return text === undefined && number === undefined ? undefined : { text, number };
}

function rank(): Parameter<Need<Rank>> {
	return needed({ expects: "a text or a number of each element", schema: part("value"), kindOf: rankIn });
}

function scalarIn(given: Value): Value | undefined {
	return isList(given) || isObject(given) ? undefined : given;
}

function scalar(): Parameter<Need<Value>> {
	return needed({
		expects: "a text, a number or a boolean of each element",
		schema: part("value"),
		kindOf: scalarIn,
	});
}

/** Whether no equal value was seen before; then it is now. Values that are not equal may share a key. */
function isNew(value: Value, seen: Map<string, Value[]>): boolean {
	const key = keyOf(value) ?? String(value);
	const alike = seen.get(key);
	if (alike === undefined) seen.set(key, [value]);
	else if (alike.some((one) => equal(one, value))) return false;
	else alike.push(value);
	return true;
}

/**
 * What an element lacks does not make the list absent: `$optional` around `$each` forgives a missing list, and does
 * not drop all lines because one has no price.
 */
const lasting = (failure: Failure): Failure =>
	failure.missing ? new Failure(failure.reason, failure.at) : failure;
