import { createSign, generateKeyPairSync } from "node:crypto";
import { connectors } from "../../connectors/index.ts";
import { nodeCrypto } from "../../src/host/crypto.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { invariant } from "../../src/model/result.ts";
import { sign, type Unsigned } from "../../src/verify/sign.ts";

/**
 * The senders of the samples: what an endpoint knows them by, and how they prove themselves by it. That the hub knows each of these
 * proofs as its sender makes it, `src/verify/vectors.json` and the connectors' own tests show.
 */

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const rsaPublic = String(rsa.publicKey.export({ type: "spki", format: "pem" }));
const ecdsa = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ecdsaPublic = ecdsa.publicKey.export({ type: "spki", format: "der" }).toString("base64");
const secret = "0123456789abcdef0123456789abcdef";

/** By connector, what its endpoint is made with. */
const secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	activecampaign: { token: secret },
	"adobe-commerce": { io: rsaPublic, webhooks: rsaPublic },
	"adobe-io-events": { publicKeys: rsaPublic },
	bloomreach: { token: secret },
	braze: { token: secret },
	cloudevents: { token: secret },
	customerio: { signing: secret },
	dotdigital: { signing: secret },
	dynamics365: { token: secret },
	eloqua: { clientId: "app", clientSecret: secret },
	emarsys: { token: secret },
	generic: { key: secret },
	hubspot: { client: secret },
	iterable: { token: secret },
	klaviyo: { signing: secret, header: secret },
	mailchimp: { url: secret },
	mandrill: { key: secret },
	marketo: { header: secret },
	mparticle: { authorization: secret },
	"oracle-commerce": { signing: secret },
	pipedrive: { login: `hub:${secret}` },
	rudderstack: { header: secret },
	salesforce: { header: secret },
	segment: { shared: secret },
	sendgrid: { publicKey: ecdsaPublic },
	sfmc: { signing: secret },
	shopify: { client: secret },
	"standard-webhooks": { signing: `whsec_${btoa(secret)}` },
	stripe: { signing: secret },
	tealium: { header: secret },
	twilio: { token: secret },
	woocommerce: { webhook: secret },
	// The samples show it.
	"zoho-crm": { token: "loyalty-hub-shared-token" },
};

export function secretsOf(slug: string): Readonly<Record<string, string>> {
	const own = secrets[slug];
	invariant(own !== undefined, `it is said here what an endpoint of ${slug} is made with`);
	return own;
}

/** Samples whose senders show less than all that their endpoint knows. */
const shown: Readonly<Record<string, readonly string[]>> = {
	// An organisation is known by its number.
	"salesforce/outbound-lead-converted.xml": [],
	"salesforce/outbound-two-contacts.xml": [],
	"salesforce/outbound-wrong-org.xml": [],
	"klaviyo/flow-webhook.json": ["header"],
	// Sent before the sender and the hub have agreed on a key.
	"mandrill/empty-test.txt": [],
	"sfmc/ens-callback-verification.json": [],
};

/** What a sender shows with each of its deliveries, beside what says which it is. */
const headers: Readonly<Record<string, (plain: Unsigned) => Readonly<Record<string, string>>>> = {
	"adobe-io-events": () => ({ "x-adobe-provider": "dx_commerce_events", "x-adobe-retry-count": "0" }),
	braze: () => ({ "braze-currents-version": "1" }),
	dynamics365: () => ({ "x-ms-dynamics-organization": "loyaltydemo.crm4.dynamics.com" }),
	rudderstack: () => ({ "user-agent": "RudderLabs" }),
	shopify: ({ headers: shown, nonce }) => {
		// The newer Events have their headers without the X.
		const prefix = shown["shopify-topic"] === undefined ? "x-shopify" : "shopify";
		return {
			[`${prefix}-shop-domain`]: "leafworks.myshopify.com",
			[`${prefix}-api-version`]: "2026-07",
			[`${prefix}-event-id`]: nonce,
			[`${prefix}-triggered-at`]: "2026-06-04T10:00:00.123456789Z",
		};
	},
	twilio: ({ nonce }) => ({ "i-twilio-idempotency-token": nonce }),
	woocommerce: ({ nonce }) => ({
		"x-wc-webhook-source": "https://woo.example.test/",
		"x-wc-webhook-delivery-id": nonce,
	}),
};

/** Senders who sign by a key that only they have. */
const privately: Readonly<
	Record<string, (request: Unsigned, sample: string) => Readonly<Record<string, string>>>
> = {
	"adobe-commerce": ({ body }, sample) =>
		sample.startsWith("webhook")
			? { "x-adobe-commerce-webhook-signature": signedByRsa(Buffer.from(body).toString("base64")) }
			: { "x-adobe-digital-signature-1": signedByRsa(body) },
	"adobe-io-events": ({ body }) => ({ "x-adobe-digital-signature-1": signedByRsa(body) }),
	sendgrid: ({ body, at }) => {
		const time = String(Math.floor(at / 1_000));
		const signature = createSign("sha256").update(time).update(body).sign(ecdsa.privateKey, "base64");
		return {
			"x-twilio-email-event-webhook-timestamp": time,
			"x-twilio-email-event-webhook-signature": signature,
		};
	},
};

const signedByRsa = (signed: string | Uint8Array): string =>
	createSign("sha256").update(signed).sign(rsa.privateKey, "base64");

/** A sample's request as its sender makes it, and proves it to an endpoint of these settings. */
export function asBySender(
	slug: string,
	{ sample, settings }: { readonly sample: string; readonly settings: JsonObject },
	plain: Unsigned,
): Unsigned {
	const request = { ...plain, headers: { ...headers[slug]?.(plain), ...plain.headers } };
	const own = privately[slug];
	if (own !== undefined) return { ...request, headers: { ...request.headers, ...own(request, sample) } };
	const configured = connectors.get(slug)?.configure(settings);
	invariant(configured?.ok === true, `${slug} takes the settings ${JSON.stringify(settings)}`);
	const names = shown[`${slug}/${sample}`] ?? Object.keys(secretsOf(slug));
	if (names.length === 0) return request;
	const signed = sign(configured.value.verification, request, {
		secrets: Object.fromEntries(names.map((name) => [name, [secretsOf(slug)[name] ?? ""]])),
		crypto: nodeCrypto,
	});
	invariant(signed.ok, `${slug}/${sample} can be signed`);
	return signed.value;
}
