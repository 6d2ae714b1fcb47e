import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Files } from "../../model/files.ts";
import { invariant } from "../../model/result.ts";

/** A folder of files named by their hash, two levels deep. Each is synced, and named only when it is whole. It is this process's alone. */
export function openFiles(folder: string): Files {
	const pathOf = (name: string): string => {
		invariant(/^[0-9a-f]{64}$/.test(name), "a stored body is named by its SHA-256");
		return join(folder, name.slice(0, 2), name);
	};
	removeHalfWritten(folder);
	return {
		put: async (name, bytes) => {
			const path = pathOf(name);
			const parent = join(folder, name.slice(0, 2));
			mkdirSync(parent, { recursive: true, mode: 0o700 });
			const partial = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
			try {
				await synced(partial, "wx", (file) => file.writeFile(bytes));
				await rename(partial, path);
			} catch (error) {
				// A full disk is not filled by what is of no use, and nobody would find it to erase it.
				await rm(partial, { force: true });
				throw error;
			}
			// A name is durable only when its folder is, and that only when its own is: each may have been made just now.
			for (const above of [parent, folder, dirname(folder)]) await synced(above, "r");
		},
		remove: (name) => rm(pathOf(name), { force: true }),
		get: async (name) => {
			try {
				return new Uint8Array(await readFile(pathOf(name)));
			} catch (error) {
				if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
				throw error;
			}
		},
	};
}

/** What a process that died was writing, and had told nobody of. */
function removeHalfWritten(folder: string): void {
	if (!existsSync(folder)) return;
	for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
		if (name.endsWith(".part")) rmSync(join(folder, name));
}

async function synced(
	path: string,
	flags: "r" | "wx",
	write?: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
	const file = await open(path, flags, 0o600);
	try {
		await write?.(file);
		await file.sync();
	} finally {
		await file.close();
	}
}
