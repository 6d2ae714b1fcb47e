import { isoTime } from "../kit/time.ts";
import type { Comparison, EventFilter } from "../ledger/search.ts";
import { bad, good, type Result } from "../model/result.ts";

/** One condition of a query string, in either of Antavo's spellings. */
export interface Condition {
	readonly field: string;
	readonly compare: Comparison | "in";
	readonly text: string;
}

const comparisons = ["gt", "gte", "lt", "lte", "in"] as const;

/** `date.gt=2023-01-01`, `action.in=checkout,point_add`, `action=checkout`. */
export function suffixConditions(query: URLSearchParams): readonly Condition[] {
	return [...query].map(([name, text]) => {
		const compare = comparisons.find((suffix) => name.endsWith(`.${suffix}`));
		return compare === undefined
			? { field: name, compare: "eq", text }
			: { field: name.slice(0, -compare.length - 1), compare, text };
	});
}

/** `filter[date][gte]=2023-01-01`; a name that is not so spelt is none of these. */
export function bracketConditions(query: URLSearchParams): readonly (Condition | undefined)[] {
	return [...query].flatMap(([name, text]) => {
		if (!name.startsWith("filter")) return [];
		const [, field, compare] = /^filter\[([a-z_]+)\]\[(eq|gte|gt|lte|lt)\]$/.exec(name) ?? [];
		return field === undefined ? [undefined] : [{ field, compare: compare as Comparison, text }];
	});
}

/**
 * What events a condition asks for: several filters, where a day is a span of time. `ignored`: the field is not one to
 * filter events by. `wrong`: the text is none of its values.
 */
export type Filtered = Result<readonly EventFilter[], "ignored" | "wrong">;

export function eventFilters({ field, compare, text }: Condition): Filtered {
	switch (field) {
		case "actions":
			return good([{ field: "action", compare: "in", values: listIn(text) }]);
		case "action":
		case "account":
			return compare === "in"
				? good([{ field, compare, values: listIn(text) }])
				: good([{ field, compare, value: text }]);
		case "points":
			return compare !== "in" && /^-?[0-9]{1,15}$/.test(text)
				? good([{ field: "points", compare, value: Number(text) }])
				: bad("wrong");
		case "date":
		case "expdate":
			return dayFilters(field, compare, text);
		case "timestamp": {
			const value = instantIn(text);
			return value === undefined || compare === "in"
				? bad("wrong")
				: good([{ field: "timestamp", compare, value }]);
		}
		default:
			return attributeFilters({ field, compare, text });
	}
}

const attributePrefix = "properties.";

function attributeFilters({ field, compare, text }: Condition): Filtered {
	if (!field.startsWith(attributePrefix)) return bad("ignored");
	if (compare !== "eq" && compare !== "in") return bad("wrong");
	const attribute = field.slice(attributePrefix.length);
	return good([{ attribute, compare: "in", values: compare === "in" ? listIn(text) : [text] }]);
}

export const listIn = (text: string): readonly string[] => text.split(",").map((one) => one.trim());

const dayMs = 86_400_000;

/** Days are UTC: later than a day is from the next midnight on. Several are looked for between the first and the last. */
function dayFilters(name: "date" | "expdate", compare: Condition["compare"], text: string): Filtered {
	const days = (compare === "in" ? listIn(text) : [text]).filter((one) => midnightOf(one) !== undefined);
	const midnights = days.flatMap((one) => midnightOf(one) ?? []);
	if (midnights.length === 0) return bad("wrong");
	const from = Math.min(...midnights);
	const to = Math.max(...midnights) + dayMs;
	const field = name === "date" ? "timestamp" : "expires";
	const since = (value: number) => ({ field, compare: "gte", value }) as const;
	const until = (value: number) => ({ field, compare: "lt", value }) as const;
	switch (compare) {
		case "eq":
			return good([since(from), until(to)]);
		case "in":
			return good([since(from), until(to), { field: name, compare, values: days }]);
		case "gt":
			return good([since(to)]);
		case "gte":
			return good([since(from)]);
		case "lt":
			return good([until(from)]);
		case "lte":
			return good([until(to)]);
	}
}

const midnightOf = (day: string): number | undefined =>
	/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(day) ? isoTime(day) : undefined;

/** In a query string a plus that was not encoded arrives as a blank. */
export const instantIn = (text: string): number | undefined =>
	isoTime(text.replace(/ ([0-9]{2}:?[0-9]{2})$/, "+$1"));
