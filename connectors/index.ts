import type { Connector } from "../src/kit/connector.ts";
import { adobeCommerce } from "./adobe-commerce/index.ts";
import { dynamics365 } from "./dynamics365/index.ts";
import { hubspot } from "./hubspot/index.ts";
import { pipedrive } from "./pipedrive/index.ts";
import { salesforce } from "./salesforce/index.ts";
import { segment } from "./segment/index.ts";
import { shopify } from "./shopify/index.ts";
import { standardWebhooks } from "./standard-webhooks/index.ts";
import { stripe } from "./stripe/index.ts";
import { twilio } from "./twilio/index.ts";
import { woocommerce } from "./woocommerce/index.ts";
import { zohoCrm } from "./zoho-crm/index.ts";

/** Every connector of the hub, by slug. A connector is its folder and one line here: bundlers see no folders. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
	[adobeCommerce, dynamics365, hubspot, pipedrive, salesforce, segment, shopify, standardWebhooks, stripe, twilio, woocommerce, zohoCrm].map((connector) => [connector.slug, connector]),
);
