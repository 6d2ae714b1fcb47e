import { z } from "zod";
import {
	choice,
	type Delivery,
	defineConnector,
	good,
	isList,
	isObject,
	type Message,
	openReading,
	own,
	type Reading,
	text,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	enrol: choice(
		"Who becomes a member. lead_converted: whoever reaches the lifecycle stage `stage`. never: nobody by way of HubSpot.",
		["lead_converted", "never"],
	),
	stage: text(
		"Internal name of the lifecycle stage that makes a lead a customer; of a stage of your own it is a number.",
		"customer",
	),
	account: text(
		"The account's number (Hub ID). Messages of other accounts, in which the same app is installed, then fail. Empty: any.",
	),
	app: text(
		"The number of the app by which the hub writes to HubSpot: what that app changed is ignored. Empty: none.",
	),
});
type Settings = z.output<typeof settings>;

/** HubSpot's app webhooks and the webhooks that its workflows send: https://developers.hubspot.com/docs/api/webhooks */
export const hubspot = defineConnector({
	slug: "hubspot",
	title: "HubSpot",
	docs: "https://developers.hubspot.com/docs/api/webhooks",
	methods: ["POST"],
	secrets: {
		client: {
			title: "Client secret",
			description:
				"Of the app whose webhooks these are, or which a workflow signs with: the app's Auth tab, Client secret.",
		},
		key: {
			title: "API key of workflows",
			description:
				"A text of your own that workflows send as the request header X-Hub-Secret, where they are signed by no app.",
		},
		token: {
			title: "Access token",
			description:
				"Of a private app with the scope crm.objects.contacts.read, pat-…: the hub reads by it the contacts whose number an app's " +
				"webhooks say. Without it nothing is read.",
		},
	},
	settings,
	/** Workflows try for three days, an app's subscriptions for one. */
	retriesForMs: 3 * 24 * 3_600_000,
	// Of a workflow: what it sends may be what it sent before. An app's tries differ in their bodies anyway, and its messages have ids.
	telling: ["X-HubSpot-Correlation-Id"],
	verify: () => ({
		schemes: [
			{
				kind: "firstOf",
				schemes: [
					{
						kind: "hmac",
						secret: "client",
						algorithm: "sha256",
						signature: { from: "header:X-HubSpot-Signature-v3", encoding: "base64" },
						signed: "{method}{urlDecoded}{body}{ts}",
						timestamp: { from: "header:X-HubSpot-Request-Timestamp", unit: "ms", toleranceSeconds: 300 },
					},
					{
						kind: "hash",
						secret: "client",
						algorithm: "sha256",
						signature: { from: "header:X-HubSpot-Signature", encoding: "hex" },
						// Versions 1 and 2, of which another header tells; neither can be taken for the other and still be JSON.
						signed: ["{secret}{body}", "{secret}{method}{url}{body}"],
					},
					{ kind: "token", secret: "key", from: "header:X-Hub-Secret" },
				],
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	messages: (body) => good((isList(body) ? body : [body]).flatMap(messagesOf)),
	read,
	enrich: () => ({
		origin: "https://api.hubapi.com",
		headers: { Authorization: "Bearer {secret:token}" },
		// A private app may ask a hundred times in ten seconds; others may ask by the same one.
		perSecond: 8,
		fetches: [
			{
				into: "contact",
				when: ({ type }) => type === "contact.creation" || type === "contact.propertyChange",
				path: `/crm/v3/objects/contacts/{field:objectId}?properties=${contactProperties.join(",")}`,
				identities: {
					email: "{field:enriched.contact.properties.email}",
					phone: "{field:enriched.contact.properties.phone}",
				},
			},
		],
	}),
	problem: (content, _delivery, { account }) => {
		const from = textOf(own(content, "portalId") ?? own(content, "portal-id"));
		return account === "" || from === undefined || from === account
			? undefined
			: `the message is of another account than ${account}`;
	},
	sample: { file: "lifecyclestage-customer.json" },
	advice: ({ enrol, stage, app }, secretsSet) => [
		enrol === "lead_converted"
			? `A contact who reaches the stage ${stage} becomes a member (enrol=lead_converted); enrol=never is the other.`
			: "Nobody becomes a member through this endpoint (enrol=never).",
		...(secretsSet.has("token")
			? []
			: [
					"An app's webhooks name contacts by number only: without the secret `token`, let a workflow send the contact too, so that members get their e-mail.",
				]),
		...(app === "" ? ["Set app=… before the hub writes to HubSpot, so that it knows its own changes."] : []),
	],
});

/** What mappings may read of a contact that the hub asked for. */
const contactProperties = [
	"email",
	"firstname",
	"lastname",
	"lifecyclestage",
	"phone",
	"mobilephone",
	"company",
	"address",
	"city",
	"state",
	"zip",
	"country",
];

/** A merge of several is one message for each who goes; of a workflow's contact only the newest values count. */
function messagesOf(item: Value): readonly Value[] {
	if (!isObject(item)) return [item];
	if (isMerge(item)) return mergesOf(item);
	const properties = own(item, "properties");
	return [isObject(properties) ? { ...item, properties: plain(properties) } : item];
}

const isMerge = (item: ValueObject): boolean => /\.merge$/.test(textOf(own(item, "subscriptionType")) ?? "");

/** HubSpot keeps one of the merged records, or makes a new one (`newObjectId`) that the primary goes over to as well. */
function mergesOf(item: ValueObject): readonly ValueObject[] {
	const primary = textOf(own(item, "primaryObjectId"));
	const kept = textOf(own(item, "newObjectId")) ?? primary;
	const merged = own(item, "mergedObjectIds");
	const all = [primary, ...(isList(merged) ? merged.map(textOf) : [])];
	const gone = [...new Set(all)].flatMap((id) => (id === undefined || id === kept ? [] : [id]));
	if (kept === undefined || gone.length === 0) return [item];
	return gone.map((mergedObjectId) => ({ ...item, mergedObjectId, keptObjectId: kept }));
}

/** `{ email: { value, versions } }`, as a workflow's older body has it, is `{ email }`. */
const plain = (properties: ValueObject): ValueObject =>
	Object.fromEntries(
		Object.entries(properties).map(([name, property]) => [
			name,
			isObject(property) ? (own(property, "value") ?? null) : property,
		]),
	);

/** An event's id is not unique by itself, says HubSpot. */
const eventId = "{field:eventId}:{field:subscriptionId}:{field:occurredAt}";

const common = {
	id: [`${eventId}:{field:mergedObjectId}`, eventId],
	type: "{field:subscriptionType}",
	time: { from: "{field:occurredAt}", unit: "ms" },
	identities: {},
} satisfies Reading;

const readOther = openReading(common);

const readContact = openReading({
	...common,
	identities: {
		"hubspot.contact": ["{field:keptObjectId}", "{field:mergedObjectId}", "{field:objectId}"],
	},
	erase: { "field:subscriptionType": ["contact.privacyDeletion", "object.privacyDeletion"] },
	merge: {
		when: { "field:subscriptionType": ["contact.merge", "object.merge"] },
		from: { kind: "hubspot.contact", value: "{field:mergedObjectId}" },
		into: { kind: "hubspot.contact", value: "{field:keptObjectId}" },
	},
});

/** Of the person whom a workflow is about. */
const addresses = {
	email: ["{field:properties.email}", "{field:email}"],
	phone: ["{field:properties.phone}", "{field:phone}"],
};

/** A workflow is tried again for days, while the contact changes: what it sends is as old as their last change in it. */
const lastModified = ["{field:properties.lastmodifieddate}", "{field:lastmodifieddate}"].flatMap(
	(from) =>
		[
			{ from, unit: "ms" },
			{ from, unit: "iso" },
		] as const,
);

const ofWorkflow = {
	// Where it is missing, what is sent stands in for an id.
	id: "{header:X-HubSpot-Correlation-Id}",
	type: "workflow",
	time: lastModified,
	identities: addresses,
} satisfies Reading;

const readWorkflow = openReading(ofWorkflow);

const readContactsWorkflow = openReading({
	...ofWorkflow,
	type: "workflow.contact",
	identities: { "hubspot.contact": ["{field:vid}", "{field:objectId}"], ...addresses },
});

/** Kinds of record by the number that the newer, generic subscriptions and workflows give them. */
const objectTypes: Readonly<Record<string, string>> = {
	"0-1": "contact",
	"0-2": "company",
	"0-3": "deal",
	"0-5": "ticket",
};

function read(content: ValueObject, delivery: Delivery, { app }: Settings): Message {
	const { type } = readOther(content, delivery);
	if (type === "") return readWorkflowOf(content, delivery);
	const named = type.replace(/^object(?=\.)/, () => objectTypeOf(content) ?? "object");
	const message = {
		...(named.startsWith("contact.") ? readContact : readOther)(content, delivery),
		type: named,
	};
	return message.control === undefined && isEcho(content, app) ? { ...message, ignore: "echo" } : message;
}

/** A contact's workflow has a `vid` where its body is of the older form or one's own. */
function readWorkflowOf(content: ValueObject, delivery: Delivery): Message {
	const kind = own(content, "vid") === undefined ? objectTypeOf(content) : "contact";
	if (kind === "contact") return readContactsWorkflow(content, delivery);
	const message = readWorkflow(content, delivery);
	return kind === undefined ? message : { ...message, type: `workflow.${kind}` };
}

const objectTypeOf = (content: ValueObject): string | undefined =>
	objectTypes[textOf(own(content, "objectTypeId")) ?? ""] ??
	textOf(own(content, "objectType"))?.toLowerCase();

const isEcho = (content: ValueObject, app: string): boolean =>
	app !== "" && own(content, "changeSource") === "INTEGRATION" && textOf(own(content, "sourceId")) === app;
