import { ExactNumber, isList, type Value, type ValueObject } from "../model/json.ts";
import type { Place } from "../model/outcome.ts";
import { anyOf, elementsOf, type Sources, sourcesOfPath, tellRead } from "./check/reads.ts";
import { type Compiler, type Expression, type Kind, refuse, refuseWord, wrong } from "./compiler.ts";
import { type Evaluate, Failure } from "./evaluate.ts";
import { attributeOf, isPath, parsePath, readerOf, shortcutOf } from "./path.ts";
import { isPlain } from "./values/decimal.ts";
import { jsonOf, Roomy } from "./values/written.ts";
import { type At, type ListNode, literalOf, type Node, type ObjectNode } from "./yaml.ts";

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

/**
 * Compiles what an event has, or a list in it: where it is written out, its values are JSON. (An operator that counts is
 * given exact numbers instead, with `compileExpression` and `written: false`; one that hands on leaves it to who writes.)
 */
export function compileOutput(node: Node, compiler: Compiler): Expression {
	const expression = compileExpression(node, compiler);
	if (!compiler.written || expression.isJson) return expression;
	const { evaluate } = expression;
	return {
		...expression,
		isJson: true,
		shortcut: undefined,
		unforgiving: undefined,
		evaluate: (here, run) => {
			const value = evaluate(here, run);
			return value === undefined || value instanceof Failure ? value : jsonOf(value);
		},
	};
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

/** The first of these paths, as a sentence names them; empty where there are none. */
export const namesOf = (paths: readonly string[]): string =>
	paths
		.slice(0, 3)
		.map((path) => `\`${path}\``)
		.join(", ");

/** A place in the file, with the path that is read there, if one is. */
export const placeOf = ({ line, column }: At, file: string, [path]: readonly string[] = []): Place =>
	path === undefined ? { file, line, column } : { file, line, column, path };

/** The fields that the value of a part of a mapping may be, where it is handed on as it was sent. */
export function sourcesOf(node: Node, compiler: Compiler): Sources {
	if (node.kind === "scalar") {
		if (typeof node.value !== "string" || !isPath(node.value)) return [];
		const path = parsePath(node.value, compiler.names);
		return path.ok ? sourcesOfPath(path.value, compiler.reading) : undefined;
	}
	if (node.kind === "list") return node.items.length === 0 ? [] : undefined;
	const call = node.entries.find(({ key }) => key.startsWith("$"));
	if (call === undefined) return undefined;
	const { value } = call;
	switch (compiler.operators.get(call.key)?.hands) {
		case "operand":
			return sourcesOf(value, compiler);
		case "operands":
			return value.kind === "list" ? anyOf(value.items.map((item) => sourcesOf(item, compiler))) : undefined;
		case "element":
			return elementsOf(sourcesOf(value, compiler));
		case undefined:
			return undefined;
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
	return { evaluate: () => value, gives: kindOf(literal), isJson: true, constant: { value: literal }, node };
}

const nothing = (node: Node): Expression => ({
	evaluate: () => undefined,
	gives: "any",
	isJson: true,
	constant: undefined,
	node,
});

function pathExpression(source: string, node: Node, compiler: Compiler): Expression {
	const path = parsePath(source, compiler.names);
	if (path.ok) {
		tellRead(path.value, node.at, compiler);
		const evaluate = readerOf(path.value);
		const shortcut = shortcutOf(path.value);
		return { evaluate, gives: "any", isJson: false, constant: undefined, shortcut, node };
	}
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
	const paths = pathsIn(call.value);
	const place = placeOf(call.at, compiler.file, paths);
	const site = { operator: call.key, reads: namesOf(paths), place };
	const bound = operator.bind({ node, operand: call.value, site }, compiler);
	return bound === wrong ? nothing(node) : { ...bound, gives: operator.gives, constant: undefined, node };
}

/** An absent item is left out, as an absent attribute is. */
function listExpression(node: ListNode, compiler: Compiler): Expression {
	const items = node.items.map((item) => compileOutput(item, compiler));
	if (items.every(({ constant }) => constant !== undefined)) return constantExpression(node, compiler);
	const evaluators = items.map(({ evaluate }) => evaluate);
	const evaluate: Evaluate = (here, run) => {
		const list: Value[] = [];
		for (const evaluate of evaluators) {
			const value = evaluate(here, run);
			if (value instanceof Failure) return value;
			if (value !== undefined) list.push(value);
		}
		return list;
	};
	return { evaluate, gives: "list", isJson: true, constant: undefined, node };
}

/** What has no attributes, as an object. */
const bare: ValueObject = {};

function objectExpression(node: ObjectNode, compiler: Compiler): Expression {
	const values = node.entries.map(({ value }) => compileExpression(value, compiler));
	if (values.every(({ constant }) => constant !== undefined)) return constantExpression(node, compiler);
	const attributes = values.map(({ evaluate, unforgiving, shortcut, isJson }, index) => ({
		key: node.entries[index]?.key ?? "",
		under: shortcut?.under,
		name: shortcut?.name,
		takes: shortcut?.takes,
		evaluate: unforgiving ?? evaluate,
		forgiven: unforgiving !== undefined,
		converted: compiler.written && !isJson,
	}));
	const evaluate: Evaluate = (here, run) => {
		const object = new Roomy();
		const from = typeof here === "object" && here !== null ? (here as ValueObject) : bare;
		for (const attribute of attributes) {
			const { key, name } = attribute;
			if (name !== undefined) {
				const { under, takes } = attribute;
				const found = under === undefined ? from[name] : attributeOf(from[under], name);
				const isText = typeof found === "string" && takes !== "numbers";
				if (isText || (typeof found === "number" && isPlain(found))) {
					object[key] = found;
					continue;
				}
				if (found === undefined && takes === "everything") continue;
			}
			const { evaluate, forgiven, converted } = attribute;
			const value = evaluate(here, run);
			if (typeof value === "string") object[key] = value;
			else if (value === undefined) continue;
			else if (!(value instanceof Failure)) object[key] = converted ? jsonOf(value) : value;
			else if (!(forgiven && value.missing)) return value;
		}
		return object;
	};
	return { evaluate, gives: "object", isJson: true, constant: undefined, node };
}
