import { Decimal as Reference } from "decimal.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExactNumber } from "../../model/json.ts";
import {
	add,
	compare,
	type Decimal,
	decimalOf,
	decimalOfText,
	divide,
	jsonOfNumber,
	multiply,
	negate,
	type RoundingMode,
	round,
	subtract,
	textOfDecimal,
} from "./decimal.ts";

const Exact = Reference.clone({ precision: 400, toExpNeg: -400, toExpPos: 400 });

const modes: Readonly<Record<RoundingMode, Reference.Rounding>> = {
	up: Reference.ROUND_UP,
	down: Reference.ROUND_DOWN,
	ceiling: Reference.ROUND_CEIL,
	floor: Reference.ROUND_FLOOR,
	halfUp: Reference.ROUND_HALF_UP,
	halfDown: Reference.ROUND_HALF_DOWN,
	halfEven: Reference.ROUND_HALF_EVEN,
};

/** Money, quantities, doubles of all sizes, and up to 34 digits with an exponent. */
const numberText = fc.oneof(
	fc.integer({ min: -99_999, max: 99_999 }).map((cents) => new Exact(cents).div(100).toString()),
	fc.integer().map(String),
	fc.double({ noNaN: true, min: -1e20, max: 1e20 }).map(String),
	fc
		.tuple(
			fc.constantFrom("", "-"),
			fc.stringMatching(/^[1-9][0-9]{0,33}$/),
			fc.integer({ min: -30, max: 0 }),
		)
		.map(([sign, digits, exponent]) => `${sign}${digits}e${exponent}`),
);

const exactly = (text: string): Decimal => {
	const value = decimalOfText(text);
	if (typeof value === "string") throw new Error(`${text} is ${value}`);
	return value;
};

/** What decimal.js says, or that it is beyond what this module counts with. */
function expected(reference: Reference): string {
	if (reference.isZero()) return "0";
	const isBeyond = reference.precision() > 34 || Math.abs(reference.e) > 34;
	return isBeyond ? "beyond 34 digits" : reference.toString();
}

const given = (result: ReturnType<typeof decimalOf>): string =>
	typeof result === "string" ? result : textOfDecimal(result);

const operands = fc
	.tuple(numberText, numberText)
	.filter((texts) => texts.every((text) => typeof decimalOfText(text) !== "string"));

describe("exact decimals", () => {
	it.each([
		["add", add, (a: Reference, b: Reference) => a.add(b)],
		["subtract", subtract, (a: Reference, b: Reference) => a.sub(b)],
		["multiply", multiply, (a: Reference, b: Reference) => a.mul(b)],
	] as const)("%s as decimal.js does", (_, ours, theirs) => {
		fc.assert(
			fc.property(operands, ([a, b]) => {
				expect(given(ours(exactly(a), exactly(b)))).toBe(expected(theirs(new Exact(a), new Exact(b))));
			}),
			{ numRuns: 1_000 },
		);
	});

	it("divide and round in every mode as decimal.js does", () => {
		const mode = fc.constantFrom(...(Object.keys(modes) as RoundingMode[]));
		fc.assert(
			fc.property(operands, fc.integer({ min: 0, max: 34 }), mode, ([a, b], scale, mode) => {
				expect(given(round(exactly(a), scale, mode))).toBe(
					expected(new Exact(a).toDecimalPlaces(scale, modes[mode])),
				);
				if (new Exact(b).isZero()) return;
				expect(given(divide(exactly(a), exactly(b), scale, mode))).toBe(
					expected(new Exact(a).div(b).toDecimalPlaces(scale, modes[mode])),
				);
			}),
			{ numRuns: 1_000 },
		);
	});

	it("compare as decimal.js does", () => {
		fc.assert(
			fc.property(operands, ([a, b]) => {
				expect(Math.sign(compare(exactly(a), exactly(b)))).toBe(new Exact(a).cmp(b));
			}),
		);
	});

	it("keep the value of every number they read", () => {
		fc.assert(
			fc.property(numberText, (text) => {
				expect(given(decimalOfText(text))).toBe(expected(new Exact(text)));
				expect(given(decimalOf(new ExactNumber(text)))).toBe(expected(new Exact(text)));
			}),
		);
	});

	it("round halves at places of money", () => {
		expect(round(1.005, 2, "halfUp")).toBe(1.01);
		expect(round(-2.5, 0, "halfEven")).toBe(-2);
		expect(divide(10, 4, 0, "halfUp")).toBe(3);
	});

	it("have no negative zero", () => {
		for (const zero of [decimalOf(-0), decimalOfText("-0.0"), multiply(-5, 0), negate(0), add(-1, 1)]) {
			expect(Object.is(zero, 0)).toBe(true);
		}
	});
});

describe("a text that should be a number", () => {
	it.each(["", " 1", "1,200.00", "01", "+1", ".5", "5.", "0x1F", "1e", "Infinity", "NaN", "1_000", "١"])(
		"%j is none",
		(text) => {
			expect(decimalOfText(text)).toBe("not a number");
		},
	);

	it.each(["1e35", "1e-35", "1e999999999", "1".repeat(35), `0.${"1".repeat(35)}`])(
		"%s has too much of it",
		(text) => {
			expect(decimalOfText(text)).toBe("beyond 34 digits");
		},
	);
});

describe("a number in JSON", () => {
	it.each([
		["1.10", 1.1],
		["9007199254740991", 9_007_199_254_740_991],
		["9007199254740992", "9007199254740992"],
		["9007199254740993", "9007199254740993"],
		["1e21", "1000000000000000000000"],
		["0.1000000000000000055", "0.1000000000000000055"],
		["0.30000000000000004", 0.300_000_000_000_000_04],
		["1e-7", 1e-7],
	])("%s is written %j", (text, json) => {
		expect(jsonOfNumber(exactly(text))).toBe(json);
	});

	it("is a number only where a double's shortest text has the same value", () => {
		fc.assert(
			fc.property(numberText, (text) => {
				const exact = decimalOfText(text);
				if (typeof exact === "string") return;
				const json = jsonOfNumber(exact);
				expect(typeof json === "number" || typeof json === "string").toBe(true);
				expect(new Exact(json as number | string).eq(text)).toBe(true);
				if (typeof json !== "number")
					expect(Number.isSafeInteger(Number(text)) && /^-?\d+$/.test(text)).toBe(false);
			}),
		);
	});
});

it("takes no longer for a number padded with zeros than its length takes", () => {
	const zeros = "0".repeat(500_000);
	expect(decimalOf(`1${zeros}1`)).toBe("beyond 34 digits");
	expect(decimalOf(new ExactNumber(`0.1${zeros}1`))).toBe("beyond 34 digits");
	expect(decimalOf(`1${zeros}x`)).toBe("not a number");
});
