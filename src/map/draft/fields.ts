import { isList, isObject, type Value, type ValueObject } from "../../model/json.ts";
import { sampleLimits } from "./sample.ts";

/** A place that some of the messages have. */
export interface Field {
	/** Names from the message (or the element of a list) down. */
	readonly steps: readonly string[];
	/** One for each message that has it, null where it is null. */
	readonly values: readonly Value[];
	/** Whether all messages have it, and none has it as null. */
	readonly isAlwaysThere: boolean;
}

/**
 * The places of the messages, each once, in the order in which they come: leaves, objects and lists. Of a list of
 * objects also those of its first element, by its place: `items.0.name`. Messages are samples, so they are not deep.
 */
export function fieldsOf(messages: readonly ValueObject[]): readonly Field[] {
	const found = new Map<string, { steps: readonly string[]; values: Value[] }>();
	const note = (value: Value, steps: readonly string[]): void => {
		const name = JSON.stringify(steps);
		const field = found.get(name);
		if (field !== undefined) field.values.push(value);
		else if (found.size < sampleLimits.fieldsMax) found.set(name, { steps, values: [value] });
	};
	const visit = (value: Value, steps: readonly string[]): void => {
		if (steps.length > 0) note(value, steps);
		if (isObject(value)) {
			for (const [name, below] of Object.entries(value)) visit(below, [...steps, name]);
		} else if (isList(value) && isObject(value[0])) visit(value[0], [...steps, "0"]);
	};
	for (const message of messages) visit(message, []);
	return [...found.values()].map(({ steps, values }) => ({
		steps,
		values,
		isAlwaysThere: values.length === messages.length && !values.includes(null),
	}));
}

/** The objects in a field's lists. */
export const elementsOf = ({ values }: Field): readonly ValueObject[] =>
	values.flatMap((value) => (isList(value) ? value.filter(isObject) : []));
