import type { Value, ValueObject } from "../../src/kit/index.ts";

const checks = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

/**
 * A record's id with its 18 characters. Of 15 it is the same id without the last three, each of which says which of five
 * characters are capitals, as the bits of its place in `checks`. Whatever else stays as it is.
 */
export function longId(id: string): string {
	if (!/^[0-9A-Za-z]{15}$/.test(id)) return id;
	const check = (start: number): string => {
		const five = [...id.slice(start, start + 5)];
		const bits = five.reduce((sum, each, place) => (/[A-Z]/.test(each) ? sum + 2 ** place : sum), 0);
		return checks.charAt(bits);
	};
	return id + check(0) + check(5) + check(10);
}

/** Salesforce's own fields that hold an id are called so; what an admin calls a field says nothing of what is in it. */
const idField = /^(?:[A-Z][A-Za-z]*)?Id$/;

/** A record with all its ids in one form: the two are one record to every comparison. */
export const withLongIds = (record: ValueObject): ValueObject =>
	Object.fromEntries(
		Object.entries(record).map(([name, value]): [string, Value] => [
			name,
			typeof value === "string" && idField.test(name) ? longId(value) : value,
		]),
	);
