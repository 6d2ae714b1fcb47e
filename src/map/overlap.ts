import type { Problem } from "../model/problem.ts";
import type { Clause } from "./condition.ts";
import { type Dispatch, leavesOf, nameOf } from "./dispatch.ts";
import type { EventPlan } from "./event-plan.ts";
import type { Mapping } from "./mapping.ts";

/**
 * Pairs of mappings that can match one message. Where both give one action with one slot, the second event would
 * have the first one's key and be lost as a duplicate: an error. Else a warning, because it may be meant.
 */
export function findOverlaps(dispatches: readonly Dispatch[]): readonly Problem[] {
	const problems: Problem[] = [];
	const seen = new Map<Mapping, Set<Mapping>>();
	for (const mappings of dispatches.flatMap((dispatch) => [...leavesOf(dispatch)])) {
		for (const [index, first] of mappings.entries()) {
			for (const second of mappings.slice(index + 1)) {
				const others = seen.get(second) ?? new Set();
				if (others.has(first) || !first.active || !second.active) continue;
				seen.set(second, others.add(first));
				if (!areApart(first, second)) problems.push(problemOf(first, second));
			}
		}
	}
	return problems;
}

/** Whether a clause of one and a clause of the other can not both hold. */
const areApart = (first: Mapping, second: Mapping): boolean =>
	first.when.some((one) =>
		second.when.some((other) => nameOf(one.path) === nameOf(other.path) && exclude(one, other)),
	);

function exclude(one: Clause, other: Clause): boolean {
	if (one.present === false ? other.present === true : one.present === true && other.present === false)
		return true;
	return one.exact !== undefined && other.exact !== undefined && one.exact.isDisjointFrom(other.exact);
}

function problemOf(first: Mapping, second: Mapping): Problem {
	const shared = first.events.find((one) => second.events.some((other) => hasOneKey(one, other)));
	const { file, line, column } = second.place;
	const message = `this and \`${first.name}\` can match one message`;
	return {
		file,
		line,
		column,
		severity: shared === undefined ? "warning" : "error",
		code: "overlap",
		message: shared === undefined ? message : `${message}, and both give \`${shared.action}\``,
		help: shared === undefined ? "" : "narrow one `when`, or give one event a `slot:`",
	};
}

const hasOneKey = (one: EventPlan, other: EventPlan): boolean =>
	one.action === other.action &&
	one.slot === other.slot &&
	(one.each === undefined) === (other.each === undefined);
