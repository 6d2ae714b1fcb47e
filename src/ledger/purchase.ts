import type { PointsRules } from "../catalog/points.ts";
import { isoTime } from "../kit/time.ts";
import type { Json, JsonObject } from "../model/json.ts";
import { bad, good, type Result } from "../model/result.ts";
import { textIn } from "./cast.ts";
import { plus } from "./dates.ts";
import {
	type Child,
	type Decide,
	type Decision,
	type Refusal,
	refuse,
	type Situation,
	skip,
	transactionNotFound,
} from "./decision.ts";
import type { Purse } from "./lots.ts";
import { earnedBy, exact, jsonOfMoney, type Money, moneyOf, noMoney, shareOf } from "./money.ts";
import { checkSpendable, freshExpiry, purseOf } from "./points.ts";
import { type Movement, postingsOf } from "./postings.ts";
import { at, type Line, type Reservation, type Taken, type Transaction, transactionKey } from "./state.ts";

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
	const reservation = reservationOf(situation);
	const priced = priceOf(situation, reservation?.points ?? 0);
	if (!priced.ok) return priced;
	const { total, burned, earning, items } = priced.value;
	const short = checkSpendable(burned - (reservation?.points ?? 0), situation);
	if (short !== undefined) return short;
	const acceptAt = acceptAtOf(situation);
	if (!acceptAt.ok) return acceptAt;

	const isPending = rules.accept === "manual";
	const to = isPending ? ("pending" as const) : ("active" as const);
	const purse = purseOf(situation, account);
	const burning = burn(situation, purse, burned, reservation);
	const lot = { expiresAt: freshExpiry(situation, account), transaction: keyOf(situation) };
	if (!isPending && earning.whole > 0) purse.give(earning.whole, lot);
	const lots = purse.changes();
	const children = items.map((item, index): Child => {
		const points = earning.items[index] ?? 0;
		if (!isPending && points > 0) purse.give(points, lot);
		return {
			action: "checkout_item",
			data: { transaction_id: nameOf(situation), ...item },
			points,
			postings: postingsOf([{ account, from: "issued", to, points }]),
			lots: purse.changes(),
		};
	});
	return good({
		points: earning.whole,
		postings: postingsOf([{ account, from: "issued", to, points: earning.whole }, ...burning.movements]),
		effect: {
			kind: "opened",
			orders,
			transaction: nameOf(situation),
			status: isPending ? "pending" : "accepted",
			currency: currencyOf(situation.data),
			total: total.toString(),
			earned: sumOf(earning),
			burned,
			...takenIn(burning.taken),
			...(isPending && acceptAt.value !== null ? { autoAcceptAt: acceptAt.value } : {}),
			lines: linesOf(items, earning),
		},
		lots,
		children,
	});
};

/** When a pending purchase accepts itself: at the time it says, or as the program has it. */
function acceptAtOf({ data, rules, timestamp }: Situation): Result<number | null, Refusal> {
	const said = textIn(data, "auto_accept");
	if (said === "") return good(rules.acceptAfter === null ? null : plus(timestamp, rules.acceptAfter));
	const time = isoTime(said);
	return time === undefined ? notATime : good(time);
}

const notATime = refuse(
	0,
	'Property "auto_accept" must be a date such as 2026-11-22, or with a time such as 2026-11-22T10:30:00Z',
);

const reservationOf = (situation: Situation): Reservation | undefined => {
	const found = at(situation.state.reservations, keyOf(situation));
	return found?.account === situation.account ? found : undefined;
};

/** Burns what was reserved for this purchase before anything else; what was reserved for it and is not needed goes back. */
function burn(
	situation: Situation,
	purse: Purse,
	burned: number,
	reservation: Reservation | undefined,
): { readonly movements: readonly Movement[]; readonly taken: readonly Taken[] } {
	const { account } = situation;
	const reserved = reservation?.points ?? 0;
	const unused = Math.max(0, reserved - burned);
	const left = purse.restore(unused, reservation?.taken ?? [], freshExpiry(situation, account));
	const more = purse.take(Math.max(0, burned - reserved));
	return {
		movements: [
			{ account, from: "reserved", to: "active", points: unused },
			{ account, from: "reserved", to: "spent", points: Math.min(burned, reserved) },
			{ account, from: "active", to: "spent", points: Math.max(0, burned - reserved) },
		],
		taken: [...left, ...more],
	};
}

const takenIn = (taken: readonly Taken[]) => (taken.length === 0 ? {} : { taken });

/** Takes the place of what a pending checkout said; what the update does not mention stays. */
export const decideUpdate: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	if (before.status !== "pending") return notPending("updated");
	const { data } = situation;
	const priced = priceOf(
		{
			...situation,
			data: { ...data, total: data["total"] ?? before.total, currency: data["currency"] ?? before.currency },
		},
		before.burned,
	);
	if (!priced.ok) return priced;
	const currency = currencyOf(data) ?? before.currency;
	return changed(situation, before, { ...updatedOf(data, before, priced.value), currency });
};

type Content = Pick<Transaction, "total" | "currency" | "earned" | "burned" | "lines">;

/** It earns anew where the update says what it earns by; items that earn by themselves do so until they are said again. */
function updatedOf(
	data: JsonObject,
	{ earned, lines }: Transaction,
	{ total, burned, earning, items }: Priced,
): Omit<Content, "currency"> {
	const kept = { total: total.toString(), burned };
	if (items.length > 0) return { ...kept, earned: sumOf(earning), lines: linesOf(items, earning) };
	if (says(data, ["points_rewarded"])) {
		return { ...kept, earned: earning.whole, lines: lines.map(partOfWhole) };
	}
	const earnsAnew = !earnsByItem(lines) && says(data, ["total", "currency"]);
	return { ...kept, earned: earnsAnew ? earning.whole : earned, lines };
}

const partOfWhole = ({ product, quantity, subtotal, refunded, accepted }: Line): Line => ({
	product,
	quantity,
	subtotal,
	refunded,
	earned: 0,
	accepted,
});

const says = (data: JsonObject, names: readonly string[]): boolean =>
	names.some((name) => (data[name] ?? null) !== null);

/** One line of a pending checkout takes the place of what it was, or is added; what of it is not mentioned stays. */
export const decideUpdateItem: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	if (before.status !== "pending") return notPending("updated");
	const { data, rules } = situation;
	const old = before.lines.find(({ product }) => product === textIn(data, "product_id"));
	if (old !== undefined && !says(data, ["price", "quantity", "subtotal", "points_rewarded"])) {
		return changed(situation, before, before);
	}
	const item = old === undefined ? data : completeItem(data, old);
	// Where nothing is earned, nothing is earned as a whole.
	const byItem = earnsByItem(before.lines) || (rules.level === "item" && before.earned === 0);
	const items = byItem ? [earnedByItem(item, before.currency, rules)] : [];
	const [line] = linesOf([item], { whole: 0, items });
	if (line === undefined) return refuse(0, 'Property "product_id" cannot be empty');
	const total = exact(before.total)
		.minus(old?.subtotal ?? "0")
		.plus(line.subtotal);
	const whole = total.equals(before.total)
		? before.earned
		: earnedBy(total, rateOf(before.currency, rules), rules.rounding);
	const earned = byItem ? before.earned - (old?.earned ?? 0) + line.earned : whole;
	const lines = [...before.lines.filter((one) => one !== old), line];
	return changed(situation, before, { ...before, total: total.toString(), earned, lines });
};

/** The item with its line's pieces and price, where it says no others. */
function completeItem(item: JsonObject, line: Line): JsonObject {
	const whole = { ...item, quantity: item["quantity"] ?? line.quantity };
	if (says(item, ["price", "subtotal"])) return whole;
	const subtotal = priceOfSome(line, moneyOf(item["quantity"])) ?? line.subtotal;
	return { ...whole, subtotal: subtotal.toString() };
}

/** What of it is accepted stays so, as it is: only what is pending changes. */
function changed(
	situation: Situation,
	before: Transaction,
	{ total, currency, earned, burned, lines: said }: Content,
): ReturnType<Decide> {
	const { account } = before;
	const accepted = before.lines.filter((line) => line.accepted);
	const isKept = accepted.every((line) => said.some((one) => isSame(one, line)));
	if (earned < before.activated || !isKept) return refuse(0, "What is accepted already can not be updated");
	const lines = said.map((line) =>
		accepted.some((one) => isSame(one, line)) ? { ...line, accepted: true } : line,
	);
	const more = burned - before.burned;
	const short = checkSpendable(more, { ...situation, account });
	if (short !== undefined) return short;
	const purse = purseOf(situation, account);
	const taken =
		more < 0
			? purse.restore(-more, before.taken, freshExpiry(situation, account))
			: [...before.taken, ...purse.take(more)];
	const points = earned - before.earned;
	return good({
		points,
		postings: postingsOf([
			{ account, from: "issued", to: "pending", points },
			{ account, from: "active", to: "spent", points: more },
		]),
		effect: {
			kind: "changed",
			...named(before),
			...(currency === before.currency ? {} : { currency }),
			total,
			earned,
			burned,
			lines,
			...takenIn(taken),
		},
		lots: purse.changes(),
	});
}

const isSame = (one: Line, other: Line): boolean =>
	one.product === other.product &&
	one.quantity === other.quantity &&
	one.subtotal === other.subtotal &&
	one.earned === other.earned;

export const decideAccept: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	if (before.status === "accepted" && situation.lenient) return skip("the transaction is accepted already");
	if (before.status !== "pending") return notPending("accepted");
	const activated = activate(situation, before, before.earned - before.activated);
	return good({ ...activated, effect: { kind: "accepted", ...named(before) } });
};

/** Accepts one line; with the last one the whole purchase is accepted. */
export const decideAcceptItem: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	const { data } = situation;
	const product = textIn(data, "product_id");
	const line = before.lines.find((one) => one.product === product);
	if (line === undefined) return refuse(0, "The transaction has no such product");
	if (says(data, ["quantity"]) && moneyOf(data["quantity"])?.equals(line.quantity) !== true) {
		return refuse(0, `Only whole lines can be accepted: ${line.quantity} of ${product}`);
	}
	if (line.accepted && situation.lenient) return skip("the line is accepted already");
	if (before.status !== "pending" || line.accepted) return notPending("accepted");
	const isLast = before.lines.every((one) => one === line || one.accepted);
	const part = exact(before.accepted).plus(line.subtotal);
	const rest = before.earned - before.activated;
	const share = earnsByItem(before.lines)
		? line.earned
		: Math.max(0, shareOf(before.earned, part, exact(before.total)) - before.activated);
	const points = isLast ? rest : Math.min(share, rest);
	const effect = {
		kind: "line_accepted",
		...named(before),
		product,
		amount: line.subtotal,
		activated: points,
	} as const;
	return good({ ...activate(situation, before, points), effect });
};

/** Pending points become points that can be spent, as if they were earned now. */
function activate(situation: Situation, { account, orders, id }: Transaction, points: number): Decision {
	const purse = purseOf(situation, account);
	const transaction = transactionKey(orders, id);
	if (points > 0) purse.give(points, { expiresAt: freshExpiry(situation, account), transaction });
	return {
		points: 0,
		postings: postingsOf([{ account, from: "pending", to: "active", points }]),
		lots: purse.changes(),
	};
}

export const decideReject: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	const { status } = before;
	const allowed =
		status === "pending" || (status === "accepted" && situation.rules.rejectAccepted === "reverse");
	if (!allowed) return notPending("rejected");
	return reversed(situation, before, { kind: "rejected", amount: noMoney, back: rejectedOf(before) });
};

/** Of a purchase whose first lines were accepted only the rest can be rejected. */
function rejectedOf(before: Transaction): Back {
	if (before.status !== "pending") return restOf(before);
	const rest = exact(before.total).minus(before.accepted);
	return {
		earnedBack: before.earned - before.activated,
		burnedBack: rest.isNegative() ? 0 : shareOf(before.burned, rest, exact(before.total)),
	};
}

export const decideRefund: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	if (before.status !== "accepted") return notAccepted;
	return reversed(situation, before, { kind: "refunded", amount: leftOf(before), back: restOf(before) });
};

/** What there is to give back. */
const leftOf = ({ total, refunded }: Pick<Transaction, "total" | "refunded">): Money =>
	exact(total).minus(refunded);

export const decidePartialRefund: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	const amount = moneyOf(situation.data["amount"]) ?? noMoney;
	return refundOf(situation, before, { amount, left: leftOf(before) });
};

export const decideItemRefund: Decide = (situation) => {
	const before = transactionOf(situation);
	if (before === undefined) return notFound;
	const { data } = situation;
	const product = textIn(data, "product_id");
	const line = before.lines.find((one) => one.product === product);
	if (line === undefined) return refuse(0, "The transaction has no such product");
	const [ofAll, ofLine] = [leftOf(before), leftOf({ total: line.subtotal, refunded: line.refunded })];
	const left = ofLine.lessThan(ofAll) ? ofLine : ofAll;
	const amount = moneyOf(data["subtotal"]) ?? priceOfSome(line, moneyOf(data["quantity"])) ?? left;
	return refundOf(situation, before, { amount, left, line });
};

/** What so many pieces of a line cost; undefined where nobody says how many. */
function priceOfSome(line: Line, pieces: Money | undefined): Money | undefined {
	const quantity = exact(line.quantity);
	if (pieces === undefined || quantity.isZero()) return undefined;
	return exact(line.subtotal).times(pieces).div(quantity).toDecimalPlaces(2);
}

interface PartRefund {
	/** As the sender has it. */
	readonly amount: Money;
	/** What there is to give back, of the purchase or of the line. */
	readonly left: Money;
	readonly line?: Line;
}

/**
 * Gives back the part of points that the amount is of the total, so counted that all parts sum to the whole. A shop gives back
 * more than a purchase earned by, with shipping or for goodwill: of a connector's event no more counts than is left.
 */
function refundOf(
	situation: Situation,
	before: Transaction,
	{ amount: asked, left, line }: PartRefund,
): ReturnType<Decide> {
	if (before.status !== "accepted") return notAccepted;
	if (!asked.greaterThan(0)) return refuse(112202, "Amount should be a positive number");
	if (asked.greaterThan(left) && !situation.lenient) return tooMuch;
	if (!left.greaterThan(0)) return skip("all of the transaction is refunded already");
	const amount = asked.greaterThan(left) ? left : asked;
	const part = exact(before.refunded).plus(amount);
	const back = {
		earnedBack: earnedBackBy(amount, before, line),
		burnedBack: shareOf(before.burned, part, exact(before.total)) - before.burnedBack,
	};
	return reversed(situation, before, {
		kind: "refunded",
		amount,
		back,
		...(line === undefined ? {} : { product: line.product }),
	});
}

/**
 * Where items earn by themselves, the part of a line's own points that the amount is of the line; what is given back of no
 * line is its part of the points that are left, and the last of the money takes the last of them.
 */
function earnedBackBy(amount: Money, before: Transaction, line: Line | undefined): number {
	const { earned, earnedBack, lines, total, refunded } = before;
	if (!earnsByItem(lines)) {
		return shareOf(earned, exact(refunded).plus(amount), exact(total)) - earnedBack;
	}
	const left = leftOf(before);
	const rest = earned - earnedBack;
	if (line === undefined || amount.equals(left)) return shareOf(rest, amount, left);
	const whole = exact(line.subtotal);
	const soFar = shareOf(line.earned, exact(line.refunded), whole);
	return Math.min(rest, shareOf(line.earned, exact(line.refunded).plus(amount), whole) - soFar);
}

interface Back {
	readonly earnedBack: number;
	readonly burnedBack: number;
}

const restOf = ({ earned, earnedBack, burned, burnedBack }: Transaction): Back => ({
	earnedBack: earned - earnedBack,
	burnedBack: burned - burnedBack,
});

interface Reversal {
	readonly kind: "rejected" | "refunded";
	readonly amount: Money;
	readonly back: Back;
	readonly product?: string;
}

/** What was burned comes back first, so that what was earned is taken from it before anybody owes anything. */
function reversed(
	situation: Situation,
	before: Transaction,
	{ kind, amount, back, product }: Reversal,
): ReturnType<Decide> {
	const { account, status, orders, id } = before;
	const purse = purseOf(situation, account);
	const taken = purse.restore(back.burnedBack, before.taken, freshExpiry(situation, account));
	if (status !== "pending") purse.take(back.earnedBack, transactionKey(orders, id));
	const common = { ...named(before), amount: amount.toString(), ...back, ...takenIn(taken) };
	const effect =
		kind === "rejected"
			? { kind, ...common }
			: { kind, ...common, ...(product === undefined ? {} : { product }) };
	return good({
		points: -back.earnedBack,
		postings: postingsOf([
			{ account, from: "spent", to: "active", points: back.burnedBack },
			{ account, from: status === "pending" ? "pending" : "active", to: "issued", points: back.earnedBack },
		]),
		effect,
		lots: purse.changes(),
	});
}

const notFound = bad(transactionNotFound);
const notPending = (what: string) => refuse(0, `Only pending transactions can be ${what}`);
const notAccepted = refuse(112201, "Only accepted transactions can be refunded");
const tooMuch = refuse(112203, "Amount for refund is greater than transaction total");

const nameOf = ({ data }: Situation): string => textIn(data, "transaction_id");
const keyOf = (situation: Situation): string => transactionKey(situation.orders, nameOf(situation));
const named = ({ orders, id }: Transaction) => ({ orders, transaction: id });
const transactionOf = (situation: Situation): Transaction | undefined =>
	at(situation.state.transactions, keyOf(situation));

interface Priced {
	readonly total: Money;
	readonly burned: number;
	readonly earning: Earning;
	readonly items: readonly JsonObject[];
}

/** `burnedBefore` is what it burns where it does not say. */
function priceOf({ data, rules }: Situation, burnedBefore: number): Result<Priced, Refusal> {
	const items = itemsOf(data);
	const total = moneyOf(data["total"]);
	if ((data["total"] ?? null) === null) return refuse(0, 'Property "total" cannot be empty');
	if (total === undefined) return refuse(0, 'Property "total" must be an amount');
	if (total.isNegative()) return refuse(0, 'Property "total" must not be below zero');
	const burned = data["points_burned"] ?? burnedBefore;
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
	if (explicit !== null) return { whole: Number(explicit), items: [] };
	if (rules.level === "transaction" || items.length === 0) {
		return { whole: earnedBy(total, rateOf(currencyOf(data), rules), rules.rounding), items: [] };
	}
	return { whole: 0, items: items.map((item) => earnedByItem(item, currencyOf(data), rules)) };
}

const earnedByItem = (item: JsonObject, currency: string | null, rules: PointsRules): number =>
	(item["points_rewarded"] ?? null) === null
		? earnedBy(subtotalOf(item), rateOf(currency, rules), rules.rounding)
		: Number(item["points_rewarded"]);

/** Lines that were recorded without `own` say it by their points. */
const earnsByItem = (lines: readonly Line[]): boolean =>
	lines.some(({ own = false, earned }) => own || earned > 0);

const rateOf = (currency: string | null, { rate, rates }: PointsRules): string =>
	rates.get(currency ?? "") ?? rate;

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
function linesOf(items: readonly JsonObject[], { items: earned }: Earning): readonly Line[] {
	const lines = new Map<string, Line>();
	for (const [index, item] of items.entries()) {
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
			earned: (before?.earned ?? 0) + (earned[index] ?? 0),
			...(earned[index] === undefined ? {} : { own: true }),
			accepted: false,
		});
	}
	return [...lines.values()];
}
