import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { StoringHub } from "../sensitive.suite.ts";
import { openTestHub } from "./hub.ts";

/** A hub with all that it has written: each file of its data folder as it lies on the disk, with free pages and logs. */
export async function openStoringHub(): Promise<StoringHub> {
	const hub = await openTestHub();
	const files = () => readdirSync(hub.data, { recursive: true, withFileTypes: true });
	const stored = async () =>
		files()
			.filter((file) => file.isFile())
			.map((file) => readFileSync(join(file.parentPath, file.name), "latin1"))
			.join("\n");
	return Object.assign(hub, { stored });
}
