import { connectors } from "../../connectors/index.ts";
import { shapeOf } from "../catalog/definition.ts";
import { loadProgram, type Program } from "../catalog/program.ts";
import { type Fields, fieldsOfRows } from "../map/fields.ts";
import { type CheckContext, compileMappings, type MappingFile, type MappingSet } from "../map/mappings.ts";
import type { Problem } from "../model/problem.ts";
import { bad, good, type Result } from "../model/result.ts";
import { nodeCrypto } from "./crypto.ts";
import { fieldRows } from "./fields.generated.ts";

/** A file of definitions, by its path from the project's root. */
export interface DefinitionFile {
	readonly path: string;
	readonly text: string;
}

/** What the files say: the loyalty program, and the mappings, or none where a file of theirs is wrong. */
export interface Definitions {
	readonly program: Program;
	readonly mappings: MappingSet | undefined;
	/** What keeps the hub from mapping, for operators. */
	readonly troubles: readonly string[];
}

/** Checks and compiles the texts. A mistake in the program is a failure: nothing can be recorded by it. */
export function compileDefinitions(files: {
	readonly program: readonly DefinitionFile[];
	readonly mappings: readonly MappingFile[];
}): Result<Definitions, readonly string[]> {
	const { program, problems } = loadProgram(files.program);
	if (program === undefined) return bad(problems.map(sentenceOf));
	const compiled = compileMappings(files.mappings, checkContextOf(program));
	const errors = compiled.problems.filter(({ severity }) => severity === "error");
	const troubles =
		compiled.set === undefined
			? [
					"the mappings have errors, so that everything is received and nothing is mapped; see `npm run -s hub -- " +
						`mappings check\`:\n${errors.map(sentenceOf).join("\n")}`,
				]
			: [];
	return good({ program, mappings: compiled.set, troubles });
}

/** What a mapping is checked against. */
export const checkContextOf = (program: Program): CheckContext => ({
	action: (name) => {
		const definition = program.actions.get(name);
		return definition === undefined ? undefined : shapeOf(definition);
	},
	actionNames: [...program.actions.keys()],
	identityKinds: new Set(program.identityKinds.keys()),
	connectors: new Set(connectors.keys()),
	fields: (connector) => knownFields.get(connector),
	sha256Hex: nodeCrypto.sha256Hex,
});

/** What the connectors' samples have in them, and the messages in the tests of the presets. */
export const knownFields: ReadonlyMap<string, Fields> = new Map(
	Object.entries(fieldRows).map(([connector, rows]) => [connector, fieldsOfRows(rows)]),
);

const sentenceOf = ({ file, line, column, message, help }: Problem): string =>
	`${file}:${line}:${column}  ${message}${help === "" ? "" : `; ${help}`}`;
