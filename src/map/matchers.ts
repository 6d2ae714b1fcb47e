import { isList, isObject, type Value, type ValueObject } from "../model/json.ts";
import type { Run } from "./evaluate.ts";
import { equal, order } from "./values/comparison.ts";
import type { Pattern } from "./values/pattern.ts";

/** A matcher tests one value, which may be absent, against what is written beside its name. */
export type Matcher = {
	readonly name: string;
	/** One sentence. */
	readonly about: string;
	readonly examples: readonly MatcherExample[];
} & (
	| {
			/** What is written beside its name. */
			readonly takes: "value" | "values" | "text" | "boolean";
			/** `given` has what is written there, a path read already; undefined where a path is absent. */
			test(value: Value | undefined, given: Value | undefined): boolean;
			/** The steps of one test, where it goes through the value. */
			costOf?(value: Value | undefined): number;
	  }
	| { readonly takes: "pattern"; test(value: Value | undefined, pattern: Pattern, run: Run): boolean }
);

/** Shown and tested at once; both are YAML. */
export interface MatcherExample {
	/** Left out where the value is absent. */
	readonly value?: string;
	readonly given: string;
	readonly holds: boolean;
}

const ordered =
	(holds: (order: number) => boolean) =>
	(value: Value | undefined, given: Value | undefined): boolean => {
		if (value === undefined || given === undefined) return false;
		const found = order(value, given);
		return found !== undefined && holds(found);
	};

const equals = (value: Value | undefined, given: Value | undefined): boolean =>
	value !== undefined && given !== undefined && equal(value, given);

const among = (value: Value | undefined, given: Value | undefined): boolean =>
	value !== undefined && isList(given) && given.some((one) => equal(value, one));

const texts =
	(holds: (value: string, given: string) => boolean) =>
	(value: Value | undefined, given: Value | undefined): boolean =>
		typeof value === "string" && typeof given === "string" && holds(value, given);

const isEmpty = (value: Value | undefined): boolean => {
	if (value === undefined || value === null || value === "") return true;
	if (isList(value)) return value.length === 0;
	return isObject(value) && isBare(value);
};

/** Without counting the attributes of a large object. */
function isBare(value: ValueObject): boolean {
	for (const _ in value) return false;
	return true;
}

const holding = (given: string, ...values: readonly string[]): readonly MatcherExample[] =>
	values.map((value) => ({ value, given, holds: true }));
const failing = (given: string, ...values: readonly string[]): readonly MatcherExample[] =>
	values.map((value) => ({ value, given, holds: false }));
const absent = (given: string, holds: boolean): MatcherExample => ({ given, holds });

export const matchers: readonly Matcher[] = [
	{
		name: "$eq",
		about: "The value is this one.",
		takes: "value",
		test: equals,
		examples: [...holding("5", "5.0", '"5.0"'), ...failing("5", '"5,0"', "[5]"), absent("null", false)],
	},
	{
		name: "$ne",
		about: "The value is not this one, or is absent.",
		takes: "value",
		test: (value, given) => !equals(value, given),
		examples: [...holding("paid", "open", "null"), ...failing("paid", "paid"), absent("paid", true)],
	},
	{
		name: "$gt",
		about: "The value is greater: a number than a number, a text than a text.",
		takes: "value",
		test: ordered((found) => found > 0),
		examples: [
			...holding("50", "50.01", '"60"'),
			...holding("'2026-01-01'", "'2026-02-01'"),
			...failing("50", "50", "many"),
			absent("50", false),
		],
	},
	{
		name: "$gte",
		about: "The value is greater or equal.",
		takes: "value",
		test: ordered((found) => found >= 0),
		examples: [...holding("50", "50.00", '"50"'), ...failing("50", "49.99", "true")],
	},
	{
		name: "$lt",
		about: "The value is less.",
		takes: "value",
		test: ordered((found) => found < 0),
		examples: [...holding("0", "-0.01", '"-1"'), ...failing("0", "0", "null")],
	},
	{
		name: "$lte",
		about: "The value is less or equal.",
		takes: "value",
		test: ordered((found) => found <= 0),
		examples: [...holding("0", "0", '"-1"'), ...failing("0", "1e-7"), absent("0", false)],
	},
	{
		name: "$in",
		about: "The value is one of these.",
		takes: "values",
		test: among,
		examples: [
			...holding("[paid, 2]", "paid", '"2.0"'),
			...failing("[paid, 2]", "Paid"),
			absent("[null]", false),
		],
	},
	{
		name: "$nin",
		about: "The value is none of these, or is absent.",
		takes: "values",
		test: (value, given) => !among(value, given),
		examples: [
			...holding("[paid, open]", "void", "null"),
			...failing("[paid, open]", "open"),
			absent("[paid]", true),
		],
	},
	{
		name: "$exists",
		about: "The value is there, or with `false` is not; null is there.",
		takes: "boolean",
		test: (value, given) => (value !== undefined) === given,
		examples: [
			...holding("true", "null", "0"),
			...failing("false", "null"),
			absent("true", false),
			absent("false", true),
		],
	},
	{
		name: "$empty",
		about:
			"The value is absent, null, or a text, list or object with nothing in it; with `false`, it is there and has something in it.",
		takes: "boolean",
		test: (value, given) => (given === true ? isEmpty(value) : value !== undefined && !isEmpty(value)),
		examples: [
			...holding("true", "null", '""', "[]", "{}"),
			...failing("true", "0", "false", '" "'),
			...holding("false", "0"),
			absent("true", true),
			absent("false", false),
		],
	},
	{
		name: "$startsWith",
		about: "The text begins with this one.",
		takes: "text",
		test: texts((value, given) => value.startsWith(given)),
		examples: [...holding("ORD-", "ORD-10041", "ORD-"), ...failing("ORD-", "ord-10041", "[ORD-1]")],
	},
	{
		name: "$endsWith",
		about: "The text ends with this one.",
		takes: "text",
		test: texts((value, given) => value.endsWith(given)),
		examples: [
			...holding(".test", "ada@example.test"),
			...failing(".test", "example.test.org"),
			absent('""', false),
		],
	},
	{
		name: "$contains",
		about: "The text contains this one, or the list this value.",
		takes: "value",
		test: (value, given) => {
			if (given === undefined) return false;
			if (isList(value)) return value.some((one) => equal(one, given));
			return typeof value === "string" && typeof given === "string" && value.includes(given);
		},
		costOf: (value) => (typeof value === "string" || isList(value) ? value.length : 0),
		examples: [
			...holding("gift", "a gift card", "[card, gift]"),
			...holding("1", "[2, '1.0']"),
			...failing("1", "'21'"),
			...failing("gift", "Gift"),
		],
	},
	{
		name: "$matches",
		about:
			"A part of the text matches this regular expression; `^…$` says that the whole must. It has the syntax of RE2, is written out, and takes time in proportion to the text.",
		takes: "pattern",
		test: (value, pattern, run) => typeof value === "string" && pattern.test(value, run),
		examples: [
			...holding("'^[A-Z]{2}-\\d+$'", "DE-17"),
			...holding("'\\d+'", "DE-17"),
			...holding("'(?i)^order'", "ORDER COMPLETED"),
			...failing("'^\\d+$'", "DE-17", "17"),
			absent("''", false),
		],
	},
];
