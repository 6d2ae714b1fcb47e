import { ExactNumber, isList, isObject, type Value, type ValueObject } from "../../model/json.ts";
import { decimalOfText } from "../values/decimal.ts";

/** What a draft looks at of what it is given. */
export const sampleLimits = {
	/** Beyond a hundred messages of one kind the next says nothing new. */
	messagesMax: 100,
	/** Of all messages together, each name of a place once: each is compared with each attribute. */
	fieldsMax: 2_000,
	/** Of one message: an order of twenty lines has some 300. They also bound the size of the test that is written. */
	valuesMax: 1_000,
	/** Of one list: its elements have one shape. */
	elementsMax: 20,
	/** Levels: a mapping's file may have 64, and a test stands some levels deep in it. */
	depthMax: 24,
	textCharactersMax: 1_000,
	/** YAML's keys end at 1024, escapes among them. */
	nameCharactersMax: 100,
} as const;

/** A message as far as a draft looks at it, which can be written out in a mapping's test. */
export interface Sample {
	readonly content: ValueObject;
	/** Whether something of the message was left out. */
	readonly isShortened: boolean;
}

export function sampleOf(message: ValueObject): Sample {
	const state = { values: 0, isShortened: false };
	const content = shortened(message, 0, state);
	return { content: isObject(content) ? content : {}, isShortened: state.isShortened };
}

interface State {
	values: number;
	isShortened: boolean;
}

/** Undefined where the value is left out. */
function shortened(value: Value, depth: number, state: State): Value | undefined {
	state.values += 1;
	if (state.values > sampleLimits.valuesMax || depth > sampleLimits.depthMax) return leftOut(state);
	if (typeof value === "string") return shortText(value, state);
	if (typeof value === "number" || value instanceof ExactNumber) {
		// As the test's own text will be read, so that the draft is tried with the very same value.
		const number = decimalOfText(String(value));
		return typeof number === "string" ? leftOut(state) : number;
	}
	if (isList(value)) {
		if (value.length > sampleLimits.elementsMax) state.isShortened = true;
		return value
			.slice(0, sampleLimits.elementsMax)
			.map((element) => shortened(element, depth + 1, state))
			.filter((element) => element !== undefined);
	}
	return isObject(value) ? shortObject(value, depth, state) : value;
}

function shortObject(value: ValueObject, depth: number, state: State): ValueObject {
	const entries: [string, Value][] = [];
	for (const key in value) {
		if (state.values >= sampleLimits.valuesMax) {
			state.isShortened = true;
			break;
		}
		const own = value[key];
		const kept = own === undefined || !isWritable(key) ? leftOut(state) : shortened(own, depth + 1, state);
		if (kept !== undefined) entries.push([key, kept]);
	}
	return Object.fromEntries(entries);
}

function leftOut(state: State): undefined {
	state.isShortened = true;
	return undefined;
}

function shortText(text: string, state: State): string {
	if (text.length <= sampleLimits.textCharactersMax) return text;
	state.isShortened = true;
	return text.slice(0, sampleLimits.textCharactersMax);
}

/** Whether a name can be a key of a mapping's file. */
const isWritable = (name: string): boolean =>
	name.length <= sampleLimits.nameCharactersMax && name !== "__proto__" && name !== "<<";
