import { z } from "zod";
import {
	adobeIoChallenge,
	adobeIoKeys,
	adobeIoProblem,
	adobeIoSample,
	adobeIoSchemes,
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
	clientId: text(
		"The client id of the project in Adobe's Developer Console that the events are for. Adobe signs all its customers' events " +
			"with the same keys, so that without it no event is taken.",
	),
	enrol: choice(
		"Who becomes a member. never: nobody by way of Adobe. customer: whoever has an account at the Commerce shop, when it is " +
			"saved the next time.",
		["never", "customer"],
	),
});

/** Adobe I/O Events: https://developer.adobe.com/events/docs/guides/ */
export const adobeIoEvents = defineConnector({
	slug: "adobe-io-events",
	title: "Adobe I/O Events",
	docs: "https://developer.adobe.com/events/docs/guides/",
	methods: ["POST"],
	handshakes: [adobeIoChallenge],
	secrets: {
		publicKeys: {
			title: "Public keys",
			description:
				"Where the hub can not fetch them from https://static.adobeioevents.com: Adobe's public keys in PEM, one after the other, " +
				"which the headers x-adobe-public-key1-path and x-adobe-public-key2-path name.",
		},
		client: {
			title: "Client secret",
			description: "The project's client secret: what the older signature, x-adobe-signature, is made with.",
		},
	},
	settings,
	/** Adobe tries again for a day. */
	retriesForMs: 24 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "firstOf",
				schemes: adobeIoSchemes({ publicKeys: "publicKeys", client: "client" }),
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
		published: adobeIoKeys("publicKeys"),
	}),
	telling: ["x-adobe-event-code"],
	read,
	problem: (content, _delivery, { clientId }) => adobeIoProblem(content, clientId),
	sample: { file: "batch.json", body: (text, { clientId }) => adobeIoSample(text, clientId) },
	advice: ({ clientId, enrol }) => [
		...(clientId === ""
			? ["No event is taken until the setting clientId says which project's events are yours."]
			: []),
		enrol === "customer"
			? "A saved account of the Commerce shop makes a member (enrol=customer)."
			: "Nobody becomes a member through this endpoint (enrol=never); enrol=customer is the other.",
	],
});

const readEvent = openReading({
	// Adobe's own `event_id` is another for each registration that the same event goes to.
	id: ["{field:event.source}/{field:event.id}", "{field:event.id}", "{field:event_id}"],
	type: ["{field:event.type}", "{header:x-adobe-event-code}"],
	time: { from: "{field:event.time}", unit: "iso" },
	identities: {},
});

/** Of Adobe Commerce, whom an event is about; other sources of events say it in as many ways as there are of them. */
function read(content: ValueObject, delivery: Delivery): Message {
	const message = readEvent(content, delivery);
	const value = at(content, "event", "data", "value");
	const isCustomer = message.type.includes(".customer_");
	return {
		...message,
		identities: identitiesOf([
			["adobe-io-events.customer", at(value, "customer_id")],
			["adobe-io-events.customer", isCustomer ? at(value, "entity_id") : undefined],
			["email", at(value, "customer_email")],
			["email", isCustomer ? at(value, "email") : undefined],
		]),
	};
}
