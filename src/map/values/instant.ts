import { utc, type Zone } from "./zone.ts";

/**
 * An instant written as ISO 8601: a date, or a date and a time with `T` or a space between, with seconds and a
 * fraction or without, and with `Z`, `+02:00`, `+0200`, `+02` or nothing, which means the zone's.
 */
const form =
	/^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|([+-])(\d\d)(?::?(\d\d))?)?)?$/;

/** What programs write, and so nearly every message: `2026-11-22T10:00:00.000Z`. */
const plain = /^[1-9]\d{3}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

const minuteMs = 60_000;
/** `Date.UTC` takes the years before 100 for those of the twentieth century. */
const earliest = Date.UTC(100, 0, 1);
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Unix milliseconds; undefined where the text is no instant (a 30th of February is none). */
export function instantOf(text: string, zone: Zone = utc): number | undefined {
	if (text.length === 24 && plain.test(text)) return plainInstantOf(text);
	const parts = form.exec(text);
	if (parts === null) return undefined;
	const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
	const [hour, minute, second] = [Number(parts[4] ?? 0), Number(parts[5] ?? 0), Number(parts[6] ?? 0)];
	const [offsetHour, offsetMinute] = [Number(parts[10] ?? 0), Number(parts[11] ?? 0)];
	if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
	if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined;
	const fraction = parts[7] === undefined ? 0 : Number(parts[7].padEnd(3, "0").slice(0, 3));
	const offset = (offsetHour * 60 + offsetMinute) * minuteMs * (parts[9] === "-" ? -1 : 1);
	const localMs = Date.UTC(year, month - 1, day, hour, minute, second, fraction);
	const unixMs = parts[8] === undefined ? zone.instantAt(localMs) : localMs - offset;
	return year >= 100 && isInstant(unixMs) ? unixMs : undefined;
}

/** A day that a month does not have would be read as one of the next. */
function plainInstantOf(text: string): number | undefined {
	const day = digit(text, 8) * 10 + digit(text, 9);
	const month = digit(text, 5) * 10 + digit(text, 6);
	if (day > 28 && day > daysIn(Number(text.slice(0, 4)), month)) return undefined;
	const unixMs = Date.parse(text);
	return Number.isNaN(unixMs) ? undefined : unixMs;
}

const digit = (text: string, at: number): number => text.charCodeAt(at) - 48;

/** Whether a number of Unix milliseconds is an instant of the years 100 to 9999. */
export const isInstant = (unixMs: number): boolean =>
	Number.isInteger(unixMs) && unixMs >= earliest && unixMs <= latest;

/** ISO 8601 in UTC with milliseconds. */
export const textOfInstant = (unixMs: number): string => new Date(unixMs).toISOString();

function daysIn(year: number, month: number): number {
	if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
	return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
