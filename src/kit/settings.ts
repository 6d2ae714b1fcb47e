import { z } from "zod";

/** A setting that is one of a few words; the first is the default. */
export const choice = <const Words extends readonly [string, ...string[]]>(
	description: string,
	words: Words,
) =>
	z
		.enum(words)
		.default(words[0] as Words[number])
		.describe(description);

/** Yes or no, no unless set. A command line says `true` or `false` as text. */
export const flag = (description: string) =>
	z
		.union([z.boolean(), z.stringbool()], { error: 'expected "true" or "false"' })
		.default(false)
		.describe(description);

/** A text, empty unless set. */
export const text = (description: string, byDefault = "") =>
	z.string().trim().max(512).default(byDefault).describe(description);

/** Texts, none unless set. A command line separates them by commas. */
export const list = (description: string, item: z.ZodType<string, string> = z.string().trim().min(1)) =>
	z
		.preprocess(
			(value) => (typeof value === "string" ? value.split(",").filter((each) => each.trim() !== "") : value),
			z.array(item),
		)
		.default([])
		.describe(description);
