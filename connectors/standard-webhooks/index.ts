import { z } from "zod";
import {
	at,
	type Delivery,
	defineConnector,
	good,
	identitiesOf,
	isoTime,
	type Message,
	own,
	type Scheme,
	text,
	textOf,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	customer: text("Path of the customer's loyalty id in a message, names joined by dots.", "data.customer_id"),
	email: text("Path of the customer's e-mail address in a message, names joined by dots.", "data.email"),
});

/** Whoever signs as Standard Webhooks 1.0.0 says: https://github.com/standard-webhooks/standard-webhooks */
export const standardWebhooks = defineConnector({
	slug: "standard-webhooks",
	title: "Standard Webhooks",
	docs: "https://www.standardwebhooks.com",
	methods: ["POST"],
	secrets: {
		signing: {
			title: "Signing secret",
			description: "What the sender calls the endpoint's secret: `whsec_` and base64. It signs as `v1`.",
		},
		publicKey: {
			title: "Public key",
			description: "Of a sender that signs by a key of its own, `v1a`: `whpk_` and base64 of 32 bytes.",
		},
	},
	settings,
	/** The specification's example of a schedule ends after about three days. */
	retriesForMs: 4 * 24 * 3_600_000,
	anyShape: true,
	verify: () => ({
		schemes: [{ kind: "firstOf", schemes: [...signedAs("webhook"), ...signedAs("svix")] }],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	telling: ["webhook-id", "svix-id"],
	// One message a request: its id is in a header.
	messages: (body) => good([body]),
	read,
});

/** Svix, whose scheme became the standard, says `svix-` where that says `webhook-`. */
function signedAs(name: "webhook" | "svix"): readonly Scheme[] {
	const signed = {
		signed: `{header:${name}-id}.{ts}.{body}`,
		timestamp: { from: `header:${name}-timestamp`, unit: "s", toleranceSeconds: 300 },
	} as const;
	const shown = { from: `header:${name}-signature`, encoding: "base64", separator: " " } as const;
	return [
		{
			kind: "hmac",
			secret: "signing",
			algorithm: "sha256",
			key: { encoding: "base64", prefix: "whsec_" },
			signature: { ...shown, prefix: "v1," },
			...signed,
		},
		{
			kind: "ed25519",
			secret: "publicKey",
			keyPrefix: "whpk_",
			signature: { ...shown, prefix: "v1a," },
			...signed,
		},
	];
}

function read(
	content: ValueObject,
	{ headers }: Delivery,
	{ customer, email }: z.output<typeof settings>,
): Message {
	return {
		id: textOf(headers["webhook-id"] ?? headers["svix-id"]),
		type: textOf(own(content, "type")) ?? "",
		time: isoTime(own(content, "timestamp")),
		identities: identitiesOf([
			["id", at(content, ...customer.split("."))],
			["email", at(content, ...email.split("."))],
		]),
		content,
	};
}
