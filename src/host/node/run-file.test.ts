import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readRunFile, removeRunFile, writeRunFile } from "./run-file.ts";

function dataFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "hub-run-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	return folder;
}

const run = { pid: 4711, url: "http://127.0.0.1:8787", token: "t" };

it("says who runs, to its owner alone, until it is removed", () => {
	const data = dataFolder();
	expect(readRunFile(data)).toBeNull();
	writeRunFile(data, run);
	expect(readRunFile(data)).toEqual(run);
	expect(statSync(join(data, "run.json")).mode & 0o777).toBe(0o600);
	removeRunFile(data);
	expect(readRunFile(data)).toBeNull();
	removeRunFile(data);
});

it.each(["", "{", "[]", '{"pid":"4711"}'])("says nothing where the file holds %j", (text) => {
	const data = dataFolder();
	writeFileSync(join(data, "run.json"), text);
	expect(readRunFile(data)).toBeNull();
});
