import { z } from "zod";
import {
	at,
	bad,
	bytesOfBase64,
	choice,
	type Delivery,
	defineConnector,
	good,
	type Handshake,
	identitiesOf,
	isList,
	isObject,
	isoTime,
	list,
	type Message,
	own,
	type Result,
	readJson,
	text,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	customer: text("Path of the customer's loyalty id in an event, names joined by dots.", "data.customer_id"),
	email: text("Path of the customer's e-mail address in an event, names joined by dots.", "data.email"),
	origins: list("Who may ask for the address before sending (WebHook-Request-Origin). None: whoever does."),
	rate: z
		.string()
		.trim()
		.regex(/^(?:\*|[1-9][0-9]*)$/, "is a number, or * for any")
		.default("*")
		.describe("How many requests a minute a sender is told that it may make: a number, or * for any."),
	unsigned: choice(
		"What becomes of events while no secret is set. refuse: they are answered 401. accept: the unguessable URL " +
			"is all that protects the endpoint.",
		["refuse", "accept"],
	),
});
type Settings = z.output<typeof settings>;

/** Whoever sends CloudEvents 1.0 over HTTP: https://github.com/cloudevents/spec */
export const cloudevents = defineConnector({
	slug: "cloudevents",
	title: "CloudEvents",
	docs: "https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md",
	methods: ["POST"],
	// An event may be all headers, and its data of any type.
	body: ["bytes"],
	secrets: {
		token: {
			title: "Access token",
			description:
				"A text of your own that the sender shows: as a bearer token, or as `access_token` in the URL.",
		},
	},
	settings,
	retriesForMs: 24 * 3_600_000,
	anyShape: true,
	verify: ({ unsigned }) => ({
		schemes: [
			{
				kind: "firstOf",
				schemes: [
					{ kind: "bearer", secret: "token" },
					{ kind: "token", secret: "token", from: "query:access_token" },
				],
			},
		],
		unsigned,
		partly: "firstOnly",
	}),
	telling: ["ce-id", "ce-source", "ce-type"],
	messages: (_body, delivery) => eventsOf(delivery),
	read,
	endpoint: (chosen) => ({ handshakes: handshakesOf(chosen) }),
	problem,
	advice: ({ unsigned }, secretsSet) => [
		...(secretsSet.size === 0 && unsigned === "accept"
			? ["Nothing proves who sends: whoever learns the URL can send events. Set the secret `token`."]
			: []),
		"Its mappings are yours: mappings/local, with `from: cloudevents`.",
	],
});

/** A sender asks whether it may send, and a receiver that does not answer is not sent anything (HTTP webhooks, §4). */
function handshakesOf({ origins, rate }: Settings): readonly Handshake[] {
	const asked = {
		method: "OPTIONS",
		has: ["header:WebHook-Request-Origin"],
		answer: {
			status: 200,
			headers: {
				Allow: "POST",
				"WebHook-Allowed-Origin": "{header:WebHook-Request-Origin}",
				"WebHook-Allowed-Rate": rate,
			},
		},
	} as const;
	if (origins.length === 0) return [asked];
	return origins.map((origin) => ({ ...asked, equals: { "header:WebHook-Request-Origin": origin } }));
}

/** The events of a request in its content mode: one in JSON, a list of them, or one whose attributes are headers. */
function eventsOf(delivery: Delivery): Result<readonly Value[], string> {
	const type = mediaTypeOf(delivery.headers["content-type"]);
	const format = /^application\/cloudevents(-batch)?(?:\+(.+))?$/.exec(type);
	if (format === null && Object.hasOwn(delivery.headers, "ce-specversion"))
		return binaryEvent(delivery, type);
	if (format?.[2] !== undefined && format[2] !== "json") return bad("events are read in JSON alone");
	const body = readJson(delivery.body);
	if (!body.ok) return bad(body.failure.reason);
	const events = isList(body.value) ? body.value : [body.value];
	if (format?.[1] !== undefined && !isList(body.value)) return bad("the batch is no JSON list");
	return good(events.map((event) => (isObject(event) ? withData(event) : event)));
}

const mediaTypeOf = (type: string | undefined): string =>
	(type ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

const isJson = (type: string): boolean => type === "" || /^[^/]+\/(?:.+\+)?json$/.test(type);

/** JSON that came as base64 is JSON all the same; other data is its sender's. */
function withData(event: ValueObject): ValueObject {
	const encoded = own(event, "data_base64");
	const type = mediaTypeOf(textOf(own(event, "datacontenttype")));
	if (typeof encoded !== "string" || !isJson(type)) return event;
	const bytes = bytesOfBase64(encoded);
	const data = bytes === undefined ? undefined : readJson(bytes);
	if (data?.ok !== true) return event;
	const { data_base64: _encoded, ...attributes } = event;
	return { ...attributes, data: data.value };
}

/** Attributes are headers, the body is the data; data that is neither JSON nor text stays in the delivery. */
function binaryEvent({ headers, body }: Delivery, type: string): Result<readonly Value[], string> {
	const attributes = Object.entries(headers).flatMap(([name, value]) =>
		name.startsWith("ce-") ? [[name.slice("ce-".length), unescaped(unquoted(value))] as const] : [],
	);
	const { "content-type": datacontenttype } = headers;
	const event: ValueObject = {
		...Object.fromEntries(attributes),
		...(datacontenttype === undefined ? {} : { datacontenttype }),
	};
	if (body.length === 0) return good([event]);
	if (isJson(type)) {
		const data = readJson(body);
		return data.ok ? good([{ ...event, data: data.value }]) : bad(data.failure.reason);
	}
	return good([type.startsWith("text/") ? { ...event, data: new TextDecoder().decode(body) } : event]);
}

/** Earlier versions put values in quotes, and a backslash before what is to be itself: they are taken away first. */
const unquoted = (value: string): string =>
	/^"(?:[^"\\]|\\.)*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;

/** A header's value has everything but printable ASCII as percent-encoded UTF-8 (HTTP protocol binding, §3.1.3.2). */
function unescaped(value: string): string {
	try {
		return decodeURIComponent(value);
	} catch {
		return value;
	}
}

function read(content: ValueObject, _delivery: Delivery, { customer, email }: Settings): Message {
	const source = textOf(own(content, "source"));
	const id = textOf(own(content, "id"));
	return {
		// Two sources may count alike. No URI has a blank.
		id: source === undefined || id === undefined ? undefined : `${source} ${id}`,
		type: textOf(own(content, "type")) ?? "",
		time: isoTime(own(content, "time")),
		identities: identitiesOf([
			["id", at(content, ...customer.split("."))],
			["email", at(content, ...email.split("."))],
		]),
		content,
	};
}

/** What every event has (CloudEvents, Required Attributes). */
const required = ["id", "source", "specversion", "type"] as const;

function problem(content: ValueObject): string | undefined {
	const missing = required.find(
		(name) => typeof own(content, name) !== "string" || own(content, name) === "",
	);
	if (missing !== undefined) return `the event has no ${missing}`;
	return own(content, "specversion") === "1.0" ? undefined : "the event is of another version than 1.0";
}
