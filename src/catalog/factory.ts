import type { ActionDefinition, Attribute, Attributes } from "./definition.ts";

const text: Attribute = { type: "text", required: false };
const number: Attribute = { type: "number", required: false };
const integer: Attribute = { type: "integer", required: false };
const date: Attribute = { type: "date", required: false };

const required = (attribute: Attribute): Attribute => ({ ...attribute, required: true });
const attributes = (of: Readonly<Record<string, Attribute>>): Attributes => new Map(Object.entries(of));

/** `subtotal` is what was paid for the line, after its discount. */
const item = {
	product_id: text,
	product_name: text,
	product_url: text,
	product_category: text,
	sku: text,
	price: number,
	quantity: number,
	discount: number,
	subtotal: number,
	points_rewarded: integer,
} as const;

const purchase = {
	transaction_id: required(text),
	total: number,
	items: { type: "list", required: false, elements: attributes(item) },
	currency: text,
	discount: number,
	shipping: number,
	total_quantity: number,
	channel: text,
	store: text,
	coupon: text,
	points_burned: integer,
	points_rewarded: integer,
} as const satisfies Readonly<Record<string, Attribute>>;

const person = attributes({
	email: text,
	first_name: text,
	last_name: text,
	handler: text,
	birth_date: date,
	gender: text,
	language: text,
	phone: text,
	mobile_phone: text,
	currency: text,
	country: text,
	street: text,
	city: text,
	state: text,
	postal_code: text,
	company: text,
	src: text,
	referrer: text,
});

const action = (
	name: string,
	label: string,
	rest: Partial<Omit<ActionDefinition, "name" | "label">>,
): ActionDefinition => ({
	name,
	label,
	attributes: new Map(),
	once: [],
	clientSide: false,
	points: 0,
	...rest,
});

/** An action that continues the transaction of an earlier checkout. */
const sequel = (
	name: string,
	label: string,
	own: Readonly<Record<string, Attribute>>,
	once: readonly string[] = [],
): ActionDefinition =>
	action(name, label, {
		attributes: attributes({ transaction_id: required(text), ...own }),
		once,
		continues: "transaction_id",
	});

const pointAttributes = attributes({ points: required(integer), reason: text, transaction_id: text });

/**
 * The actions that come with the hub; names and attributes are Antavo's.
 *
 * `opt_in` has no business key: that somebody is a customer already is its own rule (112101).
 */
export const factoryActions: readonly ActionDefinition[] = [
	action("opt_in", "Opt-in", { attributes: person }),
	action("profile", "Profile update", { attributes: person }),
	action("checkout", "Checkout", { attributes: attributes(purchase), once: ["transaction_id"] }),
	sequel("checkout_item", "Purchased item", item),
	sequel("checkout_update", "Checkout update", purchase),
	sequel("checkout_accept", "Checkout acceptance", {}, ["transaction_id"]),
	sequel("checkout_reject", "Checkout rejection", { reason: text }, ["transaction_id"]),
	sequel("refund", "Refund", { reason: text }, ["transaction_id"]),
	sequel(
		"partial_refund",
		"Partial refund",
		{ amount: required(number), refund_id: text, reason: text, currency: text },
		["refund_id"],
	),
	sequel(
		"refund_item",
		"Item refund",
		{ product_id: required(text), quantity: number, subtotal: number, refund_id: text, reason: text },
		["refund_id", "product_id"],
	),
	action("point_add", "Points added", { attributes: pointAttributes }),
	action("point_sub", "Points subtracted", { attributes: pointAttributes }),
	action("point_spend", "Points spent", { attributes: pointAttributes }),
	action("point_unspend", "Points given back", { attributes: pointAttributes }),
	action("review_submit", "Review", {
		attributes: attributes({ item: text, review: text, review_id: text, rating: number, provider: text }),
		once: ["review_id"],
	}),
	action("daily_login", "Daily login", { once: "customer_per_day", clientSide: true }),
];
