import type { Log } from "../../model/log.ts";

export interface DrainLoop {
	/** There is work now. */
	wake(): void;
	/** Lets the turn that runs end, and starts no other. */
	stop(): Promise<void>;
}

/** A turn that failed as a whole is tried again after this. */
const afterFailureMs = 1_000;

/** Longer than any timer may sleep (2^31−1 ms), and short enough to survive a clock that was set back. */
const sleepMsMax = 60_000;

/** Runs `turn` one after another: at once where it says that more is due, else when it is due or somebody wakes it. */
export function startDrainLoop(turn: () => Promise<number | null>, clock: () => number, log: Log): DrainLoop {
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

	async function run(): Promise<void> {
		while (!stopped) {
			woken = false;
			const due = await turn().catch((error: unknown) => {
				log.error("a turn of the drain failed and will be taken again", { error: String(error) });
				return clock() + afterFailureMs;
			});
			const wait = due === null ? sleepMsMax : Math.min(due - clock(), sleepMsMax);
			if (wait > 0 && !stopped) await sleep(wait);
		}
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
