import { commonSynonyms, holders, type Synonyms } from "./synonyms.ts";

/** A word of a name, or several that are one: `grand_total`. */
export interface Word {
	/** What it means: words of one concept are synonyms. */
	readonly concept: string;
	/** As it is written, in the singular and in lower case. */
	readonly written: string;
	/** Its place among its synonyms, from 0: the nearest to the catalogue's word. */
	readonly rank: number;
}

/** Reads names: `lineItems`, `line_items` and `Line Item` are one. */
export interface Vocabulary {
	wordsOf(name: string): readonly Word[];
	/** Whether a name of an object says nothing of what is in it. */
	isHolder(name: string): boolean;
}

const phraseWordsMax = 4;

/** The words that the hub knows, without those learnt from one connector's messages where `without` names it. */
export function openVocabulary({ without }: { readonly without?: string } = {}): Vocabulary {
	const isKept = ({ learntFrom }: { readonly learntFrom?: string }) =>
		learntFrom === undefined || learntFrom !== without;
	const phrases = phrasesOf(commonSynonyms.filter(isKept));
	const known = new Set([...phrases.keys()].flatMap((phrase) => phrase.split(" ")));
	const held = new Set(holders.filter(isKept).flatMap(({ names }) => names));
	const read = (name: string): readonly Word[] =>
		phrased(
			partsOf(name).flatMap((part) => apart(part, known)),
			phrases,
		);
	return {
		wordsOf: remembering(read),
		isHolder: remembering((name) => partsOf(name).every((part) => held.has(part))),
	};
}

/** A name is asked for again with each attribute. */
function remembering<Answer>(answer: (name: string) => Answer): (name: string) => Answer {
	const answers = new Map<string, Answer>();
	return (name) => {
		const known = answers.get(name);
		if (known !== undefined) return known;
		const found = answer(name);
		answers.set(name, found);
		return found;
	};
}

type Phrases = ReadonlyMap<string, readonly Word[]>;

function phrasesOf(groups: readonly Synonyms[]): Phrases {
	const phrases = new Map<string, readonly Word[]>();
	for (const { means, names } of groups) {
		for (const [rank, written] of names.entries()) {
			phrases.set(
				written,
				means.split(" ").map((concept) => ({ concept, written, rank })),
			);
		}
	}
	return phrases;
}

/** The parts of a name in lower case and in the singular: at blanks, dots and other marks, and at capitals. */
const partsOf = (name: string): readonly string[] =>
	name
		.replace(/(\p{Ll}|\d)(?=\p{Lu})/gu, "$1 ")
		// `HTMLPage` is two words, `IDs` is one.
		.replace(/(\p{Lu})(?=\p{Lu}\p{Ll})(?!\p{Lu}s(?!\p{Ll}))/gu, "$1 ")
		.replace(/(\p{L})(?=\d)/gu, "$1 ")
		.toLowerCase()
		.split(/[^\p{L}\d]+/u)
		.filter((part) => part !== "")
		.map(singular);

function singular(word: string): string {
	if (word.length < 3 || /(ss|us|is|goods|address)$/.test(word)) return word;
	if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
	if (/(x|ch|sh|ss)es$/.test(word)) return word.slice(0, -2);
	return word.endsWith("s") ? word.slice(0, -1) : word;
}

/** `orderid` is two words, where both are known and it is none itself. */
function apart(part: string, known: ReadonlySet<string>): readonly string[] {
	if (known.has(part)) return [part];
	for (let at = 3; at <= part.length - 2; at += 1) {
		const [front, back] = [part.slice(0, at), part.slice(at)];
		if (known.has(front) && known.has(back)) return [front, back];
	}
	return [part];
}

/** The longest phrases first; a word that is in none means itself. */
function phrased(parts: readonly string[], phrases: Phrases): readonly Word[] {
	const words: Word[] = [];
	let at = 0;
	while (at < parts.length) {
		let length = Math.min(phraseWordsMax, parts.length - at);
		let found = phrases.get(parts.slice(at, at + length).join(" "));
		while (found === undefined && length > 1) {
			length -= 1;
			found = phrases.get(parts.slice(at, at + length).join(" "));
		}
		const written = parts[at] ?? "";
		words.push(...(found ?? [{ concept: written, written, rank: 0 }]));
		at += length;
	}
	return words;
}
