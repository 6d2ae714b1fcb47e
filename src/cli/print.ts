import type { Command } from "commander";
import { z } from "zod";
import { type Answer, type Call, Unusable, withHub } from "./client.ts";

/** Prints `value` as JSON where `--json` was given, else as `text` makes of it. */
export function print<Value>(command: Command, value: Value, text: (value: Value) => string): void {
	const json = command.optsWithGlobals()["json"] === true;
	console.log(json ? JSON.stringify(value) : text(value));
}

/** Calls `/api` once and gives the answer; an error of it ends the command with the error's words. */
export function ask(method: string, path: string, body?: unknown): Promise<unknown> {
	return withHub((call: Call) => call(method, path, body).then(contentOf));
}

/** An error of `/api`, with the mistakes of a text where it is about one. */
const refusal = z.object({
	error: z.string(),
	problems: z.array(z.object({ drawn: z.string() })).default([]),
});

function contentOf({ status, body }: Answer): unknown {
	if (status < 400) return body;
	const refused = refusal.safeParse(body);
	if (!refused.success) throw new Unusable(`status ${status}`);
	const { error, problems } = refused.data;
	throw new Unusable([error, ...problems.map(({ drawn }) => drawn)].join("\n"));
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
	const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows
		.map((row) =>
			row
				.map((cell, column) => cell.padEnd(widths[column] ?? 0))
				.join("  ")
				.trimEnd(),
		)
		.join("\n");
}

const secondsOfUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Of an `--overlap` such as `12h` or `7d`. */
export function secondsOf(text: string): number {
	const [, amount, unit = ""] = /^([0-9]{1,8})([smhd])$/.exec(text) ?? [];
	const seconds = secondsOfUnit[unit];
	if (seconds === undefined) throw new Unusable(`--overlap ${text} is no time such as 12h or 7d`);
	return Number(amount) * seconds;
}
