import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startTicking } from "./ticking.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const openLog = () => {
	const errors: string[] = [];
	return { errors, log: { info: () => {}, warn: () => {}, error: (fact: string) => errors.push(fact) } };
};

it("ticks once a second, also after a tick that failed", async () => {
	let ticks = 0;
	const { errors, log } = openLog();
	const ticking = startTicking(async () => {
		ticks += 1;
		if (ticks === 2) throw new Error("the disk is away");
	}, log);
	await vi.advanceTimersByTimeAsync(4_000);
	expect([ticks, errors.length]).toEqual([4, 1]);
	await ticking.stop();
	await vi.advanceTimersByTimeAsync(4_000);
	expect(ticks).toBe(4);
});

it("waits for a tick that runs, and stops after it", async () => {
	let end = (): void => {};
	let ticks = 0;
	const ticking = startTicking(() => {
		ticks += 1;
		return new Promise<void>((resolve) => {
			end = resolve;
		});
	}, openLog().log);
	await vi.advanceTimersByTimeAsync(5_000);
	expect(ticks).toBe(1);
	let stopped = false;
	const stopping = ticking.stop().then(() => {
		stopped = true;
	});
	await vi.advanceTimersByTimeAsync(1_000);
	expect(stopped).toBe(false);
	end();
	await stopping;
	await vi.advanceTimersByTimeAsync(5_000);
	expect(ticks).toBe(1);
});
