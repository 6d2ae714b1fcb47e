import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { MappingFile } from "../../map/mappings.ts";
import type { Result } from "../../model/result.ts";
import { nodeCrypto } from "../crypto.ts";
import { compileDefinitions, type DefinitionFile, type Definitions } from "../definitions.ts";

/** The project's root: shipped presets and the program lie beside the sources. */
export const projectRoot = join(import.meta.dirname, "..", "..", "..");

/** Reads and checks `program/` and `mappings/`. A mistake in the program is a failure: nothing can be recorded by it. */
export const loadDefinitions = (root: string): Result<Definitions, readonly string[]> =>
	compileDefinitions({ program: readProgram(root), mappings: readMappings(root) });

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
