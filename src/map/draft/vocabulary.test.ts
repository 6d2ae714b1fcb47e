import { describe, expect, it } from "vitest";
import { commonSynonyms } from "./synonyms.ts";
import { openVocabulary } from "./vocabulary.ts";

const vocabulary = openVocabulary();
const meaningOf = (name: string, words = vocabulary): string =>
	words
		.wordsOf(name)
		.map(({ concept }) => concept)
		.join(" ");

describe("the vocabulary", () => {
	it.each([
		["line_items", "product"],
		["lineItems", "product"],
		["Line Item", "product"],
		["order-lines", "product"],
		["OrderNo", "order id"],
		["ORDER_ID", "order id"],
		["orderid", "order id"],
		["transactionIDs", "order id"],
		["grandTotal", "total"],
		["totalQuantity", "total quantity"],
		["E-Mail", "email"],
		["EMailAddress", "email"],
		["zipcode", "postal"],
		["address1", "street"],
		["firstname", "first name"],
		["companies", "company"],
		["taxes", "tax"],
		["status", "status"],
		["discount", "discount"],
		["größe", "größe"],
		["$%&", ""],
	])("reads %s", (name, meaning) => {
		expect(meaningOf(name)).toBe(meaning);
	});

	it("has each name once, and in the form in which it is read", () => {
		const misread = commonSynonyms.flatMap(({ means, names }) =>
			names
				.filter((name) => meaningOf(name) !== means)
				.map((name) => `${name}: ${meaningOf(name)}, not ${means}`),
		);
		expect(misread).toEqual([]);
	});

	it("leaves out what it learnt from one connector", () => {
		const without = openVocabulary({ without: "segment" });
		expect([meaningOf("groupId"), meaningOf("groupId", without)]).toEqual(["account id", "group id"]);
		expect([vocabulary.isHolder("traits"), without.isHolder("traits")]).toEqual([true, false]);
		expect(without.isHolder("properties")).toBe(true);
	});
});
