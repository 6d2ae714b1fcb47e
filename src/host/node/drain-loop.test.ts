import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { PinnedTurn } from "../../hub.ts";
import type { Log } from "../../model/log.ts";
import { startDrainLoop } from "./drain-loop.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A loop whose turns end when the test says so. */
function bench() {
	const turns: PromiseWithResolvers<number | null>[] = [];
	const errors: unknown[] = [];
	const log: Log = { info: () => {}, warn: () => {}, error: (_fact, fields) => void errors.push(fields) };
	const planTurn = async (): Promise<PinnedTurn> => {
		const ended = Promise.withResolvers<number | null>();
		turns.push(ended);
		return { found: false, finish: () => ended.promise };
	};
	const loop = startDrainLoop(planTurn, Date.now, log);
	return {
		loop,
		errors,
		begun: () => turns.length,
		/** Ends the turn that runs, and lets what follows at once happen. */
		end: (due: number | null) => {
			turns.at(-1)?.resolve(due);
			return vi.advanceTimersByTimeAsync(0);
		},
		fail: () => {
			turns.at(-1)?.reject(new Error("the ledger is away"));
			return vi.advanceTimersByTimeAsync(0);
		},
		pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
	};
}

describe("the drain loop", () => {
	it("takes a turn at once, and one at a time", async () => {
		const { begun, pass, loop } = bench();
		expect(begun()).toBe(1);
		loop.wake();
		await pass(1_000_000);
		expect(begun()).toBe(1);
	});

	it("goes on at once where more is due", async () => {
		const { begun, end } = bench();
		await end(Date.now());
		expect(begun()).toBe(2);
		await end(Date.now() - 5);
		expect(begun()).toBe(3);
	});

	it("sleeps until the next turn is due", async () => {
		const { begun, end, pass } = bench();
		await end(Date.now() + 500);
		await pass(499);
		expect(begun()).toBe(1);
		await pass(1);
		expect(begun()).toBe(2);
	});

	it("looks again after a minute, whatever is due", async () => {
		const { begun, end, pass } = bench();
		await end(null);
		await pass(59_999);
		expect(begun()).toBe(1);
		await pass(1);
		expect(begun()).toBe(2);
		await end(Date.now() + 2 ** 40);
		await pass(60_000);
		expect(begun()).toBe(3);
	});

	it("is woken by new work", async () => {
		const { begun, end, pass, loop } = bench();
		await end(null);
		loop.wake();
		await pass(0);
		expect(begun()).toBe(2);
	});

	it("does not forget who woke it during a turn", async () => {
		const { begun, end, loop } = bench();
		loop.wake();
		await end(null);
		expect(begun()).toBe(2);
		await end(null);
		expect(begun()).toBe(2);
	});

	it("takes a turn that failed again after a second, and says so", async () => {
		const { begun, fail, pass, errors } = bench();
		await fail();
		expect(errors).toEqual([{ error: "Error: the ledger is away" }]);
		await pass(999);
		expect(begun()).toBe(1);
		await pass(1);
		expect(begun()).toBe(2);
	});

	it("lets the turn that runs end before it stops, and takes no other", async () => {
		const { begun, end, loop } = bench();
		let stopped = false;
		const stopping = loop.stop().then(() => {
			stopped = true;
		});
		await vi.advanceTimersByTimeAsync(1_000);
		expect(stopped).toBe(false);
		await end(Date.now());
		await stopping;
		expect(begun()).toBe(1);
	});

	it("stops at once while it sleeps", async () => {
		const { begun, end, loop } = bench();
		await end(null);
		await loop.stop();
		loop.wake();
		expect(begun()).toBe(1);
	});

	it("plans the next turn while one that found something is finished, and finishes them in order", async () => {
		const said: string[] = [];
		const first = Promise.withResolvers<number | null>();
		const turns: PinnedTurn[] = [
			{
				found: true,
				finish: () => {
					said.push("first begins");
					return first.promise.finally(() => said.push("first ends"));
				},
			},
			{
				found: false,
				finish: async () => {
					said.push("second begins");
					return null;
				},
			},
		];
		const log: Log = { info: () => {}, warn: () => {}, error: () => {} };
		const loop = startDrainLoop(
			async () => {
				said.push("planned");
				return turns.shift() ?? { found: false, finish: async () => null };
			},
			Date.now,
			log,
		);
		await vi.advanceTimersByTimeAsync(0);
		expect(said).toEqual(["planned", "first begins", "planned"]);
		first.resolve(null);
		await vi.advanceTimersByTimeAsync(0);
		expect(said).toEqual(["planned", "first begins", "planned", "first ends", "second begins"]);
		await loop.stop();
	});
});
