import type { Value } from "../../model/json.ts";
import {
	type Compiler,
	type Expression,
	type Operator,
	type Parameter,
	refuse,
	type Wrong,
	wrong,
} from "../compiler.ts";
import { type Condition, compileCondition } from "../condition.ts";
import { type Evaluate, Failure, failed, masked, type Outcome, type Run } from "../evaluate.ts";
import { compileExpression } from "../expression.ts";
import { defineOperator, optional } from "../operator.ts";
import { condition, expression, expressions, verbatim, wording } from "../parameters.ts";
import { narrowed, standingAt } from "../path.ts";
import { closed, listOf, part } from "../reference/schema-parts.ts";
import { keyOf } from "../values/comparison.ts";
import { entryOf, type Node } from "../yaml.ts";

const first = defineOperator({
	name: "$first",
	about: "The first of its values that is neither absent nor null; `0`, `false` and an empty text count.",
	gives: "any",
	passes: (operands) => operands,
	hands: "operands",
	shortcut: ([one]) =>
		one?.shortcut?.takes === "numbers" ? one.shortcut : narrowed(one?.shortcut, "scalars"),
	operand: expressions(),
	options: {},
	examples: [
		{ expression: "{ $first: [$.revenue, $.total] }", message: "{ revenue: null, total: 12 }", gives: "12" },
		{ expression: "{ $first: [$.quantity, 1] }", message: "{ quantity: 0 }", gives: "0" },
		{ expression: "{ $first: [{ $number: $.a }, 1] }", message: "{}", gives: "1" },
		{ expression: "{ $first: [{ $number: $.a }, 1] }", message: "{ a: many }", fails: "needs a number" },
		{ expression: "{ $first: [$.a, $.b] }", message: "{}", absent: true },
	],
	compile: (operands) => {
		const [one, two, three] = operands;
		if (one !== undefined && three === undefined) return firstOfTwo(one, two);
		return (here, run) => {
			for (const operand of operands) {
				const value = valueIn(operand, here, run);
				if (value !== undefined && value !== null && !isMissing(value)) return value;
			}
			return undefined;
		};
	},
});

const leaveOut = defineOperator({
	name: "$optional",
	about:
		"Its value, or nothing where something that the value needs is absent or null; a wrong value still fails.",
	gives: "any",
	passes: (operand) => [operand],
	forgives: true,
	shortcut: ({ shortcut }) => shortcut,
	hands: "operand",
	operand: expression(),
	options: {},
	examples: [
		{ expression: "{ $optional: { $number: $.price } }", message: "{}", absent: true },
		{ expression: "{ $optional: { $number: $.price } }", message: '{ price: "1.10" }', gives: "1.1" },
		{
			expression: "{ $optional: { $number: $.price } }",
			message: '{ price: "1,10" }',
			fails: "needs a number",
		},
	],
	compile:
		({ evaluate }) =>
		(here, run) => {
			const value = evaluate(here, run);
			return value instanceof Failure && value.missing ? undefined : value;
		},
});

const either = defineOperator({
	name: "$if",
	about: "The value of `then` where the condition holds, else that of `else`.",
	gives: "any",
	passes: (_test, options) => [options.then, options.else ?? []].flat(),
	operand: condition(),
	// biome-ignore lint/suspicious/noThenProperty: a table of arguments, which nobody awaits
	options: { then: expression(), else: optional(expression()) }, // oxlint-disable-line unicorn/no-thenable
	examples: [
		{
			expression: "{ $if: { total: { $gte: 50 } }, then: large, else: small }",
			message: '{ total: "60" }',
			gives: "large",
		},
		{
			expression: "{ $if: { total: { $gte: 50 } }, then: large, else: small }",
			message: "{}",
			gives: "small",
		},
		{ expression: "{ $if: { vip: true }, then: 0, else: 1 }", message: "{ vip: true }", gives: "0" },
		{ expression: "{ $if: { vip: true }, then: 1 }", message: "{ vip: false }", absent: true },
		{
			expression: "{ $if: { vip: true }, then: { $number: $.bonus } }",
			message: "{ vip: true, bonus: much }",
			fails: "needs a number",
		},
		{ expression: "{ $if: { vip: true }, than: 1, then: 2 }", refused: "no argument called `than`" },
	],
	compile: (test, options) => {
		const yes = options.then.evaluate;
		const no = options.else?.evaluate ?? nothing;
		return (here, run) => (test(here, run) ? yes(here, run) : no(here, run));
	},
});

const choose = defineOperator({
	name: "$switch",
	about: "The `value` of the first branch whose `when` holds, else that of `else`.",
	gives: "any",
	passes: (all, options) => [...all.map(({ value }) => value), options.else ?? []].flat(),
	operand: branches(),
	options: { else: optional(expression()) },
	examples: [
		{
			expression:
				"{ $switch: [{ when: { n: { $gt: 9 } }, value: many }, { when: { n: { $gt: 0 } }, value: some }], else: none }",
			message: "{ n: 3 }",
			gives: "some",
		},
		{
			expression: "{ $switch: [{ when: { n: 1 }, value: one }], else: other }",
			message: "{}",
			gives: "other",
		},
		{ expression: "{ $switch: [{ when: { n: 1 }, value: one }] }", message: "{}", absent: true },
		{ expression: "{ $switch: { when: { n: 1 }, value: one } }", refused: "takes branches" },
	],
	compile: (all, options) => {
		const otherwise = options.else?.evaluate ?? nothing;
		return (here, run) => {
			for (const { when, value } of all) {
				if (when(here, run)) return value.evaluate(here, run);
			}
			return otherwise(here, run);
		};
	},
});

const lookup = defineOperator({
	name: "$lookup",
	about:
		"What the table `in` says of the value, else the value of `else`; without `else` an unknown value fails.",
	gives: "any",
	passes: (_read, options) => [...options.in.values(), options.else ?? []].flat(),
	operand: wording(),
	options: { in: table(), else: optional(expression()) },
	examples: [
		{ expression: "{ $lookup: $.sex, in: { m: male, f: female } }", message: "{ sex: f }", gives: "female" },
		{
			expression: "{ $lookup: $.level, in: { 1: silver, 2: gold } }",
			message: "{ level: 2.0 }",
			gives: "gold",
		},
		{
			expression: "{ $lookup: $.sex, in: { m: male }, else: unknown }",
			message: "{ sex: constructor }",
			gives: "unknown",
		},
		{
			expression: "{ $lookup: $.sex, in: { m: male } }",
			message: "{ sex: x }",
			fails: "has no entry for a text of 1 character",
		},
		{ expression: "{ $lookup: $.sex, in: { m: male }, else: unknown }", message: "{}", fails: "is absent" },
	],
	compile: (read, options, site) => {
		const entries = options.in;
		const otherwise = options.else?.evaluate;
		return (here, run) => {
			const name = read(here, run);
			if (name instanceof Failure) return name;
			const entry = entries.get(keyOf(name) ?? name);
			if (entry !== undefined) return entry.evaluate(here, run);
			return otherwise === undefined
				? failed(site, `has no entry for ${masked(name)}`)
				: otherwise(here, run);
		};
	},
});

const literally = defineOperator({
	name: "$literal",
	about: "Exactly what is written, even where it looks like a path or an operator.",
	gives: "any",
	operand: verbatim(),
	options: {},
	examples: [
		{ expression: "{ $literal: $.total }", message: "{ total: 1 }", gives: "'$.total'" },
		{ expression: "{ $literal: { $add: [1, 2] } }", gives: "{ $add: [1, 2] }" },
		{ expression: "{ $literal: $.total, else: 0 }", refused: "no argument called `else`" },
	],
	compile: (value) => () => value,
});

const isMissing = (value: Outcome): boolean => value instanceof Failure && value.missing;

const valueIn = ({ shortcut, evaluate }: Expression, here: Value, run: Run): Outcome =>
	shortcut?.takes === "everything" ? standingAt(shortcut, here) : evaluate(here, run);

/** The commonest: a value, and what stands in for it. */
const firstOfTwo =
	(one: Expression, two: Expression | undefined): Evaluate =>
	(here, run) => {
		const value = valueIn(one, here, run);
		if (value !== undefined && value !== null && !isMissing(value)) return value;
		const other = two === undefined ? undefined : valueIn(two, here, run);
		return other === null || isMissing(other) ? undefined : other;
	};

export const choiceOperators: readonly Operator[] = [first, leaveOut, either, choose, lookup, literally];

const nothing: Evaluate = () => undefined;

const branchKeys = ["when", "value"];

interface Branch {
	readonly when: Condition;
	readonly value: Expression;
}

function branches(): Parameter<readonly Branch[]> {
	return {
		expects: "a list of { when, value }",
		schema: listOf(closed({ when: part("condition"), value: part("value") }, ["when", "value"])),
		optional: false,
		read: (node, compiler) => {
			if (node.kind !== "list") return notBranches(node, compiler);
			const read = node.items.map((item) => branchOf(item, compiler));
			return read.includes(wrong) ? wrong : read.filter((branch) => branch !== wrong);
		},
	};
}

function branchOf(node: Node, compiler: Compiler): Branch | Wrong {
	if (node.kind !== "object") return notBranches(node, compiler);
	const stranger = node.entries.find(({ key }) => !branchKeys.includes(key));
	if (stranger !== undefined) {
		const message = `a branch of \`$switch\` has no key called \`${stranger.key}\``;
		return refuse(compiler, stranger.at, "unknown-key", message, "it has `when` and `value`");
	}
	const when = entryOf(node, "when");
	const value = entryOf(node, "value");
	if (when === undefined || value === undefined) return notBranches(node, compiler);
	return {
		when: compileCondition(when.value, compiler).test,
		value: compileExpression(value.value, compiler),
	};
}

const notBranches = (node: Node, compiler: Compiler): Wrong =>
	refuse(
		compiler,
		node.at,
		"wrong-argument",
		"`$switch` takes branches, in a list",
		"write [{ when: { … }, value: … }]",
	);

function table(): Parameter<ReadonlyMap<string, Expression>> {
	return {
		expects: "an object: what is looked up, and what it gives",
		schema: { type: "object", additionalProperties: part("value") },
		optional: false,
		read: (node, compiler) => {
			if (node.kind !== "object") {
				return refuse(
					compiler,
					node.at,
					"wrong-argument",
					"`in` of `$lookup` is a table of what is looked up and what that gives",
					"write { m: male, f: female }",
				);
			}
			return new Map(
				node.entries.map(({ key, value }) => [keyOf(key) ?? key, compileExpression(value, compiler)]),
			);
		},
	};
}
