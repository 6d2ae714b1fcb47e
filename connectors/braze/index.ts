import { z } from "zod";
import {
	at,
	choice,
	type Delivery,
	defineConnector,
	good,
	identitiesOf,
	isList,
	type Message,
	openReading,
	own,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	externalId: choice(
		"What the external id of Braze's users is. own: a name of theirs in Braze. loyalty_id: the loyalty id itself.",
		["own", "loyalty_id"],
	),
	enrol: choice(
		"Who becomes a member. signup: whoever a campaign's webhook `loyalty-signup` names. never: nobody by way of Braze.",
		["signup", "never"],
	),
	purchases: choice(
		"What Braze's purchases are. ignore: nothing, because the shop says its orders itself. checkout: each is a checkout of one " +
			"item, which earns.",
		["ignore", "checkout"],
	),
});
type Settings = z.output<typeof settings>;

/** Braze's Currents, and the webhooks of its campaigns: https://www.braze.com/docs/user_guide/data/braze_currents */
export const braze = defineConnector({
	slug: "braze",
	title: "Braze",
	docs: "https://www.braze.com/docs/user_guide/data/braze_currents",
	methods: ["POST"],
	secrets: {
		token: {
			title: "Bearer token",
			description:
				"A text of your own: what Currents asks for as the bearer token, and what a campaign's webhook sends as " +
				"`Authorization: Bearer …`.",
		},
	},
	settings,
	/** Currents keeps for seven days what it could not deliver. */
	retriesForMs: 7 * 24 * 3_600_000,
	verify: () => ({
		schemes: [{ kind: "bearer", secret: "token" }],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	// Currents has its events in a list, which is empty where it tries the token; a campaign's body is whoever's made the campaign.
	messages: (body) => {
		const events = at(body, "events");
		return good(isList(events) ? events : [body]);
	},
	read,
	advice: ({ externalId, enrol, purchases }) => [
		externalId === "loyalty_id"
			? "Braze's external ids are loyalty ids (externalId=loyalty_id)."
			: "Braze's external ids are not loyalty ids (externalId=own); externalId=loyalty_id is the other.",
		enrol === "signup"
			? "A campaign's webhook `loyalty-signup` makes a member (enrol=signup); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		...(purchases === "checkout"
			? ["Each purchase earns (purchases=checkout): let no other endpoint say the same orders."]
			: []),
	],
});

/** Of an event of Currents. */
const current = openReading({
	id: "{field:id}",
	type: "{field:event_type}",
	time: { from: "{field:time}", unit: "s" },
	identities: {
		"braze.external": "{field:user.external_user_id}",
		"braze.user": "{field:user.user_id}",
		email: "{field:properties.email_address}",
	},
});

/** Of a campaign's webhook, as the README says to write it. */
const campaign = openReading({
	id: "{field:event}/{field:dispatch_id}/{field:external_id}",
	type: "{field:event}",
	time: { from: "{field:sent_at}", unit: "iso" },
	identities: {
		id: "{field:loyalty_id}",
		"braze.external": "{field:external_id}",
		"braze.user": "{field:braze_id}",
		email: "{field:email}",
		phone: "{field:phone}",
	},
});

function read(content: ValueObject, delivery: Delivery, { externalId }: Settings): Message {
	const message = (own(content, "event_type") === undefined ? campaign : current)(content, delivery);
	if (externalId === "own") return message;
	const named = message.identities.map(
		({ kind, value }) => [kind === "braze.external" ? "id" : kind, value] as const,
	);
	return { ...message, identities: identitiesOf(named) };
}
