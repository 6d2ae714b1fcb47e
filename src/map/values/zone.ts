import { IANAZone } from "luxon";

/** Says which instant a clock on the wall shows. */
export interface Zone {
	/** Unix milliseconds of a local time, which is given as the Unix milliseconds that it would have in UTC. */
	instantAt(localMs: number): number;
}

export const utc: Zone = { instantAt: (localMs) => localMs };

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** `+02:00`: no zone is further from UTC than 14 hours. */
const fixed = /^([+-])(0\d|1[0-4]):([0-5]\d)$/;

/** A zone by its IANA name (`Europe/Berlin`) or its offset from UTC (`+02:00`); undefined: there is none. */
export function zoneOf(name: string): Zone | undefined {
	const [, sign, hours, minutes] = fixed.exec(name) ?? [];
	if (sign !== undefined) {
		const offsetMs = (Number(hours) * 60 + Number(minutes)) * minuteMs * (sign === "-" ? -1 : 1);
		return { instantAt: (localMs) => localMs - offsetMs };
	}
	if (!/^[A-Za-z]/.test(name) || !IANAZone.isValidZone(name)) return undefined;
	const zone = IANAZone.create(name);
	return { instantAt: (localMs) => instantIn(zone, localMs) };
}

/**
 * When clocks are set back, a local time is there twice, and the earlier one is meant: the one in summer time. When
 * they are set forward, one is not there, and what is meant is as long after the change: 02:30 is 03:30. So say RFC
 * 5545 and ECMAScript's Temporal. (Luxon's own answer depends on the season in which it is asked.)
 */
function instantIn(zone: IANAZone, localMs: number): number {
	const before = zone.offset(localMs - dayMs) * minuteMs;
	const after = zone.offset(localMs + dayMs) * minuteMs;
	const candidates = [localMs - before, localMs - after].filter(
		(unixMs) => unixMs + zone.offset(unixMs) * minuteMs === localMs,
	);
	return candidates.length === 0 ? localMs - before : Math.min(...candidates);
}
