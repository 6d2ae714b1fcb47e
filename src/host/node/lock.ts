import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/**
 * Takes the data folder for this process alone, or says false; makes it where there is none. SQLite holds an OS lock for an
 * open exclusive transaction, and the system gives it back however the process ends.
 */
export function lockFolder(data: string): { readonly release: () => void } | null {
	ownFolder(data);
	const database = new DatabaseSync(join(data, "lock.db"), { timeout: 0 });
	try {
		database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
	} catch {
		database.close();
		return null;
	}
	return { release: () => database.close() };
}

/** Whatever this process makes from here on is its owner's alone: databases, bodies, keys. */
export function ownFolder(data: string): void {
	process.umask(0o077);
	mkdirSync(data, { recursive: true, mode: 0o700 });
}
