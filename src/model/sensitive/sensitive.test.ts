import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, Value } from "../json.ts";
import { ExactNumber } from "../json.ts";
import { holdsMark, markOf, refusalOf, withoutSensitive } from "./sensitive.ts";
import { isSuspicious } from "./suspicion.ts";
import { honestOrders } from "./testing.ts";

/** The numbers that the networks and those who process cards publish for tests. */
const testCards: ReadonlyMap<string, readonly string[]> = new Map([
	[
		"Visa",
		["4111111111111111", "4242424242424242", "4012888888881881", "4222222222222", "4917610000000000003"],
	],
	["Mastercard", ["5555555555554444", "5105105105105100", "2223003122003222", "2223000048400011"]],
	["American Express", ["378282246310005", "371449635398431", "341111111111111"]],
	["Discover", ["6011111111111117", "6011000990139424", "6555900000604105"]],
	["Diners Club", ["30569309025904", "38520000023237", "36227206271667", "3056930009020004"]],
	["JCB", ["3530111333300000", "3566002020360505"]],
	["UnionPay", ["6200000000000005", "6250941006528599", "6205500000000000004"]],
	["Maestro", ["6759649826438453", "6304000000000000", "6771798021000008", "501800000009"]],
	["Dankort", ["5019717010103742"]],
	["Mir", ["2200000000000004"]],
]);
const numbers = [...testCards.values()].flat();

const grouped = (number: string, separator: string): string => {
	const groups =
		number.length === 15 || number.length === 14 ? /^(.{4})(.{6})(.+)$/ : /^(.{4})(.{4})(.{4})(.*)$/;
	return (groups.exec(number) ?? [])
		.slice(1)
		.filter((group) => group !== "")
		.join(separator);
};

const cleaned = (value: Value): Json => withoutSensitive(value).value as Json;
const found = (value: Value) => withoutSensitive(value).removed.map(({ path, what }) => `${path}: ${what}`);
const card = markOf("card number");
const account = markOf("bank account");

describe("A card number", () => {
	it.each([...testCards])("of %s is found in a text attribute, plain and grouped", (_network, ofNetwork) => {
		for (const number of ofNetwork) {
			for (const text of [number, grouped(number, " "), grouped(number, "-")]) {
				expect(cleaned({ note: text }), text).toEqual({ note: card });
				expect(cleaned({ note: `paid (${text}), thanks` })).toEqual({ note: `paid (${card}), thanks` });
				expect(cleaned([`card:${text}.`, `${text} 12/27 123`])).toEqual([
					`card:${card}.`,
					`${card} 12/27 123`,
				]);
			}
		}
	});

	it("is found as a JSON number, where a double holds it and where not", () => {
		expect(cleaned({ note: 4111111111111111, list: [1, new ExactNumber("6205500000000000004")] })).toEqual({
			note: card,
			list: [1, card],
		});
	});

	it("is found whatever card it is, and only with its right check digit", () => {
		const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 11, maxLength: 11 });
		fc.assert(
			fc.property(fc.constantFrom("4539", "5212", "2345", "6011", "3540", "6229"), digits, (prefix, rest) => {
				const body = `${prefix}${rest.join("")}`;
				const texts = Array.from({ length: 10 }, (_, check) => `${body}${check}`);
				const [only, ...others] = texts.filter((text) => found({ note: text }).length > 0);
				expect(others).toEqual([]);
				expect(only).toBe(`${body}${checkDigitOf(body)}`);
			}),
		);
	});

	it("in an attribute that holds an id counts only where it is grouped as on a card", () => {
		const names = [
			"id",
			"order_id",
			"productId",
			"transaction_id",
			"number",
			"orderNumber",
			"ean",
			"gtin14",
			"upc",
		];
		const others = [
			"sku",
			"code",
			"postalCode",
			"barcode",
			"start_time",
			"timestamp",
			"tracking",
			"phone",
			"coupon",
		];
		for (const name of [...names, ...others]) {
			for (const number of numbers) expect(found({ [name]: number }), name).toEqual([]);
			expect(found({ [name]: "4111 1111 1111 1111" }), name).toEqual([`${name}: card number`]);
			expect(found({ [name]: "3782-822463-10005" }), name).toEqual([`${name}: card number`]);
			expect(found({ [name]: 4111111111111111 }), name).toEqual([]);
		}
		expect(found({ transaction_id: "4111-1111-1111-1111-3333" })).toEqual([]);
	});

	it("is found as the number of a card or a payment, and left alone as that of a loyalty card", () => {
		const number = "4242424242424242";
		expect(found({ card: { number }, payment: { card: { number } }, payment_card: { number } })).toEqual([
			"card.number: card number",
			"payment.card.number: card number",
			"payment_card.number: card number",
		]);
		expect(
			found({ loyalty_card: { number }, gift_card: number, membershipCardNumber: number, voucher: number }),
		).toEqual([]);
	});

	it("is not seen in what only looks like one", () => {
		const texts = [
			"ORD-4111111111111111",
			"4111111111111111-B",
			"x4111111111111111",
			"0.4111111111111111",
			"+4915123456780",
			"4111111111111111@sms.example.test",
			"https://shop.example/p/4111111111111111?variant=36227206271667",
			"/p/4111111111111111",
			"?variant=36227206271667",
			"4111-1111-1111-1111-3333",
			"41111111111111110000",
			"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
			"36 37 38 39 40 41 42",
			"4111111111111112",
			"9111111111111111",
		];
		expect(texts.filter((text) => found({ note: text }).length > 0)).toEqual([]);
	});
});

describe("An IBAN", () => {
	/** Examples of the IBAN Registry. */
	const ibans = [
		"AD1200012030200359100100",
		"AT611904300234573201",
		"BE68539007547034",
		"CH9300762011623852957",
		"DE89370400440532013000",
		"ES9121000418450200051332",
		"FR1420041010050500013M02606",
		"GB29NWBK60161331926819",
		"HU42117730161111101800000000",
		"MT84MALT011000012345MTLCAST001S",
		"NL91ABNA0417164300",
		"NO9386011117947",
		"PL61109010140000071219812874",
		"SE4550000000058398257466",
		"TR330006100519786457841326",
	];

	it.each(ibans)("such as %s is found, in one piece and in fours", (iban) => {
		const fours = (iban.match(/.{1,4}/g) ?? []).join(" ");
		for (const text of [iban, fours]) {
			expect(cleaned({ note: `to ${text}, please` })).toEqual({ note: `to ${account}, please` });
		}
		expect(found({ order_id: iban })).toEqual([]);
		expect(found({ order_id: fours })).toEqual(["order_id: bank account"]);
	});

	it("with a wrong digit, or of another length, is none", () => {
		expect(
			found({ a: "DE89370400440532013001", b: "DE8937040044053201300", c: "DE893704004405320130000" }),
		).toEqual([]);
	});

	it("is found behind what only begins like one", () => {
		expect(cleaned("AB12 CD34 DE89 3704 0044 0532 0130 00")).toBe(`AB12 CD34 ${account}`);
	});
});

describe("A name that says what the attribute holds", () => {
	it("counts whatever the value is, however the name is written", () => {
		const data = {
			cvv: 12,
			CVC2: "x",
			"card-number": "1",
			cardNumber: ["1", "2"],
			credit_card_number: { last: 1 },
		};
		expect(cleaned(data)).toEqual({
			cvv: markOf("card verification code"),
			CVC2: markOf("card verification code"),
			"card-number": card,
			cardNumber: card,
			credit_card_number: card,
		});
		const others = {
			customer_iban: "?",
			newPassword: "hunter2",
			SSN: "1",
			diagnosis: "flu",
			"data[pan]": "1",
			pin: "0123",
		};
		expect(found(others)).toEqual([
			"customer_iban: bank account",
			"newPassword: password",
			"SSN: social security number",
			"diagnosis: medical data",
			"data[pan]: card number",
			"pin: PIN",
		]);
	});

	it("does not count where there is nothing, or only yes and no", () => {
		const data = {
			cvv: "",
			password: null,
			iban: {},
			diagnoses: [],
			pan: " ",
			card_number: true,
			cvc: markOf("password"),
		};
		expect(withoutSensitive(data)).toEqual({ value: data, removed: [] });
	});

	it("is not found in names that only sound alike", () => {
		const data = {
			japan: 1,
			pincode: 560001,
			pin: 560001,
			spin: "1234",
			account_number: "1",
			card_last4: "1111",
			cid: "1",
			token: "x",
		};
		expect(
			found({ ...data, company: { vat_number: "DE123456789" }, loyalty_card_number: "1", passport: "x" }),
		).toEqual([]);
	});
});

describe("Megabytes of numbers", () => {
	it.each([
		["cards", "4111111111111111,"],
		["grouped cards", "4111-1111-1111-1111 "],
		["digits", "4"],
		["single digits", "4 "],
		["IBANs and cards", "DE89 3704 0044 0532 0130 00 4111111111111111 "],
		["what begins like an IBAN", "DE89"],
		["quotes in quotes", '\\"cvv:'],
	])("are looked through in the time that their length takes: %s", (_name, part) => {
		const text = part.repeat(2_000_000 / part.length);
		const began = performance.now();
		cleaned({ note: text });
		isSuspicious(text);
		// A tenth of a second where nothing else runs; minutes where it goes by the square.
		expect(performance.now() - began).toBeLessThan(10_000);
	});
});

describe("What is removed", () => {
	it("is named by its path, and nothing else changes", () => {
		const items = [{ note: "fine" }, { note: "4111 1111 1111 1111" }];
		const data = { total: new ExactNumber("1.00000000000000001"), items };
		const { value, removed } = withoutSensitive(data);
		expect(value).toEqual({ ...data, items: [items[0], { note: card }] });
		expect(value.items[0]).toBe(items[0]);
		expect(removed).toEqual([{ path: "items.1.note", what: "card number" }]);
		expect(holdsMark(value)).toBe(true);
		expect(holdsMark(data)).toBe(false);
	});

	it("is found in JSON within a text, which stays JSON", () => {
		expect(cleaned({ payload: '{"cvv":"123","total":1.00000000000000001}' })).toEqual({
			payload: `{"cvv":"${markOf("card verification code")}","total":1.00000000000000001}`,
		});
	});

	it("is found in names, and reaches no prototype", () => {
		const value = JSON.parse('{"4111 1111 1111 1111":1,"__proto__":{"cvv":1}}') as Value;
		expect(JSON.stringify(cleaned(value))).toBe(
			`{"__proto__":{"cvv":"${markOf("card verification code")}"},"${card}":1}`,
		);
		expect(found(value)).toEqual([`${card}: card number`, "__proto__.cvv: card verification code"]);
	});

	it("is not removed twice", () => {
		fc.assert(
			fc.property(withCards, (value) => {
				const once = withoutSensitive(value);
				expect(withoutSensitive(once.value)).toEqual({ value: once.value, removed: [] });
			}),
		);
	});

	it("is named to who can mend it, without the value", () => {
		expect(refusalOf({ items: [{ note: "4111111111111111" }] })).toBe(
			"what is never kept is in `items.0.note` (card number); send the event without it",
		);
		expect(refusalOf({ cvv: [1], iban: "x", pan: 1, note: "4111111111111111", ssn: 1 })).toBe(
			"what is never kept is in `cvv` (card verification code), `iban` (bank account), `pan` (card number) and 2 more; " +
				"send the event without it",
		);
		expect(refusalOf({ note: "thanks" })).toBeUndefined();
	});
});

describe("Honest orders", () => {
	it("are all left as they are: 100,000 of them", { timeout: 300_000 }, () => {
		const perRun = 100;
		fc.assert(
			fc.property(fc.integer(), (seed) => {
				const changed = honestOrders(perRun, seed).filter((order) => withoutSensitive(order).value !== order);
				expect(changed.map((order) => withoutSensitive(order).removed)).toEqual([]);
			}),
			{ numRuns: 1_000 },
		);
	});
});

describe("A body's text", () => {
	it("is suspicious wherever there is something to remove, however it is laid out", () => {
		fc.assert(
			fc.property(withCards, fc.constantFrom(0, 1, 4, "\t"), (value, indent) => {
				const text = JSON.stringify(value, null, indent);
				if (found(value).length > 0) expect(isSuspicious(text)).toBe(true);
			}),
			{ numRuns: 2_000 },
		);
	});

	it("is suspicious where a name has blanks before its colon, or hides a character", () => {
		expect(isSuspicious('{"cvv" : 1}')).toBe(true);
		expect(isSuspicious('{"cvv"\n:1}')).toBe(true);
		expect(isSuspicious('{"payload":"{\\"cvv\\":1}"}')).toBe(true);
		expect(isSuspicious('{"note":"\\u0034111111111111111"}')).toBe(true);
		expect(isSuspicious('{"c\\u0076v":1}')).toBe(true);
		expect(isSuspicious('{"note":"\\u003cb\\u003e caf\\u00e9 \\u0026"}')).toBe(false);
	});
});

/** Wild JSON with cards, IBANs and forbidden names here and there. */
const withCards: fc.Arbitrary<Json> = fc.letrec<{ tree: Json }>((tie) => ({
	tree: fc.oneof(
		{ maxDepth: 4 },
		fc.oneof(
			fc.string(),
			fc.double({ noNaN: true, noDefaultInfinity: true }),
			fc.boolean(),
			fc.constant(null),
			fc
				.tuple(fc.string(), fc.constantFrom(...numbers, "DE89 3704 0044 0532 0130 00"), fc.string())
				.map((all) => all.join("")),
			fc.constantFrom(...numbers).map((number) => grouped(number, " ")),
			fc
				.constantFrom(...numbers)
				.map(Number)
				.filter(Number.isSafeInteger),
		),
		fc.array(tie("tree"), { maxLength: 4 }),
		fc.dictionary(
			fc.oneof(
				fc.string(),
				fc.constantFrom(
					"cvv",
					"Card_Number",
					"iban",
					"pin",
					"note",
					"id",
					"data[pan]",
					"password_",
					"card_no",
					"CC No",
					"icd10",
				),
			),
			tie("tree"),
			{ maxKeys: 4 },
		),
	),
})).tree;

/** Luhn's, from the right: the first digit before it counts twice. */
function checkDigitOf(body: string): number {
	const sum = [...body].reverse().reduce((total, digit, place) => {
		const weighed = Number(digit) * (place % 2 === 0 ? 2 : 1);
		return total + Math.floor(weighed / 10) + (weighed % 10);
	}, 0);
	return (10 - (sum % 10)) % 10;
}
