import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadProgram } from "../src/catalog/program.ts";
import { checkContextOf } from "../src/host/definitions.ts";
import { mappingFileOf, projectRoot, readProgram } from "../src/host/node/definitions.ts";
import { checkMappings } from "../src/map/mappings.ts";
import { drawProblem } from "../src/model/problem.ts";
import { invariant } from "../src/model/result.ts";

/**
 * Mistakes that people make in mapping files, and what `mappings check` says of each, as it draws it. Files that share
 * their number are checked together. A change of wording is accepted with `vitest -u`, and reviewed like code.
 */
const folder = "test/wrong-mappings";
const files = readdirSync(join(projectRoot, folder)).filter((name) => name.endsWith(".yaml"));
const cases = files.filter((name) => !files.some((other) => isPartOf(name, other)));

/** `24-overlap-large.yaml` is a part of `24-overlap.yaml`. */
function isPartOf(name: string, other: string): boolean {
	return name !== other && name.startsWith(`${other.replace(".yaml", "")}-`);
}

const { program } = loadProgram(readProgram(projectRoot));
invariant(program !== undefined, "the program has no mistakes");
const context = checkContextOf(program);

it.each(cases)("%s is refused as its reader would like it", async (name) => {
	const checked = files
		.filter((other) => other === name || isPartOf(other, name))
		.map((file) => {
			const path = `${folder}/${file}`;
			const text = readFileSync(join(projectRoot, path), "utf8");
			return { ...mappingFileOf({ path, text }), name: `shop/${file.slice(3, -".yaml".length)}` };
		});
	const problems = checkMappings(checked, context);
	const textOf = (path: string): string => checked.find((file) => file.path === path)?.text ?? "";
	const drawn = problems.map((problem) => drawProblem(problem, textOf(problem.file)));
	await expect(`${drawn.join("\n")}\n`).toMatchFileSnapshot(
		join(projectRoot, folder, name.replace(".yaml", ".txt")),
	);
});
