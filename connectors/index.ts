import type { Connector } from "../src/kit/connector.ts";
import { activecampaign } from "./activecampaign/index.ts";
import { adobeCommerce } from "./adobe-commerce/index.ts";
import { adobeIoEvents } from "./adobe-io-events/index.ts";
import { bloomreach } from "./bloomreach/index.ts";
import { braze } from "./braze/index.ts";
import { cloudevents } from "./cloudevents/index.ts";
import { customerio } from "./customerio/index.ts";
import { dotdigital } from "./dotdigital/index.ts";
import { dynamics365 } from "./dynamics365/index.ts";
import { eloqua } from "./eloqua/index.ts";
import { emarsys } from "./emarsys/index.ts";
import { generic } from "./generic/index.ts";
import { hubspot } from "./hubspot/index.ts";
import { iterable } from "./iterable/index.ts";
import { klaviyo } from "./klaviyo/index.ts";
import { mailchimp } from "./mailchimp/index.ts";
import { mandrill } from "./mandrill/index.ts";
import { marketo } from "./marketo/index.ts";
import { mparticle } from "./mparticle/index.ts";
import { oracleCommerce } from "./oracle-commerce/index.ts";
import { pipedrive } from "./pipedrive/index.ts";
import { rudderstack } from "./rudderstack/index.ts";
import { salesforce } from "./salesforce/index.ts";
import { segment } from "./segment/index.ts";
import { sendgrid } from "./sendgrid/index.ts";
import { sfmc } from "./sfmc/index.ts";
import { shopify } from "./shopify/index.ts";
import { standardWebhooks } from "./standard-webhooks/index.ts";
import { stripe } from "./stripe/index.ts";
import { tealium } from "./tealium/index.ts";
import { twilio } from "./twilio/index.ts";
import { woocommerce } from "./woocommerce/index.ts";
import { zohoCrm } from "./zoho-crm/index.ts";

/** Every connector of the hub, by slug. A connector is its folder and one line here: bundlers see no folders. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
	[
		activecampaign,
		adobeCommerce,
		adobeIoEvents,
		bloomreach,
		braze,
		cloudevents,
		customerio,
		dotdigital,
		dynamics365,
		eloqua,
		emarsys,
		generic,
		hubspot,
		iterable,
		klaviyo,
		mailchimp,
		mandrill,
		marketo,
		mparticle,
		oracleCommerce,
		pipedrive,
		rudderstack,
		salesforce,
		segment,
		sendgrid,
		sfmc,
		shopify,
		standardWebhooks,
		stripe,
		tealium,
		twilio,
		woocommerce,
		zohoCrm,
	].map((connector) => [connector.slug, connector]),
);
