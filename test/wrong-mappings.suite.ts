import { loadProgram } from "../src/catalog/program.ts";
import { checkContextOf, type DefinitionFile } from "../src/host/definitions.ts";
import { checkMappings } from "../src/map/mappings.ts";
import { drawProblem } from "../src/model/problem.ts";
import { invariant } from "../src/model/result.ts";

/** The files that are checked by themselves; files that share their number are checked together. */
export const casesOf = (names: readonly string[]): readonly string[] =>
	names.filter((name) => !names.some((other) => isPartOf(name, other)));

/** `24-overlap-large.yaml` is a part of `24-overlap.yaml`. */
const isPartOf = (name: string, other: string): boolean =>
	name !== other && name.startsWith(`${other.replace(".yaml", "")}-`);

/** What `mappings check` says of a file of `test/wrong-mappings`, and of its parts, as it draws it. */
export function drawnOf(
	name: string,
	texts: ReadonlyMap<string, string>,
	programFiles: readonly DefinitionFile[],
): string {
	const { program } = loadProgram(programFiles);
	invariant(program !== undefined, "the program has no mistakes");
	const checked = [...texts]
		.filter(([other]) => other === name || isPartOf(other, name))
		.map(([file, text]) => ({
			name: `shop/${file.slice(3, -".yaml".length)}`,
			path: `test/wrong-mappings/${file}`,
			text,
			version: "1",
		}));
	const problems = checkMappings(checked, checkContextOf(program));
	const textOf = (path: string): string => checked.find((file) => file.path === path)?.text ?? "";
	return `${problems.map((problem) => drawProblem(problem, textOf(problem.file))).join("\n")}\n`;
}
