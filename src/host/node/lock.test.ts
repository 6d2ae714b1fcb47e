import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { invariant } from "../../model/result.ts";
import { lockFolder } from "./lock.ts";

function dataFolder(): string {
	const folder = mkdtempSync(join(tmpdir(), "hub-lock-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	return folder;
}

it("is held once, and can be taken again when it was released", () => {
	const data = dataFolder();
	const lock = lockFolder(data);
	expect(lock).not.toBeNull();
	expect(lockFolder(data)).toBeNull();
	lock?.release();
	const again = lockFolder(data);
	expect(again).not.toBeNull();
	again?.release();
});

it("is its owner's alone, as all that is in the folder", () => {
	const data = join(dataFolder(), "new");
	const before = process.umask(0o022);
	onTestFinished(() => void process.umask(before));
	lockFolder(data)?.release();
	expect([data, join(data, "lock.db")].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
});

it("is refused while another process holds it, and free when that was killed", async () => {
	const data = dataFolder();
	const program = `
		const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, "lock.ts"))});
		globalThis.lock = lockFolder(${JSON.stringify(data)});
		console.log(lock === null ? "refused" : "held");
		setInterval(() => {}, 60_000);
	`;
	const holder = spawn(process.execPath, ["--input-type=module", "--eval", program], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	onTestFinished(() => void holder.kill("SIGKILL"));
	const [said] = await once(holder.stdout, "data");
	expect(String(said)).toBe("held\n");
	expect(lockFolder(data)).toBeNull();

	holder.kill("SIGKILL");
	await once(holder, "exit");
	const lock = lockFolder(data);
	invariant(lock !== null, "the system gave the lock back");
	lock.release();
});
