import { z } from "zod";
import type { Json } from "../model/json.ts";
import { networkOf } from "../model/networks.ts";
import type { Answer, Handshake } from "./handshake.ts";
import { type Place, parsePlace } from "./place.ts";
import type { Scheme } from "./scheme.ts";
import { parseSigned } from "./template.ts";
import { parseText } from "./text-template.ts";

/** What a person writes into an endpoint's settings, or a connector declares: checked, with what would be right. */

export const placeSchema = z.string().superRefine((text, context) => {
	const parsed = parsePlace(text);
	if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.failure });
}) as unknown as z.ZodType<Place>;

const template = z.string().superRefine((text, context) => {
	const parsed = parseSigned(text);
	if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.failure });
});

/** A template over texts: `{field:id}`. */
export const textSchema = z.string().superRefine((text, context) => {
	const parsed = parseText(text);
	if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.failure });
});

const network = z.string().superRefine((text, context) => {
	const parsed = networkOf(text);
	if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.failure });
});

/** One, or several of which any may be meant. */
export const oneOrMore = <Item extends z.ZodType>(item: Item) => z.union([item, z.array(item).min(1)]);

const secret = z.string().min(1);
const toleranceSeconds = z
	.int()
	.min(1)
	.max(7 * 86_400);
const keyEncoding = z.enum(["utf8", "base64", "hex"]);

const signature = {
	signature: z.strictObject({
		from: oneOrMore(placeSchema),
		encoding: z.enum(["hex", "base64", "base64url"]),
		prefix: z.string().exactOptional(),
		separator: z.string().min(1).exactOptional(),
	}),
	signed: oneOrMore(template),
	timestamp: z
		.strictObject({
			from: placeSchema,
			unit: z.enum(["s", "ms", "iso"]),
			toleranceSeconds,
			side: z.enum(["both", "past"]).exactOptional(),
		})
		.exactOptional(),
};

const tokenSchema = z.strictObject({
	kind: z.literal("token"),
	secret,
	from: placeSchema,
	prefix: z.string().exactOptional(),
});

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
	tokenSchema,
	z.strictObject({ kind: z.literal("bearer"), secret }),
	z.strictObject({ kind: z.literal("basic"), secret }),
	z.strictObject({ kind: z.literal("oauth1"), secret, consumerKey: secret, toleranceSeconds }),
	z.strictObject({ kind: z.literal("addresses"), networks: z.array(network) }),
	z.strictObject({
		kind: z.literal("named"),
		from: placeSchema,
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

/** Every text in it is a template. */
const jsonTemplate: z.ZodType<Json> = z.union([
	textSchema,
	z.number(),
	z.boolean(),
	z.null(),
	z.lazy(() => z.array(jsonTemplate)),
	z.lazy(() => z.record(z.string(), jsonTemplate)),
]);

/** Fetch knows no answer below 200. */
const status = z.int().min(200).max(599);

const answer = {
	status,
	headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), textSchema).exactOptional(),
};

const withBody = {
	...answer,
	status: status.refine((code) => ![204, 205, 304].includes(code), "is a status without a body"),
};

export const answerSchema: z.ZodType<Answer> = z.union([
	z.strictObject({ ...withBody, text: textSchema, type: z.string().min(1).exactOptional() }),
	z.strictObject({ ...withBody, json: jsonTemplate }),
	z.strictObject(answer),
]);

const method = z.string().regex(/^[A-Z]+$/, "is no method, such as POST");

export const handshakeSchema: z.ZodType<Handshake> = z.strictObject({
	method,
	path: z.string().startsWith("/").exactOptional(),
	has: z.array(placeSchema).exactOptional(),
	lacks: z.array(placeSchema).exactOptional(),
	equals: z.partialRecord(placeSchema as z.ZodType<Place, Place>, z.string()).exactOptional(),
	proof: z.union([z.literal("sender"), tokenSchema]).exactOptional(),
	answer: answerSchema,
	keep: z.literal(true).exactOptional(),
});
