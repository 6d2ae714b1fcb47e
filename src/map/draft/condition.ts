import type { Value } from "../../model/json.ts";
import { keyOfPath, writtenPath } from "../path.ts";
import type { Field } from "./fields.ts";

/** One line of `when`. */
export interface DraftedClause {
	readonly key: string;
	/** The text that all messages have there. */
	readonly value: string;
}

/** How senders call what tells one kind of message from another. */
const kindNames = /^(type|event|topic|action|kind|name|webhook|trigger)$/;
const kindNamesOfTwo = /^(event|message|object|webhook|notification|activity|trigger)(type|name|topic|kind)$/;
/** Objects that are about the message and not about what happened. */
const envelopes = /^(event|message|meta|metadata|header|headers|envelope|webhook|notification)$/;
/** `name` alone is mostly a person's or a product's. */
const vague = "name";

/** Longer texts are no words of a program. */
const charactersMax = 60;
const clausesMax = 4;

/**
 * What tells this kind of message: the short texts, equal in all messages, under the names that senders use for it;
 * those at the top, or where none is there, those of the envelope.
 */
export function draftCondition(fields: readonly Field[]): readonly DraftedClause[] {
	const constants = fields.flatMap((field): readonly (DraftedClause & { depth: number })[] => {
		const value = constantOf(field);
		const { steps } = field;
		if (value === undefined || !saysKind(steps)) return [];
		return [{ key: keyOfPath(writtenPath(steps)), value, depth: steps.length }];
	});
	const top = constants.filter(({ depth }) => depth === 1);
	return (top.length > 0 ? top : constants).slice(0, clausesMax).map(({ key, value }) => ({ key, value }));
}

function saysKind(steps: readonly string[]): boolean {
	const [first = "", second, third] = steps.map((name) => name.toLowerCase().replace(/[^a-z]/g, ""));
	if (second === undefined) return first !== vague && (kindNames.test(first) || kindNamesOfTwo.test(first));
	return (
		third === undefined && envelopes.test(first) && (kindNames.test(second) || kindNamesOfTwo.test(second))
	);
}

function constantOf({ values, isAlwaysThere }: Field): string | undefined {
	const [first] = values;
	return isAlwaysThere && isWord(first) && values.every((value) => value === first) ? first : undefined;
}

/** A text that a program chose, not a person: short, of letters, and no path. */
const isWord = (value: Value | undefined): value is string =>
	typeof value === "string" &&
	value.length <= charactersMax &&
	/^\p{L}[\p{L}\p{N} _.:/-]*$/u.test(value) &&
	!/\d{4}/.test(value);
