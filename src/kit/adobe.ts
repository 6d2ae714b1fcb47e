import type { Handshake } from "../verify/handshake.ts";
import type { Scheme } from "../verify/scheme.ts";

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

/** Asked when a registration with Adobe I/O is saved. */
export const adobeIoChallenge: Handshake = {
	method: "GET",
	has: ["query:challenge"],
	answer: { status: 200, text: "{query:challenge}" },
};
