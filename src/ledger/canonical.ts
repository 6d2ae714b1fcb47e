import type { Json } from "../model/json.ts";

/** JSON text without blanks, in which the members of every object stand in one order: equal data is equal text. */
export const canonicalText = (value: Json): string => JSON.stringify(sorted(value));

/** The value with every object's keys sorted; itself where they are. (Keys that are integers come first, always.) */
function sorted(value: Json): Json {
	if (typeof value !== "object" || value === null) return value;
	if (isList(value)) return value.map(sorted);
	const keys = Object.keys(value);
	const isOrdered = keys.every((key, index) => index === 0 || (keys[index - 1] ?? "") < key);
	if (isOrdered && Object.values(value).every(isPlain)) return value;
	return Object.fromEntries(keys.sort().map((key) => [key, sorted(value[key] ?? null)]));
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const isPlain = (value: Json): boolean => typeof value !== "object" || value === null;
