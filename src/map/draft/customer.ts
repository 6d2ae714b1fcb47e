import type { Field } from "./fields.ts";
import { type Choice, candidateOf, choose, ranked, type Wanted } from "./score.ts";
import type { Vocabulary } from "./vocabulary.ts";

export interface DraftedIdentity {
	readonly kind: string;
	readonly choice: Choice;
}

/** What the kinds that come with the hub are called in messages; another kind is called as it is. */
const namesOfKinds: Readonly<Record<string, string>> = { id: "customer id", anonymous: "anonymous id" };

/** In order of trust; kinds of one's own stand between, and the devices last. */
const trusted = ["id", "email", "phone"];
const shared = "anonymous";

export function draftCustomer(
	{
		kinds,
		fields,
		context,
	}: { kinds: ReadonlySet<string>; fields: readonly Field[]; context: Wanted["context"] },
	vocabulary: Vocabulary,
): readonly DraftedIdentity[] {
	return inOrderOfTrust(kinds).flatMap((kind): readonly DraftedIdentity[] => {
		const words = vocabulary.wordsOf(namesOfKinds[kind] ?? kind);
		const wanted: Wanted = { name: kind, words, type: "text", context, isPersonal: true };
		const choice = choose(ranked(fields.map((field) => candidateOf(wanted, field, vocabulary))));
		return choice === undefined ? [] : [{ kind, choice }];
	});
}

function inOrderOfTrust(kinds: ReadonlySet<string>): readonly string[] {
	const others = [...kinds].filter((kind) => !trusted.includes(kind) && kind !== shared);
	return [...trusted, ...others, shared].filter((kind) => kinds.has(kind));
}

/** When it happened; undefined where no field says it: the message's own time counts then. */
export function draftTimestamp(fields: readonly Field[], vocabulary: Vocabulary): Choice | undefined {
	const wanted: Wanted = {
		name: "timestamp",
		words: vocabulary.wordsOf("timestamp"),
		type: "date",
		context: new Map(),
		isPersonal: false,
	};
	return choose(ranked(fields.map((field) => candidateOf(wanted, field, vocabulary))));
}
