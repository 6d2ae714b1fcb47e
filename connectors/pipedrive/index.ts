import { z } from "zod";
import {
	at,
	choice,
	type Delivery,
	defineConnector,
	flag,
	good,
	type Identity,
	identitiesOf,
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
		"Who becomes a member. lead_converted: the person of a deal that is won. never: nobody by way of Pipedrive.",
		["lead_converted", "never"],
	),
	purchases: flag("Whether a won deal is a purchase, which earns points on its value."),
	company: z
		.string()
		.trim()
		.regex(/^[a-z0-9-]{0,63}$/, "is the first part of the address alone, such as acme of acme.pipedrive.com")
		.default("")
		.describe(
			"First part of the company's address, acme of acme.pipedrive.com: where the hub asks for the person of a won deal or a new lead. " +
				"Empty: it asks nothing.",
		),
	user: text(
		"Number of the user whose token the hub writes to Pipedrive with: what that token changed is ignored. Empty: none.",
	),
});
type Settings = z.output<typeof settings>;

/** Pipedrive's webhooks, versions 1 and 2: https://pipedrive.readme.io/docs/guide-for-webhooks-v2 */
export const pipedrive = defineConnector({
	slug: "pipedrive",
	title: "Pipedrive",
	docs: "https://pipedrive.readme.io/docs/guide-for-webhooks-v2",
	methods: ["POST"],
	secrets: {
		login: {
			title: "HTTP Auth",
			description:
				"User name and password of your own, with a colon between them, which the webhook is made with. Pipedrive signs nothing.",
		},
		apiToken: {
			title: "API token",
			description:
				"Of a user who may see all persons, Personal preferences → API: the hub asks Pipedrive by it.",
		},
	},
	settings,
	/** Pipedrive tries again after 3, 30 and 150 seconds; after failures it may wait for half an hour. */
	retriesForMs: 3_600_000,
	verify: () => ({
		schemes: [{ kind: "basic", secret: "login" }],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	messages: (body) =>
		good((isList(body) ? body : [body]).map((item) => (isObject(item) ? readable(item) : item))),
	read,
	enrich: ({ company }) =>
		company === ""
			? undefined
			: {
					origin: `https://${company}.pipedrive.com`,
					headers: { "x-api-token": "{secret:apiToken}" },
					// The smallest plan may ask twenty times in two seconds; others may ask by the same token.
					perSecond: 5,
					fetches: [
						{
							into: "person",
							when: asksForPerson,
							path: "/api/v2/persons/{field:person.id}",
							identities: { email: valuesAt("emails"), phone: valuesAt("phones") },
						},
					],
				},
	problem: (content) =>
		typeOf(content) === undefined ? "the message has no meta.action and meta.entity" : undefined,
	advice: ({ enrol, purchases, company }) => [
		enrol === "lead_converted"
			? "The person of a won deal becomes a member (enrol=lead_converted); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		purchases
			? "A won deal is a purchase of its value (purchases=true)."
			: "A won deal earns nothing by its value (purchases=false).",
		...(company === ""
			? [
					"A deal names its person by number only: set company=… and the secret `apiToken`, so that members get their e-mail.",
				]
			: []),
	],
});

/** Deals and leads name their person by number. Of a deal it is asked when it is won, and not when it changes after that. */
function asksForPerson({ type, content }: Message): boolean {
	if (type === "create.lead") return true;
	if (at(content, "data", "status") !== "won") return false;
	const before = textOf(at(content, "previous", "status"));
	return type === "create.deal" || (type === "change.deal" && before !== undefined && before !== "won");
}

/** Places of a person's addresses, of which few have more. */
const valuesAt = (list: string): readonly string[] =>
	[0, 1, 2].map((index) => `{field:enriched.person.data.${list}.${index}.value}`);

/** What version 1 calls things, in the words of version 2. */
const actions: Readonly<Record<string, string>> = { added: "create", updated: "change", deleted: "delete" };

/** A message of either version as one of version 2, and beside it `person`: whom it is about, by what they are best known. */
function readable(message: ValueObject): ValueObject {
	const content = own(message, "current") === undefined ? message : upgraded(message);
	const meta = own(content, "meta");
	const record = isObject(own(content, "data")) ? own(content, "data") : own(content, "previous");
	const isPerson = at(meta, "entity") === "person";
	const person: Readonly<Record<string, string | undefined>> = {
		id: textOf(isPerson ? at(meta, "entity_id") : at(record, "person_id")),
		email: isPerson ? best(at(record, "emails")) : undefined,
		phone: isPerson ? best(at(record, "phones")) : undefined,
	};
	return { ...content, person: known(person) };
}

const known = (values: Readonly<Record<string, string | undefined>>): ValueObject =>
	Object.fromEntries(
		Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
	);

/** The primary one, else the first that is there. */
function best(addresses: Value | undefined): string | undefined {
	const all = isList(addresses) ? addresses : [];
	const primary = all.filter((one) => isObject(one) && own(one, "primary") === true);
	return [...primary, ...all].map((one) => textOf(at(one, "value"))).find((value) => value !== undefined);
}

/** Version 1 has the record's number as `meta.id`, and calls the record `current`, which is null for one that is gone. */
function upgraded({ current = null, previous = null, ...message }: ValueObject): ValueObject {
	const meta = own(message, "meta");
	if (!isObject(meta)) return message;
	const { action = null, object = null, id = null, ...others } = meta;
	return {
		...message,
		meta: { ...others, action: actions[textOf(action) ?? ""] ?? action, entity: object, entity_id: id },
		data: withLists(current),
		previous: withLists(previous),
	};
}

/** `email` and `phone` of version 1 are lists, which version 2 calls so. */
function withLists(record: Value): Value {
	if (!isObject(record)) return record;
	const { email, phone, ...others } = record;
	return { ...others, ...(isList(email) && { emails: email }), ...(isList(phone) && { phones: phone }) };
}

/** `meta.id` is a delivery's; of version 1, and where an early version 2 has the record's number there, the rest tells. */
const reading = {
	type: "{field:meta.action}.{field:meta.entity}",
	time: [
		{ from: "{field:meta.timestamp}", unit: "iso" },
		{ from: "{field:meta.timestamp}", unit: "s" },
	],
	identities: {},
} satisfies Reading;

const what = "{field:meta.action}.{field:meta.entity}:{field:meta.entity_id}";

const readNumbered = openReading({ ...reading, id: "{field:meta.id}" });

const readOther = openReading({
	...reading,
	id: [
		`{field:meta.correlation_id}:{field:meta.webhook_id}:${what}`,
		`{field:meta.timestamp_micro}:${what}`,
		`{field:meta.timestamp}:${what}`,
	],
});

const typeOf = (content: ValueObject): string | undefined =>
	textOf(at(content, "meta", "action")) && textOf(at(content, "meta", "entity"));

function read(content: ValueObject, delivery: Delivery, { user }: Settings): Message {
	const meta = own(content, "meta");
	const number = textOf(at(meta, "id"));
	const isDelivery = number !== undefined && number !== textOf(at(meta, "entity_id"));
	const message = {
		...(isDelivery ? readNumbered : readOther)(content, delivery),
		identities: identitiesIn(content),
	};
	const merged = mergeOf(content);
	if (merged !== undefined)
		return { ...message, identities: [merged.into, ...message.identities], control: "merge", merge: merged };
	const isOwn = user !== "" && at(meta, "change_source") === "api" && textOf(at(meta, "user_id")) === user;
	return isOwn ? { ...message, ignore: "echo" } : message;
}

/** Of a person every address, the former ones too. */
function identitiesIn(content: ValueObject): readonly Identity[] {
	const id = ["pipedrive.person", at(content, "person", "id")] as const;
	if (at(content, "meta", "entity") !== "person") return identitiesOf([id]);
	const records = [own(content, "data"), own(content, "previous")];
	const all = (kind: string, list: string) =>
		records.flatMap((record) => {
			const addresses = at(record, list);
			return isList(addresses) ? addresses.map((one) => [kind, at(one, "value")] as const) : [];
		});
	return identitiesOf([id, ...all("email", "emails"), ...all("phone", "phones")]);
}

/** Of two persons who are merged, one is deleted and says who stays. */
function mergeOf(content: ValueObject): { readonly from: Identity; readonly into: Identity } | undefined {
	const meta = own(content, "meta");
	if (at(meta, "entity") !== "person" || at(meta, "action") !== "delete") return undefined;
	const [from, into] = [textOf(at(meta, "entity_id")), textOf(at(meta, "merged_to_id"))];
	const kind = "pipedrive.person";
	return from === undefined || into === undefined
		? undefined
		: { from: { kind, value: from }, into: { kind, value: into } };
}
