import type { Operator, Parameter } from "../compiler.ts";
import { counted, Failure, failed, type Need } from "../evaluate.ts";
import { defineOperator } from "../operator.ts";
import { needed, number, numberFrom } from "../parameters.ts";
import { part } from "../reference/schema-parts.ts";
import { decimalsOfCurrency } from "../values/currency.ts";
import { divide, isInteger, multiply } from "../values/decimal.ts";

const toMinorUnits = defineOperator({
	name: "$minorUnits",
	about:
		"The amount as a whole number of the currency's smallest unit, by ISO 4217; an amount with more decimals than that fails, because rounding it would be a guess.",
	gives: "integer",
	operand: number(),
	options: { currency: currency() },
	examples: [
		{ expression: "{ $minorUnits: $.total, currency: EUR }", message: '{ total: "12.50" }', gives: "1250" },
		{
			expression: "{ $minorUnits: $.total, currency: $.currency }",
			message: "{ total: 1200, currency: JPY }",
			gives: "1200",
		},
		{ expression: "{ $minorUnits: 1.234, currency: kwd }", gives: "1234" },
		{ expression: "{ $minorUnits: -0.07, currency: HUF }", gives: "-7" },
		{
			expression: "{ $minorUnits: $.total, currency: EUR }",
			message: '{ total: "12.505" }',
			fails: "needs an amount of at most 2 decimals",
		},
		{
			expression: "{ $minorUnits: 1, currency: $.currency }",
			message: "{ currency: € }",
			fails: "`$.currency` is a text of 1 character",
		},
		{ expression: "{ $minorUnits: 1, currency: EURO }", refused: "this is a text of 4 characters" },
	],
	compile:
		(source, { currency: decimalsOf }, site) =>
		(here, run) => {
			const amount = numberFrom(source, here, run);
			if (amount instanceof Failure) return amount;
			const decimals = decimalsOf(here, run);
			if (decimals instanceof Failure) return decimals;
			const units = counted(site, multiply(amount, 10 ** decimals));
			if (units instanceof Failure || isInteger(units)) return units;
			return failed(site, `needs an amount of at most ${decimals} decimals, as its currency has`);
		},
});

const fromMinorUnits = defineOperator({
	name: "$fromMinorUnits",
	about: "The amount that a whole number of the currency's smallest unit is, by ISO 4217.",
	gives: "number",
	operand: number(),
	options: { currency: currency() },
	examples: [
		{ expression: "{ $fromMinorUnits: $.cents, currency: EUR }", message: "{ cents: 1250 }", gives: "12.5" },
		{ expression: "{ $fromMinorUnits: 1200, currency: JPY }", gives: "1200" },
		{ expression: "{ $fromMinorUnits: '1', currency: UYW }", gives: "0.0001" },
		{
			expression: "{ $fromMinorUnits: $.cents, currency: EUR }",
			message: "{ cents: 12.5 }",
			fails: "needs a whole number",
		},
		{
			expression: "{ $fromMinorUnits: 1, currency: $.currency }",
			message: "{}",
			fails: "`$.currency` is absent or null",
		},
	],
	compile:
		(source, { currency: decimalsOf }, site) =>
		(here, run) => {
			const units = numberFrom(source, here, run);
			if (units instanceof Failure) return units;
			const decimals = decimalsOf(here, run);
			if (decimals instanceof Failure) return decimals;
			if (!isInteger(units)) return failed(site, "needs a whole number, and this one has a fraction");
			return counted(site, divide(units, 10 ** decimals, decimals, "halfUp"));
		},
});

export const moneyOperators: readonly Operator[] = [toMinorUnits, fromMinorUnits];

/** The decimals of a currency, which may come from the message. */
function currency(): Parameter<Need<number>> {
	return needed({
		expects: "a currency's code of three letters",
		schema: part("text"),
		kindOf: (given) => (typeof given === "string" ? decimalsOfCurrency(given) : undefined),
	});
}
