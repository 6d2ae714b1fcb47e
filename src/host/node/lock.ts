import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Unopenable } from "./unopenable.ts";

/** SQLite's number for what somebody else has locked. */
const busy = 5;

/**
 * Takes the data folder for this process alone, or says false; makes it where there is none. SQLite holds an OS lock for an
 * open exclusive transaction, and the system gives it back however the process ends. A folder that can not be written, or
 * a full disk, is nobody's lock: then it throws.
 */
export function lockFolder(data: string): { readonly release: () => void } | null {
	try {
		ownFolder(data);
		const database = new DatabaseSync(join(data, "lock.db"), { timeout: 0 });
		database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
		return { release: () => database.close() };
	} catch (cause) {
		if (!(cause instanceof Error)) throw cause;
		if ("errcode" in cause && cause.errcode === busy) return null;
		throw new Unopenable(`the data folder ${data} can not be written: ${cause.message}`, { cause });
	}
}

/** Whatever this process makes from here on is its owner's alone: databases, bodies, keys. */
export function ownFolder(data: string): void {
	process.umask(0o077);
	mkdirSync(data, { recursive: true, mode: 0o700 });
}
