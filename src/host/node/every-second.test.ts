import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { everySecond } from "./every-second.ts";

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

it("does it once a second, also after it failed", async () => {
	let times = 0;
	const { errors, log } = openLog();
	const seconds = everySecond(async () => {
		times += 1;
		if (times === 2) throw new Error("the disk is away");
	}, log);
	await vi.advanceTimersByTimeAsync(4_000);
	expect([times, errors.length]).toEqual([4, 1]);
	await seconds.stop();
	await vi.advanceTimersByTimeAsync(4_000);
	expect(times).toBe(4);
});

it("waits for what runs, and stops after it", async () => {
	let end = (): void => {};
	let times = 0;
	const seconds = everySecond(() => {
		times += 1;
		return new Promise<void>((resolve) => {
			end = resolve;
		});
	}, openLog().log);
	await vi.advanceTimersByTimeAsync(5_000);
	expect(times).toBe(1);
	let stopped = false;
	const stopping = seconds.stop().then(() => {
		stopped = true;
	});
	await vi.advanceTimersByTimeAsync(1_000);
	expect(stopped).toBe(false);
	end();
	await stopping;
	await vi.advanceTimersByTimeAsync(5_000);
	expect(times).toBe(1);
});
