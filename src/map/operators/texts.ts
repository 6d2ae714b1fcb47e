import { isList } from "../../model/json.ts";
import { type Example, type Operator, type Parameter, refuse, type Wrong, wrong } from "../compiler.ts";
import { Failure, failed, masked, type Need } from "../evaluate.ts";
import { defineOperator, optional } from "../operator.ts";
import { integer, lengthOf, list, literalText, needed, text, wording, wordingOf } from "../parameters.ts";
import { isPath } from "../path.ts";
import { anyOf, part } from "../reference/schema-parts.ts";
import { isSpent, spend, tooMuch } from "../work.ts";

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
	compile: (all, _options, site) => (here, run) => {
		let whole = "";
		for (const part of all) {
			const wording = typeof part === "string" ? part : part(here, run);
			if (wording instanceof Failure) return wording;
			if (isSpent(run)) return tooMuch(site);
			whole += wording;
		}
		return whole;
	},
});

const lower = changed("$lower", "The text in lower case.", (given) => given.toLowerCase(), [
	{ expression: "{ $lower: $.email }", message: "{ email: Ada@Example.Test }", gives: "ada@example.test" },
	{ expression: "{ $lower: $.name }", message: "{ name: ÉLISE }", gives: "élise" },
	{ expression: "{ $lower: $.email }", message: "{ email: 5 }", fails: "needs a text" },
]);

const upper = changed("$upper", "The text in upper case.", (given) => given.toUpperCase(), [
	{ expression: "{ $upper: $.currency }", message: "{ currency: eur }", gives: "EUR" },
	{ expression: "{ $upper: $.street }", message: "{ street: Hofgasse ß }", gives: "HOFGASSE SS" },
	{ expression: "{ $upper: $.currency }", message: "{ currency: [eur] }", fails: "is a list of 1" },
	{ expression: "{ $upper: 978 }", refused: "needs a text" },
]);

const trim = changed("$trim", "The text without white space at its ends.", (given) => given.trim(), [
	{ expression: "{ $trim: $.name }", message: '{ name: "  Ada " }', gives: "Ada" },
	{ expression: "{ $optional: { $trim: $.name } }", message: "{}", absent: true },
	{ expression: "{ $trim: $.name }", message: "{ name: null }", fails: "`$.name` is absent or null" },
]);

const split = defineOperator({
	name: "$split",
	about: "The parts of a text between its separators; with an empty one, its characters.",
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
		{ expression: '{ $split: $.code, separator: "" }', message: "{ code: a😀b }", gives: "[a, 😀, b]" },
		{
			expression: '{ $split: $.tags, separator: "," }',
			message: "{ tags: [a] }",
			fails: "needs a text, and `$.tags` is a list of 1",
		},
		{ expression: "{ $split: $.tags, separator: $.separator }", refused: "`$.separator` is a path" },
	],
	compile:
		(read, { separator }) =>
		(here, run) => {
			const given = read(here, run);
			if (given instanceof Failure) return given;
			return separator === "" ? [...given] : given.split(separator);
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
			fails: "there is a list of 1 in its list",
		},
	],
	compile:
		(read, { separator }, site) =>
		(here, run) => {
			const given = read(here, run);
			if (given instanceof Failure) return given;
			const texts: string[] = [];
			for (const item of given) {
				const wording = wordingOf(item);
				if (wording === undefined)
					return failed(site, `joins texts, numbers and booleans, and there is ${masked(item)} in its list`);
				spend(run, wording.length + separator.length);
				if (isSpent(run)) return tooMuch(site);
				texts.push(wording);
			}
			return texts.join(separator);
		},
});

const slice = defineOperator({
	name: "$slice",
	about:
		"The part of a text or a list from one place to before another, from 0, or from -1 backwards from its end; without `to`, all the rest.",
	gives: "any",
	operand: needed({
		expects: "a text or a list",
		schema: anyOf(part("text"), part("list")),
		kindOf: (given) => (typeof given === "string" || isList(given) ? given : undefined),
		costOf: lengthOf,
	}),
	options: { from: place(), to: optional(place()) },
	examples: [
		{ expression: "{ $slice: $.code, from: 0, to: 2 }", message: "{ code: DE-17 }", gives: "DE" },
		{ expression: "{ $slice: $.code, from: -2 }", message: "{ code: DE-17 }", gives: "'17'" },
		{ expression: "{ $slice: $.name, from: 1, to: -1 }", message: "{ name: «😀é» }", gives: "😀é" },
		{ expression: "{ $slice: $.lines, from: 1 }", message: "{ lines: [a, b, c] }", gives: "[b, c]" },
		{ expression: "{ $slice: $.code, from: 9 }", message: "{ code: DE-17 }", gives: "''" },
		{
			expression: "{ $slice: $.code, from: 1 }",
			message: "{ code: 17 }",
			fails: "needs a text or a list, and `$.code` is a number of 2 characters",
		},
		{ expression: "{ $slice: $.code, from: $.start }", refused: "is a whole number" },
	],
	compile:
		(read, { from, to }) =>
		(here, run) => {
			const given = read(here, run);
			if (given instanceof Failure) return given;
			if (typeof given !== "string" || !surrogates.test(given)) return given.slice(from, to);
			return [...given].slice(from, to).join("");
		},
});

const hash = defineOperator({
	name: "$hash",
	about:
		"The SHA-256 of a text in UTF-8, as 64 hexadecimal digits in lower case; a number is hashed as `$string` writes it. It is no secret whose text can be guessed: of an e-mail address it hides nothing.",
	gives: "text",
	operand: needed({
		expects: "a text or a number",
		schema: part("wording"),
		kindOf: (given) => (typeof given === "boolean" ? undefined : wordingOf(given)),
		costOf: lengthOf,
	}),
	options: {},
	examples: [
		{
			expression: "{ $hash: $.id }",
			message: "{ id: abc }",
			gives: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		},
		{
			expression: "{ $hash: { $lower: { $trim: $.email } } }",
			message: "{ email: ' Ada@Example.Test ' }",
			gives: "b97222ea69dadf792baa97fa768ecb840a0023714c831ab1328838cba9f7f437",
		},
		{
			expression: "{ $hash: $.name }",
			message: "{ name: Zoë }",
			gives: "c6a12698582fc1104ea24107a2d7268145ff06ef859707729d01fd060897f067",
		},
		{
			expression: "{ $hash: $.n }",
			message: "{ n: 1.50 }",
			gives: "9f29a130438b81170b92a42650f9a94291ecad60bd47af2a3886e75f7f728725",
		},
		{ expression: "{ $hash: $.id }", message: "{ id: [1] }", fails: "needs a text or a number" },
	],
	compile:
		(read, _options, _site, { sha256Hex }) =>
		(here, run) => {
			const given = read(here, run);
			return given instanceof Failure ? given : sha256Hex(given);
		},
});

const mask = defineOperator({
	name: "$mask",
	about:
		"What may be shown of an id or an e-mail address: `***` and its last `keep` characters (4), but never more than half of it; of an address its first letter and what follows the `@`.",
	gives: "text",
	operand: wording(),
	options: { keep: optional(integer({ min: 0, max: 100 })) },
	examples: [
		{ expression: "{ $mask: $.card }", message: "{ card: '9826000071231234' }", gives: "'***1234'" },
		{ expression: "{ $mask: $.card, keep: 2 }", message: "{ card: 9826000071 }", gives: "'***71'" },
		{ expression: "{ $mask: $.code }", message: "{ code: abc }", gives: "'***c'" },
		{
			expression: "{ $mask: $.email }",
			message: "{ email: ada.quill@example.test }",
			gives: "'a***@example.test'",
		},
		{ expression: "{ $mask: $.email }", message: "{ email: a@example.test }", gives: "'***@example.test'" },
		{ expression: "{ $mask: $.card }", message: "{}", fails: "`$.card` is absent or null" },
		{ expression: "{ $mask: $.card, keep: all }", refused: "is a whole number" },
	],
	compile:
		(read, { keep = 4 }) =>
		(here, run) => {
			const given = read(here, run);
			return given instanceof Failure ? given : maskOf(given, keep);
		},
});

export const textOperators: readonly Operator[] = [
	template,
	lower,
	upper,
	trim,
	split,
	join,
	slice,
	hash,
	mask,
];

/** Halves of a character that UTF-16 writes as two: a text without them is cut where JavaScript counts. */
const surrogates = /[\uD800-\uDFFF]/;

function place(): Parameter<number> {
	return integer({ min: -1_000_000, max: 1_000_000 });
}

function maskOf(given: string, keep: number): string {
	const characters = [...given];
	const sign = characters.indexOf("@");
	const isAddress = sign > 0 && sign < characters.length - 1 && characters.lastIndexOf("@") === sign;
	if (isAddress) return `${sign === 1 ? "" : characters[0]}***${characters.slice(sign).join("")}`;
	const shown = Math.min(keep, Math.floor(characters.length / 2));
	return `***${characters.slice(characters.length - shown).join("")}`;
}

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

/** A template's parts: what is written, and what is put in. */
function parts(): Parameter<readonly (string | Need<string>)[]> {
	const part = wording();
	return {
		expects: "a text with paths in braces",
		schema: { type: "string" },
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
