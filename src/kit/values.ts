import type { Identity } from "../model/identity.ts";
import { ExactNumber, isObject, own, type Value } from "../model/json.ts";

/**
 * An id, a name or an address of a message as text; undefined where there is none. Whole numbers count, with every
 * digit that was sent. Blank text does not, nor does text with half of a surrogate pair: written as UTF-8, two such
 * texts would become the same.
 */
export function textOf(value: Value | undefined): string | undefined {
	switch (typeof value) {
		case "string":
			return value.trim() === "" || !value.isWellFormed() ? undefined : value;
		case "number":
			return Number.isSafeInteger(value) ? String(value) : undefined;
		default:
			return value instanceof ExactNumber && /^-?[0-9]+$/.test(value.source) ? value.source : undefined;
	}
}

/** The value under nested keys, by own properties only; undefined where one of them is not there. */
export function at(value: Value | undefined, ...keys: readonly string[]): Value | undefined {
	let found = value;
	for (const key of keys) found = isObject(found) ? own(found, key) : undefined;
	return found;
}

/** The identities that are there, each once, in the order given. */
export function identitiesOf(
	found: readonly (readonly [kind: string, value: Value | undefined])[],
): readonly Identity[] {
	const identities: Identity[] = [];
	for (const [kind, shown] of found) {
		const value = textOf(shown);
		if (value === undefined) continue;
		if (!identities.some((each) => each.kind === kind && each.value === value))
			identities.push({ kind, value });
	}
	return identities;
}
