import { z } from "zod";
import {
	choice,
	type Delivery,
	defineConnector,
	type Identity,
	type Message,
	openReading,
	own,
	type Reading,
	text,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	shop: text(
		"The shop's domain, as X-Shopify-Shop-Domain says it: leafworks.myshopify.com. Empty: any shop that signs right.",
	),
	enrol: choice(
		"Who becomes a member. created: whoever makes a customer account at the shop. never: nobody by way of Shopify.",
		["created", "never"],
	),
});
type Settings = z.output<typeof settings>;

/** Shopify's webhooks: https://shopify.dev/docs/apps/build/webhooks */
export const shopify = defineConnector({
	slug: "shopify",
	title: "Shopify",
	docs: "https://shopify.dev/docs/apps/build/webhooks",
	methods: ["POST"],
	secrets: {
		client: {
			title: "Client secret",
			description:
				"Of an app: its client secret. Of webhooks made in the shop's admin: what Settings → Notifications → Webhooks " +
				"says they are signed with.",
		},
	},
	settings,
	/** Shopify tries eight times in four hours. */
	retriesForMs: 4 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "hmac",
				secret: "client",
				algorithm: "sha256",
				// The newer Events deliveries have their headers without the X.
				signature: {
					from: ["header:X-Shopify-Hmac-Sha256", "header:shopify-hmac-sha256"],
					encoding: "base64",
				},
				signed: "{body}",
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	// An order that is paid at once is told by equal bodies: as created, and as paid.
	telling: [
		"X-Shopify-Topic",
		"shopify-topic",
		"shopify-action",
		"X-Shopify-Event-Id",
		"shopify-event-id",
		"X-Shopify-Webhook-Id",
		"shopify-webhook-id",
	],
	read,
	problem,
	sample: {
		file: "orders-paid.json",
		headers: ({ shop }) => ({
			"X-Shopify-Topic": "orders/paid",
			"X-Shopify-Shop-Domain": shop === "" ? "leafworks.myshopify.com" : shop,
		}),
	},
	advice: ({ enrol }) => [
		enrol === "created"
			? "A new customer account makes a member (enrol=created); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		"Subscribe to the topics orders/paid, orders/cancelled, refunds/create, customers/create, customers/update, " +
			"customers/merge and customers_email_marketing_consent/update; an app also has to have customers/redact, customers/data_request and shop/redact.",
	],
});

/** What all topics have in common. */
const common = {
	id: [
		"{header:X-Shopify-Event-Id}",
		"{header:shopify-event-id}",
		"{header:X-Shopify-Webhook-Id}",
		"{header:shopify-webhook-id}",
	],
	type: ["{header:X-Shopify-Topic}", "{header:shopify-topic}/{header:shopify-action}"],
	time: [
		{ from: "{header:X-Shopify-Triggered-At}", unit: "iso" },
		{ from: "{header:shopify-triggered-at}", unit: "iso" },
		{ from: "{field:updated_at}", unit: "iso" },
	],
	test: { "header:X-Shopify-Test": "true", "field:test": "true" },
	erase: { "header:X-Shopify-Topic": "customers/redact" },
} satisfies Partial<Reading>;

/** Of an order and all that names a customer. */
const readOrder = openReading({
	...common,
	identities: {
		"shopify.customer": "{field:customer.id}",
		email: ["{field:customer.email}", "{field:email}", "{field:contact_email}"],
		phone: ["{field:customer.phone}", "{field:phone}"],
	},
});

/** Of a customer. */
const readCustomer = openReading({
	...common,
	identities: { "shopify.customer": "{field:id}", email: "{field:email}", phone: "{field:phone}" },
});

/** Of who wants to be written to, or not any more. */
const readConsent = openReading({
	...common,
	identities: {
		"shopify.customer": "{field:customer_id}",
		email: "{field:email_address}",
		phone: "{field:phone}",
	},
});

function read(content: ValueObject, delivery: Delivery): Message {
	const topic = readOrder(content, delivery).type;
	if (topic === "customers/merge") return readMerge(content, delivery);
	if (/^customers(?:_email)?_marketing_consent\/update$/.test(topic)) return readConsent(content, delivery);
	return /^customers\/(?:create|update|enable|disable|delete)$/.test(topic)
		? readCustomer(content, delivery)
		: readOrder(content, delivery);
}

/** Who is deleted goes over to who is kept, once Shopify has done it. */
function readMerge(content: ValueObject, delivery: Delivery): Message {
	const message = readOrder(content, delivery);
	const from = customerNamed(own(content, "admin_graphql_api_customer_deleted_id"));
	const into = customerNamed(own(content, "admin_graphql_api_customer_kept_id"));
	if (from === undefined || into === undefined) return message;
	const identities = [into, from];
	return own(content, "status") === "completed"
		? { ...message, identities, control: "merge", merge: { from, into } }
		: { ...message, identities };
}

/** `gid://shopify/Customer/7060000000077` is the customer whom all else calls 7060000000077. */
function customerNamed(value: Value | undefined): Identity | undefined {
	const id = /^gid:\/\/shopify\/Customer\/([0-9]+)$/.exec(textOf(value) ?? "")?.[1];
	return id === undefined ? undefined : { kind: "shopify.customer", value: id };
}

/** Shopify signs the body and none of the headers, which say what it is and from which shop. */
function problem(content: ValueObject, delivery: Delivery, { shop }: Settings): string | undefined {
	const { headers } = delivery;
	if (read(content, delivery).type === "") return "the header X-Shopify-Topic is missing";
	const from = headers["x-shopify-shop-domain"] ?? headers["shopify-shop-domain"];
	if (from === undefined) return "the header X-Shopify-Shop-Domain is missing";
	return shop === "" || from.toLowerCase() === shop.toLowerCase()
		? undefined
		: `the message is of another shop than ${shop}`;
}
