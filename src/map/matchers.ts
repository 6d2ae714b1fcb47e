import { isList, isObject, type Value } from "../model/json.ts";
import { equal, order } from "./comparison.ts";

/** A matcher tests one value, which may be absent, against what is written beside its name. */
export interface Matcher {
	readonly name: string;
	/** One sentence. */
	readonly about: string;
	/** What is written beside its name. */
	readonly takes: "value" | "values" | "text" | "boolean";
	/** `given` has what is written there, a path read already; undefined where a path is absent. */
	test(value: Value | undefined, given: Value | undefined): boolean;
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
	return isObject(value) && Object.keys(value).length === 0;
};

export const matchers: readonly Matcher[] = [
	{ name: "$eq", about: "The value is this one.", takes: "value", test: equals },
	{
		name: "$ne",
		about: "The value is not this one, or is absent.",
		takes: "value",
		test: (value, given) => !equals(value, given),
	},
	{ name: "$gt", about: "The value is greater.", takes: "value", test: ordered((found) => found > 0) },
	{
		name: "$gte",
		about: "The value is greater or equal.",
		takes: "value",
		test: ordered((found) => found >= 0),
	},
	{ name: "$lt", about: "The value is less.", takes: "value", test: ordered((found) => found < 0) },
	{
		name: "$lte",
		about: "The value is less or equal.",
		takes: "value",
		test: ordered((found) => found <= 0),
	},
	{ name: "$in", about: "The value is one of these.", takes: "values", test: among },
	{
		name: "$nin",
		about: "The value is none of these, or is absent.",
		takes: "values",
		test: (value, given) => !among(value, given),
	},
	{
		name: "$exists",
		about: "The value is there, or with `false` is not; null is there.",
		takes: "boolean",
		test: (value, given) => (value !== undefined) === given,
	},
	{
		name: "$empty",
		about: "The value is absent, null, or a text, list or object with nothing in it.",
		takes: "boolean",
		test: (value, given) => (given === true ? isEmpty(value) : value !== undefined && !isEmpty(value)),
	},
	{
		name: "$startsWith",
		about: "The text begins with this one.",
		takes: "text",
		test: texts((value, given) => value.startsWith(given)),
	},
	{
		name: "$endsWith",
		about: "The text ends with this one.",
		takes: "text",
		test: texts((value, given) => value.endsWith(given)),
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
	},
];
