import type { Crypto } from "./model/crypto.ts";
import type { Log } from "./model/log.ts";

/** Does what the hub owes to others or asks of them, beside the drain and never in it. */
export interface Courier {
	/** Begins what is due, as much at once as there may be, and waits for none of it. Says when more is due. */
	start(): Promise<number | null>;
	/** When something is due for which there is a place, Unix milliseconds; null where nothing is owed. */
	dueAt(): Promise<number | null>;
	/** Lets go what is under way, which stays owed, and resolves when all of it has ended. */
	stop(): Promise<void>;
}

/** What is carried, and where it is noted. */
export interface Errand<Owed> {
	/** What has been due longest, leased to the caller; null where none is due for which there is a place. */
	take(): Promise<Owed | null>;
	dueAt(): Promise<number | null>;
	/** Attempts it once and notes what became of it. One that throws is taken again when its lease ends. */
	carry(owed: Owed, signal: AbortSignal): Promise<void>;
	/** One has ended: another may be due. */
	ended(): void;
	readonly log: Log;
}

export function openCourier<Owed extends { readonly delivery: string }>(errand: Errand<Owed>): Courier {
	const underWay = new Set<Promise<void>>();
	const stopping = new AbortController();

	return {
		start: async () => {
			while (!stopping.signal.aborted) {
				const owed = await errand.take();
				if (owed === null) break;
				const carrying = carry(owed).finally(() => {
					underWay.delete(carrying);
					errand.ended();
				});
				underWay.add(carrying);
			}
			return errand.dueAt();
		},
		dueAt: () => errand.dueAt(),
		stop: async () => {
			stopping.abort();
			await Promise.all(underWay);
		},
	};

	async function carry(owed: Owed): Promise<void> {
		try {
			await errand.carry(owed, stopping.signal);
		} catch (error) {
			const fields = { delivery: owed.delivery, error: String(error) };
			errand.log.error("what became of a request to others was not noted", fields);
		}
	}
}

/** Whoever needs longer is busy, and is asked again later. */
export const timeoutMs = 10_000;

/** Between attempts: 5 s at first, twice as long each time, an hour at most. */
const backoff = { firstMs: 5_000, mostMs: 3_600_000 } as const;

/** How long to leave alone what has failed so often before. */
export function pauseMs(failures: number, crypto: Pick<Crypto, "randomBytes">): number {
	const [chance = 0] = crypto.randomBytes(1);
	// Up to half of it is taken away, so that what failed together does not come together again.
	return Math.round(Math.min(backoff.firstMs * 2 ** failures, backoff.mostMs) * (1 - chance / 512));
}
