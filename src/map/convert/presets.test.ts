import { describe, expect, it } from "vitest";
import { dataOf, problemsOf, runText } from "../../../test/support/mappings.ts";
import { isTriggered, transform } from "../../../test/support/segment-kit.ts";
import type { JsonObject } from "../../model/json.ts";
import { type ConvertOptions, convertSegment, type Left } from "./segment.ts";

/** A subscription as people have it in Segment, a message that it takes, and what comes of it. */
interface Preset {
	readonly name: string;
	/** JSON, as it is exported. */
	readonly subscription: string;
	readonly options?: ConvertOptions;
	readonly message: JsonObject;
	/** Worked out by hand. */
	readonly identities: readonly unknown[];
	readonly data: unknown;
	readonly left?: readonly Pick<Left, "path" | "what">[];
}

const presets: readonly Preset[] = [
	{
		name: "an order for Antavo (Actions)",
		subscription: `{
			"name": "Loyalty: purchase", "partnerAction": "event", "enabled": true,
			"subscribe": "type = \\"track\\" and event = \\"Order Completed\\" and properties.order_id != null",
			"mapping": {
				"customer": { "@if": { "exists": { "@path": "$.userId" }, "then": { "@path": "$.userId" }, "else": { "@path": "$.context.traits.loyalty_id" } } },
				"action": "view",
				"account": { "@template": "shop-{{context.locale}}" },
				"data": {
					"transaction_id": { "@path": "$.properties.order_id" },
					"total": { "@path": "$.properties.revenue" },
					"currency": { "@case": { "operator": "upper", "value": { "@path": "$.properties.currency" } } },
					"coupon": { "@if": { "blank": { "@path": "$.properties.coupon" }, "then": { "@path": "$.properties.coupon" } } },
					"items": { "@arrayPath": [ "$.properties.products", {
						"product_id": { "@if": { "exists": { "@path": "$.product_id" }, "then": { "@path": "$.product_id" }, "else": { "@path": "$.sku" } } },
						"product_name": { "@path": "$.name" }, "quantity": { "@path": "$.quantity" }, "price": { "@path": "$.price" }
					} ] }
				}
			}
		}`,
		message: {
			type: "track",
			event: "Order Completed",
			userId: null,
			context: { locale: "de", traits: { loyalty_id: "L-9" } },
			properties: {
				order_id: "o-1",
				revenue: 12.5,
				currency: "eur",
				coupon: "",
				products: [
					{ sku: "S-1", name: "Tea", quantity: 2, price: 3.3 },
					{ product_id: "P-2", sku: "S-2" },
				],
			},
		},
		identities: [{ kind: "id", value: "L-9" }],
		data: {
			transaction_id: "o-1",
			total: 12.5,
			currency: "EUR",
			items: [{ product_id: "S-1", product_name: "Tea", quantity: 2, price: 3.3 }, { product_id: "P-2" }],
		},
	},
	{
		name: "a profile for Antavo (Actions)",
		subscription: `{
			"name": "Profile updates", "partnerAction": "profile", "subscribe": "type = \\"identify\\"",
			"mapping": {
				"customer": { "@path": "$.userId" }, "account": "",
				"data": {
					"first_name": { "@path": "$.traits.first_name" }, "last_name": { "@path": "$.traits.last_name" },
					"email": { "@path": "$.traits.email" }, "birth_date": { "@path": "$.traits.birthday" },
					"gender": { "@path": "$.traits.gender" }, "language": { "@path": "$.traits.language" },
					"phone": { "@path": "$.traits.phone" }, "mobile_phone": { "@path": "$.traits.mobile_phone" }
				}
			}
		}`,
		options: { action: "view" },
		message: {
			type: "identify",
			userId: "u-1",
			traits: { first_name: "Ada", email: "ada@example.test", phone: null },
		},
		identities: [{ kind: "id", value: "u-1" }],
		data: { first_name: "Ada", email: "ada@example.test", phone: null },
	},
	{
		name: "purchases for Braze",
		subscription: `{
			"name": "Order Completed Calls", "partnerAction": "trackPurchase",
			"subscribe": "event = \\"Order Completed\\"",
			"mapping": {
				"external_id": { "@path": "$.userId" },
				"user_alias": { "alias_name": { "@path": "$.anonymousId" }, "alias_label": "segment" },
				"braze_id": { "@path": "$.properties.braze_id" },
				"time": { "@if": { "exists": { "@path": "$.receivedAt" }, "then": { "@path": "$.receivedAt" }, "else": { "@path": "$.timestamp" } } },
				"products": { "@if": {
					"exists": { "@path": "$.properties.products" },
					"then": { "@arrayPath": [ "$.properties.products", { "product_id": { "@path": "$.product_id" }, "price": { "@path": "$.price" }, "quantity": { "@path": "$.quantity" } } ] },
					"else": [ { "product_id": { "@path": "$.properties.product_id" }, "price": { "@path": "$.properties.price" } } ]
				} },
				"_update_existing_only": false, "enable_batching": true, "batch_size": 75,
				"__segment_internal_sync_mode": "add"
			}
		}`,
		options: { action: "view" },
		message: {
			type: "track",
			event: "Order Completed",
			anonymousId: "a-1",
			timestamp: "2026-11-22T10:00:00Z",
			properties: { product_id: "P-1", price: 9 },
			context: { traits: { email: "ada@example.test" } },
		},
		identities: [
			{ kind: "email", value: "ada@example.test" },
			{ kind: "anonymous", value: "a-1" },
		],
		data: {
			user_alias: { alias_name: "a-1", alias_label: "segment" },
			time: "2026-11-22T10:00:00Z",
			products: [{ product_id: "P-1", price: 9 }],
			_update_existing_only: false,
			enable_batching: true,
			batch_size: 75,
		},
	},
	{
		name: "a contact for HubSpot",
		subscription: `{
			"name": "Upsert Contact", "partnerAction": "upsertContact", "subscribe": "type = \\"identify\\" and traits.email != null",
			"mapping": {
				"email": { "@case": { "operator": "lower", "value": { "@path": "$.traits.email" } } },
				"company": { "@path": "$.traits.company" },
				"firstname": { "@if": { "exists": { "@path": "$.traits.first_name" }, "then": { "@path": "$.traits.first_name" }, "else": { "@path": "$.traits.firstName" } } },
				"lastname": { "@if": { "exists": { "@path": "$.traits.last_name" }, "then": { "@path": "$.traits.last_name" }, "else": { "@path": "$.traits.lastName" } } },
				"address": { "@path": "$.traits.address.street" }, "city": { "@path": "$.traits.address.city" },
				"lifecyclestage": "lead",
				"properties": { "full_name": { "@template": "{{traits.firstName}} {{traits.lastName}}" }, "tier": { "@excludeWhenNull": { "@path": "$.traits.tier" } } }
			}
		}`,
		options: { action: "view", customer: "$.traits.email" },
		message: {
			type: "identify",
			traits: {
				email: "Ada@Example.test",
				firstName: "Ada",
				lastName: "Quill",
				address: { city: "Bristol" },
				tier: null,
			},
		},
		identities: [{ kind: "email", value: "Ada@Example.test" }],
		data: {
			email: "ada@example.test",
			firstname: "Ada",
			lastname: "Quill",
			city: "Bristol",
			lifecyclestage: "lead",
			properties: { full_name: "Ada Quill" },
		},
		left: [{ path: "$.mapping.properties.tier", what: "@excludeWhenNull" }],
	},
	{
		name: "an event with a list of products for Klaviyo",
		subscription: `{
			"name": "Order Completed", "partnerAction": "orderCompleted",
			"subscribe": "event = \\"Order Completed\\" or event = \\"Order Updated\\"",
			"mapping": {
				"profile": { "email": { "@if": { "exists": { "@path": "$.properties.email" }, "then": { "@path": "$.properties.email" }, "else": { "@path": "$.context.traits.email" } } }, "anonymous_id": { "@path": "$.anonymousId" } },
				"event_name": { "@path": "$.event" }, "unique_id": { "@path": "$.messageId" },
				"value": { "@if": { "exists": { "@path": "$.properties.total" }, "then": { "@path": "$.properties.total" }, "else": { "@path": "$.properties.revenue" } } },
				"properties": { "@merge": { "direction": "right", "objects": [ { "source": "segment" }, { "@path": "$.properties" } ] } },
				"products": { "@arrayPath": [ { "@path": "$.properties.products" }, { "value": { "@path": "$.price" }, "properties": { "@path": "$" } } ] },
				"note": { "@liquid": "{{ properties.total | round: 2 }}" }
			}
		}`,
		options: { action: "view" },
		message: {
			type: "track",
			event: "Order Updated",
			messageId: "m-9",
			properties: { revenue: 7, products: [{ price: 7 }] },
			context: { traits: { email: "ada@example.test" } },
		},
		identities: [{ kind: "email", value: "ada@example.test" }],
		data: {
			profile: { email: "ada@example.test" },
			event_name: "Order Updated",
			unique_id: "m-9",
			value: 7,
			properties: { source: "segment", revenue: 7, products: [{ price: 7 }] },
			products: [{ value: 7 }],
		},
		left: [{ path: "$.mapping.note", what: "@liquid" }],
	},
	{
		name: "a lead for Salesforce",
		subscription: `{
			"name": "Lead", "partnerAction": "lead",
			"subscribe": "type = \\"track\\" and match(event, \\"Lead *\\") and !contains(event, \\"Test\\") and (properties.score >= 10 or properties.vip = true)",
			"mapping": {
				"operation": "create",
				"company": { "@path": "$.properties.company" },
				"last_name": { "@path": "$.properties['last name']" },
				"email": { "@path": "$.properties.email" },
				"state": { "@transform": { "apply": { "place": { "@path": "$.properties.addresses[0]" }, "fallback": { "code": "n/a" } }, "mapping": { "@if": { "exists": { "@path": "$.place.state" }, "then": { "@path": "$.place.state" }, "else": { "@path": "$.fallback.code" } } } } },
				"rating": { "@literal": { "value": "$.warm", "manual": false } }
			}
		}`,
		options: { action: "view", customer: "$.properties.email" },
		message: {
			type: "track",
			event: "Lead Captured",
			properties: {
				"last name": "Quill",
				email: "ada@example.test",
				score: 12,
				addresses: [{ state: "Avon" }],
			},
		},
		identities: [{ kind: "email", value: "ada@example.test" }],
		data: {
			operation: "create",
			last_name: "Quill",
			email: "ada@example.test",
			state: "Avon",
			rating: { value: "$.warm", manual: false },
		},
	},
];

describe.each(presets)("$name", ({ subscription, options = {}, message, identities, data, left = [] }) => {
	const json = JSON.parse(subscription) as {
		readonly subscribe: string;
		readonly mapping: JsonObject & { readonly data?: JsonObject };
	};
	const conversion = convertSegment(json, options);
	const text = conversion.files[0]?.text ?? "";

	it("compiles, and says all but what is named", () => {
		expect(problemsOf(text)).toEqual([]);
		expect(conversion.left.map(({ path, what }) => ({ path, what }))).toEqual(left);
	});

	it("takes what its trigger takes, and makes of it what it made", () => {
		expect(isTriggered(json.subscribe, message)).toBe(true);
		expect(dataOf(text, message)).toEqual(data);
		expect(runText(text, message)).toMatchObject({ events: [{ identities }] });
		const other = { ...message, type: "alias", event: "Test", traits: {} };
		expect(isTriggered(json.subscribe, other)).toBe(false);
		expect(runText(text, other).kind).toBe("unmatched");
	});

	it("is what Segment's own engine makes of what is converted", () => {
		const mapping = structuredClone(json.mapping.data ?? json.mapping) as Record<string, unknown>;
		delete mapping["note"];
		delete mapping["__segment_internal_sync_mode"];
		expect(transform(mapping, message)).toEqual(data);
	});
});
