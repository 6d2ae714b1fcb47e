import type { JsonObject } from "../../model/json.ts";
import { anyOf, closed, listOf, part } from "./schema-parts.ts";

/** One key of a mapping file. */
export interface Key {
	/** For the reference and for editors: what stands there. */
	readonly about: string;
	readonly required: boolean;
	readonly schema: JsonObject;
}

/** The keys that an object of a mapping file may have: the checker, the schema and the reference read these. */
export type Keys = { readonly [name: string]: Key };

const optional = (about: string, schema: JsonObject): Key => ({ about, required: false, schema });
const required = (about: string, schema: JsonObject): Key => ({ about, required: true, schema });

const text: JsonObject = { type: "string" };
const instant: JsonObject = { type: "string" };
const anyObject: JsonObject = { type: "object" };

export const mappingKeys: Keys = {
	title: optional("What people call the mapping; without it, its name.", text),
	from: required(
		"Whose messages it reads: a connector, `connector/endpoint-name`, or a list of them.",
		part("from"),
	),
	when: required("Which of these messages: a condition.", part("condition")),
	event: optional("The event that such a message becomes.", part("event")),
	events: optional(
		"Several events of one message, instead of `event`.",
		listOf(part("event"), { minItems: 1 }),
	),
	active: optional("`false` switches the mapping off: its messages are ignored.", { type: "boolean" }),
	beside: optional(
		"The name of a mapping, or several: both are meant to read one message, which is no mistake then.",
		anyOf(text, listOf(text)),
	),
	tests: optional("Messages, and the events that they must become.", listOf(part("test"))),
};

export const eventKeys: Keys = {
	action: required("What kind of event it is.", part("action")),
	customer: required(
		"Whose it is: a loyalty id, or a list of identities in order of trust, each as `kind: value`; those that are absent, null or blank are passed over.",
		part("customer"),
	),
	timestamp: optional(
		"When it happened; without it, the message's time, else the delivery's.",
		part("value"),
	),
	account: optional("Which of the customer's accounts.", part("value")),
	slot: optional("Tells two events of one message and one action apart; written out.", text),
	each: optional("The path of a list: one event for each of its elements, and `$.` is the element.", text),
	key: optional(
		"Beside `each`, what tells the elements apart: it must not change when a message is repeated.",
		part("value"),
	),
	when: optional("The event is skipped where this condition does not hold.", part("condition")),
	data: optional("The event's attributes.", part("value")),
};

export const testKeys: Keys = {
	it: required("What the test shows.", text),
	message: required("The message as its sender sends it.", anyObject),
	gives: optional(
		"The events that it must become, whole; numbers are compared by value, times by instant.",
		listOf(part("given")),
	),
	fails: optional("Instead of `gives`: a part of the reason why an event fails.", text),
	settings: optional("The settings of the endpoint.", anyObject),
	delivery: optional("What is known of the request.", part("delivery")),
};

export const deliveryKeys: Keys = {
	receivedAt: optional("When it came, in ISO 8601; without it, the first of January 2026.", instant),
	headers: optional("Its HTTP headers.", anyObject),
};

/** What a test says of an event. */
export const givenKeys: Keys = {
	action: optional("Its action.", part("action")),
	customer: optional("Its loyalty id, or the list of all identities.", anyOf(text, listOf(anyObject))),
	timestamp: optional("Its time in ISO 8601; without it, that of the message or the delivery.", instant),
	account: optional("Its account.", text),
	slot: optional("Its slot; with `each`, followed by a colon and the key.", text),
	data: optional("All its attributes.", anyObject),
};

export const schemaOfKeys = (keys: Keys): JsonObject =>
	closed(
		Object.fromEntries(
			Object.entries(keys).map(([name, { about, schema }]) => [name, described(about, schema)]),
		),
		Object.keys(keys).filter((name) => keys[name]?.required),
	);

/** A reference hides what stands beside it, so the sentence is put around it. */
export const described = (description: string, schema: JsonObject): JsonObject =>
	"$ref" in schema ? { description, allOf: [schema] } : { description, ...schema };
