import { ExactNumber, isList, type Json, type JsonObject, type Value } from "../../model/json.ts";
import { jsonOfNumber } from "./decimal.ts";

/**
 * Makes an empty object with room in itself for ten attributes. A literal `{}` has room for four, and what comes after is
 * moved twice on its way to ten; in all else it is one.
 */
export const Roomy = function Roomy() {} as unknown as new () => Record<string, Value>;
Roomy.prototype = Object.prototype;
// V8 takes the size of the first few for that of all.
for (let made = 0; made < 16; made++) {
	const first = new Roomy();
	for (let attribute = 0; attribute < 16; attribute++) first[`a${attribute}`] = attribute;
}

/** Puts an attribute into an object that is being made: `__proto__` from a message is a name like any other. */
export function put(object: Record<string, Value>, key: string, value: Value): void {
	if (key !== "__proto__") object[key] = value;
	else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The value as JSON can say it; what needs no change is not copied. */
export function jsonOf(value: Value): Json {
	if (typeof value === "number") return jsonOfNumber(value);
	if (typeof value !== "object" || value === null) return value;
	if (value instanceof ExactNumber) return jsonOfNumber(value);
	if (isList(value)) return jsonOfList(value);
	let copy: Record<string, Json> | undefined;
	for (const key in value) {
		const own = value[key];
		if (own === undefined) continue;
		const json = jsonOf(own);
		if (json === own) continue;
		copy ??= copyOf(value as JsonObject);
		put(copy, key, json);
	}
	return copy ?? (value as JsonObject);
}

function jsonOfList(list: readonly Value[]): Json {
	let copy: Json[] | undefined;
	for (const [index, item] of list.entries()) {
		const json = jsonOf(item);
		if (json === item) continue;
		copy ??= [...(list as readonly Json[])];
		copy[index] = json;
	}
	return copy ?? (list as readonly Json[]);
}

function copyOf(value: JsonObject): Record<string, Json> {
	const copy: Record<string, Json> = {};
	for (const [key, own] of Object.entries(value)) put(copy, key, own);
	return copy;
}
