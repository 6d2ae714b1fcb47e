import { good } from "../model/result.ts";
import type { Decide } from "./decision.ts";
import { adding } from "./points.ts";
import { noPostings } from "./postings.ts";

/** An action without rules of its own: it earns what its definition says. */
export const decidePlain: Decide = (situation) => {
	const { points } = situation.definition;
	return points === 0 ? good({ points, postings: noPostings }) : adding(situation, points);
};
