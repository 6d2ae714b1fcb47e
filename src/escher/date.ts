const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `20181207T093000Z`: Escher's own, which most of Antavo's clients write into `Date` too. */
const long = /^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z$/;

/** `Fri, 07 Dec 2018 09:30:00 GMT`: HTTP's. The day of the week tells nothing, and Escher's own vectors have it wrong. */
const http = /^[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) GMT$/;

/** `2018-12-07T09:30:00+00:00`: PHP's `gmdate("c")`. */
const iso = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2})(?:Z|([+-])([0-9]{2}):([0-5][0-9]))$/;

/** Unix milliseconds of a request's date, in any of the three forms that clients write; undefined for all else. */
export function requestTime(text: string): number | undefined {
	const [, year, month, day, hour, minute, second] = long.exec(text) ?? [];
	if (year !== undefined) return utc(`${year}-${month}-${day}`, `${hour}:${minute}:${second}`);

	const [, httpDay, name = "", httpYear, httpClock = ""] = http.exec(text) ?? [];
	const number = String(months.indexOf(name) + 1).padStart(2, "0");
	if (httpYear !== undefined) return utc(`${httpYear}-${number}-${httpDay}`, httpClock);

	const [, date, clock = "", sign, hours, minutes] = iso.exec(text) ?? [];
	const local = date === undefined ? undefined : utc(date, clock);
	if (local === undefined || sign === undefined) return local;
	const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
	return sign === "+" ? local - offset : local + offset;
}

/** A day that its month does not have, such as 30 February, is no time. */
function utc(date: string, clock: string): number | undefined {
	const time = Date.parse(`${date}T${clock}Z`);
	return !Number.isNaN(time) && longDate(time) === `${date}T${clock}Z`.replaceAll(/[-:]/g, "")
		? time
		: undefined;
}

/** `20181207T093000Z`. */
export const longDate = (time: number): string =>
	new Date(time)
		.toISOString()
		.replace(/\.[0-9]{3}/, "")
		.replaceAll(/[-:]/g, "");

/** `20181207`. */
export const shortDate = (time: number): string => longDate(time).slice(0, 8);
