import { z } from "zod";
import {
	at,
	choice,
	type Delivery,
	defineConnector,
	good,
	isObject,
	type Message,
	openReading,
	own,
	text,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. lead_converted: the contact of a deal that is won. subscribed: who subscribes to `list`. " +
			"never: nobody by way of ActiveCampaign.",
		["lead_converted", "subscribed", "never"],
	),
	list: text("Number of the list whose subscribers become members (enrol=subscribed). Empty: any list."),
	loyaltyField: text(
		"Field of contacts that has the loyalty id: its number, or its personalisation tag as loyalty_id. Empty: none.",
	),
	api: choice(
		"What becomes of changes made by way of ActiveCampaign's API. ignore: they are the hub's own echo. take: they count, " +
			"where the hub writes nothing to this account.",
		["ignore", "take"],
	),
});
type Settings = z.output<typeof settings>;

/** ActiveCampaign's webhooks: https://developers.activecampaign.com/page/webhooks */
export const activecampaign = defineConnector({
	slug: "activecampaign",
	title: "ActiveCampaign",
	docs: "https://developers.activecampaign.com/page/webhooks",
	methods: ["POST"],
	body: ["form"],
	secrets: {
		token: {
			title: "Token",
			description:
				"A text of your own, at the end of the webhook's URL as ?secret=…: ActiveCampaign signs nothing. Without it the " +
				"endpoint's URL is all that protects it.",
		},
	},
	settings,
	/** ActiveCampaign never tries again, but may send one thing twice. */
	retriesForMs: 3_600_000,
	verify: () => ({
		schemes: [{ kind: "token", secret: "token", from: "query:secret" }],
		unsigned: "accept",
		partly: "firstOnly",
	}),
	messages: (body, _delivery, { loyaltyField }) => good([withLoyaltyId(body, loyaltyField)]),
	read,
	advice: ({ enrol, list, api }, secretsSet) => [
		...(secretsSet.has("token")
			? []
			: ["ActiveCampaign signs nothing: keep the URL to yourself, or give the endpoint a token."]),
		{
			lead_converted: "The contact of a deal that is won becomes a member (enrol=lead_converted).",
			subscribed: `Who subscribes to ${list === "" ? "any list" : `list ${list}`} becomes a member (enrol=subscribed).`,
			never: "Nobody becomes a member through this endpoint (enrol=never).",
		}[enrol],
		...(api === "ignore"
			? ["Changes made by way of the API are ignored (api=ignore), those of other programs among them."]
			: []),
	],
});

/** A mapping reads the loyalty id in one place, whatever an account calls the field. */
function withLoyaltyId(body: Value, loyaltyField: string): Value {
	const id = loyaltyField === "" ? undefined : textOf(at(body, "contact", "fields", loyaltyField));
	return isObject(body) && id !== undefined ? { ...body, loyalty_id: id } : body;
}

const readAll = openReading({
	type: "{field:type}",
	time: { from: "{field:date_time}", unit: "iso" },
	identities: {
		id: "{field:loyalty_id}",
		"activecampaign.contact": ["{field:contact.id}", "{field:deal.contactid}"],
		email: ["{field:contact.email}", "{field:deal.contact_email}"],
		phone: "{field:contact.phone}",
	},
});

function read(content: ValueObject, delivery: Delivery, { api }: Settings): Message {
	const all = readAll(content, delivery);
	// 0 is nobody's number: a deal's that is a company's alone.
	const named = all.identities.filter(
		({ kind, value }) => kind !== "activecampaign.contact" || value !== "0",
	);
	const message = { ...all, identities: named };
	return api === "ignore" && own(content, "initiated_from") === "api"
		? { ...message, ignore: "echo" }
		: message;
}
