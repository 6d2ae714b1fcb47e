import { z } from "zod";
import {
	choice,
	type Delivery,
	defineConnector,
	header,
	type Identity,
	type Message,
	openReading,
	own,
	textOf,
	type ValueObject,
	whoseIds,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. joined: who reaches a webhook whose event is loyalty_joined. never: nobody by way of Bloomreach.",
		["joined", "never"],
	),
	ids: whoseIds("customers have as `registered`"),
	header: header("Name of the request header that carries the secret `token`.", "X-Hub-Secret"),
});
type Settings = z.output<typeof settings>;

/** Webhooks in scenarios of Bloomreach Engagement: https://documentation.bloomreach.com/engagement/docs/webhooks */
export const bloomreach = defineConnector({
	slug: "bloomreach",
	title: "Bloomreach Engagement",
	docs: "https://documentation.bloomreach.com/engagement/docs/webhooks",
	methods: ["POST"],
	// As Bloomreach's guide for such endpoints asks: `success` says that the request was taken.
	answer: { status: 200, json: { success: true, result: { code: 1, status: "stored" } } },
	secrets: {
		token: {
			title: "Token",
			description: "A text of your own that the webhook sends as a header. Bloomreach signs nothing.",
		},
		basic: {
			title: "User and password",
			description: "user:password of the webhook's HTTP Basic authentication, in place of a header.",
		},
	},
	settings,
	/** Bloomreach tries again after a 500; for how long is not documented. */
	retriesForMs: 24 * 3_600_000,
	verify: ({ header }) => ({
		schemes: [
			{ kind: "token", secret: "token", from: `header:${header}` },
			{ kind: "basic", secret: "basic" },
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read,
	problem: (content) =>
		textOf(own(content, "event")) === undefined
			? "the message has no `event`, which says what it is: write it into the webhook's payload"
			: undefined,
	advice: ({ enrol, ids }) => [
		enrol === "joined"
			? "Who reaches a webhook with the event loyalty_joined becomes a member (enrol=joined)."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		ids === "loyalty"
			? "What Bloomreach calls registered is taken for the loyalty id (ids=loyalty)."
			: "Where what Bloomreach calls registered is the loyalty id, set ids=loyalty.",
	],
});

/** The payload is a template of one's own; these are the names that the README asks for. */
const readAll = openReading({
	id: "{field:id}",
	type: "{field:event}",
	time: [
		{ from: "{field:timestamp}", unit: "s" },
		{ from: "{field:timestamp}", unit: "iso" },
	],
	identities: {
		"bloomreach.registered": "{field:registered}",
		email: "{field:email}",
		phone: "{field:phone}",
		anonymous: "{field:cookie}",
	},
	test: { "field:test": "true" },
});

function read(content: ValueObject, delivery: Delivery, { ids }: Settings): Message {
	const message = readAll(content, delivery);
	const registered = textOf(own(content, "registered"));
	if (ids === "own" || registered === undefined) return message;
	const loyalty: Identity = { kind: "id", value: registered };
	return { ...message, identities: [loyalty, ...message.identities] };
}
