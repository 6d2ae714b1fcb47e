import { createRequire } from "node:module";
import jsonata from "jsonata";

/** What `mappings/segment/order-completed.yaml` gives of the rows' orders, in JSONata. Its numbers are floats. */
const inJsonata = `[{
	"mapping": "segment/order-completed",
	"kind": "event",
	"action": "checkout",
	"identities": [
		userId ? { "kind": "id", "value": userId },
		context.traits.email ? { "kind": "email", "value": context.traits.email },
		anonymousId ? { "kind": "anonymous", "value": anonymousId }
	],
	"timestamp": $toMillis(timestamp),
	"slot": "",
	"data": {
		"transaction_id": $string(properties.order_id),
		"total": $number(properties.revenue),
		"currency": properties.currency,
		"discount": $number(properties.discount),
		"shipping": $number(properties.shipping),
		"channel": properties.channel,
		"store": properties.affiliation,
		"coupon": properties.coupon != "" ? properties.coupon,
		"items": [properties.products.{
			"product_id": product_id,
			"product_name": name,
			"sku": sku,
			"price": $number(price),
			"quantity": $number(quantity),
			"subtotal": $number(price) * $number(quantity),
			"product_category": category,
			"product_url": url
		}]
	}
}]`;

export function byJsonata(): (text: string) => Promise<string> {
	const expression = jsonata(inJsonata);
	return async (text) => JSON.stringify(await expression.evaluate(JSON.parse(text)));
}

const path = (of: string) => ({ "@path": of });
const either = (first: string, second: string) => ({
	// biome-ignore lint/suspicious/noThenProperty: it is the kit's own word
	"@if": { exists: path(first), then: path(first), else: path(second) },
});

/** The same in the mapping kit of Segment's own destinations, which can not multiply: it leaves `subtotal` out. */
const inMappingKit = {
	action: "checkout",
	identities: {
		id: path("$.userId"),
		email: path("$.context.traits.email"),
		anonymous: path("$.anonymousId"),
	},
	timestamp: path("$.timestamp"),
	data: {
		transaction_id: either("$.properties.order_id", "$.properties.orderId"),
		total: either("$.properties.revenue", "$.properties.total"),
		currency: path("$.properties.currency"),
		discount: path("$.properties.discount"),
		shipping: path("$.properties.shipping"),
		channel: path("$.properties.channel"),
		store: path("$.properties.affiliation"),
		coupon: path("$.properties.coupon"),
		items: {
			"@arrayPath": [
				"$.properties.products",
				{
					product_id: either("$.product_id", "$.sku"),
					product_name: path("$.name"),
					sku: path("$.sku"),
					price: path("$.price"),
					quantity: path("$.quantity"),
					product_category: path("$.category"),
					product_url: path("$.url"),
				},
			],
		},
	},
};

interface MappingKit {
	transform(mapping: object, data: unknown): unknown;
}

/** Null where Segment's package, or the `liquidjs` that it needs and does not name, is not installed. */
export function byMappingKit(): ((text: string) => string) | null {
	try {
		// Its ES modules are for bundlers only.
		const kit = createRequire(import.meta.url)("@segment/actions-core/mapping-kit") as MappingKit;
		return (text) => JSON.stringify(kit.transform(inMappingKit, JSON.parse(text)));
	} catch {
		return null;
	}
}
