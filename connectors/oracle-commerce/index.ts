import { z } from "zod";
import {
	choice,
	type Delivery,
	defineConnector,
	good,
	isObject,
	type Message,
	openReading,
	own,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. registered: who registers at the shop. never: nobody by way of Oracle Commerce.",
		["registered", "never"],
	),
	digest: choice("How X-Oracle-CC-WebHook-Signature is made: sha512, or sha1 as by older releases.", [
		"sha512",
		"sha1",
	]),
});

/** Webhooks, by the path that each has of its own: their bodies do not say which they are, and nothing else does. */
const webhooks = ["order-submit", "shopper-registration", "shopper-account-update"];

/** Oracle CX Commerce's event webhooks: https://docs.oracle.com/en/cloud/saas/cx-commerce/ccdev/secure-webhooks.html */
export const oracleCommerce = defineConnector({
	slug: "oracle-commerce",
	title: "Oracle CX Commerce",
	docs: "https://docs.oracle.com/en/cloud/saas/cx-commerce/ccdev/secure-webhooks.html",
	methods: ["POST"],
	paths: ["", "/", ...webhooks.map((webhook) => `/${webhook}`)],
	secrets: {
		signing: {
			title: "Secret key",
			description: "Settings → Web APIs → Webhook → the webhook → HMAC Authentication: its secret key.",
		},
	},
	settings,
	/** Oracle tries five times; over how long is a setting of the shop's. */
	retriesForMs: 24 * 3_600_000,
	verify: ({ digest }) => ({
		schemes: [
			{
				kind: "hmac",
				secret: "signing",
				algorithm: digest,
				signature: {
					// Releases that still sign by SHA-1 here may sign by SHA-512 there.
					from:
						digest === "sha512"
							? ["header:X-Oracle-CC-WebHook-Signature", "header:X-Oracle-CC-WebHook-Signature-SHA512"]
							: "header:X-Oracle-CC-WebHook-Signature",
					encoding: "base64",
				},
				signed: "{body}",
				// Oracle shows the key's bytes in base64; its documentation's example takes the text itself.
				key: { encoding: ["base64", "utf8"] },
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	messages: (body, delivery) => good([withWebhook(body, delivery)]),
	read,
	sample: { file: "order-submit.json", path: "/order-submit" },
	advice: ({ enrol }) => [
		enrol === "registered"
			? "Who registers at the shop becomes a member (enrol=registered)."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		`Give each webhook the URL with its own name at the end: ${webhooks.map((webhook) => `/${webhook}`).join(", ")}.`,
	],
});

/** A mapping reads which webhook it is in one place. */
function withWebhook(body: Value, { path }: Delivery): Value {
	const webhook = path.slice(1);
	return isObject(body) ? { ...body, webhook: webhook === "" ? "other" : webhook } : body;
}

const readOther = openReading({ type: "{field:webhook}", identities: {} });

const readOrder = openReading({
	id: "{field:webhook}:{field:order.id}:{field:order.lastModifiedTime}",
	type: "{field:webhook}",
	time: { from: "{field:order.lastModifiedTime}", unit: "ms" },
	identities: {
		"oracle-commerce.shopper": "{field:order.profileId}",
		email: ["{field:order.profile.email}", "{field:order.shippingGroups.0.shippingAddress.email}"],
	},
});

const shopper = {
	"oracle-commerce.shopper": ["{field:profileId}", "{field:profile.id}"],
	email: "{field:profile.email}",
	phone: "{field:profile.daytimeTelephoneNumber}",
};

const readRegistration = openReading({
	type: "{field:webhook}",
	time: { from: "{field:profile.registrationDate}", unit: "iso" },
	identities: shopper,
});

/** An account says when it was made, and not when it was changed. */
const readAccount = openReading({ type: "{field:webhook}", identities: shopper });

function read(content: ValueObject, delivery: Delivery): Message {
	switch (own(content, "webhook")) {
		case "order-submit":
			return readOrder(content, delivery);
		case "shopper-registration":
			return readRegistration(content, delivery);
		case "shopper-account-update":
			return readAccount(content, delivery);
		default:
			return readOther(content, delivery);
	}
}
