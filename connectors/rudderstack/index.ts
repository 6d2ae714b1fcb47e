import { z } from "zod";
import { choice, defineConnector, header, readSpecEvent } from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. signed_up: whoever is in a Signed Up track. trait: whoever's identify has the " +
			"trait loyalty: true. never: nobody by way of RudderStack.",
		["signed_up", "trait", "never"],
	),
	unsigned: choice(
		"What becomes of events while no secret is set. refuse: they are answered 401. accept: the unguessable URL " +
			"is all that protects the endpoint.",
		["refuse", "accept"],
	),
	secretHeader: header("Name of the request header that carries the secret `header`.", "X-Hub-Secret"),
});

/** RudderStack's webhook destinations: https://www.rudderstack.com/docs/destinations/streaming-destinations/webhook/ */
export const rudderstack = defineConnector({
	slug: "rudderstack",
	title: "RudderStack",
	docs: "https://www.rudderstack.com/docs/destinations/streaming-destinations/webhook/",
	methods: ["POST", "PUT", "PATCH"],
	secrets: {
		header: {
			title: "Header secret",
			description:
				"A text of your own that the destination sends as a request header (X-Hub-Secret, or what the setting " +
				"secretHeader says); also the API key of an HTTP Webhook.",
		},
		basic: {
			title: "User and password",
			description: "Of an HTTP Webhook with Basic authentication: both, with a colon between them.",
		},
		bearer: {
			title: "Bearer token",
			description: "Of an HTTP Webhook with Bearer authentication.",
		},
	},
	settings,
	/** RudderStack's server tries again for three hours as it comes. */
	retriesForMs: 4 * 3_600_000,
	verify: ({ secretHeader, unsigned }) => ({
		schemes: [
			{ kind: "token", secret: "header", from: `header:${secretHeader}` },
			{ kind: "basic", secret: "basic" },
			{ kind: "bearer", secret: "bearer" },
		],
		unsigned,
		partly: "firstOnly",
	}),
	read: readSpecEvent,
	advice: ({ enrol, unsigned }, secretsSet) => [
		whoIsEnrolled[enrol],
		...(secretsSet.size === 0 && unsigned === "accept"
			? ["Nothing proves who sends: whoever learns the URL can send events. Set the secret `header`."]
			: []),
	],
});

const whoIsEnrolled: Readonly<Record<z.output<typeof settings>["enrol"], string>> = {
	signed_up:
		"A Signed Up track makes a member (enrol=signed_up); enrol=trait and enrol=never are the others.",
	trait: "An identify with the trait loyalty: true makes a member (enrol=trait); a Signed Up track does not.",
	never: "Nobody becomes a member through this endpoint (enrol=never).",
};
