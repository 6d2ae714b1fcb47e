import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const hub = (...words: readonly string[]) =>
	spawnSync(process.execPath, [join(import.meta.dirname, "hub.ts"), ...words], { encoding: "utf8" });

it.each([
	["nonsense"],
	["mappings try"],
	["mappings convert segment"],
	["mappings convert segment nowhere.json"],
])(
	"ends with 2 where it is used wrongly: %s",
	(words) => {
		const { status, stderr, stdout } = hub(...words.split(" "));
		expect(stderr).not.toBe("");
		expect(stdout).toBe("");
		expect(status).toBe(2);
	},
	20_000,
);

it("ends with 0 where it only explains itself", () => {
	expect(hub("mappings", "convert", "--help").status).toBe(0);
}, 20_000);
