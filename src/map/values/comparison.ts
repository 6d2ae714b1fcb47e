import type { Value } from "../../model/json.ts";
import { compare, decimalOf, textOfDecimal } from "./decimal.ts";

/** A number and numeric text are compared as numbers; any other two kinds are never equal. */
export function equal(a: Value, b: Value): boolean {
	if (a === b) return true;
	return order(a, b) === 0;
}

/**
 * Negative, zero or positive; undefined where two values have no order. Texts are ordered by their code units, so
 * ISO dates of one form are ordered by time.
 */
export function order(a: Value, b: Value): number | undefined {
	if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
	const first = decimalOf(a);
	const second = decimalOf(b);
	if (first === "not a number" || first === "beyond 34 digits") return undefined;
	if (second === "not a number" || second === "beyond 34 digits") return undefined;
	return compare(first, second);
}

/** A text that equal values share, so that a table can be asked; values that are not equal may share it too. */
export function keyOf(value: Value | undefined): string | undefined {
	if (typeof value === "string") return mayBeNumeric(value) ? (numericKey(value) ?? value) : value;
	if (typeof value === "boolean" || value === null) return String(value);
	return value === undefined ? undefined : numericKey(value);
}

/** Whether only equal values have this key: numbers, booleans and null share theirs with texts. */
export const isUnshared = (key: string): boolean =>
	!mayBeNumeric(key) && key !== "true" && key !== "false" && key !== "null";

/** Whether a text begins as a number does: with a digit or a minus. */
function mayBeNumeric(text: string): boolean {
	const first = text.charCodeAt(0);
	return (first >= 48 && first <= 57) || first === 45;
}

function numericKey(value: Value): string | undefined {
	const exact = decimalOf(value);
	return exact === "not a number" || exact === "beyond 34 digits" ? undefined : textOfDecimal(exact);
}
