import { existsSync, readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { Command } from "commander";
import { createTwoFilesPatch } from "diff";
import { z } from "zod";
import { connectors } from "../../connectors/index.ts";
import { loadProgram } from "../catalog/program.ts";
import { checkContextOf, type DefinitionFile, openMappingCompiler } from "../host/definitions.ts";
import { mappingFileOf, projectRoot, readMappings, readProgram } from "../host/node/definitions.ts";
import type { MappingCompiler } from "../map/mapping-compiler.ts";
import { type CheckContext, compileMappings, type MappingSet, testMappings } from "../map/mappings.ts";
import { isObject, readJson } from "../model/json.ts";
import { layered, type MappingFile } from "../model/mapping-file.ts";
import { drawProblem, type Problem } from "../model/problem.ts";
import { tryMapping } from "../trial.ts";
import { Unusable } from "./client.ts";
import { convertCommand } from "./convert.ts";
import { coverageCommand } from "./coverage.ts";
import { ask, print, table } from "./print.ts";
import { suggestCommand } from "./suggest.ts";

/** `mappings list | diff` speak with the hub, for the texts that were uploaded to it; all others need none. */
export function mappingCommands(): Command {
	const command = new Command("mappings").description("the files that turn messages into events");
	command
		.command("check [paths...]")
		.description(
			"all mistakes of all files, or of these, failing tests among them; exit 1 where there are any",
		)
		.option("--strict", "warnings count too")
		.action((paths: string[], { strict }: { strict?: true }, self: Command) => {
			const { mappings, files, problems: program } = definitions();
			const problems = [...program, ...mappings.check(files)];
			report(self, among(problems, paths), strict === true);
		});
	command
		.command("test [paths...]")
		.description("run the tests inside the files; exit 1 where one fails")
		.action((paths: string[], _options: unknown, self: Command) => {
			const { context, files } = definitions();
			report(self, among(testMappings(files, context), paths), false);
		});
	command
		.command("try <mapping> <message>")
		.description("what a mapping makes of a message: a mapping's name or file, and a JSON file")
		.action((mapping: string, message: string, _options: unknown, self: Command) => {
			const events = tried(self, mapping, message);
			if (events !== null) print(self, { events }, (value) => JSON.stringify(value, null, 2));
		});
	command.addCommand(suggestCommand(() => definitions().context));
	command
		.command("list")
		.description("all mappings, in the order in which they run, and where each is from")
		.action(async (_options: unknown, self: Command) => {
			const { data } = listed.parse(await ask("GET", "/mappings"));
			print(self, data, (mappings) =>
				table([
					["NAME", "VERSION", "STATE", "ORIGIN", "FROM", "TITLE"],
					...mappings.map((one) => [
						one.name,
						one.version ?? "-",
						one.live ? (one.active ? "live" : "switched off") : "not live",
						[one.origin, ...one.replaces.map((origin) => `(replaces ${origin})`)].join(" "),
						one.from.join(","),
						one.title ?? "",
					]),
				]),
			);
		});
	command
		.command("diff <old> <new>")
		.description("two texts line by line; each is a file, a mapping's name, or name@version")
		.option("--deliveries <n>", "and what each would make of the newest n deliveries")
		.action(async (before: string, after: string, options: { deliveries?: string }, self: Command) =>
			compare(self, { before, after, ...options }),
		);
	command.addCommand(convertCommand());
	return command.addCommand(coverageCommand(compiled));
}

/** The mappings, or undefined where they have mistakes, which are then reported. */
function compiled(command: Command): MappingSet | undefined {
	const { context, files } = definitions();
	const { set, problems } = compileMappings(files, context);
	if (set === undefined) report(command, problems, false);
	return set;
}

const listed = z.object({
	data: z.array(
		z.looseObject({
			name: z.string(),
			version: z.string().nullable(),
			live: z.boolean(),
			active: z.boolean(),
			origin: z.string(),
			replaces: z.array(z.string()),
			from: z.array(z.string()),
			title: z.string().nullable(),
		}),
	),
});

interface Loaded {
	readonly context: CheckContext;
	readonly mappings: MappingCompiler;
	readonly files: readonly MappingFile[];
	readonly problems: readonly Problem[];
}

function definitions(): Loaded {
	const { program, problems } = loadProgram(readProgram(projectRoot));
	if (program === undefined) throw new Unusable(problems.map(drawn).join("\n"));
	const context = checkContextOf(program);
	const files = layered(readMappings(projectRoot));
	return { context, mappings: openMappingCompiler(context), files, problems };
}

function among(problems: readonly Problem[], paths: readonly string[]): readonly Problem[] {
	const named = paths.map((path) => {
		const file = resolve(path);
		if (!existsSync(file)) throw new Unusable(`there is no file ${path}`);
		return relative(projectRoot, file);
	});
	const isNamed = (file: string) => named.some((name) => file === name || file.startsWith(`${name}/`));
	return named.length === 0 ? problems : problems.filter(({ file }) => isNamed(file));
}

function report(command: Command, problems: readonly Problem[], strict: boolean): void {
	const errors = problems.filter(({ severity }) => severity === "error").length;
	if (errors > 0 || (strict && problems.length > 0)) process.exitCode = 1;
	print(command, problems, () => {
		const counts = `${countOf(errors, "error")}, ${countOf(problems.length - errors, "warning")}`;
		return [...problems.map(drawn), problems.length === 0 ? "No problems." : counts].join("\n");
	});
}

const countOf = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const drawn = (problem: Problem): string =>
	drawProblem(problem, readFileSync(resolve(projectRoot, problem.file), "utf8"));

/** The events, or null where the mapping has mistakes, which are then reported. */
function tried(command: Command, mapping: string, messagePath: string): readonly unknown[] | null {
	const { mappings, files } = definitions();
	const file = existsSync(mapping) && statSync(mapping).isFile() ? ownFile(mapping) : named(files, mapping);
	if (!existsSync(messagePath)) throw new Unusable(`there is no file ${messagePath}`);
	const content = readJson(readFileSync(messagePath));
	if (!content.ok) throw new Unusable(`${messagePath}: ${content.failure.reason}`);
	if (!isObject(content.value)) throw new Unusable(`${messagePath}: a message is a JSON object`);
	const trial = tryMapping(file, content.value, { mappings, connectors, now: Date.now() });
	if (trial.ok) return trial.events;
	report(command, trial.problems, false);
	return null;
}

async function compare(
	command: Command,
	{ before, after, deliveries }: { before: string; after: string; deliveries?: string },
): Promise<void> {
	const [old, changed] = [await textOf(before), await textOf(after)];
	const diff = createTwoFilesPatch(before, after, old.text, changed.text);
	if (deliveries === undefined) return print(command, { diff }, (one) => one.diff);
	const name = old.name ?? changed.name;
	if (name === null) throw new Unusable("neither of the two is a mapping's name or lies under mappings/");
	const preview = previewed.parse(
		await ask("POST", "/mappings/preview", {
			against: [{ name, text: old.text }],
			mappings: [{ name, text: changed.text }],
			deliveries: Number(deliveries),
		}),
	);
	print(command, { diff, ...preview }, () => `${diff}\n${drawnPreview(preview)}`);
}

/** A file's text, or that of a mapping in the hub, as it is or as it was. */
async function textOf(said: string): Promise<{ readonly name: string | null; readonly text: string }> {
	if (existsSync(said)) {
		const { path, name, text } = ownFile(said);
		return { name: path.startsWith("mappings/") ? name : null, text };
	}
	const [name = "", version] = said.split("@");
	const where = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
	const { text } = z.looseObject({ text: z.string() }).parse(await ask("GET", `/mappings/${name}${where}`));
	return { name, text };
}

const previewed = z.looseObject({
	deliveries: z.number(),
	messages: z.number(),
	counts: z.record(z.string(), z.number()),
	recorded: z.number(),
	differences: z.array(
		z.object({
			delivery: z.string(),
			position: z.number(),
			type: z.string(),
			kind: z.string(),
			fields: z.array(
				z.object({ field: z.string(), before: z.json().optional(), after: z.json().optional() }),
			),
			recorded: z.array(z.string()),
		}),
	),
});

function drawnPreview({
	deliveries,
	messages,
	counts,
	recorded,
	differences,
}: z.output<typeof previewed>): string {
	const counted = Object.entries(counts).filter(([, count]) => count > 0);
	const lines = [
		`${messages} messages of ${deliveries} deliveries: ${counted.map(([kind, count]) => `${count} ${kind.replaceAll("_", " ")}`).join(", ")}`,
	];
	if (recorded > 0) {
		lines.push(
			`${recorded} of those that differ are in the ledger already: they stay, and need correcting events`,
		);
	}
	for (const { delivery, position, type, kind, fields, recorded } of differences) {
		const there = recorded.length === 0 ? "" : `, recorded as ${recorded.join(", ")}`;
		lines.push("", `${delivery} message ${position} (${type}): ${kind.replaceAll("_", " ")}${there}`);
		for (const { field, before, after } of fields) {
			lines.push(
				`    ${field}: ${before === undefined ? "(absent)" : JSON.stringify(before)} → ${after === undefined ? "(absent)" : JSON.stringify(after)}`,
			);
		}
	}
	return lines.join("\n");
}

function named(files: readonly MappingFile[], name: string): MappingFile {
	const file = files.find((one) => one.name === name);
	if (file === undefined) throw new Unusable(`no mapping is called ${name}; see \`mappings list\``);
	return file;
}

function ownFile(path: string): MappingFile {
	const file: DefinitionFile = {
		path: relative(projectRoot, resolve(path)),
		text: readFileSync(path, "utf8"),
	};
	return mappingFileOf(file);
}
