import {
	isAlias,
	isMap,
	isScalar,
	isSeq,
	LineCounter,
	type ParsedNode,
	parseDocument,
	type Scalar,
} from "yaml";
import { ExactNumber, type Value } from "../model/json.ts";
import { faultOf } from "./check/yaml-faults.ts";
import { decimalOfText } from "./values/decimal.ts";

/** A place in a file, both counted from 1. */
export interface At {
	readonly line: number;
	readonly column: number;
}

/** What YAML can say, each part with its place. Aliases are resolved: an aliased node is shared. */
export type Node = ScalarNode | ListNode | ObjectNode;

export interface ScalarNode {
	readonly kind: "scalar";
	readonly value: null | boolean | string | number | ExactNumber;
	readonly at: At;
}

export interface ListNode {
	readonly kind: "list";
	readonly items: readonly Node[];
	readonly at: At;
}

export interface ObjectNode {
	readonly kind: "object";
	readonly entries: readonly Entry[];
	readonly at: At;
}

export interface Entry {
	readonly key: string;
	readonly at: At;
	readonly value: Node;
}

/** A mistake of the file's form, before anybody asks what it means. */
export interface YamlProblem {
	readonly at: At;
	readonly code: string;
	readonly message: string;
	readonly help: string;
}

const aliasesMax = 100;
/** A long mapping has some 300; aliases of aliases could make a small file a billion. */
const nodesMax = 20_000;
/** Deeper than any payload, shallower than what makes a recursive walk expensive. */
const depthMax = 64;

const leadingZero = /^[-+]?0[0-9]/;
/** `1_000`, as YAML 1.1 and many languages write a thousand. */
const underscored = /^[-+]?[0-9]+(?:_[0-9]+)+$/;

/**
 * Reads one YAML 1.2 document (core schema). Numbers are JSON's and keep their digits, keys are texts, and there
 * are no merge keys. The node is undefined where the form is so broken that reading on would mislead.
 */
export function readYaml(text: string): { node: Node | undefined; problems: readonly YamlProblem[] } {
	const lines = new LineCounter();
	const problems: YamlProblem[] = [];
	const source: Source = {
		atOf: (offset) => {
			const { line, col } = lines.linePos(offset);
			return { line: Math.max(line, 1), column: Math.max(col, 1) };
		},
		report: (at, code, message, help = "") => problems.push({ at, code, message, help }),
		anchors: new Map(),
		nodes: 0,
		aliases: 0,
	};
	const document = parse(text, lines);
	if (document === undefined) {
		source.report(start, "not-yaml", "the file can not be read as YAML: it is nested too deeply");
		return { node: undefined, problems };
	}
	// What follows the first mistake of form is mostly about the first.
	const [error] = [...document.errors, ...document.warnings];
	if (error !== undefined) {
		const { offset, message, help } = faultOf(error, text, document);
		source.report(source.atOf(offset), "not-yaml", message, help);
		return { node: undefined, problems };
	}
	const node = convert(document.contents as ParsedNode | null, start, 0, source);
	if (source.nodes <= nodesMax) return { node, problems };
	source.report(start, "too-large", `the file says more than ${nodesMax} things, aliases counted each time`);
	return { node: undefined, problems };
}

/** What is known of a file while it is read. */
interface Source {
	readonly atOf: (offset: number) => At;
	readonly report: (at: At, code: string, message: string, help?: string) => void;
	/** Complete nodes only, so that an alias inside its own anchor finds none. */
	readonly anchors: Map<string, { readonly node: Node; readonly size: number }>;
	/** With those of aliases counted at each alias. */
	nodes: number;
	aliases: number;
}

const start: At = { line: 1, column: 1 };

/** Undefined where the library, which walks recursively, comes to the end of its stack. */
function parse(text: string, lineCounter: LineCounter): ReturnType<typeof parseDocument> | undefined {
	try {
		return parseDocument(text, {
			version: "1.2",
			schema: "core",
			merge: false,
			stringKeys: true,
			uniqueKeys: false,
			prettyErrors: false,
			// `silent` would also be silent of a second document.
			logLevel: "error",
			lineCounter,
		});
	} catch {
		return undefined;
	}
}

function convert(node: ParsedNode | null, fallback: At, depth: number, source: Source): Node {
	source.nodes += 1;
	if (node === null) return nullAt(fallback);
	const at = source.atOf(node.range[0]);
	if (isAlias(node)) return resolve(node.source, at, source);
	const before = source.nodes;
	const converted = convertPlain(node, at, depth, source);
	if (node.anchor !== undefined) {
		source.anchors.set(node.anchor, { node: converted, size: source.nodes - before + 1 });
	}
	return converted;
}

function convertPlain(node: ParsedNode, at: At, depth: number, source: Source): Node {
	if (isScalar(node)) return { kind: "scalar", value: scalarValue(node, at, source), at };
	if (depth === depthMax) {
		source.report(at, "too-deep", `this is nested deeper than ${depthMax} levels`);
		return nullAt(at);
	}
	if (isSeq(node))
		return { kind: "list", items: node.items.map((item) => convert(item, at, depth + 1, source)), at };
	if (!isMap(node)) return nullAt(at);
	const entries: Entry[] = [];
	for (const pair of node.items) {
		const keyAt = source.atOf(pair.key.range[0]);
		const key = isScalar(pair.key) ? String(pair.key.value) : "";
		const value = convert(pair.value, keyAt, depth + 1, source);
		if (isSound(key, keyAt, entries, source)) entries.push({ key, at: keyAt, value });
	}
	return { kind: "object", entries, at };
}

/** Whether a key can stand beside those before it; if not, that is reported. */
function isSound(key: string, at: At, before: readonly Entry[], { report }: Source): boolean {
	const first = before.find((entry) => entry.key === key);
	if (key === "<<") report(at, "merge-key", "merge keys (`<<`) are not used here", "write the keys out");
	else if (key === "__proto__") report(at, "forbidden-key", "no attribute can be called `__proto__`");
	else if (first !== undefined)
		report(
			at,
			"duplicate-key",
			`\`${key}\` is there twice, first in line ${first.at.line}`,
			"keep one of them",
		);
	else return true;
	return false;
}

function resolve(anchor: string, at: At, source: Source): Node {
	source.aliases += 1;
	if (source.aliases === aliasesMax + 1) {
		source.report(
			at,
			"too-many-aliases",
			`there are more than ${aliasesMax} aliases`,
			"write some of them out",
		);
	}
	const target = source.anchors.get(anchor);
	if (target === undefined) {
		const help = `a text that begins with \`*\` is quoted: "*${anchor}"`;
		source.report(at, "unknown-alias", `no anchor before this is called \`&${anchor}\``, help);
		return nullAt(at);
	}
	source.nodes += target.size;
	return target.node;
}

function scalarValue(
	{ value, source: digits, type }: Scalar.Parsed,
	at: At,
	source: Source,
): ScalarNode["value"] {
	if (value === null || typeof value === "boolean") return value;
	if (typeof value === "string" && type === "PLAIN" && underscored.test(value)) {
		source.report(
			at,
			"not-a-number",
			`${value} is a text to YAML 1.2 and looks like a number`,
			`write ${value.replaceAll("_", "")}, or quote it if it is a text: "${value}"`,
		);
		return null;
	}
	if (typeof value !== "number") return typeof value === "string" ? value : digits;
	if (leadingZero.test(digits)) {
		source.report(
			at,
			"leading-zero",
			`${digits} begins with a zero, which a number would lose`,
			`quote it: "${digits}"`,
		);
		return null;
	}
	const exact = decimalOfText(digits);
	if (exact === "not a number") {
		source.report(
			at,
			"not-a-number",
			`${digits} is not a number as JSON writes them`,
			`quote it if it is a text: "${digits}"`,
		);
		return null;
	}
	if (exact !== "beyond 34 digits") return exact;
	source.report(
		at,
		"number-too-large",
		`${digits} has more than 34 digits or an exponent beyond 34`,
		"quote it",
	);
	return null;
}

const nullAt = (at: At): ScalarNode => ({ kind: "scalar", value: null, at });

/** The value of a node taken literally: no paths, no operators. */
export function literalOf(node: Node): Value {
	switch (node.kind) {
		case "scalar":
			return node.value;
		case "list":
			return node.items.map(literalOf);
		case "object":
			return Object.fromEntries(node.entries.map(({ key, value }) => [key, literalOf(value)]));
	}
}

/** A node as a person reads it: `Order Completed or Completed Order`. */
export function writtenOf(node: Node): string {
	switch (node.kind) {
		case "scalar":
			return node.value instanceof ExactNumber ? node.value.source : String(node.value);
		case "list":
			return node.items.map(writtenOf).join(" or ");
		case "object":
			return node.entries.map(writtenEntry).join(" and ");
	}
}

const writtenEntry = ({ key, value }: Entry): string =>
	key.startsWith("$") ? `${key} ${writtenOf(value)}` : `${key}: ${writtenOf(value)}`;

export const entryOf = (node: ObjectNode, key: string): Entry | undefined =>
	node.entries.find((entry) => entry.key === key);
