import type { Program } from "../src/catalog/program.ts";
import { projectRoot, readDefinitions } from "../src/host/node/definitions.ts";
import type { MappingSet } from "../src/map/mappings.ts";
import { layered } from "../src/model/mapping-file.ts";
import { sentenceOf } from "../src/model/problem.ts";

/** The shipped program and presets: there is nothing to measure where they have errors. */
export function definitions(): { readonly program: Program; readonly mappings: MappingSet } {
	const loaded = readDefinitions(projectRoot);
	if (!loaded.ok) throw new Error(loaded.failure.join("\n"));
	const { files, catalogue } = loaded.value;
	const { program, mappings } = catalogue.compile({
		actions: { hash: "", live: files.actions, problems: [] },
		mappings: { hash: "", live: layered(files.mappings), awaited: [], problems: [] },
	});
	if (mappings.set === null) throw new Error(mappings.problems.map(sentenceOf).join("\n"));
	return { program, mappings: mappings.set };
}
