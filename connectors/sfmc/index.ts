import { z } from "zod";
import {
	at,
	choice,
	type Delivery,
	defineConnector,
	identitiesOf,
	type Message,
	openReading,
	text,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	subdomain: text(
		"The account's own part of its API addresses: mc… of https://mc….rest.marketingcloudapis.com. With a client's id and secret the hub " +
			"gives callbacks' verifications back by itself.",
	),
	contactKey: choice(
		"What the contact keys (subscriber keys) are. own: names of their own. loyalty_id: the loyalty id itself.",
		["own", "loyalty_id"],
	),
});
type Settings = z.output<typeof settings>;

/**
 * The Event Notification Service of Salesforce Marketing Cloud Engagement:
 * https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/ens.html
 */
export const sfmc = defineConnector({
	slug: "sfmc",
	title: "Salesforce Marketing Cloud",
	docs: "https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/ens.html",
	methods: ["POST"],
	handshakes: [
		{
			// Sent before anybody can know the signature key. It is kept, because a person has to give the key in it back.
			method: "POST",
			has: ["field:callbackId", "field:verificationKey"],
			lacks: ["header:x-sfmc-ens-signature"],
			answer: { status: 200, text: "" },
			keep: true,
		},
	],
	secrets: {
		signing: {
			title: "Signature key",
			description:
				"The callback's signatureKey, which Marketing Cloud shows once: when the callback is made.",
		},
		client: {
			title: "Client ID",
			description: "Of an installed package's API integration (server-to-server) that may update callbacks.",
		},
		clientSecret: { title: "Client secret", description: "Of the same API integration." },
	},
	settings,
	/** Marketing Cloud puts off what it can not deliver for up to seven days. */
	retriesForMs: 7 * 24 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "hmac",
				secret: "signing",
				algorithm: "sha256",
				// The key looks like base64. Whether it is meant as text or decoded is not said.
				key: { encoding: ["utf8", "base64"] },
				signature: { from: "header:x-sfmc-ens-signature", encoding: "base64" },
				signed: "{body}",
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read,
	enrich: ({ subdomain }) =>
		subdomain === ""
			? undefined
			: {
					origin: `https://${subdomain}.rest.marketingcloudapis.com`,
					headers: { Authorization: "Bearer {token}" },
					token: {
						url: `https://${subdomain}.auth.marketingcloudapis.com/v2/token`,
						form: {
							grant_type: "client_credentials",
							client_id: "{secret:client}",
							client_secret: "{secret:clientSecret}",
						},
						asJson: true,
					},
					perSecond: 1,
					fetches: [
						{
							into: "verified",
							when: ({ control }) => control === "handshake",
							path: "/platform/v1/ens-verify",
							post: { callbackId: "{field:callbackId}", verificationKey: "{field:verificationKey}" },
						},
					],
				},
	sample: { file: "ens-events.json" },
	advice: ({ contactKey, subdomain }, secretsSet) => [
		subdomain !== "" && secretsSet.has("client") && secretsSet.has("clientSecret")
			? "Make the callback with this URL: the hub gives its verification back by itself."
			: "Make the callback with this URL, then give the verification key back: `deliveries show` shows it beside the callback's id.",
		contactKey === "loyalty_id"
			? "Contact keys are loyalty ids (contactKey=loyalty_id)."
			: "Contact keys are not loyalty ids (contactKey=own); contactKey=loyalty_id is the other.",
	],
});

/**
 * Marketing Cloud gives its events no ids: their contents, the time to the millisecond among them, stand in for them. A
 * verification is called by what a person has to give back: `deliveries show` shows it.
 */
const readCommon = openReading({
	id: "{field:callbackId}/{field:verificationKey}",
	type: "{field:eventCategoryType}",
	time: { from: "{field:timestampUTC}", unit: "ms" },
	identities: {},
});

function read(content: ValueObject, delivery: Delivery, { contactKey }: Settings): Message {
	const message = readCommon(content, delivery);
	if (message.id !== undefined) return { ...message, type: "verification", control: "handshake" };
	const { type } = message;
	const to = at(content, "info", "to");
	return {
		...message,
		identities: identitiesOf([
			[contactKey === "loyalty_id" ? "id" : "sfmc.contact", at(content, "info", "subscriberKey")],
			// Of a push message it is a device's.
			["email", type.includes(".Email") ? to : undefined],
			["phone", type.includes(".Sms") ? to : undefined],
		]),
	};
}
