import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { convertCommand } from "./convert.ts";

let folder: string;
let printed: string[];
let complained: string[];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "convert-"));
	printed = [];
	complained = [];
	vi.spyOn(console, "log").mockImplementation((line: string) => printed.push(line));
	vi.spyOn(console, "error").mockImplementation((line: string) => complained.push(line));
});
afterEach(() => {
	rmSync(folder, { recursive: true });
	vi.restoreAllMocks();
	process.exitCode = undefined;
});

const mapping = (data: object) => ({ customer: { "@path": "$.userId" }, action: "sign_in", data });
const subscribe = `event = "Signed In"`;
const whole = { subscribe, mapping: mapping({}) };
const half = { name: "Half", subscribe, mapping: mapping({ note: { "@liquid": "x" } }) };

/** Runs `convert segment <file>` on the JSON. */
async function convert(json: unknown, ...options: readonly string[]): Promise<void> {
	const file = join(folder, "subscriptions.json");
	writeFileSync(file, typeof json === "string" ? json : JSON.stringify(json));
	const hub = new Command("hub").option("--json").addCommand(convertCommand());
	await hub.parseAsync(["convert", "segment", file, ...options], { from: "user" });
}

it("prints the one file, to be put where it belongs", async () => {
	await convert(whole);
	expect(printed).toHaveLength(1);
	expect(printed[0]).toMatch(/^# yaml-language-server: .*\ntitle: event = "Signed In"\nfrom: segment\n/);
	expect(complained).toEqual([]);
	expect(process.exitCode).toBe(undefined);
});

it("names what it can not say, and ends with 1", async () => {
	await convert([whole, half]);
	expect(printed.join("\n")).toContain("# --- signed-in.yaml\n");
	expect(printed.join("\n")).toContain("# --- half.yaml\n");
	expect(complained).toEqual([
		"not converted: @liquid at $[1].mapping.data.note: a mapping runs no templates with code: use the operators",
	]);
	expect(process.exitCode).toBe(1);
});

it("prints all of it as JSON", async () => {
	await convert(half, "--json");
	expect(JSON.parse(printed.join(""))).toMatchObject({
		files: [{ name: "half" }],
		left: [{ path: "$.mapping.data.note", what: "@liquid" }],
	});
});

it("writes files, and none over another", async () => {
	const to = join(folder, "local");
	await convert([whole, half], "--to", to);
	expect(printed).toEqual([`${join(to, "signed-in.yaml")}\n${join(to, "half.yaml")}`]);
	writeFileSync(join(to, "signed-in.yaml"), "mine");
	await expect(convert([half, whole], "--to", to)).rejects.toThrow("half.yaml is there already");
	expect(readFileSync(join(to, "signed-in.yaml"), "utf8")).toBe("mine");
});

it("refuses what is no JSON, no file and no path", async () => {
	await expect(convert("{")).rejects.toThrow("is not JSON");
	await expect(convert(whole, "--customer", "userId")).rejects.toThrow("userId is no path");
	await expect(convert(whole, "--customer", "$.a[0]")).rejects.toThrow("$.a[0] is no path");
	const missing = new Command("hub").addCommand(convertCommand());
	await expect(missing.parseAsync(["convert", "segment", "nowhere.json"], { from: "user" })).rejects.toThrow(
		"there is no file nowhere.json",
	);
});
