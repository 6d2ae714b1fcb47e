import type { ActionShape, AttributeShape } from "../context.ts";
import type { Wanted } from "./by-name.ts";
import { type Choice, choose, ranked } from "./choice.ts";
import { elementsOf, type Field, fieldsOf } from "./fields.ts";
import { type Candidate, candidateOf } from "./score.ts";
import { subjects } from "./synonyms.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What is drafted for one attribute. */
export interface DraftedAttribute {
	readonly name: string;
	readonly shape: AttributeShape;
	/** Undefined: it is required, and nothing looks like it. */
	readonly choice: Choice | undefined;
	/** What is made of each element, where the attribute is a list whose elements are declared. */
	readonly elements: readonly DraftedAttribute[];
}

/** Where to look, and what it is about. */
export interface Surroundings {
	readonly fields: readonly Field[];
	readonly context: Context;
}

type Attributes = ActionShape["attributes"];
type Context = Wanted["context"];

/** The attributes for which a field is found, and those that are required, in the order of the action. */
export function draftAttributes(
	attributes: Attributes,
	{ fields, context }: Surroundings,
	vocabulary: Vocabulary,
): readonly DraftedAttribute[] {
	const isPersonal = [...attributes.keys()].includes("email");
	const wanted = [...attributes].filter(([name]) => !name.startsWith("$"));
	const first = wanted.map(([name, shape]): Scored => {
		const wish: Wanted = { words: vocabulary.wordsOf(name), type: shape.type, context, isPersonal };
		const suited = shape.elements === undefined ? fields : fields.filter(hasObjects);
		return { name, shape, candidates: ranked(suited.map((field) => candidateOf(wish, field, vocabulary))) };
	});
	const scored = preferCommonObject(first);
	const choices = chooseAll(scored);
	return scored.flatMap((one): readonly DraftedAttribute[] => {
		const choice = choices.get(one.name);
		const elements = choice === undefined ? [] : draftElements(one, choice.taken, context, vocabulary);
		const isEmptyList = one.shape.elements !== undefined && elements.length === 0;
		if (choice !== undefined && !isEmptyList) return [{ name: one.name, shape: one.shape, choice, elements }];
		return one.shape.required ? [{ name: one.name, shape: one.shape, choice: undefined, elements: [] }] : [];
	});
}

interface Scored {
	readonly name: string;
	readonly shape: AttributeShape;
	/** Ranked. */
	readonly candidates: readonly Candidate[];
}

const hasObjects = (field: Field): boolean => elementsOf(field).length > 0;

/** A sender puts what belongs together into one object: its fields are preferred to others that are as good. */
const commonObjectBonus = 0.03;

function preferCommonObject(scored: readonly Scored[]): readonly Scored[] {
	const votes = new Map<string, number>();
	for (const { candidates } of scored) {
		const [best] = candidates;
		if (best === undefined) continue;
		const object = objectOf(best);
		votes.set(object, (votes.get(object) ?? 0) + best.confidence);
	}
	const [common] = [...votes].sort(([, a], [, b]) => b - a)[0] ?? [];
	return scored.map((one) => ({
		...one,
		candidates: ranked(
			one.candidates.map((candidate) =>
				objectOf(candidate) === common
					? { ...candidate, confidence: candidate.confidence + commonObjectBonus }
					: candidate,
			),
		),
	}));
}

const objectOf = ({ field }: Candidate): string => JSON.stringify(field.steps.slice(0, -1));

/**
 * The surest attribute takes its field first, and a field is taken once: `phone` is not also `mobile_phone`. What is
 * required may share, because it must have something.
 */
function chooseAll(scored: readonly Scored[]): ReadonlyMap<string, Choice> {
	const choices = new Map<string, Choice>();
	const taken = new Set<Field>();
	let open = [...scored];
	while (open.length > 0) {
		const best = open
			.map((one) => ({ one, choice: choose(one.candidates, ({ field }) => !taken.has(field)) }))
			.reduce((most, next) => (sureness(next.choice) > sureness(most.choice) ? next : most));
		if (best.choice === undefined) break;
		choices.set(best.one.name, best.choice);
		taken.add(best.choice.taken.field);
		open = open.filter((one) => one !== best.one);
	}
	for (const { name, shape, candidates } of open) {
		const shared = shape.required ? choose(candidates) : undefined;
		if (shared !== undefined) choices.set(name, shared);
	}
	return choices;
}

const sureness = (choice: Choice | undefined): number => choice?.taken.confidence ?? 0;

function draftElements(
	{ name, shape }: Scored,
	{ field }: Candidate,
	context: Context,
	vocabulary: Vocabulary,
): readonly DraftedAttribute[] {
	if (shape.elements === undefined) return [];
	const about = [...vocabulary.wordsOf(name), ...vocabulary.wordsOf(field.steps.at(-1) ?? "")];
	const inside: Surroundings = {
		fields: fieldsOf(elementsOf(field)),
		context: new Map([...context, ...about.map(({ concept }): [string, number] => [concept, hints.subject])]),
	};
	return draftAttributes(shape.elements, inside, vocabulary);
}

/** How much a word counts that only the surroundings say: enough for the `name` in a product view. */
const hints = { subject: 0.65, qualifier: 0.55, action: 0.6 } as const;

/**
 * What an event of the action is about: the words of its name, and those that begin several of its attributes, as
 * `product_` does in a product's.
 */
export function contextOf(action: string, attributes: Attributes, vocabulary: Vocabulary): Context {
	const context = new Map<string, number>();
	const hint = (concept: string, weight: number) =>
		context.set(concept, Math.max(weight, context.get(concept) ?? 0));
	for (const { concept } of vocabulary.wordsOf(action)) {
		hint(concept, hints.action);
		const subject = subjects[concept];
		if (subject !== undefined) hint(subject, hints.subject);
	}
	const counts = new Map<string, number>();
	for (const name of attributes.keys()) {
		const [first, second] = vocabulary.wordsOf(name);
		if (first !== undefined && second !== undefined)
			counts.set(first.concept, (counts.get(first.concept) ?? 0) + 1);
	}
	const most = Math.max(...counts.values(), 2);
	for (const [concept, count] of counts) {
		if (count >= 2) hint(concept, count === most ? hints.subject : hints.qualifier);
	}
	return context;
}
