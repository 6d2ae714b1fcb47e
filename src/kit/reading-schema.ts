import { z } from "zod";
import { oneOrMore, placeSchema, textSchema } from "../verify/schema.ts";
import type { Condition, Reading } from "./reading.ts";

/** A reading that a person writes into an endpoint's settings. */

const texts = oneOrMore(textSchema);

const time = z.strictObject({ from: textSchema, unit: z.enum(["iso", "s", "ms"]) });

const kind = z
	.string()
	.regex(
		/^[a-z][a-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*$/,
		"is no kind of identity, such as id, email or acme.customer",
	);

const condition = z.record(z.string(), oneOrMore(z.string())).superRefine((places, context) => {
	for (const place of Object.keys(places)) {
		const checked = placeSchema.safeParse(place);
		if (!checked.success) context.addIssue(checked.error.issues[0]?.message ?? "");
	}
}) as unknown as z.ZodType<Condition>;

const person = z.strictObject({ kind, value: textSchema });

export const readingSchema: z.ZodType<Reading> = z.strictObject({
	id: texts.exactOptional(),
	type: texts,
	time: oneOrMore(time).exactOptional(),
	identities: z.record(kind, texts),
	test: condition.exactOptional(),
	echo: condition.exactOptional(),
	handshake: condition.exactOptional(),
	erase: condition.exactOptional(),
	merge: z.strictObject({ when: condition, from: person, into: person }).exactOptional(),
});
