import type { PointsRules } from "../catalog/program.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import { textIn } from "./cast.ts";
import { type Child, type Decide, type Refusal, refuse, type Situation, skip } from "./decision.ts";
import { earnedBy, exact, jsonOfMoney, type Money, moneyOf, noMoney, shareOf } from "./money.ts";
import { checkSpendable } from "./points.ts";
import { type Movement, postingsOf } from "./postings.ts";
import { at, type Line, type Transaction, transactionKey } from "./state.ts";

/**
 * A purchase without a total is worth the sum of its items: the event then says so. Everything else is as sent.
 */
export function completePurchase(data: JsonObject): JsonObject {
	if ((data["total"] ?? null) !== null) return data;
	const items = itemsOf(data);
	if (items.length === 0) return data;
	return { ...data, total: jsonOfMoney(items.reduce((sum, item) => sum.plus(subtotalOf(item)), noMoney)) };
}

export const decideCheckout: Decide = (situation) => {
	const { account, orders, rules } = situation;
	if (transactionOf(situation) !== undefined) return refuse(5003, "The transaction ID has already been used");
	const priced = priceOf(situation);
	if (!priced.ok) return priced;
	const { total, burned, earning, items } = priced.value;
	const short = checkSpendable(burned, situation);
	if (short !== undefined) return short;

	const to = rules.accept === "manual" ? ("pending" as const) : ("active" as const);
	const children = items.map(
		(item, index): Child => ({
			action: "checkout_item",
			data: { transaction_id: nameOf(situation), ...item },
			points: earning.items[index] ?? 0,
			postings: postingsOf([{ account, from: "issued", to, points: earning.items[index] ?? 0 }]),
		}),
	);
	return good({
		points: earning.whole,
		postings: postingsOf([
			{ account, from: "issued", to, points: earning.whole },
			{ account, from: "active", to: "spent", points: burned },
		]),
		effect: {
			kind: "opened",
			orders,
			transaction: nameOf(situation),
			status: rules.accept === "manual" ? "pending" : "accepted",
			currency: currencyOf(situation.data),
			total: total.toString(),
			earned: sumOf(earning),
			burned,
			lines: linesOf(items),
		},
		children,
	});
};

/** Takes the place of what a pending checkout said; what the update does not mention stays. */
export const decideUpdate: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	if (before.status !== "pending") return refuse(0, "Only pending transactions can be updated");
	const { data } = situation;
	const priced = priceOf({
		...situation,
		data: {
			...data,
			total: data["total"] ?? before.total,
			currency: data["currency"] ?? before.currency,
			points_burned: data["points_burned"] ?? before.burned,
		},
	});
	if (!priced.ok) return priced;
	const { total, burned, earning, items } = priced.value;
	const short = burned > before.burned ? checkSpendable(burned - before.burned, situation) : undefined;
	if (short !== undefined) return short;

	const { account } = before;
	const earned = sumOf(earning);
	const lines = items.length === 0 ? before.lines : linesOf(items);
	return good({
		points: earned - before.earned,
		postings: postingsOf([
			{ account, from: "issued", to: "pending", points: earned - before.earned },
			{ account, from: "active", to: "spent", points: burned - before.burned },
		]),
		effect: { kind: "changed", ...named(before), total: total.toString(), earned, burned, lines },
	});
};

export const decideAccept: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	if (before.status === "accepted" && situation.lenient) return skip("the transaction is accepted already");
	if (before.status !== "pending") return refuse(0, "Only pending transactions can be accepted");
	const { account, earned } = before;
	return good({
		points: 0,
		postings: postingsOf([{ account, from: "pending", to: "active", points: earned }]),
		effect: { kind: "accepted", ...named(before) },
	});
};

export const decideReject: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	const { status } = before;
	const allowed =
		status === "pending" || (status === "accepted" && situation.rules.rejectAccepted === "reverse");
	if (!allowed) return refuse(0, "Only pending transactions can be rejected");
	const back = restOf(before);
	return good({
		points: -back.earnedBack,
		postings: postingsOf(reversal(before, back)),
		effect: { kind: "rejected", ...named(before), amount: "0", ...back },
	});
};

export const decideRefund: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	if (before.status !== "accepted") return notAccepted;
	return refunded(before, exact(before.total).minus(exact(before.refunded)), restOf(before));
};

export const decidePartialRefund: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	return refundOf(before, moneyOf(situation.data["amount"]) ?? noMoney);
};

export const decideItemRefund: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	const { data } = situation;
	const product = textIn(data, "product_id");
	const line = before.lines.find((one) => one.product === product);
	if (line === undefined) return refuse(0, "The transaction has no such product");
	const left = exact(line.subtotal).minus(exact(line.refunded));
	const amount = moneyOf(data["subtotal"]) ?? priceOfSome(line, moneyOf(data["quantity"])) ?? left;
	if (amount.greaterThan(left)) return tooMuch;
	return refundOf(before, amount, product);
};

/** What so many pieces of a line cost; undefined where nobody says how many. */
function priceOfSome(line: Line, pieces: Money | undefined): Money | undefined {
	const quantity = exact(line.quantity);
	if (pieces === undefined || quantity.isZero()) return undefined;
	return exact(line.subtotal).times(pieces).div(quantity).toDecimalPlaces(2);
}

/** Gives back the part of points that the amount is of the total, so counted that all parts sum to the whole. */
function refundOf(before: Transaction, amount: Money, product?: string): ReturnType<Decide> {
	if (before.status !== "accepted") return notAccepted;
	if (!amount.greaterThan(0)) return refuse(112202, "Amount should be a positive number");
	const total = exact(before.total);
	const part = exact(before.refunded).plus(amount);
	if (part.greaterThan(total)) return tooMuch;
	const back = {
		earnedBack: shareOf(before.earned, part, total) - before.earnedBack,
		burnedBack: shareOf(before.burned, part, total) - before.burnedBack,
	};
	return refunded(before, amount, back, product);
}

interface Back {
	readonly earnedBack: number;
	readonly burnedBack: number;
}

const restOf = ({ earned, earnedBack, burned, burnedBack }: Transaction): Back => ({
	earnedBack: earned - earnedBack,
	burnedBack: burned - burnedBack,
});

const refunded = (before: Transaction, amount: Money, back: Back, product?: string): ReturnType<Decide> =>
	good({
		points: -back.earnedBack,
		postings: postingsOf(reversal(before, back)),
		effect: {
			kind: "refunded",
			...named(before),
			amount: amount.toString(),
			...back,
			...(product === undefined ? {} : { product }),
		},
	});

const reversal = ({ account, status }: Transaction, back: Back): readonly Movement[] => [
	{ account, from: status === "pending" ? "pending" : "active", to: "issued", points: back.earnedBack },
	{ account, from: "spent", to: "active", points: back.burnedBack },
];

const notFound = bad({
	kind: "refused",
	code: 0,
	reason: "Transaction not found",
	waitsFor: "checkout",
} as const);
const notAccepted = refuse(112201, "Only accepted transactions can be refunded");
const tooMuch = refuse(112203, "Amount for refund is greater than transaction total");

const nameOf = ({ data }: Situation): string => textIn(data, "transaction_id");
const named = ({ orders, id }: Transaction) => ({ orders, transaction: id });
const transactionOf = (situation: Situation): Transaction | undefined =>
	at(situation.state.transactions, transactionKey(situation.orders, nameOf(situation)));

interface Priced {
	readonly total: Money;
	readonly burned: number;
	readonly earning: Earning;
	readonly items: readonly JsonObject[];
}

function priceOf({ data, rules }: Situation): Result<Priced, Refusal> {
	const items = itemsOf(data);
	const total = moneyOf(data["total"]);
	if ((data["total"] ?? null) === null) return refuse(0, 'Property "total" cannot be empty');
	if (total === undefined) return refuse(0, 'Property "total" must be an amount');
	if (total.isNegative()) return refuse(0, 'Property "total" must not be below zero');
	const burned = data["points_burned"] ?? 0;
	if (!isCount(burned)) return refuse(0, 'Property "points_burned" must be a whole number, not below zero');
	const earning = earningOf(data, total, items, rules);
	if (![earning.whole, ...earning.items].every(isCount)) {
		return refuse(0, "The points of a purchase must be whole numbers, not below zero");
	}
	return good({ total, burned, earning, items });
}

const isCount = (value: Json): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** What the purchase as a whole earns, and what each item does: one of the two. */
interface Earning {
	readonly whole: number;
	readonly items: readonly number[];
}

/** `points_rewarded` is the sender's own count and stands above the rate; without items the total earns. */
function earningOf(
	data: JsonObject,
	total: Money,
	items: readonly JsonObject[],
	rules: PointsRules,
): Earning {
	const explicit = data["points_rewarded"] ?? null;
	const rate = rules.rates.get(currencyOf(data) ?? "") ?? rules.rate;
	if (explicit !== null) return { whole: Number(explicit), items: [] };
	if (rules.level === "transaction" || items.length === 0) {
		return { whole: earnedBy(total, rate, rules.rounding), items: [] };
	}
	const earned = items.map((item) =>
		(item["points_rewarded"] ?? null) === null
			? earnedBy(subtotalOf(item), rate, rules.rounding)
			: Number(item["points_rewarded"]),
	);
	return { whole: 0, items: earned };
}

const sumOf = ({ whole, items }: Earning): number => items.reduce((sum, points) => sum + points, whole);

const currencyOf = (data: JsonObject): string | null =>
	typeof data["currency"] === "string" ? data["currency"].toUpperCase() : null;

/** The definition has made it a list of objects. */
const itemsOf = (data: JsonObject): readonly JsonObject[] =>
	Array.isArray(data["items"]) ? (data["items"] as readonly JsonObject[]) : [];

/** What was paid for the line: as said, or price times quantity. */
const subtotalOf = (item: JsonObject): Money =>
	moneyOf(item["subtotal"]) ?? (moneyOf(item["price"]) ?? noMoney).times(quantityOf(item));

const quantityOf = (item: JsonObject): Money => moneyOf(item["quantity"]) ?? exact("1");

/** One line a product, in the order of the items; items without a product id can not be refunded one by one. */
function linesOf(items: readonly JsonObject[]): readonly Line[] {
	const lines = new Map<string, Line>();
	for (const item of items) {
		const name = textIn(item, "product_id") || textIn(item, "sku");
		if (name === "") continue;
		const before = lines.get(name);
		lines.set(name, {
			product: name,
			quantity: exact(before?.quantity ?? "0")
				.plus(quantityOf(item))
				.toString(),
			subtotal: exact(before?.subtotal ?? "0")
				.plus(subtotalOf(item))
				.toString(),
			refunded: "0",
		});
	}
	return [...lines.values()];
}
