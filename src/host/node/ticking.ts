import type { Log } from "../../model/log.ts";

/** How long after one tick the next begins. */
const everyMs = 1_000;

/** Calls `tick` once a second, and never twice at the same time. What fails is logged, and called again. */
export function startTicking(tick: () => Promise<unknown>, log: Log): { readonly stop: () => Promise<void> } {
	let timer: NodeJS.Timeout | undefined;
	let running = Promise.resolve();
	let stopped = false;

	const plan = (): void => {
		timer = setTimeout(() => {
			running = once();
		}, everyMs);
	};
	async function once(): Promise<void> {
		try {
			await tick();
		} catch (error) {
			log.error("what is done once a second failed, and will be done a second later", {
				error: String(error),
			});
		}
		if (!stopped) plan();
	}
	plan();
	return {
		stop: () => {
			stopped = true;
			clearTimeout(timer);
			return running;
		},
	};
}
