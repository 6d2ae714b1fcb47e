import type { Program } from "./catalog/program.ts";
import type { MappingCompiler } from "./map/mapping-compiler.ts";
import type { LiveMappings } from "./map/mappings.ts";
import type { Configuration } from "./model/configuration.ts";
import type { Problem } from "./model/problem.ts";
import type { Judge } from "./office/office.ts";

/** Makes what the office publishes ready to run, and judges what is put into it. What was asked before is remembered. */
export interface Catalogue {
	/** The program is the same object as long as the actions are the same. */
	compile(published: Pick<Configuration, "actions" | "mappings">): CompiledConfiguration;
	readonly judge: Judge;
}

/** A program with its custom actions, and what checks and compiles mappings by it. */
export interface Compiled {
	readonly program: Program;
	readonly compiler: MappingCompiler;
}

export interface CompiledConfiguration extends Compiled {
	readonly mappings: LiveMappings;
	/** What keeps the newest actions from going live; empty where nothing does. */
	readonly actionProblems: readonly Problem[];
}
