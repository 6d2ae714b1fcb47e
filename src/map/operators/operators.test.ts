import { describe, expect, it } from "vitest";
import type { Value } from "../../model/json.ts";
import type { Problem } from "../../model/problem.ts";
import type { Compiler, Example } from "../compiler.ts";
import { Failure, type Outcome } from "../evaluate.ts";
import { compileExpression } from "../expression.ts";
import { readingTo } from "../reads.ts";
import { jsonOf } from "../written.ts";
import { literalOf, type Node, readYaml } from "../yaml.ts";
import { operatorOf, operators } from "./operators.ts";

function nodeOf(text: string): Node {
	const { node, problems } = readYaml(text);
	expect(problems).toEqual([]);
	if (node === undefined) throw new Error(`no YAML: ${text}`);
	return node;
}

function evaluate(expression: string, message = "{}"): Outcome {
	const problems: Problem[] = [];
	const compiler: Compiler = {
		file: "example.yaml",
		operators: operatorOf,
		names: [],
		written: false,
		report: (problem) => problems.push(problem),
		reading: readingTo(() => undefined),
	};
	const { evaluate } = compileExpression(nodeOf(expression), compiler);
	expect(problems).toEqual([]);
	const content = literalOf(nodeOf(message)) as { readonly [key: string]: Value };
	return evaluate(content, {
		message: { id: "m-1", type: "track", time: undefined, identities: [], content },
		delivery: { receivedAt: 0, headers: {}, settings: {} },
		items: [],
	});
}

function prove(example: Example): void {
	const outcome = evaluate(example.expression, example.message);
	if ("fails" in example) {
		expect(outcome).toBeInstanceOf(Failure);
		expect((outcome as Failure).reason).toContain(example.fails);
	} else if ("absent" in example) {
		const isAbsent = outcome === undefined || (outcome instanceof Failure && outcome.missing);
		expect(isAbsent).toBe(true);
	} else {
		if (outcome instanceof Failure) throw new Error(outcome.reason);
		expect(outcome).not.toBe(undefined);
		expect(jsonOf(outcome ?? null)).toEqual(jsonOf(literalOf(nodeOf(example.gives))));
	}
}

describe.each(operators)("$name", ({ about, examples }) => {
	it("is explained in a sentence and shown in an example", () => {
		expect(about).toMatch(/^[A-Z`].*\.$/);
		expect(examples.length).toBeGreaterThan(0);
	});

	it.each(examples)("does what $expression shows of $message", prove);
});

it("gives every operator a name of its own", () => {
	expect(operatorOf.size).toBe(operators.length);
});
