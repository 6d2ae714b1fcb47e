import { z } from "zod";
import {
	at,
	bad,
	choice,
	type Delivery,
	defineConnector,
	good,
	type Handshake,
	isList,
	type Result,
	type Value,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. lead_converted: who reaches a step of the service join or converted. join: a step of join. " +
			"never: nobody by way of Eloqua.",
		["lead_converted", "join", "never"],
	),
});

/** The fields of a contact that Eloqua sends with each step, as it is told when a step is made. */
const recordDefinition = {
	ContactID: "{{Contact.Id}}",
	EmailAddress: "{{Contact.Field(C_EmailAddress)}}",
	FirstName: "{{Contact.Field(C_FirstName)}}",
	LastName: "{{Contact.Field(C_LastName)}}",
	Company: "{{Contact.Field(C_Company)}}",
	City: "{{Contact.Field(C_City)}}",
	PostalCode: "{{Contact.Field(C_Zip_Postal)}}",
};

/** What Eloqua calls when an app is installed or looked at, and when a marketer adds, opens or deletes a step: all signed. */
const lifeCycle: readonly Handshake[] = [
	{ method: "POST", path: "/enable", proof: "sender", answer: { status: 200 } },
	{ method: "GET", path: "/status", proof: "sender", answer: { status: 200 } },
	{
		method: "POST",
		path: "/create",
		proof: "sender",
		answer: { status: 200, json: { recordDefinition, requiresConfiguration: false } },
	},
	{
		method: "GET",
		path: "/configure",
		proof: "sender",
		answer: {
			status: 200,
			text: "There is nothing to configure here: who reaches this step is sent to the hub.",
		},
	},
	{ method: "DELETE", path: "/delete", proof: "sender", answer: { status: 204 } },
];

/** Action services of an Oracle Eloqua app: steps of a campaign or program that are delegated to the hub. */
export const eloqua = defineConnector({
	slug: "eloqua",
	title: "Oracle Eloqua",
	docs: "https://docs.oracle.com/en/cloud/saas/marketing/eloqua-develop/Developers/AppCloud/Develop/develop-action-service.htm",
	methods: ["POST"],
	paths: ["/notify"],
	handshakes: lifeCycle,
	/** Eloqua then waits for the app to say what became of the contacts. */
	answer: { status: 204 },
	secrets: {
		clientId: { title: "Client id", description: "Eloqua → AppCloud Developer → the app: its client id." },
		clientSecret: {
			title: "Client secret",
			description:
				"Eloqua → AppCloud Developer → the app: its client secret, by which Eloqua signs every call.",
		},
	},
	settings,
	/** Whether Eloqua tries again is not documented. */
	retriesForMs: 24 * 3_600_000,
	verify: () => ({
		schemes: [{ kind: "oauth1", secret: "clientSecret", consumerKey: "clientId", toleranceSeconds: 300 }],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	messages: contactsIn,
	read: {
		id: "{field:instance}:{field:execution}:{field:contact.ContactID}",
		type: "{field:service}",
		identities: { "eloqua.contact": "{field:contact.ContactID}", email: "{field:contact.EmailAddress}" },
	},
	problem: (content) =>
		at(content, "service") === undefined
			? "the URL has no service, which says what the step means: add service=join or another to the Notification URL"
			: undefined,
	sample: { file: "action-notify.json", query: "service=join&instance=1&execution=1" },
	advice: ({ enrol }) => [
		{
			lead_converted:
				"Who reaches a step of the service join or converted becomes a member (enrol=lead_converted).",
			join: "Who reaches a step of the service join becomes a member (enrol=join).",
			never: "Nobody becomes a member through this endpoint (enrol=never).",
		}[enrol],
		"Contacts stay in the step, because the hub does not report back to Eloqua: let the step be the end of its branch.",
	],
});

/** A contact is a message, with what the URL says of its step. */
function contactsIn(body: Value, { query }: Delivery): Result<readonly Value[], string> {
	const items = at(body, "items");
	if (!isList(items) || items.length === 0)
		return bad("the call names no contacts: set the service's Records per Notification above 0");
	const parameters = new URLSearchParams(query);
	const step = Object.fromEntries(
		["service", "instance", "asset", "execution"].flatMap((name) => {
			const value = parameters.get(name) ?? "";
			return value === "" ? [] : [[name, value]];
		}),
	);
	return good(items.map((contact) => ({ ...step, contact })));
}
