export const attributeTypes = ["text", "number", "integer", "boolean", "date", "list", "object"] as const;
export type AttributeType = (typeof attributeTypes)[number];

/** One attribute of an action's `data`. */
export interface Attribute {
	/** A `date` may have a time, or none; money is a `number`. */
	readonly type: AttributeType;
	readonly required: boolean;
	/** As people read it: `Transaction id`. */
	readonly label: string;
	/** A text that is another customer's loyalty id. Events keep a keyed hash of it, which tells nothing once they are erased. */
	readonly names?: "customer";
	/** What the objects of a list hold; absent where the list may hold anything. */
	readonly elements?: Attributes;
}

export type Attributes = ReadonlyMap<string, Attribute>;

/**
 * What makes two events of one action the same fact: the values of these attributes (in the whole program), the
 * customer, or the customer and the day (UTC). An empty list: nothing beside the event key.
 */
export type BusinessKey = readonly string[] | "customer" | "customer_per_day";

/**
 * Where a definition is from. `factory` and `internal` come with the hub, under the names that Antavo gives them: the
 * first for systems outside, the second for what a loyalty platform notes by itself. `custom` are an admin's.
 */
export type ActionOrigin = "factory" | "internal" | "custom";

/** What becomes of an attribute that an action does not declare. What is kept or dropped is flagged on the event. */
export const unknownAttributes = ["keep", "refuse", "drop"] as const;
export type UnknownAttributes = (typeof unknownAttributes)[number];

/** What Antavo says to whoever sends the same fact once more. */
interface Repetition {
	readonly code: number;
	readonly reason: string;
}

/** One kind of event. */
export interface ActionDefinition {
	/** As it stands in events and mappings: `checkout_item`. */
	readonly name: string;
	/** As people read it: `Purchased item`. */
	readonly label: string;
	readonly origin: ActionOrigin;
	/** `hub`: nobody outside may send it, neither by a connector nor by an API. */
	readonly sender: "anyone" | "hub";
	readonly attributes: Attributes;
	/** Of `data` itself: what the objects of a list hold beside their declared attributes is kept in any case. */
	readonly unknown: UnknownAttributes;
	readonly once: BusinessKey;
	/** Absent for Antavo's word for any action: that it can not be repeated. */
	readonly repetition?: Repetition;
	/** Whether a public sender, such as a browser, may have it appended. */
	readonly clientSide: boolean;
	/** What each event earns; below zero it takes away. */
	readonly points: number;
	/** The account that its points go to where the sender names none; absent for the main account. */
	readonly account?: string;
	/** The attribute that names a checkout's transaction, where this action continues one. */
	readonly continues?: string;
}

/** Found once for each definition: hardly any names somebody. */
const naming = new WeakMap<ActionDefinition, readonly string[]>();

/** The attributes that name other customers. */
export function namingAttributes(definition: ActionDefinition): readonly string[] {
	const known = naming.get(definition);
	if (known !== undefined) return known;
	const names = [...definition.attributes].flatMap(([name, { names }]) =>
		names === undefined ? [] : [name],
	);
	naming.set(definition, names);
	return names;
}

/** Of an action that may be gone since. */
export const repetitionOf = (actions: ReadonlyMap<string, ActionDefinition>, name: string): Repetition =>
	actions.get(name)?.repetition ?? { code: 10001, reason: `Action "${name}" cannot be repeated` };

/** The part of a definition that a mapping is checked against. */
export interface ActionShape {
	readonly sender: ActionDefinition["sender"];
	readonly attributes: Attributes;
	readonly open: boolean;
}

export const shapeOf = ({ sender, attributes, unknown }: ActionDefinition): ActionShape => ({
	sender,
	attributes,
	open: unknown !== "refuse",
});

/** What an attribute is called where nobody gave it a label: `transaction_id` is `Transaction id`. */
export const labelOf = (name: string): string => {
	const words = name.replaceAll("_", " ");
	return words.slice(0, 1).toUpperCase() + words.slice(1);
};
