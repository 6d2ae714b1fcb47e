import { isoTime } from "../src/kit/time.ts";
import { type Decimal, decimalOf, multiply, subtract } from "../src/map/values/decimal.ts";
import { parseJson, type Value } from "../src/model/json.ts";

/** The fields of an `Order Completed` that are read. */
interface SegmentOrder {
	readonly type: string;
	readonly event: string;
	readonly userId?: string | null;
	readonly anonymousId?: string | null;
	readonly timestamp: string;
	readonly context?: { readonly traits?: { readonly email?: string } };
	readonly properties: {
		readonly order_id?: string;
		readonly orderId?: string;
		readonly email?: string;
		readonly revenue?: Value;
		readonly subtotal?: Value;
		readonly total?: Value;
		readonly discount?: Value;
		readonly shipping?: Value;
		readonly tax?: Value;
		readonly currency?: string;
		readonly channel?: string;
		readonly affiliation?: string;
		readonly coupon?: string | null;
		readonly products?: readonly Product[];
	};
}

interface Product {
	readonly product_id?: string;
	readonly id?: string;
	readonly sku?: string;
	readonly name?: string;
	readonly price?: Value;
	readonly quantity?: Value;
	readonly category?: string;
	readonly url?: string;
}

/** How a hand counts. */
interface Arithmetic<Amount> {
	parse(text: string): SegmentOrder;
	/** Throws where the value is no number. */
	number(value: Value): Amount;
	minus(a: Amount, b: Amount): Amount;
	times(a: Amount, b: Amount): Amount;
}

const exact: Arithmetic<Decimal> = {
	parse: (text) => {
		const parsed = parseJson(text);
		if (!parsed.ok) throw new TypeError(parsed.failure.reason);
		return parsed.value as unknown as SegmentOrder;
	},
	number: (value) => decimal(decimalOf(value)),
	minus: (a, b) => decimal(subtract(a, b)),
	times: (a, b) => decimal(multiply(a, b)),
};

function decimal(result: ReturnType<typeof decimalOf>): Decimal {
	if (typeof result === "string") throw new TypeError(result);
	return result;
}

const floats: Arithmetic<number> = {
	parse: (text) => JSON.parse(text) as SegmentOrder,
	number: (value) => {
		const number = Number(value);
		if (Number.isNaN(number)) throw new TypeError("not a number");
		return number;
	},
	minus: (a, b) => a - b,
	times: (a, b) => a * b,
};

const completed: ReadonlySet<string> = new Set(["Order Completed", "Completed Order"]);

/** What `mappings/segment/order-completed.yaml` says, as a hand would write it: the same text comes out. */
function byHand<Amount>(
	{ parse, number, minus, times }: Arithmetic<Amount>,
	mapping: string,
	version: string,
) {
	const optional = (value: Value | undefined): Amount | undefined =>
		value === undefined || value === null ? undefined : number(value);

	const itemOf = (product: Product) => {
		const price = optional(product.price);
		const quantity = number(product.quantity ?? 1);
		return {
			product_id: product.product_id ?? product.id ?? product.sku,
			product_name: product.name,
			sku: product.sku,
			price,
			quantity,
			subtotal: price === undefined ? undefined : times(price, quantity),
			product_category: product.category,
			product_url: product.url,
		};
	};

	const totalOf = (order: SegmentOrder["properties"]): Amount | undefined => {
		if (order.revenue != null) return number(order.revenue);
		if (order.subtotal != null) return minus(number(order.subtotal), number(order.discount ?? 0));
		if (order.total == null) return undefined;
		return minus(minus(number(order.total), number(order.shipping ?? 0)), number(order.tax ?? 0));
	};

	return (text: string): string => {
		const { type, event, userId, anonymousId, timestamp, context, properties: order } = parse(text);
		if (type !== "track" || !completed.has(event)) return "[]";
		const identities: { readonly kind: string; readonly value: string }[] = [];
		if (userId) identities.push({ kind: "id", value: userId });
		const email = context?.traits?.email ?? order.email;
		if (email) identities.push({ kind: "email", value: email });
		if (anonymousId) identities.push({ kind: "anonymous", value: anonymousId });
		return JSON.stringify([
			{
				mapping,
				version,
				kind: "event",
				action: "checkout",
				identities,
				timestamp: isoTime(timestamp),
				slot: "",
				data: {
					transaction_id: String(order.order_id ?? order.orderId),
					total: totalOf(order),
					currency: order.currency,
					discount: optional(order.discount),
					shipping: optional(order.shipping),
					channel: order.channel,
					store: order.affiliation,
					coupon: order.coupon ? order.coupon : undefined,
					items: order.products?.map(itemOf),
				},
			},
		]);
	};
}

/** With the decimals that the hub counts in. (No money of the rows here is beyond a double.) */
export const byHandExactly = (mapping: string, version: string) => byHand(exact, mapping, version);

/** With JavaScript's own numbers: 1.1 × 3 is 3.3000000000000003. */
export const byHandInFloats = (mapping: string, version: string) => byHand(floats, mapping, version);
