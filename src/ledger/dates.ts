import { DateTime } from "luxon";
import type { Period } from "../catalog/fields.ts";
import type { Expiry } from "../catalog/points.ts";

/** All dates of the program are days in UTC; times are unix milliseconds. */
const utc = (time: number): DateTime<true> => {
	const date = DateTime.fromMillis(time, { zone: "utc" });
	if (!date.isValid) throw new RangeError("a time of an event is a date");
	return date;
};

const dayMs = 86_400_000;

export const startOfDay = (time: number): number => Math.floor(time / dayMs) * dayMs;

/** The first moment after the day in which `time` is: what is good until a day is good all of it. */
export const endOfDay = (time: number): number => startOfDay(time) + dayMs;

/** A month after 31 January is the last day of February. */
export const plus = (time: number, { months, days }: Period): number =>
	utc(time).plus({ months, days }).toMillis();

export const minus = (time: number, { months, days }: Period): number =>
	utc(time).minus({ months, days }).toMillis();

/** The first day, its beginning, from which `period` leads to `day` or beyond: months are not of one length. */
export function firstDayTo(day: number, period: Period): number {
	let first = startOfDay(minus(day, period));
	while (plus(first, period) < day) first += dayMs;
	return first;
}

/** `YYYY-MM-DD` of the last day on which something can be used that ends at `time`. */
export const lastDayBefore = (time: number): string => new Date(time - 1).toISOString().slice(0, 10);

/** The first `month`-`day` on or after `time`'s day, its beginning. */
function nextYearDay(time: number, month: number, day: number): number {
	const today = startOfDay(time);
	const { year } = utc(time);
	const dateIn = (one: number): number => {
		const last = DateTime.utc(one, month, 1).daysInMonth ?? day;
		return Date.UTC(one, month - 1, Math.min(day, last));
	};
	return dateIn(year) >= today ? dateIn(year) : dateIn(year + 1);
}

/** The next anniversary of `start` after the day of `time`, its day's beginning. */
export function nextAnniversary(time: number, start: number): number {
	const { month, day } = utc(start);
	return nextYearDay(endOfDay(time), month, day);
}

/** When points of an account expire that are earned at `time`; null where never, or with all others. */
export function expiryOf(rule: Expiry, time: number, joinedAt: number): number | null {
	switch (rule.kind) {
		case "none":
		case "activity":
			return null;
		case "rolling":
			return endOfDay(plus(time, rule.after));
		case "calendar":
			return endOfDay(nextYearDay(time, rule.month, rule.day));
		case "anniversary":
			return endOfDay(nextAnniversary(time, joinedAt));
	}
}
