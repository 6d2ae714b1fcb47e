import { RE2JS } from "re2js";
import { isList, isObject } from "../../model/json.ts";
import { bad, good, type Result } from "../../model/result.ts";
import { isPath, keyOfPath } from "../path.ts";
import type { Written, WrittenObject } from "../yaml-writer.ts";
import type { Comparison, Fql, FqlLiteral, FqlProblem } from "./fql.ts";
import { pathOf } from "./segment-path.ts";

type Condition = Result<WrittenObject, FqlProblem>;
type Test = Extract<Fql, { kind: "test" }>;

/** A condition of FQL as it stands under `when`, or the first part of it that can not be said there. */
export function conditionOf(fql: Fql): Condition {
	switch (fql.kind) {
		case "test":
			return conditionOfTest(fql);
		case "not":
			return negated(fql.of);
		case "and":
		case "or": {
			const all: WrittenObject[] = [];
			for (const part of fql.of) {
				const condition = conditionOf(part);
				if (!condition.ok) return condition;
				all.push(condition.value);
			}
			return good(fql.kind === "and" ? allOf(all) : anyOf(all));
		}
	}
}

/** Segment's `!contains(…)` and `!match(…)` hold for texts only, not where there is none. */
function negated(fql: Fql): Condition {
	const condition = conditionOf(fql);
	if (!condition.ok) return condition;
	const [path, second] = Object.entries(condition.value);
	const isText = fql.kind === "test" && (fql.test === "contains" || fql.test === "match");
	if (!isText || path === undefined || second !== undefined) return good({ $not: condition.value });
	const [name, matcher] = path;
	return good({
		[name]: { $exists: true, ...(isObject(matcher) ? { $not: matcher } : { $ne: matcher }) },
	});
}

function conditionOfTest(test: Test): Condition {
	const path = pathOf(test.path);
	if (path === undefined)
		return unsaid(test, `\`${test.path.join(".")}\` has more names than a path may have`);
	const matcher = matcherOf(test);
	return matcher.ok ? good({ [keyOfPath(path)]: matcher.value }) : matcher;
}

const unsaid = ({ column }: Test, message: string): Result<never, FqlProblem> => bad({ column, message });

function matcherOf(test: Test): Result<Written, FqlProblem> {
	const text = "text" in test ? test.text : test.value;
	if (typeof text === "string" && isPath(text)) {
		return unsaid(test, `a condition takes \`${text}\` for a path, and here it is a text`);
	}
	switch (test.test) {
		case "compare":
			return compared(test, test.operator, test.value);
		case "contains":
			return good({ $contains: test.text });
		case "match":
			return good(matched(test.text));
		case "length":
			return ofLength(test, test.operator, test.value);
		case "lowercase":
			return inLowerCase(test, test.operator, test.value);
	}
}

const ordering = new Map<Comparison, string>([
	["<", "$lt"],
	["<=", "$lte"],
	[">", "$gt"],
	[">=", "$gte"],
]);

function compared(test: Test, operator: Comparison, value: FqlLiteral): Result<Written, FqlProblem> {
	const order = ordering.get(operator);
	if (order !== undefined) {
		const number = typeof value === "string" && jsonNumber.test(value) ? Number(value) : value;
		if (typeof number === "number") return good({ [order]: number });
		return unsaid(test, `\`${operator}\` orders numbers, and there is ${JSON.stringify(value)} behind it`);
	}
	if (operator === "=") return good(value === null ? { $or: [{ $exists: false }, null] } : value);
	if (value === null) return good({ $exists: true, $ne: null });
	// Segment's `!= 50` holds for numbers only, its `!= "50"` also where there is nothing.
	return good(typeof value === "number" ? { $exists: true, $nin: [value, null] } : { $ne: value });
}

const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;

/** A pattern of `*` for any characters; Segment's triggers know no other sign. */
function matched(pattern: string): Written {
	const inner = pattern.replace(/^\*|\*$/g, "");
	if (inner.includes("*")) return { $matches: `^(?s:${RE2JS.quote(pattern).replaceAll("\\*", ".*")})$` };
	if (pattern === "*" || (pattern.startsWith("*") && pattern.endsWith("*"))) return { $contains: inner };
	if (pattern.startsWith("*")) return { $endsWith: inner };
	return pattern.endsWith("*") ? { $startsWith: inner } : pattern;
}

/** How long something is can not be asked, but whether there is anything in it. */
function ofLength(test: Test, operator: Comparison, value: FqlLiteral): Result<Written, FqlProblem> {
	const asked = `${operator} ${value}`;
	if (["= 0", "<= 0", "< 1"].includes(asked)) return good({ $empty: true });
	if (["!= 0", "> 0", ">= 1"].includes(asked)) return good({ $empty: false });
	return unsaid(test, "a condition asks whether there is anything in a text or a list, not how long it is");
}

function inLowerCase(test: Test, operator: Comparison, value: FqlLiteral): Result<Written, FqlProblem> {
	if (typeof value !== "string" || (operator !== "=" && operator !== "!=")) {
		return unsaid(test, "`lowercase()` is `=` or `!=` to a text");
	}
	if (value !== value.toLowerCase())
		return unsaid(test, `\`lowercase()\` never gives ${JSON.stringify(value)}`);
	const matcher = { $matches: `^(?i:${RE2JS.quote(value)})$` };
	return good(operator === "=" ? matcher : { $not: matcher });
}

/** One object of all, where no path is there twice with two things to say. */
function allOf(conditions: readonly WrittenObject[]): WrittenObject {
	let merged: WrittenObject = {};
	for (const condition of conditions) {
		const next = mergedWith(merged, condition);
		if (next === undefined) return { $and: conditions };
		merged = next;
	}
	return merged;
}

function mergedWith(one: WrittenObject, other: WrittenObject): WrittenObject | undefined {
	const merged: Record<string, Written> = { ...one };
	for (const [key, value] of Object.entries(other)) {
		const known = Object.hasOwn(merged, key) ? merged[key] : undefined;
		if (known === undefined) merged[key] = value;
		else if (key.startsWith("$") || !isObject(known) || !isObject(value)) return undefined;
		else if (areApart(known, value)) merged[key] = { ...known, ...value };
		else return undefined;
	}
	return merged;
}

/** Whether two matchers of one path share no name. */
const areApart = (one: WrittenObject, other: WrittenObject): boolean =>
	Object.keys(other).every((name) => !Object.hasOwn(one, name));

/** A list of values where all ask the same path for one: mappings are found by what such a list names. */
function anyOf(conditions: readonly WrittenObject[]): WrittenObject {
	const entries = conditions.flatMap((condition) => Object.entries(condition));
	const [path = ""] = entries[0] ?? [];
	const values = entries.flatMap(([key, value]) =>
		key === path && !path.startsWith("$") ? valuesOf(value) : [],
	);
	const areValues = values.length >= conditions.length && entries.length === conditions.length;
	return areValues && entries.every(([key, value]) => key === path && valuesOf(value).length > 0)
		? { [path]: values }
		: { $or: conditions };
}

/** The values that a plain test names; none where it is a matcher. */
function valuesOf(written: Written): readonly Written[] {
	if (isList(written)) return written;
	return isObject(written) ? [] : [written];
}
