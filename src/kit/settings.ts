import { parseDocument } from "yaml";
import { z } from "zod";
import { networkOf } from "../model/networks.ts";

/** A setting that is one of a few words; the first is the default. */
export const choice = <const Words extends readonly [string, ...string[]]>(
	description: string,
	words: Words,
) =>
	z
		.enum(words)
		.default(words[0] as Words[number])
		.describe(description);

/** Whether the ids that a system has are loyalty ids: a sentence is completed, `whose ids the users of the project have`. */
export const whoseIds = (ids: string) =>
	choice(`Whose ids ${ids}. own: those of a shop or another system. loyalty: the loyalty ids.`, [
		"own",
		"loyalty",
	]);

/** Yes or no, no unless set. A command line says `true` or `false` as text. */
export const flag = (description: string) =>
	z
		.union([z.boolean(), z.stringbool()], { error: 'expected "true" or "false"' })
		.default(false)
		.describe(description);

/** A text, empty unless set. */
export const text = (description: string, byDefault = "") =>
	z.string().trim().max(512).default(byDefault).describe(description);

/** A whole number. */
export const whole = (
	description: string,
	byDefault: number,
	{ least, most }: { readonly least: number; readonly most: number },
) =>
	z
		.preprocess(
			(value) => (typeof value === "string" && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value),
			z.int().min(least).max(most),
		)
		.default(byDefault)
		.describe(description);

/** Texts, none unless set. A command line separates them by commas. */
export const list = (description: string, item: z.ZodType<string, string> = z.string().trim().min(1)) =>
	z
		.preprocess(
			(value) => (typeof value === "string" ? value.split(",").filter((each) => each.trim() !== "") : value),
			z.array(item),
		)
		.default([])
		.describe(description);

/** The name of a request header. */
export const header = (description: string, byDefault: string) =>
	z
		.string()
		.trim()
		.max(128)
		.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no name of a header, such as X-Hub-Secret")
		.default(byDefault)
		.describe(description);

/** Addresses and networks that a sender calls from, all unless set; for a scheme of the kind `addresses`. */
export const networks = (description: string) =>
	list(
		description,
		z
			.string()
			.trim()
			.superRefine((text, context) => {
				const network = networkOf(text);
				if (!network.ok) context.addIssue(network.failure);
			}),
	);

/** A setting that is data: as it is, or as the text of a YAML or JSON file, which is how a command line gives it. */
export const data = <Value>(description: string, schema: z.ZodType<Value>, byDefault: Value) =>
	z
		.preprocess(
			(value) => (typeof value === "string" ? dataOf(value) : value),
			z.unknown().superRefine((value, context) => {
				if (value instanceof NotData) return context.addIssue(`is neither YAML nor JSON: ${value.reason}`);
				for (const { path, message } of problemsOf(schema.safeParse(value).error?.issues ?? []))
					context.addIssue(path.length === 0 ? message : `${path.join(".")}: ${message}`);
			}) as unknown as z.ZodType<Value>,
		)
		.default(byDefault as never)
		.describe(description);

/** Told apart from every value that a text can say. */
class NotData {
	readonly reason: string;
	constructor(reason: string) {
		this.reason = reason;
	}
}

/** A large text of aliases could make a small one a billion values. */
const aliasesMax = 100;

function dataOf(text: string): unknown {
	try {
		const document = parseDocument(text);
		const [fault] = document.errors;
		return fault === undefined
			? document.toJS({ maxAliasCount: aliasesMax })
			: new NotData(fault.message.split("\n")[0] ?? "");
	} catch (error) {
		return new NotData(String(error));
	}
}

interface ProblemAt {
	readonly path: readonly PropertyKey[];
	readonly message: string;
}

/** Of a value that may have several shapes, what is wrong with the one that it comes nearest to. */
const problemsOf = (issues: readonly z.core.$ZodIssue[]): readonly ProblemAt[] =>
	issues.flatMap((issue): readonly ProblemAt[] => {
		const shapes = issue.code === "invalid_union" ? issue.errors.map(problemsOf) : [];
		const nearest = shapes.toSorted((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)[0] ?? [];
		if (nearest.length === 0) return [{ path: issue.path, message: wordingOf(issue) }];
		return nearest.map(({ path, message }) => ({ path: [...issue.path, ...path], message }));
	});

const depthOf = (problems: readonly ProblemAt[]): number =>
	Math.min(...problems.map(({ path }) => path.length));

function wordingOf(issue: z.core.$ZodIssue): string {
	if (issue.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
	if (issue.code === "unrecognized_keys") return `knows no ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
	return issue.message;
}
