import { expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import type { Sql } from "../model/sql.ts";
import { day, exampleProgram, noon, openExample, openSender } from "./fixture.ts";
import type { EventFilter, EventSearch } from "./search.ts";

/** A ledger with a few events of two customers. */
function opened() {
	const sql = openSqlite(":memory:");
	const asked: { readonly text: string; readonly plan: string }[] = [];
	/** Notes how SQLite goes about what is asked of bodies. */
	const watched: Sql = {
		transaction: (body) => sql.transaction(body),
		query: (text, ...params) => {
			if (/^\s*SELECT.* FROM body\s/s.test(text)) {
				const plan = sql.query(`EXPLAIN QUERY PLAN ${text}`, ...params);
				asked.push({ text, plan: plan.map((row) => row["detail"]).join("; ") });
			}
			return sql.query(text, ...params);
		},
	};
	const ledger = openExample({ sql: watched, crypto: nodeCrypto });
	const send = openSender(exampleProgram(), nodeCrypto);
	const order = { transaction_id: "o-1", total: 100, items: [{ product_id: "p" }] };
	ledger.record([
		send("opt_in", {}, { timestamp: noon - 9 * day }),
		send("checkout", order, { timestamp: noon - 3 * day }),
		send("point_add", { points: 5, reason: "five" }, { timestamp: noon - 5 * day }),
		send("opt_in", {}, { identities: { id: "grace" }, timestamp: noon - 4 * day }),
	]);
	const of = (customer: string | null, filters: readonly EventFilter[], more: Partial<EventSearch> = {}) =>
		ledger
			.search(customer, {
				filters,
				sort: [{ by: "timestamp", descending: true }],
				limit: 10,
				offset: 0,
				...more,
			})
			?.map(({ action }) => action);
	return { ledger, asked, of };
}

it("finds the events of a time in all of the ledger by an index, and in their order", () => {
	const { ledger, asked, of } = opened();
	const since: EventFilter = { field: "timestamp", compare: "gte", value: noon - 5 * day };
	expect(of(null, [since])).toEqual(["checkout_item", "checkout", "opt_in", "point_add"]);
	expect(ledger.count([since])).toBe(4);
	for (const { plan } of asked) {
		expect(plan).toMatch(/SEARCH body USING (COVERING )?INDEX body_time \(timestamp>\?\)/);
		expect(plan).not.toMatch(/TEMP B-TREE/);
	}
	expect(asked).toHaveLength(2);
});

it("finds one customer's events by theirs", () => {
	const { asked, of } = opened();
	expect(of("ada", [{ field: "points", compare: "gt", value: 0 }])).toEqual(["checkout", "point_add"]);
	expect(asked.map(({ plan }) => plan)).toEqual([
		expect.stringMatching(/USING INDEX body_history \(subject=\?\)/),
	]);
	expect(asked[0]?.plan).not.toMatch(/TEMP B-TREE/);
});

it.each<[EventFilter, string[]]>([
	[{ field: "action", compare: "eq", value: "checkout" }, ["checkout"]],
	[{ field: "action", compare: "gt", value: "checkout" }, ["checkout_item", "point_add", "opt_in"]],
	[{ field: "action", compare: "in", values: ["opt_in", "nothing"] }, ["opt_in"]],
	[
		{ field: "account", compare: "in", values: ["main", "miles"] },
		["checkout_item", "checkout", "point_add", "opt_in"],
	],
	[{ field: "date", compare: "in", values: ["2026-02-24", "2026-02-20"] }, ["point_add", "opt_in"]],
	[{ field: "expdate", compare: "in", values: ["2026-02-24"] }, []],
	[{ field: "account", compare: "eq", value: "main" }, ["checkout_item", "checkout", "point_add", "opt_in"]],
	[{ field: "account", compare: "lt", value: "main" }, []],
	[{ field: "points", compare: "ne", value: 0 }, ["checkout", "point_add"]],
	[{ field: "timestamp", compare: "lt", value: noon - 5 * day }, ["opt_in"]],
	[{ field: "expires", compare: "gte", value: 0 }, []],
	[{ attribute: "transaction_id", compare: "in", values: ["o-1"] }, ["checkout_item", "checkout"]],
	// An attribute is compared as text, whatever it is.
	[{ attribute: "points", compare: "in", values: ["5"] }, ["point_add"]],
	[{ attribute: "$.reason') OR TRUE --", compare: "in", values: ["five"] }, []],
])("finds the events of a customer by %o", (filter, expected) => {
	expect(opened().of("ada", [filter])).toEqual(expected);
});

it("sorts by several fields, and leaves the rest in the order of recording", () => {
	const { of } = opened();
	const sorted = (sort: EventSearch["sort"], more = {}) => of("ada", [], { sort, ...more });
	expect(sorted([{ by: "points", descending: false }])).toEqual([
		"opt_in",
		"checkout_item",
		"checkout",
		"point_add",
	]);
	expect(
		sorted([
			{ by: "points", descending: true },
			{ by: "action", descending: true },
		]),
	).toEqual(["point_add", "checkout", "opt_in", "checkout_item"]);
	expect(sorted([{ by: "recorded", descending: true }], { limit: 2, offset: 1 })).toEqual([
		"checkout_item",
		"checkout",
	]);
});

it("knows no events of somebody unknown, nor what came with an event of another id", () => {
	const { ledger, of } = opened();
	expect(of("nobody", [])).toBeUndefined();
	const checkout = ledger.newest(10).find(({ action }) => action === "checkout");
	expect(ledger.receipt(checkout?.id ?? "")).toMatchObject({
		events: [
			{ event: { action: "checkout" }, spendable: 5 },
			{ event: { action: "checkout_item", parent: checkout?.id }, spendable: 0 },
		],
	});
	expect(ledger.receipt(`00000000${checkout?.id.slice(8)}`)).toBeNull();
	expect(ledger.receipt("no id")).toBeNull();
});
