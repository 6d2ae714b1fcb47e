import { readdirSync } from "node:fs";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { Outside } from "../../model/outside.ts";
import { invariant } from "../../model/result.ts";

/** A folder, made when something is first put in. Each file is synced, and named only when it is whole. */
export function openOutside(folder: string): Outside {
	const pathOf = (name: string): string => {
		invariant(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(name), "a name outside is a path of plain words");
		return join(folder, name);
	};

	const get = async (name: string): Promise<Uint8Array | null> => {
		try {
			return new Uint8Array(await readFile(pathOf(name)));
		} catch (error) {
			if (isAbsent(error)) return null;
			throw error;
		}
	};

	return {
		get,
		put: async (name, bytes) => {
			const there = await get(name);
			if (there !== null) {
				invariant(Buffer.compare(there, bytes) === 0, `${name} is written once, and holds other bytes`);
				return;
			}
			const path = pathOf(name);
			const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
			await writeSynced(`${path}.part`, bytes);
			await rename(`${path}.part`, path);
			// A name is durable only when its folder is, and that only when its own is.
			const top = made === undefined ? dirname(path) : dirname(made);
			for (let above = dirname(path); ; above = dirname(above)) {
				await sync(above);
				if (above === top) break;
			}
		},
		list: async (prefix, max) => {
			const names = filesIn(join(folder, prefix)).map((path) => relative(folder, path).split(sep).join("/"));
			return names.sort().slice(0, max);
		},
	};
}

const isAbsent = (error: unknown): boolean =>
	error instanceof Error && "code" in error && error.code === "ENOENT";

/** Half-written files are nobody's. */
function filesIn(folder: string): readonly string[] {
	try {
		return readdirSync(folder, { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile() && !entry.name.endsWith(".part"))
			.map((entry) => join(entry.parentPath, entry.name));
	} catch (error) {
		if (isAbsent(error)) return [];
		throw error;
	}
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
	const file = await open(path, "w", 0o600);
	try {
		await file.writeFile(bytes);
		await file.sync();
	} finally {
		await file.close();
	}
}

async function sync(folder: string): Promise<void> {
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
