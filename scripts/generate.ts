/** `npm run generate`: writes what is made from other files; with `--check`, fails where that is stale. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadProgram } from "../src/catalog/program.ts";
import { checkContextOf } from "../src/host/definitions.ts";
import { projectRoot, readMappings, readProgram } from "../src/host/node/definitions.ts";
import { referenceOf } from "../src/map/reference.ts";
import { schemaOf } from "../src/map/schema.ts";
import { invariant } from "../src/model/result.ts";

/** By path from the project's root, what each generated file has to say. */
const generated: Readonly<Record<string, () => string>> = {
	"src/host/workers/definitions.generated.ts": bundledDefinitions,
	"mappings/mapping.schema.json": mappingSchema,
	"docs/reference/mappings.md": referenceOf,
};

/** For editors: it knows the shipped connectors and the program's actions and kinds of identity. */
function mappingSchema(): string {
	const { program } = loadProgram(readProgram(projectRoot));
	invariant(program !== undefined, "the program's files are sound");
	return `${JSON.stringify(schemaOf(checkContextOf(program)), null, "\t")}\n`;
}

/** Workers have no file system: the texts of the program and of the mappings go into the bundle. */
function bundledDefinitions(): string {
	const list = (files: readonly object[]): string =>
		files.map((file) => `\t${JSON.stringify(file)},\n`).join("");
	return `// biome-ignore-all format: nobody writes this by hand
// Made by \`npm run generate\` from program/ and mappings/: change those.
import type { MappingFile } from "../../map/mappings.ts";
import type { DefinitionFile } from "../definitions.ts";

export const programFiles: readonly DefinitionFile[] = [
${list(readProgram(projectRoot))}];

export const mappingFiles: readonly MappingFile[] = [
${list(readMappings(projectRoot))}];
`;
}

const check = process.argv.includes("--check");
for (const [path, textOf] of Object.entries(generated)) {
	const file = join(projectRoot, path);
	const text = textOf();
	if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
	if (check) {
		console.error(`${path} is stale: run \`npm run generate\` and commit what it writes`);
		process.exitCode = 1;
	} else {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, text);
		console.log(`wrote ${path}`);
	}
}
