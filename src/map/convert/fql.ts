import { bad, good, type Result } from "../../model/result.ts";

/** A condition of Segment's filter query language: `type = "track" and event = "Order Completed"`. */
export type Fql =
	| { readonly kind: "and" | "or"; readonly of: readonly Fql[] }
	| { readonly kind: "not"; readonly of: Fql }
	| ({
			readonly kind: "test";
			/** The names from the message: `["properties", "total"]`. */
			readonly path: readonly string[];
			/** Counted from 1. */
			readonly column: number;
	  } & FqlTest);

export type FqlTest =
	| { readonly test: "compare"; readonly operator: Comparison; readonly value: FqlLiteral }
	| { readonly test: "contains" | "match"; readonly text: string }
	| { readonly test: "length"; readonly operator: Comparison; readonly value: FqlLiteral }
	| { readonly test: "lowercase"; readonly operator: Comparison; readonly value: FqlLiteral };

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";
export type FqlLiteral = string | number | boolean | null;

/** Where a text stops being FQL. */
export interface FqlProblem {
	/** Counted from 1. */
	readonly column: number;
	/** `expected a value after …, and here is …` */
	readonly message: string;
}

/** What an expression is nested in at most: more is no filter but an accident, and this walk is recursive. */
const depthMax = 32;

/** Reads a whole expression. `and` binds tighter than `or`. */
export function parseFql(text: string): Result<Fql, FqlProblem> {
	const tokens = tokensOf(text);
	if (!tokens.ok) return tokens;
	const reader: Reader = { tokens: tokens.value, at: 0, end: text.trimEnd().length + 1 };
	const parsed = parseAny(reader, 0);
	if (!parsed.ok) return parsed;
	return peek(reader) === undefined ? parsed : expected(reader, "`and`, `or` or the end");
}

interface Token {
	readonly kind: "name" | "text" | "number" | "sign";
	/** Without quotes and escapes. */
	readonly text: string;
	/** The names of a path; a function or a word has one. */
	readonly names: readonly string[];
	readonly column: number;
}

/** What is left of the tokens. */
interface Reader {
	readonly tokens: readonly Token[];
	at: number;
	/** The column behind the last character. */
	readonly end: number;
}

/** In a name every character but a letter, a digit, `_` and `-` is escaped with a backslash. */
const nameForm = /(?:[A-Za-z_]|\\.)(?:[A-Za-z0-9_-]|\\.)*(?:\.(?:[A-Za-z0-9_-]|\\.)+)*/y;
const forms: readonly (readonly [Token["kind"], RegExp])[] = [
	["name", nameForm],
	["text", /"[^"]*"|'[^']*'/y],
	// As many digits as a double keeps.
	["number", /[-+]?[0-9]{1,15}(?:\.[0-9]{1,15})?(?![A-Za-z0-9_.])/y],
	["sign", /!=|<=|>=|[=<>!(),]/y],
];

function tokensOf(text: string): Result<readonly Token[], FqlProblem> {
	const tokens: Token[] = [];
	let at = 0;
	for (;;) {
		while (/\s/.test(text.charAt(at))) at += 1;
		if (at === text.length) return good(tokens);
		const token = tokenAt(text, at);
		if (token === undefined) return bad({ column: at + 1, message: whyNoToken(text.slice(at)) });
		tokens.push(token.token);
		at = token.end;
	}
}

function tokenAt(text: string, at: number): { token: Token; end: number } | undefined {
	for (const [kind, form] of forms) {
		form.lastIndex = at;
		const found = form.exec(text)?.[0];
		if (found === undefined) continue;
		const names = kind === "name" ? namesOf(found) : [];
		const plain = kind === "text" ? found.slice(1, -1) : kind === "name" ? names.join(".") : found;
		return { token: { kind, text: plain, names, column: at + 1 }, end: at + found.length };
	}
	return undefined;
}

/** An escaped dot is a part of its name. */
const namesOf = (written: string): readonly string[] =>
	[...written.matchAll(/(?:\\.|[^.\\])+/g)].map(([name]) => name.replace(/\\(.)/g, "$1"));

function whyNoToken(rest: string): string {
	const first = rest.charAt(0);
	if (first === '"' || first === "'")
		return `expected a closing \`${first}\`, and the text goes on to the end`;
	return `expected a name, a value or an operator, and here is \`${first}\``;
}

const peek = ({ tokens, at }: Reader): Token | undefined => tokens[at];

/** Takes the next token where it is this sign or word. */
function take(reader: Reader, text: string): boolean {
	const token = peek(reader);
	if (token?.text !== text || token.kind !== (/[a-z]/.test(text) ? "name" : "sign")) return false;
	reader.at += 1;
	return true;
}

function expected(reader: Reader, what: string): { readonly ok: false; readonly failure: FqlProblem } {
	const token = peek(reader);
	const met = token === undefined ? "the expression ends here" : `here is \`${token.text}\``;
	return bad({ column: token?.column ?? reader.end, message: `expected ${what}, and ${met}` });
}

type Parsed = Result<Fql, FqlProblem>;

const parseAny = (reader: Reader, depth: number): Parsed => parseJoined(reader, "or", depth);

/** `a or b or c`, of which each is `a and b and c`. */
function parseJoined(reader: Reader, joiner: "and" | "or", depth: number): Parsed {
	const all: Fql[] = [];
	do {
		const one = joiner === "or" ? parseJoined(reader, "and", depth) : parseOne(reader, depth);
		if (!one.ok) return one;
		all.push(one.value);
	} while (take(reader, joiner));
	const [only, second] = all;
	return only !== undefined && second === undefined ? good(only) : good({ kind: joiner, of: all });
}

function parseOne(reader: Reader, depth: number): Parsed {
	if (depth > depthMax) return expected(reader, `at most ${depthMax} levels of parentheses`);
	if (take(reader, "!")) {
		const negated = parseOne(reader, depth + 1);
		return negated.ok ? good({ kind: "not", of: negated.value }) : negated;
	}
	if (take(reader, "(")) {
		const inner = parseAny(reader, depth + 1);
		if (!inner.ok) return inner;
		return take(reader, ")") ? inner : expected(reader, "`)`");
	}
	return parseTest(reader);
}

const functions = ["contains", "match", "length", "lowercase"] as const;
type FunctionName = (typeof functions)[number];

function parseTest(reader: Reader): Parsed {
	const token = peek(reader);
	if (token?.kind !== "name" || token.text === "and" || token.text === "or") {
		return expected(reader, "the name of a field or a function");
	}
	reader.at += 1;
	if (!take(reader, "(")) {
		const compared = parseComparison(reader);
		return compared.ok ? good({ ...subject(token), test: "compare", ...compared.value }) : compared;
	}
	const name = functions.find((known) => known === token.text);
	if (name !== undefined) return parseCall(reader, name);
	reader.at -= 2;
	return expected(reader, `one of the functions ${functions.map((known) => `\`${known}\``).join(", ")}`);
}

const subject = ({ names, column }: Token) => ({ kind: "test", path: names, column }) as const;

/** What follows `name(`: a field, a text for the functions that hold or do not, and `)`. */
function parseCall(reader: Reader, test: FunctionName): Parsed {
	const field = peek(reader);
	if (field?.kind !== "name") return expected(reader, "the name of a field");
	reader.at += 1;
	if (test === "length" || test === "lowercase") {
		if (!take(reader, ")")) return expected(reader, "`)`");
		const compared = parseComparison(reader);
		return compared.ok ? good({ ...subject(field), test, ...compared.value }) : compared;
	}
	if (!take(reader, ",")) return expected(reader, "`,`");
	const text = peek(reader);
	if (text?.kind !== "text" && text?.kind !== "number") return expected(reader, "a text in quotes");
	reader.at += 1;
	if (!take(reader, ")")) return expected(reader, "`)`");
	return good({ ...subject(field), test, text: text.text });
}

const comparisons: readonly Comparison[] = ["=", "!=", "<=", "<", ">=", ">"];

function parseComparison(
	reader: Reader,
): Result<{ readonly operator: Comparison; readonly value: FqlLiteral }, FqlProblem> {
	const operator = comparisons.find((sign) => take(reader, sign));
	if (operator === undefined) return expected(reader, "`=`, `!=`, `<`, `<=`, `>` or `>=`");
	const value = literalOf(peek(reader));
	if (value === undefined) {
		return expected(reader, "a text in quotes, a number, `true`, `false` or `null`");
	}
	reader.at += 1;
	return good({ operator, value });
}

const words = new Map<string, FqlLiteral>([
	["true", true],
	["false", false],
	["null", null],
]);

function literalOf(token: Token | undefined): FqlLiteral | undefined {
	if (token?.kind === "text") return token.text;
	if (token?.kind === "number") return Number(token.text);
	return token?.kind === "name" ? words.get(token.text) : undefined;
}
