import type { Value } from "../../model/json.ts";
import type { Operator } from "../compiler.ts";
import { counted, type Evaluate, Failure, failed, type Need, type Run, type Site } from "../evaluate.ts";
import { defineOperator, optional } from "../operator.ts";
import {
	integer,
	listItself,
	type NumberSource,
	number,
	numberFrom,
	numberList,
	numbers,
	word,
} from "../parameters.ts";
import {
	add,
	compare,
	type Decimal,
	divide,
	isNegative,
	multiply,
	type NotDecimal,
	negate,
	type RoundingMode,
	round,
	subtract,
} from "../values/decimal.ts";

const places = () => integer({ min: 0, max: 34 });
const mode = () => word<RoundingMode>("halfUp", "halfEven", "halfDown", "up", "down", "ceiling", "floor");

const plus = defineOperator({
	name: "$add",
	about: "The exact sum of its numbers.",
	gives: "number",
	operand: numbers({ min: 2 }),
	options: {},
	examples: [
		{ expression: "{ $add: [0.1, 0.2] }", gives: "0.3" },
		{
			expression: "{ $add: [$.a, $.b] }",
			message: '{ a: "9007199254740993", b: 1 }',
			gives: '"9007199254740994"',
		},
		{ expression: "{ $add: [$.a, 1] }", message: "{}", fails: "`$.a` is absent or null" },
	],
	compile: (operands, _options, site) => folded(operands, add, site),
});

const minus = defineOperator({
	name: "$subtract",
	about: "The first number less the others.",
	gives: "number",
	operand: numbers({ min: 2 }),
	options: {},
	examples: [
		{
			expression: "{ $subtract: [$.subtotal, $.discount] }",
			message: '{ subtotal: 34, discount: "2.50" }',
			gives: "31.5",
		},
		{ expression: "{ $subtract: [10, 4, 4] }", gives: "2" },
		{
			expression: "{ $subtract: [10, $.a] }",
			message: "{ a: few }",
			fails: "`$.a` is a text of 3 characters",
		},
		{ expression: "{ $subtract: [10] }", refused: "takes a list of at least 2 numbers" },
	],
	compile: (operands, _options, site) => folded(operands, subtract, site),
});

const times = defineOperator({
	name: "$multiply",
	about: "The exact product of its numbers.",
	gives: "number",
	operand: numbers({ min: 2 }),
	options: {},
	examples: [
		{ expression: "{ $multiply: [1.1, 3] }", gives: "3.3" },
		{
			expression: "{ $multiply: [$.price, $.quantity] }",
			message: '{ price: "12.50", quantity: 2 }',
			gives: "25",
		},
		{ expression: "{ $multiply: [1e20, 1e20] }", fails: "more than 34 digits" },
	],
	compile: (operands, _options, site) => folded(operands, multiply, site),
});

const over = defineOperator({
	name: "$divide",
	about:
		"The first number divided by the second, to `scale` decimal places; half is rounded up unless `mode` says otherwise.",
	gives: "number",
	operand: numbers({ min: 2, max: 2 }),
	options: { scale: places(), mode: optional(mode()) },
	examples: [
		{ expression: "{ $divide: [2, 3], scale: 2 }", gives: "0.67" },
		{ expression: "{ $divide: [1, 8], scale: 2, mode: halfEven }", gives: "0.12" },
		{ expression: "{ $divide: [-1, 8], scale: 2 }", gives: "-0.13" },
		{
			expression: "{ $divide: [1, $.n], scale: 2 }",
			message: "{ n: 0 }",
			fails: "`$divide` of `$.n` can not divide by zero",
		},
	],
	compile: ([dividend, divisor], options, site) => {
		if (dividend === undefined || divisor === undefined) return () => undefined;
		const rounding = options.mode ?? "halfUp";
		return (here, run) => {
			const a = numberFrom(dividend, here, run);
			if (a instanceof Failure) return a;
			const b = numberFrom(divisor, here, run);
			if (b instanceof Failure) return b;
			if (compare(b, 0) === 0) return failed(site, "can not divide by zero");
			return counted(site, divide(a, b, options.scale, rounding));
		};
	},
});

const nearest = defineOperator({
	name: "$round",
	about:
		"The number to `scale` decimal places (0); half is rounded up, away from zero, unless `mode` says otherwise.",
	gives: "number",
	operand: number(),
	options: { scale: optional(places()), mode: optional(mode()) },
	examples: [
		{ expression: "{ $round: 2.5 }", gives: "3" },
		{ expression: "{ $round: -2.5 }", gives: "-3" },
		{ expression: "{ $round: 1.005, scale: 2 }", gives: "1.01" },
		{ expression: "{ $round: 2.5, mode: halfEven }", gives: "2" },
		{ expression: "{ $round: 2.9, mode: down }", gives: "2" },
		{ expression: "{ $round: $.n }", message: "{ n: '2,5' }", fails: "needs a number" },
		{ expression: "{ $round: 2.5, mode: up and away }", refused: "can not be `up and away`" },
	],
	compile: (source, options, site) => {
		const scale = options.scale ?? 0;
		const rounding = options.mode ?? "halfUp";
		return (here, run) => {
			const given = numberFrom(source, here, run);
			return given instanceof Failure ? given : counted(site, round(given, scale, rounding));
		};
	},
});

const least = defineOperator({
	name: "$min",
	about: "The least of its numbers.",
	gives: "number",
	operand: numberList(),
	options: {},
	examples: [
		{ expression: "{ $min: [$.a, 10] }", message: '{ a: "9.5" }', gives: "9.5" },
		{ expression: "{ $min: $.all }", message: "{ all: [3, 1, 2] }", gives: "1" },
		{ expression: "{ $optional: { $min: $.all } }", message: "{ all: [] }", absent: true },
		{ expression: "{ $min: [$.a, 10] }", message: "{}", fails: "`$.a` is absent or null" },
	],
	compile: (read, _options, site) => extreme(read, (a, b) => compare(a, b) < 0, site),
});

const greatest = defineOperator({
	name: "$max",
	about: "The greatest of its numbers.",
	gives: "number",
	operand: numberList(),
	options: {},
	examples: [
		{ expression: "{ $max: [$.a, 0] }", message: "{ a: -1 }", gives: "0" },
		{ expression: "{ $max: $.all }", message: '{ all: ["2", 10] }', gives: "10" },
		{ expression: "{ $max: $.all }", message: "{ all: [] }", fails: "an empty list" },
	],
	compile: (read, _options, site) => extreme(read, (a, b) => compare(a, b) > 0, site),
});

const sum = defineOperator({
	name: "$sum",
	about: "The exact sum of a list of numbers; that of an empty list is 0.",
	gives: "number",
	operand: numberList(),
	options: {},
	examples: [
		{
			expression: "{ $sum: { $each: $.lines, as: { $multiply: [$.price, $.quantity] } } }",
			message: '{ lines: [{ price: "1.10", quantity: 3 }, { price: 0.2, quantity: 1 }] }',
			gives: "3.5",
		},
		{ expression: "{ $sum: $.all }", message: "{ all: [] }", gives: "0" },
		{ expression: "{ $sum: $.all }", message: "{ all: [1, many] }", fails: "is a list of 2" },
	],
	compile: (read, _options, site) => (here, run) => {
		const all = read(here, run);
		if (all instanceof Failure) return all;
		let total: Decimal = 0;
		for (const one of all) {
			const next: Decimal | Failure = counted(site, add(total, one));
			if (next instanceof Failure) return next;
			total = next;
		}
		return total;
	},
});

const count = defineOperator({
	name: "$count",
	about: "How many items a list has.",
	gives: "integer",
	operand: listItself(),
	options: {},
	examples: [
		{ expression: "{ $count: $.lines }", message: "{ lines: [1, 1, 1] }", gives: "3" },
		{ expression: "{ $count: $.lines }", message: "{ lines: [] }", gives: "0" },
		{ expression: "{ $count: $.lines }", message: "{}", fails: "`$.lines` is absent or null" },
	],
	compile: (read) => (here, run) => {
		const all = read(here, run);
		return all instanceof Failure ? all : all.length;
	},
});

const absolute = defineOperator({
	name: "$abs",
	about: "The number without its sign.",
	gives: "number",
	operand: number(),
	options: {},
	examples: [
		{ expression: "{ $abs: -3.5 }", gives: "3.5" },
		{ expression: "{ $abs: $.n }", message: "{ n: true }", fails: "needs a number, and `$.n` is a boolean" },
		{
			expression: "{ $abs: $.n }",
			message: '{ n: "-0.1234567890123456789" }',
			gives: '"0.1234567890123456789"',
		},
	],
	compile: (source) => (here, run) => {
		const given = numberFrom(source, here, run);
		return given instanceof Failure || !isNegative(given) ? given : negate(given);
	},
});

const opposite = defineOperator({
	name: "$negate",
	about: "The number with the other sign.",
	gives: "number",
	operand: number(),
	options: {},
	examples: [
		{ expression: "{ $negate: 3.5 }", gives: "-3.5" },
		{ expression: "{ $negate: 0 }", gives: "0" },
		{ expression: "{ $negate: $.n }", message: "{ n: '-7' }", gives: "7" },
		{ expression: "{ $negate: $.n }", message: "{}", fails: "`$.n` is absent or null" },
	],
	compile: (source) => (here, run) => {
		const given = numberFrom(source, here, run);
		return given instanceof Failure ? given : negate(given);
	},
});

export const numberOperators: readonly Operator[] = [
	plus,
	minus,
	times,
	over,
	nearest,
	least,
	greatest,
	sum,
	count,
	absolute,
	opposite,
];

function folded(
	operands: readonly NumberSource[],
	join: (a: Decimal, b: Decimal) => Decimal | NotDecimal,
	site: Site,
): Evaluate {
	const [first, second, ...others] = operands;
	if (first === undefined || second === undefined) return () => undefined;
	const pair = (here: Value, run: Run): Decimal | Failure => {
		const a = numberFrom(first, here, run);
		if (a instanceof Failure) return a;
		const b = numberFrom(second, here, run);
		return b instanceof Failure ? b : counted(site, join(a, b));
	};
	if (others.length === 0) return pair;
	return (here, run) => {
		let total = pair(here, run);
		for (const operand of others) {
			if (total instanceof Failure) return total;
			const next = numberFrom(operand, here, run);
			if (next instanceof Failure) return next;
			total = counted(site, join(total, next));
		}
		return total;
	};
}

/** Nothing is the least of nothing: an empty list is as an absent one. */
function extreme(
	read: Need<readonly Decimal[]>,
	isBetter: (a: Decimal, b: Decimal) => boolean,
	site: Site,
): Evaluate {
	const { reason, at } = failed(site, "needs a number, and there is an empty list");
	const missing = new Failure(reason, at, true);
	return (here, run) => {
		const all = read(here, run);
		if (all instanceof Failure) return all;
		let best: Decimal | undefined;
		for (const one of all) if (best === undefined || isBetter(one, best)) best = one;
		return best ?? missing;
	};
}
