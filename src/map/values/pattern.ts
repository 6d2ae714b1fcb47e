import { RE2JS, RE2JSSyntaxException } from "re2js";
import { bad, good, type Result } from "../../model/result.ts";
import { type Compiler, refuse, type Wrong } from "../compiler.ts";
import type { Run } from "../evaluate.ts";
import { spend } from "../work.ts";
import type { Node } from "../yaml.ts";

/**
 * A regular expression with RE2's syntax and promise: a search takes time in proportion to the text, whatever the
 * pattern. (So there are no back references and no look-around.) Case counts, and `.` is any character but a line's
 * end; `(?i)` and `(?s)` say otherwise.
 */
export interface Pattern {
	/** Whether a part of the text matches. */
	test(text: string, run: Run): boolean;
	/** The leftmost match. */
	first(text: string, run: Run): Match | undefined;
	/** All matches from the left, none of which overlap; lazily, so that who asks may stop. */
	all(text: string, run: Run): Iterable<Match>;
	/** The number of a group by its number or name; 0 is the whole match. Undefined: there is no such group. */
	groupOf(name: string | number): number | undefined;
}

export interface Match {
	readonly start: number;
	/** Behind the last character. */
	readonly end: number;
	/** What a group matched; undefined where it had no part in the match. */
	group(number: number): string | undefined;
}

/** Longer ones are no longer read by people. */
const charactersMax = 1_000;

/** At each character a search visits each instruction of its pattern once, which is much less work than a step. */
const visitsOfStep = 8;

/** The failure is the reason, in the words of the RE2 library. */
export function parsePattern(source: string): Result<Pattern, string> {
	if (source.length > charactersMax) return bad(`it is longer than ${charactersMax} characters`);
	try {
		return good(patternOf(RE2JS.compile(source)));
	} catch (error) {
		if (error instanceof RE2JSSyntaxException)
			return bad(error.message.replace(/^error parsing regexp: /, ""));
		throw error;
	}
}

/** The pattern that stands at a place of a mapping; what is wrong with it is reported there. */
export function compilePattern(source: string, node: Node, compiler: Compiler): Pattern | Wrong {
	const pattern = parsePattern(source);
	if (pattern.ok) return pattern.value;
	const message = `this is no regular expression of RE2: ${pattern.failure}`;
	return refuse(compiler, node.at, "bad-pattern", message);
}

function patternOf(expression: RE2JS): Pattern {
	const visits = expression.programSize();
	const groups = expression.groupCount();
	const names = new Map(Object.entries(expression.namedGroups()));

	/** A search may look at all that is left of the text, so searching for match after match can cost its square. */
	const spendSearch = (characters: number, run: Run): void =>
		spend(run, Math.ceil((characters * visits) / visitsOfStep));

	function* all(text: string, run: Run): Generator<Match> {
		const matcher = expression.matcher(text);
		spendSearch(text.length, run);
		while (matcher.find()) {
			yield {
				start: matcher.start(),
				end: matcher.end(),
				group: (number) => matcher.group(number) ?? undefined,
			};
			spendSearch(text.length - matcher.end(), run);
		}
	}

	return {
		test(text, run) {
			spendSearch(text.length, run);
			return expression.test(text);
		},
		first(text, run) {
			for (const match of all(text, run)) return match;
			return undefined;
		},
		all,
		groupOf(name) {
			if (typeof name === "string") return names.get(name);
			return Number.isInteger(name) && name >= 0 && name <= groups ? name : undefined;
		},
	};
}
