import { isList, type Value } from "../model/json.ts";
import { keyOf } from "./comparison.ts";
import { type Compiler, refuse, refuseWord, type Wrong, wrong } from "./compiler.ts";
import type { Run } from "./evaluate.ts";
import { type Matcher, matchers } from "./matchers.ts";
import { extendPath, here, isPath, type Path, parsePath, type Read, readerOf } from "./path.ts";
import { compilePattern } from "./pattern.ts";
import { spend } from "./work.ts";
import { type At, type Entry, type Node, writtenOf } from "./yaml.ts";

export type Condition = (here: Value, run: Run) => boolean;

/** One of the things that must all hold. */
export interface Clause {
	readonly path: Path;
	/** As a person reads it: `event: Order Completed or Completed Order`. */
	readonly written: string;
	readonly at: At;
	readonly test: Condition;
	/** The keys of the only values with which it can hold, where it names them. */
	readonly exact: ReadonlySet<string> | undefined;
	/** Whether it can hold with a value that is there, or only with one that is not; undefined: both. */
	readonly present: boolean | undefined;
}

export interface Conditions {
	readonly test: Condition;
	readonly clauses: readonly Clause[];
}

type PatternMatcher = Extract<Matcher, { takes: "pattern" }>;
type ValueMatcher = Exclude<Matcher, PatternMatcher>;

const matcherOf = new Map(matchers.map((matcher) => [matcher.name, matcher]));
/** What joins conditions, with a sentence for people. */
export const joiners: ReadonlyMap<string, string> = new Map([
	["$and", "All conditions of the list hold."],
	["$or", "One condition of the list holds, or several."],
	["$not", "The condition does not hold; also where it asks for what is absent."],
]);

/**
 * Compiles what stands under `when`, `where` or `$if`: keys are paths from the element or begin with a root, values
 * are literals, lists (any of) or matchers. All clauses must hold.
 */
export function compileCondition(node: Node, compiler: Compiler): Conditions {
	const clauses = compileUnder(node, here, compiler);
	return { test: all(clauses), clauses };
}

function all(clauses: readonly Clause[]): Condition {
	const tests = clauses.map(({ test }) => test);
	const [first, second, ...rest] = tests;
	if (first === undefined) return () => true;
	if (second === undefined) return first;
	if (rest.length === 0) return (element, run) => first(element, run) && second(element, run);
	return (element, run) => tests.every((test) => test(element, run));
}

/** The clauses for the value at `path`. */
function compileUnder(node: Node, path: Path, compiler: Compiler): readonly Clause[] {
	if (node.kind === "object") return node.entries.flatMap((entry) => compileEntry(entry, path, compiler));
	if (path === here) {
		refuse(compiler, node.at, "wrong-condition", "a condition is written as keys", "write { type: track }");
		return [];
	}
	const name = node.kind === "list" ? "$in" : "$eq";
	const matcher = matcherOf.get(name);
	return matcher === undefined ? [] : compileMatcher(matcher, node, path, compiler);
}

function compileEntry(entry: Entry, path: Path, compiler: Compiler): readonly Clause[] {
	const { key, value, at } = entry;
	const matcher = matcherOf.get(key);
	if (matcher !== undefined) return compileMatcher(matcher, value, path, compiler);
	if (joiners.has(key)) return compileJoiner(entry, path, compiler);
	if (key.startsWith("$") && !isPathHere(key, compiler)) {
		refuseWord(compiler, at, { kind: "matcher", word: key, known: [...matcherOf.keys(), ...joiners.keys()] });
		return [];
	}
	const under = key.startsWith("$") ? parsePath(key, compiler.names) : extendPath(path, key);
	if (under.ok) return compileUnder(value, under.value, compiler);
	refuse(compiler, at, "bad-path", under.failure.message, under.failure.help);
	return [];
}

const isPathHere = (key: string, { names }: Compiler): boolean =>
	isPath(key) && (key.includes(".") || key === "$" || key === "$$" || names.includes(key.slice(1)));

function compileJoiner({ key, value, at }: Entry, path: Path, compiler: Compiler): readonly Clause[] {
	if (key === "$not") {
		const test = all(compileUnder(value, path, compiler));
		return [joined(path, `not (${writtenOf(value)})`, at, (element, run) => !test(element, run))];
	}
	if (value.kind !== "list" || value.items.length === 0) {
		refuse(
			compiler,
			value.at,
			"wrong-condition",
			`\`${key}\` takes a list of conditions`,
			`write ${key}: [{ … }, { … }]`,
		);
		return [];
	}
	const branches = value.items.map((item) => compileUnder(item, path, compiler));
	if (key === "$and") return branches.flat();
	const tests = branches.map(all);
	const written = value.items.map(writtenOf).join(" or ");
	return [joined(path, written, at, (element, run) => tests.some((test) => test(element, run)))];
}

const joined = (path: Path, written: string, at: At, test: Condition): Clause => ({
	path,
	written: path === here ? written : `${shown(path)}: ${written}`,
	at,
	test,
	exact: undefined,
	present: undefined,
});

function compileMatcher(matcher: Matcher, node: Node, path: Path, compiler: Compiler): readonly Clause[] {
	if (matcher.takes === "pattern") return compilePatternMatcher(matcher, node, path, compiler);
	const given = givenOf(matcher, node, compiler);
	if (given === wrong) return [];
	const read = readerOf(path);
	const written = `${shown(path)}: ${matcher.name === "$eq" || matcher.name === "$in" ? "" : `${matcher.name} `}${writtenOf(node)}`;
	if (given.kind === "read") {
		const test: Condition = (element, run) =>
			testOf(matcher, read(element, run), given.read(element, run), run);
		return [{ path, written, at: node.at, test, exact: undefined, present: undefined }];
	}
	const { value } = given;
	return [
		{
			path,
			written,
			at: node.at,
			test: constantTest(matcher, read, value),
			exact: exactOf(matcher, value),
			present: matcher.test(undefined, value) ? (matcher.name === "$exists" ? false : undefined) : true,
		},
	];
}

/** A text that is no number equals itself alone, so that the commonest clauses are one comparison. */
function constantTest(matcher: ValueMatcher, read: Read, given: Value): Condition {
	if (matcher.name === "$eq" && isWord(given)) return (element, run) => read(element, run) === given;
	if (matcher.name === "$in" && isList(given) && given.every(isWord)) {
		const words = new Set<Value | undefined>(given);
		return (element, run) => words.has(read(element, run));
	}
	return (element, run) => testOf(matcher, read(element, run), given, run);
}

function testOf(
	matcher: ValueMatcher,
	value: Value | undefined,
	given: Value | undefined,
	run: Run,
): boolean {
	if (matcher.costOf !== undefined) spend(run, matcher.costOf(value));
	return matcher.test(value, given);
}

function compilePatternMatcher(
	matcher: PatternMatcher,
	node: Node,
	path: Path,
	compiler: Compiler,
): readonly Clause[] {
	const { name } = matcher;
	if (node.kind !== "scalar" || typeof node.value !== "string") {
		refuse(compiler, node.at, "wrong-condition", `\`${name}\` takes a regular expression`, "quote it");
		return [];
	}
	const pattern = compilePattern(node.value, node, compiler);
	if (pattern === wrong) return [];
	const read = readerOf(path);
	const test: Condition = (element, run) => matcher.test(read(element, run), pattern, run);
	const written = `${shown(path)}: ${name} ${writtenOf(node)}`;
	return [{ path, written, at: node.at, test, exact: undefined, present: true }];
}

const isWord = (value: Value): boolean => typeof value === "string" && !/^-?[0-9]/.test(value);

function exactOf(matcher: ValueMatcher, given: Value): ReadonlySet<string> | undefined {
	if (matcher.name !== "$eq" && matcher.name !== "$in") return undefined;
	const keys = (isList(given) ? given : [given]).map(keyOf);
	return keys.every((key) => key !== undefined) ? new Set(keys) : undefined;
}

type Given =
	| { readonly kind: "constant"; readonly value: Value }
	| { readonly kind: "read"; readonly read: Read };

/** What a matcher compares with: a literal, or a path from the element or a root. */
function givenOf(matcher: ValueMatcher, node: Node, compiler: Compiler): Given | Wrong {
	const { name, takes } = matcher;
	if (takes === "values") {
		if (node.kind !== "list") {
			return refuse(compiler, node.at, "wrong-condition", `\`${name}\` takes a list`, `write ${name}: [ … ]`);
		}
		const items = node.items.map((item) => scalarOf(name, item, compiler));
		return items.includes(wrong) ? wrong : listOf(items.filter((item) => item !== wrong));
	}
	const given = scalarOf(name, node, compiler);
	if (given === wrong || given.kind === "read" || takes === "value") return given;
	if (typeof given.value === (takes === "text" ? "string" : "boolean")) return given;
	const help = takes === "text" ? "quote it" : "write true or false";
	return refuse(compiler, node.at, "wrong-condition", `\`${name}\` takes a ${takes}`, help);
}

function scalarOf(name: string, node: Node, compiler: Compiler): Given | Wrong {
	if (node.kind !== "scalar") {
		const message = `\`${name}\` compares with a text, a number, a boolean, null or a path`;
		return refuse(compiler, node.at, "wrong-condition", message);
	}
	if (typeof node.value !== "string" || !isPath(node.value)) return { kind: "constant", value: node.value };
	const path = parsePath(node.value, compiler.names);
	if (path.ok) return { kind: "read", read: readerOf(path.value) };
	return refuse(compiler, node.at, "bad-path", path.failure.message, path.failure.help);
}

function listOf(items: readonly Given[]): Given {
	if (items.every((item) => item.kind === "constant")) {
		return { kind: "constant", value: items.map(({ value }) => value) };
	}
	const reads = items.map((item): Read => (item.kind === "read" ? item.read : () => item.value));
	return {
		kind: "read",
		read: (element, run) => reads.map((read) => read(element, run)).filter((value) => value !== undefined),
	};
}

const shown = ({ source }: Path): string => (source.startsWith("$.") ? source.slice(2) : source);
