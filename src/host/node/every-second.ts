import { createTask } from "node-cron";
import type { Log } from "../../model/log.ts";

/** A second that is missed is one of many: nobody has to hear of it. */
const silent = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

/** Does `what` once a second, and never twice at the same time. What fails is logged, and done again. */
export function everySecond(what: () => Promise<unknown>, log: Log): { readonly stop: () => Promise<void> } {
	let running = Promise.resolve();
	const once = async (): Promise<void> => {
		try {
			await what();
		} catch (error) {
			log.error("what is done once a second failed, and will be done a second later", {
				error: String(error),
			});
		}
	};
	const run = (): Promise<void> => {
		running = once();
		return running;
	};
	const task = createTask("* * * * * *", run, { noOverlap: true, logger: silent });
	void task.start();
	return {
		stop: async () => {
			await task.destroy();
			await running;
		},
	};
}
