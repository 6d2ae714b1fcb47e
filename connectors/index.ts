import type { Connector } from "../src/kit/connector.ts";
import { adobeIoEvents } from "./adobe-io-events/index.ts";
import { braze } from "./braze/index.ts";
import { klaviyo } from "./klaviyo/index.ts";
import { mailchimp } from "./mailchimp/index.ts";
import { mandrill } from "./mandrill/index.ts";
import { marketo } from "./marketo/index.ts";
import { segment } from "./segment/index.ts";
import { sendgrid } from "./sendgrid/index.ts";
import { sfmc } from "./sfmc/index.ts";
import { shopify } from "./shopify/index.ts";
import { standardWebhooks } from "./standard-webhooks/index.ts";

/** Every connector of the hub, by slug. A connector is its folder and one line here: bundlers see no folders. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
	[
		adobeIoEvents,
		braze,
		klaviyo,
		mailchimp,
		mandrill,
		marketo,
		segment,
		sendgrid,
		sfmc,
		shopify,
		standardWebhooks,
	].map((connector) => [connector.slug, connector]),
);
