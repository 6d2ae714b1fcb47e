import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { connectors } from "./index.ts";

it("knows a connector for each folder, by the folder's name", () => {
	const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map((entry) => entry.name);
	expect([...connectors.keys()].sort()).toEqual(folders.sort());
});
