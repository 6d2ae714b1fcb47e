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
