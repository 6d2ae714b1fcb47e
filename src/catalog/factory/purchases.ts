import type { ActionDefinition } from "../definition.ts";
import { date, factory, integer, internal, listOf, number, required, sequel, text } from "./write.ts";

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
};

const purchase = {
	transaction_id: required(text),
	total: number,
	items: listOf(item),
	currency: text,
	discount: number,
	shipping: number,
	total_quantity: number,
	channel: text,
	store: text,
	coupon: text,
	points_burned: integer,
	points_rewarded: integer,
};

const refunded = { refund_id: text, reason: text };

/** A purchase from the till to its refunds. Events of one transaction share its id. */
export const purchaseActions: readonly ActionDefinition[] = [
	factory(
		"checkout",
		"Checkout",
		{ ...purchase, auto_accept: date },
		{
			once: ["transaction_id"],
			repetition: { code: 5003, reason: "The transaction ID has already been used" },
		},
	),
	sequel("checkout_item", "Purchased item", item),
	sequel("checkout_update", "Checkout update", purchase),
	sequel("checkout_update_item", "Purchased item update", { ...item, product_id: required(text) }),
	sequel("checkout_accept", "Checkout acceptance", {}, ["transaction_id"]),
	sequel("checkout_accept_item", "Purchased item acceptance", {
		product_id: required(text),
		quantity: number,
	}),
	sequel("checkout_reject", "Checkout rejection", { reason: text }, ["transaction_id"]),
	// The checkout that it continues is a guest's, not yet the claiming member's; a guest is claimed once.
	sequel("checkout_claim", "Guest checkout claim"),
	sequel("refund", "Refund", { reason: text }, ["transaction_id"], {
		repetition: { code: 112201, reason: "Only accepted transactions can be refunded" },
	}),
	sequel("partial_refund", "Partial refund", { amount: required(number), currency: text, ...refunded }, [
		"refund_id",
	]),
	sequel(
		"refund_item",
		"Item refund",
		{ product_id: required(text), quantity: number, subtotal: number, ...refunded },
		["refund_id", "product_id"],
	),
	internal("checkout_item_accept", "Purchased item accepted", { transaction_id: text, product_id: text }),
	internal("daily_purchase", "Daily purchase", {}, { once: "customer_per_day" }),
];
