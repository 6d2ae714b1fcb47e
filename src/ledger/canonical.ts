import type { Json } from "../model/json.ts";

/** JSON text without blanks, the keys of every object sorted by code unit: equal data is equal text. */
export function canonicalText(value: Json): string {
	if (typeof value !== "object" || value === null) return JSON.stringify(value);
	if (isList(value)) return `[${value.map(canonicalText).join(",")}]`;
	let text = "";
	for (const key of Object.keys(value).sort()) {
		const member = value[key];
		if (member === undefined) continue;
		text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalText(member)}`;
	}
	return `{${text}}`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
