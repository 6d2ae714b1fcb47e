import type { Command } from "commander";
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

function contentOf({ status, body }: Answer): unknown {
	if (status < 400) return body;
	const error =
		typeof body === "object" && body !== null && "error" in body ? body.error : `status ${status}`;
	throw new Unusable(String(error));
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
