import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openLimiter, quotaHeaders } from "./rate.ts";

const minute = 60_000;

function bench(now = 0) {
	const limiter = openLimiter(() => now);
	return {
		spend: limiter.spend,
		pass: (ms: number) => {
			now += ms;
		},
	};
}

describe("a key's requests", () => {
	it("count down to none, and are all there a minute after the first", () => {
		const { spend, pass } = bench();
		expect(spend("shop", 3)).toEqual({ limit: 3, remaining: 2, resetSeconds: 60, exceeded: false });
		pass(30_001);
		expect(spend("shop", 3)).toEqual({ limit: 3, remaining: 1, resetSeconds: 30, exceeded: false });
		expect(spend("shop", 3)).toMatchObject({ remaining: 0, exceeded: false });
		expect(spend("shop", 3)).toEqual({ limit: 3, remaining: 0, resetSeconds: 30, exceeded: true });
		pass(minute - 30_002);
		expect(spend("shop", 3)).toMatchObject({ resetSeconds: 1, exceeded: true });
		pass(1);
		expect(spend("shop", 3)).toEqual({ limit: 3, remaining: 2, resetSeconds: 60, exceeded: false });
	});

	it("are nobody else's", () => {
		const { spend } = bench();
		spend("shop", 1);
		expect(spend("shop", 1).exceeded).toBe(true);
		expect(spend("erp", 1).exceeded).toBe(false);
	});

	it("follow a limit that was changed meanwhile", () => {
		const { spend } = bench();
		for (let each = 0; each < 5; each += 1) spend("shop", 10);
		expect(spend("shop", 3)).toMatchObject({ limit: 3, remaining: 0, exceeded: true });
		expect(spend("shop", 7)).toMatchObject({ limit: 7, remaining: 1, exceeded: false });
	});

	it("begin again where the clock was set back", () => {
		const { spend, pass } = bench(10 * minute);
		spend("shop", 1);
		pass(-5 * minute);
		expect(spend("shop", 1).exceeded).toBe(false);
	});

	it("are never more than the limit in a minute that begins with one of them", () => {
		const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 60 });
		fc.assert(
			fc.property(gaps, fc.integer({ min: 1, max: 5 }), (passing, limit) => {
				const { spend, pass } = bench();
				let at = 0;
				let since = Number.NEGATIVE_INFINITY;
				let taken = 0;
				for (const gap of passing) {
					pass(gap);
					at += gap;
					if (at >= since + minute) [since, taken] = [at, 0];
					const quota = spend("shop", limit);
					expect(quota.exceeded).toBe(taken >= limit);
					if (!quota.exceeded) taken += 1;
					expect(quota.remaining).toBe(limit - taken);
				}
			}),
		);
	});
});

describe("the headers of an answer", () => {
	it("say what is left, and when to come again", () => {
		expect(quotaHeaders({ limit: 1_500, remaining: 0, resetSeconds: 12, exceeded: false })).toEqual({
			"RateLimit-Limit": "1500",
			"RateLimit-Remaining": "0",
			"RateLimit-Reset": "12",
		});
		expect(quotaHeaders({ limit: 1_500, remaining: 0, resetSeconds: 12, exceeded: true })).toMatchObject({
			"Retry-After": "12",
		});
	});
});
