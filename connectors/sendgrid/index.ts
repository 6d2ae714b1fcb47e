import { z } from "zod";
import { defineConnector } from "../../src/kit/index.ts";

/** SendGrid's Event Webhook: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event */
export const sendgrid = defineConnector({
	slug: "sendgrid",
	title: "SendGrid",
	docs: "https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event",
	methods: ["POST"],
	secrets: {
		publicKey: {
			title: "Verification key",
			description:
				"What the webhook's security features show once signature verification is on: a public key, in base64.",
		},
	},
	settings: z.strictObject({}),
	/** SendGrid tries again until a day after the event. */
	retriesForMs: 24 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "ecdsa-der",
				secret: "publicKey",
				signature: { from: "header:X-Twilio-Email-Event-Webhook-Signature", encoding: "base64" },
				signed: "{ts}{body}",
				// Whether a later try is signed anew is not said. What is sent twice is one message by its id, however late.
				timestamp: {
					from: "header:X-Twilio-Email-Event-Webhook-Timestamp",
					unit: "s",
					toleranceSeconds: 25 * 3_600,
				},
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read: {
		id: "{field:sg_event_id}",
		type: "{field:event}",
		time: { from: "{field:timestamp}", unit: "s" },
		// Custom arguments stand among SendGrid's own names.
		identities: { id: "{field:loyalty_id}", email: "{field:email}" },
	},
});
