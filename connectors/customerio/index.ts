import { z } from "zod";
import {
	at,
	type Delivery,
	defineConnector,
	identitiesOf,
	type Message,
	openReading,
	own,
	type ValueObject,
	whoseIds,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	ids: whoseIds("the people of the workspace have"),
});
type Settings = z.output<typeof settings>;

/** Customer.io's reporting webhooks: https://docs.customer.io/journeys/webhooks/ */
export const customerio = defineConnector({
	slug: "customerio",
	title: "Customer.io",
	docs: "https://docs.customer.io/journeys/webhooks/",
	methods: ["POST"],
	secrets: {
		signing: {
			title: "Webhook signing key",
			description:
				"Customer.io → Data & Integrations → Integrations → Reporting Webhooks: the webhook's signing key.",
		},
	},
	settings,
	retriesForMs: 7 * 24 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "hmac",
				secret: "signing",
				algorithm: "sha256",
				signature: { from: "header:X-CIO-Signature", encoding: "hex" },
				signed: "v0:{ts}:{body}",
				// Customer.io does not say that it signs a retry anew, and goes on for seven days. What is signed has an id, by
				// which a replay is known again.
				timestamp: { from: "header:X-CIO-Timestamp", unit: "s", toleranceSeconds: 7 * 86_400 },
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read,
	sample: { file: "email-clicked.txt" },
	advice: ({ ids }) => [
		ids === "loyalty"
			? "The ids of Customer.io's people are taken for loyalty ids (ids=loyalty)."
			: "People are found by e-mail; where their ids at Customer.io are the loyalty ids, set ids=loyalty.",
	],
});

const readAll = openReading({
	id: "{field:event_id}",
	type: "{field:object_type}.{field:metric}",
	time: { from: "{field:timestamp}", unit: "s" },
	identities: {},
});

/** What a recipient is depends on what was sent. */
const recipientKinds: Readonly<Record<string, string>> = { email: "email", sms: "phone" };

function read(content: ValueObject, delivery: Delivery, { ids }: Settings): Message {
	const data = own(content, "data");
	const customer = at(data, "identifiers", "id") ?? at(data, "customer_id");
	const recipient = recipientKinds[String(own(content, "object_type"))];
	return {
		...readAll(content, delivery),
		identities: identitiesOf([
			["id", ids === "loyalty" ? customer : undefined],
			["customerio.customer", customer],
			["customerio.person", at(data, "identifiers", "cio_id")],
			["email", at(data, "identifiers", "email")],
			["email", at(data, "email_address")],
			...(recipient === undefined ? [] : [[recipient, at(data, "recipient")] as const]),
		]),
	};
}
