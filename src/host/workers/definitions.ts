import { invariant } from "../../model/result.ts";
import { type Definitions, loadDefinitions } from "../definitions.ts";
import { mappingFiles, programFiles } from "./definitions.generated.ts";

/**
 * The program and the mappings as they were bundled.
 *
 * A mistake in the program throws while the Worker loads: the platform then refuses the deployment, and what ran
 * before goes on.
 */
export const definitions: Definitions = loaded();

function loaded(): Definitions {
	const result = loadDefinitions({ program: programFiles, mappings: mappingFiles });
	invariant(result.ok, `the bundled program is sound${result.ok ? "" : `: ${result.failure.join("\n")}`}`);
	return result.value;
}
