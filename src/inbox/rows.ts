import { invariant } from "../model/result.ts";
import type { Row, SqlValue } from "../model/sql.ts";

/** Positions in a delivery fit under this: a message's row id is its delivery's times this, plus its position. */
export const positions = 4096;

export function text(row: Row, column: string): string {
	const value = row[column];
	invariant(typeof value === "string", `${column} is text`);
	return value;
}

export function number(row: Row, column: string): number {
	const value = row[column];
	invariant(typeof value === "number", `${column} is a number`);
	return value;
}

export const textOrNull = (value: SqlValue | undefined): string | null =>
	typeof value === "string" ? value : null;
export const numberOrNull = (value: SqlValue | undefined): number | null =>
	typeof value === "number" ? value : null;
