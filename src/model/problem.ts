/** A mistake in a file, with where, what, and what would be right. */
export interface Problem {
	readonly file: string;
	/** From 1. */
	readonly line: number;
	/** From 1. */
	readonly column: number;
	readonly severity: "error" | "warning";
	/** Stable, kebab-case: `unknown-operator`. */
	readonly code: string;
	readonly message: string;
	/** What would be right; empty where nothing better than the message can be said. */
	readonly help: string;
}

export const sentenceOf = ({ file, line, column, message, help }: Problem): string =>
	`${file}:${line}:${column}  ${message}${help === "" ? "" : `; ${help}`}`;
/** Wider lines are broken by terminals, which takes the caret away from its place. */
const widthMax = 110;

/** The part of a long line in which the column is. */
function windowOf(line: string, column: number): { readonly source: string; readonly column: number } {
	if (line.length <= widthMax) return { source: line, column };
	const start = column < widthMax - 20 ? 0 : column - widthMax / 2;
	const before = start === 0 ? "" : "…";
	const after = start + widthMax < line.length ? "…" : "";
	return {
		source: `${before}${line.slice(start, start + widthMax)}${after}`,
		column: column - start + before.length,
	};
}

/** The problem as a person reads it, with the line of the file and a caret under the place. */
export function drawProblem(problem: Problem, text: string): string {
	const line = text.split("\n")[problem.line - 1] ?? "";
	const { source, column } = windowOf(line, problem.column);
	const indent = source.slice(0, column - 1).replace(/[^\t]/g, " ");
	const head = `${problem.file}:${problem.line}:${problem.column}  ${problem.severity}: ${problem.message}`;
	return `${head}${problem.help === "" ? "" : `; ${problem.help}`}\n    ${source}\n    ${indent}^`;
}
