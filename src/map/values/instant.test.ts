import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instantOf, textOfInstant } from "./instant.ts";

describe("an instant", () => {
	it.each([
		["2026-11-22T10:00:00.000Z", "2026-11-22T10:00:00.000Z"],
		["2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000Z"],
		["2026-11-22T10:00:00", "2026-11-22T10:00:00.000Z"],
		["2026-11-22 10:00", "2026-11-22T10:00:00.000Z"],
		["2026-11-22", "2026-11-22T00:00:00.000Z"],
		["2026-11-22T10:00:00.1234567+02:00", "2026-11-22T08:00:00.123Z"],
		["2026-11-22T10:00:00.000+0000", "2026-11-22T10:00:00.000Z"],
		["2026-12-31T23:30:00-01", "2027-01-01T00:30:00.000Z"],
		["2024-02-29", "2024-02-29T00:00:00.000Z"],
	])("%s is %s", (text, instant) => {
		expect(instantOf(text)).toBe(Date.parse(instant));
	});

	it.each([
		"2026-02-29",
		"2026-02-30T00:00:00.000Z",
		"2026-04-31T00:00:00.000Z",
		"2026-13-01T00:00:00.000Z",
		"2026-00-10T00:00:00.000Z",
		"2026-01-00T00:00:00.000Z",
		"2026-01-01T24:00:00.000Z",
		"2026-01-01T25:00:00.000Z",
		"2026-01-01T10:60",
		"22/11/2026",
		"1700000000",
		"2026-11-22T10:00:00 Z",
		"yesterday",
		"",
	])("%j is none", (text) => {
		expect(instantOf(text)).toBe(undefined);
	});

	it("is read back from what is written", () => {
		const latest = Date.UTC(9999, 11, 31);
		fc.assert(
			fc.property(fc.integer({ min: Date.UTC(100, 0, 1), max: latest }), (unixMs) => {
				expect(instantOf(textOfInstant(unixMs))).toBe(unixMs);
			}),
		);
	});
});
