import { z } from "zod";
import { connectors } from "../../connectors/index.ts";
import type { Connector } from "../../src/kit/connector.ts";
import { defineConnector, text } from "../../src/kit/index.ts";

/**
 * A system whose webhooks have an id and little else, and whose API knows the rest: what it sends and what it answers is
 * HubSpot's (https://developers.hubspot.com/docs/api/webhooks, /docs/api/crm/contacts).
 */
const crm = defineConnector({
	slug: "crm",
	title: "CRM",
	docs: "https://crm.example/docs",
	methods: ["POST"],
	secrets: {
		shared: { title: "Shared secret", description: "What the CRM shows." },
		token: { title: "Access token", description: "What its API wants to see." },
		client: { title: "Client secret", description: "By which an access token is had that expires." },
	},
	settings: z.strictObject({
		api: text("Where its API is.", "https://api.crm.example"),
		login: text("Where tokens are had that expire; none where empty."),
	}),
	retriesForMs: 24 * 3_600_000,
	verify: () => ({
		schemes: [{ kind: "token", from: "header:X-Secret", secret: "shared" }],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read: {
		id: "{field:eventId}",
		type: "{field:subscriptionType}",
		time: { from: "{field:occurredAt}", unit: "ms" },
		identities: { "crm.contact": "{field:objectId}" },
		erase: { "field:subscriptionType": "contact.privacyDeletion" },
	},
	enrich: ({ api, login }) => ({
		origin: api,
		...(login === ""
			? { headers: { Authorization: "Bearer {secret:token}" } }
			: {
					headers: { Authorization: "Bearer {token}" },
					token: {
						url: `${login}/oauth2/token`,
						form: { grant_type: "client_credentials", client_secret: "{secret:client}" },
					},
				}),
		perSecond: 100,
		fetches: [
			{
				into: "contact",
				when: { "field:subscriptionType": ["contact.creation", "contact.propertyChange"] },
				path: "/crm/v3/objects/contacts/{field:objectId}?properties=email,firstname",
				cacheForMs: 60_000,
				identities: { email: "{field:enriched.contact.properties.email}" },
			},
		],
	}),
});

/** Before a hub reads its definitions, which know all connectors by name. */
(connectors as Map<string, Connector>).set(crm.slug, crm);

const tests = `tests:
  - it: takes a contact with its address
    message: { eventId: 1, subscriptionType: contact.creation, objectId: 7, occurredAt: 1780567200000,
               enriched: { contact: { properties: { email: ada@example.test, firstname: Ada } } } }
    gives:
      - { action: opt_in, customer: [ { crm.contact: "7" }, { email: ada@example.test } ],
          timestamp: "2026-06-04T10:00:00Z", data: { email: ada@example.test, first_name: Ada } }
  - it: leaves others alone
    message: { subscriptionType: contact.deletion, objectId: 7 }
    gives: []
`;

/** A contact is a member; one who becomes a customer there has five points. The second needs the answer, the first does not. */
export const crmMappings: Readonly<Record<string, string>> = {
	"crm/contact": `from: crm
when: { subscriptionType: contact.creation }
event:
  action: opt_in
  customer: [ { crm.contact: $.objectId }, { email: $.enriched.contact.properties.email } ]
  data:
    email: $.enriched.contact.properties.email
    first_name: $.enriched.contact.properties.firstname
${tests}`,
	"crm/customer": `from: crm
when: { subscriptionType: contact.propertyChange, propertyName: lifecyclestage, propertyValue: customer }
event:
  action: point_add
  customer: [ { email: $.enriched.contact.properties.email } ]
  data: { points: 5, note: { $string: $.enriched.contact.properties.score } }
`,
};
