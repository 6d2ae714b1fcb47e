import { own, type ValueObject } from "../model/json.ts";
import type { Handshake } from "../verify/handshake.ts";
import type { PublishedKeys, Scheme } from "../verify/scheme.ts";

/**
 * How Adobe I/O signs what it delivers (https://developer.adobe.com/events/docs/guides/), whatever product it is of: by
 * Adobe's own keys, which `publicKeys` names, and before that by the project's client secret, which `client` names.
 */
export const adobeIoSchemes = ({
	publicKeys,
	client,
}: {
	readonly publicKeys: string;
	readonly client: string;
}): readonly Scheme[] => [
	{
		kind: "rsa",
		secret: publicKeys,
		signature: {
			// Adobe's older documentation writes them without the last hyphen.
			from: [
				"header:x-adobe-digital-signature-1",
				"header:x-adobe-digital-signature-2",
				"header:x-adobe-digital-signature1",
				"header:x-adobe-digital-signature2",
			],
			encoding: "base64",
		},
		signed: "{body}",
	},
	{
		kind: "hmac",
		secret: client,
		algorithm: "sha256",
		signature: { from: "header:x-adobe-signature", encoding: "base64" },
		signed: "{body}",
	},
];

/** Where Adobe's keys are. Of the path that its deliveries name it says no more than that it is one of these. */
export const adobeIoKeys = (secret: string): PublishedKeys => ({
	secret,
	origin: "https://static.adobeioevents.com",
	paths: ["header:x-adobe-public-key1-path", "header:x-adobe-public-key2-path"],
	path: /^\/prod\/keys\/pub-key-[\w-]+\.pem$/,
});

/** Asked when a registration with Adobe I/O is saved. */
export const adobeIoChallenge: Handshake = {
	method: "GET",
	has: ["query:challenge"],
	answer: { status: 200, text: "{query:challenge}" },
};

/**
 * What keeps an event from being taken: whoever registers a webhook with Adobe has Adobe sign events for it with the keys of all
 * its customers. Whose an event is, is said in it.
 */
export function adobeIoProblem(event: ValueObject, clientId: string): string | undefined {
	if (clientId === "") return "the endpoint's setting clientId does not say whose events are taken";
	return own(event, "recipient_client_id") === clientId
		? undefined
		: "the event is for another recipient than the setting clientId says";
}

/** A sample as Adobe would send it to the project that an endpoint is set for. */
export const adobeIoSample = (text: string, clientId: string): string =>
	text.replaceAll('"hub_client_id"', () => JSON.stringify(clientId));
