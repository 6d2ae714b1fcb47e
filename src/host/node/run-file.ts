import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const schema = z.object({ pid: z.number(), url: z.string(), token: z.string() });

/** What a running hub leaves for the command line, readable by its owner alone. */
export type RunFile = z.output<typeof schema>;

const pathIn = (data: string): string => join(data, "run.json");

export function writeRunFile(data: string, run: RunFile): void {
	writeFileSync(pathIn(data), `${JSON.stringify(run)}\n`, { mode: 0o600 });
}

export function readRunFile(data: string): RunFile | null {
	try {
		return schema.parse(JSON.parse(readFileSync(pathIn(data), "utf8")));
	} catch {
		return null;
	}
}

export const removeRunFile = (data: string): void => rmSync(pathIn(data), { force: true });
