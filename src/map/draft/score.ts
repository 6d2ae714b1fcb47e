import { writtenPath } from "../path.ts";
import { byName, type Reason, type Wanted } from "./by-name.ts";
import type { Field } from "./fields.ts";
import { type Cast, castFor, looksLike, unmistakable } from "./looks.ts";
import { strangers } from "./synonyms.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A field that could be what is looked for. */
export interface Candidate {
	readonly field: Field;
	readonly path: string;
	readonly cast: Cast;
	/** From 0 to 1. */
	readonly confidence: number;
	/** What speaks for it. */
	readonly because: readonly (Reason | "value")[];
}

/** By what the confidence is multiplied where something speaks against a field. */
const doubts = {
	/** Somebody else's. */
	stranger: 0.3,
	/** A text that does not look like what is wanted: an e-mail without an @. */
	otherLook: 0.4,
	/** Null in all messages: nobody knows what it would be. */
	onlyNull: 0.85,
	/** In the first element of a list, of which there may be more. */
	inList: 0.8,
} as const;

/** An e-mail address under a name that says nothing. */
const byValueAlone = 0.6;
/** For each level below the first: of two equals the one nearer to the top is meant. */
const depthStep = 0.01;
/** Nobody but a person is sure: what all speaks for, with the bonus of its object, stays below 1. */
const sureness = 0.95;

/** The field as a candidate; undefined where it can not be what is wanted. */
export function candidateOf(wanted: Wanted, field: Field, vocabulary: Vocabulary): Candidate | undefined {
	const cast = castFor(wanted.type, field.values);
	if (cast === undefined) return undefined;
	const named = byName(wanted, field.steps, vocabulary);
	// The last word says what it is: an `email_id` is no e-mail.
	const looks = looksLike(wanted.words.at(-1)?.concept ?? "", field.values);
	if (named.confidence === 0 && !isUnmistakable(wanted, field)) return undefined;

	let confidence = sureness * (named.confidence === 0 ? byValueAlone : named.confidence);
	if (looks === false) confidence *= doubts.otherLook;
	if (field.values.every((value) => value === null)) confidence *= doubts.onlyNull;
	if (field.steps.includes("0")) confidence *= doubts.inList;
	if (wanted.isPersonal && isSomebodyElses(wanted, field, vocabulary)) confidence *= doubts.stranger;
	confidence -= depthStep * (field.steps.length - 1);
	return {
		field,
		path: writtenPath(field.steps),
		cast,
		confidence: Math.max(confidence, 0),
		because: looks === true || named.confidence === 0 ? [...named.because, "value"] : named.because,
	};
}

function isUnmistakable({ words, type }: Wanted, { values }: Field): boolean {
	const [word, second] = words;
	const is = word === undefined || second !== undefined ? undefined : unmistakable[word.concept];
	return (
		is !== undefined && type === "text" && values.every((value) => typeof value === "string" && is(value))
	);
}

/** `strangers` are words as they are written: a store is a stranger to a person, and no stranger to `store`. */
function isSomebodyElses({ words }: Wanted, { steps }: Field, vocabulary: Vocabulary): boolean {
	return steps
		.flatMap(vocabulary.wordsOf)
		.some(
			({ concept, written }) =>
				(strangers.has(concept) || strangers.has(written)) && !words.some((word) => word.concept === concept),
		);
}
