import type { Program } from "../src/catalog/program.ts";
import { loadDefinitions, projectRoot } from "../src/host/node/definitions.ts";
import type { MappingSet } from "../src/map/mappings.ts";

/** The shipped program and presets: there is nothing to measure where they have errors. */
export function definitions(): { readonly program: Program; readonly mappings: MappingSet } {
	const loaded = loadDefinitions(projectRoot);
	if (!loaded.ok) throw new Error(loaded.failure.join("\n"));
	const { program, mappings, troubles } = loaded.value;
	if (mappings === undefined) throw new Error(troubles.join("\n"));
	return { program, mappings };
}
