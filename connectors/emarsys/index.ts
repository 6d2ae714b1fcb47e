import { z } from "zod";
import {
	choice,
	type Delivery,
	defineConnector,
	header,
	type Identity,
	type Message,
	networks,
	openReading,
	own,
	textOf,
	type ValueObject,
	whoseIds,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. joined: who reaches a webhook node whose scenario is loyalty_joined. never: nobody by way of Emarsys.",
		["joined", "never"],
	),
	ids: whoseIds("contacts have as `customer_id`"),
	header: header("Name of the request header that carries the secret `token`.", "X-Hub-Secret"),
	networks: networks(
		"Addresses that Emarsys sends from, beside a secret: its help lists them under Webhook node. None: any.",
	),
});
type Settings = z.output<typeof settings>;

/** The webhook node of Emarsys' programs: https://help.emarsys.com/hc/en-us/articles/4408457148177-Nodes-Webhook-node */
export const emarsys = defineConnector({
	slug: "emarsys",
	title: "Emarsys",
	docs: "https://help.emarsys.com/hc/en-us/articles/4408457148177-Nodes-Webhook-node",
	methods: ["POST"],
	secrets: {
		token: {
			title: "API key",
			description: "A text of your own that the node's preset sends as a header. Emarsys signs nothing.",
		},
		bearer: {
			title: "Bearer token",
			description:
				"A text of your own that the preset sends as Authorization: Bearer …, in place of a header.",
		},
		basic: {
			title: "User and password",
			description: "user:password of the preset's basic authentication, in place of a header.",
		},
	},
	settings,
	/** Whether Emarsys tries again is not documented. */
	retriesForMs: 24 * 3_600_000,
	verify: ({ header, networks }) => ({
		schemes: [
			{ kind: "token", secret: "token", from: `header:${header}` },
			{ kind: "bearer", secret: "bearer" },
			{ kind: "basic", secret: "basic" },
			{ kind: "addresses", networks },
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read,
	problem: (content) =>
		textOf(own(content, "scenario")) === undefined
			? "the message has no `scenario`, which says what it is: add it to the additional data of the node's preset"
			: undefined,
	advice: ({ enrol, ids }) => [
		enrol === "joined"
			? "Who reaches a webhook node with the scenario loyalty_joined becomes a member (enrol=joined)."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		ids === "loyalty"
			? "customer_id is taken for the loyalty id (ids=loyalty)."
			: "Contacts are found by e-mail; where customer_id is the loyalty id, set ids=loyalty.",
	],
});

/** The keys are those of one's own preset; these are the names that the README asks for. */
const readAll = openReading({
	type: "{field:scenario}",
	time: [
		{ from: "{field:event_time}", unit: "iso" },
		{ from: "{field:event_data.event_time}", unit: "iso" },
	],
	identities: {
		"emarsys.customer": "{field:customer_id}",
		email: "{field:email_address}",
		phone: "{field:mobile_phone}",
	},
	test: { "field:test": "true" },
});

function read(content: ValueObject, delivery: Delivery, { ids }: Settings): Message {
	const message = readAll(content, delivery);
	const customer = textOf(own(content, "customer_id"));
	if (ids === "own" || customer === undefined) return message;
	const loyalty: Identity = { kind: "id", value: customer };
	return { ...message, identities: [loyalty, ...message.identities] };
}
