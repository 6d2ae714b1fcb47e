import { z } from "zod";
import { networkOf } from "../model/networks.ts";
import { type Place, parsePlace } from "./place.ts";
import type { Scheme } from "./scheme.ts";
import { parseSigned } from "./template.ts";

/** A scheme that a person writes into an endpoint's settings, or that a connector declares: checked, with what would be right. */

const place = z.string().superRefine((text, context) => {
	const parsed = parsePlace(text);
	if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.failure });
}) as unknown as z.ZodType<Place>;

const template = z.string().superRefine((text, context) => {
	const parsed = parseSigned(text);
	if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.failure });
});

const network = z.string().superRefine((text, context) => {
	const parsed = networkOf(text);
	if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.failure });
});

/** One, or several of which any may be meant. */
const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item).min(1)]);

const secret = z.string().min(1);
const toleranceSeconds = z
	.int()
	.min(1)
	.max(7 * 86_400);
const keyEncoding = z.enum(["utf8", "base64", "hex"]);

const signature = {
	signature: z.strictObject({
		from: oneOrMore(place),
		encoding: z.enum(["hex", "base64", "base64url"]),
		prefix: z.string().exactOptional(),
		separator: z.string().min(1).exactOptional(),
	}),
	signed: oneOrMore(template),
	timestamp: z
		.strictObject({
			from: place,
			unit: z.enum(["s", "ms", "iso"]),
			toleranceSeconds,
			side: z.enum(["both", "past"]).exactOptional(),
		})
		.exactOptional(),
};

export const schemeSchema: z.ZodType<Scheme> = z.discriminatedUnion("kind", [
	z.strictObject({
		kind: z.literal("hmac"),
		secret,
		algorithm: z.enum(["sha1", "sha256", "sha512"]),
		...signature,
		key: z
			.strictObject({ encoding: oneOrMore(keyEncoding), prefix: z.string().exactOptional() })
			.exactOptional(),
	}),
	z.strictObject({
		kind: z.literal("hash"),
		secret: secret.exactOptional(),
		algorithm: z.literal("sha256"),
		...signature,
	}),
	z.strictObject({
		kind: z.enum(["rsa", "ecdsa-der", "ecdsa-p1363", "ed25519"]),
		secret,
		...signature,
		keyPrefix: z.string().exactOptional(),
	}),
	z.strictObject({ kind: z.literal("token"), secret, from: place, prefix: z.string().exactOptional() }),
	z.strictObject({ kind: z.literal("bearer"), secret }),
	z.strictObject({ kind: z.literal("basic"), secret }),
	z.strictObject({ kind: z.literal("oauth1"), secret, consumerKey: secret, toleranceSeconds }),
	z.strictObject({ kind: z.literal("addresses"), networks: z.array(network) }),
	z.strictObject({
		kind: z.literal("named"),
		from: place,
		names: z.array(z.string().min(1)),
		characters: z.int().min(1).exactOptional(),
	}),
	z.strictObject({
		kind: z.literal("allOf"),
		get schemes(): z.ZodArray<z.ZodType<Scheme>> {
			return z.array(schemeSchema).min(1);
		},
	}),
	z.strictObject({
		kind: z.literal("firstOf"),
		get schemes(): z.ZodArray<z.ZodType<Scheme>> {
			return z.array(schemeSchema).min(1);
		},
	}),
]);
