import type { Operator } from "../compiler.ts";
import { Failure, failed, masked } from "../evaluate.ts";
import { defineOperator } from "../operator.ts";
import { number, numberFrom, value, wording } from "../parameters.ts";
import { isInteger } from "../values/decimal.ts";

const toText = defineOperator({
	name: "$string",
	about:
		"The text of a text, a number or a boolean; numbers are written with all their digits and no exponent.",
	gives: "text",
	operand: wording(),
	options: {},
	examples: [
		{
			expression: "{ $string: $.id }",
			message: "{ id: 12345678901234567890 }",
			gives: '"12345678901234567890"',
		},
		{ expression: "{ $string: 1e21 }", gives: '"1000000000000000000000"' },
		{ expression: "{ $string: $.flag }", message: "{ flag: true }", gives: '"true"' },
		{ expression: "{ $string: $.id }", message: "{ id: [1] }", fails: "is a list of 1" },
		{ expression: "{ $string: $.id }", message: "{ id: null }", fails: "`$.id` is absent or null" },
	],
	compile: (read) => read,
});

const toNumber = defineOperator({
	name: "$number",
	about: "The exact number of a number, or of a text that is one in JSON's grammar.",
	gives: "number",
	shortcut: ({ shortcut }) => shortcut,
	operand: number(),
	options: {},
	examples: [
		{ expression: "{ $number: $.total }", message: '{ total: "12.50" }', gives: "12.5" },
		{
			expression: "{ $number: $.total }",
			message: '{ total: "0.1234567890123456789" }',
			gives: '"0.1234567890123456789"',
		},
		{
			expression: "{ $number: $.total }",
			message: '{ total: "1,200.00" }',
			fails: "is a text of 8 characters",
		},
		{ expression: "{ $number: $.total }", message: '{ total: "" }', fails: "is an empty text" },
		{ expression: "{ $number: $.total }", message: "{ total: true }", fails: "is a boolean" },
		{ expression: "{ $number: $.total }", message: '{ total: "1e35" }', fails: "beyond 34 digits" },
	],
	compile: ({ need }) => need,
});

const toInteger = defineOperator({
	name: "$integer",
	about: "The number, which must be whole: `3.0` is, `3.5` fails.",
	gives: "integer",
	operand: number(),
	options: {},
	examples: [
		{ expression: "{ $integer: $.quantity }", message: '{ quantity: "3.0" }', gives: "3" },
		{
			expression: "{ $integer: $.quantity }",
			message: "{ quantity: 3.5 }",
			fails: "`$integer` of `$.quantity` needs a whole number, and a number of 3 characters has a fraction",
		},
		{ expression: "{ $integer: $.id }", message: "{ id: 9007199254740993 }", gives: '"9007199254740993"' },
	],
	compile: (source, _options, site) => (here, run) => {
		const given = numberFrom(source, here, run);
		if (given instanceof Failure || isInteger(given)) return given;
		return failed(site, `needs a whole number, and ${masked(given)} has a fraction`);
	},
});

const toBoolean = defineOperator({
	name: "$boolean",
	about: "The boolean, also of the texts `true` and `false`; whatever else means yes is told by `$lookup`.",
	gives: "boolean",
	operand: value(),
	options: {},
	examples: [
		{ expression: "{ $boolean: $.optIn }", message: '{ optIn: "false" }', gives: "false" },
		{ expression: "{ $boolean: $.optIn }", message: "{ optIn: true }", gives: "true" },
		{ expression: "{ $boolean: $.optIn }", message: "{ optIn: 1 }", fails: "is a number of 1 character" },
	],
	compile: (read, _options, site) => (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure || typeof given === "boolean") return given;
		if (given === "true") return true;
		if (given === "false") return false;
		return failed(site, `needs a boolean, and the value is ${masked(given)}`);
	},
});

export const castOperators: readonly Operator[] = [toText, toNumber, toInteger, toBoolean];
