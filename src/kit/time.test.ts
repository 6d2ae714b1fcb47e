import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isoTime } from "./time.ts";

describe("isoTime", () => {
	it("reads what Date writes", () => {
		const dates = fc.date({ min: new Date("0000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
		fc.assert(fc.property(dates, (date) => isoTime(date.toISOString()) === date.getTime()));
	});

	it.each([
		["2026-06-04", "2026-06-04T00:00:00.000Z"],
		["2026-06-04T10:00", "2026-06-04T10:00:00.000Z"],
		["2026-06-04 10:00:00", "2026-06-04T10:00:00.000Z"],
		["2026-06-04T10:00:00+02:00", "2026-06-04T08:00:00.000Z"],
		["2026-06-04T10:00:00-0530", "2026-06-04T15:30:00.000Z"],
		["2026-06-04T10:00:00.123456789Z", "2026-06-04T10:00:00.123Z"],
		["2026-06-04T10:00:00,5Z", "2026-06-04T10:00:00.500Z"],
		["2028-02-29T00:00:00Z", "2028-02-29T00:00:00.000Z"],
	])("takes %s for %s", (text, instant) => {
		expect(isoTime(text)).toBe(new Date(instant).getTime());
	});

	it.each([
		"",
		"2",
		"June 4, 2026",
		"2026-02-29",
		"2026-13-01",
		"2026-06-31T00:00:00Z",
		"2026-06-04T24:00:00Z",
		"2026-06-04T10:60:00Z",
		" 2026-06-04",
		"2026-06-04Z",
		"20260604T100000Z",
	])("does not take %j for a time", (text) => {
		expect(isoTime(text)).toBeUndefined();
	});

	it("does not take a number for a time: it could be seconds or milliseconds", () => {
		expect(isoTime(1_780_567_200)).toBeUndefined();
		expect(isoTime(undefined)).toBeUndefined();
	});
});
