import { z } from "zod";
import {
	at,
	choice,
	type Delivery,
	defineConnector,
	good,
	header,
	isList,
	type Message,
	openReading,
	own,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	secretHeader: header("Name of the request header that carries the secret `header`.", "X-Hub-Secret"),
	enrol: choice(
		"Who becomes a member. signup: whoever a flow's webhook `loyalty-signup` names. never: nobody by way of Klaviyo.",
		["signup", "never"],
	),
});

/** Klaviyo's system webhooks, and the webhooks of its flows: https://developers.klaviyo.com/en/docs/working_with_system_webhooks */
export const klaviyo = defineConnector({
	slug: "klaviyo",
	title: "Klaviyo",
	docs: "https://developers.klaviyo.com/en/docs/working_with_system_webhooks",
	methods: ["POST"],
	secrets: {
		signing: {
			title: "Secret key",
			description: "Of a system webhook: the secret key of 16 characters or more that it was made with.",
		},
		header: {
			title: "Header secret",
			description:
				"A text of your own that a flow's webhook sends as a request header (X-Hub-Secret, or what the setting " +
				"secretHeader says). Klaviyo signs no flow's webhook.",
		},
		apiKey: {
			title: "Private API key",
			description:
				"With the scope profiles:read, pk_…: the hub asks Klaviyo by it who a profile is that a system webhook names. Without it nothing " +
				"is asked.",
		},
	},
	settings,
	/** Klaviyo says no number: a day, as others do. */
	retriesForMs: 24 * 3_600_000,
	verify: ({ secretHeader }) => ({
		schemes: [
			{
				kind: "firstOf",
				schemes: [
					{
						kind: "hmac",
						secret: "signing",
						algorithm: "sha256",
						signature: { from: "header:Klaviyo-Signature", encoding: "hex" },
						signed: "{body}{ts}",
						// Whether a later try is signed anew is not said. What is sent twice is one message by its id, however late.
						timestamp: { from: "header:Klaviyo-Timestamp", unit: "s", toleranceSeconds: 86_400 },
					},
					{ kind: "token", secret: "header", from: `header:${secretHeader}` },
				],
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	// A system webhook has its events in a list, and what a flow sends is written by whoever made the flow.
	messages: (body) => {
		const events = at(body, "data");
		return good(isList(events) ? events : [body]);
	},
	read,
	enrich: () => ({
		origin: "https://a.klaviyo.com",
		headers: { Authorization: "Klaviyo-API-Key {secret:apiKey}", revision: "2026-04-15" },
		// Klaviyo lets an account ask for profiles 700 times in a minute.
		perSecond: 10,
		fetches: [
			{
				into: "profile",
				when: ({ content }) => !isOpenedByMachine(content),
				path: `/api/profiles/{field:${profileId}}?fields[profile]=email,phone_number,external_id`,
				// Whoever opens an e-mail follows its links a moment later; who they are, no message here changes.
				cacheForMs: 600_000,
				identities: {
					"klaviyo.external": "{field:enriched.profile.data.attributes.external_id}",
					email: "{field:enriched.profile.data.attributes.email}",
					phone: "{field:enriched.profile.data.attributes.phone_number}",
				},
			},
		],
	}),
	sample: { file: "system-webhook.json" },
	advice: ({ secretHeader, enrol }, secretsSet) => [
		...(secretsSet.has("header") ? [`A flow's webhook shows its secret as the header ${secretHeader}.`] : []),
		enrol === "signup"
			? "A flow's webhook `loyalty-signup` makes a member (enrol=signup); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
	],
});

const profileId = "payload.data.relationships.profile.data.id";

/** Mail programs load every picture by themselves, which nobody read. */
function isOpenedByMachine(content: ValueObject): boolean {
	const machine = at(content, "payload", "data", "attributes", "event_properties", "machine_open");
	return machine === true || machine === "true";
}

/** Of a system webhook: whom an event is about, it says by the profile's id alone. */
const readSystem = openReading({
	id: "{field:topic}/{field:external_id}",
	type: "{field:topic}",
	time: [
		{ from: "{field:payload.data.attributes.datetime}", unit: "iso" },
		{ from: "{field:payload.data.attributes.timestamp}", unit: "s" },
	],
	identities: { "klaviyo.profile": `{field:${profileId}}` },
});

/** Of a flow's webhook, as the README says to write it. */
const readFlow = openReading({
	// What Klaviyo itself calls a message goes to many people.
	id: ["klaviyo_id", "external_id", "loyalty_id", "email", "phone"].map(
		(whose) => `{field:event}/{field:message_id}/{field:${whose}}`,
	),
	type: "{field:event}",
	time: { from: "{field:time}", unit: "iso" },
	identities: {
		id: "{field:loyalty_id}",
		"klaviyo.external": "{field:external_id}",
		"klaviyo.profile": "{field:klaviyo_id}",
		email: "{field:email}",
		phone: "{field:phone}",
	},
});

function read(content: ValueObject, delivery: Delivery): Message {
	return own(content, "topic") === undefined ? readFlow(content, delivery) : readSystem(content, delivery);
}
