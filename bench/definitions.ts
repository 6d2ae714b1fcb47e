import type { Program } from "../src/catalog/program.ts";
import { checkContextOf } from "../src/host/definitions.ts";
import { projectRoot, readDefinitions } from "../src/host/node/definitions.ts";
import { compileMappings, type MappingSet } from "../src/map/mappings.ts";
import { layered } from "../src/model/mapping-file.ts";
import { sentenceOf } from "../src/model/problem.ts";

/** The shipped program and presets: there is nothing to measure where they have errors. */
export function definitions(): { readonly program: Program; readonly mappings: MappingSet } {
	const loaded = readDefinitions(projectRoot);
	if (!loaded.ok) throw new Error(loaded.failure.join("\n"));
	const { program, files } = loaded.value;
	const { set, problems } = compileMappings(layered(files), checkContextOf(program));
	if (set === undefined) throw new Error(problems.map(sentenceOf).join("\n"));
	return { program, mappings: set };
}
