import { describe, expect, it } from "vitest";
import type { Crypto } from "../../model/crypto.ts";
import type { Value } from "../../model/json.ts";
import type { Problem } from "../../model/problem.ts";
import { readingTo } from "../check/reads.ts";
import type { Compiler, Example } from "../compiler.ts";
import { Failure, type Outcome } from "../evaluate.ts";
import { compileExpression } from "../expression.ts";
import { jsonOf } from "../values/written.ts";
import { literalOf, type Node, readYaml } from "../yaml.ts";
import { operatorOf, operators } from "./operators.ts";

function nodeOf(text: string): Node {
	const { node, problems } = readYaml(text);
	expect(problems).toEqual([]);
	if (node === undefined) throw new Error(`no YAML: ${text}`);
	return node;
}

/** What the expression gives for the message, or the problems for which it is refused. */
function evaluate(
	{ expression, message = "{}" }: Example,
	{ sha256Hex }: Crypto,
): Outcome | readonly Problem[] {
	const problems: Problem[] = [];
	const compiler: Compiler = {
		file: "example.yaml",
		operators: operatorOf,
		names: [],
		written: false,
		sha256Hex,
		report: (problem) => problems.push(problem),
		reading: readingTo(() => undefined),
	};
	const { evaluate } = compileExpression(nodeOf(expression), compiler);
	if (problems.length > 0) return problems;
	const content = literalOf(nodeOf(message)) as { readonly [key: string]: Value };
	return evaluate(content, {
		message: { id: "m-1", type: "track", time: undefined, identities: [], content },
		delivery: { receivedAt: 0, headers: {}, settings: {} },
		items: [],
		steps: 0,
	});
}

function prove(example: Example, crypto: Crypto): void {
	const outcome = evaluate(example, crypto);
	if ("refused" in example) {
		expect(outcome).toMatchObject([{ message: expect.stringContaining(example.refused) }]);
	} else if ("fails" in example) {
		expect(outcome).toBeInstanceOf(Failure);
		expect((outcome as Failure).reason).toContain(example.fails);
	} else if ("absent" in example) {
		expect(outcome instanceof Failure && outcome.missing ? undefined : outcome).toBe(undefined);
	} else {
		expect(outcome).not.toBe(undefined);
		expect(outcome).not.toBeInstanceOf(Failure);
		expect(jsonOf(outcome as Value)).toEqual(jsonOf(literalOf(nodeOf(example.gives))));
	}
}

/** Every operator does on every host what its examples show: patterns, time zones and names of months too. */
export function testOperators(host: string, crypto: Crypto): void {
	describe(`on ${host}`, () => {
		describe.each(operators)("$name", ({ about, examples }) => {
			it("is explained, and shown in three examples at least, one of what it refuses", () => {
				expect(about).toMatch(/^[A-Z`].*\.$/);
				expect(examples.length).toBeGreaterThanOrEqual(3);
				expect(examples.some((example) => "fails" in example || "refused" in example)).toBe(true);
			});

			it.each(examples)("does what $expression shows of $message", (example) => prove(example, crypto));
		});

		it("gives every operator a name of its own", () => {
			expect(operatorOf.size).toBe(operators.length);
		});
	});
}
