import { invariant } from "../../model/result.ts";
import { compileDefinitions } from "../definitions.ts";
import { mappingFiles, programFiles } from "./definitions.generated.ts";

/**
 * The program and the mappings as they were bundled, compiled once an isolate.
 *
 * A mistake in them throws while the Worker loads: the platform then refuses the deployment, and what ran before
 * goes on.
 */
export const { program, mappings } = compiled();

function compiled() {
	const result = compileDefinitions({ program: programFiles, mappings: mappingFiles });
	invariant(result.ok, `the bundled program is sound${result.ok ? "" : `: ${result.failure.join("\n")}`}`);
	const { program, mappings, troubles } = result.value;
	invariant(mappings !== undefined, `the bundled mappings are sound: ${troubles.join("\n")}`);
	return { program, mappings };
}
