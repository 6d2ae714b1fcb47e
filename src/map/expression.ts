import { ExactNumber, isList, type Value } from "../model/json.ts";
import { type Compiler, type Expression, type Kind, refuse, refuseWord, wrong } from "./compiler.ts";
import { type Evaluate, Failure } from "./evaluate.ts";
import { isPath, parsePath, readerOf } from "./path.ts";
import { jsonOf } from "./written.ts";
import { type ListNode, literalOf, type Node, type ObjectNode } from "./yaml.ts";

/**
 * Compiles what stands in a mapping: a path, an operator, a literal, or a list or object of such. What is wrong is
 * reported, and an expression that gives nothing takes its place, so that the rest is checked too.
 */
export function compileExpression(node: Node, compiler: Compiler): Expression {
	switch (node.kind) {
		case "scalar":
			return typeof node.value === "string" && isPath(node.value)
				? pathExpression(node.value, node, compiler)
				: constantExpression(node, compiler);
		case "list":
			return listExpression(node, compiler);
		case "object":
			return node.entries.some(({ key }) => key.startsWith("$"))
				? operatorExpression(node, compiler)
				: objectExpression(node, compiler);
	}
}

/** The paths that a part of a mapping reads, as written: for the sentences about absence. */
export function pathsIn(node: Node): readonly string[] {
	switch (node.kind) {
		case "scalar":
			return typeof node.value === "string" && isPath(node.value) ? [node.value] : [];
		case "list":
			return node.items.flatMap(pathsIn);
		case "object":
			return node.entries.flatMap(({ key, value }) => (key === "$literal" ? [] : pathsIn(value)));
	}
}

export function kindOf(value: Value): Kind {
	if (value === null) return "any";
	if (typeof value === "string") return "text";
	if (typeof value === "boolean") return "boolean";
	if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
	if (value instanceof ExactNumber) return "number";
	return isList(value) ? "list" : "object";
}

function constantExpression(node: Node, compiler: Compiler): Expression {
	const literal = literalOf(node);
	const value = compiler.written ? jsonOf(literal) : literal;
	return { evaluate: () => value, gives: kindOf(literal), constant: { value: literal }, node };
}

const expressionOf = (evaluate: Evaluate, gives: Kind, node: Node): Expression => ({
	evaluate,
	gives,
	constant: undefined,
	node,
});

/** What goes into the event must be JSON; what goes into an operator keeps its exact numbers. */
function written(evaluate: Evaluate, compiler: Compiler): Evaluate {
	if (!compiler.written) return evaluate;
	return (here, run) => {
		const value = evaluate(here, run);
		if (typeof value === "string" || value === undefined || value instanceof Failure) return value;
		return jsonOf(value);
	};
}

const nothing = (node: Node): Expression => expressionOf(() => undefined, "any", node);

function pathExpression(source: string, node: Node, compiler: Compiler): Expression {
	const path = parsePath(source, compiler.names);
	if (path.ok) return expressionOf(written(readerOf(path.value), compiler), "any", node);
	refuse(compiler, node.at, "bad-path", path.failure.message, path.failure.help);
	return nothing(node);
}

function operatorExpression(node: ObjectNode, compiler: Compiler): Expression {
	const [call, second] = node.entries.filter(({ key }) => key.startsWith("$"));
	if (call === undefined) return nothing(node);
	if (second !== undefined) {
		const message = `\`${call.key}\` and \`${second.key}\` stand side by side, but an object has one operator`;
		refuse(compiler, second.at, "two-operators", message, "put one of them inside the other");
		return nothing(node);
	}
	const operator = compiler.operators.get(call.key);
	if (operator === undefined) {
		const { key: word, at } = call;
		if (isPath(word) && word.includes(".")) {
			refuse(
				compiler,
				at,
				"bad-path",
				`\`${word}\` is a path, and here stands a name`,
				"a path stands after the colon",
			);
		} else refuseWord(compiler, at, { kind: "operator", word, known: compiler.operators.keys() });
		return nothing(node);
	}
	const place = { file: compiler.file, line: call.at.line, column: call.at.column };
	const evaluate = operator.bind(
		{ node, operand: call.value, site: { operator: call.key, place } },
		compiler,
	);
	if (evaluate === wrong) return nothing(node);
	const isJson = operator.passes || operator.gives === "text" || operator.gives === "boolean";
	return expressionOf(isJson ? evaluate : written(evaluate, compiler), operator.gives, node);
}

/** An absent item is left out, as an absent attribute is. */
function listExpression(node: ListNode, compiler: Compiler): Expression {
	const items = node.items.map((item) => compileExpression(item, compiler));
	if (items.every(({ constant }) => constant !== undefined)) return constantExpression(node, compiler);
	const evaluators = items.map(({ evaluate }) => evaluate);
	return expressionOf(
		(here, run) => {
			const list: Value[] = [];
			for (const evaluate of evaluators) {
				const value = evaluate(here, run);
				if (value instanceof Failure) return value;
				if (value !== undefined) list.push(value);
			}
			return list;
		},
		"list",
		node,
	);
}

function objectExpression(node: ObjectNode, compiler: Compiler): Expression {
	const values = node.entries.map(({ value }) => compileExpression(value, compiler));
	if (values.every(({ constant }) => constant !== undefined)) return constantExpression(node, compiler);
	const attributes = node.entries.map(({ key }, index) => ({
		key,
		evaluate: values[index]?.evaluate ?? absent,
	}));
	return expressionOf(
		(here, run) => {
			const object: Record<string, Value> = {};
			for (const { key, evaluate } of attributes) {
				const value = evaluate(here, run);
				if (value instanceof Failure) return value;
				if (value !== undefined) object[key] = value;
			}
			return object;
		},
		"object",
		node,
	);
}

const absent: Evaluate = () => undefined;
