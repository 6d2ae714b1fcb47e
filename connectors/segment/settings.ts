import { z } from "zod";
import { choice, flag, header, list } from "../../src/kit/index.ts";

const origin = z
	.string()
	.trim()
	.refine((value) => URL.canParse(value) && new URL(value).origin === value, {
		error: "an origin is scheme and host alone, such as https://shop.example.com",
	});

/** What can be set for one Segment endpoint. */
export const settings = z.strictObject({
	use: choice(
		"Where the write key is kept. server: in programs only, and its senders are trusted; a request from a web " +
			"page is refused. browser: in web pages, where everybody can read it; only client-side actions are taken.",
		["server", "browser"],
	),
	origins: list("Origins whose pages may use a browser's write key: https://shop.example.com.", origin),
	enrol: choice(
		"Who becomes a member. signed_up: whoever is in a Signed Up track. trait: whoever's identify has the " +
			"trait loyalty: true. never: nobody by way of Segment.",
		["signed_up", "trait", "never"],
	),
	unsigned: choice(
		"What becomes of webhooks while no secret is set. refuse: they are answered 401. accept: the unguessable URL " +
			"is all that protects the endpoint.",
		["refuse", "accept"],
	),
	secretHeader: header("Name of the request header that carries the secret `header`.", "X-Hub-Secret"),
	allowPartiallySignedBatch: flag(
		"Segment signs only the first event of a batch. true: the others are believed with it. false: they are held " +
			"for a person, unless the secret `header` came with the batch.",
	),
});

export type Settings = z.output<typeof settings>;
