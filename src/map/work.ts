import { ExactNumber, isList, type Value } from "../model/json.ts";
import { type Failure, failed, type Run, type Site } from "./evaluate.ts";
import type { Node } from "./yaml.ts";

/**
 * The work of one message is bounded, whatever it holds and whatever the mappings say: an order number of 200 kB that
 * an `$each` writes beside each of 20,000 lines would make four gigabytes of half a megabyte.
 *
 * Work is counted in steps, where it can grow faster than the message: an item that a list operator goes through, a
 * character of a text that is read, joined or searched, a value or a character that `$each` repeats. What runs once
 * needs no bound of its own: it costs what the mapping's length times the message's does. So a step is added with
 * the work, and whether there were too many is asked only where something repeats.
 *
 * So many take about a second. An order of 4,000 lines takes a twentieth of them.
 */
const stepsMax = 10_000_000;

/** A planned event is written, claimed and hashed: 10,000 of one message are the most. */
const stepsOfEvent = 1_000;

export const spend = (run: Run, steps: number): void => {
	run.steps += steps;
};

/** Whether the message has had its share of work, so that what repeats must stop. */
export const isSpent = ({ steps }: Run): boolean => steps > stepsMax;

const reason = `goes beyond the ${stepsMax} steps of work that one message may cost`;

export const tooMuch = (site: Site): Failure => failed(site, reason);

/** Counts an event of `each` with what it says; true where there were too many. */
export function spendEvent(run: Run, says: readonly Value[]): boolean {
	spend(run, stepsOfEvent);
	measure(says, run);
	return isSpent(run);
}

/**
 * Whether an `$each` only takes a list of the message apart: it reads nothing beyond each element, so that no part of
 * the message is written more often than the mapping names it. So it is with nearly all of them, and measuring what
 * they make would be a twentieth of the work of mapping an order.
 */
export const takesApart = (list: Node, body: Node): boolean => isOfElement(list) && readsElement(body);

/** `$.lines`, `$` */
const isOfElement = (node: Node): boolean =>
	node.kind === "scalar" && typeof node.value === "string" && /^\$(\.|$)/.test(node.value);

/** A text with another `$` may be a path from another root, or have one in it. */
function readsElement(node: Node): boolean {
	switch (node.kind) {
		case "scalar":
			return typeof node.value !== "string" || !node.value.includes("$") || isOfElement(node);
		case "list":
			return node.items.every(readsElement);
		case "object":
			return node.entries.every(({ value }) => readsElement(value));
	}
}

/** Counts a value that was made, each time it is made: what is shared in memory is written out in full. */
export function measure(value: Value, run: Run): void {
	if (typeof value === "string") run.steps += 1 + value.length;
	else if (typeof value !== "object" || value === null) run.steps += 1;
	else if (value instanceof ExactNumber) run.steps += value.source.length;
	else if (isList(value)) {
		run.steps += 1;
		for (const item of value) {
			if (isSpent(run)) return;
			measure(item, run);
		}
	} else {
		run.steps += 1;
		for (const key in value) {
			const attribute = value[key];
			if (attribute === undefined) continue;
			if (isSpent(run)) return;
			run.steps += key.length;
			measure(attribute, run);
		}
	}
}
