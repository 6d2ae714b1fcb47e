import { z } from "zod";
import { choice, list } from "../../src/kit/index.ts";

export const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. lead_converted: the contact of a converted lead. never: nobody by way of Zoho CRM.",
		["lead_converted", "never"],
	),
	conversion: choice(
		"What counts as a converted lead. contact_created: every new contact, where contacts come of leads. told: only a message " +
			"that names the contact which a lead became.",
		["contact_created", "told"],
	),
	datacentre: choice(
		"Where the account is, by the end of the address that its people sign in at (accounts.zoho.eu): the hub asks there what " +
			"notifications leave out.",
		["com", "eu", "in", "com.au", "jp", "ca", "sa", "com.cn"],
	),
	channel: z
		.string()
		.trim()
		.regex(/^[0-9]{0,18}$/, "is no number of a channel, such as 1000000068001")
		.default("")
		.describe(
			"A number of your own (channel_id) for the channel of notifications that the hub enables at Zoho, and renews before it ends. " +
				"Empty: channels are yours to enable.",
		),
	events: list(
		"What that channel tells of, such as Deals.create. Empty: Contacts.create, Contacts.edit and Leads.edit.",
		z
			.string()
			.trim()
			.regex(
				/^[A-Za-z0-9_]{1,100}\.(?:create|edit|delete|all)$/,
				"is no event of a channel, such as Contacts.create",
			),
	),
	channels: list(
		"Numbers of other channels that notifications may come by; of any that is neither here nor the hub's own they fail. Neither: " +
			"any.",
	),
});

export type Settings = z.output<typeof settings>;
