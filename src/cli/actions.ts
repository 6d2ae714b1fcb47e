import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { createTwoFilesPatch } from "diff";
import { z } from "zod";
import { actionNameOf } from "../catalog/actions.ts";
import { Unusable } from "./client.ts";
import { ask, print, table } from "./print.ts";

/** `actions`: the kinds of event there are, and the admins' own. */
export function actionCommands(): Command {
	const command = new Command("actions").description("the kinds of event: those of the hub, and one's own");
	command
		.command("list")
		.description("all actions, and where each is from")
		.action(async (_options: unknown, self: Command) => {
			const { data } = listed.parse(await ask("GET", "/actions"));
			print(self, data, (actions) =>
				table([
					["NAME", "LABEL", "ORIGIN", "SENDER", "FROM", "VERSION", "POINTS"],
					...actions.map(({ name, label, origin, sender, from, version, points }) => [
						name,
						label ?? "(not live)",
						origin ?? "custom",
						sender ?? "anyone",
						from,
						version ?? "-",
						String(points ?? 0),
					]),
				]),
			);
		});
	command
		.command("show <name>")
		.description("one action: its text where it is an admin's own, else its definition")
		.action(async (name: string, _options: unknown, self: Command) => {
			const action = shown.parse(await ask("GET", `/actions/${encodeURIComponent(name)}`));
			print(self, action, (value) => value.text ?? JSON.stringify(value, null, 2));
		});
	command
		.command("check [paths...]")
		.description("all mistakes of the actions as they would be with these files; exit 1 where there are any")
		.action(async (paths: string[], _options: unknown, self: Command) => {
			const actions = paths.map(uploadOf);
			const { problems } = checked.parse(await ask("POST", "/actions/check", { actions }));
			if (problems.length > 0) process.exitCode = 1;
			print(self, problems, (all) =>
				all.length === 0 ? "No problems." : all.map(({ drawn }) => drawn).join("\n"),
			);
		});
	command
		.command("put <path>")
		.description("upload a file; its name is the action's. It counts at once, or is refused")
		.action(async (path: string, _options: unknown, self: Command) => {
			const { name, text } = uploadOf(path);
			const put = changed.parse(await ask("PUT", `/actions/${name}`, text));
			print(self, put, ({ version, live }) =>
				live ? `${name} ${version} is live` : `${name} ${version} waits: other actions have errors`,
			);
		});
	command
		.command("diff <old> <new>")
		.description("two texts line by line; each is a file, an action's name, or name@version")
		.action(async (before: string, after: string, _options: unknown, self: Command) => {
			const [old, current] = [await textOf(before), await textOf(after)];
			print(self, { diff: createTwoFilesPatch(before, after, old, current) }, ({ diff }) => diff);
		});
	return command;
}

const listed = z.object({
	data: z.array(
		z.looseObject({
			name: z.string(),
			label: z.string().optional(),
			origin: z.string().optional(),
			sender: z.string().optional(),
			from: z.string(),
			version: z.string().nullable(),
			points: z.number().optional(),
		}),
	),
});
const shown = z.looseObject({ text: z.string().optional() });
const checked = z.object({ problems: z.array(z.looseObject({ drawn: z.string() })) });
const changed = z.looseObject({ version: z.string(), live: z.boolean() });

/** What a file would be as an upload. */
function uploadOf(path: string): { readonly name: string; readonly text: string } {
	if (!existsSync(path)) throw new Unusable(`there is no file ${path}`);
	return { name: actionNameOf(path), text: readFileSync(path, "utf8") };
}

/** A file's text, or that of a custom action in the hub, as it is or as it was. */
async function textOf(said: string): Promise<string> {
	if (existsSync(said)) return uploadOf(said).text;
	const [name = "", version] = said.split("@");
	const where = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
	const { text } = shown.parse(await ask("GET", `/actions/${encodeURIComponent(name)}${where}`));
	if (text === undefined) throw new Unusable(`${name} comes with the hub, and has no text`);
	return text;
}
