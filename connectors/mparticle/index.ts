import { z } from "zod";
import type { Delivery } from "../../src/kit/index.ts";
import {
	bad,
	choice,
	defineConnector,
	good,
	identitiesOf,
	isList,
	isObject,
	type Message,
	openReading,
	own,
	type Result,
	text,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrolOn: text(
		"Name of the custom event that makes a member. Empty: nobody becomes one by way of mParticle.",
		"Signed Up",
	),
	unsigned: choice(
		"What becomes of batches while no secret is set. refuse: they are answered 401. accept: the unguessable URL " +
			"is all that protects the endpoint.",
		["refuse", "accept"],
	),
});

/** mParticle's webhook output: https://docs.mparticle.com/integrations/webhook/event/ */
export const mparticle = defineConnector({
	slug: "mparticle",
	title: "mParticle",
	docs: "https://docs.mparticle.com/integrations/webhook/event/",
	methods: ["POST"],
	secrets: {
		authorization: {
			title: "Authorization",
			description: "A text of your own that mParticle sends as the whole of its `Authorization` header.",
		},
	},
	settings,
	retriesForMs: 24 * 3_600_000,
	verify: ({ unsigned }) => ({
		schemes: [{ kind: "token", secret: "authorization", from: "header:Authorization" }],
		unsigned,
		partly: "firstOnly",
	}),
	messages: eventsOf,
	read,
	advice: ({ enrolOn, unsigned }, secretsSet) => [
		enrolOn === ""
			? "Nobody becomes a member through this endpoint (enrolOn is empty)."
			: `The custom event "${enrolOn}" makes a member (enrolOn).`,
		...(secretsSet.size === 0 && unsigned === "accept"
			? ["Nothing proves who sends: whoever learns the URL can send events. Set the secret `authorization`."]
			: []),
	],
});

/** Each event of a batch, with what the batch says of the person and the device. */
function eventsOf(batch: Value): Result<readonly Value[], string> {
	const events = isObject(batch) ? own(batch, "events") : undefined;
	if (!isObject(batch) || !isList(events)) return bad("the batch has no list of events");
	const { events: _events, mpid, ...shared } = batch;
	const common: ValueObject = {
		...shared,
		user_identities: identityNames(own(batch, "user_identities")),
		// 0 is nobody in particular.
		...(mpid === undefined || textOf(mpid) === "0" ? {} : { mpid }),
	};
	return good(events.map((event) => (isObject(event) ? { ...common, ...event } : event)));
}

/** By type. The output has a list of them, mParticle's own API an object. */
function identityNames(shown: Value | undefined): ValueObject {
	if (isObject(shown)) return shown;
	if (!isList(shown)) return {};
	return Object.fromEntries(
		shown.flatMap((one) => {
			if (!isObject(one)) return [];
			const [type, value] = [textOf(own(one, "identity_type")), own(one, "identity")];
			return type === undefined || value === undefined ? [] : [[type, value] as const];
		}),
	);
}

const readEvent = openReading({
	id: ["{field:data.event_id}", "{field:data.source_message_id}"],
	type: ["{field:event_type}.{field:data.product_action.action}", "{field:event_type}"],
	time: { from: "{field:data.timestamp_unixtime_ms}", unit: "ms" },
	identities: {},
	test: { "field:environment": "development" },
});

/** mParticle's names for what has a kind of its own here, in order of trust. */
const kinds: ReadonlyMap<string, string> = new Map([
	["customer_id", "id"],
	["email", "email"],
	["mobile_number", "phone"],
	["phone_number_2", "phone"],
	["phone_number_3", "phone"],
]);

function read(content: ValueObject, delivery: Delivery): Message {
	const shown = own(content, "user_identities");
	const named = isObject(shown) ? shown : {};
	const known = [...kinds].map(([type, kind]) => [kind, own(named, type)] as const);
	const others = Object.entries(named).flatMap(([type, value]) =>
		kinds.has(type) || !/^[a-z0-9_]+$/.test(type) ? [] : [[`mparticle.${type}`, value] as const],
	);
	const identities = identitiesOf([...known, ["mparticle.mpid", own(content, "mpid")], ...others]);
	return { ...readEvent(content, delivery), identities };
}
