import { z } from "zod";
import {
	at,
	choice,
	defineConnector,
	identitiesOf,
	isoTime,
	type Message,
	own,
	textOf,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice("Who becomes a member. never: nobody by way of Mailchimp. subscribe: whoever subscribes.", [
		"never",
		"subscribe",
	]),
	deleted: choice(
		"What becomes of a contact that is deleted from the audience. erase: the person is forgotten here too. keep: nothing.",
		["erase", "keep"],
	),
});
type Settings = z.output<typeof settings>;

/** Webhooks of Mailchimp's audiences: https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/ */
export const mailchimp = defineConnector({
	slug: "mailchimp",
	title: "Mailchimp",
	docs: "https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/",
	methods: ["POST"],
	body: ["form"],
	handshakes: [
		// Mailchimp tries the address when it is saved, and shows nothing that it could be known by.
		{ method: "GET", answer: { status: 200, text: "" } },
		{ method: "HEAD", answer: { status: 200 } },
	],
	secrets: {
		url: {
			title: "URL secret",
			description:
				"A text of your own at the end of the URL that Mailchimp is given: ?secret=…. Mailchimp signs nothing.",
		},
	},
	settings,
	/** Mailchimp tries again for about an hour. What happened in one second to one contact is one message for much longer. */
	retriesForMs: 24 * 3_600_000,
	verify: () => ({
		schemes: [{ kind: "token", secret: "url", from: "query:secret" }],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read,
	sample: { file: "subscribe.txt" },
	advice: ({ enrol, deleted }) => [
		"Give Mailchimp the URL with `?secret=` and the secret `url` after it.",
		enrol === "subscribe"
			? "A new subscriber becomes a member (enrol=subscribe)."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		deleted === "erase"
			? "Whoever is deleted from the audience is erased here too (deleted=erase); deleted=keep is the other."
			: "Whoever is deleted from the audience stays as they are (deleted=keep).",
	],
});

function read(content: ValueObject, _delivery: unknown, { deleted }: Settings): Message {
	const type = textOf(own(content, "type")) ?? "";
	const data = own(content, "data");
	const isDeletion = type === "unsubscribe" && at(data, "action") === "delete";
	return {
		id: undefined,
		type,
		time: isoTime(own(content, "fired_at")),
		identities: identitiesOf([
			["id", at(data, "merges", "LOYALTYID")],
			// The id of a campaign is the campaign's.
			["mailchimp.contact", type === "campaign" ? undefined : (at(data, "id") ?? at(data, "new_id"))],
			["email", at(data, "email")],
			["email", at(data, "old_email")],
			["email", at(data, "new_email")],
		]),
		content,
		...(isDeletion && deleted === "erase" && { control: "erase" }),
	};
}
