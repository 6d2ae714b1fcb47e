import type { AttributeShape } from "../context.ts";
import { type Field, pathOf } from "./fields.ts";
import { type Cast, castFor, looksLike, unmistakable } from "./looks.ts";
import { fillers, strangers } from "./synonyms.ts";
import type { Vocabulary, Word } from "./vocabulary.ts";

/** What a field is looked for. */
export interface Wanted {
	/** Those of its name. */
	readonly words: readonly Word[];
	readonly type: AttributeShape["type"];
	/** What the surroundings are about, with how surely: in a list of products `id` is a product's. */
	readonly context: ReadonlyMap<string, number>;
	/** Whether it is the customer's own, so that somebody else's is wrong. */
	readonly isPersonal: boolean;
}

/** A field that could be what is looked for. */
export interface Candidate {
	readonly field: Field;
	readonly path: string;
	readonly cast: Cast;
	/** From 0 to 1. */
	readonly confidence: number;
	/** What speaks for it: `name`, `parents`, `value`. */
	readonly because: readonly Reason[];
}

type Reason = "name" | "parents" | "context" | "value";

/** How much a word of the wanted name counts by where it is found: in the field's name itself it counts 1. */
const weights = { synonym: 0.95, rankStep: 0.01, parent: 0.9 } as const;

/** By what the confidence is multiplied where something speaks against a field. */
const doubts = {
	/** A word that the wanted name does not have: `shipping_total` for `total`. */
	otherWord: 0.5,
	/** One that adds little: `discount_total` for `discount`. */
	filler: 0.93,
	/** An id where no id is wanted: `product_id` for `product`. */
	idOfIt: 0.8,
	/** A word that the surroundings explain, in a name that says all: `trial_plan` in the action `trial_start`. */
	explained: 0.97,
	/** Inside an object about something else. */
	otherParent: 0.85,
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
	const named = byName(wanted, field, vocabulary);
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
		path: pathOf(field),
		cast,
		confidence: Math.max(confidence, 0),
		because: looks === true || named.confidence === 0 ? [...named.because, "value"] : named.because,
	};
}

interface ByName {
	readonly confidence: number;
	readonly because: readonly Reason[];
}

const unnamed: ByName = { confidence: 0, because: [] };

/**
 * How much of the wanted name the field's name says, its parent's helping where its own says little (`order.id` is
 * `order_id`), less what it says beside.
 */
function byName(wanted: Wanted, field: Field, vocabulary: Vocabulary): ByName {
	const { own, parent, above } = nameOf(wanted, field, vocabulary);
	// What only the surroundings say is said of every field beside it.
	if (!wanted.words.some((word) => nearest(word, [...own, ...parent]) > 0 && !isMereHint(word, wanted)))
		return unnamed;
	const wants = ({ concept }: Word) => wanted.words.some((word) => word.concept === concept);
	const others = [...own, ...parent].filter((word) => !wants(word));
	// `link_id` is a link's, whatever it stands in.
	const isAnothers = others.some((word) => !isFiller(word, wanted));

	const found = wanted.words.map((word): { readonly weight: number; readonly by: Reason } => {
		const inOwn = nearest(word, own);
		const inParent = weights.parent * nearest(word, parent);
		const inContext = isAnothers ? 0 : (wanted.context.get(word.concept) ?? 0);
		if (inOwn >= Math.max(inParent, inContext)) return { weight: inOwn, by: "name" };
		return inParent >= inContext ? { weight: inParent, by: "parents" } : { weight: inContext, by: "context" };
	});
	const saysAll = wanted.words.every((word) => nearest(word, [...own, ...parent]) > 0);
	const isExplained = ({ concept }: Word) => wanted.context.has(concept) && saysAll;
	const doubt = product([
		...others.map((word) => (isExplained(word) ? doubts.explained : doubtOf(word, wanted))),
		...above.map((word) => (wants(word) || isExpected(word, wanted) ? 1 : doubts.otherParent)),
	]);
	const weight = found.reduce((sum, { weight }) => sum + weight, 0);
	const reasons = new Set(found.filter(({ weight }) => weight > 0).map(({ by }) => by));
	return {
		confidence: (weight / wanted.words.length) * doubt,
		because: reasonsInOrder.filter((reason) => reasons.has(reason)),
	};
}

const reasonsInOrder: readonly Reason[] = ["name", "parents", "context"];

const product = (factors: readonly number[]): number => factors.reduce((all, factor) => all * factor, 1);

/** Whether the word only says what the surroundings say already, and the wanted name says more. */
const isMereHint = ({ concept }: Word, { words, context }: Wanted): boolean =>
	context.has(concept) && words.some((word) => !context.has(word.concept));

/** Whether an object of that name is where one would look. */
const isExpected = ({ concept }: Word, { context, isPersonal }: Wanted): boolean =>
	context.has(concept) || (isPersonal && concept === "customer");

function doubtOf(word: Word, wanted: Wanted): number {
	if (!isFiller(word, wanted)) return doubts.otherWord;
	// A code is what it names, an id stands for it.
	const isId = word.concept === "id" && word.written !== "code";
	return isId && !wanted.words.some(({ concept }) => concept === "id") ? doubts.idOfIt : doubts.filler;
}

function isFiller({ concept, written }: Word, { type }: Wanted): boolean {
	const ofType = type === "number" || type === "integer" ? fillers.number : fillers.text;
	return fillers.any.has(concept) || ofType.has(concept) || ofType.has(written);
}

function nearest({ concept, written }: Word, words: readonly Word[]): number {
	let most = 0;
	for (const word of words) {
		if (word.concept !== concept) continue;
		most = Math.max(most, word.written === written ? 1 : weights.synonym - weights.rankStep * word.rank);
	}
	return most;
}

interface Name {
	readonly own: readonly Word[];
	/** Those of the parent that belongs to the name, because the name says little itself: `total` in `shipping.total`. */
	readonly parent: readonly Word[];
	/** Those of the other objects around it that are more than holders. */
	readonly above: readonly Word[];
}

function nameOf(wanted: Wanted, { steps }: Field, vocabulary: Vocabulary): Name {
	const names = steps.filter((name) => name !== "0" && !vocabulary.isHolder(name));
	const last = steps.at(-1) ?? "";
	const around = names.slice(0, names.at(-1) === last ? -1 : names.length);
	const own = vocabulary.wordsOf(last);
	if (!own.every((word) => isFiller(word, wanted)))
		return { own, parent: [], above: around.flatMap(vocabulary.wordsOf) };
	return {
		own,
		parent: vocabulary.wordsOf(around.at(-1) ?? ""),
		above: around.slice(0, -1).flatMap(vocabulary.wordsOf),
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

/** What is taken for a line, and what else it could have been. */
export interface Choice {
	readonly taken: Candidate;
	/** The next best, best first. */
	readonly others: readonly Candidate[];
}

/** Below it nothing is drafted. */
const confidenceMin = 0.55;
/** Below it nobody wants to read of it. */
const runnerUpMin = 0.35;
const runnersUpMax = 2;

/** The best first, each field once; of equals the one that comes first in the messages. */
export function ranked(candidates: readonly (Candidate | undefined)[]): readonly Candidate[] {
	const best = candidates
		.filter((candidate) => candidate !== undefined)
		.filter(({ confidence }) => confidence >= runnerUpMin)
		.sort((a, b) => b.confidence - a.confidence);
	return [...new Map(best.toReversed().map((one) => [one.field, one])).values()].toReversed();
}

/** The best candidate that is free; undefined where none is sure enough. `candidates` are ranked. */
export function choose(
	candidates: readonly Candidate[],
	isFree: (candidate: Candidate) => boolean = () => true,
): Choice | undefined {
	const taken = candidates.find(isFree);
	if (taken === undefined || taken.confidence < confidenceMin) return undefined;
	return { taken, others: candidates.filter((candidate) => candidate !== taken).slice(0, runnersUpMax) };
}
