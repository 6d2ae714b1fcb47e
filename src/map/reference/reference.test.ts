import { describe, expect, it } from "vitest";
import { loadProgram } from "../../catalog/program.ts";
import { checkContextOf } from "../../host/definitions.ts";
import { projectRoot, readProgram } from "../../host/node/definitions.ts";
import { invariant } from "../../model/result.ts";
import { testMappings } from "../mappings.ts";
import { matchers } from "../matchers.ts";
import { operators } from "../operators/operators.ts";
import { referenceOf } from "./reference.ts";

const reference = referenceOf();
const headings = [...reference.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);

describe("the reference of the mapping language", () => {
	it("begins with a mapping that is sound and passes its tests", () => {
		const [, text = ""] = /```yaml\n([\s\S]*?)```/.exec(reference) ?? [];
		const { program } = loadProgram(readProgram(projectRoot));
		invariant(program !== undefined, "the shipped program is sound");
		const file = { name: "segment/example", path: "reference", text, version: "1" };
		expect(text).not.toBe("");
		expect(testMappings([file], checkContextOf(program))).toEqual([]);
	});

	it("has a section for every operator and matcher, and its links lead there", () => {
		const named = [...matchers, ...operators].map(({ name }) => `\`${name}\``);
		expect(headings).toEqual(expect.arrayContaining(named));
		const anchors = headings.map((heading) =>
			heading
				.toLowerCase()
				.replace(/[^a-z -]/g, "")
				.replaceAll(" ", "-"),
		);
		const links = [...reference.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link);
		expect(links.length).toBe(operators.length);
		expect(anchors).toEqual(expect.arrayContaining(links));
	});

	it("has tables whose rows are as wide as their heads", () => {
		const tables = [...reference.matchAll(/(?:^\|.*\n)+/gm)].map(([table]) => table.trimEnd().split("\n"));
		expect(tables.length).toBeGreaterThan(operators.length);
		const widthOf = (row: string): number => row.replaceAll("\\|", "").split("|").length;
		for (const [head = "", ...rows] of tables) {
			for (const row of rows) expect([row, widthOf(row)]).toEqual([row, widthOf(head)]);
		}
	});
});
