import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { watchDefinitions } from "./definitions.ts";

it("goes on watching where a folder was away, and where what was read could not be taken over", async () => {
	const root = mkdtempSync(join(tmpdir(), "hub-definitions-"));
	onTestFinished(() => rmSync(root, { recursive: true }));
	const mappings = join(root, "mappings");
	for (const folder of ["mappings", "program"]) mkdirSync(join(root, folder));
	const seen: (readonly string[])[] = [];
	const failures: string[] = [];
	let isFull = true;
	const watched = watchDefinitions(
		root,
		async ({ mappings: files }) => {
			if (isFull) throw new Error("the disk is full");
			seen.push(files.map(({ name, text }) => `${name}: ${text}`));
		},
		(error) => failures.push(String(error)),
	);
	onTestFinished(watched.close);

	writeFileSync(join(mappings, "a.yaml"), "1");
	await vi.waitFor(() => expect(failures).toEqual(["Error: the disk is full"]), 5_000);
	isFull = false;
	await vi.waitFor(() => expect(seen).toEqual([["a: 1"]]), 5_000);
	renameSync(mappings, `${mappings}.away`);
	await vi.waitFor(() => expect(failures.at(-1)).toContain("ENOENT"), 5_000);
	mkdirSync(mappings);
	writeFileSync(join(mappings, "a.yaml"), "2");
	await vi.waitFor(() => expect(seen.at(-1)).toEqual(["a: 2"]), 5_000);
	writeFileSync(join(mappings, "a.yaml"), "3");
	await vi.waitFor(() => expect(seen.at(-1)).toEqual(["a: 3"]), 5_000);
	expect(seen.length).toBeLessThan(6);
});
