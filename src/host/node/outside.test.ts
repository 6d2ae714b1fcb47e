import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openOutside } from "./outside.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function open() {
	const folder = mkdtempSync(join(tmpdir(), "hub-outside-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const path = join(folder, "made", "when", "needed");
	return { path, outside: openOutside(path) };
}

describe("the folder outside", () => {
	it("gives back what was put, and lists it by folder, in order", async () => {
		const { outside } = open();
		expect(await outside.list("a/")).toEqual([]);
		expect(await outside.get("a/1.note")).toBeNull();
		for (const name of ["a/2.note", "a/b/3.note", "a/1.note", "ab/4.note"]) {
			await outside.put(name, bytes(name));
		}
		expect(await outside.get("a/b/3.note")).toEqual(bytes("a/b/3.note"));
		expect(await outside.list("a/")).toEqual(["a/1.note", "a/2.note", "a/b/3.note"]);
		expect(await outside.list("a/", 1)).toEqual(["a/1.note"]);
	});

	it("writes a name once: the same again is nothing, and anything else is refused", async () => {
		const { outside } = open();
		await outside.put("a/1.note", bytes("one"));
		await outside.put("a/1.note", bytes("one"));
		await expect(outside.put("a/1.note", bytes("two"))).rejects.toThrow("a/1.note is written once");
		expect(await outside.get("a/1.note")).toEqual(bytes("one"));
	});

	it("does not take half a file for one, and writes it whole the next time", async () => {
		const { outside, path } = open();
		await outside.put("a/1.note", bytes("one"));
		writeFileSync(join(path, "a", "2.note.part"), "tw");
		expect(await outside.list("a/")).toEqual(["a/1.note"]);
		await outside.put("a/2.note", bytes("two"));
		expect(await outside.get("a/2.note")).toEqual(bytes("two"));
		expect(await outside.list("a/")).toEqual(["a/1.note", "a/2.note"]);
	});

	it("is its owner's alone", async () => {
		const { outside, path } = open();
		await outside.put("a/1.note", bytes("one"));
		expect(statSync(join(path, "a", "1.note")).mode & 0o777).toBe(0o600);
		expect(statSync(join(path, "a")).mode & 0o777).toBe(0o700);
	});

	it.each(["../a", "/a", "a//b", "a/../b", "a b", ".a", ""])("has no name %j", async (name) => {
		await expect(open().outside.put(name, bytes("x"))).rejects.toThrow("a path of plain words");
	});
});
