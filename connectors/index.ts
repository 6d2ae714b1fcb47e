import type { Connector } from "../src/kit/connector.ts";
import { dynamics365 } from "./dynamics365/index.ts";
import { hubspot } from "./hubspot/index.ts";
import { pipedrive } from "./pipedrive/index.ts";
import { salesforce } from "./salesforce/index.ts";
import { segment } from "./segment/index.ts";
import { shopify } from "./shopify/index.ts";
import { standardWebhooks } from "./standard-webhooks/index.ts";
import { zohoCrm } from "./zoho-crm/index.ts";

/** Every connector of the hub, by slug. A connector is its folder and one line here: bundlers see no folders. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
	[dynamics365, hubspot, pipedrive, salesforce, segment, shopify, standardWebhooks, zohoCrm].map(
		(connector) => [connector.slug, connector],
	),
);
