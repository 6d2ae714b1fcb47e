import { createHmac } from "node:crypto";

/** What is bought, by whom, and what makes it differ from every other. */
export interface Order {
	/** Unique in a run: message id and order id follow from it. */
	readonly number: number;
	readonly lines: number;
	readonly customer: string;
	/** Unix milliseconds. */
	readonly at: number;
}

/** An `Order Completed` as Segment's Webhooks destination sends it: 1.1 KB, and 270 bytes a line. */
export function orderCompleted({ number, lines, customer, at }: Order): string {
	const products = Array.from({ length: lines }, (_, line) => productOf(number, line));
	const cents = products.reduce((sum, { price, quantity }) => sum + Math.round(price * 100) * quantity, 0);
	return JSON.stringify({
		...trackOf(number, customer, at),
		event: "Order Completed",
		properties: {
			checkout_id: `checkout-${number}`,
			order_id: `order-${number}`,
			affiliation: "Web store",
			channel: "web",
			subtotal: cents / 100,
			total: (cents + 490) / 100,
			revenue: cents / 100,
			shipping: 4.9,
			tax: 0,
			discount: 0,
			coupon: "",
			currency: "EUR",
			products,
		},
	});
}

/** A `Product Viewed` in the shape that Segment's libraries give a track. */
export function productViewed(
	number: number,
	customer: string,
	at: number,
): Readonly<Record<string, unknown>> {
	const { price, quantity, ...product } = productOf(number, 0);
	return {
		...trackOf(number, customer, at),
		event: "Product Viewed",
		properties: { ...product, price, quantity, currency: "EUR" },
	};
}

export const signedUp = (customer: string, at: number): Readonly<Record<string, unknown>> => ({
	type: "track",
	event: "Signed Up",
	messageId: `signed-up-${customer}`,
	userId: customer,
	timestamp: new Date(at).toISOString(),
	properties: { email: `${customer}@example.test`, first_name: "Ada", last_name: "Quill" },
});

/** Segment's `X-Signature`. */
export const signatureOf = (secret: string, body: string): string =>
	createHmac("sha1", secret).update(body).digest("hex");

const trackOf = (number: number, customer: string, at: number) => ({
	version: "2",
	type: "track",
	messageId: `node-next-${number}-2f1b6a0e-70d3-4d0e-9a57-5b2a0c9de001`,
	userId: customer,
	anonymousId: `7b2f0c3e-61d0-4b52-9d75-${String(number).padStart(12, "0")}`,
	timestamp: new Date(at).toISOString(),
	sentAt: new Date(at).toISOString(),
	receivedAt: new Date(at).toISOString(),
	channel: "server",
	context: {
		ip: "198.51.100.7",
		locale: "en-GB",
		timezone: "Europe/London",
		library: { name: "@segment/analytics-node", version: "3.1.0" },
		userAgent:
			"Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
		page: {
			path: "/checkout/thanks",
			referrer: "https://shop.example.test/checkout",
			search: "",
			title: "Thank you for your order",
			url: "https://shop.example.test/checkout/thanks",
		},
		traits: { email: `${customer}@example.test` },
	},
	integrations: { All: true },
	projectId: "bench",
});

/** Prices such as 1.1, whose multiples no double holds. */
const productOf = (number: number, line: number) => ({
	product_id: `P-${(number + line) % 1_000}`,
	sku: `SKU-${(number * 7 + line) % 1_000}`,
	name: `Green tea ${line + 1}, first flush`,
	brand: "Leafworks",
	category: "Tea",
	variant: "100 g",
	price: (110 + ((number * 13 + line * 31) % 9_900)) / 100,
	quantity: ((number + line) % 3) + 1,
	position: line + 1,
	url: `https://shop.example.test/products/${(number + line) % 1_000}`,
	image_url: `https://cdn.example.test/products/${(number + line) % 1_000}.jpg`,
});
