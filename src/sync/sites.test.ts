import { describe, expect, it } from "vitest";
import { openSites } from "./sites.ts";

/** Sites with a clock that stands still; what failed so often is left alone for so many seconds. */
function bench() {
	let now = 1_000_000;
	const sites = openSites({ clock: () => now, pauseMs: (failures) => 1_000 * 2 ** failures });
	const placesAt = (site: string) => sites.within({ all: 9, site: 4 }).of?.[site] ?? 4;
	/** Begins as many as there may be, `most` at most; says how many. */
	const begin = (site: string, perSecond: number, most = 100): number => {
		let begun = 0;
		for (; begun < most && placesAt(site) > 0; begun += 1) sites.spend(site, perSecond);
		return begun;
	};
	const failing = (site: string, times: number, waitMs = 0) =>
		Array.from({ length: times }, () => {
			sites.spend(site, 1_000);
			return sites.failed(site, waitMs);
		});
	const pass = (ms: number) => {
		now += ms;
	};
	return { sites, placesAt, begin, failing, pass, inMs: () => (sites.openAt() ?? now) - now };
}

describe("a site", () => {
	it("is asked no more often than its connector says, and what was not used is lost", () => {
		const { begin, pass, inMs } = bench();
		expect(begin("a", 10)).toBe(10);
		expect(inMs()).toBe(100);
		pass(99);
		expect(begin("a", 10)).toBe(0);
		pass(1);
		expect(begin("a", 10)).toBe(1);
		pass(60_000);
		expect(begin("a", 10)).toBe(10);
	});

	it("may be asked less than once a second", () => {
		const { begin, pass, inMs } = bench();
		expect(begin("a", 0.25)).toBe(1);
		expect(inMs()).toBe(4_000);
		pass(4_000);
		expect(begin("a", 0.25)).toBe(1);
	});

	it("has what was not asked after all", () => {
		const { sites, begin } = bench();
		expect(begin("a", 2)).toBe(2);
		sites.giveBack("a");
		expect(begin("a", 2)).toBe(1);
	});

	it("is left alone for as long as it asks, and others are not", () => {
		const { placesAt, failing, pass, inMs } = bench();
		expect(failing("a", 1, 7_000)).toEqual(["tried"]);
		expect([placesAt("a"), placesAt("b"), inMs()]).toEqual([0, 4, 7_000]);
		pass(7_000);
		expect(placesAt("a")).toBe(4);
	});

	it("that fails five times on end is left alone, then tried by one, and longer each time", () => {
		const { sites, placesAt, failing, pass } = bench();
		expect(failing("a", 4)).toEqual(["tried", "tried", "tried", "tried"]);
		expect(placesAt("a")).toBe(4);
		expect(failing("a", 1)).toEqual(["broken"]);
		expect(placesAt("a")).toBe(0);
		pass(1_000);
		expect(placesAt("a")).toBe(1);
		expect(failing("a", 1)).toEqual(["tried"]);
		pass(1_999);
		expect(placesAt("a")).toBe(0);
		pass(1);
		sites.spend("a", 1_000);
		sites.answered("a");
		expect(placesAt("a")).toBe(4);
		expect(failing("a", 4)).toEqual(["tried", "tried", "tried", "tried"]);
	});

	it("is tried at least every five minutes, however long it has been failing", () => {
		const { placesAt, failing, pass } = bench();
		for (let times = 0; times < 40; times += 1) {
			failing("a", 1);
			pass(300_000);
			expect(placesAt("a")).toBeGreaterThan(0);
		}
	});

	it("is not forgotten while it hangs", () => {
		const { sites, placesAt, pass } = bench();
		for (let times = 0; times < 5; times += 1) sites.spend("a", 1_000);
		pass(60_000);
		expect(placesAt("a")).toBe(4);
		for (let times = 0; times < 5; times += 1) sites.failed("a", 0);
		expect(placesAt("a")).toBe(0);
	});
});
