import { existsSync, readFileSync, statSync } from "node:fs";
import { relative, resolve } from "node:path";
import { Command } from "commander";
import { connectors } from "../../connectors/index.ts";
import { loadProgram } from "../catalog/program.ts";
import { checkContextOf, type DefinitionFile } from "../host/definitions.ts";
import { mappingFileOf, projectRoot, readMappings, readProgram } from "../host/node/definitions.ts";
import {
	type CheckContext,
	checkMappings,
	compileMappings,
	type MappingFile,
	type MappingSet,
	testMappings,
} from "../map/mappings.ts";
import { isObject, readJson } from "../model/json.ts";
import type { Delivery } from "../model/message.ts";
import { drawProblem, type Problem } from "../model/problem.ts";
import { Unusable } from "./client.ts";
import { coverageCommand } from "./coverage.ts";
import { print, table } from "./print.ts";

/** `mappings check | test | try | coverage | list`: all without a hub. */
export function mappingCommands(): Command {
	const command = new Command("mappings").description("the files that turn messages into events");
	command
		.command("check [paths...]")
		.description(
			"all mistakes of all files, or of these, failing tests among them; exit 1 where there are any",
		)
		.option("--strict", "warnings count too")
		.action((paths: string[], { strict }: { strict?: true }, self: Command) => {
			const { context, files, problems: program } = definitions();
			const problems = [...program, ...checkMappings(files, context)];
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
	command
		.command("list")
		.description("all mappings, in the order in which they run")
		.action((_options: unknown, self: Command) => {
			const set = compiled(self);
			if (set === undefined) return;
			print(self, set.mappings, (mappings) =>
				table([
					["NAME", "VERSION", "FROM", "TITLE"],
					...mappings.map((one) => [one.name, one.version, one.from.join(","), one.title]),
				]),
			);
		});
	return command.addCommand(coverageCommand(compiled).exitOverride());
}

/** The mappings, or undefined where they have mistakes, which are then reported. */
function compiled(command: Command): MappingSet | undefined {
	const { context, files } = definitions();
	const { set, problems } = compileMappings(files, context);
	if (set === undefined) report(command, problems, false);
	return set;
}

interface Loaded {
	readonly context: CheckContext;
	readonly files: readonly MappingFile[];
	readonly problems: readonly Problem[];
}

function definitions(): Loaded {
	const { program, problems } = loadProgram(readProgram(projectRoot));
	if (program === undefined) throw new Unusable(problems.map(drawn).join("\n"));
	return { context: checkContextOf(program), files: readMappings(projectRoot), problems };
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
	const { context, files } = definitions();
	const file = existsSync(mapping) && statSync(mapping).isFile() ? ownFile(mapping) : named(files, mapping);
	const { set, problems } = compileMappings([file], context);
	const [facts] = set?.mappings ?? [];
	if (set === undefined || facts === undefined) {
		report(command, problems, false);
		return null;
	}
	const [slug = "", endpoint = "try"] = (facts.from[0] ?? "").split("/");
	const configured = connectors.get(slug)?.configure({});
	if (configured?.ok !== true) throw new Unusable(`the mapping reads from ${slug}, which is no connector`);
	if (!existsSync(messagePath)) throw new Unusable(`there is no file ${messagePath}`);
	const content = readJson(readFileSync(messagePath));
	if (!content.ok) throw new Unusable(`${messagePath}: ${content.failure.reason}`);
	if (!isObject(content.value)) throw new Unusable(`${messagePath}: a message is a JSON object`);

	const receivedAt = Date.now();
	const delivery: Delivery = {
		method: "POST",
		path: "",
		query: "",
		headers: {},
		body: new Uint8Array(),
		receivedAt,
	};
	const message = configured.value.read(content.value, delivery);
	const mapped = set.run(slug, endpoint, message, {
		receivedAt,
		headers: {},
		settings: configured.value.settings,
	});
	return mapped.kind === "mapped" ? mapped.events : [];
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
