import { isList, type Value } from "../model/json.ts";
import { reading, tellRead } from "./check/reads.ts";
import { type Compiler, refuse, refuseWord, type Wrong, wrong } from "./compiler.ts";
import type { Run } from "./evaluate.ts";
import { type Matcher, matchers } from "./matchers.ts";
import { extendPath, here, isPath, type Path, parsePath, type Read, readerOf } from "./path.ts";
import { keyOf } from "./values/comparison.ts";
import { compilePattern } from "./values/pattern.ts";
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
	/** What it compares the value with, where that is written out. */
	readonly asks: { readonly matcher: string; readonly value: Value } | undefined;
	/** The alternatives of an `$or`, of which one holds with it. */
	readonly branches: readonly (readonly Clause[])[];
	/** What stands under a `$not`, which does not all hold with it. */
	readonly denied: readonly Clause[];
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
	const clauses = compileUnder(node, { path: here, at: node.at }, compiler);
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

/** What is tested, and where in the file that is said. */
interface Subject {
	readonly path: Path;
	readonly at: At;
}

/** The clauses for the value of the subject. */
function compileUnder(node: Node, subject: Subject, compiler: Compiler): readonly Clause[] {
	if (node.kind === "object") return node.entries.flatMap((entry) => compileEntry(entry, subject, compiler));
	if (subject.path === here) {
		const isPresence = node.kind === "scalar" && typeof node.value === "string" && isPath(node.value);
		const help = isPresence ? `write { ${writtenOf(node)}: { $exists: true } }` : "write { type: track }";
		refuse(compiler, node.at, "wrong-condition", "a condition is written as keys", help);
		return [];
	}
	const name = node.kind === "list" ? "$in" : "$eq";
	const matcher = matcherOf.get(name);
	return matcher === undefined ? [] : compileMatcher(matcher, node, subject, compiler);
}

function compileEntry(entry: Entry, subject: Subject, compiler: Compiler): readonly Clause[] {
	const { key, value, at } = entry;
	const matcher = matcherOf.get(key);
	if (matcher !== undefined) return compileMatcher(matcher, value, subject, compiler);
	if (joiners.has(key)) return compileJoiner(entry, subject, compiler);
	if (key.startsWith("$") && !isPathHere(key, compiler)) {
		refuseWord(compiler, at, { kind: "matcher", word: key, known: [...matcherOf.keys(), ...joiners.keys()] });
		return [];
	}
	const under = key.startsWith("$") ? parsePath(key, compiler.names) : extendPath(subject.path, key);
	if (under.ok) return compileUnder(value, { path: under.value, at }, compiler);
	refuse(compiler, at, "bad-path", under.failure.message, under.failure.help);
	return [];
}

const isPathHere = (key: string, { names }: Compiler): boolean =>
	isPath(key) && (key.includes(".") || key === "$" || key === "$$" || names.includes(key.slice(1)));

function compileJoiner({ key, value, at }: Entry, subject: Subject, compiler: Compiler): readonly Clause[] {
	const { path } = subject;
	if (key === "$not") {
		const denied = compileUnder(value, subject, compiler);
		const test = all(denied);
		const written = `not (${writtenOf(value)})`;
		return [{ ...joined(path, written, at, (element, run) => !test(element, run)), denied }];
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
	const branches = value.items.map((item) => compileUnder(item, subject, compiler));
	if (key === "$and") return branches.flat();
	const tests = branches.map(all);
	const written = value.items.map(writtenOf).join(" or ");
	return [
		{ ...joined(path, written, at, (element, run) => tests.some((test) => test(element, run))), branches },
	];
}

const joined = (path: Path, written: string, at: At, test: Condition): Clause => ({
	path,
	written: path === here ? written : `${shown(path)}: ${written}`,
	at,
	test,
	...unforeseen,
});

/** Of a clause that can hold with any value, as far as is known. */
const unforeseen = {
	exact: undefined,
	present: undefined,
	asks: undefined,
	branches: [],
	denied: [],
} as const;

function compileMatcher(
	matcher: Matcher,
	node: Node,
	{ path, at }: Subject,
	compiler: Compiler,
): readonly Clause[] {
	tellRead(path, at, reading(compiler, !onPresence.has(matcher.name)));
	if (matcher.takes === "pattern") return compilePatternMatcher(matcher, node, path, compiler);
	const given = givenOf(matcher, node, compiler);
	if (given === wrong) return [];
	const read = readerOf(path);
	const written = `${shown(path)}: ${matcher.name === "$eq" || matcher.name === "$in" ? "" : `${matcher.name} `}${writtenOf(node)}`;
	if (given.kind === "read") {
		const test: Condition = (element, run) =>
			testOf(matcher, read(element, run), given.read(element, run), run);
		return [{ path, written, at: node.at, test, ...unforeseen }];
	}
	const { value } = given;
	return [
		{
			...unforeseen,
			path,
			written,
			at: node.at,
			test: constantTest(matcher, read, value),
			exact: exactOf(matcher, value),
			present: matcher.test(undefined, value) ? (matcher.name === "$exists" ? false : undefined) : true,
			asks: { matcher: matcher.name, value },
		},
	];
}

/** Matchers that ask whether something is there, and not what it is. */
const onPresence = new Set(["$exists", "$empty"]);

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
	return [{ ...unforeseen, path, written, at: node.at, test, present: true }];
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
			const help = `write ${name}: [${node.kind === "scalar" ? writtenOf(node) : "…"}]`;
			return refuse(compiler, node.at, "wrong-condition", `\`${name}\` takes a list`, help);
		}
		const items = node.items.map((item) => scalarOf(name, item, compiler));
		return items.includes(wrong) ? wrong : listOf(items.filter((item) => item !== wrong));
	}
	const given = scalarOf(name, node, compiler);
	if (given === wrong || given.kind === "read" || takes === "value") return given;
	if (typeof given.value === (takes === "text" ? "string" : "boolean")) return given;
	const help = takes === "text" ? `quote it: "${writtenOf(node)}"` : "write true or false";
	return refuse(compiler, node.at, "wrong-condition", `\`${name}\` takes a ${takes}`, help);
}

function scalarOf(name: string, node: Node, compiler: Compiler): Given | Wrong {
	if (node.kind !== "scalar") {
		const message = `\`${name}\` compares with a text, a number, a boolean, null or a path`;
		const [only, second] = node.kind === "list" ? node.items : [];
		const help =
			only !== undefined && second === undefined
				? `write ${name}: ${writtenOf(only)}`
				: "any of several is written $in: [ … ]";
		return refuse(compiler, node.at, "wrong-condition", message, help);
	}
	if (typeof node.value !== "string" || !isPath(node.value)) return { kind: "constant", value: node.value };
	const path = parsePath(node.value, compiler.names);
	if (path.ok) {
		tellRead(path.value, node.at, compiler);
		return { kind: "read", read: readerOf(path.value) };
	}
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
