import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { isObject, type Value } from "../model/json.ts";
import { readingTo } from "./check/reads.ts";
import { Failure } from "./evaluate.ts";
import { compileExpression } from "./expression.ts";
import { operatorOf, operators } from "./operators/operators.ts";
import { literalOf, type Node, readYaml } from "./yaml.ts";

/** What every failure of an operator tells whoever has to mend it, shown by the examples that fail. */

const failing = operators.flatMap(({ name, examples }) =>
	examples.flatMap((example) =>
		"fails" in example ? [{ name, expression: example.expression, message: example.message ?? "{}" }] : [],
	),
);

function nodeOf(text: string): Node {
	const { node } = readYaml(text);
	if (node === undefined) throw new Error(`no YAML: ${text}`);
	return node;
}

function failureOf(expression: Node, content: Value): Failure {
	const compiled = compileExpression(expression, {
		file: "example.yaml",
		operators: operatorOf,
		names: [],
		written: false,
		sha256Hex: nodeCrypto.sha256Hex,
		report: ({ message }) => {
			throw new Error(message);
		},
		reading: readingTo(() => undefined),
	});
	if (!isObject(content)) throw new Error("a message is an object");
	const outcome = compiled.evaluate(content, {
		message: { id: "m-1", type: "track", time: undefined, identities: [], content },
		delivery: { receivedAt: 0, headers: {}, settings: {} },
		items: [],
		steps: 0,
	});
	if (!(outcome instanceof Failure)) throw new Error("it does not fail");
	return outcome;
}

/** The texts and numbers in a message that are long enough to be told from a word of the sentence. */
function valuesIn(value: Value): readonly string[] {
	if (Array.isArray(value)) return value.flatMap(valuesIn);
	if (isObject(value)) return Object.values(value).flatMap(valuesIn);
	return String(value).length > 2 && typeof value !== "boolean" && value !== null ? [String(value)] : [];
}

describe.each(failing)("$expression of $message", ({ name, expression, message }) => {
	const node = nodeOf(expression);
	const content = literalOf(nodeOf(message));
	const { reason, at } = failureOf(node, content);

	it("names the operator, its place, and the path that is to blame, where there is one", () => {
		const inside = operators.map((operator) => operator.name).filter((one) => expression.includes(one));
		expect([name, ...inside].some((one) => reason.startsWith(`\`${one}\``))).toBe(true);
		expect(at).toMatchObject({ file: "example.yaml", line: 1, column: expect.any(Number) });
		const paths = [...expression.matchAll(/\$\.[\w.]+/g)].map(([path]) => path);
		if (paths.length === 0) return;
		expect(paths).toContain(at.path);
		expect(paths.some((path) => reason.includes(`\`${path}\``))).toBe(true);
	});

	it("shows nothing of the message", () => {
		for (const value of valuesIn(content)) expect(reason).not.toContain(value);
	});
});
