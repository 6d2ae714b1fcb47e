import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import type { Problem } from "../model/problem.ts";

/** A file of the loyalty program. */
export interface ProgramFile {
	/** As problems name it: `program/points.yaml`. */
	readonly path: string;
	readonly text: string;
}

/**
 * One object of a YAML file while it is read. Each getter gives the value, or the fallback where the key is absent
 * or its value is wrong; what is wrong is noted with its place. `finish` notes the keys that nobody asked for.
 */
export interface Fields {
	text(key: string, fallback: string): string;
	number(key: string, fallback: number): number;
	/** A decimal as it is written: `0.05` keeps its digits. */
	decimal(key: string, fallback: string): string;
	boolean(key: string, fallback: boolean): boolean;
	choice<Option extends string>(key: string, options: readonly Option[], fallback: Option): Option;
	/** Whole milliseconds, written as `90s`, `15m`, `24h` or `400d`. */
	duration(key: string, fallbackMs: number): number;
	/** A time on the calendar, written as `90d`, `12mo` or `2y`. */
	period(key: string, fallback: Period): Period;
	/** A day of each year, written as `12-31`. */
	yearDay(key: string, fallback: YearDay): YearDay;
	/** A list of texts, or undefined where the value is no list: then another getter may ask. */
	list(key: string): readonly string[] | undefined;
	/** The object under `key`; an empty one where it is absent or no object. */
	object(key: string): Fields;
	has(key: string): boolean;
	isObject(key: string): boolean;
	keys(): readonly string[];
	/** Notes a mistake at the key, or at the object where the key is absent. */
	wrong(key: string, code: string, message: string, help?: string): void;
	finish(): void;
}

/** A time whose length depends on where it begins: a month has 28 to 31 days. */
export interface Period {
	readonly months: number;
	readonly days: number;
}

/** 29 February is 28 February in other years. */
interface YearDay {
	/** From 1. */
	readonly month: number;
	readonly day: number;
}

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Opens a file whose document is one object. An empty file is an empty object. */
export function openFields(file: ProgramFile): { readonly fields: Fields; readonly problems: Problem[] } {
	const lines = new LineCounter();
	const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
	const problems: Problem[] = [];

	const note = (offset: number, code: string, message: string, help = ""): void => {
		const { line, col } = lines.linePos(offset);
		const at = { line: Math.max(line, 1), column: Math.max(col, 1) };
		problems.push({ file: file.path, ...at, severity: "error", code, message, help });
	};
	for (const error of document.errors) note(error.pos[0], "not-yaml", error.message);

	const root = document.contents;
	if (root !== null && !isMap(root)) note(offsetOf(root), "not-an-object", "the file must hold one object");
	return { fields: fieldsOf(isMap(root) ? root : undefined, note), problems };
}

type Note = (offset: number, code: string, message: string, help?: string) => void;

const offsetOf = (node: Node | null | undefined): number => node?.range?.[0] ?? 0;

function fieldsOf(map: YAMLMap | undefined, note: Note): Fields {
	const values = new Map<string, { readonly key: Node; readonly value: Node | null }>();
	// A parsed document's pairs hold nodes; with `stringKeys` every key is a scalar text.
	for (const pair of map?.items ?? []) {
		values.set(String(pair.key), { key: pair.key as Node, value: pair.value as Node | null });
	}
	const asked = new Set<string>();

	const wrong = (key: string, code: string, message: string, help = ""): void => {
		const field = values.get(key);
		note(offsetOf(field?.value ?? field?.key ?? map), code, message, help);
	};

	/** The scalar under `key`, or the fallback where it is absent or `read` does not understand it. */
	const scalar = <Value>(
		key: string,
		fallback: Value,
		expected: string,
		read: (value: unknown, source: string) => Value | undefined,
	): Value => {
		asked.add(key);
		const field = values.get(key);
		if (field === undefined) return fallback;
		const { value } = field;
		const known = isScalar(value) ? read(value.value, value.source ?? String(value.value)) : undefined;
		if (known === undefined) wrong(key, "wrong-value", `\`${key}\` must be ${expected}`);
		return known ?? fallback;
	};

	const fields: Fields = {
		text: (key, fallback) =>
			scalar(key, fallback, "a text", (value) => (typeof value === "string" ? value : undefined)),
		number: (key, fallback) =>
			scalar(key, fallback, "a whole number", (value) =>
				Number.isSafeInteger(value) ? Number(value) : undefined,
			),
		decimal: (key, fallback) =>
			scalar(key, fallback, "a decimal number such as 0.05", (_value, source) =>
				/^[0-9]{1,15}(\.[0-9]{1,15})?$/.test(source) ? source : undefined,
			),
		boolean: (key, fallback) =>
			scalar(key, fallback, "true or false", (value) => (typeof value === "boolean" ? value : undefined)),
		choice: (key, options, fallback) =>
			scalar(key, fallback, oneOf(options), (value) => options.find((option) => option === value)),
		duration: (key, fallbackMs) => scalar(key, fallbackMs, "a time such as 24h or 400d", durationOf),
		period: (key, fallback) => scalar(key, fallback, "a time such as 90d, 12mo or 2y", periodOf),
		yearDay: (key, fallback) => scalar(key, fallback, "a day of the year such as 12-31", yearDayOf),
		list: (key) => {
			asked.add(key);
			const value = values.get(key)?.value;
			if (!isSeq(value)) return undefined;
			return value.items.map((item) => (isScalar(item) ? String(item.value) : ""));
		},
		object: (key) => {
			asked.add(key);
			const value = values.get(key)?.value;
			if (value !== undefined && value !== null && !isMap(value)) {
				wrong(key, "wrong-value", `\`${key}\` must be an object`);
			}
			return fieldsOf(isMap(value) ? value : undefined, note);
		},
		has: (key) => values.has(key),
		isObject: (key) => isMap(values.get(key)?.value),
		keys: () => [...values.keys()],
		wrong,
		finish: () => {
			for (const [key, field] of values) {
				if (asked.has(key)) continue;
				note(
					offsetOf(field.key),
					"unknown-key",
					`nothing here is called \`${key}\``,
					`there are ${named(asked)}`,
				);
			}
		},
	};
	return fields;
}

const oneOf = (options: readonly string[]): string => `one of ${options.join(", ")}`;
const named = (keys: ReadonlySet<string>): string => [...keys].sort().join(", ");

function durationOf(value: unknown): number | undefined {
	const [, amount, unit] = /^([0-9]{1,6})([smhd])$/.exec(String(value)) ?? [];
	const unitMs = unit === undefined ? undefined : unitsMs[unit];
	return unitMs === undefined ? undefined : Number(amount) * unitMs;
}

function periodOf(value: unknown): Period | undefined {
	const [, amount, unit] = /^([0-9]{1,4})(d|mo|y)$/.exec(String(value)) ?? [];
	if (unit === undefined) return undefined;
	const count = Number(amount);
	return unit === "d" ? { months: 0, days: count } : { months: unit === "y" ? count * 12 : count, days: 0 };
}

function yearDayOf(value: unknown): YearDay | undefined {
	const [, month, day] = /^([0-9]{2})-([0-9]{2})$/.exec(String(value)) ?? [];
	// A leap year has every day there is.
	const date = new Date(`2024-${month}-${day}T00:00:00Z`);
	const isDay = date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day);
	return isDay ? { month: Number(month), day: Number(day) } : undefined;
}
