/** What is not to be kept, in words for people. */
export type Sensitive =
	| "card number"
	| "card verification code"
	| "magnetic stripe"
	| "PIN"
	| "bank account"
	| "social security number"
	| "password"
	| "medical data"
	/** What could not be read, and has the name of one of these. */
	| "unreadable";

interface Names {
	readonly what: Sensitive;
	/** The whole name, in words: `cc number` is also `ccNumber` and `CC-Number`. */
	readonly whole: readonly string[];
	/** What a longer name may end with: `customer_iban`, `newPassword`. */
	readonly ends: readonly string[];
}

/**
 * Names that say what is in the attribute: it counts whatever the value looks like.
 *
 * Not in the list, because honest traffic has them: `cid` (American Express' code, and everybody's client id), `csc`,
 * `account_number` (a customer's with a shop), `pincode` (an Indian postal code), `token`, `card_last4`, `card_expiry`
 * (which tell nothing alone), `track1` (a song), `mrn` (a customs number), `prescription` (of glasses: yes or no).
 */
const forbidden: readonly Names[] = [
	{
		what: "card number",
		whole: ["pan", "credit card", "debit card", "cc number", "cc num", "cc no", "primary account number"],
		ends: ["card number", "card num", "card no"],
	},
	{
		what: "card verification code",
		whole: ["cvn", "cvn2", "security code"],
		ends: [
			"cvv",
			"cvv2",
			"cvc",
			"cvc2",
			"card security code",
			"card verification value",
			"card verification code",
		],
	},
	{
		what: "magnetic stripe",
		whole: ["track data"],
		ends: ["track1 data", "track2 data", "magnetic stripe", "mag stripe"],
	},
	{ what: "PIN", whole: ["pin block", "card pin"], ends: [] },
	{ what: "bank account", whole: [], ends: ["iban", "iban number", "bank account", "bank account number"] },
	{ what: "social security number", whole: ["ssn"], ends: ["social security number"] },
	{
		what: "password",
		whole: ["pwd"],
		ends: ["pass word", "passwd", "pass phrase", "pass word confirmation"],
	},
	{
		what: "medical data",
		whole: ["icd9", "icd10", "icd11", "icd code", "icd10 code", "icd11 code", "hiv status", "blood type"],
		ends: [
			"diagnosis",
			"diagnose",
			"medical condition",
			"medical history",
			"medical record number",
			"health condition",
		],
	},
];

/** A four-digit value under this name is a PIN; a six-digit one is an Indian postal code. */
const pinName = "pin";

const joined = (words: string): string => words.replaceAll(" ", "");
const wholes = new Map(
	forbidden.flatMap(({ what, whole }) => whole.map((name) => [joined(name), what] as const)),
);
const ends = forbidden.flatMap(({ what, ends }) => ends.map((end) => ({ what, end: joined(end) })));

/** Cards and numbers of a shop's own program: they are what this hub is about. */
const ownProgram = /loyal|member|club|bonus|reward|gift|coupon|voucher/;

/** What the name itself says is in the attribute. */
function saidBy(compact: string): Sensitive | undefined {
	const said =
		wholes.get(compact) ?? ends.find(({ end }) => compact.endsWith(end) || compact.endsWith(`${end}s`))?.what;
	return said === "card number" && ownProgram.test(compact) ? undefined : said;
}

const compactOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Names of what is a number by itself, or a text of letters and digits that stands for something. */
const idEnds =
	/(?:ids?|numbers?|ean|gtin|upc|isbn|imei|sku|codes?|time|stamp|key|token|hash|reference|tracking|serial|phone|mobile|msisdn)[0-9]*$/;
const idWords: ReadonlySet<string> = new Set(
	(
		"ref no nr num tel fax ts at cell " +
		// What is called as a thing holds what that thing is called by.
		"order transaction invoice receipt shipment parcel session customer user product item variant"
	).split(" "),
);
const numberEnds = /(?:numbers?|num|no|nr)$/;
const payment = /card|payment|credit|debit/;
const ownEnds = /(?:card|coupon|voucher|member|club)s?$/;

/** What an attribute's name tells about it. */
interface Name {
	readonly says: Sensitive | undefined;
	readonly isPin: boolean;
	readonly isId: boolean;
	readonly isNumber: boolean;
	readonly isPayment: boolean;
	/** Of the shop's own program. */
	readonly isOwn: boolean;
}

function read(name: string): Name {
	// `contact[fields][cvv]`, as form bodies write it, is about a cvv.
	const last = name.split(/[[\].]+/).findLast((part) => part !== "") ?? "";
	const compact = compactOf(last);
	const words = last
		.replace(/([a-z0-9])([A-Z])/g, "$1 $2")
		.toLowerCase()
		.split(/[^a-z0-9]+/);
	return {
		says: saidBy(compact),
		isPin: compact === pinName,
		isId:
			idEnds.test(compact) ||
			idWords.has(words.findLast((word) => word !== "") ?? "") ||
			(ownProgram.test(compact) && ownEnds.test(compact)),
		isNumber: numberEnds.test(compact),
		isPayment: payment.test(compact),
		isOwn: ownProgram.test(compact),
	};
}

/** Names are few and come again in every message; strangers choose them, so that the memory of them has an end. */
const known = new Map<string, Name>();
const knownMax = 4_096;
const knownCharactersMax = 64;

function nameOf(name: string): Name {
	const before = known.get(name);
	if (before !== undefined) return before;
	const fresh = read(name);
	if (name.length > knownCharactersMax) return fresh;
	if (known.size >= knownMax) known.clear();
	// A copy: a part of a body's text would keep the whole of it in memory.
	known.set(` ${name}`.slice(1), fresh);
	return fresh;
}

/** How an attribute is looked at. */
export type Look =
	/** Whatever it holds. */
	| { readonly kind: "always"; readonly what: Sensitive }
	/** An id: long numbers are what it is for, and only one that is written like a card's counts. */
	| { readonly kind: "id" }
	| { readonly kind: "pin" }
	| { readonly kind: "text" };

const id: Look = { kind: "id" };
const pin: Look = { kind: "pin" };
const text: Look = { kind: "text" };

/** How the attribute `name` of the object `holder` is looked at: `number` of a `card` is no id. */
export function lookAt(name: string, holder: string): Look {
	const { says, isPin, isId, isNumber, isPayment, isOwn } = nameOf(name);
	if (says !== undefined) return { kind: "always", what: says };
	if (isPin) return pin;
	if (!isId) return text;
	if (!isNumber || isOwn) return id;
	const above = nameOf(holder);
	return (isPayment || above.isPayment) && !above.isOwn ? text : id;
}

/** Whether a name may make its attribute count whatever is in it. */
export const isForbidden = (name: string): boolean => nameOf(name).says !== undefined || nameOf(name).isPin;

/** The last three characters of such names, for whoever wants to know quickly of most that they are none. */
export const forbiddenEnds: ReadonlySet<string> = new Set(
	[pinName, ...wholes.keys(), ...ends.flatMap(({ end }) => [end, `${end}s`])].map((name) => name.slice(-3)),
);
