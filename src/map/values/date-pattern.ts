import { DateTime } from "luxon";
import { bad, good, type Result } from "../../model/result.ts";

/** How an instant is written where it is not ISO 8601: `dd/MM/yyyy HH:mm`. */
export interface DatePattern {
	/** Whether the text says its offset from UTC itself. */
	readonly hasOffset: boolean;
	/** Unix milliseconds; where the text has no offset, as if its time were in UTC. Undefined: the text is another. */
	read(text: string): number | undefined;
}

/** What is wrong with a pattern, and what would be right. */
export interface BadDatePattern {
	readonly message: string;
	readonly help: string;
}

type Unit =
	| "year"
	| "month"
	| "day"
	| "weekday"
	| "hour"
	| "half"
	| "minute"
	| "second"
	| "fraction"
	| "offset";

/** Unicode's letters (UTS 35), but for offsets, where they are Luxon's; each with an example for the reference. */
export const dateTokens: readonly {
	readonly token: string;
	readonly unit: Unit;
	readonly example: string;
}[] = [
	{ token: "yyyy", unit: "year", example: "2026" },
	{ token: "yy", unit: "year", example: "26 (1961 to 2060)" },
	{ token: "M", unit: "month", example: "3" },
	{ token: "MM", unit: "month", example: "03" },
	{ token: "MMM", unit: "month", example: "Mar" },
	{ token: "MMMM", unit: "month", example: "March" },
	{ token: "d", unit: "day", example: "1" },
	{ token: "dd", unit: "day", example: "01" },
	{ token: "EEE", unit: "weekday", example: "Sun" },
	{ token: "EEEE", unit: "weekday", example: "Sunday" },
	{ token: "H", unit: "hour", example: "9" },
	{ token: "HH", unit: "hour", example: "09" },
	{ token: "h", unit: "hour", example: "9" },
	{ token: "hh", unit: "hour", example: "09" },
	{ token: "a", unit: "half", example: "PM" },
	{ token: "m", unit: "minute", example: "5" },
	{ token: "mm", unit: "minute", example: "05" },
	{ token: "s", unit: "second", example: "7" },
	{ token: "ss", unit: "second", example: "07" },
	{ token: "SSS", unit: "fraction", example: "123" },
	{ token: "ZZ", unit: "offset", example: "+02:00" },
	{ token: "ZZZ", unit: "offset", example: "+0200" },
];

const unitOf: ReadonlyMap<string, Unit> = new Map(dateTokens.map(({ token, unit }) => [token, unit]));

/** Names of months and days are English, whatever the machine speaks. */
const locale = "en-US";

/** Compiles a pattern. One that leaves the date open is refused: what is missing would come from today's. */
export function parseDatePattern(pattern: string): Result<DatePattern, BadDatePattern> {
	const tokens = tokensOf(pattern);
	if (!tokens.ok) return tokens;
	const units = tokens.value.map((token) => unitOf.get(token));
	const twice = units.find((unit, index) => units.indexOf(unit) !== index);
	if (twice !== undefined) return bad(wrong(pattern, `it has the ${twice} twice`));
	const lacks = (["year", "month", "day"] as const).find((unit) => !units.includes(unit));
	if (lacks !== undefined) return bad(wrong(pattern, `it has no ${lacks}`));
	const countsToTwelve = tokens.value.some((token) => token.startsWith("h"));
	if (countsToTwelve !== units.includes("half"))
		return bad(wrong(pattern, "`h`, which counts to 12, and `a` need each other"));
	const parser = DateTime.buildFormatParser(pattern, { locale });
	return good({
		hasOffset: units.includes("offset"),
		read(text) {
			const read = DateTime.fromFormatParser(text, parser, { locale, zone: "utc" });
			return read.isValid ? read.toMillis() : undefined;
		},
	});
}

const known = `a pattern is made of ${[...unitOf.keys()].join(" ")}; other letters are quoted: 'T'`;

/** The runs of one letter; what stands in quotes or is no letter stands for itself. */
function tokensOf(pattern: string): Result<readonly string[], BadDatePattern> {
	const tokens: string[] = [];
	for (const [piece, letter] of pattern.matchAll(/'[^']*'|([A-Za-z])\1*|[\s\S]/g)) {
		if (piece === "'" || piece === "''")
			return bad(wrong(pattern, "a quote in it does not end, or has nothing in it"));
		if (letter === undefined) continue;
		if (!unitOf.has(piece)) {
			const meant = [...unitOf.keys()].find((token) => token.toLowerCase() === piece.toLowerCase());
			const help = meant === undefined ? known : `did you mean \`${meant}\`?`;
			return bad({ ...wrong(pattern, `\`${piece}\` means nothing in it`), help });
		}
		tokens.push(piece);
	}
	return good(tokens);
}

const wrong = (pattern: string, reason: string): BadDatePattern => ({
	message: `\`${pattern}\` is no date pattern: ${reason}`,
	help: "write one like yyyy-MM-dd HH:mm:ss",
});
