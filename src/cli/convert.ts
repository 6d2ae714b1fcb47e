import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { type Conversion, type ConvertOptions, convertSegment } from "../map/convert/segment.ts";
import { parsePath } from "../map/path.ts";
import type { Json } from "../model/json.ts";
import { Unusable } from "./client.ts";
import { print } from "./print.ts";

/** `mappings convert segment <file>`: another system's mappings as files of ours. Needs no hub. */
export function convertCommand(): Command {
	const command = new Command("convert").description("another system's mappings as mapping files");
	command
		.command("segment <file>")
		.description(
			"subscriptions of an action destination, or a mapping; exit 1 where something can not be said",
		)
		.option("--action <name>", "what the events are, where the subscriptions do not say it")
		.option("--customer <path>", "whose events they are: $.traits.email")
		.option("--trigger <fql>", "the trigger of a mapping that has no subscription around it")
		.option("--to <folder>", "write the files there instead of printing them")
		.action((path: string, options: ConvertOptions & { to?: string }, self: Command) => {
			if (options.customer !== undefined && !parsePath(options.customer, []).ok) {
				throw new Unusable(`--customer: ${options.customer} is no path, as $.userId is one`);
			}
			const conversion = convertSegment(jsonIn(path), options);
			const paths = options.to === undefined ? undefined : written(conversion, options.to);
			print(self, conversion, ({ files }) =>
				(paths ?? (files.length === 1 ? files.map(({ text }) => text) : files.map(headed))).join("\n"),
			);
			for (const { path: at, what, why } of conversion.left)
				console.error(`not converted: ${what} at ${at}: ${why}`);
			if (conversion.left.length > 0) process.exitCode = 1;
		});
	return command;
}

const headed = ({ name, text }: Conversion["files"][number]): string => `# --- ${name}.yaml\n${text}`;

function jsonIn(path: string): Json {
	if (!existsSync(path)) throw new Unusable(`there is no file ${path}`);
	try {
		// As Segment reads it: a number has the digits of a double.
		return JSON.parse(readFileSync(path, "utf8")) as Json;
	} catch {
		throw new Unusable(`${path} is not JSON`);
	}
}

/** Writes the files, none over another. */
function written({ files }: Conversion, folder: string): readonly string[] {
	const all = files.map(({ name, text }) => ({ path: join(folder, `${name}.yaml`), text }));
	const taken = all.find(({ path }) => existsSync(path));
	if (taken !== undefined) throw new Unusable(`${taken.path} is there already`);
	mkdirSync(folder, { recursive: true });
	for (const { path, text } of all) writeFileSync(path, text);
	return all.map(({ path }) => path);
}
