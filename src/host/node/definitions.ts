import { type FSWatcher, readdirSync, readFileSync, watch } from "node:fs";
import { join, relative, sep } from "node:path";
import { isActionFile } from "../../catalog/actions.ts";
import type { MappingFile } from "../../model/mapping-file.ts";
import type { Result } from "../../model/result.ts";
import type { OfferedFiles } from "../../office/office.ts";
import { nodeCrypto } from "../crypto.ts";
import { actionFileOf, type DefinitionFile, type Definitions, loadDefinitions } from "../definitions.ts";

/** The project's root: shipped presets and the program lie beside the sources. */
export const projectRoot = join(import.meta.dirname, "..", "..", "..");

/** Reads `program/` and `mappings/`. A mistake in the program's settings is a failure: nothing can be recorded by it. */
export const readDefinitions = (root: string): Result<Definitions, readonly string[]> =>
	loadDefinitions({ program: readProgram(root), mappings: readMappings(root) });

export const readProgram = (root: string): readonly DefinitionFile[] => yamlIn(root, join(root, "program"));

/** The presets, and one's own under `mappings/local`. */
export const readMappings = (root: string): readonly MappingFile[] =>
	yamlIn(root, join(root, "mappings")).map(mappingFileOf);

/** An editor writes a file in several steps, and a checkout writes many: what is read is what they come to. */
const settledMs = 200;

/** A checkout or a deployment takes a folder away before it puts another in its place. */
const afterFailureMs = 1_000;

/**
 * Calls `changed` with the files there are, a moment after one of them has changed. Where they can not be read or taken over,
 * `failed` hears of it, and they are read again until they can.
 */
export function watchDefinitions(
	root: string,
	changed: (files: WatchedFiles) => Promise<void>,
	failed: (error: unknown) => void,
): { readonly close: () => void } {
	let timer: NodeJS.Timeout | undefined;
	let isClosed = false;
	let watchers: readonly FSWatcher[] = [];
	const settingsOf = (program: readonly DefinitionFile[]) => program.filter((file) => !isActionFile(file));
	const atStart = JSON.stringify(settingsOf(readProgram(root)));
	const lookIn = (ms: number): void => {
		clearTimeout(timer);
		if (isClosed) return;
		timer = setTimeout(() => {
			looking = looking.then(look);
		}, ms);
	};
	const look = async (): Promise<void> => {
		if (isClosed) return;
		try {
			// What was put in a folder's place is not what was watched.
			watchAll();
			const program = readProgram(root);
			const actions = program.filter(isActionFile).map(actionFileOf);
			const needRestart = JSON.stringify(settingsOf(program)) !== atStart;
			await changed({ actions, mappings: readMappings(root), needRestart });
		} catch (error) {
			failed(error);
			lookIn(afterFailureMs);
		}
	};
	const closeAll = (): void => {
		for (const watcher of watchers) watcher.close();
		watchers = [];
	};
	function watchAll(): void {
		closeAll();
		for (const folder of ["mappings", "program"]) {
			const watcher = watch(join(root, folder), { recursive: true }, () => lookIn(settledMs));
			watchers = [...watchers, watcher.on("error", () => lookIn(settledMs))];
		}
	}
	let looking = Promise.resolve();
	watchAll();
	return {
		close: () => {
			isClosed = true;
			clearTimeout(timer);
			closeAll();
		},
	};
}

export interface WatchedFiles extends OfferedFiles {
	/** Whether points, identities or other settings differ from those that the hub started with. */
	readonly needRestart: boolean;
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
