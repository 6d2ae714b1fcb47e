import { ExactNumber, isList, isObject, type Value } from "../../model/json.ts";

/** Text that YAML reads as itself without quotes, also inside brackets. */
const plainText = /^[\p{L}_][\p{L}\p{N}_@.+/-]*(?: [\p{L}\p{N}_@.+/-]+)*$/u;
/** Words that YAML, or a reader of YAML 1.1, takes for something else. */
const otherMeaning = /^(null|true|false|yes|no|on|off|y|n)$/i;
/** `$.properties.order_id`, as mappings write paths. */
const plainPath = /^\$[A-Za-z0-9_$]*(?:\.[A-Za-z0-9_$-]+)+$/;

/** A text as a YAML scalar: as it is where that is safe, else in double quotes with JSON's escapes. */
export function textOf(text: string): string {
	if (plainPath.test(text) || (plainText.test(text) && !otherMeaning.test(text))) return text;
	return JSON.stringify(text).replace(
		/[\u007f-\u009f\u00ad\u2028\u2029\ufeff\ufffe\uffff]/g,
		(character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** A value on one line: `{ sku: MUG-BLU, price: 9 }`. */
function flowOf(value: Value): string {
	if (typeof value === "string") return textOf(value);
	if (value instanceof ExactNumber) return value.source;
	if (isList(value)) return `[${value.map(flowOf).join(", ")}]`;
	if (!isObject(value)) return String(value);
	const entries = Object.entries(value).map(([key, own]) => `${textOf(key)}: ${flowOf(own)}`);
	return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

const flowCharactersMax = 80;

/** The lines of `key: value`, without indentation: on one line where it is short, else a block. */
export function blockOf(key: string, value: Value): readonly string[] {
	const flow = flowOf(value);
	const isOneLine = flow.length <= flowCharactersMax || !hasParts(value);
	return isOneLine ? [`${textOf(key)}: ${flow}`] : [`${textOf(key)}:`, ...partsOf(value).map(indented)];
}

export const indented = (line: string): string => `  ${line}`;

/** As an item of a list: the first line after the dash, the others below it. */
export const asItem = (lines: readonly string[]): readonly string[] =>
	lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`));

const hasParts = (value: Value): boolean =>
	isList(value) ? value.length > 0 : isObject(value) && Object.keys(value).length > 0;

function partsOf(value: Value): readonly string[] {
	if (isObject(value)) return Object.entries(value).flatMap(([key, own]) => blockOf(key, own));
	if (!isList(value)) return [];
	return value.flatMap((item) => {
		const flow = flowOf(item);
		return asItem(flow.length <= flowCharactersMax || !hasParts(item) ? [flow] : partsOf(item));
	});
}
