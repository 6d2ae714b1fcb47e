import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openFiles } from "./files.ts";

/** SHA-256 of `abc`: FIPS 180-2, appendix B.1. */
const name = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const abc = new TextEncoder().encode("abc");

function emptyFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "hub-files-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	return join(folder, "files");
}

describe("the files of a folder", () => {
	it("come back as they were put, also after the folder was opened again", async () => {
		const folder = emptyFolder();
		await openFiles(folder).put(name, abc);
		expect(await openFiles(folder).get(name)).toEqual(abc);
	});

	it("are null where nothing was put", async () => {
		expect(await openFiles(emptyFolder()).get(name)).toBeNull();
	});

	it("may be put again, and at once", async () => {
		const folder = emptyFolder();
		const files = openFiles(folder);
		await Promise.all([files.put(name, abc), files.put(name, abc), files.put(name, abc)]);
		await files.put(name, abc);
		expect(await files.get(name)).toEqual(abc);
		expect(readdirSync(join(folder, "ba"))).toEqual([name]);
	});

	it("lie under the first two digits of their names, for their owner alone", async () => {
		const folder = emptyFolder();
		await openFiles(folder).put(name, abc);
		const path = join(folder, "ba", name);
		expect(readFileSync(path, "utf8")).toBe("abc");
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(statSync(join(folder, "ba")).mode & 0o777).toBe(0o700);
	});

	it("leave nothing half written: neither where that failed, nor of a process that died", async () => {
		const folder = emptyFolder();
		const files = openFiles(folder);
		mkdirSync(join(folder, "ba", name), { recursive: true });
		await expect(files.put(name, abc)).rejects.toThrow("EISDIR");
		expect(readdirSync(join(folder, "ba"))).toEqual([name]);
		writeFileSync(join(folder, "ba", `${name}.1.x.part`), "ab");
		openFiles(folder);
		expect(readdirSync(join(folder, "ba"))).toEqual([name]);
	});

	it.each(["", "abc", "../../etc/passwd", `${name}/..`, name.toUpperCase(), `${name}00`])(
		"are not named %j",
		async (wrong) => {
			const files = openFiles(emptyFolder());
			await expect(files.put(wrong, abc)).rejects.toThrow("named by its SHA-256");
			await expect(files.get(wrong)).rejects.toThrow("named by its SHA-256");
		},
	);
});
