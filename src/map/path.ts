import { ExactNumber, isList, isObject, own, type Value, type ValueObject } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import { nearestName } from "./check/suggest.ts";
import type { Run } from "./evaluate.ts";
import { textOfInstant } from "./values/instant.ts";

/** Where a path begins. */
type Root =
	/** `$`: the current element. */
	| { readonly kind: "here" }
	/** `$$`: the message's content. */
	| { readonly kind: "content" }
	/** `$message`: what the connector found out about it. */
	| { readonly kind: "message" }
	/** `$delivery`: what is known of the request and its endpoint. */
	| { readonly kind: "delivery" }
	/** A name bound by `item:`. */
	| { readonly kind: "item"; readonly slot: number };

interface Step {
	readonly name: string;
	/** The place in a list, negative from its end; undefined where the name is none. */
	readonly index: number | undefined;
}

export interface Path {
	/** As people write it. */
	readonly source: string;
	readonly root: Root;
	readonly steps: readonly Step[];
}

/** What is wrong with a path, and what would be right. */
export interface BadPath {
	readonly message: string;
	readonly help: string;
}

export type Read = (here: Value, run: Run) => Value | undefined;

export const here: Path = { source: "$", root: { kind: "here" }, steps: [] };

/** `$`, `$$`, or `$name`, and what follows the dot. */
const rooted = /^(\$\$|\$(?:[A-Za-z_][A-Za-z0-9_]*)?)(?:\.([\s\S]*))?$/;
const indexed = /^(?:0|-?[1-9][0-9]*)$/;
const stepsMax = 64;
const messageNames = ["id", "type", "time"];
const deliveryNames = ["receivedAt", "headers", "settings"];

/** Whether a text is a path and not a literal: `$5` is a price. */
export const isPath = (text: string): boolean => text.charCodeAt(0) === 36 && rooted.test(text);

/** What would be right where a text was meant as a path; empty where it can not have been. */
export const pathMeant = (value: Value): string =>
	typeof value === "string" && /^[A-Za-z_][\w.]*$/.test(value) ? `a path is written \`$.${value}\`` : "";

/** A path with its root. `names` are those bound by `item:`, whose place in the list is their slot. */
export function parsePath(source: string, names: readonly string[]): Result<Path, BadPath> {
	const [, rootName = "", rest] = rooted.exec(source) ?? [];
	const root = rootOf(rootName, names);
	if (root === undefined) {
		const near = nearestName(rootName, ["$message", "$delivery", ...names.map((name) => `$${name}`)]);
		const meant = near === undefined ? `$.${source.slice(1)}` : source.replace(rootName, near);
		return bad({
			message: `\`${source}\` begins with \`${rootName}\`, which is bound to nothing here`,
			help: `did you mean \`${meant}\`? a text that is no path is written { $literal: "${source}" }`,
		});
	}
	const steps = rest === undefined ? good([]) : parseSteps(rest);
	if (!steps.ok) return bad(describe(source, steps.failure));
	return complete({ source, root, steps: steps.value });
}

/** The path that reads these names, each under the one before: `$.properties.'first name'`; `$` where there are none. */
export const writtenPath = (names: readonly string[]): string => ["$", ...names.map(writtenName)].join(".");

/** Plain where it is read as itself: `-1` would be a place in a list. */
const writtenName = (name: string): string =>
	/^(?!-[0-9])[^.'\s[\]]+$/.test(name) ? name : `'${name.replaceAll("'", "''")}'`;

/** A path from `$` as a condition's key: without its root, unless the rest would be an operator or no key of YAML. */
export function keyOfPath(path: string): string {
	const rest = path.slice("$.".length);
	return /^(?:\$|__proto__$|<<$)/.test(rest) ? path : rest;
}

/** A path that goes on from another: `properties.total`. */
export function extendPath(path: Path, tail: string): Result<Path, BadPath> {
	const steps = parseSteps(tail);
	if (!steps.ok) return bad(describe(tail, steps.failure));
	return complete({ ...path, source: `${path.source}.${tail}`, steps: [...path.steps, ...steps.value] });
}

/** The closure that reads a path: own properties only, and nothing below what is neither list nor object. */
export function readerOf({ root, steps }: Path): Read {
	const read = walkOf(steps);
	switch (root.kind) {
		case "here":
			return read;
		case "content":
			return (_, run) => read(run.message.content);
		case "item": {
			const { slot } = root;
			return (_, run) => read(run.items[slot]);
		}
		case "message":
			return readerOfMessage(steps[0]?.name);
		case "delivery":
			return readerOfDelivery(steps);
	}
}

function readerOfMessage(name: string | undefined): Read {
	if (name === "id") return (_, run) => run.message.id;
	if (name === "type") return (_, run) => run.message.type;
	return (_, run) => (run.message.time === undefined ? undefined : textOfInstant(run.message.time));
}

function readerOfDelivery([first, ...rest]: readonly Step[]): Read {
	if (first?.name === "receivedAt") return (_, run) => textOfInstant(run.delivery.receivedAt);
	if (first?.name === "settings") {
		const read = walkOf(rest);
		return (_, run) => read(run.delivery.settings);
	}
	const read = walkOf(rest.map((step) => ({ ...step, name: step.name.toLowerCase() })));
	return (_, run) => read(run.delivery.headers);
}

type Walk = (from: Value | undefined) => Value | undefined;

function walkOf(steps: readonly Step[]): Walk {
	const [first, second, ...rest] = steps;
	if (first === undefined) return (from) => from;
	if (second === undefined) return takeOf(first);
	if (rest.length === 0 && isPlain(first) && isPlain(second)) return takeTwo(first.name, second.name);
	const takes = steps.map(takeOf);
	return (from) => {
		let value = from;
		for (const take of takes) value = take(value);
		return value;
	};
}

/**
 * A place one or two steps from the current element, and what is an expression's value where it stands there. It spares
 * most values a call, and says nothing about the others: those are evaluated.
 */
export interface Shortcut {
	readonly under: string | undefined;
	readonly name: string;
	/** Everything, for the expression is that path; or texts and plain numbers; or plain numbers alone. */
	readonly takes: "everything" | "scalars" | "numbers";
}

/** The place that the path reads, where it is near enough for a shortcut. */
export function shortcutOf({ root, steps }: Path): Shortcut | undefined {
	const [first, second, third] = steps;
	if (root.kind !== "here" || first === undefined || third !== undefined) return undefined;
	if (!steps.every(isPlain)) return undefined;
	const under = second === undefined ? undefined : first.name;
	return { under, name: (second ?? first).name, takes: "everything" };
}

/** A shortcut that takes no more than this. */
export const narrowed = (shortcut: Shortcut | undefined, takes: Shortcut["takes"]): Shortcut | undefined =>
	shortcut === undefined ? undefined : { under: shortcut.under, name: shortcut.name, takes };

/** What stands at the end of a shortcut, whether it takes it or not. */
export const standingAt = ({ under, name }: Shortcut, here: Value): Value | undefined =>
	attributeOf(under === undefined ? here : attributeOf(here, under), name);

/** Reads an attribute whose name is that of a shortcut: it is in no prototype. */
export const attributeOf = (from: Value | undefined, name: string): Value | undefined =>
	typeof from === "object" && from !== null ? (from as ValueObject)[name] : undefined;

function takeOf(step: Step): Walk {
	const { name, index } = step;
	if (isPlain(step)) return (from) => attributeOf(from, name);
	return (from) => {
		if (isList(from)) return index === undefined ? undefined : from.at(index);
		return isObject(from) ? own(from, name) : undefined;
	};
}

/** The commonest path, `$.properties.total`, in one call. */
const takeTwo =
	(first: string, second: string): Walk =>
	(from) => {
		if (typeof from !== "object" || from === null) return undefined;
		const value = (from as ValueObject)[first];
		return typeof value === "object" && value !== null ? (value as ValueObject)[second] : undefined;
	};

/** What has names that are not a message's own: objects, lists and exact numbers. */
const strangers = [new ExactNumber("0"), []] as const;

/** Whether a name is in no prototype and no place of a list, so that it can be read without asking whose it is. */
const isPlain = ({ name, index }: Step): boolean =>
	index === undefined && !/^[0-9]+$/.test(name) && !strangers.some((stranger) => name in stranger);

function rootOf(name: string, names: readonly string[]): Root | undefined {
	const slot = names.lastIndexOf(name.slice(1));
	if (slot >= 0) return { kind: "item", slot };
	if (name === "$") return { kind: "here" };
	if (name === "$$") return { kind: "content" };
	if (name === "$message") return { kind: "message" };
	if (name === "$delivery") return { kind: "delivery" };
	return undefined;
}

/** Names and indexes between dots; `'…'` quotes a name with a dot or a space, `''` in it is one quote. */
function parseSteps(text: string): Result<readonly Step[], string> {
	const steps: Step[] = [];
	const pattern = /(?:'((?:[^']|'')*)'|([^.'\s[\]]+))(\.|$)/y;
	while (pattern.lastIndex < text.length) {
		const start = pattern.lastIndex;
		const found = pattern.exec(text);
		if (found === null) return bad(whyNoStep(text.slice(start)));
		const [, quoted, plain] = found;
		if (quoted !== undefined) steps.push({ name: quoted.replaceAll("''", "'"), index: undefined });
		else if (plain !== undefined)
			steps.push({ name: plain, index: indexed.test(plain) ? Number(plain) : undefined });
		if (found[3] === "." && pattern.lastIndex === text.length) return bad("it ends in a dot");
	}
	if (steps.length === 0) return bad("it ends in a dot");
	if (steps.length > stepsMax) return bad(`it has more than ${stepsMax} steps`);
	return good(steps);
}

function whyNoStep(rest: string): string {
	if (rest.startsWith(".")) return "it has two dots in a row";
	if (rest.startsWith("'")) return "a quoted name does not end, or goes on after its quote";
	if (/^[^.']*[[\]]/.test(rest))
		return "it has brackets: a place in a list is written `.0`, the last one `.-1`";
	return "a name with a space or a quote must stand in quotes: `'first name'`";
}

function describe(source: string, reason: string): BadPath {
	const repaired = repair(source);
	const isPathNow = parseSteps(repaired.replace(/^\$+[^.]*\./, "")).ok;
	return {
		message: `\`${source}\` is no path: ${reason}`,
		help: isPathNow
			? `write \`${repaired}\``
			: "a path is names and places joined by dots: `$.products.0.sku`",
	};
}

/** The path as it was probably meant: brackets as steps, single dots, names with spaces in quotes. */
const repair = (source: string): string =>
	source
		.replaceAll(/\[\s*["']?([^\]"']*)["']?\s*\]/g, ".$1")
		.replaceAll(/\.{2,}/g, ".")
		.replace(/\.$/, "")
		.split(".")
		.map((step) => (/\s/.test(step) || step.startsWith("'") ? `'${step.replaceAll("'", "").trim()}'` : step))
		.join(".");

/** What stands under `$message` and `$delivery` is known when the mapping is compiled. */
function complete(path: Path): Result<Path, BadPath> {
	const { kind } = path.root;
	if (kind !== "message" && kind !== "delivery") return good(path);
	const names = kind === "message" ? messageNames : deliveryNames;
	const name = path.steps[0]?.name ?? "";
	if (names.includes(name)) return good(path);
	const near = nearestName(name, names);
	return bad({
		message: `\`${path.source}\` reads nothing: \`$${kind}\` has ${names.map((known) => `\`${known}\``).join(", ")}`,
		help: near === undefined ? "" : `did you mean \`${near}\`?`,
	});
}
