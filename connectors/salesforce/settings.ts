import { z } from "zod";
import { choice, header, list, networks } from "../../src/kit/index.ts";

/** What the hub calls itself to Salesforce (`Sforce-Call-Options: client=…`): a change that says so is an echo. */
export const hubClient = "loyalty-hub";

export const settings = z.strictObject({
	organisation: z
		.string()
		.trim()
		.regex(
			/^(?:00D[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?)?$/,
			"is no id of an organisation, such as 00D5g000004XyZ1EAK",
		)
		.default("")
		.describe(
			"The organisation's id, from Setup → Company Information: Outbound Messages of any other are refused. Empty: no " +
				"Outbound Message is taken.",
		),
	networks: networks(
		"Addresses and networks that Salesforce calls from, such as 96.43.144.0/20. Empty: from anywhere.",
	),
	secretHeader: header(
		"The request header in which callouts and relays show the secret `header`.",
		"X-Hub-Secret",
	),
	myDomain: z
		.string()
		.trim()
		.regex(
			/^(?:https:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)*\.my\.salesforce\.com|http:\/\/127\.0\.0\.1:[0-9]+)?$/,
			"is no My Domain, such as https://leafworks.my.salesforce.com",
		)
		.default("")
		.describe(
			"My Domain's URL, https://leafworks.my.salesforce.com, of which the hub asks for converted leads (by the secrets " +
				"`consumerKey` and `consumerSecret`), or for what `channels` says. Empty: it asks for nothing.",
		),
	channels: list(
		"Channels that the hub reads over a connection that it holds, such as /data/LeadChangeEvent or " +
			"/event/Order_Placed__e. Empty: it reads none, and asks for converted leads every few minutes instead.",
		z
			.string()
			.trim()
			.regex(
				/^\/(?:data|event)\/[A-Za-z][A-Za-z0-9_]{0,127}$/,
				"is no channel of change events or platform events, such as /data/LeadChangeEvent",
			),
	),
	replay: choice(
		"Where the hub begins in a channel that it has read nothing of, or whose place Salesforce has let go of. retained: with " +
			"all that Salesforce still has, which is 72 hours of it. new: with what comes from then on.",
		["retained", "new"],
	),
	enrol: choice(
		"Who becomes a member. lead_converted: whoever a lead is converted to. never: nobody by way of Salesforce.",
		["lead_converted", "never"],
	),
});

export type Settings = z.output<typeof settings>;
