import { z } from "zod";
import {
	at,
	type Delivery,
	defineConnector,
	header,
	identitiesOf,
	isoTime,
	type Message,
	openReading,
	own,
	textOf,
	type Value,
	type ValueObject,
	whoseIds,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	ids: whoseIds("the users of the project have (userId)"),
	header: header("Name of the request header that carries the secret `token`.", "X-Hub-Secret"),
});
type Settings = z.output<typeof settings>;

/** Iterable's system webhooks: https://support.iterable.com/hc/en-us/articles/208013936-System-Webhooks */
export const iterable = defineConnector({
	slug: "iterable",
	title: "Iterable",
	docs: "https://support.iterable.com/hc/en-us/articles/208013936-System-Webhooks",
	methods: ["POST"],
	secrets: {
		token: {
			title: "Token",
			description: "A text of your own that the webhook sends as a custom header. Iterable signs nothing.",
		},
		bearer: {
			title: "OAuth2 token",
			description:
				"A text of your own that is the webhook's OAuth2 token, in place of a custom header: Authorization: Bearer ….",
		},
	},
	settings,
	/** How long Iterable tries again is not documented. */
	retriesForMs: 24 * 3_600_000,
	verify: ({ header }) => ({
		schemes: [
			{ kind: "token", secret: "token", from: `header:${header}` },
			{ kind: "bearer", secret: "bearer" },
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read,
	advice: ({ ids }) => [
		ids === "loyalty"
			? "The userIds of Iterable are taken for loyalty ids (ids=loyalty)."
			: "Users are found by e-mail; where their userIds are the loyalty ids, set ids=loyalty.",
	],
});

/** Text messages say `eventTitle` where all else says `eventName`. */
const readAll = openReading({ type: ["{field:eventName}", "{field:eventTitle}"], identities: {} });

function read(content: ValueObject, delivery: Delivery, { ids }: Settings): Message {
	const message = readAll(content, delivery);
	const user = own(content, "userId");
	return {
		...message,
		time: timeOf(at(content, "dataFields", "createdAt")),
		identities: identitiesOf([
			["id", ids === "loyalty" ? user : undefined],
			["iterable.user", user],
			["email", own(content, "email")],
			["email", at(content, "dataFields", "email")],
			// Of a text message that came in, who sent it is the user; of one that went out, the brand is.
			["phone", message.type === "smsReceived" ? at(content, "dataFields", "fromPhoneNumber") : undefined],
		]),
	};
}

/** `2026-06-04 10:00:00 +00:00`, with a blank before the offset. */
const timeOf = (value: Value | undefined): number | undefined =>
	isoTime(textOf(value)?.replace(/ (?=[+-])/, ""));
