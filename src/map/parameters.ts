import { isList, isObject, type JsonObject, type Value, type ValueObject } from "../model/json.ts";
import { stepOf } from "./check/fields.ts";
import { elementsOf, reading, readingFrom } from "./check/reads.ts";
import { suggest } from "./check/suggest.ts";
import {
	type Call,
	type Compiler,
	type Expression,
	type Parameter,
	refuse,
	type Wrong,
	withName,
	wrong,
} from "./compiler.ts";
import { type Condition, compileCondition } from "./condition.ts";
import { type Evaluate, Failure, masked, type Need, type Run } from "./evaluate.ts";
import { compileExpression, compileOutput, namesOf, pathsIn, placeOf, sourcesOf } from "./expression.ts";
import { isPath, narrowed, pathMeant, type Shortcut, standingAt } from "./path.ts";
import { anyOf, listOf, part } from "./reference/schema-parts.ts";
import { type Decimal, decimalOf, isPlain, textOfDecimal } from "./values/decimal.ts";
import { spend, takesApart } from "./work.ts";
import { entryOf, literalOf, type Node, writtenOf } from "./yaml.ts";

/**
 * The kinds of argument. Each says what may be written, checks it when a mapping is loaded, and gives the operator
 * closures that have seen to absence and kind: what an operator is given is what it asked for, or a failure.
 */

/** Any expression, as it is: absence and failure are the operator's to judge. */
export const expression = (): Parameter<Expression> => ({
	expects: "any value",
	schema: part("value"),
	optional: false,
	read: compileExpression,
});

export const expressions = (): Parameter<readonly Expression[]> => ({
	expects: "a list of values",
	schema: listOf(part("value"), { minItems: 1 }),
	optional: false,
	read: (node, compiler, { site }) => {
		if (node.kind === "list" && node.items.length > 0) {
			return node.items.map((item) => compileExpression(item, compiler));
		}
		return refuse(
			compiler,
			node.at,
			"wrong-argument",
			`\`${site.operator}\` takes a list of values`,
			`write { ${site.operator}: [${node.kind === "scalar" ? writtenOf(node) : "…"}, …] }`,
		);
	},
});

/** Any value that is there and not null. */
export const value = (): Parameter<Need<Value>> =>
	needed({ expects: "a value", schema: part("value"), kindOf: (given) => given });

/** A JSON number, or a text that is one: `"12.50"` counts, `"1,200.00"` and `""` do not. */
export const number = (): Parameter<NumberSource> =>
	fetched(
		{ expects: "a number", schema: part("number"), kindOf: numberOf, describe: maskedNumber },
		numberSource,
	);

/** Text only: a number is made one with `$string`. */
export const text = (): Parameter<Need<string>> =>
	needed({
		expects: "a text",
		schema: part("text"),
		kindOf: (given) => (typeof given === "string" ? given : undefined),
		costOf: lengthOf,
	});

/** What has a text of its own: a text, a number, a boolean. */
export const wording = (): Parameter<Need<string>> =>
	needed({
		expects: "a text, a number or a boolean",
		schema: part("wording"),
		kindOf: wordingOf,
		costOf: lengthOf,
	});

export const list = (): Parameter<Need<readonly Value[]>> =>
	needed({
		expects: "a list",
		schema: part("list"),
		kindOf: (given) => (isList(given) ? given : undefined),
		costOf: lengthOf,
	});

/** A list of which only the elements are counted or gone through: what they hold is read elsewhere, or not at all. */
export const listItself = (): Parameter<Need<readonly Value[]>> => {
	const whole = list();
	return {
		...whole,
		read: (node, compiler, call) => {
			// Where an operator may have made the elements, it is not known what of them is read.
			const isMade = sourcesOf(node, compiler) === undefined;
			return whole.read(node, reading(compiler, isMade), call);
		},
	};
};

export const object = (): Parameter<Need<ValueObject>> =>
	needed({
		expects: "an object",
		schema: part("object"),
		kindOf: (given) => (isObject(given) ? given : undefined),
		costOf: (given) => Object.keys(given).length,
	});

/** Going through a list or a text is work for each item and character. */
export const lengthOf = ({ length }: { readonly length: number }): number => length;

/** An object of which the names in the argument `keys` are taken, or all but these. */
export const partOfObject = (part: "named" | "rest"): Parameter<Need<ValueObject>> => {
	const whole = object();
	return {
		...whole,
		read: (node, compiler, call) =>
			whole.read(node, node.kind === "scalar" ? readingPart(part, compiler, call) : compiler, call),
	};
};

function readingPart(part: "named" | "rest", compiler: Compiler, call: Call): Compiler {
	const keys = entryOf(call.node, "keys");
	const named = keys === undefined ? null : literalOf(keys.value);
	if (!isList(named)) return compiler;
	const names = named.map(String);
	const { tell } = compiler.reading;
	const told: typeof tell = (read) => {
		if (part === "rest") tell({ ...read, except: new Set(names) });
		else
			for (const name of names) tell({ ...read, paths: read.paths.map((path) => [...path, stepOf(name)]) });
	};
	return { ...compiler, reading: { ...compiler.reading, tell: told } };
}

/** A list in the mapping with a number in each place, none of which may be absent. */
export const numbers = ({
	min,
	max = Number.POSITIVE_INFINITY,
}: {
	min: number;
	max?: number;
}): Parameter<readonly NumberSource[]> => ({
	expects: max === min ? `a list of ${min} numbers` : "a list of numbers",
	schema: listOf(part("number"), { minItems: min, ...(Number.isFinite(max) ? { maxItems: max } : {}) }),
	optional: false,
	read: (node, compiler, call) => {
		const { operator } = call.site;
		if (node.kind !== "list" || node.items.length < min || node.items.length > max) {
			const wanted = max === min ? `exactly ${min}` : `at least ${min}`;
			const help = `write { ${operator}: [$.price, $.quantity] }`;
			return refuse(
				compiler,
				node.at,
				"wrong-argument",
				`\`${operator}\` takes a list of ${wanted} numbers`,
				help,
			);
		}
		return allOf(node.items.map((item) => number().read(item, compiler, call)));
	},
});

/** Numbers that are written out, or a value that is a list of numbers. */
export const numberList = (): Parameter<Need<readonly Decimal[]>> => ({
	expects: "a list of numbers",
	schema: anyOf(listOf(part("number")), part("list")),
	optional: false,
	read: (node, compiler, call) => {
		if (node.kind !== "list") return numbersFrom().read(node, compiler, call);
		const items = allOf(node.items.map((item) => number().read(item, compiler, call)));
		return items === wrong ? wrong : (here, run) => collect(items, (item) => numberFrom(item, here, run));
	},
});

const numbersFrom = (): Parameter<Need<readonly Decimal[]>> =>
	needed({
		expects: "a list of numbers",
		schema: part("list"),
		kindOf: numbersOf,
		costOf: lengthOf,
	});

/** Objects that are written out, or a value that is a list of objects. */
export const objects = (): Parameter<readonly Need<ValueObject>[]> => ({
	expects: "a list of objects",
	schema: listOf(part("object")),
	optional: false,
	read: (node, compiler, call) => {
		if (node.kind === "list") return allOf(node.items.map((item) => object().read(item, compiler, call)));
		const help = `write { ${call.site.operator}: [$.defaults, $.traits] }`;
		return refuse(
			compiler,
			node.at,
			"wrong-argument",
			`\`${call.site.operator}\` takes a list of objects`,
			help,
		);
	},
});

/** What is tested under a path, as under `when`. */
export const condition = (): Parameter<Condition> => ({
	expects: "a condition, as under `when`",
	schema: part("condition"),
	optional: false,
	read: (node, compiler) => compileCondition(node, compiler).test,
});

/** The argument where `$` is an element of the operand's list. */
export const ofElement = <Given>(parameter: Parameter<Given>): Parameter<Given> => ({
	...parameter,
	read: (node, compiler, call) => parameter.read(node, inElements(compiler, call), call),
});

const inElements = (compiler: Compiler, { operand }: Call): Compiler =>
	readingFrom(compiler, elementsOf(sourcesOf(operand, compiler)));

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A name that the element is bound to inside: `$line.sku`. */
export const itemName = (): Parameter<string> => ({
	expects: "a name",
	schema: { type: "string", pattern: namePattern.source },
	optional: false,
	read: (node, compiler) => {
		const name = literalOf(node);
		if (typeof name !== "string" || !namePattern.test(name)) {
			return refuse(compiler, node.at, "wrong-argument", "`item` takes a name of letters, digits and `_`");
		}
		if (name === "message" || name === "delivery" || compiler.names.includes(name)) {
			return refuse(
				compiler,
				node.at,
				"name-taken",
				`\`$${name}\` already means something here`,
				"choose another name",
			);
		}
		return name;
	},
});

/** What is made of each element, and the slot in which `item:` keeps the element, if it is there. */
export interface Body {
	readonly evaluate: Evaluate;
	readonly slot: number | undefined;
	/** Whether what is made can be larger than the message, and so must be measured. */
	readonly grows: boolean;
}

export const body = (): Parameter<Body> => ({
	expects: "what is made of each element",
	schema: part("value"),
	optional: false,
	read: (node, compiler, call) => {
		const entry = entryOf(call.node, "item");
		const name = entry === undefined ? undefined : literalOf(entry.value);
		const inner = withName(inElements(compiler, call), typeof name === "string" ? name : undefined);
		const slot = inner.names === compiler.names ? undefined : compiler.names.length;
		const grows = !takesApart(call.operand, node);
		return { evaluate: compileOutput(node, inner).evaluate, slot, grows };
	},
});

/** One of some words, known when the mapping is loaded. */
export const word = <Word extends string>(...words: readonly Word[]): Parameter<Word> => ({
	expects: `one of ${words.join(", ")}`,
	schema: { enum: words },
	optional: false,
	read: (node, compiler, call) => {
		const given = literalOf(node);
		const known = words.find((candidate) => candidate === given);
		if (known !== undefined) return known;
		const message = `${argumentOf(node, call)} can not be \`${writtenOf(node)}\``;
		return refuse(compiler, node.at, "wrong-argument", message, suggest(writtenOf(node), words));
	},
});

/** A whole number, known when the mapping is loaded. */
export const integer = ({ min, max }: { min: number; max: number }): Parameter<number> => ({
	expects: `a whole number from ${min} to ${max}`,
	schema: { type: "integer", minimum: min, maximum: max },
	optional: false,
	read: (node, compiler, call) => {
		const given = literalOf(node);
		if (typeof given === "number" && Number.isInteger(given) && given >= min && given <= max) return given;
		const message = `${argumentOf(node, call)} is a whole number from ${min} to ${max}, written out`;
		return refuse(compiler, node.at, "wrong-argument", message);
	},
});

/** `$` and `$$` alone are paths too, but where no path can stand nobody means one. */
const isRead = (given: string): boolean => isPath(given) && given.includes(".");

/** A text, known when the mapping is loaded. */
export const literalText = (): Parameter<string> => ({
	expects: "a text, written out",
	schema: { type: "string" },
	optional: false,
	read: (node, compiler, call) => {
		const given = literalOf(node);
		if (typeof given === "string" && !isRead(given)) return given;
		const named = argumentOf(node, call);
		if (typeof given === "string")
			return refuse(
				compiler,
				node.at,
				"wrong-argument",
				`${named} is a text that is written out, and \`${given}\` is a path`,
			);
		const help = "quote it if it looks like something else";
		return refuse(compiler, node.at, "wrong-argument", `${named} is a text, written out`, help);
	},
});

/** The names of attributes, known when the mapping is loaded. */
export const names = (): Parameter<ReadonlySet<string>> => ({
	expects: "a list of names",
	schema: listOf({ type: "string" }),
	optional: false,
	read: (node, compiler, call) => {
		const given = literalOf(node);
		if (isList(given) && given.every((name) => typeof name === "string")) return new Set(given);
		const message = `${argumentOf(node, call)} is a list of names of attributes, written out`;
		return refuse(compiler, node.at, "wrong-argument", message, "write [email, phone]");
	},
});

/** The argument that stands there, as a sentence names it: `scale` of `$round`. */
function argumentOf(node: Node, { node: call, site }: Call): string {
	const entry = call.entries.find(({ value }) => value === node);
	return entry === undefined || entry.key === site.operator
		? `\`${site.operator}\``
		: `\`${entry.key}\` of \`${site.operator}\``;
}

/** Whatever is written, as it is written. */
export const verbatim = (): Parameter<Value> => ({
	expects: "anything",
	schema: {},
	optional: false,
	read: literalOf,
});

export function wordingOf(given: Value): string | undefined {
	if (typeof given === "string") return given;
	if (typeof given === "boolean") return String(given);
	const exact = decimalOf(given);
	return typeof exact === "string" ? undefined : textOfDecimal(exact);
}

export const numberOf = (given: Value): Decimal | undefined => {
	const exact = decimalOf(given);
	return typeof exact === "string" ? undefined : exact;
};

/** The kinds of the items, or the failure of the first that has none. */
function collect<Item, Kind>(
	items: readonly Item[],
	read: (item: Item) => Kind | Failure,
): readonly Kind[] | Failure {
	const collected: Kind[] = [];
	for (const item of items) {
		const kind = read(item);
		if (kind instanceof Failure) return kind;
		collected.push(kind);
	}
	return collected;
}

/**
 * An expression whose value must be there and of a kind. A literal of another kind is a problem when the mapping is
 * loaded; the failure of an absent value is made once, because absence is common and failing costs nothing then.
 */
export const needed = <Kind>(kind: NeededKind<Kind>): Parameter<Need<Kind>> => fetched(kind, needOf(kind));

function fetched<Kind, Given>(
	{ expects, schema, kindOf, describe = masked }: NeededKind<Kind>,
	bind: (source: Source) => Given,
): Parameter<Given> {
	return {
		expects,
		schema,
		optional: false,
		read: (node, compiler, { site }) => {
			const { evaluate, shortcut, constant } = compileExpression(node, { ...compiler, written: false });
			if (constant !== undefined && (constant.value === null || kindOf(constant.value) === undefined)) {
				const message = `\`${site.operator}\` needs ${expects}, and this is ${describe(constant.value)}`;
				return refuse(compiler, node.at, "wrong-type", message, pathMeant(constant.value));
			}
			const paths = pathsIn(node);
			const place = placeOf(node.at, site.place.file, paths);
			const wanted = `\`${site.operator}\` needs ${expects}, and ${namesOf(paths) || "its value"} is`;
			return bind({
				evaluate,
				shortcut,
				missing: new Failure(`${wanted} absent or null`, place, true),
				unfit: (given) => new Failure(`${wanted} ${describe(given)}`, place),
			});
		},
	};
}

/** What a value must be, and what it is then for the operator. */
interface NeededKind<Kind> {
	readonly expects: string;
	readonly schema: JsonObject;
	readonly kindOf: (given: Value) => Kind | undefined;
	/** For failures: what stands there instead, without the value itself. */
	readonly describe?: (given: Value | undefined) => string;
	/** The steps that the operator goes with it. */
	readonly costOf?: (kind: Kind) => number;
}

/** Where a needed value comes from, and why there may be none. */
interface Source extends Pick<Expression, "evaluate" | "shortcut"> {
	readonly missing: Failure;
	readonly unfit: (given: Value) => Failure;
}

const needOf =
	<Kind>({ kindOf, costOf }: Pick<NeededKind<Kind>, "kindOf" | "costOf">) =>
	({ evaluate, missing, unfit }: Source): Need<Kind> =>
	(here, run) => {
		const given = evaluate(here, run);
		if (given instanceof Failure) return given;
		if (given === undefined || given === null) return missing;
		const kind = kindOf(given);
		if (kind === undefined) return unfit(given);
		if (costOf !== undefined) spend(run, costOf(kind));
		return kind;
	};

/** A number that is needed. Of all arguments numbers are the commonest: most are read without calling anything. */
export interface NumberSource {
	readonly shortcut: Shortcut | undefined;
	/** Reads it wherever it stands. */
	readonly need: Need<Decimal>;
}

const numberSource = (source: Source): NumberSource => ({
	shortcut: narrowed(source.shortcut, "numbers"),
	need: needOf({ kindOf: numberOf })(source),
});

/** The number, or why there is none. */
export function numberFrom({ shortcut, need }: NumberSource, here: Value, run: Run): Decimal | Failure {
	const found = shortcut === undefined ? undefined : standingAt(shortcut, here);
	return typeof found === "number" && isPlain(found) ? found : need(here, run);
}

const maskedNumber = (given: Value | undefined): string =>
	given !== undefined && decimalOf(given) === "beyond 34 digits"
		? "a number beyond 34 digits"
		: masked(given);

function numbersOf(given: Value): readonly Decimal[] | undefined {
	if (!isList(given)) return undefined;
	const all: Decimal[] = [];
	for (const item of given) {
		const exact = numberOf(item);
		if (exact === undefined) return undefined;
		all.push(exact);
	}
	return all;
}

function allOf<Given>(read: readonly (Given | Wrong)[]): readonly Given[] | Wrong {
	return read.includes(wrong) ? wrong : (read as readonly Given[]);
}
