import { z } from "zod";
import {
	adobeIoChallenge,
	adobeIoKeys,
	adobeIoProblem,
	adobeIoSample,
	adobeIoSchemes,
	choice,
	type Delivery,
	defineConnector,
	type Message,
	openReading,
	own,
	type Reading,
	text,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	clientId: text(
		"The client id of the project in Adobe's Developer Console that the events are for. Adobe signs all its customers' events " +
			"with the same keys, so that without it only webhooks are taken.",
	),
	earn: choice(
		"When an order earns. paid: once it is invoiced (processing, or complete). completed: once it is complete.",
		["paid", "completed"],
	),
	enrol: choice(
		"Who becomes a member. created: whoever makes a customer account at the shop. never: nobody by way of Adobe Commerce.",
		["created", "never"],
	),
});
type Settings = z.output<typeof settings>;

/** Adobe Commerce (Magento): its events by way of Adobe I/O, and its webhooks: https://developer.adobe.com/commerce/extensibility/ */
export const adobeCommerce = defineConnector({
	slug: "adobe-commerce",
	title: "Adobe Commerce",
	docs: "https://developer.adobe.com/commerce/extensibility/",
	methods: ["POST"],
	secrets: {
		webhooks: {
			title: "Public key of the webhooks",
			description: "PEM. Commerce's Admin → Stores → Configuration → Adobe Services → Webhooks → Public key.",
		},
		io: {
			title: "Public key of Adobe I/O Events",
			description:
				"Where the hub can not fetch it from https://static.adobeioevents.com: PEM of either of the two that Adobe signs with, " +
				"which its deliveries name as x-adobe-public-key1-path.",
		},
		client: {
			title: "Client secret",
			description: "Of the project in Adobe's Developer Console, whose older registrations sign with it.",
		},
	},
	settings,
	/** Adobe I/O tries for a day. */
	retriesForMs: 24 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "firstOf",
				schemes: [
					{
						kind: "rsa",
						secret: "webhooks",
						signature: { from: "header:x-adobe-commerce-webhook-signature", encoding: "base64" },
						signed: "{bodyBase64}",
					},
					...adobeIoSchemes({ publicKeys: "io", client: "client" }),
				],
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
		published: adobeIoKeys("io"),
	}),
	telling: ["x-adobe-event-id"],
	handshakes: [adobeIoChallenge],
	/** A webhook waits for what Commerce is to do: to go on. Adobe I/O looks at the status alone. */
	answer: { status: 200, json: { op: "success" } },
	read,
	problem: (content, _delivery, { clientId }) =>
		isEvent(content) ? adobeIoProblem(content, clientId) : undefined,
	sample: { file: "io-event-order.json", body: (text, { clientId }) => adobeIoSample(text, clientId) },
	advice: ({ clientId, earn, enrol }, secretsSet) => [
		...(clientId === "" && !secretsSet.has("webhooks")
			? ["No event is taken until the setting clientId says which project's events are yours."]
			: []),
		earn === "paid"
			? "An order earns as soon as it is invoiced (earn=paid); earn=completed waits until it is complete."
			: "An order earns when it is complete (earn=completed).",
		enrol === "created"
			? "A new customer account makes a member (enrol=created); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
	],
});

/** Of Adobe I/O, which puts around each event for whom it is; what Commerce itself sends is the bare order. */
const isEvent = (content: ValueObject): boolean =>
	["event_id", "event", "recipient_client_id"].some((name) => own(content, name) !== undefined);

/** What all have in common. A webhook does not say which it is: its URL does, `…?event=order_placed`. */
const common = {
	id: ["{field:event_id}", "{header:x-adobe-event-id}", "{field:event.id}"],
	type: ["{field:event.type}", "{query:event}"],
	time: { from: "{field:event.time}", unit: "iso" },
} satisfies Partial<Reading>;

/** Of an order and all that belongs to a customer. */
const readOrder = openReading({
	...common,
	identities: {
		"adobe-commerce.customer": ["{field:event.data.value.customer_id}", "{field:order.customer_id}"],
		email: [
			"{field:event.data.value.customer_email}",
			"{field:event.data.value.subscriber_email}",
			"{field:order.customer_email}",
		],
	},
});

/** Of a customer. */
const readCustomer = openReading({
	...common,
	identities: {
		"adobe-commerce.customer": "{field:event.data.value.entity_id}",
		email: "{field:event.data.value.email}",
	},
});

function read(content: ValueObject, delivery: Delivery, _settings: Settings): Message {
	const message = readOrder(content, delivery);
	const type = nameOf(message.type);
	const { identities } = type.startsWith("observer.customer_") ? readCustomer(content, delivery) : message;
	// Customer 0 is whoever has no account.
	return { ...message, type, identities: identities.filter(({ value }) => value !== "0") };
}

/** Without what all events of Commerce begin with, and the name of an instance among several. */
const nameOf = (type: string): string =>
	type.replace(/^com\.adobe\.commerce\.(?:[^.]+\.)?(?=(?:observer|plugin)\.)/, "");
