import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import type { ValueObject } from "../model/json.ts";
import { readingTo } from "./check/reads.ts";
import { compileCondition } from "./condition.ts";
import { matchers } from "./matchers.ts";
import { operatorOf } from "./operators/operators.ts";
import { literalOf, type Node, readYaml } from "./yaml.ts";

function nodeOf(text: string): Node {
	const { node } = readYaml(text);
	if (node === undefined) throw new Error(`no YAML: ${text}`);
	return node;
}

const holds = (condition: string, content: ValueObject): boolean =>
	compileCondition(nodeOf(condition), {
		file: "example.yaml",
		operators: operatorOf,
		reading: readingTo(() => undefined),
		names: [],
		written: false,
		sha256Hex: nodeCrypto.sha256Hex,
		report: ({ message }) => expect.fail(message),
	}).test(content, {
		message: { id: "m-1", type: "track", time: undefined, identities: [], content },
		delivery: { receivedAt: 0, headers: {}, settings: {} },
		items: [],
		steps: 0,
	});

describe.each(matchers)("$name", ({ name, about, examples }) => {
	it("is explained, and shown in three examples at least, some of which hold and some do not", () => {
		expect(about).toMatch(/^[A-Z].*\.$/);
		expect(examples.length).toBeGreaterThanOrEqual(3);
		expect(new Set(examples.map((example) => example.holds)).size).toBe(2);
	});

	it.each(examples)("$given holds for $value: $holds", ({ value, given, holds: expected }) => {
		const content = value === undefined ? {} : { v: literalOf(nodeOf(value)) };
		expect(holds(`{ v: { ${name}: ${given} } }`, content)).toBe(expected);
	});
});
