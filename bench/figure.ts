/** What a figure must reach: a share or a multiple of the baseline, or a number of its own. */
type Target = { readonly atLeast: number } | { readonly atMost: number };

/** One line of the result. */
export interface Figure {
	/** What was measured. */
	readonly what: string;
	/** What it was measured against, in the same run. */
	readonly against: string;
	/** In `unit`; null where it could not be measured, and `note` says why. */
	readonly value: number | null;
	readonly unit: "%" | "×" | "s";
	readonly target: Target;
	/** Both sides of the ratio as people read them: `61,200 op/s`. */
	readonly ours: string;
	readonly theirs: string;
	readonly note?: string;
}

/** What a row is given. */
export interface Bench {
	/** A folder for its files, removed at the end. */
	readonly folder: string;
	/** The sizes that take minutes, too. */
	readonly full: boolean;
	/** Tells a waiting person what is going on. */
	readonly say: (what: string) => void;
}

/** One thing to measure: each file in `rows/` has one. */
export type Row = (bench: Bench) => Promise<readonly Figure[]>;

export const isReached = ({ value, target }: Figure): boolean | null => {
	if (value === null) return null;
	return "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
};

/** `12.3` of 12.34, `123` of 123.4, `61,200` of 61234.5: as many digits as such a measurement is worth. */
export function readable(value: number): string {
	const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
	const rounded = value >= 10_000 ? Math.round(value / 100) * 100 : value;
	return rounded.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The figures as a table for a terminal. */
export function tableOf(figures: readonly Figure[]): string {
	const cells = figures.map((figure) => [
		figure.what,
		figure.value === null ? "–" : `${readable(figure.value)} ${figure.unit}`,
		"atLeast" in figure.target
			? `≥ ${figure.target.atLeast} ${figure.unit}`
			: `≤ ${figure.target.atMost} ${figure.unit}`,
		verdicts[String(isReached(figure)) as keyof typeof verdicts],
		figure.note ?? `${figure.ours} against ${figure.theirs}, ${figure.against}`,
	]);
	const rows = [["what", "value", "reach", "", "measured"], ...cells];
	const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	return rows
		.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
		.map((line) => line.trimEnd())
		.join("\n");
}

const verdicts = { true: "reached", false: "MISSED", null: "–" } as const;
