import type { PinnedTurn } from "../../hub.ts";
import type { Log } from "../../model/log.ts";

export interface DrainLoop {
	/** There is work now. */
	wake(): void;
	/** Lets the turns that run end, and starts no other. */
	stop(): Promise<void>;
}

/** A turn that failed as a whole is tried again after this. */
const afterFailureMs = 1_000;

/** Longer than any timer may sleep (2^31−1 ms), and short enough to survive a clock that was set back. */
const sleepMsMax = 60_000;

/**
 * Takes one turn after another: at once where there was something to do, else when the next is due or somebody wakes
 * it. While a turn is finished, by the ledger in its own thread, the next is planned in this one.
 */
export function startDrainLoop(
	planTurn: () => Promise<PinnedTurn>,
	clock: () => number,
	log: Log,
): DrainLoop {
	let stopped = false;
	let woken = false;
	let rouse: () => void = () => {};

	const sleep = (ms: number): Promise<void> =>
		new Promise((resolve) => {
			const timer = setTimeout(resolve, ms);
			rouse = () => {
				clearTimeout(timer);
				resolve();
			};
			if (woken || stopped) rouse();
		});

	const failed = (error: unknown): number => {
		log.error("a turn of the drain failed and will be taken again", { error: String(error) });
		return clock() + afterFailureMs;
	};
	const nothing = (error: unknown): PinnedTurn => {
		const due = failed(error);
		return { found: false, finish: async () => due };
	};

	async function run(): Promise<void> {
		let finishing: Promise<number | null> = Promise.resolve(null);
		while (!stopped) {
			woken = false;
			const turn = await planTurn().catch(nothing);
			await finishing;
			finishing = turn.finish().catch(failed);
			if (turn.found) continue;
			const due = await finishing;
			const wait = due === null ? sleepMsMax : Math.min(due - clock(), sleepMsMax);
			if (wait > 0 && !stopped) await sleep(wait);
		}
		await finishing;
	}

	const running = run();
	return {
		wake: () => {
			woken = true;
			rouse();
		},
		stop: () => {
			stopped = true;
			rouse();
			return running;
		},
	};
}
