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

/** The problem as a person reads it, with the line of the file and a caret under the place. */
export function drawProblem(problem: Problem, text: string): string {
	const source = text.split("\n")[problem.line - 1] ?? "";
	const indent = source.slice(0, problem.column - 1).replace(/[^\t]/g, " ");
	const head = `${problem.file}:${problem.line}:${problem.column}  ${problem.severity}: ${problem.message}`;
	return `${head}${problem.help === "" ? "" : `; ${problem.help}`}\n    ${source}\n    ${indent}^`;
}
