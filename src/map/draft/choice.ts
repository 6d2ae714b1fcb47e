import type { Field } from "./fields.ts";
import type { Candidate } from "./score.ts";

/** What is taken for a line, and what else it could have been. */
export interface Choice {
	readonly taken: Candidate;
	/** The next best, best first. */
	readonly others: readonly Candidate[];
}

/** Below it nothing is drafted. */
const confidenceMin = 0.55;
/** Below it nobody wants to read of it. */
const runnerUpMin = 0.35;
const runnersUpMax = 2;

/** The best first, each field once; of equals the one that comes first in the messages. */
export function ranked(candidates: readonly (Candidate | undefined)[]): readonly Candidate[] {
	const best = candidates
		.filter((candidate) => candidate !== undefined)
		.filter(({ confidence }) => confidence >= runnerUpMin)
		.sort((a, b) => b.confidence - a.confidence);
	const byField = new Map<Field, Candidate>();
	for (const one of best) if (!byField.has(one.field)) byField.set(one.field, one);
	return [...byField.values()];
}

/** The best candidate that is free; undefined where none is sure enough. `candidates` are ranked. */
export function choose(
	candidates: readonly Candidate[],
	isFree: (candidate: Candidate) => boolean = () => true,
): Choice | undefined {
	const taken = candidates.find(isFree);
	if (taken === undefined || taken.confidence < confidenceMin) return undefined;
	return { taken, others: candidates.filter((candidate) => candidate !== taken).slice(0, runnersUpMax) };
}
