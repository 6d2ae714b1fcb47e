import { z } from "zod";
import { defineConnector, own, type ValueObject } from "../../src/kit/index.ts";

/** Webhooks of Mailchimp Transactional: https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/ */
export const mandrill = defineConnector({
	slug: "mandrill",
	title: "Mandrill",
	docs: "https://mailchimp.com/developer/transactional/guides/track-respond-activity-webhooks/",
	methods: ["POST"],
	body: ["form"],
	handshakes: [
		{ method: "HEAD", answer: { status: 200 } },
		// Signed with a key that everybody knows, because nobody has been told the right one yet.
		{ method: "POST", equals: { "field:mandrill_events": "[]" }, answer: { status: 200, text: "" } },
	],
	secrets: {
		key: {
			title: "Webhook key",
			description: "What Settings → Webhooks shows beside the webhook once it is there: the key that signs.",
		},
	},
	settings: z.strictObject({}),
	/** Mandrill tries again at growing intervals; how long is not said. */
	retriesForMs: 3 * 24 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "hmac",
				secret: "key",
				algorithm: "sha1",
				signature: { from: "header:X-Mandrill-Signature", encoding: "base64" },
				signed: "{url}{kv}",
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	messages: "mandrill_events",
	read: {
		type: ["{field:event}", "{field:type}.{field:action}"],
		time: { from: "{field:ts}", unit: "s" },
		identities: {
			id: "{field:msg.metadata.loyalty_id}",
			// To whom an e-mail went, who is on a list of who gets none, and who wrote one that came in.
			email: ["{field:msg.email}", "{field:reject.email}", "{field:msg.from_email}"],
		},
	},
	fingerprint,
});

/** An event tells of its e-mail as it is by then: opened and clicked more often from try to try. */
function fingerprint(content: ValueObject): ValueObject {
	if (own(content, "event") === undefined || own(content, "_id") === undefined) return content;
	return Object.fromEntries(
		Object.entries(content).filter(([name]) => ["event", "_id", "ts", "url"].includes(name)),
	);
}
