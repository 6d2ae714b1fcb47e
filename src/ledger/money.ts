import { Decimal } from "decimal.js";
import type { Rounding } from "../catalog/points.ts";
import type { Json } from "../model/json.ts";

/** Enough digits for every product of two amounts; division is only used for shares, which are rounded anyway. */
const Exact = Decimal.clone({ precision: 80, toExpPos: 80, toExpNeg: -80 });

/** An amount in some currency, exact. */
export type Money = Decimal;

/** A quadrillion of any currency, and more decimals than any currency has: beyond is a mistake. */
const amountMax = new Exact("1e15");
const decimalPlacesMax = 15;
const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?$/;
const textLengthMax = 40;

/** A sender's amount; undefined where the value is no number, nor the text of one, or beyond all reason. */
export function moneyOf(value: Json | undefined): Money | undefined {
	const isNumber = typeof value === "number";
	const isText = typeof value === "string" && value.length <= textLengthMax && jsonNumber.test(value);
	if (!isNumber && !isText) return undefined;
	const amount = new Exact(value);
	const sane = amount.abs().lessThan(amountMax) && amount.decimalPlaces() <= decimalPlacesMax;
	return sane ? amount : undefined;
}

/** An amount as the ledger wrote it. */
export const exact = (text: string): Money => new Exact(text);

export const noMoney: Money = new Exact(0);

/** The points that an amount earns. */
export function earnedBy(amount: Money, rate: string, rounding: Rounding): number {
	return amount.times(rate).toDecimalPlaces(0, modes[rounding]).toNumber();
}

const modes = {
	floor: Decimal.ROUND_FLOOR,
	ceil: Decimal.ROUND_CEIL,
	round: Decimal.ROUND_HALF_UP,
} as const satisfies Record<Rounding, number>;

/** The part of `points` that falls to `part` of `whole`, to the nearest, halves up; all of it where whole is zero. */
export function shareOf(points: number, part: Money, whole: Money): number {
	if (whole.isZero()) return points;
	return new Exact(points).times(part).div(whole).toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toNumber();
}

/** As a JSON number where a double holds it exactly, else as text. */
export function jsonOfMoney(amount: Money): number | string {
	const number = amount.toNumber();
	return amount.equals(new Exact(number)) && amount.precision() <= 15 ? number : amount.toString();
}
