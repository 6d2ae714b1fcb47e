/// <reference types="vite/types/importMeta.d.ts" />
import { expect, it } from "vitest";
import { programFiles } from "../../src/host/workers/definitions.generated.ts";
import { casesOf, drawnOf } from "../wrong-mappings.suite.ts";

const named = (files: Readonly<Record<string, string>>) =>
	new Map(Object.entries(files).map(([path, text]) => [path.replace(/^.*\//, ""), text]));
const texts = named(
	import.meta.glob<string>("../wrong-mappings/*.yaml", { query: "?raw", import: "default", eager: true }),
);
const expected = named(
	import.meta.glob<string>("../wrong-mappings/*.txt", { query: "?raw", import: "default", eager: true }),
);

it.each(casesOf([...texts.keys()]))("%s is refused on Workers as on Node", (name) => {
	expect(drawnOf(name, texts, programFiles)).toBe(expected.get(name.replace(".yaml", ".txt")));
});
