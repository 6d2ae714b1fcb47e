import type { Connector } from "../src/kit/connector.ts";
import { adobeCommerce } from "./adobe-commerce/index.ts";
import { segment } from "./segment/index.ts";
import { shopify } from "./shopify/index.ts";
import { standardWebhooks } from "./standard-webhooks/index.ts";
import { stripe } from "./stripe/index.ts";
import { twilio } from "./twilio/index.ts";
import { woocommerce } from "./woocommerce/index.ts";

/** Every connector of the hub, by slug. A connector is its folder and one line here: bundlers see no folders. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
	[adobeCommerce, segment, shopify, standardWebhooks, stripe, twilio, woocommerce].map((connector) => [
		connector.slug,
		connector,
	]),
);
