import { createTwoFilesPatch } from "diff";
import type { MappingFile, MappingVersion } from "../model/mapping-file.ts";
import { drawProblem, type Problem } from "../model/problem.ts";

/** Ten times the longest file that comes with the hub. */
export const textBytesMax = 256 * 1024;

export const isoOf = (unixMs: number): string => new Date(unixMs).toISOString();

/** Each problem with its drawing: the line of the text, and a caret under the place. */
export const drawnIn =
	(set: readonly MappingFile[]) =>
	(problem: Problem): Problem & { readonly drawn: string } => ({
		...problem,
		drawn: drawProblem(problem, set.find(({ path }) => path === problem.file)?.text ?? ""),
	});

export function refusalOf(
	what: "mappings" | "actions",
	problems: readonly Problem[],
	set: readonly MappingFile[],
) {
	const errors = problems.filter(({ severity }) => severity === "error").length;
	return {
		error: `the ${what} have ${errors} error${errors === 1 ? "" : "s"}, and stay as they are`,
		problems: problems.map(drawnIn(set)),
	};
}

/** What was live under a name, newest first. */
export const versionViews = (versions: readonly MappingVersion[]) => ({
	data: versions.map(({ at, ...one }) => ({ ...one, since: isoOf(at) })),
	cursor: null,
});

/** One of them with its text, and what it changed; null where the name never had it. */
export async function versionView(
	{ name, version, versions }: Named,
	textOf: (version: string) => Promise<string | null>,
) {
	const index = versions.findIndex((one) => one.version === version);
	const found = versions[index];
	if (found === undefined) return null;
	const before = versions[index + 1]?.version ?? null;
	const [text, former] = await Promise.all([textOf(version), before === null ? "" : textOf(before)]);
	const { at, ...rest } = found;
	const headings = [`${name} ${before ?? "(nothing)"}`, `${name} ${version}`] as const;
	const diff = createTwoFilesPatch(...headings, former ?? "", text ?? "");
	return { name, ...rest, since: isoOf(at), text, diff };
}

interface Named {
	readonly name: string;
	readonly version: string;
	/** Newest first. */
	readonly versions: readonly MappingVersion[];
}
