import { RE2JS } from "re2js";
import { isList, isObject, type Json, type JsonObject } from "../../model/json.ts";
import { isPath, keyOfPath } from "../path.ts";
import { type Remark, remarks, type Written, type WrittenObject } from "../yaml-writer.ts";
import { namesOf, pathOf } from "./segment-path.ts";

/** What of a Segment mapping can not be said here, or not wholly. */
export interface Left {
	/** From the root of the JSON: `$.mapping.total`. */
	readonly path: string;
	/** `@liquid`, or what else it is. */
	readonly what: string;
	readonly why: string;
}

/** What became of a part of a mapping. */
export type Converted =
	/** `lacks`: where something is absent it fails, which `$optional` forgives. */
	| { readonly kind: "said"; readonly written: Written; readonly lacks: boolean }
	/** It is never there. */
	| { readonly kind: "absent" }
	/** It can not be said, as was reported. */
	| { readonly kind: "left" };

/** A part of the JSON, and what its paths begin from. */
export interface Part {
	readonly json: Json;
	readonly at: string;
	readonly depth: number;
	readonly from: From;
	/** Tells what is left of it. */
	readonly report: (left: Left) => void;
	/** What is left, for the comments of the object around it. */
	readonly left: Left[];
}

export type From =
	/** The message, or an element of a list. */
	| { readonly kind: "message" }
	/** What `@transform` applies first. */
	| { readonly kind: "applied"; readonly part: Part };

/** Where what is left of a part is told. */
export type Sinks = Pick<Part, "report" | "left">;

/** The whole of a mapping, or one of its fields. */
export const rootPart = (json: Json, at: string, { report, left }: Sinks): Part => ({
	json,
	at,
	depth: 0,
	from: { kind: "message" },
	report,
	left,
});

/** Deeper than anybody writes; with what the directives become, still within what a mapping file may be nested. */
const depthMax = 14;

const said = (written: Written, lacks = false): Converted => ({ kind: "said", written, lacks });
const absent: Converted = { kind: "absent" };

/** Tells that a part, or what it is a part of, can not be said. */
export function leave(part: Part, what: string, why: string): Converted {
	const directive = `.${what}`;
	const path = part.at.endsWith(directive) ? part.at.slice(0, -directive.length) : part.at;
	const one: Left = { path, what, why };
	part.left.push(one);
	part.report(one);
	return { kind: "left" };
}

/** A part under this one. */
const under = (part: Part, key: string | number, json: Json): Part => ({
	...part,
	json,
	depth: part.depth + 1,
	at: typeof key === "number" ? `${part.at}[${key}]` : `${part.at}.${key}`,
});

/** Where a value stands that may be absent: an attribute, an item, an argument. */
export function convertOptional(part: Part): Converted {
	const converted = convert(part);
	if (converted.kind !== "said" || !converted.lacks) return converted;
	return said({ $optional: converted.written });
}

/** Converts a value, a directive, or a list or object of such. */
export function convert(part: Part): Converted {
	const { json, depth } = part;
	if (depth > depthMax) return leave(part, "the value", `it is nested deeper than ${depthMax} levels`);
	if (isList(json)) return convertList(part, json);
	if (isObject(json)) {
		return directiveNameOf(json) === undefined ? convertObject(part, json) : convertDirective(part, json);
	}
	if (typeof json === "string" && isPath(json)) return said({ $literal: json });
	if (typeof json === "number" && !isWritable(json)) {
		return leave(part, "the number", "its exponent is beyond what the mapping language counts with");
	}
	return said(json);
}

const isWritable = (number: number): boolean =>
	number === 0 || (Math.abs(number) < 1e34 && Math.abs(number) > 1e-18);

function convertList(part: Part, list: readonly Json[]): Converted {
	const items = list.map((item, index) => convertOptional(under(part, index, item)));
	if (items.some(({ kind }) => kind === "left")) return { kind: "left" };
	return said(items.flatMap((item) => (item.kind === "said" ? [item.written] : [])));
}

/** What can not be said of an object is a remark in it; the rest stands. */
function convertObject(part: Part, object: JsonObject, convertAttribute = convertOptional): Converted {
	const keys = Object.keys(object);
	const strange = keys.find((key) => key.startsWith("$") || key === "__proto__" || key === "<<");
	if (strange?.startsWith("$") && isLiteral(object)) return said({ $literal: object });
	if (strange !== undefined)
		return leave(part, "the object", `no attribute can be called \`${strange}\` here`);
	const left: Left[] = [];
	const written: Record<string, Written> = {};
	for (const [key, value] of Object.entries(object)) {
		const converted = convertAttribute({ ...under(part, key, value), left });
		if (converted.kind === "said") written[key] = converted.written;
	}
	return said(left.length === 0 ? written : { ...written, [remarks]: left.map(remarkOf) });
}

export const remarkOf = ({ path, what, why }: Left): Remark => ({
	kind: "behind",
	text: `not converted: ${what} at ${path}: ${why}`,
});

/** Whether nothing under it is a directive, so that it can be written as it is. */
function isLiteral(json: Json): boolean {
	if (isList(json)) return json.every(isLiteral);
	if (!isObject(json)) return typeof json !== "number" || isWritable(json);
	return Object.entries(json).every(
		([key, value]) => !key.startsWith("@") && key !== "__proto__" && key !== "<<" && isLiteral(value),
	);
}

/** The directive that an object is, or is meant to be. */
const directiveNameOf = (object: JsonObject): string | undefined =>
	Object.keys(object).find((key) => key.startsWith("@"));

type Directive = (part: Part, argument: Json) => Converted;

const directives = new Map<string, Directive>([
	["@path", path],
	["@literal", (part, argument) => convert({ ...part, json: argument })],
	["@template", template],
	["@if", either],
	["@case", inCase],
	["@replace", replace],
	["@arrayPath", each],
	["@merge", merge],
	["@json", json],
	["@transform", transform],
	["@excludeWhenNull", excludeNull],
	[
		"@flatten",
		(part) => leave(part, "@flatten", "attributes have fixed names: write out those that are wanted"),
	],
	["@liquid", (part) => leave(part, "@liquid", "a mapping runs no templates with code: use the operators")],
]);

function convertDirective(part: Part, object: JsonObject): Converted {
	const [name = "", second] = Object.keys(object).filter((key) => key !== "_metadata");
	const at = `${part.at}.${name}`;
	const directive = directives.get(name);
	if (second !== undefined) return leave(part, "the object", `beside \`${name}\` stands \`${second}\``);
	if (directive === undefined) return leave(part, name, "Segment has no directive of this name");
	const argument = object[name];
	return argument === undefined ? absent : directive({ ...part, at, json: argument }, argument);
}

/** The keys of a directive's argument. */
const keyOf = (part: Part, key: string): Part | undefined => {
	const value = isObject(part.json) && Object.hasOwn(part.json, key) ? part.json[key] : undefined;
	return value === undefined ? undefined : under(part, key, value);
};

const textAt = (part: Part, key: string): string | undefined => {
	const value = keyOf(part, key)?.json;
	return typeof value === "string" ? value : undefined;
};

/** What a path reads: names from the message, or a part of what `@transform` applied. */
type Target =
	| { readonly kind: "names"; readonly names: readonly string[] }
	| { readonly kind: "part"; readonly part: Part }
	| { readonly kind: "absent" }
	| { readonly kind: "unknown" };

function targetOf(names: readonly string[], from: From): Target {
	return from.kind === "message" ? { kind: "names", names } : targetIn(from.part, names);
}

/** Follows names into what `@transform` applies, and from a path there into what was before it. */
function targetIn(part: Part, names: readonly string[]): Target {
	const { json, from } = part;
	const inner = innerPath(json);
	if (inner !== undefined) return targetOf([...inner, ...names], from);
	const [name, ...rest] = names;
	if (name === undefined) return { kind: "part", part };
	if (isObject(json) && directiveNameOf(json) !== undefined) return { kind: "unknown" };
	const next = isObject(json) || isList(json) ? new Map(Object.entries(json)).get(name) : undefined;
	return next === undefined ? { kind: "absent" } : targetIn(under(part, name, next), rest);
}

/** The names of `{ "@path": "$.a.b" }`; undefined where it is anything else. */
function innerPath(json: Json): readonly string[] | undefined {
	const source = isObject(json) ? json["@path"] : undefined;
	return typeof source === "string" ? namesOf(source) : undefined;
}

function path(part: Part, argument: Json): Converted {
	if (typeof argument !== "string") return leave(part, "@path", "a path can not come from the message");
	const names = namesOf(argument);
	if (names === undefined) return leave(part, "@path", `\`${argument}\` is no path that can be read here`);
	return convertTarget(part, names);
}

function convertTarget(part: Part, names: readonly string[]): Converted {
	const target = targetOf(names, part.from);
	if (target.kind === "absent") return absent;
	if (target.kind === "part") return convert({ ...target.part, left: part.left });
	if (target.kind === "unknown") {
		return leave(part, "@path", "it reads a part of what another directive of `@transform` makes");
	}
	const source = pathOf(target.names);
	return source === undefined ? leave(part, "@path", "a name in it can not be written") : said(source);
}

const placeholder = /\{\{\{([^{}]+)\}\}\}|\{\{([^{}]+)\}\}/g;

/** `{{ name }}` and `{{{ name }}}` are the same; what is absent leaves the whole text out. */
function template(part: Part, argument: Json): Converted {
	if (typeof argument !== "string")
		return leave(part, "@template", "a template can not come from the message");
	let written = "";
	let end = 0;
	const placed: string[] = [];
	for (const found of argument.matchAll(placeholder)) {
		const names = namesOfPlaceholder((found[1] ?? found[2] ?? "").trim());
		const target: Target = names === undefined ? { kind: "unknown" } : targetOf(names, part.from);
		const source = target.kind === "names" ? pathOf(target.names) : undefined;
		if (source === undefined || /[{}]/.test(source)) {
			return leave(part, "@template", `\`${found[0]}\` is no path that can be put in here`);
		}
		placed.push(source);
		written += `${braced(argument.slice(end, found.index))}{${source}}`;
		end = found.index + found[0].length;
	}
	if (/\{\{|\}\}/.test(argument.replace(placeholder, "{}"))) {
		return leave(part, "@template", "its braces do not match");
	}
	const [only] = placed;
	if (only === undefined) return convert({ ...part, json: argument, from: { kind: "message" } });
	written += braced(argument.slice(end));
	return said(written === `{${only}}` ? { $string: only } : { $template: written }, true);
}

const braced = (text: string): string => text.replace(/[{}]/g, "$&$&");

/** Between braces `$.` begins no path: it is a name. */
function namesOfPlaceholder(path: string): readonly string[] | undefined {
	const names = namesOf(path.startsWith("$.") ? `.${path}` : path);
	return names?.length === 0 ? undefined : names;
}

/** `@if`: the commonest, `exists` with the same in `then`, is what `$first` says. */
function either(part: Part): Converted {
	const exists = truthy(keyOf(part, "exists"));
	const operand = exists ?? truthy(keyOf(part, "blank"));
	if (operand === undefined) return leave(part, "@if", "it needs a value under `exists` or `blank`");
	const yes = branchOf(keyOf(part, "then"));
	const no = branchOf(keyOf(part, "else"));
	if (yes.kind === "left" || no.kind === "left") return { kind: "left" };
	const subject = convert(operand);
	if (subject.kind === "left") return subject;
	if (subject.kind === "absent") return no;
	if (isConstant(subject.written) && !isList(subject.written)) {
		const empty = exists === undefined ? [null, "", 0, false] : [null];
		return empty.some((one) => one === subject.written) ? no : yes;
	}
	if (exists !== undefined && yes.kind === "said" && isSame(subject.written, yes.written)) {
		return said({ $first: [yes.written, ...alternativesOf(no)] });
	}
	const tested = testedBy(subject.written);
	if (tested === undefined)
		return leave(part, "@if", "a condition asks for a path, not for what a directive makes");
	return conditional({ tested, test: exists === undefined ? "filled" : "present", yes, no });
}

const truthy = (part: Part | undefined): Part | undefined => (part?.json ? part : undefined);
const branchOf = (part: Part | undefined): Converted => (part === undefined ? absent : convert(part));
const isSame = (one: Written, other: Written): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What follows in `$first`: what the other branch tries, or the branch. */
function alternativesOf(no: Converted): readonly Written[] {
	if (no.kind !== "said") return [];
	const inner = no.written;
	const nested = isObject(inner) ? inner["$first"] : undefined;
	return nested !== undefined && isList(nested) ? nested : [inner];
}

/** The key that stands for a value in a condition: its own path. */
const testedBy = (written: Written): string | undefined =>
	typeof written === "string" && written.startsWith("$.") ? keyOfPath(written) : undefined;

interface Conditional {
	/** A path, as a condition's key. */
	readonly tested: string;
	readonly test: "present" | "filled";
	readonly yes: Converted;
	readonly no: Converted;
}

function conditional({ tested, test, yes, no }: Conditional): Converted {
	const holds = test === "present" ? { $exists: true, $ne: null } : { $empty: false };
	const lacks = (yes.kind === "said" && yes.lacks) || (no.kind === "said" && no.lacks);
	if (yes.kind === "said") {
		const otherwise = no.kind === "said" ? { else: no.written } : {};
		// biome-ignore lint/suspicious/noThenProperty: what is written, which nobody awaits
		return said({ $if: { [tested]: holds }, then: yes.written, ...otherwise }, lacks); // oxlint-disable-line unicorn/no-thenable
	}
	if (no.kind !== "said") return absent;
	const fails = test === "present" ? { $or: [{ $exists: false }, null] } : { $empty: true };
	// biome-ignore lint/suspicious/noThenProperty: what is written, which nobody awaits
	return said({ $if: { [tested]: fails }, then: no.written }, lacks); // oxlint-disable-line unicorn/no-thenable
}

const cases = new Map([
	["lower", "$lower"],
	["upper", "$upper"],
]);

function inCase(part: Part): Converted {
	const operator = cases.get(textAt(part, "operator") ?? "");
	if (operator === undefined) return leave(part, "@case", "its `operator` is `lower` or `upper`");
	return applied(part, "@case", (operand) => ({ [operator]: operand }));
}

/** An operator on what stands under `value`; it fails where that is absent. */
function applied(part: Part, name: string, write: (operand: Written) => WrittenObject): Converted {
	const value = truthy(keyOf(part, "value"));
	if (value === undefined) return absent;
	const converted = convert(value);
	if (converted.kind !== "said") return converted;
	if (isConstant(converted.written))
		return leave(part, name, "its value is written out: write what comes of it");
	return said(write(converted.written), true);
}

/** Whether it is the same for every message. */
function isConstant(written: Written): boolean {
	if (isList(written)) return written.every(isConstant);
	if (!isObject(written)) return typeof written !== "string" || !isPath(written);
	if (Object.hasOwn(written, "$literal")) return true;
	return Object.entries(written).every(([key, value]) => !key.startsWith("$") && isConstant(value));
}

/** Its patterns are plain text. */
function replace(part: Part): Converted {
	const pattern = textAt(part, "pattern");
	if (!pattern) return leave(part, "@replace", "it needs a `pattern`");
	if (keyOf(part, "global")?.json === false) {
		return leave(part, "@replace", "`global: false` replaces the first only, and `$replace` all");
	}
	const second = textAt(part, "pattern2");
	const written = [textAt(part, "replacement"), textAt(part, "replacement2")].map((text) => text ?? "");
	if (written.some((text) => /\$[`']/.test(text))) {
		return leave(part, "@replace", "what stands before or after a match can not be put in its place");
	}
	// As in Segment's, `$&` is the match and `$$` a dollar; but a pattern of plain text has no groups.
	const [put = "", secondPut = ""] = written.map((text) =>
		text.replace(/\$[$&]|\$/g, (found) => (found === "$" ? "$$" : found)),
	);
	if (isPath(put) || isPath(secondPut)) {
		return leave(part, "@replace", "its replacement would be read as a path");
	}
	const flags = keyOf(part, "ignorecase")?.json === true ? "(?i)" : "";
	const once = (operand: Written, searched: string, put: string): WrittenObject => ({
		$replace: operand,
		pattern: flags + RE2JS.quote(searched),
		with: put,
	});
	return applied(part, "@replace", (operand) => {
		const replaced = once({ $string: operand }, pattern, put);
		return second ? once(replaced, second, secondPut) : replaced;
	});
}

/** `@arrayPath`: a list, and what is made of each of its elements. */
function each(part: Part, argument: Json): Converted {
	if (!isList(argument)) return leave(part, "@arrayPath", "it needs a list of a path and a shape");
	const [source, shape] = argument;
	const list = source === undefined ? absent : listOf(part, source);
	if (list.kind !== "said") return list;
	if (isConstant(list.written))
		return leave(part, "@arrayPath", "its list is written out: write what comes of it");
	if (!isObject(shape) || Object.keys(shape).length === 0) return list;
	const made = convertOptional({ ...under(part, 1, shape), from: { kind: "message" } });
	if (made.kind !== "said") return made.kind === "left" ? made : absent;
	return said({ $each: list.written, as: made.written }, true);
}

function listOf(part: Part, source: Json): Converted {
	const inner = under(part, 0, source);
	return typeof source === "string" ? path(inner, source) : convert(inner);
}

/** Later objects win with `right`, earlier ones with `left`; an absent one counts as empty. */
function merge(part: Part): Converted {
	const objects = keyOf(part, "objects");
	const direction = keyOf(part, "direction")?.json;
	if (!isList(objects?.json)) return leave(part, "@merge", "it needs a list of `objects`");
	if (direction !== "left" && direction !== "right") {
		return leave(part, "@merge", "its `direction` is `left` or `right`");
	}
	const all = objects.json.map((object, index) => convert(under(objects, index, object)));
	if (all.some(({ kind }) => kind === "left")) return { kind: "left" };
	const written = all.flatMap((one) => (one.kind === "said" ? [one.written] : []));
	if (written.some((one) => isConstant(one) && !isObject(one))) {
		return leave(part, "@merge", "one of its `objects` is none");
	}
	const present = written.map((one) => (isPlainObject(one) ? one : { $first: [one, {}] }));
	return said({ $merge: direction === "left" ? present.reverse() : present });
}

const isPlainObject = (written: Written): boolean =>
	isObject(written) && !Object.keys(written).some((key) => key.startsWith("$"));

function json(part: Part): Converted {
	const mode = textAt(part, "mode");
	if (mode === "encode")
		return leave(part, "@json", "nothing here writes JSON into a text: write the object itself");
	if (mode !== "decode") return leave(part, "@json", "its `mode` is `encode` or `decode`");
	return applied(part, "@json", (operand) => ({ $parseJson: operand }));
}

/** What `mapping` reads of what `apply` makes is put in its place. */
function transform(part: Part): Converted {
	const first = keyOf(part, "apply");
	const mapping = keyOf(part, "mapping");
	if (!isObject(first?.json) || mapping === undefined) {
		return leave(part, "@transform", "it needs `apply` and `mapping`");
	}
	return convert({ ...mapping, from: { kind: "applied", part: first } });
}

/** `$first` of one value leaves null out; of an object that is written out, each attribute is. */
function excludeNull(part: Part): Converted {
	const { json } = part;
	if (json === null) return absent;
	if (isObject(json) && directiveNameOf(json) === undefined) return convertObject(part, json, excludeNull);
	const converted = convert(part);
	if (converted.kind !== "said" || isConstant(converted.written)) return converted;
	if (testedBy(converted.written) !== undefined) {
		leave(part, "@excludeWhenNull", "null is left out, but in an object null attributes stay");
	}
	return said({ $first: [converted.written] });
}
