export const attributeTypes = ["text", "number", "integer", "boolean", "date", "list", "object"] as const;
type AttributeType = (typeof attributeTypes)[number];

/** One attribute of an action's `data`. */
export interface Attribute {
	readonly type: AttributeType;
	readonly required: boolean;
	/** What the objects of a list hold; absent where the list may hold anything. */
	readonly elements?: Attributes;
}

export type Attributes = ReadonlyMap<string, Attribute>;

/**
 * What makes two events of one action the same fact: the values of these attributes (in the whole program), the
 * customer, or the customer and the day (UTC). An empty list: nothing beside the event key.
 */
export type BusinessKey = readonly string[] | "customer" | "customer_per_day";

/** One kind of event. Its attributes are open: one that is not declared is kept as it was sent. */
export interface ActionDefinition {
	/** As it stands in events and mappings: `checkout_item`. */
	readonly name: string;
	/** As people read it: `Purchased item`. */
	readonly label: string;
	readonly attributes: Attributes;
	readonly once: BusinessKey;
	/** Whether a public sender, such as a browser, may have it appended. */
	readonly clientSide: boolean;
	/** What each event earns; below zero it takes away. */
	readonly points: number;
	/** The attribute that names a checkout's transaction, where this action continues one. */
	readonly continues?: string;
}

/** The part of a definition that a mapping is checked against. */
export interface ActionShape {
	readonly attributes: Attributes;
	readonly open: boolean;
}

export const shapeOf = ({ attributes }: ActionDefinition): ActionShape => ({ attributes, open: true });
