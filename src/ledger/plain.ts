import { good } from "../model/result.ts";
import type { Decide } from "./decision.ts";
import { postingsOf } from "./postings.ts";

/** An action without rules of its own: it earns what its definition says. */
export const decidePlain: Decide = ({ definition, account }) =>
	good({
		points: definition.points,
		postings: postingsOf([{ account, from: "issued", to: "active", points: definition.points }]),
	});
