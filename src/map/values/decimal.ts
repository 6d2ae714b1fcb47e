import { ExactNumber, type Json, type Value } from "../../model/json.ts";

/**
 * An exact decimal number: a JavaScript number means the decimal that its shortest text says (`1.1` is eleven
 * tenths), and where no double says it, the digits are kept as text.
 *
 * So the common case needs no object at all: a double is taken apart into an integer and a scale, the integers
 * are computed with, and the quotient is a double again. What does not fit is computed with `BigInt`.
 */
export type Decimal = number | ExactNumber;

/** Why a value can not be computed with. */
export type NotDecimal = "not a number" | "beyond 34 digits";

export type RoundingMode = "halfUp" | "halfEven" | "halfDown" | "up" | "down" | "ceiling" | "floor";

/** Significant digits, and the largest exponent of ten either way: those of IEEE 754 decimal128, about. */
const digitsMax = 34;
const exponentMax = 34;
/** Any decimal of 15 significant digits survives its way through a double and back. */
const safeMantissa = 1e15;
const powers = [
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
];
/** Money and quantities have at most this many decimal places; more takes the slower way. */
const fastScaleMax = 9;

/** A number that can be counted with has 70 characters at most, if it is not padded with zeros on purpose. */
const charactersMax = 128;

/** At most 15 digits and no exponent: the double of such a text has the text's value as its shortest. */
const shortNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$/;
const longNumber = /^-?[0-9.]+(?:[eE][+-]?[0-9]+)?$/;
const jsonNumber = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;

/** The number that a value is, or the number that a text writes in JSON's grammar. */
export function decimalOf(value: Value): Decimal | NotDecimal {
	if (typeof value === "number") {
		// -0 becomes 0.
		if (value === 0) return 0;
		if ((value < 1e21 && value > 1e-7) || (value > -1e21 && value < -1e-7)) return value;
		return decimalOfText(String(value));
	}
	if (typeof value === "string") return decimalOfText(value);
	if (value instanceof ExactNumber) return decimalOfText(value.source);
	return "not a number";
}

/** Whether a number is its own decimal, and its own JSON: nearly all are, and for them nothing else need be asked. */
export const isPlain = (value: number): boolean => value < safeMantissa && value > 1e-7;

export function decimalOfText(text: string): Decimal | NotDecimal {
	if (text.length <= 15 && shortNumber.test(text)) return Number(text) + 0;
	if (text.length > charactersMax) return longNumber.test(text) ? "beyond 34 digits" : "not a number";
	const parts = jsonNumber.exec(text);
	if (parts === null) return "not a number";
	const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
	const digits = `${whole}${fraction}`.replace(/^0+/, "").replace(/0+$/, "");
	if (digits === "") return 0;
	if (digits.length > digitsMax || exponent.length > 5) return "beyond 34 digits";
	const trailing = /0*$/.exec(`${whole}${fraction}`)?.[0].length ?? 0;
	return decimalOfBig(BigInt(`${sign}${digits}`), fraction.length - trailing - Number(exponent));
}

export function add(a: Decimal, b: Decimal): Decimal | NotDecimal {
	if (typeof a === "number" && typeof b === "number") {
		const scaleA = scaleOf(a);
		const scaleB = scaleOf(b);
		if (scaleA >= 0 && scaleB >= 0) {
			const scale = Math.max(scaleA, scaleB);
			const sum = mantissaOf(a, scale) + mantissaOf(b, scale);
			if (fits(sum, scale)) return sum / power(scale);
		}
	}
	const [bigA, bigB, scale] = aligned(a, b);
	return decimalOfBig(bigA + bigB, scale);
}

export const subtract = (a: Decimal, b: Decimal): Decimal | NotDecimal => add(a, negate(b));

export function multiply(a: Decimal, b: Decimal): Decimal | NotDecimal {
	if (typeof a === "number" && typeof b === "number") {
		const scaleA = scaleOf(a);
		const scaleB = scaleOf(b);
		if (scaleA >= 0 && scaleB >= 0) {
			const product = mantissaOf(a, scaleA) * mantissaOf(b, scaleB);
			if (fits(product, scaleA + scaleB)) return product / power(scaleA + scaleB) + 0;
		}
	}
	const bigA = bigOf(a);
	const bigB = bigOf(b);
	return decimalOfBig(bigA.mantissa * bigB.mantissa, bigA.scale + bigB.scale);
}

/** The quotient to `scale` decimal places. The divisor is not zero. */
export function divide(a: Decimal, b: Decimal, scale: number, mode: RoundingMode): Decimal | NotDecimal {
	const [dividend, divisor] = aligned(a, b);
	return decimalOfBig(divideBig(dividend * 10n ** BigInt(scale), divisor, mode), scale);
}

/** The nearest number with at most `scale` decimal places. */
export function round(value: Decimal, scale: number, mode: RoundingMode): Decimal | NotDecimal {
	if (typeof value === "number") {
		const own = scaleOf(value);
		if (own >= 0 && own <= scale) return value;
	}
	const big = bigOf(value);
	if (big.scale <= scale) return value;
	return decimalOfBig(divideBig(big.mantissa, 10n ** BigInt(big.scale - scale), mode), scale);
}

/** Negative, zero or positive, as a sort function wants it. */
export function compare(a: Decimal, b: Decimal): number {
	if (typeof a === "number" && typeof b === "number") return a - b;
	const [bigA, bigB] = aligned(a, b);
	return bigA < bigB ? -1 : bigA > bigB ? 1 : 0;
}

export function negate(value: Decimal): Decimal {
	if (typeof value === "number") return 0 - value;
	return new ExactNumber(value.source.startsWith("-") ? value.source.slice(1) : `-${value.source}`);
}

export const isNegative = (value: Decimal): boolean =>
	typeof value === "number" ? value < 0 : value.source.startsWith("-");

export const isInteger = (value: Decimal): boolean =>
	typeof value === "number" ? Number.isInteger(value) : bigOf(value).scale <= 0;

/** All digits, no exponent: `0.0000001`, `12345678901234567890`. */
export function textOfDecimal(value: Decimal): string {
	if (typeof value === "number") {
		const text = String(value);
		if (!text.includes("e")) return text;
	}
	const { mantissa, scale } = bigOf(value);
	return plainText(mantissa, scale);
}

/**
 * A number for JSON: itself where a double says it, else a text with all its digits. Integers beyond ±(2^53−1) are
 * texts, because no reader of JSON agrees with another about them.
 */
export function jsonOfNumber(value: Decimal): Json {
	if (typeof value === "number" && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value;
	const exact = decimalOf(value);
	if (typeof exact === "string") return typeof value === "number" ? value : value.source;
	return typeof exact === "number" && (!Number.isInteger(exact) || Number.isSafeInteger(exact))
		? exact
		: textOfDecimal(exact);
}

/** How many decimal places the shortest text of a double has; -1 where the fast way does not apply. */
function scaleOf(value: number): number {
	if (Number.isSafeInteger(value)) return 0;
	for (let scale = 1; scale <= fastScaleMax; scale++) {
		const mantissa = Math.round(value * power(scale));
		if (Math.abs(mantissa) >= safeMantissa) return -1;
		// Division of two exact integers rounds once, as reading the decimal text does.
		if (mantissa / power(scale) === value) return scale;
	}
	return -1;
}

const mantissaOf = (value: number, scale: number): number => Math.round(value * power(scale));

const fits = (mantissa: number, scale: number): boolean =>
	Math.abs(mantissa) < safeMantissa || (scale === 0 && Number.isSafeInteger(mantissa));

const power = (exponent: number): number => powers[exponent] ?? 10 ** exponent;

/** `mantissa × 10^-scale`. */
interface Big {
	readonly mantissa: bigint;
	readonly scale: number;
}

function bigOf(value: Decimal): Big {
	const text = typeof value === "number" ? String(value) : value.source;
	const [, sign = "", whole = "", fraction = "", exponent = "0"] = jsonNumber.exec(text) ?? [];
	return { mantissa: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length - Number(exponent) };
}

function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint, number] {
	const bigA = bigOf(a);
	const bigB = bigOf(b);
	const scale = Math.max(bigA.scale, bigB.scale);
	return [
		bigA.mantissa * 10n ** BigInt(scale - bigA.scale),
		bigB.mantissa * 10n ** BigInt(scale - bigB.scale),
		scale,
	];
}

function decimalOfBig(mantissa: bigint, scale: number): Decimal | NotDecimal {
	if (mantissa === 0n) return 0;
	const written = mantissa < 0n ? (-mantissa).toString() : mantissa.toString();
	const digits = written.replace(/0+$/, "");
	const exponent = written.length - 1 - scale;
	if (digits.length > digitsMax || Math.abs(exponent) > exponentMax) return "beyond 34 digits";
	const sign = mantissa < 0n ? "-" : "";
	const number = Number(`${sign}${written}e${-scale}`);
	if (digits.length <= 15 || shortestDigits(number) === digits) {
		if (!Number.isInteger(number) || Number.isSafeInteger(number)) return number;
	}
	return new ExactNumber(plainText(mantissa, scale));
}

/** The significant digits of a double's shortest text. */
const shortestDigits = (value: number): string =>
	String(Math.abs(value)).replace(/e.*$/, "").replace(".", "").replace(/^0+/, "").replace(/0+$/, "");

function plainText(mantissa: bigint, scale: number): string {
	if (scale <= 0) return (mantissa * 10n ** BigInt(-scale)).toString();
	const sign = mantissa < 0n ? "-" : "";
	const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(scale + 1, "0");
	const fraction = digits.slice(-scale).replace(/0+$/, "");
	return `${sign}${digits.slice(0, -scale)}${fraction === "" ? "" : `.${fraction}`}`;
}

/** The quotient as an integer; what is left over decides by `mode`. */
function divideBig(dividend: bigint, divisor: bigint, mode: RoundingMode): bigint {
	const quotient = dividend / divisor;
	const rest = dividend % divisor;
	if (rest === 0n) return quotient;
	const away = dividend < 0n === divisor < 0n ? 1n : -1n;
	return roundsAway(mode, away > 0n, twiceCompared(rest, divisor), quotient % 2n !== 0n)
		? quotient + away
		: quotient;
}

/** How twice the rest compares with the divisor: below a half, a half, above. */
function twiceCompared(rest: bigint, divisor: bigint): number {
	const twice = (rest < 0n ? -rest : rest) * 2n;
	const whole = divisor < 0n ? -divisor : divisor;
	return twice < whole ? -1 : twice > whole ? 1 : 0;
}

function roundsAway(mode: RoundingMode, positive: boolean, half: number, odd: boolean): boolean {
	switch (mode) {
		case "halfUp":
			return half >= 0;
		case "halfDown":
			return half > 0;
		case "halfEven":
			return half > 0 || (half === 0 && odd);
		case "up":
			return true;
		case "down":
			return false;
		case "ceiling":
			return positive;
		case "floor":
			return !positive;
	}
}
