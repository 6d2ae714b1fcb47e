import { ExactNumber, isList, type Value } from "../../model/json.ts";
import type { Problem } from "../../model/problem.ts";
import type { Clause } from "../condition.ts";
import { type Dispatch, leavesOf, nameOf } from "../dispatch.ts";
import type { EventPlan } from "../event-plan.ts";
import type { Mapping } from "../mapping.ts";
import { order } from "../values/comparison.ts";
import { decimalOf } from "../values/decimal.ts";

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
				if (!areApart(first, second)) problems.push(...problemsOf(first, second));
			}
		}
	}
	return problems;
}

/** Whether the conditions of both can not hold for one message. */
const areApart = (first: Mapping, second: Mapping): boolean =>
	first.when.some((clause) => isAgainst(clause, second.when)) ||
	second.when.some((clause) => isAgainst(clause, first.when));

/** Whether a clause can not hold where all the others do. */
function isAgainst(clause: Clause, others: readonly Clause[]): boolean {
	const { branches, denied } = clause;
	return (
		others.some((other) => nameOf(clause.path) === nameOf(other.path) && exclude(clause, other)) ||
		(branches.length > 0 && branches.every((branch) => branch.some((below) => isAgainst(below, others)))) ||
		(denied.length > 0 && denied.every((one) => others.some((other) => isSame(one, other))))
	);
}

const isSame = (one: Clause, other: Clause): boolean =>
	one.asks !== undefined &&
	one.asks.matcher === other.asks?.matcher &&
	JSON.stringify(one.asks.value) === JSON.stringify(other.asks.value) &&
	nameOf(one.path) === nameOf(other.path);

/** Whether no value of one path can meet both clauses. */
function exclude(one: Clause, other: Clause): boolean {
	if (one.present === false ? other.present === true : one.present === true && other.present === false)
		return true;
	if (one.exact !== undefined && other.exact !== undefined) return one.exact.isDisjointFrom(other.exact);
	return (
		areOpposite(one, other) ||
		isAbove(lowestOf(one), highestOf(other)) ||
		isAbove(lowestOf(other), highestOf(one)) ||
		isNoneOf(one, other) ||
		isNoneOf(other, one)
	);
}

const areOpposite = ({ asks: one }: Clause, { asks: other }: Clause): boolean =>
	one?.matcher === "$empty" && other?.matcher === "$empty" && one.value !== other.value;

/** Whether the one clause wants what the other forbids, written alike: then both mean the same values. */
function isNoneOf({ asks: wanted, exact }: Clause, { asks: forbidden }: Clause): boolean {
	if (wanted === undefined || exact === undefined || forbidden === undefined) return false;
	const refused = forbiddenBy(forbidden);
	return (isList(wanted.value) ? wanted.value : [wanted.value]).every((word) => refused.includes(word));
}

function forbiddenBy({ matcher, value }: NonNullable<Clause["asks"]>): readonly Value[] {
	if (matcher === "$ne") return [value];
	return matcher === "$nin" && isList(value) ? value : [];
}

/** An end of a range of values. */
interface Bound {
	readonly value: Value;
	/** Whether the value itself is in the range. */
	readonly included: boolean;
}

const lowestOf = ({ asks }: Clause): Bound | undefined => boundOf(asks, "$gt", "$gte");
const highestOf = ({ asks }: Clause): Bound | undefined => boundOf(asks, "$lt", "$lte");

function boundOf(asks: Clause["asks"], without: string, including: string): Bound | undefined {
	if (asks === undefined) return undefined;
	const { matcher, value } = asks;
	if (matcher === without) return { value, included: false };
	return matcher === including || matcher === "$eq" ? { value, included: true } : undefined;
}

/** Whether nothing is both at least the lowest of one range and at most the highest of another. */
function isAbove(lowest: Bound | undefined, highest: Bound | undefined): boolean {
	if (lowest === undefined || highest === undefined) return false;
	// Texts that look like numbers are ordered as texts or as numbers, whichever the message has.
	if (isNumber(lowest.value) !== isNumber(highest.value) || [lowest, highest].some(isNumericText))
		return false;
	const found = order(lowest.value, highest.value);
	return found !== undefined && (found > 0 || (found === 0 && !(lowest.included && highest.included)));
}

const isNumber = (value: Value): boolean => typeof value === "number" || value instanceof ExactNumber;

const isNumericText = ({ value }: Bound): boolean =>
	typeof value === "string" && decimalOf(value) !== "not a number";

/** None where one of them says that it stands beside the other, and no event of theirs can be lost by it. */
function problemsOf(first: Mapping, second: Mapping): readonly Problem[] {
	const shared = first.events.find((one) => second.events.some((other) => hasOneKey(one, other)));
	const isMeant = names(first.beside, second) || names(second.beside, first);
	return isMeant && shared === undefined ? [] : [problemOf(first, second, shared)];
}

const names = (beside: Mapping["beside"], { name }: Mapping): boolean =>
	beside.some((one) => one.name === name);

function problemOf(first: Mapping, second: Mapping, shared: EventPlan | undefined): Problem {
	const { file, line, column } = second.whenPlace;
	const message = `this and \`${first.name}\` can match one message`;
	return {
		file,
		line,
		column,
		severity: shared === undefined ? "warning" : "error",
		code: "overlap",
		message: shared === undefined ? message : `${message}, and both give \`${shared.action}\``,
		help:
			shared === undefined
				? `narrow one \`when\`, or write \`beside: ${first.name}\` where both are meant`
				: "narrow one `when`, or give one event a `slot:`",
	};
}

const hasOneKey = (one: EventPlan, other: EventPlan): boolean =>
	one.action === other.action &&
	one.slot === other.slot &&
	(one.each === undefined) === (other.each === undefined);
