import { z } from "zod";
import {
	at,
	choice,
	type Delivery,
	defineConnector,
	good,
	header,
	identitiesOf,
	isList,
	isObject,
	isoTime,
	type Message,
	own,
	text,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";
import { readContext } from "./context.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. lead_converted: the contact of a qualified lead. never: nobody by way of Dynamics 365.",
		["lead_converted", "never"],
	),
	user: text(
		"Id of the application user by which the hub writes to Dataverse: what it changed is ignored. Empty: none.",
	),
	url: text(
		"Address of the environment, such as https://acme.crm4.dynamics.com: where the hub asks for contacts whom messages name by id. " +
			"Empty: it asks nothing.",
	),
	tenant: text(
		"Id or domain of the Microsoft Entra tenant that the environment is in, such as acme.onmicrosoft.com.",
	),
	header: header(
		"Name of the request header that carries the secret `token` (authentication HttpHeader).",
		"X-Hub-Secret",
	),
	parameter: text(
		"Name of the URL's parameter that carries the secret `token`: code for authentication WebhookKey, your own for HttpQueryString.",
		"code",
	),
});
type Settings = z.output<typeof settings>;

/** Webhooks of Dataverse: https://learn.microsoft.com/power-apps/developer/data-platform/use-webhooks */
export const dynamics365 = defineConnector({
	slug: "dynamics365",
	title: "Dynamics 365",
	docs: "https://learn.microsoft.com/power-apps/developer/data-platform/use-webhooks",
	methods: ["POST"],
	secrets: {
		token: {
			title: "Token",
			description:
				"A text of your own that the webhook is registered with: as a header's value (HttpHeader), as its key (WebhookKey) or in " +
				"the query (HttpQueryString). Dataverse signs nothing.",
		},
		client: {
			title: "Client ID",
			description:
				"Of an app registration in Microsoft Entra that is an application user of the environment: the hub asks by it.",
		},
		clientSecret: {
			title: "Client secret",
			description: "Of the same app registration: its value, not its id.",
		},
	},
	settings,
	/** Dataverse tries once more, at once; a failed system job can be resumed by a person. */
	retriesForMs: 3_600_000,
	verify: ({ header, parameter }) => ({
		schemes: [
			{
				kind: "firstOf",
				schemes: [
					{ kind: "token", secret: "token", from: `header:${header}` },
					{ kind: "token", secret: "token", from: `query:${parameter}` },
				],
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	messages: (body) =>
		good(
			(isList(body) ? body : [body]).map((item) => (isObject(item) ? withContact(readContext(item)) : item)),
		),
	read,
	enrich: ({ url, tenant }) =>
		url === "" || tenant === ""
			? undefined
			: {
					origin: url,
					headers: { Authorization: "Bearer {token}" },
					token: {
						url: `https://login.microsoftonline.com/${encodeURIComponent(tenant)}/oauth2/v2.0/token`,
						form: {
							grant_type: "client_credentials",
							client_id: "{secret:client}",
							client_secret: "{secret:clientSecret}",
							scope: `${url}/.default`,
						},
					},
					// A user may ask 6000 times in five minutes.
					perSecond: 15,
					fetches: [
						{
							into: "contact",
							when: asksForContact,
							path: `/api/data/v9.2/contacts({field:contact})?$select=${columns.join(",")}`,
							identities: {
								email: "{field:enriched.contact.emailaddress1}",
								phone: "{field:enriched.contact.mobilephone}",
							},
						},
					],
				},
	problem: (content, delivery) => {
		if (isCut(delivery) && !tellsEnough.has(typeOf(content)))
			return "the message was beyond 256 KB, so Dynamics 365 left out what it says: register the step and its images with fewer columns";
		return typeOf(content) === ""
			? "the message has no MessageName and PrimaryEntityName, so it is no execution context"
			: undefined;
	},
	advice: ({ enrol, url, tenant }) => [
		enrol === "lead_converted"
			? "The contact of a qualified lead becomes a member (enrol=lead_converted); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		...(url === "" || tenant === ""
			? [
					"An update says only what changed, and a qualified lead names its contact by id: set url=… and tenant=…, so that the hub asks for " +
						"the rest, or give the step of an update a post image with the columns that name the person.",
				]
			: []),
	],
});

/** What mappings may read of a contact that the hub asked for. */
const columns = [
	"emailaddress1",
	"firstname",
	"lastname",
	"telephone1",
	"mobilephone",
	"birthdate",
	"gendercode",
	"address1_line1",
	"address1_city",
	"address1_stateorprovince",
	"address1_postalcode",
	"address1_country",
];

/** Beside what Dataverse says, `contact`: the id of the contact whom it is about, where it is about one. */
function withContact(content: ValueObject): ValueObject {
	const contact = contactOf(content);
	return contact === undefined ? content : { ...content, contact };
}

/** Beyond 256 KB what was given and the images are left out. */
const isCut = ({ headers }: Delivery): boolean =>
	(headers["x-ms-dynamics-msg-size-exceeded"] ?? "false") !== "false";

/** Where the id of the contact is left, of which the hub can ask the rest. */
const tellsEnough: ReadonlySet<string> = new Set(["contact.Create", "contact.Update", "lead.QualifyLead"]);

/** A new contact comes whole. What says an e-mail address, by an image or of a lead, says enough. */
function asksForContact({ type, content, needs }: Message): boolean {
	if (needs !== undefined) return true;
	if (at(content, "record", "emailaddress1") !== undefined) return false;
	if (type === "lead.Update") return at(content, "InputParameters", "Target", "statecode") === 1;
	return type === "lead.QualifyLead" || type === "contact.Update";
}

const typeOf = (content: ValueObject): string => {
	const [entity, message] = [textOf(own(content, "PrimaryEntityName")), textOf(own(content, "MessageName"))];
	return entity === undefined || message === undefined ? "" : `${entity}.${message}`;
};

function read(content: ValueObject, delivery: Delivery, { user }: Settings): Message {
	const type = typeOf(content);
	const message: Message = {
		id: idOf(content),
		type,
		time: isoTime(own(content, "OperationCreatedOn")),
		identities: identitiesOf([
			["dynamics365.contact", contactOf(content)],
			["dynamics365.contact", mergedOf(content)],
			["dynamics365.lead", leadOf(content)],
			["email", at(content, "record", "emailaddress1")],
			["phone", at(content, "record", "mobilephone")],
		]),
		content,
		...(isCut(delivery) && type.startsWith("contact.") && { needs: { answer: "contact", why: readThere } }),
	};
	const [from, into] = [textOf(mergedOf(content)), textOf(contactOf(content))];
	if (from !== undefined && into !== undefined) {
		const kind = "dynamics365.contact";
		return {
			...message,
			control: "merge",
			merge: { from: { kind, value: from }, into: { kind, value: into } },
		};
	}
	return user !== "" && textOf(own(content, "InitiatingUserId"))?.toLowerCase() === user.toLowerCase()
		? { ...message, ignore: "echo" }
		: message;
}

const readThere =
	"the message was beyond 256 KB, so Dynamics 365 left out what it says: the hub reads the contact there, for which the " +
	"endpoint needs url, tenant, `client` and `clientSecret`";

/** How .NET writes that there is no id. */
const noId = "00000000-0000-0000-0000-000000000000";

const idAt = (content: ValueObject, ...path: readonly string[]): string | undefined => {
	const id = textOf(at(content, ...path));
	return id === noId ? undefined : id;
};

/** A job of the system has an operation's id; a step that runs within the user's transaction has only the request's. */
function idOf(content: ValueObject): string | undefined {
	const run = idAt(content, "OperationId") ?? idAt(content, "RequestId");
	const about = idAt(content, "PrimaryEntityId") ?? idAt(content, "InputParameters", "LeadId", "Id") ?? "";
	return run === undefined ? undefined : `${run}:${typeOf(content)}:${about}`;
}

/** The record that the message is about, where it is of this kind. */
const primaryOf = (content: ValueObject, kind: string): string | undefined =>
	own(content, "PrimaryEntityName") === kind
		? (idAt(content, "PrimaryEntityId") ?? idAt(content, "InputParameters", "Target", "Id"))
		: undefined;

const contactOf = (content: ValueObject): Value | undefined =>
	primaryOf(content, "contact") ??
	idAt(content, "OutputParameters", "CreatedEntities", "contact", "Id") ??
	idAt(content, "record", "parentcontactid", "Id");

const leadOf = (content: ValueObject): Value | undefined =>
	primaryOf(content, "lead") ?? idAt(content, "InputParameters", "LeadId", "Id");

/** The contact that goes when two are merged; `Target` is the one that stays. */
const mergedOf = (content: ValueObject): Value | undefined =>
	typeOf(content) === "contact.Merge" ? idAt(content, "InputParameters", "SubordinateId") : undefined;
