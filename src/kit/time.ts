import type { Value } from "../model/json.ts";

const iso =
	/^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2}))?)?$/;

/**
 * Unix milliseconds of an ISO 8601 date or date and time; undefined for anything else, also for a day that its month
 * does not have. Without an offset it is UTC. What is finer than a millisecond is cut off.
 */
export function isoTime(value: Value | undefined): number | undefined {
	const parts = typeof value === "string" ? iso.exec(value) : null;
	if (parts === null) return undefined;
	const [
		,
		year,
		month,
		day,
		hour = 0,
		minute = 0,
		second = 0,
		fraction = "",
		sign,
		offsetHour,
		offsetMinute,
	] = parts;
	if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
	const midnight = new Date(0);
	// Not Date.UTC, to which the years 0 to 99 are 1900 to 1999.
	midnight.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
	if (midnight.getUTCMonth() !== Number(month) - 1) return undefined;
	const offsetMs = (Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0)) * 60_000;
	const ofDayMs =
		((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000 +
		Number(fraction.padEnd(3, "0").slice(0, 3));
	return midnight.getTime() + ofDayMs - (sign === "-" ? -offsetMs : offsetMs);
}
