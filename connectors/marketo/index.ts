import { z } from "zod";
import { choice, defineConnector, header } from "../../src/kit/index.ts";

const settings = z.strictObject({
	secretHeader: header("Name of the request header that carries the secret `header`.", "X-Hub-Secret"),
	enrol: choice(
		"Who becomes a member. signup: whoever the webhook `loyalty-signup` names. never: nobody by way of Marketo.",
		["signup", "never"],
	),
});

/** Webhooks of Marketo Engage, called from campaigns: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/webhooks/webhooks */
export const marketo = defineConnector({
	slug: "marketo",
	title: "Marketo Engage",
	docs: "https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/webhooks/webhooks",
	methods: ["POST"],
	body: ["json", "form"],
	secrets: {
		header: {
			title: "Header secret",
			description:
				"A text of your own that the webhook sends as a custom header (X-Hub-Secret, or what the setting secretHeader " +
				"says). Marketo signs nothing.",
		},
	},
	settings,
	/** Marketo does not try again. What a proxy repeats comes within a minute. */
	retriesForMs: 60_000,
	verify: ({ secretHeader }) => ({
		schemes: [{ kind: "token", secret: "header", from: `header:${secretHeader}` }],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read: {
		// A campaign calls several webhooks for a lead in one second.
		id: [
			"{field:name}/{field:lead.id}/{field:campaign.id}/{field:step}/{field:datetime}",
			"{field:name}/{field:lead_id}/{field:campaign_id}/{field:step}/{field:datetime}",
			"{field:lead.id}/{field:campaign.id}/{field:step}/{field:datetime}",
			"{field:lead_id}/{field:campaign_id}/{field:step}/{field:datetime}",
		],
		type: "{field:name}",
		// `datetime` is on the account's clock and does not say which that is. Marketo sends at once and once: when it came is when it was.
		identities: {
			id: ["{field:lead.loyalty_id}", "{field:loyalty_id}"],
			"marketo.lead": ["{field:lead.id}", "{field:lead_id}"],
			email: ["{field:lead.email}", "{field:email}"],
			phone: ["{field:lead.phone}", "{field:phone}"],
		},
	},
	sample: { file: "webhook.json" },
	advice: ({ secretHeader, enrol }) => [
		`The webhook shows its secret as the custom header ${secretHeader}.`,
		enrol === "signup"
			? "The webhook `loyalty-signup` makes a member (enrol=signup); enrol=never is the other."
			: "Nobody becomes a member through this endpoint (enrol=never).",
	],
});
