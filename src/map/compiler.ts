import type { Crypto } from "../model/crypto.ts";
import type { JsonObject, Value } from "../model/json.ts";
import type { Problem } from "../model/problem.ts";
import type { Reading } from "./check/reads.ts";
import { suggest } from "./check/suggest.ts";
import type { Evaluate, Site } from "./evaluate.ts";
import type { Shortcut } from "./path.ts";
import type { At, Node, ObjectNode } from "./yaml.ts";

/** The kinds of value that signatures and the attributes of actions speak of. */
export type Kind = "text" | "number" | "integer" | "boolean" | "date" | "list" | "object" | "any";

/** An expression with what is known of it before any message comes. */
export interface Expression {
	readonly evaluate: Evaluate;
	readonly gives: Kind;
	/** Whether its values can be written out as they are, where the compiler compiles what is written out. */
	readonly isJson: boolean;
	/** Set where the value is the same for every message. */
	readonly constant: { readonly value: Value } | undefined;
	/** Set where most messages have the value as it stands: who reads many looks there, and needs no call for each. */
	readonly shortcut?: Shortcut | undefined;
	/** Set where it is `evaluate` but for this, that what is missing fails: who forgives that itself needs one call less. */
	readonly unforgiving?: Evaluate | undefined;
	readonly node: Node;
}

/** What a part of a mapping needs to be compiled: where problems go, and which words are known. */
export interface Compiler {
	/** As shown in problems. */
	readonly file: string;
	readonly operators: ReadonlyMap<string, Operator>;
	/** Bound by `item:`, outermost first; a name's place is its slot. */
	readonly names: readonly string[];
	/** Whether the value goes into the event as it is, and so must be JSON. */
	readonly written: boolean;
	readonly sha256Hex: Crypto["sha256Hex"];
	readonly report: (problem: Problem) => void;
	/** What is read of messages, as far as it is known here. */
	readonly reading: Reading;
}

/** What stands for something that was reported as a problem. */
export const wrong: unique symbol = Symbol("wrong");
export type Wrong = typeof wrong;

/** An operator as it stands in a file: `{ $round: $.total, scale: 2 }`. */
export interface Call {
	readonly node: ObjectNode;
	readonly operand: Node;
	readonly site: Site;
}

/** A kind of argument: what people may write, and what the operator is given. */
export interface Parameter<Given> {
	/** For the reference: `a number`. */
	readonly expects: string;
	/** For editors: JSON Schema, which may let through what `read` refuses, and not the other way round. */
	readonly schema: JsonObject;
	readonly optional: boolean;
	read(node: Node, compiler: Compiler, call: Call): Given | Wrong;
}

export type Parameters = { readonly [name: string]: Parameter<unknown> };

/** What an operator does, shown and tested at once. Expressions and messages are YAML. */
export type Example = { readonly expression: string; readonly message?: string } & (
	| { readonly gives: string }
	/** A part of the failure's sentence. */
	| { readonly fails: string }
	/** A part of the problem's message: such a mapping is not loaded. */
	| { readonly refused: string }
	| { readonly absent: true }
);

/** One operator of the language, whole: the checker, the tests and the reference read this one value. */
export interface Operator {
	readonly name: string;
	/** One sentence. */
	readonly about: string;
	readonly gives: Kind;
	/** What it hands on as it was sent: its operand or a part of that list, one of its operands, an element of it. */
	readonly hands: "operand" | "operands" | "element" | undefined;
	readonly operand: Parameter<unknown>;
	readonly options: Parameters;
	readonly examples: readonly Example[];
	/** Checks the arguments and compiles the call. */
	bind(
		call: Call,
		compiler: Compiler,
	): Pick<Expression, "evaluate" | "isJson" | "shortcut" | "unforgiving"> | Wrong;
}

/** What people write who know another language: in lower case, without what is no letter. */
const elsewhere: Readonly<Record<string, string>> = {
	lowercase: "$lower",
	tolower: "$lower",
	uppercase: "$upper",
	toupper: "$upper",
	coalesce: "$first",
	default: "$first",
	ifnull: "$first",
	map: "$each",
	foreach: "$each",
	concat: "$template",
	tostring: "$string",
	tonumber: "$number",
	float: "$number",
	toint: "$integer",
	int: "$integer",
	cond: "$if",
	case: "$switch",
	length: "$count",
	size: "$count",
	equals: "$eq",
	equal: "$eq",
	notequals: "$ne",
	not: "$ne",
	greaterthan: "$gt",
	lessthan: "$lt",
	regex: "$matches",
	regexp: "$matches",
	like: "$contains",
	notin: "$nin",
};

/** Reports a `$` word that is unknown where it stands. */
export function refuseWord(
	compiler: Compiler,
	at: At,
	{ kind, word, known }: { kind: "operator" | "matcher"; word: string; known: Iterable<string> },
): void {
	const names = [...known];
	const meant = elsewhere[word.toLowerCase().replace(/[^a-z]/g, "")];
	const help =
		meant !== undefined && names.includes(meant) ? `it is \`${meant}\` here` : suggest(word, names);
	refuse(compiler, at, `unknown-${kind}`, `no ${kind} is called \`${word}\``, help);
}

/** Reports an error and gives `wrong`, so that a reader can report and leave in one line. */
export function refuse(compiler: Compiler, at: At, code: string, message: string, help = ""): Wrong {
	compiler.report({
		file: compiler.file,
		line: at.line,
		column: at.column,
		severity: "error",
		code,
		message,
		help,
	});
	return wrong;
}

export function warn(compiler: Compiler, at: At, code: string, message: string, help = ""): void {
	compiler.report({
		file: compiler.file,
		line: at.line,
		column: at.column,
		severity: "warning",
		code,
		message,
		help,
	});
}

/** The compiler where a name is bound to what `$` is. */
export const withName = (compiler: Compiler, name: string | undefined): Compiler =>
	name === undefined
		? compiler
		: {
				...compiler,
				names: [...compiler.names, name],
				reading: { ...compiler.reading, items: [...compiler.reading.items, compiler.reading.here] },
			};
