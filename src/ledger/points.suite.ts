import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PointsRules } from "../catalog/points.ts";
import type { JsonObject } from "../model/json.ts";
import { day, noon, type ProgramTexts } from "./fixture.ts";
import { type LedgerHost, openScene, type Scene } from "./scene.ts";

const may = Date.UTC(2026, 4, 1, 12);

/** What the points of a program do over time, for any host: worked by hand, noon being 1 March 2026, 12:00 UTC. */
export function testPoints(name: string, { withSql, crypto }: LedgerHost): void {
	const scene = (body: (scene: Scene) => void, files: ProgramTexts = {}, rules: Partial<PointsRules> = {}) =>
		withSql((sql) => {
			const opened = openScene(sql, crypto, rules, files);
			opened.send("opt_in");
			body(opened);
			expect(opened.ledger.rebuild().differences).toEqual([]);
		});

	/** What is left of each earning event's points, by the points that it gave. */
	const lots = ({ sql }: Scene): readonly number[] =>
		sql.query("SELECT points FROM lot ORDER BY event").map((row) => Number(row["points"]));
	const actions = ({ ledger }: Scene): readonly string[] =>
		(ledger.history("ada", { limit: 100 })?.data ?? []).map(({ action }) => action).reverse();
	const main = ({ ledger }: Scene) => ledger.customer("ada")?.accounts[0];

	const rolling = "accounts: { main: { expiry: { rule: rolling, after: 90d } } }";

	const activity = `
purchase: { rate: 0.05, rounding: ceil }
accounts: { main: { expiry: { rule: activity, after: 3mo, actions: [checkout] } } }
`;

	describe(`points over time on ${name}`, () => {
		it("spends what expires first, and says at the spending event whose points they were", () =>
			scene((one) => {
				const later = one.send("point_add", { points: 10, expdate: "2026-12-31" });
				const sooner = one.send("point_add", { points: 20, expdate: "2026-06-30" });
				const never = one.send("point_add", { points: 30 });
				one.send("point_spend", { points: 25 });
				expect(lots(one)).toEqual([5, 30]);
				const [spend] = one.ledger.history("ada", { limit: 1, actions: ["point_spend"] })?.data ?? [];
				expect(spend?.usages).toEqual({ [idOf(sooner)]: 20, [idOf(later)]: 5 });
				one.send("point_spend", { points: 35 });
				expect(lots(one)).toEqual([]);
				expect(idOf(never)).toMatch(/^[0-9a-f]{24}$/);
			}));

		it("shows when points expire: at the event, and of the account", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 10 });
					one.time.now += day;
					one.send("point_add", { points: 7 }, { timestamp: noon + day });
					const [event] = one.ledger.history("ada", { limit: 1 })?.data ?? [];
					// 2 March and 90 days: March has 29 left, April 30, May 31.
					expect(event?.expdate).toBe("2026-05-31");
					expect(main(one)?.expiring).toEqual([
						{ expdate: "2026-05-30", points: 10 },
						{ expdate: "2026-05-31", points: 7 },
					]);
				},
				{ points: rolling },
			));

		it("lets points be spent on their last day, and not the day after, whether or not anybody swept", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 10 });
					one.time.now = Date.parse("2026-05-30T23:59:59Z");
					expect(main(one)).toMatchObject({ spendable: 10, expired: 0, score: 10 });
					one.time.now = Date.parse("2026-05-31T00:00:00Z");
					expect(main(one)).toMatchObject({ spendable: 0, expired: 10, score: 10 });
					expect(actions(one)).toEqual(["opt_in", "point_add"]);
					expect(one.ledger.sweep(10)).toEqual({ swept: 1, next: null });
					expect(main(one)).toMatchObject({ spendable: 0, expired: 10, score: 10 });
					expect(actions(one)).toEqual(["opt_in", "point_add", "point_expire"]);
					expect(one.ledger.sweep(10)).toEqual({ swept: 0, next: null });
				},
				{ points: rolling },
			));

		it("lets a lot expire again that was filled again after it had expired", () =>
			scene((one) => {
				one.send("point_add", { points: 10, expdate: "2026-03-10" });
				one.send("reserve_points", { transaction_id: "o-1", points: 4 });
				one.time.now += 20 * day;
				one.ledger.sweep(10);
				expect(main(one)).toMatchObject({ spendable: 0, reserved: 4, expired: 6 });
				// What happened before the end is told after it.
				one.send("release_points", { transaction_id: "o-1" }, { timestamp: noon + day });
				expect(one.send("point_add", { points: 1 }, { timestamp: one.time.now }).kind).toBe("appended");
				expect(main(one)).toMatchObject({ spendable: 1, reserved: 0, expired: 10 });
				expect(actions(one).filter((action) => action === "point_expire")).toHaveLength(2);
			}));

		it("writes what expired before whatever comes next", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 10 });
					one.time.now = noon + 91 * day;
					expect(one.send("point_spend", { points: 10 }, { timestamp: one.time.now })).toMatchObject({
						kind: "refused",
						code: 120241,
					});
					one.send("point_add", { points: 1 }, { timestamp: one.time.now });
					expect(actions(one)).toEqual(["opt_in", "point_add", "point_expire", "point_add"]);
					expect(main(one)).toMatchObject({ spendable: 1, expired: 10, score: 11 });
				},
				{ points: `${rolling}\noverdraft: refuse` },
			));

		it("puts a refund's points back where they were taken, and gives new time to those that would be gone", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 100, expdate: "2026-03-31" });
					one.send("point_add", { points: 50, expdate: "2026-12-31" });
					one.send("checkout", { transaction_id: "o-1", total: 0, points_burned: 120 });
					expect(lots(one)).toEqual([30]);
					one.time.now = may;
					one.send("refund", { transaction_id: "o-1" }, { timestamp: may });
					// 20 go back to the lot that is still good, 100 get a month from 1 May.
					expect(main(one)).toMatchObject({
						spendable: 150,
						spent: 0,
						expiring: [
							{ expdate: "2026-06-01", points: 100 },
							{ expdate: "2026-12-31", points: 50 },
						],
					});
				},
				{ points: "accounts: { main: { expiry: { rule: rolling, after: 12mo } } }" },
			));

		it("takes a refund's points from the purchase that earned them", () =>
			scene((one) => {
				one.send("point_add", { points: 100, expdate: "2026-03-31" });
				one.send("checkout", { transaction_id: "o-1", total: 2000 });
				one.send("refund", { transaction_id: "o-1" });
				expect(lots(one)).toEqual([100]);
			}));

		it("lets new points fill what is owed before they can be spent", () =>
			scene((one) => {
				one.send("point_spend", { points: 30 });
				one.send("point_add", { points: 20 });
				expect(main(one)).toMatchObject({ balance: -10, spendable: 0 });
				one.send("point_add", { points: 25 });
				expect(main(one)).toMatchObject({ balance: 15, spendable: 15 });
				expect(lots(one)).toEqual([15]);
			}));

		it("knows points that expire on one day of the year, on the anniversary, or with the last activity", async () => {
			const expdates = (one: Scene) => main(one)?.expiring.map(({ expdate }) => expdate);
			await scene(
				(one) => {
					one.send("point_add", { points: 1 });
					expect(expdates(one)).toEqual(["2026-12-31"]);
				},
				{ points: "accounts: { main: { expiry: { rule: calendar, on: 12-31 } } }" },
			);
			await scene(
				(one) => {
					one.send("point_add", { points: 1 });
					expect(expdates(one)).toEqual(["2027-03-01"]);
				},
				{ points: "accounts: { main: { expiry: { rule: anniversary } } }" },
			);
			await scene(
				(one) => {
					one.send("point_add", { points: 1 });
					one.time.now += 10 * day;
					one.send("profile", { city: "Cork" }, { timestamp: one.time.now });
					expect(expdates(one)).toEqual(["2026-03-31"]);
					one.send("point_add", { points: 2 }, { timestamp: one.time.now });
					expect(expdates(one)).toEqual(["2026-04-10"]);
					one.time.now += 31 * day;
					one.ledger.sweep(10);
					expect(main(one)).toMatchObject({ spendable: 0, expired: 3 });
				},
				{ points: "accounts: { main: { expiry: { rule: activity, after: 30d } } }" },
			);
		});

		it("gives points that come after all have lapsed a time of their own", () =>
			scene(
				(one) => {
					one.send("checkout", { transaction_id: "o-1", total: 2000 });
					one.time.now = noon + 120 * day;
					one.ledger.sweep(10);
					expect(main(one)).toMatchObject({ spendable: 0, expired: 100 });
					one.send("point_add", { points: 70 }, { timestamp: one.time.now });
					const expdate = "2026-09-29";
					expect(main(one)).toMatchObject({
						spendable: 70,
						expired: 100,
						expiring: [{ expdate, points: 70 }],
					});
					// More points are no activity.
					one.time.now += 10 * day;
					one.send("point_add", { points: 5 }, { timestamp: one.time.now });
					expect(main(one)).toMatchObject({ spendable: 75, expiring: [{ expdate, points: 75 }] });
					one.time.now = Date.parse("2026-09-30T00:00:00Z");
					expect(one.ledger.sweep(10)).toEqual({ swept: 1, next: null });
					expect(main(one)).toMatchObject({ spendable: 0, expired: 175 });
				},
				{ points: activity },
			));

		it("does so with points that a refund brings back, unless it happened before they lapsed", async () => {
			const back = (one: Scene, refunded: number) => {
				one.send("checkout", { transaction_id: "o-1", total: 2000 });
				one.send("checkout", { transaction_id: "o-2", total: 0, points_burned: 60 });
				one.time.now = noon + 120 * day;
				one.ledger.sweep(10);
				expect(main(one)).toMatchObject({ spendable: 0, spent: 60, expired: 40 });
				one.send("refund", { transaction_id: "o-2" }, { timestamp: refunded });
			};
			await scene(
				(one) => {
					back(one, noon + 120 * day);
					expect(main(one)).toMatchObject({ spendable: 60, spent: 0, expired: 40 });
				},
				{ points: activity },
			);
			await scene(
				(one) => {
					back(one, noon + 10 * day);
					expect(main(one)).toMatchObject({ spendable: 0, spent: 0, expired: 100 });
					expect(one.ledger.sweep(10)).toEqual({ swept: 1, next: null });
					expect(actions(one).filter((action) => action === "point_expire")).toHaveLength(2);
				},
				{ points: activity },
			);
		});

		it("lets points lapse before a purchase accepts itself, however late it is swept", async () => {
			for (const sweeps of [[95, 120], [120]]) {
				await scene(
					(one) => {
						one.send("checkout", { transaction_id: "o-1", total: 2000 });
						one.send("checkout_accept", { transaction_id: "o-1" });
						one.send("checkout", { transaction_id: "o-2", total: 200, auto_accept: "2026-06-09" });
						for (const days of sweeps) {
							one.time.now = noon + days * day;
							one.ledger.sweep(10);
						}
						expect(main(one)).toMatchObject({ spendable: 10, expired: 100 });
						expect(main(one)?.expiring).toEqual([{ expdate: "2026-09-09", points: 10 }]);
					},
					{ points: activity.replace("ceil", "ceil, accept: manual") },
				);
			}
		});

		it("reserves points for a purchase, which burns them, or gives them back", () =>
			scene((one) => {
				one.send("point_add", { points: 100 });
				expect(one.send("reserve_points", { transaction_id: "o-1", points: 101 })).toMatchObject({
					code: 120241,
				});
				one.send("reserve_points", { transaction_id: "o-1", points: 60 });
				expect(main(one)).toMatchObject({ score: 100, reserved: 60, spendable: 40 });
				one.send("checkout", { transaction_id: "o-1", total: 0, points_burned: 50 });
				expect(main(one)).toMatchObject({ score: 100, reserved: 0, spent: 50, spendable: 50 });
				one.send("reserve_points", { transaction_id: "o-2", points: 10 });
				one.send("release_points", { transaction_id: "o-2" });
				expect(main(one)).toMatchObject({ score: 100, reserved: 0, spent: 50, spendable: 50 });
				expect(one.send("release_points", { transaction_id: "o-2" })).toMatchObject({ kind: "refused" });
			}));

		it("reserves for a purchase again what was given back in the same commit", () =>
			scene((one) => {
				one.send("point_add", { points: 100 });
				one.send("reserve_points", { transaction_id: "o-1", points: 60 });
				const again = [
					one.command("release_points", { transaction_id: "o-1" }),
					one.command("reserve_points", { transaction_id: "o-1", points: 20 }),
				];
				const recorded = one.sql.transaction(() => one.ledger.record(again));
				expect(recorded.map(({ outcome }) => outcome?.kind)).toEqual(["appended", "appended"]);
				one.send("release_points", { transaction_id: "o-1" });
				expect(main(one)).toMatchObject({ reserved: 0, spendable: 100 });
			}));

		it("comes to the net of add, spend, unspend, fix and sub", () =>
			scene((one) => {
				one.send("point_add", { points: 1000 });
				one.send("point_spend", { points: 300 });
				one.send("point_unspend", { points: 100 });
				one.send("point_fix", { points: 200 });
				one.send("point_sub", { points: 300 });
				expect(main(one)).toMatchObject({ score: 900, spent: 200, spendable: 700 });
			}));

		it("keeps who is suspended from spending, and lets them earn", () =>
			scene((one) => {
				one.send("point_add", { points: 10 });
				expect(one.send("unsuspend")).toMatchObject({ code: 114600 });
				one.send("suspend");
				expect(one.send("suspend")).toMatchObject({ code: 114400 });
				expect(one.send("point_spend", { points: 5 })).toMatchObject({ kind: "refused", code: 110003 });
				one.send("point_add", { points: 10 });
				one.send("unsuspend");
				one.send("point_spend", { points: 5 });
				expect(main(one)).toMatchObject({ spendable: 15, spent: 5 });
			}));
	});

	describe(`a purchase line by line on ${name}`, () => {
		const order = {
			transaction_id: "o-1",
			total: 100,
			items: [
				{ product_id: "a", subtotal: 60 },
				{ product_id: "b", subtotal: 40 },
			],
		};
		const manual = { accept: "manual" } as const;

		it("accepts its lines one by one, and with the last the whole", () =>
			scene(
				(one) => {
					one.send("checkout", order);
					expect(main(one)).toMatchObject({ pending: 5, spendable: 0 });
					one.send("checkout_accept_item", { transaction_id: "o-1", product_id: "a" });
					expect(main(one)).toMatchObject({ pending: 2, spendable: 3 });
					expect(one.ledger.transactions("ada")[0]?.status).toBe("pending");
					one.send("checkout_accept_item", { transaction_id: "o-1", product_id: "b" });
					expect(main(one)).toMatchObject({ pending: 0, spendable: 5 });
					expect(one.ledger.transactions("ada")[0]?.status).toBe("accepted");
				},
				{},
				manual,
			));

		it("keeps the lines that were accepted when the rest is rejected", () =>
			scene(
				(one) => {
					one.send("checkout", order);
					one.send("checkout_accept_item", { transaction_id: "o-1", product_id: "a" });
					one.send("checkout_reject", { transaction_id: "o-1" });
					expect(main(one)).toMatchObject({ pending: 0, spendable: 3 });
					expect(one.ledger.transactions("ada")[0]).toMatchObject({ status: "accepted", total: "60" });
					one.send("refund", { transaction_id: "o-1" });
					expect(main(one)).toMatchObject({ pending: 0, spendable: 0, score: 0 });
				},
				{},
				manual,
			));

		it("takes an update of one line for that line", () =>
			scene(
				(one) => {
					one.send("checkout", order);
					one.send("checkout_update_item", { transaction_id: "o-1", product_id: "b", subtotal: 140 });
					expect(one.ledger.transactions("ada")[0]).toMatchObject({ total: "200", earned: 10 });
					expect(main(one)).toMatchObject({ pending: 10 });
				},
				{},
				manual,
			));

		const ofOrder = { transaction_id: "o-1" };
		const byItem = { ...manual, level: "item", rate: "1", rounding: "floor" } as const;

		it("has what an update burns judged by the purchase's account", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 1_000 });
					one.send("checkout", order, { account: "miles" });
					const more = { ...ofOrder, points_burned: 500 };
					expect(one.send("checkout_update", more)).toMatchObject({ kind: "refused", code: 120241 });
					expect(one.send("checkout_update", more, { account: "main" })).toMatchObject({ code: 120241 });
					one.send("point_add", { points: 500 }, { account: "miles" });
					expect(one.send("checkout_update", more).kind).toBe("appended");
				},
				{},
				{ ...manual, overdraft: "refuse" },
			));

		it("accepts of a line what it earns by itself, though that be nothing", () =>
			scene(
				(one) => {
					const items = [
						{ product_id: "a", subtotal: 10, points_rewarded: 0 },
						{ product_id: "b", subtotal: 10 },
					];
					one.send("checkout", { ...ofOrder, items });
					one.send("checkout_accept_item", { ...ofOrder, product_id: "a" });
					expect(main(one)).toMatchObject({ pending: 10, spendable: 0 });
					one.send("checkout_reject", ofOrder);
					expect(main(one)).toMatchObject({ pending: 0, spendable: 0 });
				},
				{},
				byItem,
			));

		it("keeps what an update does not mention: the sender's count, the lines and the burned points", () =>
			scene(
				(one) => {
					one.send("checkout", { ...ofOrder, total: 100, items: order.items, points_rewarded: 500 });
					one.send("checkout_update", { ...ofOrder, channel: "web" });
					expect(main(one)).toMatchObject({ pending: 500, spent: 0 });
					one.send("checkout_update", { ...ofOrder, points_burned: 10, points_rewarded: null, items: [] });
					expect(main(one)).toMatchObject({ pending: 500, spent: 10 });
					expect(one.ledger.transactions("ada")[0]?.items).toHaveLength(2);
					// Who says another price and no count has the purchase counted again.
					one.send("checkout_update", { ...ofOrder, total: 200 });
					expect(main(one)).toMatchObject({ pending: 10, spent: 10 });
					one.send("checkout_update", { ...ofOrder, points_rewarded: 40 });
					one.send("checkout_update_item", { ...ofOrder, product_id: "a", product_name: "Apple" });
					expect(main(one)).toMatchObject({ pending: 40 });
					expect(one.ledger.transactions("ada")[0]?.total).toBe("200");
				},
				{},
				manual,
			));

		it("goes by the currency that an update says, from then on", () =>
			scene(
				(one) => {
					one.send("checkout", { ...ofOrder, total: 1000, currency: "EUR" });
					expect(main(one)).toMatchObject({ pending: 100 });
					one.send("checkout_update", { ...ofOrder, currency: "huf" });
					expect(main(one)).toMatchObject({ pending: 3 });
					one.send("checkout_update", { ...ofOrder, total: 2000 });
					expect(main(one)).toMatchObject({ pending: 6 });
					one.send("checkout_update_item", { ...ofOrder, product_id: "a", subtotal: 1000 });
					expect(main(one)).toMatchObject({ pending: 9 });
					expect(one.ledger.transactions("ada")).toMatchObject([{ currency: "HUF", total: "3000" }]);
					expect(one.ledger.rebuild().differences).toEqual([]);
				},
				{},
				{ ...manual, rate: "0.1", rates: new Map([["HUF", "0.003"]]) },
			));

		it("keeps what the items earn by themselves until an update says them again", () =>
			scene(
				(one) => {
					const items = [
						{ product_id: "a", subtotal: 9.99 },
						{ product_id: "b", subtotal: 20.5, quantity: 2 },
						{ product_id: "c", points_rewarded: 500 },
					];
					one.send("checkout", { ...ofOrder, items });
					expect(main(one)).toMatchObject({ pending: 529 });
					one.send("checkout_update", { ...ofOrder, channel: "web" });
					one.send("checkout_update", { ...ofOrder, total: 25 });
					one.send("checkout_update_item", { ...ofOrder, product_id: "c", product_name: "Cherry" });
					expect(main(one)).toMatchObject({ pending: 529 });
					expect(one.ledger.transactions("ada")[0]).toMatchObject({ total: "25", earned: 529 });
					// One piece of two, for half the price.
					one.send("checkout_update_item", { ...ofOrder, product_id: "b", quantity: 1 });
					expect(main(one)).toMatchObject({ pending: 519 });
					expect(one.ledger.transactions("ada")[0]?.items[2]).toMatchObject({
						product_id: "b",
						quantity: "1",
						subtotal: "10.25",
					});
					one.send("checkout_update", { ...ofOrder, points_rewarded: 7 });
					one.send("checkout_accept_item", { ...ofOrder, product_id: "c" });
					one.send("checkout_accept", ofOrder);
					expect(main(one)).toMatchObject({ pending: 0, score: 7 });
				},
				{},
				byItem,
			));

		it("keeps what is accepted when the rest is updated, and lets nobody update that", async () => {
			const b = { product_id: "b", subtotal: 50 };
			const halves = [{ product_id: "a", subtotal: 50 }, b];
			const refused = { kind: "refused", reason: "What is accepted already can not be updated" };
			for (const level of ["transaction", "item"] as const) {
				await scene(
					(one) => {
						one.send("checkout", { ...ofOrder, items: halves });
						one.send("checkout_accept_item", { ...ofOrder, product_id: "a" });
						expect(main(one)).toMatchObject({ pending: 50, spendable: 50 });
						one.send("checkout_update", { ...ofOrder, items: halves });
						one.send("checkout_update_item", { ...ofOrder, product_id: "a", subtotal: "50.00" });
						expect(
							one.send("checkout_accept_item", { ...ofOrder, product_id: "a" }, { lenient: false }).kind,
						).toBe("refused");
						for (const items of [[b], [{ product_id: "a", subtotal: 60 }, b]]) {
							expect(one.send("checkout_update", { ...ofOrder, items })).toMatchObject(refused);
						}
						const altered = { ...ofOrder, product_id: "a", quantity: 2 };
						expect(one.send("checkout_update_item", altered)).toMatchObject(refused);
						one.send("checkout_update_item", { ...ofOrder, product_id: "b", subtotal: 80 });
						expect(main(one)).toMatchObject({ pending: 80, spendable: 50 });
						one.send("checkout_reject", ofOrder);
						expect(main(one)).toMatchObject({ pending: 0, spendable: 50 });
					},
					{},
					{ ...byItem, level },
				);
			}
		});

		it("takes back for an item what it earned by itself, and in all parts the whole", async () => {
			const gift = [
				{ product_id: "bonus", subtotal: 10, points_rewarded: 1_000 },
				{ product_id: "gift", subtotal: 90, points_rewarded: 0 },
			];
			const rules = { ...byItem, accept: "immediately" } as const;
			await scene(
				(one) => {
					one.send("checkout", { ...ofOrder, items: gift });
					one.send("refund_item", { ...ofOrder, product_id: "gift" });
					expect(main(one)).toMatchObject({ score: 1_000 });
					one.send("refund_item", { ...ofOrder, product_id: "bonus", subtotal: 2.5 });
					expect(main(one)).toMatchObject({ score: 750 });
					one.send("refund_item", { ...ofOrder, product_id: "bonus" });
					expect(main(one)).toMatchObject({ score: 0 });
					expect(one.ledger.transactions("ada")[0]?.status).toBe("refunded");
				},
				{},
				rules,
			);
			const rests: readonly [string, object][] = [
				["refund", {}],
				["partial_refund", { amount: 95 }],
			];
			for (const [action, data] of rests) {
				await scene(
					(one) => {
						one.send("checkout", { ...ofOrder, items: gift });
						one.send("refund_item", { ...ofOrder, product_id: "bonus", subtotal: 5 });
						expect(main(one)).toMatchObject({ score: 500 });
						one.send(action, { ...ofOrder, ...data });
						expect(main(one)).toMatchObject({ score: 0 });
						expect(one.ledger.transactions("ada")[0]?.status).toBe("refunded");
					},
					{},
					rules,
				);
			}
		});

		it("takes back, in whatever parts and order, never less than nothing and in the end all", () =>
			scene(
				(one) => {
					const cents = fc.integer({ min: 1, max: 9_999 });
					const item = fc.record({ subtotal: cents, points_rewarded: fc.integer({ min: 0, max: 999 }) });
					const part = fc.record({ of: fc.integer({ min: 0, max: 3 }), amount: cents });
					const bought = fc.record({
						items: fc.array(item, { minLength: 1, maxLength: 3 }),
						parts: fc.array(part, { maxLength: 6 }),
					});
					let orders = 0;
					fc.assert(
						fc.property(bought, ({ items, parts }) => {
							orders += 1;
							const transaction_id = `p-${orders}`;
							const named = items.map((one, index) => ({ ...one, product_id: String(index) }));
							one.send("checkout", { transaction_id, items: named });
							let score = main(one)?.score ?? 0;
							for (const { of, amount } of parts) {
								const ofItem = { transaction_id, product_id: String(of), subtotal: amount };
								if (of === 3) one.send("partial_refund", { transaction_id, amount });
								else one.send("refund_item", ofItem);
								expect(main(one)?.score ?? 0).toBeLessThanOrEqual(score);
								score = main(one)?.score ?? 0;
								expect(score).toBeGreaterThanOrEqual(0);
							}
							one.send("refund", { transaction_id });
							expect(main(one)?.score ?? 0).toBe(0);
						}),
						{ numRuns: 40 },
					);
				},
				{},
				{ ...byItem, accept: "immediately" },
			));

		it("gives back of an item no more than is left of the purchase", () =>
			scene((one) => {
				one.send("checkout", order);
				one.send("partial_refund", { ...ofOrder, amount: 80 });
				const item = { ...ofOrder, product_id: "a", subtotal: 60 };
				expect(one.send("refund_item", item, { lenient: false })).toMatchObject({ code: 112203 });
				one.send("refund_item", item);
				expect(main(one)).toMatchObject({ score: 0 });
				expect(one.ledger.transactions("ada")[0]).toMatchObject({ status: "refunded", refunded: "100" });
			}));

		it("takes a gift's points from nobody who has them, when the rest is rejected", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 20 });
					const items = [
						{ product_id: "a", subtotal: 10 },
						{ product_id: "gift", subtotal: 0, points_rewarded: 500 },
					];
					one.send("checkout", { ...ofOrder, items, points_burned: 20 });
					one.send("checkout_accept_item", { ...ofOrder, product_id: "gift" });
					expect(main(one)).toMatchObject({ pending: 10, spendable: 500, spent: 20 });
					one.send("checkout_reject", ofOrder);
					expect(main(one)).toMatchObject({ pending: 0, spendable: 520, spent: 0 });
				},
				{},
				byItem,
			));

		it("accepts whole lines only", () =>
			scene(
				(one) => {
					one.send("checkout", { ...ofOrder, items: [{ product_id: "a", subtotal: 60, quantity: 3 }] });
					const accept = { ...ofOrder, product_id: "a" };
					expect(one.send("checkout_accept_item", { ...accept, quantity: 1 })).toMatchObject({
						kind: "refused",
						reason: "Only whole lines can be accepted: 3 of a",
					});
					expect(one.send("checkout_accept_item", { ...accept, quantity: "3.0" }).kind).toBe("appended");
					expect(main(one)).toMatchObject({ pending: 0, spendable: 3 });
				},
				{},
				manual,
			));

		it("records a later step of a purchase or a reservation in its account", () =>
			scene(
				(one) => {
					const newest = () => one.ledger.newest(1)[0];
					one.send("checkout", { ...ofOrder, total: 70, points_rewarded: 70 }, { account: "miles" });
					one.send("checkout_accept", ofOrder);
					expect(newest()).toMatchObject({
						action: "checkout_accept",
						account: "miles",
						snapshot: { score: 70, pending: 0 },
					});
					one.send("reserve_points", { transaction_id: "o-2", points: 20 }, { account: "miles" });
					one.send("release_points", { transaction_id: "o-2" });
					expect(newest()).toMatchObject({ account: "miles", snapshot: { score: 70, reserved: 0 } });
					one.send("refund", ofOrder, { account: "main" });
					expect(newest()).toMatchObject({ action: "refund", account: null });
				},
				{},
				manual,
			));

		it.each(["2026-12-01T25:00:00Z", "2026-12-01 10:99"])("refuses to accept itself at %s", (auto_accept) =>
			scene(
				(one) => {
					const reason =
						'Property "auto_accept" must be a date such as 2026-11-22, or with a time such as 2026-11-22T10:30:00Z';
					expect(one.send("checkout", { ...order, auto_accept })).toMatchObject({ kind: "refused", reason });
				},
				{},
				manual,
			),
		);

		it("reads the time at which it accepts itself as UTC, and shows it", () =>
			scene(
				(one) => {
					one.send("checkout", { ...order, auto_accept: "2026-03-10 10:00:00" });
					expect(one.ledger.transactions("ada")[0]?.auto_accept).toBe("2026-03-10T10:00:00.000Z");
					one.send("checkout", { transaction_id: "o-2", total: 1 });
					expect(one.ledger.transactions("ada")[0]?.auto_accept).toBeNull();
				},
				{},
				manual,
			));

		it("accepts itself on its day, or after the program's time", async () => {
			await scene(
				(one) => {
					one.send("checkout", { ...order, auto_accept: "2026-03-10" });
					one.time.now = Date.parse("2026-03-09T23:59:59Z");
					expect(one.ledger.sweep(10).swept).toBe(0);
					one.time.now += 1_000;
					expect(one.ledger.sweep(10)).toEqual({ swept: 1, next: null });
					expect(main(one)).toMatchObject({ pending: 0, spendable: 5 });
				},
				{},
				manual,
			);
			await scene(
				(one) => {
					one.send("checkout", order);
					one.time.now += 14 * day;
					one.send("point_add", { points: 1 }, { timestamp: one.time.now });
					expect(actions(one)).toEqual([
						"opt_in",
						"checkout",
						"checkout_item",
						"checkout_item",
						"checkout_accept",
						"point_add",
					]);
					expect(main(one)).toMatchObject({ pending: 0, spendable: 6 });
				},
				{ points: "purchase: { rate: 0.05, accept: manual, accept_after: 14d }" },
			);
		});
	});

	describe(`tiers on ${name}`, () => {
		const ladder = (rest: string): string => `
status:
  label: Status
  ${rest}
  tiers: { bronze: { label: Bronze, from: 0 }, silver: { label: Silver, from: 100 }, gold: { label: Gold, from: 500 } }
`;
		const tier = ({ ledger }: Scene) => ledger.customer("ada")?.tiers[0];

		it("lifts a customer the moment enough has counted, in the event's own turn", () =>
			scene(
				(one) => {
					expect(tier(one)).toMatchObject({ id: "bronze", next: { id: "silver", missing: "100" } });
					one.send("point_add", { points: 99 });
					one.send("point_add", { points: 1 });
					expect(tier(one)).toMatchObject({
						id: "silver",
						counted: "100",
						next: { id: "gold", missing: "400" },
					});
					const [up] = one.ledger.history("ada", { limit: 1 })?.data ?? [];
					expect(up).toMatchObject({
						action: "tier_up",
						properties: { structure: "status", tier: "silver", previous: null },
					});
					one.send("point_spend", { points: 100 });
					expect(tier(one)).toMatchObject({ id: "silver", counted: "100" });
				},
				{ tiers: ladder("counts: points") },
			));

		it("counts what was paid, without what went back, once it is accepted", () =>
			scene(
				(one) => {
					one.send("checkout", { transaction_id: "o-1", total: 80 });
					one.send("partial_refund", { transaction_id: "o-1", amount: 20 });
					expect(tier(one)).toMatchObject({ id: "bronze", counted: "60" });
					one.send("checkout", { transaction_id: "o-2", total: "40.00" });
					expect(tier(one)).toMatchObject({ id: "silver", counted: "100" });
				},
				{ tiers: ladder("counts: spend") },
			));

		it("takes what is refunded from what its purchase counted, and no more than that", async () => {
			const [bought, accepted, back] = ["2026-12-20", "2027-01-03", "2027-01-10"].map((on) =>
				Date.parse(`${on}T12:00:00Z`),
			) as [number, number, number];
			const buy = (one: Scene, id: string, total: number) => {
				one.send("checkout", { transaction_id: id, total }, { timestamp: one.time.now });
			};
			for (const counts of ["counts: spend", "counts: points"]) {
				await scene(
					(one) => {
						one.time.now = bought;
						buy(one, "o-1", 400);
						one.time.now = back;
						one.send("partial_refund", { transaction_id: "o-1", amount: 100 }, { timestamp: back });
						expect(tier(one)).toMatchObject({ id: "silver", counted: "0" });
						one.send("refund", { transaction_id: "o-1" }, { timestamp: back });
						buy(one, "o-2", 600);
						expect(tier(one)).toMatchObject({ id: "gold", counted: "600" });
						one.send("partial_refund", { transaction_id: "o-2", amount: 50 }, { timestamp: back });
						expect(tier(one)).toMatchObject({ id: "gold", counted: "550" });
					},
					{ points: "purchase: {}", tiers: ladder(`${counts}\n  window: { kind: calendar }`) },
				);
			}
			await scene(
				(one) => {
					one.time.now = bought;
					buy(one, "o-1", 400);
					one.time.now = accepted;
					one.ledger.sweep(10);
					one.time.now = back;
					expect(tier(one)).toMatchObject({ id: "silver", counted: "400" });
					one.send("refund", { transaction_id: "o-1" }, { timestamp: back });
					expect(tier(one)).toMatchObject({ id: "silver", counted: "0" });
				},
				{
					points: "purchase: { accept: manual, accept_after: 14d }",
					tiers: ladder("counts: spend\n  window: { kind: calendar }"),
				},
			);
			await withSql((sql) => {
				const before = openScene(sql, crypto, {});
				before.send("opt_in");
				buy(before, "o-1", 400);
				const since = openScene(sql, crypto, {}, { tiers: ladder("counts: spend") });
				since.send("refund", { transaction_id: "o-1" }, { message: "refund" });
				expect(tier(since)).toMatchObject({ id: "bronze", counted: "0" });
				expect(since.ledger.rebuild().differences).toEqual([]);
			});
		});

		it("looks again, and not at once, at who stands in a structure that the program no longer has", () =>
			withSql((sql) => {
				const year = { tiers: ladder("window: { kind: calendar }") };
				const before = openScene(sql, crypto, {}, year);
				before.send("opt_in");
				before.send("point_add", { points: 600 });
				const now = Date.parse("2029-03-01T12:00:00Z");
				const without = openScene(sql, crypto, {}, { tiers: year.tiers.replace("status:", "level:") });
				without.time.now = now;
				expect(without.ledger.sweep(1)).toEqual({ swept: 1, next: now + 30 * day });
				expect(without.ledger.sweep(1)).toEqual({ swept: 0, next: now + 30 * day });
				const again = openScene(sql, crypto, {}, year);
				again.time.now = now + 30 * day;
				expect(again.ledger.sweep(1)).toEqual({ swept: 1, next: null });
				// It was gold's until 2027 was over, when nothing had counted in it.
				expect(tier(again)).toMatchObject({ id: "bronze", since: "2028-01-01T00:00:00.000Z", expdate: null });
				expect(again.ledger.rebuild().differences).toEqual([]);
			}));

		it("keeps a year's tier until the next year ends and for the grace, then lowers it to what was reached", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 600 });
					expect(tier(one)).toMatchObject({ id: "gold", expdate: "2028-01-31" });
					one.time.now = Date.parse("2027-06-01T00:00:00Z");
					one.send("point_add", { points: 150 }, { timestamp: one.time.now });
					expect(tier(one)).toMatchObject({ id: "gold", counted: "150" });
					one.time.now = Date.parse("2028-01-31T23:59:59Z");
					expect(one.ledger.sweep(10).swept).toBe(0);
					one.time.now += 1_000;
					one.ledger.sweep(10);
					// 150 in 2027 are silver's, and silver is kept until the year after is over.
					expect(tier(one)).toMatchObject({ id: "silver", counted: "0", expdate: "2029-01-31" });
					expect(actions(one).at(-1)).toBe("tier_down");
				},
				{ tiers: ladder("window: { kind: calendar }\n  grace: 1mo") },
			));

		it("keeps a year's tier that was reached again in the year that ended, or in the grace", async () => {
			const year = "window: { kind: calendar }";
			const lives = [
				{ again: "2027-06-01T12:00:00Z", rest: year, end: "2028-01-01T00:05:00Z", expdate: "2028-12-31" },
				{
					again: "2028-01-15T12:00:00Z",
					rest: `${year}\n  grace: 1mo`,
					end: "2028-02-01T00:05:00Z",
					expdate: "2030-01-31",
				},
				{
					again: "2027-06-01T12:00:00Z",
					rest: "window: { kind: anniversary }",
					end: "2028-03-01T00:05:00Z",
					expdate: "2029-02-28",
				},
			];
			for (const { again, rest, end, expdate } of lives) {
				await scene(
					(one) => {
						one.send("point_add", { points: 500 });
						one.time.now = Date.parse(again);
						one.send("point_add", { points: 600 }, { timestamp: one.time.now });
						one.time.now = Date.parse(end);
						one.ledger.sweep(10);
						expect(tier(one)).toMatchObject({ id: "gold", expdate });
						expect(actions(one).at(-1)).toBe("tier_renew");
					},
					{ tiers: ladder(rest) },
				);
			}
		});

		it("reaches a tier when a purchase accepts itself, however late it is swept", async () => {
			for (const sweeps of [[20, 300], [300]]) {
				await scene(
					(one) => {
						one.send("checkout", { transaction_id: "o-1", total: 600 });
						for (const days of sweeps) {
							one.time.now = noon + days * day;
							one.ledger.sweep(10);
						}
						const since = new Date(noon + 14 * day).toISOString();
						expect(tier(one)).toMatchObject({ id: "gold", since, expdate: "2027-03-15" });
					},
					{
						points: "purchase: { accept: manual, accept_after: 14d }",
						tiers: ladder("counts: spend\n  window: { kind: rolling, last: 12mo }"),
					},
				);
			}
		});

		it("comes to the same tiers however late it is swept, each end at its own time", async () => {
			const tierEvents = ({ ledger }: Scene) =>
				(ledger.history("ada", { limit: 100 })?.data ?? [])
					.filter(({ action }) => action.startsWith("tier_"))
					.map(({ action, timestamp, properties }) => [action, timestamp, properties["tier"]]);
			for (const window of ["{ kind: rolling, last: 12mo }", "{ kind: calendar }", "{ kind: anniversary }"]) {
				const ends: unknown[] = [];
				for (const sweeps of [[366, 370, 600, 732, 1100], [600, 1100], [1100]]) {
					await scene(
						(one) => {
							one.send("point_add", { points: 600 });
							one.time.now = noon + 200 * day;
							one.send("point_add", { points: 600 }, { timestamp: one.time.now });
							for (const days of sweeps) {
								one.time.now = noon + days * day;
								one.ledger.sweep(10);
								if (days === 600) expect(tier(one)?.id).toBe("gold");
							}
							ends.push(tierEvents(one));
						},
						{ tiers: ladder(`window: ${window}`) },
					);
				}
				expect(ends[1]).toEqual(ends[0]);
				expect(ends[2]).toEqual(ends[0]);
			}
		});

		it("goes down one tier at a time, or never, where the program says so", async () => {
			await scene(
				(one) => {
					one.send("point_add", { points: 600 });
					one.time.now += 366 * day;
					one.ledger.sweep(10);
					expect(tier(one)?.id).toBe("silver");
					one.time.now += 367 * day;
					one.ledger.sweep(10);
					expect(tier(one)?.id).toBe("bronze");
				},
				{ tiers: ladder("window: { kind: rolling, last: 12mo }\n  downgrade: one") },
			);
			await scene(
				(one) => {
					one.send("point_add", { points: 600 });
					expect(tier(one)?.expdate).toBe(null);
					one.time.now += 3_000 * day;
					one.ledger.sweep(10);
					expect(tier(one)?.id).toBe("gold");
				},
				{ tiers: ladder("window: { kind: rolling, last: 12mo }\n  downgrade: never") },
			);
		});

		it("keeps the tier below no longer for what reaches less in the grace", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 600 });
					one.time.now = Date.parse("2028-01-10T12:00:00Z");
					one.send("point_add", { points: 1 }, { timestamp: one.time.now });
					one.time.now = Date.parse("2028-02-01T00:00:00Z");
					one.ledger.sweep(10);
					expect(tier(one)).toMatchObject({ id: "silver", expdate: "2029-01-31" });
				},
				{ tiers: ladder("window: { kind: calendar }\n  downgrade: one\n  grace: 1mo") },
			));

		it("keeps a tier that was reached again, for as long again", () =>
			scene(
				(one) => {
					one.send("point_add", { points: 600 });
					one.time.now += 300 * day;
					one.send("point_add", { points: 600 }, { timestamp: one.time.now });
					one.time.now = noon + 366 * day;
					one.ledger.sweep(10);
					expect(actions(one).at(-1)).toBe("tier_renew");
					// 1 March 2027, and twelve months.
					expect(tier(one)).toMatchObject({ id: "gold", expdate: "2028-03-01" });
				},
				{ tiers: ladder("window: { kind: rolling, last: 12mo }") },
			));
	});

	describe(`a purchase that is a mistake on ${name}`, () => {
		const itemsOf = (count: number) => Array.from({ length: count }, () => ({ points_rewarded: 1 }));

		it("has more than a thousand items, of which none is written", () =>
			scene(
				(one) => {
					const order = (items: JsonObject[]) => ({ transaction_id: "o-1", total: 1, items });
					const tooMany = {
						kind: "refused",
						code: 0,
						reason: 'Property "items" has more than 1000 elements',
					} as const;
					// More than a key could number, too.
					for (const count of [1_001, 70_000]) {
						expect(one.send("checkout", order(itemsOf(count)))).toEqual(tooMany);
					}
					expect(actions(one)).toEqual(["opt_in"]);
					expect(one.send("checkout", order(itemsOf(1_000)))).toMatchObject({
						kind: "appended",
						points: 1_000,
					});
					expect(one.send("checkout_update", order(itemsOf(1_001)))).toEqual(tooMany);
				},
				{},
				{ accept: "manual", level: "item" },
			));

		it("gives more points than one event can, though none of its items does", () =>
			scene(
				(one) => {
					const items = [{ points_rewarded: 600_000_000_000 }, { points_rewarded: 600_000_000_000 }];
					const order = { transaction_id: "o-1", total: 1, items };
					const mistake = {
						kind: "refused",
						code: 0,
						reason: "so many points in one event are a mistake",
					} as const;
					expect(one.send("checkout", order)).toEqual(mistake);
					expect(one.send("checkout", { ...order, items: items.slice(1) }).kind).toBe("appended");

					// What a guest bought earns nothing until a member claims it.
					const guests = { ...order, transaction_id: "o-2" };
					expect(one.send("checkout", guests, { guest: true }).kind).toBe("appended");
					expect(one.send("checkout_claim", { transaction_id: "o-2" })).toEqual(mistake);
				},
				{},
				{ level: "item" },
			));
	});

	describe(`a preview on ${name}`, () => {
		it("decides as recording would, and writes nothing", () =>
			scene((one) => {
				const order = one.command("checkout", {
					transaction_id: "o-1",
					total: 2000,
					items: [{ product_id: "p" }],
				});
				const before = one.sql.query("SELECT count(*) AS n FROM event, claim");
				expect(one.sql.transaction(() => one.ledger.preview(order))).toEqual({
					kind: "would",
					customer: "ada",
					events: [
						{ action: "checkout", account: "main", points: 100 },
						{ action: "checkout_item", account: "main", points: 0 },
					],
				});
				expect(one.sql.query("SELECT count(*) AS n FROM event, claim")).toEqual(before);
				expect(main(one)).toBeUndefined();
				one.record(order);
				const again = one.command("point_spend", { points: 0 });
				expect(one.sql.transaction(() => one.ledger.preview(again))).toMatchObject({ kind: "refused" });
			}));
	});
}

const idOf = (outcome: { readonly kind: string }): string =>
	"event" in outcome && typeof outcome.event === "string" ? outcome.event : "";
