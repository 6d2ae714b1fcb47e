import type { Value } from "../../model/json.ts";
import { type Compiler, type Operator, type Parameter, refuse, type Wrong, wrong } from "../compiler.ts";
import { Failure } from "../evaluate.ts";
import { defineOperator, optional } from "../operator.ts";
import { literalText, text } from "../parameters.ts";
import { compilePattern, type Pattern, parsePattern } from "../values/pattern.ts";
import { isSpent, spend, tooMuch } from "../work.ts";
import { entryOf, literalOf, type Node, type ObjectNode } from "../yaml.ts";

const replace = defineOperator({
	name: "$replace",
	about:
		"The text with every match of the regular expression replaced; in `with`, `$1` or `$<name>` is what a group matched, `$&` the whole match, `$$` a dollar.",
	gives: "text",
	operand: text(),
	options: { pattern: regularExpression(), with: replacement() },
	examples: [
		{
			expression: '{ $replace: $.phone, pattern: "[^0-9+]", with: "" }',
			message: '{ phone: "+49 (30) 123-456" }',
			gives: '"+4930123456"',
		},
		{
			expression: "{ $replace: $.name, pattern: '^(\\w+), (?<first>\\w+)$', with: '$<first> $1' }",
			message: "{ name: 'Quill, Ada' }",
			gives: "Ada Quill",
		},
		{
			expression: "{ $replace: $.code, pattern: '\\d+', with: '<$&>$$' }",
			message: "{ code: a12b3 }",
			gives: "'a<12>$b<3>$'",
		},
		{ expression: '{ $replace: $.n, pattern: "1", with: "2" }', message: "{ n: 1 }", fails: "needs a text" },
		{ expression: "{ $replace: $.a, pattern: 'a', with: '$1' }", refused: "has no group `1`" },
		{ expression: "{ $replace: $.a, pattern: '(', with: '' }", refused: "missing closing )" },
	],
	compile:
		(read, { pattern, with: parts }, site) =>
		(here, run) => {
			const given = read(here, run);
			if (given instanceof Failure) return given;
			let made = "";
			let copied = 0;
			for (const match of pattern.all(given, run)) {
				const put = parts
					.map((part) => (typeof part === "string" ? part : (match.group(part) ?? "")))
					.join("");
				made += given.slice(copied, match.start) + put;
				copied = match.end;
				spend(run, put.length);
				if (isSpent(run)) return tooMuch(site);
			}
			return made + given.slice(copied);
		},
});

const match = defineOperator({
	name: "$match",
	about:
		"What the regular expression matches first in the text, or one of its groups by number or name; nothing where it does not match.",
	gives: "text",
	operand: text(),
	options: { pattern: regularExpression(), group: optional(groupName()) },
	examples: [
		{
			expression: "{ $match: $.url, pattern: '/products/(\\d+)', group: 1 }",
			message: "{ url: 'https://shop.example.test/products/501?x=7' }",
			gives: "'501'",
		},
		{
			expression: "{ $match: $.ref, pattern: '(?<country>[A-Z]{2})-\\d+', group: country }",
			message: "{ ref: order DE-17 }",
			gives: "DE",
		},
		{ expression: "{ $match: $.ref, pattern: '[0-9]+' }", message: "{ ref: order }", absent: true },
		{ expression: "{ $match: $.ref, pattern: '(a+)+$' }", message: "{ ref: 5 }", fails: "needs a text" },
		{ expression: "{ $match: $.ref, pattern: '(a)', group: 2 }", refused: "has no group `2`" },
		{ expression: "{ $match: $.ref, pattern: '(?=a)' }", refused: "invalid or unsupported Perl syntax" },
	],
	compile:
		(read, { pattern, group = 0 }) =>
		(here, run) => {
			const given = read(here, run);
			return given instanceof Failure ? given : pattern.first(given, run)?.group(group);
		},
});

export const patternOperators: readonly Operator[] = [replace, match];

function regularExpression(): Parameter<Pattern> {
	const source = literalText();
	return {
		expects: "a regular expression of RE2, written out",
		schema: source.schema,
		optional: false,
		read: (node, compiler, call) => {
			const read = source.read(node, compiler, call);
			return read === wrong ? wrong : compilePattern(read, node, compiler);
		},
	};
}

/** The pattern that stands beside an argument; what is wrong with it is reported where it is read itself. */
function patternBeside(call: ObjectNode): Pattern | undefined {
	const entry = entryOf(call, "pattern");
	const source = entry === undefined ? undefined : literalOf(entry.value);
	const pattern = typeof source === "string" ? parsePattern(source) : undefined;
	return pattern?.ok ? pattern.value : undefined;
}

/** The number of the group that stands there. */
function groupOf(name: string | number, node: Node, compiler: Compiler, call: ObjectNode): number | Wrong {
	const pattern = patternBeside(call);
	const group = pattern?.groupOf(name);
	if (group !== undefined) return group;
	if (pattern === undefined) return wrong;
	return refuse(compiler, node.at, "unknown-group", `the pattern has no group \`${name}\``);
}

function groupName(): Parameter<number> {
	return {
		expects: "the number or the name of a group of the pattern",
		schema: { type: ["integer", "string"] },
		optional: false,
		read: (node, compiler, call) => {
			const name: Value = literalOf(node);
			if (typeof name === "string" || typeof name === "number")
				return groupOf(name, node, compiler, call.node);
			return refuse(compiler, node.at, "wrong-argument", "`group` takes a number or a name");
		},
	};
}

/** A replacement's parts: what is written, and the numbers of groups. */
function replacement(): Parameter<readonly (string | number)[]> {
	const source = literalText();
	return {
		expects: "a text, written out",
		schema: source.schema,
		optional: false,
		read: (node, compiler, call) => {
			const read = source.read(node, compiler, call);
			if (read === wrong) return wrong;
			const parts: (string | number | Wrong)[] = [];
			for (const [piece, number, name] of read.matchAll(/\$(?:([0-9]+)|<([^>]*)>|[$&])|[^$]+|\$/g)) {
				if (name !== undefined) parts.push(groupOf(name, node, compiler, call.node));
				else if (number !== undefined) parts.push(groupOf(Number(number), node, compiler, call.node));
				else if (piece === "$&") parts.push(0);
				else if (piece === "$") parts.push(singleDollar(node, compiler));
				else parts.push(piece === "$$" ? "$" : piece);
			}
			return parts.includes(wrong) ? wrong : parts.filter((part) => part !== wrong);
		},
	};
}

const singleDollar = (node: Node, compiler: Compiler): Wrong =>
	refuse(
		compiler,
		node.at,
		"bad-replacement",
		"there is a single `$` in the replacement",
		"write `$$` for a dollar",
	);
