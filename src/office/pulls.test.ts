import { beforeEach, describe, expect, it } from "vitest";
import { openSqlite } from "../host/node/sqlite.ts";
import { openPullShelf, type PullShelf } from "./pulls.ts";

let now: number;
let shelf: PullShelf;
beforeEach(() => {
	now = 1_000_000;
	shelf = openPullShelf({ sql: openSqlite(":memory:"), clock: () => now });
});

describe("A pull", () => {
	it("is begun by one at a time, and again by whoever finds it abandoned", () => {
		expect(shelf.begin("ep_1", 60_000)).toEqual({ cursor: null, failures: 0 });
		expect(shelf.begin("ep_1", 60_000)).toBeNull();
		expect(shelf.begin("ep_2", 60_000)).toEqual({ cursor: null, failures: 0 });
		now += 60_000;
		expect(shelf.begin("ep_1", 60_000)).toEqual({ cursor: null, failures: 0 });
	});

	it("goes on where it was, when it is due", () => {
		shelf.begin("ep_1", 60_000);
		shelf.keep("ep_1", { cursor: { at: "x", id: "1" }, dueInMs: 1_000, failure: null });
		now += 999;
		expect(shelf.begin("ep_1", 60_000)).toBeNull();
		now += 1;
		expect(shelf.begin("ep_1", 60_000)).toEqual({ cursor: { at: "x", id: "1" }, failures: 0 });
	});

	it("counts its failures in a row, and says the last", () => {
		shelf.begin("ep_1", 60_000);
		for (const failure of ["away", "still away"]) shelf.keep("ep_1", { cursor: 7, dueInMs: 500, failure });
		expect(shelf.list()).toEqual([
			{ endpoint: "ep_1", dueAt: now + 500, answered: true, failures: 2, failure: "still away", gap: null },
		]);
		shelf.keep("ep_1", { cursor: 8, dueInMs: 500, failure: null });
		expect(shelf.list()).toMatchObject([{ endpoint: "ep_1", failures: 0, failure: null }]);
	});

	it("remembers what the system had last let go of, also when all is well again", () => {
		shelf.begin("ep_1", 60_000);
		shelf.noteGap("ep_1", "the first");
		now += 5;
		shelf.noteGap("ep_1", "the second");
		shelf.keep("ep_1", { cursor: 8, dueInMs: 500, failure: null });
		expect(shelf.list()).toMatchObject([{ failure: null, gap: { at: now, reason: "the second" } }]);
	});
});
