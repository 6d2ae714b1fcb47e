import { DatabaseSync } from "node:sqlite";

/**
 * Takes the data folder for this process alone, or says false. SQLite holds an OS lock for an open exclusive
 * transaction, and the system gives it back however the process ends.
 */
export function lockFolder(path: string): { readonly release: () => void } | null {
	const database = new DatabaseSync(path, { timeout: 0 });
	try {
		database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
	} catch {
		database.close();
		return null;
	}
	return { release: () => database.close() };
}
