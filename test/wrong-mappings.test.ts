import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { projectRoot, readProgram } from "../src/host/node/definitions.ts";
import { casesOf, drawnOf } from "./wrong-mappings.suite.ts";

/**
 * Mistakes that people make in mapping files, and what `mappings check` says of each, as it draws it. A change of wording
 * is accepted with `vitest -u`, and reviewed like code.
 */
const folder = join(projectRoot, "test", "wrong-mappings");
const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const texts = new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
const program = readProgram(projectRoot);

it.each(casesOf(names))("%s is refused as its reader would like it", async (name) => {
	await expect(drawnOf(name, texts, program)).toMatchFileSnapshot(
		join(folder, name.replace(".yaml", ".txt")),
	);
});
