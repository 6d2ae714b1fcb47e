import type { Surroundings } from "./attributes.ts";
import type { Wanted } from "./by-name.ts";
import { type Choice, choose, ranked } from "./choice.ts";
import { candidateOf } from "./score.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface DraftedIdentity {
	readonly kind: string;
	readonly choice: Choice;
}

/** What the kinds that come with the hub are called in messages; another kind is called as it is. */
const namesOfKinds: Readonly<Record<string, readonly string[]>> = {
	id: ["customer id"],
	phone: ["phone", "mobile"],
	anonymous: ["anonymous id"],
};

/** In order of trust; kinds of one's own stand between, and the devices last. */
const trusted = ["id", "email", "phone"];
const shared = "anonymous";

export function draftCustomer(
	{ fields, context }: Surroundings,
	kinds: ReadonlySet<string>,
	vocabulary: Vocabulary,
): readonly DraftedIdentity[] {
	return inOrderOfTrust(kinds).flatMap((kind): readonly DraftedIdentity[] => {
		const names = namesOfKinds[kind] ?? [kind];
		const candidates = names.flatMap((name) => {
			const wanted: Wanted = { words: vocabulary.wordsOf(name), type: "text", context, isPersonal: true };
			return fields.map((field) => candidateOf(wanted, field, vocabulary));
		});
		const choice = choose(ranked(candidates));
		return choice === undefined ? [] : [{ kind, choice }];
	});
}

function inOrderOfTrust(kinds: ReadonlySet<string>): readonly string[] {
	const others = [...kinds].filter((kind) => !trusted.includes(kind) && kind !== shared);
	return [...trusted, ...others, shared].filter((kind) => kinds.has(kind));
}

/** When it happened; undefined where no field says it: the message's own time counts then. */
export function draftTimestamp(
	{ fields, context }: Surroundings,
	vocabulary: Vocabulary,
): Choice | undefined {
	const words = vocabulary.wordsOf("timestamp");
	const wanted: Wanted = { words, type: "date", context, isPersonal: false };
	return choose(ranked(fields.map((field) => candidateOf(wanted, field, vocabulary))));
}
