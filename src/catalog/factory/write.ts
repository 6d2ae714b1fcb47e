import {
	type ActionDefinition,
	type Attribute,
	type Attributes,
	type AttributeType,
	labelOf,
} from "../definition.ts";

/** An attribute before it has its name, and with it a label. */
type Nameless = Omit<Attribute, "label">;

export type Written = Readonly<Record<string, Nameless>>;

const optional = <Type extends AttributeType>(type: Type) => ({ type, required: false }) as const;

export const text = optional("text");
export const number = optional("number");
export const integer = optional("integer");
export const date = optional("date");
export const object = optional("object");
/** Another customer's loyalty id. */
export const customer = { ...text, names: "customer" } as const;

export const required = (attribute: Nameless): Nameless => ({ ...attribute, required: true });

const attributes = (written: Written): Attributes =>
	new Map(Object.entries(written).map(([name, one]) => [name, { ...one, label: labelOf(name) }]));

export const listOf = (elements: Written): Nameless => ({
	...optional("list"),
	elements: attributes(elements),
});

type Rest = Partial<Pick<ActionDefinition, "once" | "repetition" | "clientSide" | "continues">>;

/** What a system outside may send. */
export const factory = (
	name: string,
	label: string,
	own: Written = {},
	rest: Rest = {},
): ActionDefinition => ({
	name,
	label,
	origin: "factory",
	sender: "anyone",
	attributes: attributes(own),
	unknown: "keep",
	once: [],
	clientSide: false,
	points: 0,
	...rest,
});

/** What only the hub itself notes. */
export const internal = (
	name: string,
	label: string,
	own: Written = {},
	rest: Rest = {},
): ActionDefinition => ({
	...factory(name, label, own, rest),
	origin: "internal",
	sender: "hub",
});

/** An action that continues the transaction of an earlier checkout. */
export const sequel = (
	name: string,
	label: string,
	own: Written = {},
	once: readonly string[] = [],
	rest: Rest = {},
): ActionDefinition =>
	factory(
		name,
		label,
		{ transaction_id: required(text), ...own },
		{ once, continues: "transaction_id", ...rest },
	);
