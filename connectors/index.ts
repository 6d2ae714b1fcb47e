import type { Connector } from "../src/kit/connector.ts";
import { cloudevents } from "./cloudevents/index.ts";
import { generic } from "./generic/index.ts";
import { mparticle } from "./mparticle/index.ts";
import { rudderstack } from "./rudderstack/index.ts";
import { segment } from "./segment/index.ts";
import { shopify } from "./shopify/index.ts";
import { standardWebhooks } from "./standard-webhooks/index.ts";
import { tealium } from "./tealium/index.ts";

/** Every connector of the hub, by slug. A connector is its folder and one line here: bundlers see no folders. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
	[cloudevents, generic, mparticle, rudderstack, segment, shopify, standardWebhooks, tealium].map(
		(connector) => [connector.slug, connector],
	),
);
