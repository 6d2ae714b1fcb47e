import { z } from "zod";
import {
	at,
	choice,
	type Delivery,
	defineConnector,
	type Message,
	openReading,
	own,
	type Reading,
	textOf,
	type ValueObject,
} from "../../src/kit/index.ts";

const settings = z.strictObject({
	counts: choice(
		"What is a purchase: one of them, for Stripe tells of one payment by several events. sessions: a one-time Checkout. " +
			"payments: every payment that succeeds. invoices: every paid invoice.",
		["sessions", "payments", "invoices"],
	),
	enrol: choice(
		"Who becomes a member. never: nobody by way of Stripe. created: whoever becomes a customer at Stripe.",
		["never", "created"],
	),
	sandbox: choice(
		"What becomes of events without money (livemode: false). ignore: nothing. count: what becomes of all others, for a hub of tests.",
		["ignore", "count"],
	),
});
type Settings = z.output<typeof settings>;

/** Stripe's event destinations: https://docs.stripe.com/webhooks */
export const stripe = defineConnector({
	slug: "stripe",
	title: "Stripe",
	docs: "https://docs.stripe.com/webhooks",
	methods: ["POST"],
	secrets: {
		signing: {
			title: "Signing secret",
			description:
				"Of the event destination, whsec_…: each has its own, and that of a sandbox is another one.",
		},
		apiKey: {
			title: "Restricted API key",
			description:
				"That may read customers, Checkout Sessions, PaymentIntents, invoices and refunds, rk_…: the hub asks Stripe by it for the objects " +
				"that thin events name. Without it nothing is asked.",
		},
	},
	settings,
	/** Stripe tries for three days. */
	retriesForMs: 3 * 24 * 3_600_000,
	verify: () => ({
		schemes: [
			{
				kind: "hmac",
				secret: "signing",
				algorithm: "sha256",
				// Several while the secret is being replaced; v0 is of test events only, and is none.
				signature: { from: "header:Stripe-Signature[v1]", encoding: "hex" },
				signed: "{ts}.{body}",
				timestamp: { from: "header:Stripe-Signature[t]", unit: "s", toleranceSeconds: 300, side: "past" },
			},
		],
		unsigned: "refuse",
		partly: "firstOnly",
	}),
	read,
	enrich: () => ({
		origin: "https://api.stripe.com",
		headers: { Authorization: "Bearer {secret:apiKey}" },
		// A sandbox may be asked 25 times in a second, an account four times as often.
		perSecond: 15,
		fetches: asked.map(({ into, type, path, identities }) => ({
			into,
			when: { "field:related_object.type": type },
			// Never by the URL in the message: nothing in it says where the key goes.
			path: `${path}/{field:related_object.id}`,
			identities: Object.fromEntries(
				Object.entries(identities).map(([kind, at]) => [kind, `{field:enriched.${into}.${at}}`]),
			),
		})),
	}),
	problem,
	advice: ({ counts, enrol, sandbox }) => [
		`Points are earned by ${counts} (counts=${counts}): send ${eventsFor[counts]}, charge.refunded, customer.created and customer.updated, as snapshots; or as thin events with the secret \`apiKey\`, and refund.created in place of charge.refunded.`,
		enrol === "created"
			? "A new customer at Stripe becomes a member (enrol=created)."
			: "Nobody becomes a member through this endpoint (enrol=never).",
		...(sandbox === "count"
			? ["Events of a sandbox count like any other (sandbox=count): only a hub of tests wants that."]
			: []),
	],
});

const eventsFor: Readonly<Record<Settings["counts"], string>> = {
	sessions: "checkout.session.completed and checkout.session.async_payment_succeeded",
	payments: "payment_intent.succeeded",
	invoices: "invoice.paid",
};

const loyaltyId = "metadata.loyalty_id";

/** What thin events of the v1 API may be about, and how Stripe is asked for it: https://docs.stripe.com/api/v2/core/events */
const asked = [
	{
		into: "session",
		type: "checkout.session",
		path: "/v1/checkout/sessions",
		identities: { id: loyaltyId, "stripe.customer": "customer", email: "customer_details.email" },
	},
	{
		into: "payment",
		type: "payment_intent",
		path: "/v1/payment_intents",
		identities: { id: loyaltyId, "stripe.customer": "customer", email: "receipt_email" },
	},
	{
		into: "invoice",
		type: "invoice",
		path: "/v1/invoices",
		identities: { id: loyaltyId, "stripe.customer": "customer", email: "customer_email" },
	},
	{ into: "refund", type: "refund", path: "/v1/refunds", identities: {} },
	{
		into: "customer",
		type: "customer",
		path: "/v1/customers",
		identities: { id: loyaltyId, "stripe.customer": "id", email: "email", phone: "phone" },
	},
] as const;

/** What all events have in common. */
const common = {
	id: "{field:id}",
	type: "{field:type}",
	time: [
		{ from: "{field:created}", unit: "s" },
		{ from: "{field:created}", unit: "iso" },
	],
	test: { "field:livemode": "false" },
} satisfies Partial<Reading>;

/** Of an object that belongs to a customer. */
const readObject = openReading({
	...common,
	identities: {
		id: "{field:data.object.metadata.loyalty_id}",
		"stripe.customer": "{field:data.object.customer}",
		email: [
			"{field:data.object.customer_details.email}",
			"{field:data.object.customer_email}",
			"{field:data.object.receipt_email}",
			"{field:data.object.billing_details.email}",
		],
	},
});

/** Of a customer. */
const readCustomer = openReading({
	...common,
	identities: {
		id: "{field:data.object.metadata.loyalty_id}",
		"stripe.customer": "{field:data.object.id}",
		email: "{field:data.object.email}",
		phone: "{field:data.object.phone}",
	},
});

function read(content: ValueObject, delivery: Delivery, { sandbox }: Settings): Message {
	const isCustomer = textOf(at(content, "data", "object", "object")) === "customer";
	const message = (isCustomer ? readCustomer : readObject)(content, delivery);
	if (sandbox === "ignore" || message.ignore !== "test") return message;
	const { ignore: _, ...counted } = message;
	return counted;
}

/** A thin event names its object, which is asked for where the hub knows what it would be. */
function problem(content: ValueObject): string | undefined {
	if (textOf(own(content, "object")) !== "v2.core.event") return undefined;
	const type = textOf(at(content, "related_object", "type"));
	return asked.some((one) => one.type === type)
		? undefined
		: "the event is a thin one about what the hub does not ask for: let the event destination send snapshots";
}
