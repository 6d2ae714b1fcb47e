import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../src/model/clock.ts";
import type { StoringHub } from "../sensitive.suite.ts";
import { type NodeTestHub, openTestHub } from "./hub.ts";

/** A hub with all that it has written: each file of its data folder as it lies on the disk, with free pages and logs. */
export async function openStoringHub(clock?: Clock): Promise<StoringHub & NodeTestHub> {
	const hub = await openTestHub(clock);
	const files = () => readdirSync(hub.data, { recursive: true, withFileTypes: true });
	const stored = async () =>
		files()
			.filter((file) => file.isFile())
			.map((file) => readFileSync(join(file.parentPath, file.name), "latin1"))
			.join("\n");
	return Object.assign(hub, { stored });
}
