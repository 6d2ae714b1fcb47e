import type { AttributeShape } from "../context.ts";
import { fillers } from "./synonyms.ts";
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

/** Where a word of the wanted name was found. */
export type Reason = "name" | "parents" | "context";

/** How much a word of the wanted name counts by where it is found: in the field's name itself it counts 1. */
const weights = { synonym: 0.95, rankStep: 0.01, parent: 0.9 } as const;

/** By what the confidence is multiplied for what a name says beside. */
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
} as const;

/** What a name says for a field. */
interface ByName {
	/** From 0, where it says nothing, to 1. */
	readonly confidence: number;
	readonly because: readonly Reason[];
}

const unnamed: ByName = { confidence: 0, because: [] };

/**
 * How much of the wanted name the field's name says, its parent's helping where its own says little (`order.id` is
 * `order_id`), less what it says beside.
 */
export function byName(wanted: Wanted, steps: readonly string[], vocabulary: Vocabulary): ByName {
	const name = nameOf(wanted, steps, vocabulary);
	// What only the surroundings say is said of every field beside it.
	if (!wanted.words.some((word) => isSaid(word, name) && !isMereHint(word, wanted))) return unnamed;
	const others = [...name.own, ...name.parent].filter(({ concept }) => !wants(concept, wanted));
	// `link_id` is a link's, whatever it stands in.
	const context = others.every((word) => isFiller(word, wanted)) ? wanted.context : new Map();

	const found = wanted.words.map((word) => findingOf(word, name, context));
	const weight = found.reduce((sum, { weight }) => sum + weight, 0) / wanted.words.length;
	const reasons = new Set(found.filter(({ weight }) => weight > 0).map(({ by }) => by));
	return {
		confidence: weight * doubtAbout(others, name, wanted),
		because: reasonsInOrder.filter((reason) => reasons.has(reason)),
	};
}

interface Finding {
	readonly weight: number;
	readonly by: Reason;
}

function findingOf(word: Word, { own, parent }: Name, context: Wanted["context"]): Finding {
	const inOwn = nearest(word, own);
	const inParent = weights.parent * nearest(word, parent);
	const inContext = context.get(word.concept) ?? 0;
	if (inOwn >= Math.max(inParent, inContext)) return { weight: inOwn, by: "name" };
	return inParent >= inContext ? { weight: inParent, by: "parents" } : { weight: inContext, by: "context" };
}

/** `others` are the words of the name that the wanted one does not have. */
function doubtAbout(others: readonly Word[], name: Name, wanted: Wanted): number {
	const saysAll = wanted.words.every((word) => isSaid(word, name));
	let doubt = 1;
	for (const word of others) {
		doubt *= saysAll && wanted.context.has(word.concept) ? doubts.explained : doubtOf(word, wanted);
	}
	for (const { concept } of name.above) {
		if (!wants(concept, wanted) && !isExpected(concept, wanted)) doubt *= doubts.otherParent;
	}
	return doubt;
}

const wants = (concept: string, { words }: Wanted): boolean => words.some((word) => word.concept === concept);

const isSaid = (word: Word, { own, parent }: Name): boolean =>
	nearest(word, own) > 0 || nearest(word, parent) > 0;

const reasonsInOrder: readonly Reason[] = ["name", "parents", "context"];

/** Whether the word only says what the surroundings say already, and the wanted name says more. */
const isMereHint = ({ concept }: Word, { words, context }: Wanted): boolean =>
	context.has(concept) && words.some((word) => !context.has(word.concept));

/** Whether an object of that name is where one would look. */
const isExpected = (concept: string, { context, isPersonal }: Wanted): boolean =>
	context.has(concept) || (isPersonal && concept === "customer");

function doubtOf(word: Word, wanted: Wanted): number {
	if (!isFiller(word, wanted)) return doubts.otherWord;
	// A code is what it names, an id stands for it.
	const isId = word.concept === "id" && word.written !== "code";
	return isId && !wants("id", wanted) ? doubts.idOfIt : doubts.filler;
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
	/** The parent's, where the name says little itself: `shipping.total`. */
	readonly parent: readonly Word[];
	/** Those of the other objects around it that are more than holders. */
	readonly above: readonly Word[];
}

function nameOf(wanted: Wanted, steps: readonly string[], vocabulary: Vocabulary): Name {
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
