import type { Value } from "../../model/json.ts";
import { type Example, type Operator, type Parameter, refuse, type Wrong, wrong } from "../compiler.ts";
import { Failure, failed, masked, type Need, type Site } from "../evaluate.ts";
import { defineOperator } from "../operator.ts";
import { collect, list, literalText, text, wording, wordingOf } from "../parameters.ts";
import { isPath } from "../path.ts";

const template = defineOperator({
	name: "$template",
	about:
		"The text with the value of each `{path}` put in; a part that is absent fails, `{{` and `}}` are braces.",
	gives: "text",
	operand: parts(),
	options: {},
	examples: [
		{
			expression: '{ $template: "Hello {$.name}, {$.n} times" }',
			message: "{ name: Ada, n: 1.50 }",
			gives: '"Hello Ada, 1.5 times"',
		},
		{
			expression: "{ $template: \"{$.items.-1.'full name'}\" }",
			message: "{ items: [{ full name: x }] }",
			gives: "x",
		},
		{ expression: '{ $template: "{{{$.n}}}" }', message: "{ n: 1 }", gives: '"{1}"' },
		{ expression: '{ $template: "Hello {$.name}" }', message: "{}", fails: "`$.name` is absent or null" },
	],
	compile: (all) => (here, run) => {
		let whole = "";
		for (const part of all) {
			const wording = typeof part === "string" ? part : part(here, run);
			if (wording instanceof Failure) return wording;
			whole += wording;
		}
		return whole;
	},
});

const lower = changed("$lower", "The text in lower case.", (given) => given.toLowerCase(), [
	{ expression: "{ $lower: $.email }", message: "{ email: Ada@Example.Test }", gives: "ada@example.test" },
	{ expression: "{ $lower: $.email }", message: "{ email: 5 }", fails: "needs a text" },
]);

const upper = changed("$upper", "The text in upper case.", (given) => given.toUpperCase(), [
	{ expression: "{ $upper: $.currency }", message: "{ currency: eur }", gives: "EUR" },
]);

const trim = changed("$trim", "The text without white space at its ends.", (given) => given.trim(), [
	{ expression: "{ $trim: $.name }", message: '{ name: "  Ada " }', gives: "Ada" },
	{ expression: "{ $optional: { $trim: $.name } }", message: "{}", absent: true },
]);

const split = defineOperator({
	name: "$split",
	about: "The parts of a text between its separators.",
	gives: "list",
	operand: text(),
	options: { separator: literalText() },
	examples: [
		{
			expression: '{ $split: $.tags, separator: "," }',
			message: '{ tags: "a,b,,c" }',
			gives: '[a, b, "", c]',
		},
		{
			expression: '{ $at: { $split: $.name, separator: " " }, index: 0 }',
			message: "{ name: Ada Quill }",
			gives: "Ada",
		},
	],
	compile:
		(read, { separator }) =>
		(here, run) => {
			const given = read(here, run);
			return given instanceof Failure ? given : given.split(separator);
		},
});

const join = defineOperator({
	name: "$join",
	about: "One text of a list of texts, numbers or booleans, with the separator between them.",
	gives: "text",
	operand: list(),
	options: { separator: literalText() },
	examples: [
		{
			expression: '{ $join: [$.first, $.last], separator: " " }',
			message: "{ first: Ada, last: Quill }",
			gives: "Ada Quill",
		},
		{
			expression: '{ $join: [$.first, $.last], separator: " " }',
			message: "{ last: Quill }",
			gives: "Quill",
		},
		{
			expression: '{ $join: $.tags, separator: ", " }',
			message: "{ tags: [a, 1, true] }",
			gives: '"a, 1, true"',
		},
		{
			expression: '{ $join: $.tags, separator: ", " }',
			message: "{ tags: [a, [b]] }",
			fails: "there is a list of 1 in it",
		},
	],
	compile:
		(read, { separator }, site) =>
		(here, run) => {
			const given = read(here, run);
			if (given instanceof Failure) return given;
			const texts = collect(given, (item) => wordingIn(item, site));
			return texts instanceof Failure ? texts : texts.join(separator);
		},
});

export const textOperators: readonly Operator[] = [template, lower, upper, trim, split, join];

function changed(
	name: string,
	about: string,
	change: (given: string) => string,
	examples: readonly Example[],
) {
	return defineOperator({
		name,
		about,
		gives: "text",
		operand: text(),
		options: {},
		examples,
		compile: (read) => (here, run) => {
			const given = read(here, run);
			return given instanceof Failure ? given : change(given);
		},
	});
}

function wordingIn(item: Value, site: Site): string | Failure {
	return (
		wordingOf(item) ?? failed(site, `joins texts, numbers and booleans, and there is ${masked(item)} in it`)
	);
}

/** A template's parts: what is written, and what is put in. */
function parts(): Parameter<readonly (string | Need<string>)[]> {
	const part = wording();
	return {
		expects: "a text with paths in braces",
		optional: false,
		read: (node, compiler, call) => {
			if (node.kind !== "scalar" || typeof node.value !== "string") {
				return refuse(
					compiler,
					node.at,
					"wrong-argument",
					"`$template` takes a text",
					'write "Hello {$.name}"',
				);
			}
			const read: (string | Need<string> | Wrong)[] = [];
			for (const [token, inside] of node.value.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[^{}]+|[{}]/g)) {
				if (inside === undefined) {
					if (token === "{" || token === "}") read.push(notClosed(token));
					else read.push(token === "{{" ? "{" : token === "}}" ? "}" : token);
				} else if (isPath(inside)) read.push(part.read({ ...node, value: inside }, compiler, call));
				else read.push(notPath(inside));
			}
			return read.includes(wrong) ? wrong : read.filter((one) => one !== wrong);

			function notClosed(brace: string): Wrong {
				const help = `write \`${brace}${brace}\` for a brace, \`{$.name}\` for what is put in`;
				return refuse(
					compiler,
					node.at,
					"bad-template",
					`there is a single \`${brace}\` in the template`,
					help,
				);
			}
			function notPath(written: string): Wrong {
				const message = `\`{${written}}\` is no path`;
				return refuse(
					compiler,
					node.at,
					"bad-template",
					message,
					`write \`{$.${written.trim() || "name"}}\``,
				);
			}
		},
	};
}
