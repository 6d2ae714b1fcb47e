import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { connectors } from "./index.ts";

const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true })
	.filter((entry) => entry.isDirectory())
	.map((entry) => entry.name);

it("knows a connector for each folder, by the folder's name", () => {
	expect([...connectors.keys()].sort()).toEqual(folders.sort());
});

describe.each(folders)("connectors/%s", (folder) => {
	const of = (name: string): URL => new URL(`./${folder}/${name}`, import.meta.url);

	it("has a README, samples and a test that is one call", () => {
		expect(existsSync(of("README.md"))).toBe(true);
		expect(readdirSync(of("samples/")).length).toBeGreaterThan(0);
		const test = readFileSync(of("index.test.ts"), "utf8");
		expect(test).toContain("testConnector(");
		// A sample that no test reads proves nothing. Those of a hub as a whole have a suite of their own.
		const suite = new URL(`../test/${folder}.suite.ts`, import.meta.url);
		const texts = test + (existsSync(suite) ? readFileSync(suite, "utf8") : "");
		for (const sample of readdirSync(of("samples/")))
			expect(texts).toContain(sample.replace(/\.[a-z]+$/, ""));
	});
});
