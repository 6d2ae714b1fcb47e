import type { Clock } from "./model/clock.ts";

/** Requests to one endpoint that were answered 401, as far as this process knows. */
export interface Refused {
	/** What was before, nobody knows: Unix milliseconds. */
	readonly since: number;
	/** How many, by cause. */
	readonly causes: Readonly<Record<string, number>>;
	readonly last: Refusal | null;
}

export interface Refusal {
	/** Unix milliseconds. */
	readonly at: number;
	readonly cause: string;
	/** For the operator; never a secret. */
	readonly reason: string;
}

/** Who was refused in the last day: in memory, for strangers must not be able to fill a disk. */
export interface Refusals {
	note(endpoint: string, refusal: Pick<Refusal, "cause" | "reason">): void;
	of(endpoint: string): Refused;
}

const hourMs = 60 * 60_000;
const keptHours = 24;

/** One endpoint's, by the hour; causes are a handful of words. */
interface Hour {
	readonly hour: number;
	readonly causes: Map<string, number>;
}

export function openRefusals(clock: Clock): Refusals {
	const hours = new Map<string, Hour[]>();
	const last = new Map<string, Refusal>();
	let first: number | undefined;
	/** From the first use on: a Worker has no time before its first request. */
	const began = (): number => (first ??= clock());

	return {
		note: (endpoint, { cause, reason }) => {
			began();
			const at = clock();
			last.set(endpoint, { at, cause, reason });
			const hour = Math.floor(at / hourMs);
			const kept = (hours.get(endpoint) ?? []).filter((one) => one.hour > hour - keptHours);
			const current = kept.find((one) => one.hour === hour) ?? { hour, causes: new Map<string, number>() };
			current.causes.set(cause, (current.causes.get(cause) ?? 0) + 1);
			hours.set(endpoint, kept.includes(current) ? kept : [...kept, current]);
		},
		of: (endpoint) => {
			const start = began();
			const from = Math.floor(clock() / hourMs) - keptHours + 1;
			const causes: Record<string, number> = {};
			for (const one of hours.get(endpoint) ?? []) {
				if (one.hour < from) continue;
				for (const [cause, count] of one.causes) causes[cause] = (causes[cause] ?? 0) + count;
			}
			return {
				since: Math.max(start, from * hourMs),
				causes,
				last: Object.keys(causes).length === 0 ? null : (last.get(endpoint) ?? null),
			};
		},
	};
}
