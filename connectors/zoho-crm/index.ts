import {
	at,
	type Delivery,
	defineConnector,
	good,
	isList,
	isObject,
	type Message,
	openReading,
	own,
	type Reading,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";
import { channel, keepsChannel } from "./channel.ts";
import { type Settings, settings } from "./settings.ts";

/** Where tokens are had and where its API is: https://www.zoho.com/crm/developer/docs/api/v8/multi-dc.html */
const sitesOf = (datacentre: Settings["datacentre"]) => ({
	accounts: datacentre === "ca" ? "https://accounts.zohocloud.ca" : `https://accounts.zoho.${datacentre}`,
	api: `https://www.zohoapis.${datacentre}`,
});

/** Zoho CRM's notifications and what its workflow rules send: https://www.zoho.com/crm/developer/docs/api/v8/notifications/overview.html */
export const zohoCrm = defineConnector({
	slug: "zoho-crm",
	title: "Zoho CRM",
	docs: "https://www.zoho.com/crm/developer/docs/api/v8/notifications/overview.html",
	methods: ["POST"],
	// A workflow rule's webhook is a form unless it is made otherwise.
	body: ["json", "form"],
	secrets: {
		token: {
			title: "Token",
			description:
				"A text of your own, of at most 50 characters, that the channel is enabled with and Zoho sends back in each notification. " +
				"Zoho signs nothing.",
		},
		client: {
			title: "Client ID",
			description:
				"Of a self client of Zoho's API console. With the two below, the hub asks Zoho who a contact is whom a notification names by " +
				"id, and keeps its channel open; without them nothing is asked.",
		},
		clientSecret: { title: "Client secret", description: "Of the same client." },
		refresh: {
			title: "Refresh token",
			description:
				"That the same client was given for the scope ZohoCRM.modules.contacts.READ, and for ZohoCRM.notifications.ALL where the hub " +
				"keeps a channel open.",
		},
	},
	settings,
	/** Zoho does not say whether it tries again. */
	retriesForMs: 24 * 3_600_000,
	verify: () => ({
		schemes: [{ kind: "token", secret: "token", from: "field:token" }],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	messages: (body) => good((isList(body) ? body : [body]).flatMap(recordsOf)),
	read,
	enrich: ({ datacentre }) => {
		const { accounts, api } = sitesOf(datacentre);
		return {
			origin: api,
			headers: { Authorization: "Zoho-oauthtoken {token}" },
			token: {
				url: `${accounts}/oauth/v2/token`,
				form: {
					grant_type: "refresh_token",
					client_id: "{secret:client}",
					client_secret: "{secret:clientSecret}",
					refresh_token: "{secret:refresh}",
				},
			},
			// An edition may have five requests under way, or more; how many in a day, it may buy.
			perSecond: 5,
			fetches: [
				{
					into: "contact",
					when: asksForContact,
					path: [
						`${contacts}/{field:values.Converted_Contact.id}?fields=${contactFields}`,
						`${contacts}/{field:values.Converted_Contact}?fields=${contactFields}`,
						`${contacts}/{field:id}?fields=${contactFields}`,
					],
					identities: {
						email: "{field:enriched.contact.data.0.Email}",
						phone: "{field:enriched.contact.data.0.Mobile}",
					},
				},
			],
		};
	},
	pull: channel,
	problem: (content, _delivery, { channel, channels }) => {
		if (textOf(own(content, "module")) === undefined) return "the message has no module";
		const by = textOf(own(content, "channel_id"));
		const known = [channel, ...channels].filter((number) => number !== "");
		return by === undefined || known.length === 0 || known.includes(by)
			? undefined
			: "the notification is of a channel that is none of the endpoint's";
	},
	advice: ({ enrol, conversion, channel }, secretsSet) => [
		enrol === "lead_converted"
			? "The contact of a converted lead becomes a member (enrol=lead_converted); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		conversion === "contact_created"
			? "Every new contact counts as a converted lead (conversion=contact_created): think of it before you import contacts."
			: "Only a message that names the contact of a lead is a conversion (conversion=told).",
		channel === ""
			? "A channel of notifications that you enable ends after a week at most: channel=… has the hub enable one and renew it."
			: keepsChannel(secretsSet)
				? `The hub enables the channel ${channel} within a minute, and renews it twice a day: \`endpoint list\` says whether it could.`
				: `The hub does not enable the channel ${channel} before it has the secrets token, client, clientSecret and refresh.`,
	],
});

const contacts = "/crm/v8/Contacts";
const contactFields = [
	"Email",
	"First_Name",
	"Last_Name",
	"Phone",
	"Mobile",
	"Date_of_Birth",
	"Mailing_Street",
	"Mailing_City",
	"Mailing_State",
	"Mailing_Zip",
	"Mailing_Country",
].join(",");

/** What a notification says of a contact, or of a lead that became one; a workflow rule sends what it was told to. */
function asksForContact({ type, content }: Message): boolean {
	if (own(content, "channel_id") === undefined) return false;
	if (type === "Contacts.insert" || type === "Contacts.update") return true;
	return type.startsWith("Leads.") && at(content, "values", "Converted_Contact") !== undefined;
}

/** What a notification says beside its records; a workflow rule's message has the record's fields beside it. */
const about = ["module", "operation", "id", "channel_id", "server_time", "resource_uri"];
const notFields = new Set([...about, "token", "ids", "query_params", "affected_fields", "affected_values"]);

/**
 * One message for each record: `id`, what is known of its `values`, and the names of the `fields` that changed. A notification
 * has lists by record, `affected_values` only where the channel asks for them; of a workflow rule's message the values stand in it.
 * What is empty is left out.
 */
function recordsOf(item: Value): readonly Value[] {
	if (!isObject(item)) return [item];
	const notified = Object.fromEntries(Object.entries(item).filter(([name]) => about.includes(name)));
	const ids = own(item, "ids");
	if (!isList(ids)) {
		const values = Object.entries(item).filter(([name]) => !notFields.has(name));
		return [{ ...notified, values: filled(Object.fromEntries(values)) }];
	}
	return ids.map((id) => ({ ...notified, id, ...changesOf(item, textOf(id)) }));
}

function changesOf(item: ValueObject, id: string | undefined): ValueObject {
	const values = listAt(item, "affected_values").find((one) => textOf(at(one, "record_id")) === id);
	const fields = listAt(item, "affected_fields").flatMap((one) => at(one, id ?? "") ?? []);
	const known = at(values, "values");
	return { fields, values: isObject(known) ? filled(known) : {} };
}

const listAt = (item: ValueObject, name: string): readonly Value[] => {
	const found = own(item, name);
	return isList(found) ? found : [];
};

const filled = (values: ValueObject): ValueObject =>
	Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== ""));

const common = {
	id: "{field:channel_id}:{field:module}:{field:operation}:{field:id}:{field:server_time}",
	type: "{field:module}.{field:operation}",
	time: { from: "{field:server_time}", unit: "ms" },
} satisfies Partial<Reading>;

const addresses = { email: "{field:values.Email}", phone: "{field:values.Mobile}" };

/** By module: who a record is about. */
const readings: Readonly<Record<string, ReturnType<typeof openReading>>> = {
	Contacts: openReading({ ...common, identities: { "zoho-crm.contact": "{field:id}", ...addresses } }),
	Leads: openReading({
		...common,
		identities: {
			"zoho-crm.contact": ["{field:values.Converted_Contact.id}", "{field:values.Converted_Contact}"],
			"zoho-crm.lead": "{field:id}",
			...addresses,
		},
	}),
	Deals: openReading({
		...common,
		identities: { "zoho-crm.contact": ["{field:values.Contact_Name.id}", "{field:values.Contact_Name}"] },
	}),
};

const readOther = openReading({ ...common, identities: addresses });

function read(content: ValueObject, delivery: Delivery): Message {
	const module = textOf(own(content, "module")) ?? "";
	const readRecord = Object.hasOwn(readings, module) ? readings[module] : undefined;
	return (readRecord ?? readOther)(content, delivery);
}
