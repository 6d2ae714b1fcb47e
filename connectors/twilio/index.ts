import { z } from "zod";
import {
	type Delivery,
	defineConnector,
	identitiesOf,
	type Message,
	openReading,
	own,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const signature = { from: "header:X-Twilio-Signature", encoding: "base64" } as const;
const sha1 = { kind: "hmac", secret: "token", algorithm: "sha1", signature } as const;

/** Twilio's webhooks of messages: https://www.twilio.com/docs/usage/webhooks/messaging-webhooks */
export const twilio = defineConnector({
	slug: "twilio",
	title: "Twilio",
	docs: "https://www.twilio.com/docs/usage/webhooks",
	methods: ["POST"],
	body: ["json", "form"],
	secrets: {
		token: {
			title: "Auth Token",
			description: "Of the account, or of the subaccount that the number belongs to: Console → Account Info.",
		},
	},
	settings: z.strictObject({}),
	/** Twilio tries a message's status again only where its URL asks for that, and then for minutes. */
	retriesForMs: 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "firstOf",
				schemes: [
					// JSON is hashed in the URL, and the URL is signed.
					{
						kind: "allOf",
						schemes: [
							{
								kind: "hash",
								algorithm: "sha256",
								signature: { from: "query:bodySHA256", encoding: "hex" },
								signed: "{body}",
							},
							{ ...sha1, signed: ["{url}", "{urlNoPort}", "{urlWithPort}"] },
						],
					},
					// Of a form's URL some senders sign the port and some do not.
					{ ...sha1, signed: ["{url}{kv}", "{urlNoPort}{kv}", "{urlWithPort}{kv}"] },
				],
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	telling: ["I-Twilio-Idempotency-Token"],
	/** A message that came in is answered with nothing to do: no reply. */
	answer: { status: 200, text: '<?xml version="1.0" encoding="UTF-8"?><Response/>', type: "text/xml" },
	read,
	sample: {
		file: "sms-stop.txt",
		headers: () => ({ "Content-Type": "application/x-www-form-urlencoded" }),
	},
	advice: () => [
		"Give the URL as «A message comes in» of a number or a messaging service (HTTP POST), and as the status callback where " +
			"the hub should know what was delivered.",
		"Twilio signs the URL: HUB_PUBLIC_URL has to be what it calls.",
	],
});

/** A message is told again with each of its states. */
const readCommon = openReading({
	id: [
		"{field:MessageSid}/{field:MessageStatus}",
		"{field:MessageSid}/{field:SmsStatus}",
		"{field:CallSid}/{field:CallStatus}",
		"{header:I-Twilio-Idempotency-Token}",
	],
	type: ["message.{field:MessageStatus}", "message.{field:SmsStatus}", "call.{field:CallStatus}"],
	identities: {},
});

/** Of what comes in, the customer is who sent it; of all else, whom it was sent to. */
function read(content: ValueObject, delivery: Delivery): Message {
	const message = readCommon(content, delivery);
	const customer = own(content, message.type === "message.received" ? "From" : "To");
	return { ...message, identities: identitiesOf([["phone", numberIn(customer)]]) };
}

/** `whatsapp:+447700900123` is a number on another channel; `messenger:…` and a client's name are none. */
const numberIn = (address: Value | undefined): string | undefined =>
	/^(?:[a-z]+:)?(\+[0-9]+)$/.exec(textOf(address) ?? "")?.[1];
