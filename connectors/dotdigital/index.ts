import { z } from "zod";
import {
	at,
	choice,
	type Delivery,
	defineConnector,
	good,
	type Identity,
	isList,
	isObject,
	type Message,
	openReading,
	own,
	text,
	textOf,
	type Value,
	type ValueObject,
	whoseIds,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. never: nobody by way of Dotdigital. profile_created: whoever gets a profile in the API space.",
		["never", "profile_created"],
	),
	ids: whoseIds("the profiles of the API space have"),
	loyaltyKey: text(
		"Name in messages' metadata under which whoever sent them put the loyalty id: customerId. Empty: none.",
	),
});
type Settings = z.output<typeof settings>;

/** Webhooks of Dotdigital's omnichannel API (CPaaS): https://developer.dotdigital.com/reference/webhooks */
export const dotdigital = defineConnector({
	slug: "dotdigital",
	title: "Dotdigital",
	docs: "https://developer.dotdigital.com/reference/webhooks",
	methods: ["POST"],
	secrets: {
		signing: {
			title: "Secret",
			description:
				"A text of your own of 16 characters at least, which the webhook in the API space is given too.",
		},
	},
	settings,
	/** From five seconds to two hours apart, for a day. */
	retriesForMs: 24 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "hmac",
				secret: "signing",
				algorithm: "sha1",
				signature: { from: "header:X-Comapi-Signature", encoding: "hex" },
				signed: "{body}",
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	messages: (body, _delivery, { loyaltyKey }) =>
		good((isList(body) ? body : [body]).map((event) => withLoyaltyId(event, loyaltyKey))),
	read,
	advice: ({ enrol }) => [
		enrol === "profile_created"
			? "A new profile makes a member (enrol=profile_created)."
			: "Nobody becomes a member through this endpoint (enrol=never).",
	],
});

/** A mapping reads the loyalty id in one place, whatever a sender calls it. */
function withLoyaltyId(event: Value, loyaltyKey: string): Value {
	const id = loyaltyKey === "" ? undefined : textOf(at(event, "payload", "metadata", loyaltyKey));
	return isObject(event) && id !== undefined ? { ...event, loyalty_id: id } : event;
}

const common = {
	id: "{field:eventId}",
	type: "{field:name}",
	time: { from: "{field:timestamp}", unit: "iso" },
} as const;

const readOther = openReading({ ...common, identities: { id: "{field:loyalty_id}" } });

const readProfile = openReading({
	...common,
	identities: {
		"dotdigital.profile": "{field:payload.id}",
		email: "{field:payload.email}",
		phone: "{field:payload.phoneNumber}",
	},
});

function read(content: ValueObject, delivery: Delivery, { ids }: Settings): Message {
	// The id of any other payload is a message's.
	if (!/^profile\./.test(textOf(own(content, "name")) ?? "")) return readOther(content, delivery);
	const message = readProfile(content, delivery);
	const profile = textOf(at(content, "payload", "id"));
	if (ids === "own" || profile === undefined) return message;
	const loyalty: Identity = { kind: "id", value: profile };
	return { ...message, identities: [loyalty, ...message.identities] };
}
