import type { Clock } from "../model/clock.ts";

/** What a key has left of its minute. */
export interface Quota {
	/** Requests a minute. */
	readonly limit: number;
	readonly remaining: number;
	/** Until all of it is there again, at least 1. */
	readonly resetSeconds: number;
	/** Whether this request was one too many. */
	readonly exceeded: boolean;
}

/** Counts requests by key, in the memory of this process or isolate: each of several allows the whole. */
export interface Limiter {
	spend(key: string, perMinute: number): Quota;
}

/** Requests since a moment: a key's minute begins with its first. */
interface Minute {
	/** Unix milliseconds. */
	readonly since: number;
	readonly requests: number;
}

const minuteMs = 60_000;

export function openLimiter(clock: Clock): Limiter {
	const minutes = new Map<string, Minute>();
	let sweepAt = 0;

	/** Keeps no more keys than were used within two minutes. */
	function sweep(now: number): void {
		for (const [key, minute] of minutes) if (hasEnded(minute, now)) minutes.delete(key);
		sweepAt = now + minuteMs;
	}

	return {
		spend: (key, perMinute) => {
			const now = clock();
			if (now >= sweepAt) sweep(now);
			const { minute, quota } = spent(minutes.get(key), perMinute, now);
			minutes.set(key, minute);
			return quota;
		},
	};
}

function spent(
	before: Minute | undefined,
	limit: number,
	now: number,
): { readonly minute: Minute; readonly quota: Quota } {
	const minute = before === undefined || hasEnded(before, now) ? { since: now, requests: 0 } : before;
	const resetSeconds = Math.ceil((minute.since + minuteMs - now) / 1000);
	if (minute.requests >= limit)
		return { minute, quota: { limit, remaining: 0, resetSeconds, exceeded: true } };
	const requests = minute.requests + 1;
	const quota = { limit, remaining: limit - requests, resetSeconds, exceeded: false };
	return { minute: { ...minute, requests }, quota };
}

/** A clock that was set back begins another minute. */
const hasEnded = ({ since }: Minute, now: number): boolean => now < since || now >= since + minuteMs;

/** As the IETF's draft of rate limit headers has them. */
export const quotaHeaders = ({ limit, remaining, resetSeconds, exceeded }: Quota) => ({
	"RateLimit-Limit": String(limit),
	"RateLimit-Remaining": String(remaining),
	"RateLimit-Reset": String(resetSeconds),
	...(exceeded ? { "Retry-After": String(resetSeconds) } : {}),
});
