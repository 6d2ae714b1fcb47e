import type { PublishedMappings } from "../model/configuration.ts";
import type { MappingFile } from "../model/mapping-file.ts";
import type { Problem } from "../model/problem.ts";
import type { Result } from "../model/result.ts";
import type { Fields } from "./check/fields.ts";
import type { Draft, DraftRequest } from "./draft/draft.ts";
import type { LiveMappings } from "./mappings.ts";

/** Checks and compiles mappings by one program. What was asked before is remembered: neither happens twice. */
export interface MappingCompiler {
	/** All mistakes of a set, those that its own tests find included. */
	check(set: readonly MappingFile[]): readonly Problem[];
	compile(published: PublishedMappings): LiveMappings;
	/** A first text of a mapping, from messages. */
	draft(request: Omit<DraftRequest, "context">): Result<Draft, string>;
	/** What fields a connector's samples have. */
	fields(connector: string): Fields;
}
