import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { connectors } from "../../../connectors/index.ts";
import { shapeOf } from "../../catalog/definition.ts";
import { loadProgram, type Program } from "../../catalog/program.ts";
import { type CheckContext, compileMappings, type MappingFile, type MappingSet } from "../../map/mappings.ts";
import type { Problem } from "../../model/problem.ts";
import { bad, good, type Result } from "../../model/result.ts";
import { nodeCrypto } from "../crypto.ts";

/** The project's root: shipped presets and the program lie beside the sources. */
export const projectRoot = join(import.meta.dirname, "..", "..", "..");

/** What the files say: the loyalty program, and the mappings, or none where a file of theirs is wrong. */
export interface Definitions {
	readonly program: Program;
	readonly mappings: MappingSet | undefined;
	/** What keeps the hub from mapping, for operators. */
	readonly troubles: readonly string[];
}

/** Reads and checks `program/` and `mappings/`. A mistake in the program is a failure: nothing can be recorded by it. */
export function loadDefinitions(root: string): Result<Definitions, readonly string[]> {
	const { program, problems } = loadProgram(readProgram(root));
	if (program === undefined) return bad(problems.map(sentenceOf));
	const compiled = compileMappings(readMappings(root), checkContextOf(program));
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
});

const sentenceOf = ({ file, line, column, message, help }: Problem): string =>
	`${file}:${line}:${column}  ${message}${help === "" ? "" : `; ${help}`}`;

/** A file of definitions, by its path from the project's root. */
export interface DefinitionFile {
	readonly path: string;
	readonly text: string;
}

export const readProgram = (root: string): readonly DefinitionFile[] => yamlIn(root, join(root, "program"));

/** The presets, and one's own under `mappings/local`, which replace presets of their name whole. */
export function readMappings(root: string): readonly MappingFile[] {
	const folder = join(root, "mappings");
	const byName = new Map<string, MappingFile>();
	const files = yamlIn(root, folder);
	const isLocal = ({ path }: DefinitionFile) => path.startsWith("mappings/local/");
	for (const file of [...files.filter((one) => !isLocal(one)), ...files.filter(isLocal)]) {
		const mapping = mappingFileOf(file);
		byName.set(mapping.name, mapping);
	}
	return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A mapping's name is its path under `mappings/`, its version says which text it is. */
export const mappingFileOf = (file: DefinitionFile): MappingFile => ({
	...file,
	name: file.path.replace(/^mappings\/(local\/)?/, "").replace(/\.ya?ml$/, ""),
	version: nodeCrypto.sha256Hex(file.text).slice(0, 12),
});

function yamlIn(root: string, folder: string): readonly DefinitionFile[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
		.map((entry) => join(entry.parentPath, entry.name))
		.sort()
		.map((path) => ({
			path: relative(root, path).split(sep).join("/"),
			text: readFileSync(path, "utf8"),
		}));
}
