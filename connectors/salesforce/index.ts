import {
	at,
	type Delivery,
	defineConnector,
	type Enrichment,
	type Identity,
	identitiesOf,
	isoTime,
	type Message,
	own,
	type Scheme,
	textOf,
	type Value,
	type ValueObject,
	type Verification,
} from "../../src/kit/index.ts";
import { messagesOf } from "./messages.ts";
import { convertedLeads } from "./pull.ts";
import { apiVersion, canOpenSession } from "./session.ts";
import { hubClient, type Settings, settings } from "./settings.ts";
import { streamedEvents } from "./stream.ts";

const envelope = (body: string): string =>
	`<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>
`;

/** Salesforce's Outbound Messages, and its records and events as JSON. */
export const salesforce = defineConnector({
	slug: "salesforce",
	title: "Salesforce",
	docs: "https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm",
	methods: ["POST"],
	body: ["json", "xml"],
	secrets: {
		header: {
			title: "Header secret",
			description:
				"A text of your own that a Named Credential or a relay sends as a request header (X-Hub-Secret, or what the " +
				"setting secretHeader says): callouts of Flow and Apex, and forwarded events, are taken with it only.",
		},
		consumerKey: {
			title: "Consumer key",
			description:
				"Of an external client app with the client credentials flow: the hub asks Salesforce by it.",
		},
		consumerSecret: { title: "Consumer secret", description: "Of the same app." },
	},
	settings,
	/** Salesforce tries an Outbound Message for 24 hours. */
	retriesForMs: 24 * 3_600_000,
	answer: {
		to: "xml",
		status: 200,
		type: "text/xml; charset=UTF-8",
		text: envelope(
			'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>',
		),
	},
	refusal: {
		to: "xml",
		status: 400,
		type: "text/xml; charset=UTF-8",
		text: envelope(
			"<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>this listener does not take the message</faultstring></soapenv:Fault>",
		),
	},
	verify,
	messages: messagesOf,
	enrich: recordsThatChanged,
	pull: convertedLeads,
	stream: streamedEvents,
	read,
	problem,
	advice,
});

function verify({ organisation, networks, secretHeader }: Settings): Verification {
	const secret: Scheme = { kind: "token", secret: "header", from: `header:${secretHeader}` };
	const named: Scheme = {
		kind: "named",
		from: "field:Envelope.Body.notifications.OrganizationId",
		names: [organisation],
		// The other three tell capitals, and are not always there.
		characters: 15,
	};
	const sender: Scheme = organisation === "" ? secret : { kind: "firstOf", schemes: [secret, named] };
	return {
		schemes: [sender, { kind: "addresses", networks }],
		// An Outbound Message can show no secret: the URL's token is what protects it.
		unsigned: organisation === "" ? "refuse" : "accept",
		partly: "all",
		unasked: ["field:Envelope.Body.notifications.SessionId"],
	};
}

function read(content: ValueObject): Message {
	const object = textOf(own(content, "object")) ?? "";
	const change = textOf(own(content, "change"));
	return {
		id: idOf(content),
		type: change === undefined ? object : `${object}.${change}`,
		time: timeOf(content),
		identities: identitiesIn(object, own(content, "record")),
		content,
		...(isGap(content) && change !== "DELETE" && { needs: { answer: "record", why: readThere } }),
		...(isEcho(content) && { ignore: "echo" }),
		...mergeIn(object, own(content, "record")),
	};
}

/** A record that was sent by itself has none: two changes within a second could not be told apart by its time. */
function idOf(content: ValueObject): string | undefined {
	const transaction = textOf(at(content, "header", "transactionKey"));
	if (transaction !== undefined) {
		const sequence = textOf(at(content, "header", "sequenceNumber")) ?? "";
		return `${transaction}:${sequence}:${textOf(at(content, "record", "Id")) ?? ""}`;
	}
	return textOf(at(content, "notification", "Id")) ?? textOf(at(content, "event", "EventUuid"));
}

function timeOf(content: ValueObject): number | undefined {
	const committed = at(content, "header", "commitTimestamp");
	if (typeof committed === "number" && Number.isSafeInteger(committed)) return committed;
	const changed =
		isoTime(at(content, "record", "SystemModstamp")) ?? isoTime(at(content, "record", "LastModifiedDate"));
	// A platform event is made once.
	return (
		changed ??
		(own(content, "event") === undefined ? undefined : isoTime(at(content, "record", "CreatedDate")))
	);
}

function identitiesIn(object: string, record: Value | undefined): readonly Identity[] {
	const field = (name: string) => at(record, name);
	switch (object) {
		case "Lead":
			return identitiesOf([
				["salesforce.contact", field("ConvertedContactId")],
				["salesforce.lead", field("Id")],
				["email", field("Email")],
			]);
		case "Contact":
			return identitiesOf([
				["salesforce.contact", field("Id")],
				["email", field("Email")],
			]);
		case "Account":
			// Of a person account; a company's has neither.
			return identitiesOf([
				["salesforce.contact", field("PersonContactId")],
				["email", field("PersonEmail")],
			]);
		default:
			return identitiesOf([["salesforce.contact", field("ContactId")]]);
	}
}

/** `com/salesforce/api/rest/66.0;client=loyalty-hub/` */
const isEcho = (content: ValueObject): boolean =>
	/;client=([^;/]*)/.exec(textOf(at(content, "header", "changeOrigin")) ?? "")?.[1] === hubClient;

/** A contact that was deleted by a merge names the one that was kept. */
function mergeIn(object: string, record: Value | undefined): Pick<Message, "control" | "merge"> {
	const from = textOf(at(record, "Id"));
	const into = textOf(at(record, "MasterRecordId"));
	if (object !== "Contact" || from === undefined || into === undefined) return {};
	const contact = (value: string): Identity => ({ kind: "salesforce.contact", value });
	return { control: "merge", merge: { from: contact(from), into: contact(into) } };
}

function problem(content: ValueObject, _delivery: Delivery): string | undefined {
	const { type } = read(content);
	if (type === "" || own(content, "record") === undefined)
		return "the message is no record, no change event and no platform event of Salesforce's";
	if (own(content, "notification") !== undefined && textOf(at(content, "notification", "Id")) === undefined)
		return "the notification has no Id";
	return type.endsWith(".GAP_OVERFLOW")
		? `${type}: Salesforce says that more records changed at once than it tells of, and not which: read them again there`
		: undefined;
}

const readThere =
	"Salesforce says that the record changed and not how: the hub reads it there, for which the endpoint needs myDomain, " +
	"`consumerKey` and `consumerSecret`";

/** Where Salesforce could not say what changed, an event says that something did. */
const isGap = (content: ValueObject): boolean =>
	textOf(at(content, "header", "changeType"))?.startsWith("GAP_") === true;

/** https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_get_field_values.htm */
function recordsThatChanged({ myDomain }: Settings): Enrichment | undefined {
	if (myDomain === "") return undefined;
	return {
		origin: myDomain,
		headers: { Authorization: "Bearer {token}" },
		token: {
			url: `${myDomain}/services/oauth2/token`,
			form: {
				grant_type: "client_credentials",
				client_id: "{secret:consumerKey}",
				client_secret: "{secret:consumerSecret}",
			},
		},
		// An organisation may ask some 100,000 times in a day, with all its other apps.
		perSecond: 5,
		fetches: [
			{
				into: "record",
				when: ({ needs }) => needs !== undefined,
				path: `/services/data/v${apiVersion}/sobjects/{field:object}/{field:record.Id}`,
				replaces: "record",
				identities: {
					"salesforce.contact": [
						"{field:enriched.record.ConvertedContactId}",
						"{field:enriched.record.PersonContactId}",
						"{field:enriched.record.ContactId}",
					],
					email: ["{field:enriched.record.Email}", "{field:enriched.record.PersonEmail}"],
				},
			},
		],
	};
}

function advice(settings: Settings, secretsSet: ReadonlySet<string>): readonly string[] {
	const { organisation, networks, enrol } = settings;
	const said = [
		enrol === "lead_converted"
			? "A converted lead makes a member (enrol=lead_converted); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
	];
	const asks = canOpenSession(settings, secretsSet);
	if (settings.myDomain === "" && settings.channels.length > 0)
		said.push("To read channels the hub needs myDomain=https://… too.");
	if (organisation === "" && !secretsSet.has("header") && !asks)
		said.push("Set organisation=00D… for Outbound Messages, or the secret `header` for callouts and events.");
	if (organisation !== "" && networks.length === 0)
		said.push(
			"Salesforce does not sign Outbound Messages: keep the URL to yourself, and set `networks` where you know its " +
				"addresses.",
		);
	return said;
}
