import type { Connector } from "../src/kit/connector.ts";
import { activecampaign } from "./activecampaign/index.ts";
import { bloomreach } from "./bloomreach/index.ts";
import { customerio } from "./customerio/index.ts";
import { dotdigital } from "./dotdigital/index.ts";
import { eloqua } from "./eloqua/index.ts";
import { emarsys } from "./emarsys/index.ts";
import { iterable } from "./iterable/index.ts";
import { oracleCommerce } from "./oracle-commerce/index.ts";
import { segment } from "./segment/index.ts";
import { shopify } from "./shopify/index.ts";
import { standardWebhooks } from "./standard-webhooks/index.ts";

/** Every connector of the hub, by slug. A connector is its folder and one line here: bundlers see no folders. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
	[
		activecampaign,
		bloomreach,
		customerio,
		dotdigital,
		eloqua,
		emarsys,
		iterable,
		oracleCommerce,
		segment,
		shopify,
		standardWebhooks,
	].map((connector) => [connector.slug, connector]),
);
