import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { invariant } from "../../model/result.ts";
import { lockFolder } from "./lock.ts";

function lockPath(): string {
	const folder = mkdtempSync(join(tmpdir(), "hub-lock-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	return join(folder, "lock.db");
}

it("is held once, and can be taken again when it was released", () => {
	const path = lockPath();
	const lock = lockFolder(path);
	expect(lock).not.toBeNull();
	expect(lockFolder(path)).toBeNull();
	lock?.release();
	const again = lockFolder(path);
	expect(again).not.toBeNull();
	again?.release();
});

it("is refused while another process holds it, and free when that was killed", async () => {
	const path = lockPath();
	const program = `
		const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, "lock.ts"))});
		globalThis.lock = lockFolder(${JSON.stringify(path)});
		console.log(lock === null ? "refused" : "held");
		setInterval(() => {}, 60_000);
	`;
	const holder = spawn(process.execPath, ["--input-type=module", "--eval", program], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	onTestFinished(() => void holder.kill("SIGKILL"));
	const [said] = await once(holder.stdout, "data");
	expect(String(said)).toBe("held\n");
	expect(lockFolder(path)).toBeNull();

	holder.kill("SIGKILL");
	await once(holder, "exit");
	const lock = lockFolder(path);
	invariant(lock !== null, "the system gave the lock back");
	lock.release();
});
