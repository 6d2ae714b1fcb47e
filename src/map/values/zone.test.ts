import { describe, expect, it } from "vitest";
import { instantOf } from "./instant.ts";
import { zoneOf } from "./zone.ts";

const at = (local: string, name: string): string | undefined => {
	const zone = zoneOf(name);
	if (zone === undefined) return undefined;
	const unixMs = instantOf(local, zone);
	return unixMs === undefined ? undefined : new Date(unixMs).toISOString();
};

describe("a local time in a zone", () => {
	it.each([
		["in winter", "2026-01-15T10:00", "Europe/Berlin", "2026-01-15T09:00:00.000Z"],
		["in summer", "2026-07-15T10:00", "Europe/Berlin", "2026-07-15T08:00:00.000Z"],
		["as a date alone", "2026-11-22", "America/New_York", "2026-11-22T05:00:00.000Z"],
		["before zones were kept", "1700-01-01T00:00", "UTC", "1700-01-01T00:00:00.000Z"],
		["with an offset of its own", "2026-07-15T10:00+05:00", "Europe/Berlin", "2026-07-15T05:00:00.000Z"],
		["that says UTC itself", "2026-07-15T10:00Z", "Europe/Berlin", "2026-07-15T10:00:00.000Z"],
		["by a fixed offset", "2026-07-15T10:00", "-03:30", "2026-07-15T13:30:00.000Z"],
		["just before clocks go forward", "2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59:00.000Z"],
		["skipped in Berlin", "2026-03-29T02:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
		["just after", "2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
		["skipped in New York", "2026-03-08T02:30", "America/New_York", "2026-03-08T07:30:00.000Z"],
		["that is there twice in Berlin", "2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
		["just after that", "2026-10-25T03:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z"],
		["that is there twice in New York", "2026-11-01T01:30", "America/New_York", "2026-11-01T05:30:00.000Z"],
		["skipped by half an hour", "2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00.000Z"],
		["there twice in half an hour", "2026-04-05T01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00.000Z"],
		["in a day that Samoa skipped", "2011-12-30T12:00", "Pacific/Apia", "2011-12-30T22:00:00.000Z"],
	])("is understood %s", (_, local, name, instant) => {
		expect(at(local, name)).toBe(instant);
	});

	it.each(["Europe/Berln", "local", "system", "+2", "+15:00", "Z", "GMT+5", ""])(
		"has no zone called %j",
		(name) => {
			expect(zoneOf(name)).toBe(undefined);
		},
	);
});
