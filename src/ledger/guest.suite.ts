import { describe, expect, it } from "vitest";
import type { Command } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import {
	day,
	exampleProgram,
	noon,
	openExample,
	openSender,
	type ProgramTexts,
	type Sent,
} from "./fixture.ts";
import { type LedgerHost, openScene, type Scene } from "./scene.ts";
import { nothingVerified } from "./verify.ts";

/** Purchases of guests, and of members who claim them, for any host: worked by hand, noon being 1 March 2026, 12:00 UTC. */
export function testGuests(name: string, { withSql, crypto }: LedgerHost): void {
	const scene = (body: (scene: Scene) => void, files: ProgramTexts = {}) =>
		withSql((sql) => {
			const opened = openScene(sql, crypto, {}, files);
			opened.send("opt_in");
			body(opened);
			expect(opened.ledger.rebuild().differences).toEqual([]);
			expect(opened.ledger.verify(nothingVerified, []).problems).toEqual([]);
		});
	const order = (total: number, more: JsonObject = {}): JsonObject => ({
		transaction_id: "o-1",
		total,
		...more,
	});
	const ofOrder = { transaction_id: "o-1" };
	const guests = (one: Scene, action: string, data: JsonObject, sent: Sent = {}) =>
		one.send(action, data, { guest: true, lenient: false, ...sent });
	const claim = (one: Scene, sent: Sent = {}) =>
		one.send("checkout_claim", ofOrder, { lenient: false, ...sent });
	const actions = ({ sql }: Scene) =>
		sql.query("SELECT action FROM event ORDER BY seq").map((row) => row["action"]);
	const postings = ({ sql }: Scene, action: string) =>
		sql.query("SELECT postings FROM event WHERE action = ?", action).map((row) => String(row["postings"]));
	const main = ({ ledger }: Scene) => ledger.customer("ada")?.accounts[0];

	const manual = "purchase: { rate: 0.05, rounding: ceil, accept: manual }";
	const twins = { identities: { id: "twin" } };
	const notFound = { kind: "refused", code: 0, reason: "Transaction not found", waitsFor: "checkout" };
	const notTheirs = { kind: "refused", code: 103902 };

	describe(`a guest's purchase on ${name}`, () => {
		it("is an event that gives nobody points, and its guest is no customer", () =>
			scene((one) => {
				const items = [{ product_id: "p-1", price: 50, quantity: 2, points_rewarded: 9 }];
				const bought = guests(one, "checkout", order(200, { items, points_rewarded: 70 }));
				expect(bought).toMatchObject({
					kind: "appended",
					points: 0,
					customer: expect.stringMatching(/^guest_/),
				});
				expect(actions(one)).toEqual(["opt_in", "checkout", "checkout_item"]);
				expect([...postings(one, "checkout"), ...postings(one, "checkout_item")]).toEqual(["{}", "{}"]);
				const { customer = "" } = bought as { customer?: string };
				expect(one.ledger.customer(customer)).toBe(null);
				expect(one.ledger.history(customer, { limit: 10 })).toBe(null);
				expect(one.ledger.searchCustomers({ filters: [], limit: 10, offset: 0 })).toEqual(["ada"]);
				expect(one.ledger.stats().customers).toBe(1);
				const [event] = one.ledger.newest(10).filter(({ action }) => action === "checkout");
				expect(event).toMatchObject({ customer, points: 0, properties: { total: 200, items } });
			}));

		it("has its transaction id for itself, whoever else buys", () =>
			scene((one) => {
				const first = one.command("checkout", order(200), { guest: true, lenient: false });
				one.record(first);
				expect(one.record(first)).toMatchObject({ kind: "duplicate" });
				expect(guests(one, "checkout", order(200))).toMatchObject({ kind: "conflict", code: 5003 });
				expect(one.send("checkout", order(200))).toMatchObject({ kind: "conflict", code: 5003 });
				expect(guests(one, "checkout", order(200), { orders: "shop-2" }).kind).toBe("appended");
				expect(guests(one, "checkout", { total: 5 })).toMatchObject({
					kind: "refused",
					reason: 'Property "transaction_id" cannot be empty',
				});
			}));

		it("is updated, accepted, refunded and rejected as any other", () =>
			scene(
				(one) => {
					const items = [
						{ product_id: "a", subtotal: 60 },
						{ product_id: "b", subtotal: 40 },
					];
					guests(one, "checkout", order(200));
					expect(guests(one, "refund", ofOrder)).toMatchObject({ kind: "refused", code: 112201 });
					expect(guests(one, "checkout_update", order(100, { items })).kind).toBe("appended");
					expect(guests(one, "checkout_accept", ofOrder)).toMatchObject({ kind: "appended", points: 0 });
					expect(guests(one, "partial_refund", { ...ofOrder, amount: 30 })).toMatchObject({ points: 0 });
					expect(guests(one, "refund_item", { ...ofOrder, product_id: "b" })).toMatchObject({ points: 0 });
					expect(guests(one, "partial_refund", { ...ofOrder, amount: 31 })).toMatchObject({ code: 112203 });
					expect(guests(one, "refund", ofOrder)).toMatchObject({ kind: "appended", points: 0 });
					guests(one, "checkout", { transaction_id: "o-2", total: 5 });
					expect(guests(one, "checkout_reject", { transaction_id: "o-2" }).kind).toBe("appended");
					const moved = one.sql.query("SELECT 1 FROM event WHERE postings <> '{}'");
					expect(moved).toEqual([]);
					const [row] = one.sql.query(
						'SELECT sum(earned) AS earned, sum(activated) AS activated FROM "transaction"',
					);
					expect(row).toEqual({ earned: 0, activated: 0 });
				},
				{ points: manual },
			));

		it("has what becomes of it said only of itself, and only a purchase said of it", () =>
			scene((one) => {
				expect(guests(one, "refund", ofOrder)).toEqual(notFound);
				one.send("checkout", order(200));
				expect(guests(one, "refund", ofOrder)).toMatchObject(notTheirs);
				guests(one, "checkout", { transaction_id: "o-2", total: 5 });
				expect(one.send("refund", { transaction_id: "o-2" })).toMatchObject(notTheirs);
				expect(guests(one, "point_add", { points: 5 })).toMatchObject({
					kind: "refused",
					reason: "point_add can not be a guest's",
				});
				const burning = { transaction_id: "o-3", total: 5, points_burned: 1 };
				expect(guests(one, "checkout", burning)).toMatchObject({ kind: "refused", code: 120241 });
				expect(guests(one, "checkout", { ...burning, points_burned: 0 }).kind).toBe("appended");
			}));

		it("lets nobody join under a guest's name", () =>
			scene((one) => {
				const { customer = "" } = guests(one, "checkout", order(200)) as { customer?: string };
				expect(one.send("opt_in", {}, { identities: { id: customer } }).kind).toBe("refused");
			}));

		it("moves no tier and keeps no points alive", () =>
			scene(
				(one) => {
					guests(one, "checkout", order(200));
					guests(one, "checkout_accept", ofOrder);
					expect(actions(one)).toEqual(["opt_in", "checkout", "checkout_accept"]);
					expect(one.sql.query("SELECT 1 FROM tier")).toEqual([]);
					expect(one.sql.query("SELECT 1 FROM due")).toEqual([]);
				},
				{
					points: `${manual}\naccounts: { main: { expiry: { rule: activity, after: 60d, actions: [checkout, checkout_accept] } } }`,
					tiers: "status: { counts: spend, tiers: { bronze: { from: 0 }, silver: { from: 100 } } }",
				},
			));
	});

	describe(`a claim on ${name}`, () => {
		it("gives the member what the purchase would have earned, and them the purchase", () =>
			scene((one) => {
				guests(one, "checkout", order(200, { items: [{ product_id: "a", subtotal: 100 }] }));
				expect(claim(one)).toMatchObject({ kind: "appended", points: 10, customer: "ada" });
				expect(main(one)).toMatchObject({ score: 10, spendable: 10 });
				expect(one.ledger.transactions("ada")).toMatchObject([
					{ id: "o-1", status: "accepted", total: "200", earned: 10, items: [{ product_id: "a" }] },
				]);
				const { data: history = [] } = one.ledger.history("ada", { limit: 10 }) ?? {};
				expect(history.map(({ action }) => action)).toContain("checkout");
				expect(history.find(({ action }) => action === "checkout_claim")).toMatchObject({
					points: 10,
					properties: ofOrder,
					snapshot: { score: 10 },
				});
				expect(postings(one, "checkout_claim")).toEqual(['{"main/issued":-10,"main/active":10}']);
				expect(postings(one, "merge_out")).toEqual(["{}"]);
			}));

		it("finds the member's purchase ever after, whether its sender says guest or member", () =>
			scene((one) => {
				one.send("point_add", { points: 3, expdate: "2026-03-02" });
				guests(one, "checkout", order(200));
				claim(one);
				expect(guests(one, "partial_refund", { ...ofOrder, amount: 100 })).toMatchObject({
					points: -5,
					customer: "ada",
				});
				expect(one.send("refund", ofOrder)).toMatchObject({ kind: "appended", points: -5 });
				// The points that go back are those of the purchase.
				expect(main(one)).toMatchObject({ spendable: 3, expiring: [{ expdate: "2026-03-02", points: 3 }] });
				expect(guests(one, "checkout", order(200))).toMatchObject({ kind: "conflict", code: 5003 });
			}));

		it("opens the purchase as far as it came", () =>
			scene(
				(one) => {
					guests(one, "checkout", order(200));
					guests(one, "checkout_update", order(300));
					expect(claim(one)).toMatchObject({ points: 15 });
					expect(main(one)).toMatchObject({ pending: 15, spendable: 0 });
					one.send("checkout_accept", ofOrder);
					expect(main(one)).toMatchObject({ pending: 0, spendable: 15 });
				},
				{ points: manual },
			));

		it("leaves out what was refunded before", () =>
			scene((one) => {
				guests(one, "checkout", order(200));
				guests(one, "partial_refund", { ...ofOrder, amount: 50 });
				// 5 % of 200 is 10, of which a quarter, rounded to 3, went back.
				expect(claim(one)).toMatchObject({ points: 7 });
				expect(one.ledger.transactions("ada")).toMatchObject([{ refunded: "50", earned: 7 }]);
				one.send("refund", ofOrder);
				expect(main(one)).toMatchObject({ score: 0, spendable: 0 });
			}));

		it("dates the points by the purchase, and lets none be spent that are gone", () =>
			scene(
				(one) => {
					guests(one, "checkout", order(200));
					one.time.now = noon + 10 * day;
					claim(one, { timestamp: one.time.now });
					// 1 March and 90 days: 30 are left of March, then April 30, and 30 of May.
					expect(main(one)?.expiring).toEqual([{ expdate: "2026-05-30", points: 10 }]);
					guests(one, "checkout", { transaction_id: "o-2", total: 100 });
					one.time.now = noon + 200 * day;
					const late = one.send("checkout_claim", { transaction_id: "o-2" }, { timestamp: one.time.now });
					expect(late).toMatchObject({ kind: "appended", points: 5 });
					expect(main(one)).toMatchObject({ spendable: 0, expired: 15, score: 15 });
					expect(one.ledger.sweep(10)).toEqual({ swept: 1, next: null });
					expect(main(one)).toMatchObject({ spendable: 0, expired: 15 });
				},
				{ points: "accounts: { main: { expiry: { rule: rolling, after: 90d } } }\npurchase: { rate: 0.05 }" },
			));

		it("dates points by when the member joined, where the program does", () =>
			scene(
				(one) => {
					one.send("opt_in", {}, { ...twins, timestamp: Date.UTC(2025, 5, 1) });
					guests(one, "checkout", order(200));
					claim(one, twins);
					expect(one.ledger.customer("twin")?.accounts[0]?.expiring).toEqual([
						{ expdate: "2026-06-01", points: 10 },
					]);
				},
				{ points: "accounts: { main: { expiry: { rule: anniversary } } }\npurchase: { rate: 0.05 }" },
			));

		it("counts for a tier on the day of the purchase, and reaches it at once", () =>
			scene(
				(one) => {
					guests(one, "checkout", order(120));
					one.time.now = noon + 5 * day;
					claim(one, { timestamp: one.time.now });
					expect(actions(one)).toEqual(["opt_in", "checkout", "merge_out", "checkout_claim", "tier_up"]);
					expect(one.ledger.customer("ada")?.tiers).toMatchObject([{ id: "silver", counted: "120" }]);
					const [row] = one.sql.query("SELECT counted FROM tier");
					expect(JSON.parse(String(row?.["counted"]))).toEqual([[Date.UTC(2026, 2, 1), "120"]]);
				},
				{ tiers: "status: { counts: spend, tiers: { bronze: { from: 0 }, silver: { from: 100 } } }" },
			));

		it("earns by the rules of today, and is as far as it came by those of its time", () =>
			withSql((sql) => {
				const before = exampleProgram(
					{},
					{ points: "purchase: { rate: 0.05, accept: manual, accept_after: 14d }" },
				);
				const today = exampleProgram({}, { points: "purchase: { rate: 0.1, accept_after: 30d }" });
				let [program, now] = [before, noon];
				const ledger = openExample({ sql, crypto, clock: () => now, program: () => program });
				const send = openSender(before, crypto);
				ledger.record([send("opt_in"), send("checkout", order(200), { guest: true })]);
				program = today;
				const [claimed] = ledger.record([send("checkout_claim", ofOrder)]);
				expect(claimed?.outcome).toMatchObject({ kind: "appended", points: 20 });
				expect(ledger.customer("ada")?.accounts).toMatchObject([{ pending: 20, spendable: 0 }]);
				now = noon + 14 * day;
				ledger.sweep(10);
				expect(ledger.customer("ada")?.accounts).toMatchObject([{ pending: 0, spendable: 20 }]);
				expect(ledger.rebuild().differences).toEqual([]);
			}));

		it("accepts itself where nobody does, whether it was claimed before or after", () =>
			scene(
				(one) => {
					for (const id of ["o-1", "o-2"]) guests(one, "checkout", { transaction_id: id, total: 200 });
					claim(one);
					one.time.now = noon + 14 * day;
					one.ledger.sweep(10);
					expect(main(one)).toMatchObject({ pending: 0, spendable: 10 });
					one.send("checkout_claim", { transaction_id: "o-2" }, { timestamp: one.time.now });
					expect(main(one)).toMatchObject({ pending: 0, spendable: 20 });
					expect(actions(one).filter((action) => action === "checkout_accept")).toHaveLength(2);
				},
				{ points: "purchase: { rate: 0.05, accept: manual, accept_after: 14d }" },
			));

		it("happens once: the same member's again is a duplicate, another's is refused", () =>
			scene((one) => {
				one.send("opt_in", {}, twins);
				guests(one, "checkout", order(200));
				const first = one.command("checkout_claim", ofOrder, { lenient: false });
				const claimed = one.record(first);
				expect(one.record(first)).toMatchObject({ kind: "duplicate" });
				expect(claim(one)).toMatchObject({
					kind: "duplicate",
					event: claimed.kind === "appended" ? claimed.event : "",
					customer: "ada",
				});
				expect(claim(one, twins)).toEqual({
					kind: "refused",
					code: 103902,
					reason: "The checkout was claimed by another customer already",
				});
				const other: Command = { ...first, data: { ...ofOrder, note: "other" } };
				expect(one.record(other).kind).toBe("conflict");
				expect(main(one)).toMatchObject({ score: 10 });
			}));

		it("is refused for what is no guest's, is over, or is not there, and leaves the guest as they were", () =>
			scene((one) => {
				expect(claim(one)).toEqual(notFound);
				expect(one.send("checkout_claim", {})).toMatchObject({
					reason: 'Property "transaction_id" cannot be empty',
				});
				one.send("checkout", { transaction_id: "o-2", total: 200 });
				const own = one.send("checkout_claim", { transaction_id: "o-2" });
				expect(own).toEqual({ ...notTheirs, reason: "The transaction is not a guest's" });
				guests(one, "checkout", order(200));
				expect(claim(one, { identities: { id: "nobody" } })).toMatchObject({ kind: "not_a_member" });
				const tooOld = claim(one, { timestamp: noon - 401 * day });
				expect(tooOld).toMatchObject({ kind: "refused", reason: expect.stringContaining("backdate_max") });
				guests(one, "refund", ofOrder);
				expect(claim(one)).toEqual({
					kind: "refused",
					code: 0,
					reason: "Only pending or accepted transactions can be claimed",
				});
				expect(actions(one)).toEqual(["opt_in", "checkout", "checkout", "refund"]);
				expect(one.sql.query("SELECT 1 FROM errand")).toEqual([]);
			}));

		it("is refused within the turn that rejected the purchase", () =>
			scene((one) => {
				const guest = { guest: true } as const;
				const recorded = one.sql.transaction(() =>
					one.ledger.record([
						one.command("checkout", order(200), guest),
						one.command("checkout_reject", ofOrder, guest),
						one.command("checkout_claim", ofOrder),
					]),
				);
				expect(recorded.map(({ outcome }) => outcome?.kind)).toEqual(["appended", "appended", "refused"]);
			}));

		it("is of a namespace of order numbers", () =>
			scene((one) => {
				guests(one, "checkout", order(200), { orders: "shop-2" });
				expect(claim(one)).toEqual(notFound);
				expect(claim(one, { orders: "shop-2" })).toMatchObject({ kind: "appended", points: 10 });
			}));

		it("by who is merged into another later stays once, and theirs", () =>
			scene((one) => {
				one.send("opt_in", {}, twins);
				guests(one, "checkout", order(200));
				claim(one, twins);
				const idOf = (id: string) => {
					const [identity] = one.command("profile", {}, { identities: { id } }).identities;
					if (identity === undefined) throw new Error("a command names its customer");
					return identity;
				};
				one.sql.transaction(() =>
					one.ledger.merge({
						from: idOf("twin"),
						into: idOf("ada"),
						timestamp: one.time.now,
						provenance: { source: "Platform" },
					}),
				);
				expect(claim(one)).toMatchObject({ kind: "duplicate", customer: "ada" });
				expect(guests(one, "refund", ofOrder)).toMatchObject({
					kind: "appended",
					points: -10,
					customer: "ada",
				});
				expect(main(one)).toMatchObject({ score: 0 });
			}));

		it("goes with the member who opts out, the guest's events with it", () =>
			scene((one) => {
				guests(one, "checkout", order(200, { note: "canary@example.test" }));
				guests(one, "checkout", { transaction_id: "o-2", total: 5, note: "another" });
				claim(one);
				expect(one.sql.query("SELECT count(*) AS n FROM body")).toEqual([{ n: 5 }]);
				one.send("opt_out");
				expect(one.sql.query("SELECT data FROM body")).toEqual([
					{ data: '{"note":"another","total":5,"transaction_id":"o-2"}' },
				]);
				expect(JSON.stringify(one.sql.query('SELECT * FROM "transaction"'))).not.toContain("o-1");
				expect(one.sql.query("SELECT 1 FROM customer WHERE status = 'claimed'")).toEqual([]);
				expect(guests(one, "refund", ofOrder)).toMatchObject({ kind: "suppressed" });
			}));
	});
}
