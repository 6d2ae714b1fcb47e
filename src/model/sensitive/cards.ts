/** Card numbers of one network begin with `from` to `to`, and have so many digits. */
interface Range {
	readonly network: string;
	readonly from: string;
	readonly to: string;
	readonly lengths: readonly number[];
}

const from16To19 = [16, 17, 18, 19];
const from12To19 = [12, 13, 14, 15, ...from16To19];

const range = (network: string, from: string, lengths: readonly number[], to = from): Range => ({
	network,
	from,
	to,
	lengths,
});

/**
 * Issuer identification numbers (ISO/IEC 7812-1) as the networks publish them for those who accept their cards:
 * Mastercard's and Visa's account ranges, American Express' merchant guide, Discover's IIN guide (which has Diners Club,
 * JCB and UnionPay too), Mir's and Dankort's.
 *
 * Only ranges that are in use. Mastercard gives Maestro all of 50 and 56 to 69, which is where gift and loyalty cards and
 * many systems' ids are as well; issued were few of them.
 */
const ranges: readonly Range[] = [
	range("Visa", "4", [13, 16, 19]),
	range("Mastercard", "51", [16], "55"),
	range("Mastercard", "2221", [16], "2720"),
	range("American Express", "34", [15]),
	range("American Express", "37", [15]),
	range("Discover", "6011", from16To19),
	range("Discover", "644", from16To19, "649"),
	range("Discover", "65", from16To19),
	range("Diners Club", "300", [14, 16], "305"),
	range("Diners Club", "3095", [14, 16]),
	range("Diners Club", "36", [14, 16]),
	range("Diners Club", "38", [14, 16], "39"),
	range("JCB", "3528", from16To19, "3589"),
	range("UnionPay", "62", from16To19),
	range("Mir", "2200", from16To19, "2204"),
	range("Dankort", "5019", [16]),
	...["5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762", "6763", "6767", "6771"].map((prefix) =>
		range("Maestro", prefix, from12To19),
	),
];

export const cardDigitsMin = 12;
export const cardDigitsMax = 19;

/** Whether the digits are a card's: right by Luhn's check (ISO/IEC 7812-1, annex B), and of a network's range. */
export function isCardNumber(digits: string): boolean {
	if (digits.length < cardDigitsMin || digits.length > cardDigitsMax || !isLuhn(digits)) return false;
	return ranges.some(
		({ from, to, lengths }) =>
			lengths.includes(digits.length) &&
			digits.slice(0, from.length) >= from &&
			digits.slice(0, to.length) <= to,
	);
}

/** From the right, every second digit counts twice, less nine where that has two digits. */
function isLuhn(digits: string): boolean {
	let sum = 0;
	for (let place = 0; place < digits.length; place++) {
		const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
		const weighed = place % 2 === 0 ? digit : digit * 2;
		sum += weighed > 9 ? weighed - 9 : weighed;
	}
	return sum % 10 === 0;
}

/**
 * Whether the last digit is what an article number ends with (GS1 General Specifications §7.9: EAN-13, UPC-A, ITF-14).
 * German articles begin with 4 as Visa does, British ones with 50 as Maestro, and one in ten is right by Luhn too.
 */
export function isArticleNumber(digits: string): boolean {
	if (digits.length < 12 || digits.length > 14) return false;
	let sum = 0;
	for (let place = 0; place < digits.length; place++) {
		const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
		sum += place % 2 === 0 ? digit : digit * 3;
	}
	return sum % 10 === 0;
}
