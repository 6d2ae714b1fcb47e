import type { Problem } from "../model/problem.ts";
import { readAction, readExtension } from "./action-file.ts";
import type { ActionDefinition, UnknownAttributes } from "./definition.ts";
import { factoryActions } from "./factory/index.ts";
import type { ProgramFile } from "./fields.ts";
import type { Program } from "./program.ts";

/** Whether a file of the program defines a custom action, or adds to one of the hub's own. */
export const isActionFile = ({ path }: ProgramFile): boolean => /(^|\/)events\/[^/]+\.ya?ml$/.test(path);

/** `program/events/survey.yaml` and an upload under that name both define `survey`. */
export const actionNameOf = (path: string): string => path.replace(/^.*[/:]/, "").replace(/\.ya?ml$/, "");

/** The program with these custom actions in the place of its own; one with mistakes is left out. */
export const withActions = (program: Program, files: readonly ProgramFile[]): Program => ({
	...program,
	actions: withFactory(readAll(files, { unknown: program.unknownAttributes }, []), program.unknownAttributes),
});

/**
 * All mistakes of a set of custom actions. Where a name was used before, what it may become is bounded by what it was:
 * its events stay, and its senders go on.
 *
 * @param before of each name that ever was good, the text that was the last.
 */
export function checkActions(
	files: readonly ProgramFile[],
	before: readonly ProgramFile[],
	{ unknownAttributes: unknown, points: { accounts } }: Pick<Program, "unknownAttributes" | "points">,
): readonly Problem[] {
	const was = readAll(before, { unknown }, []);
	const problems: Problem[] = [];
	readAll(files, { unknown, accounts, known: new Map(was.map((one) => [one.name, one])) }, problems);
	return problems;
}

/** By name, the factory's and the custom ones of these files; their mistakes go into `problems`. */
export const actionsOf = (
	files: readonly ProgramFile[],
	reading: Required<Omit<Reading, "known">>,
	problems: Problem[],
): ReadonlyMap<string, ActionDefinition> => withFactory(readAll(files, reading, problems), reading.unknown);

function withFactory(
	custom: readonly ActionDefinition[],
	unknown: UnknownAttributes,
): ReadonlyMap<string, ActionDefinition> {
	const factory = factoryActions.map((definition) => withUnknown(definition, unknown));
	return new Map([...factory, ...custom].map((definition) => [definition.name, definition]));
}

interface Reading {
	readonly unknown: UnknownAttributes;
	/** Left out for what is live: an account may be gone since, and its events then say so. */
	readonly accounts?: ReadonlyMap<string, unknown>;
	/** What names were before. */
	readonly known?: ReadonlyMap<string, ActionDefinition>;
}

/** The definitions of the files that have no mistake. */
function readAll(
	files: readonly ProgramFile[],
	{ unknown, accounts, known }: Reading,
	problems: Problem[],
): readonly ActionDefinition[] {
	const taken = new Set(internalNames);
	return files.flatMap((file) => {
		const name = actionNameOf(file.path);
		const base = extensible.get(name);
		const before = known?.get(name);
		const read =
			base === undefined
				? readAction(file, { name, unknown, accounts, before })
				: readExtension(file, base, { unknown, before });
		const own = taken.has(name) ? [takenName(file.path, name)] : read.problems.toSorted(byPlace);
		taken.add(name);
		problems.push(...own);
		return own.length === 0 ? [read.definition] : [];
	});
}

/** What others send may be given more attributes; what the hub writes by itself is whole as it is. */
const extensible: ReadonlyMap<string, ActionDefinition> = new Map(
	factoryActions.flatMap((one) => (one.sender === "hub" ? [] : [[one.name, one] as const])),
);
const internalNames = factoryActions.flatMap(({ name, sender }) => (sender === "hub" ? [name] : []));

const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;

const takenName = (file: string, name: string): Problem => ({
	file,
	line: 1,
	column: 1,
	severity: "error",
	code: "taken-name",
	message: `there is an action \`${name}\` already`,
	help: "give the file another name",
});

/** What the hub writes itself is whole as it is. */
const withUnknown = (definition: ActionDefinition, unknown: UnknownAttributes): ActionDefinition =>
	definition.sender === "hub" ? definition : { ...definition, unknown };
