import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { testErasure } from "./erasure.suite.ts";
import { openTestHub } from "./support/hub.ts";

testErasure("Node", async () => {
	const hub = await openTestHub();
	const files = () => readdirSync(hub.data, { recursive: true, withFileTypes: true });
	/** Every file in the data folder as it lies on the disk, databases with their free pages and logs. */
	const stored = async () =>
		files()
			.filter((file) => file.isFile())
			.map((file) => readFileSync(join(file.parentPath, file.name), "latin1"))
			.join("\n");
	return Object.assign(hub, { stored });
});
