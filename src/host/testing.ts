import { loadProgram } from "../catalog/program.ts";
import type { CompiledConfiguration } from "../catalogue.ts";
import { invariant } from "../model/result.ts";
import { checkContextOf, openMappingCompiler } from "./definitions.ts";

/** What tests have that configure neither actions nor mappings. */
export function bareConfiguration(): CompiledConfiguration {
	const { program } = loadProgram([]);
	invariant(program !== undefined, "everything has defaults");
	return {
		program,
		compiler: openMappingCompiler(checkContextOf(program)),
		mappings: { set: null, problems: [], awaits: () => undefined },
		actionProblems: [],
	};
}
