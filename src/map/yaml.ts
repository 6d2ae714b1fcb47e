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
import type { ExactNumber, Value } from "../model/json.ts";
import { decimalOfText } from "./decimal.ts";

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

const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const leadingZero = /^[-+]?0[0-9]/;

/**
 * Reads one YAML 1.2 document (core schema). Numbers are JSON's and keep their digits, keys are texts, and there
 * are no merge keys. The node is undefined where the form is so broken that reading on would mislead.
 */
export function readYaml(text: string): { node: Node | undefined; problems: readonly YamlProblem[] } {
	const lines = new LineCounter();
	const problems: YamlProblem[] = [];
	const anchored = new Map<string, { node: Node; size: number }>();
	let nodes = 0;
	let aliases = 0;

	const atOf = (offset: number): At => {
		const { line, col } = lines.linePos(offset);
		return { line: Math.max(line, 1), column: Math.max(col, 1) };
	};
	const report = (at: At, code: string, message: string, help = ""): void => {
		problems.push({ at, code, message, help });
	};

	const scalar = (source: Scalar.Parsed, at: At): ScalarNode => {
		const { value } = source;
		if (typeof value !== "number") {
			return {
				kind: "scalar",
				value: value === null || typeof value === "boolean" ? value : String(value),
				at,
			};
		}
		const digits = source.source;
		if (leadingZero.test(digits)) {
			report(
				at,
				"leading-zero",
				`${digits} begins with a zero, which a number would lose`,
				`quote it: "${digits}"`,
			);
		} else if (!jsonNumber.test(digits)) {
			report(
				at,
				"not-a-number",
				`${digits} is not a number as JSON writes them`,
				`quote it if it is a text: "${digits}"`,
			);
		} else {
			const exact = decimalOfText(digits);
			if (typeof exact !== "string") return { kind: "scalar", value: exact, at };
			report(at, "number-too-large", `${digits} has more than 34 digits or an exponent beyond 34`);
		}
		return { kind: "scalar", value: null, at };
	};

	const alias = (name: string, at: At): Node => {
		aliases += 1;
		if (aliases === aliasesMax + 1)
			report(at, "too-many-aliases", `there are more than ${aliasesMax} aliases`);
		const target = anchored.get(name);
		if (target === undefined) {
			report(at, "unknown-alias", `no anchor before this is called \`&${name}\``);
			return { kind: "scalar", value: null, at };
		}
		nodes += target.size;
		return target.node;
	};

	const convert = (source: ParsedNode | null, fallback: At, depth: number): Node => {
		nodes += 1;
		if (source === null) return { kind: "scalar", value: null, at: fallback };
		const at = atOf(source.range[0]);
		if (isAlias(source)) return alias(source.source, at);
		const before = nodes;
		const node = convertPlain(source, at, depth);
		if (source.anchor !== undefined) anchored.set(source.anchor, { node, size: nodes - before + 1 });
		return node;
	};

	const convertPlain = (source: ParsedNode, at: At, depth: number): Node => {
		if (isScalar(source)) return scalar(source, at);
		if (depth === depthMax) {
			report(at, "too-deep", `this is nested deeper than ${depthMax} levels`);
			return { kind: "scalar", value: null, at };
		}
		if (isSeq(source)) {
			const items = source.items.map((item) => convert(item as ParsedNode | null, at, depth + 1));
			return { kind: "list", items, at };
		}
		if (!isMap(source)) return { kind: "scalar", value: null, at };
		const entries: Entry[] = [];
		for (const pair of source.items) {
			const key = pair.key as ParsedNode;
			const keyAt = key.range === undefined ? at : atOf(key.range[0]);
			const name = isScalar(key) ? String(key.value) : "";
			if (name === "<<")
				report(keyAt, "merge-key", "merge keys (`<<`) are not used here", "write the keys out");
			if (name === "__proto__") report(keyAt, "forbidden-key", "no attribute can be called `__proto__`");
			entries.push({
				key: name,
				at: keyAt,
				value: convert(pair.value as ParsedNode | null, keyAt, depth + 1),
			});
		}
		return { kind: "object", entries, at };
	};

	let document: ReturnType<typeof parseDocument>;
	try {
		document = parseDocument(text, {
			version: "1.2",
			schema: "core",
			merge: false,
			stringKeys: true,
			prettyErrors: false,
			logLevel: "silent",
			lineCounter: lines,
		});
	} catch {
		// The library walks recursively, and a file of ten thousand brackets ends its stack.
		report({ line: 1, column: 1 }, "not-yaml", "the file can not be read as YAML: it is nested too deeply");
		return { node: undefined, problems };
	}
	for (const { pos, code, message } of [...document.errors, ...document.warnings]) {
		const at = atOf(pos[0]);
		if (code === "DUPLICATE_KEY") report(at, "duplicate-key", "this key is there twice", "keep one of them");
		else report(at, "not-yaml", `the file is not YAML: ${lowerFirst(message)}`);
	}
	if (problems.some(({ code }) => code === "not-yaml")) return { node: undefined, problems };

	const node = convert(document.contents as ParsedNode | null, { line: 1, column: 1 }, 0);
	if (nodes > nodesMax) {
		report(node.at, "too-large", `the file says more than ${nodesMax} things, aliases counted each time`);
		return { node: undefined, problems };
	}
	return { node, problems };
}

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

export const entryOf = (node: ObjectNode, key: string): Entry | undefined =>
	node.entries.find((entry) => entry.key === key);

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
