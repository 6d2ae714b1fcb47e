import type { Clock } from "../model/clock.ts";
import { jsonText, type Value } from "../model/json.ts";

/** Answers that may be used again for a while, in the memory of a process. */
export interface Answers {
	get(question: string): Value | undefined;
	keep(question: string, answer: Value, forMs: number): void;
}

/** In characters of JSON: a little of what a Durable Object has. */
const keptMax = 4 * 1024 * 1024;

export function openAnswers(clock: Clock): Answers {
	const kept = new Map<string, { readonly value: Value; readonly until: number; readonly size: number }>();
	let size = 0;

	const forget = (question: string): void => {
		size -= kept.get(question)?.size ?? 0;
		kept.delete(question);
	};

	return {
		get: (question) => {
			const answer = kept.get(question);
			if (answer !== undefined && answer.until <= clock()) forget(question);
			return kept.get(question)?.value;
		},
		keep: (question, value, forMs) => {
			forget(question);
			const one = { value, until: clock() + forMs, size: jsonText(value).length };
			kept.set(question, one);
			size += one.size;
			// The oldest first.
			for (const other of kept.keys()) {
				if (size <= keptMax) break;
				forget(other);
			}
		},
	};
}
