import type { Value } from "../../model/json.ts";
import type { Operator } from "../compiler.ts";
import { type Decimal, multiply, round } from "../decimal.ts";
import { type Evaluate, Failure, failed, masked, type Need, type Site } from "../evaluate.ts";
import { instantOf, isInstant, textOfInstant } from "../instant.ts";
import { defineOperator, optional } from "../operator.ts";
import { numberOf, text, value, word } from "../parameters.ts";

const date = defineOperator({
	name: "$date",
	about:
		"The instant as ISO 8601 in UTC, with milliseconds. It is read from ISO 8601, where text without an offset is UTC, or with `format` from a number of seconds (`unix`) or milliseconds (`unixMs`) since 1970.",
	gives: "date",
	operand: value(),
	options: { format: optional(word("unix", "unixMs")) },
	examples: [
		{
			expression: "{ $date: $.at }",
			message: '{ at: "2026-11-22T10:00:00+02:00" }',
			gives: '"2026-11-22T08:00:00.000Z"',
		},
		{
			expression: "{ $date: $.at }",
			message: '{ at: "2026-11-22 10:00" }',
			gives: '"2026-11-22T10:00:00.000Z"',
		},
		{
			expression: "{ $date: $.at, format: unix }",
			message: "{ at: 1700000000 }",
			gives: '"2023-11-14T22:13:20.000Z"',
		},
		{
			expression: "{ $date: $.at, format: unixMs }",
			message: '{ at: "1700000000123" }',
			gives: '"2023-11-14T22:13:20.123Z"',
		},
		{
			expression: "{ $date: $.at }",
			message: "{ at: 1700000000 }",
			fails: "with `format: unix` or `unixMs`",
		},
		{ expression: "{ $date: $.at }", message: '{ at: "2026-02-30" }', fails: "is a text of 10 characters" },
	],
	compile: (read, { format }, site) => {
		if (format === undefined) return fromText(read, site);
		return fromCount(read, format === "unix" ? 1_000 : 1, site);
	},
});

const unix = defineOperator({
	name: "$unix",
	about: "The seconds since 1970, with a fraction where there is one, of an instant in ISO 8601.",
	gives: "number",
	operand: text(),
	options: {},
	examples: [
		{ expression: "{ $unix: $.at }", message: '{ at: "2023-11-14T22:13:20Z" }', gives: "1700000000" },
		{ expression: "{ $unix: $.at }", message: '{ at: "2023-11-14T22:13:20.123Z" }', gives: "1700000000.123" },
		{ expression: "{ $unix: $.at }", message: "{ at: yesterday }", fails: "is a text of 9 characters" },
	],
	compile: (read, _options, site) => (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		const unixMs = instantOf(given);
		// A count of milliseconds has at most 15 digits, so its thousandth is exact.
		return unixMs === undefined ? notInstant(site, given) : unixMs / 1_000;
	},
});

export const timeOperators: readonly Operator[] = [date, unix];

function fromText(read: Need<Value>, site: Site): Evaluate {
	return (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		if (typeof given !== "string") return notInstant(site, given);
		const unixMs = instantOf(given);
		return unixMs === undefined ? notInstant(site, given) : textOfInstant(unixMs);
	};
}

function fromCount(read: Need<Value>, unitMs: number, site: Site): Evaluate {
	return (here, run) => {
		const given = read(here, run);
		if (given instanceof Failure) return given;
		const count = numberOf(given);
		if (count === undefined)
			return failed(site, `counts from 1970 and needs a number; the value is ${masked(given)}`);
		const unixMs = wholeMs(count, unitMs);
		if (isInstant(unixMs)) return textOfInstant(unixMs);
		return failed(
			site,
			"gives no instant of the years 100 to 9999: is it seconds (`unix`) or milliseconds (`unixMs`)?",
		);
	};
}

/** Parts of a millisecond are cut off; not a number where there are too many to count. */
function wholeMs(count: Decimal, unitMs: number): number {
	const product = multiply(count, unitMs);
	const whole = typeof product === "string" ? product : round(product, 0, "floor");
	return typeof whole === "number" ? whole : Number.NaN;
}

const notInstant = (site: Site, given: Value): Failure =>
	failed(
		site,
		typeof given === "number"
			? "reads ISO 8601; say what a number counts with `format: unix` or `unixMs`"
			: `reads ISO 8601, and the value is ${masked(given)}`,
	);
