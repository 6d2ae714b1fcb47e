import { z } from "zod";
import {
	choice,
	type Delivery,
	defineConnector,
	type Message,
	openReading,
	own,
	type Reading,
	textOf,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	earn: choice(
		"When an order earns. paid: once it is paid for (Processing, or Completed). completed: once it is Completed.",
		["paid", "completed"],
	),
	enrol: choice(
		"Who becomes a member. created: whoever makes a customer account at the shop. never: nobody by way of WooCommerce.",
		["created", "never"],
	),
});

/** WooCommerce's webhooks: https://woocommerce.com/document/webhooks/ */
export const woocommerce = defineConnector({
	slug: "woocommerce",
	title: "WooCommerce",
	docs: "https://woocommerce.com/document/webhooks/",
	methods: ["POST"],
	// The ping is a form.
	body: ["json", "form"],
	secrets: {
		webhook: {
			title: "Secret",
			description:
				"WooCommerce → Settings → Advanced → Webhooks → Secret. Letters and digits only: WordPress may store others encoded.",
		},
	},
	settings,
	/** WooCommerce never tries again. */
	retriesForMs: 0,
	verify: () => ({
		schemes: [
			{
				kind: "hmac",
				secret: "webhook",
				algorithm: "sha256",
				signature: { from: "header:X-WC-Webhook-Signature", encoding: "base64" },
				signed: "{bodyTrimmed}",
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	telling: ["X-WC-Webhook-Topic", "X-WC-Webhook-Delivery-ID"],
	handshakes: [
		// The ping of a webhook that is saved for the first time: a form, and signed by nobody.
		{
			method: "POST",
			has: ["field:webhook_id"],
			lacks: ["header:X-WC-Webhook-Topic", "header:X-WC-Webhook-Signature"],
			answer: { status: 200 },
		},
	],
	read,
	problem: (content, delivery) =>
		read(content, delivery).type === "" ? "the header X-WC-Webhook-Topic is missing" : undefined,
	sample: {
		file: "order-updated-completed.txt",
		headers: () => ({ "X-WC-Webhook-Topic": "order.updated" }),
	},
	advice: ({ earn, enrol }) => [
		earn === "paid"
			? "An order earns as soon as it is paid for (earn=paid); earn=completed waits until it is Completed."
			: "An order earns when it is Completed (earn=completed).",
		enrol === "created"
			? "A new customer account makes a member (enrol=created); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		"Add a webhook for each of the topics Order created, Order updated, Customer created and Customer updated.",
	],
});

/** What all topics have in common. */
const common = {
	id: "{header:X-WC-Webhook-Delivery-ID}",
	type: "{header:X-WC-Webhook-Topic}",
	time: { from: "{field:date_modified_gmt}", unit: "iso" },
} satisfies Partial<Reading>;

/** An order is told again with every change of it: what happened is that it came into a state. */
const readOrder = openReading({
	...common,
	id: ["order/{field:id}/{field:status}", common.id],
	identities: { "woocommerce.customer": "{field:customer_id}", email: "{field:billing.email}" },
});

const readGuestOrder = openReading({
	...common,
	id: ["order/{field:id}/{field:status}", common.id],
	identities: { email: "{field:billing.email}" },
});

const readCustomer = openReading({
	...common,
	identities: { "woocommerce.customer": "{field:id}", email: ["{field:email}", "{field:billing.email}"] },
});

const readOther = openReading({ ...common, identities: {} });

function read(content: ValueObject, delivery: Delivery): Message {
	switch (delivery.headers["x-wc-webhook-topic"]?.split(".")[0]) {
		case "order":
			// Customer 0 is whoever has no account.
			return (textOf(own(content, "customer_id")) === "0" ? readGuestOrder : readOrder)(content, delivery);
		case "customer":
			return readCustomer(content, delivery);
		default:
			return readOther(content, delivery);
	}
}
