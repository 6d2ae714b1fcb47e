/** The middle one; the mean of the middle two. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const middle = sorted.length >> 1;
	const upper = sorted[middle] ?? Number.NaN;
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The rates of two sides, round by round: what else the machine did in a round met both. */
export interface Rounds {
	readonly ours: readonly number[];
	readonly theirs: readonly number[];
}

/** How much of their rate ours is, as the median of the rounds. */
export const ratioOf = ({ ours, theirs }: Rounds): number =>
	median(ours.map((rate, round) => rate / (theirs[round] ?? Number.NaN)));

/** Does a piece of work over and over, and says how many operations it was. */
export type Work = () => number | Promise<number>;

/**
 * Operations per second of this thread's CPU time, round by round, each contender having its turn in every round.
 * CPU time and not the clock's, so that a busy neighbour counts as little as can be; the first round warms up and is
 * left out. Who is not there has no rates.
 */
export async function race<Name extends string>(
	contenders: Readonly<Record<Name, Work | undefined>>,
	{ rounds, turnMs }: { readonly rounds: number; readonly turnMs: number },
): Promise<Readonly<Record<Name, readonly number[]>>> {
	const running = Object.entries<Work | undefined>(contenders).map(([name, work]) => ({
		name,
		work,
		rates: [] as number[],
	}));
	for (let round = 0; round <= rounds; round++) {
		for (const { work, rates } of running) {
			const rate = work === undefined ? undefined : await rateOf(work, turnMs);
			if (rate !== undefined && round > 0) rates.push(rate);
		}
	}
	// `Object.fromEntries` forgets the names that `Object.entries` was given.
	return Object.fromEntries(running.map(({ name, rates }) => [name, rates])) as Record<Name, number[]>;
}

async function rateOf(work: Work, turnMs: number): Promise<number> {
	let operations = 0;
	const start = process.threadCpuUsage();
	const microseconds = (): number => {
		const { user, system } = process.threadCpuUsage(start);
		return user + system;
	};
	while (microseconds() < turnMs * 1_000) operations += await work();
	return (operations * 1_000_000) / microseconds();
}
