import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PointsRules } from "../catalog/points.ts";
import type { Command } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import { day, minute, noon, openExample } from "./fixture.ts";
import { type LedgerHost, openScene, type Scene } from "./scene.ts";

/** The ledger's promises, for any host: each test names the invariant of `ledger.ts` that it proves. */
export function testLedger(name: string, { withSql, crypto }: LedgerHost): void {
	const scene = (body: (scene: Scene) => void, rules: Partial<PointsRules> = {}) =>
		withSql((sql) => body(openScene(sql, crypto, rules)));

	describe(`the ledger on ${name}`, () => {
		describe("write-once (invariants 1, 2 and 5)", () => {
			it.each([
				["UPDATE", "UPDATE event SET action = 'refund' WHERE seq = 1"],
				["moving to another customer", "UPDATE event SET subject = randomblob(16) WHERE seq = 1"],
				["DELETE of one", "DELETE FROM event WHERE seq = 1"],
				["DELETE of all", "DELETE FROM event"],
				[
					"an upsert",
					`INSERT INTO event SELECT * FROM event WHERE seq = 1
					ON CONFLICT (seq) DO UPDATE SET action = 'refund'`,
				],
				["REPLACE of a seq", "REPLACE INTO event SELECT * FROM event WHERE seq = 1"],
				[
					"REPLACE of a key",
					`REPLACE INTO event SELECT (SELECT max(seq) + 1 FROM event), subject, action, recorded_at, postings, key, leaf
					FROM event WHERE seq = 1`,
				],
				[
					"a gap",
					`INSERT INTO event SELECT (SELECT max(seq) + 2 FROM event), subject, action, recorded_at, postings,
						randomblob(16), leaf FROM event WHERE seq = 1`,
				],
				[
					"a clock that goes back",
					`INSERT INTO event SELECT (SELECT max(seq) + 1 FROM event), subject, action, recorded_at - 1, postings,
						randomblob(16), leaf FROM event WHERE seq = 1`,
				],
				[
					"postings that do not sum to zero",
					`INSERT INTO event SELECT (SELECT max(seq) + 1 FROM event), subject, action, recorded_at,
						'{"main/active":100,"main/issued":-99}', randomblob(16), leaf FROM event WHERE seq = 1`,
				],
				["UPDATE of a body", "UPDATE body SET data = '{}' WHERE seq = 1"],
				["DELETE of a body", "DELETE FROM body WHERE seq = 1"],
				["REPLACE of a body", "REPLACE INTO body SELECT * FROM body WHERE seq = 1"],
				["UPDATE of a claim", "UPDATE claim SET subject = randomblob(16)"],
				["DELETE of a claim", "DELETE FROM claim"],
				[
					"REPLACE of a claim",
					"REPLACE INTO claim SELECT hash, randomblob(16), shard, holder, at FROM claim LIMIT 1",
				],
			])("refuses %s", (_attack, statement) =>
				scene(({ sql, send }) => {
					send("opt_in", { email: "ada@example.test" });
					send("point_add", { points: 5 });
					const dump = () => ["event", "body", "claim"].map((table) => sql.query(`SELECT * FROM ${table}`));
					const before = dump();
					expect(() => sql.query(statement)).toThrow();
					expect(dump()).toEqual(before);
				}),
			);

			it("does not open when a trigger is missing or altered", () =>
				withSql((sql) => {
					openScene(sql, crypto, {});
					sql.query("DROP TRIGGER event_no_update");
					expect(() => openScene(sql, crypto, {})).toThrow("event_no_update");
				}));

			it("does not open as another shard than it is", () =>
				withSql((sql) => {
					openScene(sql, crypto, {});
					expect(() => openExample({ sql, crypto, shard: 1, shards: 4 })).toThrow(
						"its place among the shards",
					);
				}));

			it("counts events from 1 without a gap, refused ones in between", () =>
				scene(({ sql, send }) => {
					send("opt_in");
					send("refund", { transaction_id: "none" });
					send("checkout", { transaction_id: "o-1", total: 10, items: [{ product_id: "p" }] });
					send("point_add", { points: 0 });
					send("point_add", { points: 1 });
					expect(sql.query("SELECT seq FROM event ORDER BY seq").map((row) => row["seq"])).toEqual([
						1, 2, 3, 4,
					]);
				}));

			it("never records at an earlier time than before, though the clock goes back", () =>
				scene(({ ledger, send, time }) => {
					send("opt_in");
					time.now = noon - day;
					send("point_add", { points: 1 });
					expect(ledger.newest(2).map((event) => event.process_timestamp)).toEqual([
						"2026-03-01T12:00:00.000Z",
						"2026-03-01T12:00:00.000Z",
					]);
				}));
		});

		describe("once (invariants 3 and 4)", () => {
			it("records a message once, however often it is sent", () =>
				scene(({ ledger, command, record, send }) => {
					send("opt_in");
					const earn = command("point_add", { points: 10 });
					const first = record(earn);
					expect(first).toMatchObject({ kind: "appended", points: 10, customer: "ada" });
					const event = first.kind === "appended" ? first.event : "";
					expect(record(earn)).toEqual({ kind: "duplicate", event, customer: "ada" });
					expect(ledger.stats().events).toBe(2);
				}));

			it("says appended again to the very delivery that appended, which may not have been told", () =>
				scene(({ ledger, command, record, send }) => {
					send("opt_in");
					const from = (delivery: string, position: number): Command => {
						const earn = command("checkout", { transaction_id: "o-1", total: 200 }, { message: "m" });
						return { ...earn, provenance: { ...earn.provenance, delivery, position } };
					};
					const first = record(from("d-1", 0));
					expect(first).toMatchObject({ kind: "appended", points: 10 });
					expect(record(from("d-1", 0))).toEqual(first);
					expect(record(from("d-1", 1)).kind).toBe("duplicate");
					expect(record(from("d-2", 0)).kind).toBe("duplicate");
					expect(ledger.stats().events).toBe(2);
				}));

			it("records a message once, whatever the mapping that plans it is called by then", () =>
				scene(({ ledger, command, record, send }) => {
					send("opt_in");
					const plannedBy = (mapping: string): Command => {
						const earn = command("point_add", { points: 10 }, { message: "m" });
						return { ...earn, provenance: { ...earn.provenance, mapping, mappingVersion: mapping } };
					};
					const first = record(plannedBy("segment/order-completed"));
					expect(first.kind).toBe("appended");
					expect(record(plannedBy("local/what-was-paid")).kind).toBe("duplicate");
					expect(ledger.stats().events).toBe(2);
				}));

			it("records a message once also within one batch", () =>
				scene(({ ledger, command, numbers, send }) => {
					send("opt_in");
					const earn = command("point_add", { points: 10 });
					expect(ledger.record([earn, earn]).map(({ outcome }) => outcome?.kind)).toEqual([
						"appended",
						"duplicate",
					]);
					expect(numbers().score).toBe(10);
				}));

			it("takes numeric text and numbers, and any order of keys, for the same content", () =>
				scene(({ command, record, send }) => {
					send("opt_in");
					const order = (data: JsonObject) => command("checkout", data, { message: "m" });
					record(order({ transaction_id: "1", total: 12.5, currency: "EUR" }));
					expect(record(order({ currency: "EUR", total: "12.50", transaction_id: 1 })).kind).toBe(
						"duplicate",
					);
				}));

			it("calls the same message with other content a conflict", () =>
				scene(({ send }) => {
					send("opt_in");
					send("point_add", { points: 10 }, { message: "m" });
					expect(send("point_add", { points: 11 }, { message: "m" })).toMatchObject({ kind: "conflict" });
				}));

			it("leaves a message with its customer when it is sent again under other identities", () =>
				scene(({ ledger, send, numbers }) => {
					send("opt_in");
					send("opt_in", {}, { identities: { id: "bob" } });
					send("point_add", { points: 10 }, { message: "m" });
					const again = send("point_add", { points: 10 }, { message: "m", identities: { id: "bob" } });
					expect(again).toMatchObject({ kind: "duplicate", customer: "ada" });
					expect([numbers("ada").score, numbers("bob").score]).toEqual([10, 0]);
					expect(ledger.stats().events).toBe(3);
				}));

			it("takes a transaction id once: the same purchase is a duplicate, another a conflict with 5003", () =>
				scene(({ send, numbers }) => {
					send("opt_in");
					send("opt_in", {}, { identities: { id: "bob" } });
					const order = { transaction_id: "o-1", total: 100 };
					send("checkout", order);
					expect(send("checkout", order)).toMatchObject({ kind: "duplicate", customer: "ada" });
					const conflict = {
						kind: "conflict",
						code: 5003,
						reason: "The transaction ID has already been used",
					};
					expect(send("checkout", { ...order, total: 101 })).toMatchObject(conflict);
					expect(send("checkout", order, { identities: { id: "bob" } })).toMatchObject(conflict);
					expect(numbers().score).toBe(5);
				}));

			it("keeps the order numbers of two shops apart", () =>
				scene(({ send, numbers }) => {
					send("opt_in");
					for (const orders of ["shop-1", "shop-2"]) {
						expect(send("checkout", { transaction_id: "1001", total: 100 }, { orders }).kind).toBe(
							"appended",
						);
					}
					send("refund", { transaction_id: "1001" }, { orders: "shop-2" });
					expect(numbers().score).toBe(5);
				}));

			it("knows an order by its id without the blanks around it, whatever type that was sent as", () =>
				scene(({ ledger, send, numbers }) => {
					send("opt_in");
					send("point_add", { points: 10 });
					send("reserve_points", { transaction_id: " T1", points: 4 });
					send("checkout", { transaction_id: "T1 ", total: 100 });
					expect(send("checkout", { transaction_id: "T1", total: 100 }).kind).toBe("duplicate");
					expect(numbers()).toMatchObject({ score: 15, spent: 4 });
					expect(send("refund", { transaction_id: "T1" }).kind).toBe("appended");

					send("checkout", { transaction_id: true, total: 100 });
					expect(send("checkout", { transaction_id: true, total: 140 })).toMatchObject({ code: 5003 });
					expect(send("refund", { transaction_id: "true\n" }).kind).toBe("appended");
					expect(numbers()).toMatchObject({ score: 10, spent: 0 });
					expect(ledger.rebuild().differences).toEqual([]);
				}));

			it("refuses an order whose id is blank", () =>
				scene(({ send, numbers }) => {
					send("opt_in");
					expect(send("checkout", { transaction_id: " \t", total: 100 })).toEqual({
						kind: "refused",
						code: 0,
						reason: 'Property "transaction_id" cannot be empty',
					});
					expect(numbers().score).toBe(0);
				}));

			it("frees the keys of what it refuses", () =>
				scene(
					({ send, sql }) => {
						send("opt_in");
						const burning = { transaction_id: "o-1", total: 100, points_burned: 10 };
						const claims = () => Number(sql.query("SELECT count(*) AS n FROM claim")[0]?.["n"]);
						const before = claims();
						expect(send("checkout", burning, { message: "m" })).toMatchObject({
							kind: "refused",
							code: 120241,
						});
						expect(claims()).toBe(before);
						expect(send("checkout", { ...burning, points_burned: 0 }, { message: "m" }).kind).toBe(
							"appended",
						);
					},
					{ overdraft: "refuse" },
				));

			it("lets each customer do a one-time action once, with 10001 for another try", () =>
				scene(({ send, numbers }) => {
					send("opt_in");
					send("survey", { answer: 1 });
					expect(send("survey", { answer: 1 }).kind).toBe("duplicate");
					expect(send("survey", { answer: 2 })).toMatchObject({ kind: "conflict", code: 10001 });
					expect(numbers().score).toBe(25);
				}));

			it("counts one login a day", () =>
				scene(({ send }) => {
					send("opt_in");
					const login = (timestamp: number) => send("daily_login", {}, { timestamp }).kind;
					expect([noon - day, noon, noon + minute].map(login)).toEqual(["appended", "appended", "duplicate"]);
				}));
		});

		describe("membership", () => {
			it("makes a customer of an opt_in, under its loyalty id and with its identities", () =>
				scene(({ ledger, send }) => {
					const identities = { id: "ada", email: " Ada@Example.test ", anonymous: "a-1" };
					send("opt_in", { first_name: "Ada" }, { identities });
					expect(ledger.customer("ada")).toMatchObject({
						id: "ada",
						status: "active",
						profile: { first_name: "Ada" },
						identities: [
							{ kind: "anonymous", value: "a-1" },
							{ kind: "email", value: "ada@example.test" },
							{ kind: "id", value: "ada" },
						],
					});
				}));

			it("gives a random loyalty id to whoever comes without one", () =>
				scene(({ send }) => {
					const outcome = send("opt_in", {}, { identities: { email: "ada@example.test" } });
					expect(outcome).toMatchObject({
						kind: "appended",
						customer: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
					});
				}));

			it("refuses a second opt_in with 112101, and calls it a duplicate where a connector sends it", () =>
				scene(({ send }) => {
					send("opt_in");
					expect(send("opt_in", {}, { lenient: false })).toMatchObject({ kind: "refused", code: 112101 });
					expect(send("opt_in", {}, { lenient: true })).toMatchObject({ kind: "duplicate", customer: "ada" });
				}));

			it("finds the customer by any identity, the first known of them deciding", () =>
				scene(({ send, numbers }) => {
					send("opt_in", {}, { identities: { id: "ada", email: "ada@example.test" } });
					send("point_add", { points: 1 }, { identities: { email: "ADA@example.test" } });
					send("point_add", { points: 2 }, { identities: { phone: "+36 1", email: "ada@example.test" } });
					expect(numbers().score).toBe(3);
				}));

			it("calls identities of two customers a conflict", () =>
				scene(({ send }) => {
					send("opt_in", {}, { identities: { id: "ada", email: "ada@example.test" } });
					send("opt_in", {}, { identities: { id: "bob", email: "bob@example.test" } });
					const torn = { identities: { id: "ada", email: "bob@example.test" } };
					expect(send("point_add", { points: 1 }, torn)).toMatchObject({
						kind: "conflict",
						reason: "the identities id and email belong to different customers",
					});
				}));

			it("lets a device decide only where nobody else is known, and never takes it from whoever had it first", () =>
				scene(({ ledger, send }) => {
					send("opt_in", {}, { identities: { id: "ada", anonymous: "tablet" } });
					expect(send("opt_in", {}, { identities: { id: "bob", anonymous: "tablet" } })).toMatchObject({
						kind: "appended",
						customer: "bob",
					});
					expect(send("product_view", {}, { identities: { anonymous: "tablet" } })).toMatchObject({
						customer: "ada",
					});
					expect(send("product_view", {}, { identities: { anonymous: "tablet", id: "bob" } })).toMatchObject({
						customer: "bob",
					});
					expect(ledger.customer("bob")?.identities).toEqual([{ kind: "id", value: "bob" }]);
				}));

			it("does not put what somebody unknown does on whoever used the device before", () =>
				scene(({ ledger, send }) => {
					send("opt_in", { first_name: "Ada" }, { identities: { id: "ada", anonymous: "tablet" } });
					const other = send(
						"profile",
						{ first_name: "Bob" },
						{ identities: { id: "bob", anonymous: "tablet" } },
					);
					expect(other.kind).toBe("not_a_member");
					const order = { transaction_id: "o-1", total: 10 };
					const ordered = send("checkout", order, { identities: { id: "bob", anonymous: "tablet" } });
					expect(ordered.kind).toBe("not_a_member");
					expect(ledger.customer("ada")?.profile).toEqual({ first_name: "Ada" });
					expect(send("checkout", order, { identities: { anonymous: "tablet" } }).kind).toBe("appended");
				}));

			it("does not know strangers, nor an event without an identity", () =>
				scene(({ send }) => {
					expect(send("point_add", { points: 1 }).kind).toBe("not_a_member");
					expect(send("point_add", { points: 1 }, { identities: { id: " " } }).kind).toBe("not_a_member");
				}));

			it("keeps the newest value of each profile attribute, whatever the order in which they come", () =>
				scene(({ ledger, send }) => {
					send("opt_in", { first_name: "Ada", city: "London" }, { timestamp: noon - 3 * day });
					send("profile", { city: "Paris" }, { timestamp: noon - day });
					send("profile", { city: "Rome", last_name: "Lovelace" }, { timestamp: noon - 2 * day });
					expect(ledger.customer("ada")?.profile).toEqual({
						first_name: "Ada",
						city: "Paris",
						last_name: "Lovelace",
					});
				}));

			it("skips a profile that changes nothing and ties nothing", () =>
				scene(({ ledger, send }) => {
					send("opt_in", { address: { city: "London", zip: "1" } });
					expect(send("profile", { address: { zip: "1", city: "London" } }).kind).toBe("skipped");
					const tying = { identities: { id: "ada", "salesforce.contact": "003" } };
					expect(send("profile", {}, tying).kind).toBe("appended");
					expect(send("profile", {}, tying).kind).toBe("skipped");
					expect(send("point_add", { points: 1 }, { identities: { "salesforce.contact": "003" } }).kind).toBe(
						"appended",
					);
					expect(ledger.stats().events).toBe(3);
				}));

			it("refuses card numbers and the like from who can mend it, by the attribute's name alone", () =>
				scene(({ send }) => {
					const items = [{ product_id: "p", note: "4111 1111 1111 1111" }];
					const order = { transaction_id: "1", total: 1, items };
					const who = { identities: { id: "ada" }, lenient: false };
					send("opt_in", {}, who);
					const refusal = send("checkout", order, who);
					expect(refusal).toMatchObject({ kind: "refused", code: 0 });
					expect(refusal).toHaveProperty("reason", expect.stringContaining("`items.0.note`"));
					expect(JSON.stringify(refusal)).not.toContain("4111");
					expect(send("checkout", { ...order, items: [] }, who)).toMatchObject({ kind: "appended" });
				}));

			it("takes nothing for a transaction's id, or a person's, that was removed from it", () =>
				scene(({ send }) => {
					const removed = "[removed: card number]";
					send("opt_in");
					expect(send("checkout", { transaction_id: removed, total: 1 })).toMatchObject({ kind: "refused" });
					expect(send("opt_in", {}, { identities: { id: removed } })).toMatchObject({ kind: "not_a_member" });
					expect(
						send("sign_in", {}, { identities: { id: "ada", email: `${removed}@x.test` } }).kind,
					).not.toBe("conflict");
				}));

			it("takes names of JavaScript's own for attributes and accounts", () =>
				scene(({ ledger, send }) => {
					const data = JSON.parse('{"constructor":"c","__proto__":{"x":1},"toString":"t"}') as JsonObject;
					send("opt_in", data);
					send("point_add", { points: 5 }, { account: "constructor" });
					send("point_add", { points: 5 }, { account: "__proto__" });
					expect(ledger.customer("ada")?.profile).toEqual(data);
					expect(ledger.customer("ada")?.accounts.map(({ score }) => score)).toEqual([5, 5]);
					expect(ledger.rebuild().differences).toEqual([]);
				}));
		});

		describe("public senders", () => {
			const open = { trust: "public" } as const;

			it("may send what is marked client_side, and nothing else", () =>
				scene(({ ledger, send }) => {
					send("opt_in");
					expect(send("product_view", {}, open).kind).toBe("appended");
					expect(ledger.newest(1)[0]?.flags).toEqual(["public"]);
					for (const action of ["point_add", "checkout", "opt_in", "survey", "refund"]) {
						expect(send(action, { points: 1, transaction_id: "1", total: 1 }, open).kind).toBe("refused");
					}
				}));

			it("may tie a device to a customer, and tell nothing more of them", () =>
				scene(({ ledger, send }) => {
					send("opt_in", { first_name: "Ada" });
					const identities = { id: "ada", email: "eve@example.test", anonymous: "a-1" };
					expect(send("profile", { first_name: "Eve" }, { ...open, identities }).kind).toBe("appended");
					expect(ledger.customer("ada")).toMatchObject({
						profile: { first_name: "Ada" },
						identities: [
							{ kind: "anonymous", value: "a-1" },
							{ kind: "id", value: "ada" },
						],
					});
					expect(send("profile", { first_name: "Eve" }, { ...open, identities }).kind).toBe("skipped");
				}));

			it("may not find anybody by an e-mail address", () =>
				scene(({ send }) => {
					send("opt_in", {}, { identities: { id: "ada", email: "ada@example.test" } });
					const byEmail = { ...open, identities: { email: "ada@example.test" } };
					expect(send("product_view", {}, byEmail).kind).toBe("not_a_member");
				}));
		});

		describe("points", () => {
			it("counts what a purchase earns and burns: 1000 points, 2000 at 5 %, 300 burned", () =>
				scene(
					({ send, numbers }) => {
						send("opt_in");
						send("point_add", { points: 1000 });
						send("checkout", { transaction_id: "o-1", total: 2000, points_burned: 300 });
						expect(numbers()).toEqual({ score: 1000, spent: 300, pending: 100, spendable: 700 });
						send("checkout_accept", { transaction_id: "o-1" });
						expect(numbers()).toEqual({ score: 1100, spent: 300, pending: 0, spendable: 800 });
						send("refund", { transaction_id: "o-1" });
						expect(numbers()).toEqual({ score: 1000, spent: 0, pending: 0, spendable: 1000 });
					},
					{ accept: "manual" },
				));

			it("is back where it began after two refunds of one half", () =>
				scene(({ ledger, send, numbers }) => {
					send("opt_in");
					send("point_add", { points: 1000 });
					send("checkout", { transaction_id: "o-1", total: 2000, points_burned: 300 });
					expect(send("partial_refund", { transaction_id: "o-1", amount: 1000 })).toMatchObject({
						points: -50,
					});
					expect(numbers()).toEqual({ score: 1050, spent: 150, pending: 0, spendable: 900 });
					send("partial_refund", { transaction_id: "o-1", amount: "1000.00" });
					expect(numbers()).toEqual({ score: 1000, spent: 0, pending: 0, spendable: 1000 });
					expect(ledger.transactions("ada")).toMatchObject([{ status: "refunded", earned: 0, burned: 0 }]);
				}));

			it("voids what is pending and returns what was burned when a purchase is rejected", () =>
				scene(
					({ send, numbers }) => {
						send("opt_in");
						send("point_add", { points: 1000 });
						send("checkout", { transaction_id: "o-1", total: 2000, points_burned: 300 });
						send("checkout_reject", { transaction_id: "o-1" });
						expect(numbers()).toEqual({ score: 1000, spent: 0, pending: 0, spendable: 1000 });
						expect(send("checkout_accept", { transaction_id: "o-1" }).kind).toBe("refused");
					},
					{ accept: "manual" },
				));

			it("reverses an accepted purchase that is rejected, unless the program says no", async () => {
				const order = { transaction_id: "o-1", total: 2000 };
				await scene(({ send, numbers }) => {
					send("opt_in");
					send("checkout", order);
					expect(send("checkout_reject", { transaction_id: "o-1" })).toMatchObject({ points: -100 });
					expect(numbers().score).toBe(0);
				});
				await scene(
					({ send, numbers }) => {
						send("opt_in");
						send("checkout", order);
						expect(send("checkout_reject", { transaction_id: "o-1" }).kind).toBe("refused");
						expect(numbers().score).toBe(100);
					},
					{ rejectAccepted: "refuse" },
				);
			});

			it("takes an update of a pending purchase for the whole of it", () =>
				scene(
					({ send, numbers }) => {
						send("opt_in");
						send("point_add", { points: 1000 });
						send("checkout", { transaction_id: "o-1", total: 2000, points_burned: 300 });
						expect(
							send("checkout_update", { transaction_id: "o-1", total: 1000, points_burned: 100 }),
						).toMatchObject({ points: -50 });
						expect(numbers()).toEqual({ score: 1000, spent: 100, pending: 50, spendable: 900 });
						send("checkout_accept", { transaction_id: "o-1" });
						expect(send("checkout_update", { transaction_id: "o-1", total: 1 }).kind).toBe("refused");
						expect(numbers().score).toBe(1050);
					},
					{ accept: "manual" },
				));

			it("writes an event for each item, after its purchase and with its time", () =>
				scene(({ ledger, send }) => {
					send("opt_in");
					const items = [
						{ product_id: "p-1", price: "10", quantity: 2 },
						{ product_id: "p-2", subtotal: 5.5 },
					];
					send("checkout", { transaction_id: "o-1", items }, { timestamp: noon - day });
					const [second, first, checkout] = ledger.newest(3);
					expect(checkout).toMatchObject({ action: "checkout", properties: { total: 25.5 }, points: 2 });
					expect(first).toMatchObject({
						action: "checkout_item",
						parent: checkout?.id,
						timestamp: "2026-02-28T12:00:00.000Z",
						properties: { transaction_id: "o-1", product_id: "p-1", price: 10, quantity: 2 },
					});
					expect(second).toMatchObject({ parent: checkout?.id, properties: { product_id: "p-2" } });
				}));

			it("rounds item by item where the items earn", () =>
				scene(
					({ ledger, send, numbers }) => {
						send("opt_in");
						const items = [
							{ product_id: "a", subtotal: 19.99 },
							{ product_id: "b", subtotal: 0.01 },
							{ product_id: "c", subtotal: 5, points_rewarded: 7 },
						];
						expect(send("checkout", { transaction_id: "o-1", items })).toMatchObject({ points: 9 });
						expect(ledger.newest(3).map(({ points }) => points)).toEqual([7, 1, 1]);
						expect(numbers().score).toBe(9);
						send("refund", { transaction_id: "o-1" });
						expect(numbers().score).toBe(0);
					},
					{ level: "item" },
				));

			it("counts in exact decimals, by the currency's own rate, and takes the sender's count first", () =>
				scene(
					({ send }) => {
						send("opt_in");
						const points = (data: JsonObject) => {
							const outcome = send("checkout", { transaction_id: JSON.stringify(data), ...data });
							return outcome.kind === "appended" ? outcome.points : outcome;
						};
						// 1.1 × 3 is 3.3000000000000003 in doubles; 0.1 + 0.2 is above 0.3.
						expect(points({ total: 330 })).toBe(33);
						expect(
							points({
								items: [
									{ price: 1.1, quantity: 100 },
									{ price: 1.1, quantity: 200 },
								],
							}),
						).toBe(33);
						expect(points({ total: 330, currency: "huf" })).toBe(1);
						expect(points({ total: 330, points_rewarded: 5 })).toBe(5);
					},
					{ rate: "0.1", rates: new Map([["HUF", "0.003"]]), rounding: "ceil" },
				));

			it("allows burning more than there is, or refuses it with 120241", async () => {
				const order = { transaction_id: "o-1", total: 0, points_burned: 10 };
				await scene(({ send, ledger }) => {
					send("opt_in");
					send("checkout", order);
					expect(ledger.customer("ada")?.accounts).toMatchObject([{ spent: 10, balance: -10, spendable: 0 }]);
				});
				await scene(
					({ send }) => {
						send("opt_in");
						expect(send("checkout", order)).toMatchObject({ kind: "refused", code: 120241 });
						expect(send("point_spend", { points: 1 })).toMatchObject({ kind: "refused", code: 120241 });
					},
					{ overdraft: "refuse" },
				);
			});

			it("adds, subtracts, spends and gives back", () =>
				scene(({ send, numbers }) => {
					send("opt_in");
					send("point_add", { points: "1000" });
					send("point_spend", { points: 300 });
					send("point_unspend", { points: 100 });
					send("point_sub", { points: 300 });
					expect(numbers()).toEqual({ score: 700, spent: 200, pending: 0, spendable: 500 });
					expect(send("point_unspend", { points: 201 })).toMatchObject({ kind: "refused", code: 112900 });
				}));

			it.each([
				["a refund of a pending purchase", "refund", { transaction_id: "o-1" }, 112201],
				["a refund of nothing", "partial_refund", { transaction_id: "o-2", amount: 0 }, 112202],
				["a refund above the total", "partial_refund", { transaction_id: "o-2", amount: 100.01 }, 112203],
				[
					"an item's refund above the item",
					"refund_item",
					{ transaction_id: "o-2", product_id: "p", subtotal: 61 },
					112203,
				],
				["an unknown item", "refund_item", { transaction_id: "o-2", product_id: "q" }, 0],
				["an unknown transaction", "checkout_accept", { transaction_id: "o-9" }, 0],
				["a purchase without a total", "checkout", { transaction_id: "o-3" }, 0],
				["a purchase below zero", "checkout", { transaction_id: "o-3", total: -1 }, 0],
				["points below zero", "point_add", { points: -1 }, 0],
				["a part of a point", "point_add", { points: 1.5 }, 0],
				["points that no double holds", "point_add", { points: "9007199254740993" }, 0],
				["a purchase that no double holds", "checkout", { transaction_id: "o-3", total: "1e25" }, 0],
			] as const)("refuses %s", (_what, action, data, code) =>
				scene(
					({ send, ledger }) => {
						send("opt_in");
						send("checkout", { transaction_id: "o-1", total: 100 });
						send("checkout", {
							transaction_id: "o-2",
							total: 100,
							items: [{ product_id: "p", subtotal: 60 }],
						});
						send("checkout_accept", { transaction_id: "o-2" });
						expect(send(action, data, { lenient: false })).toMatchObject({ kind: "refused", code });
						expect(ledger.rebuild().differences).toEqual([]);
					},
					{ accept: "manual" },
				),
			);

			it("takes back no more than a purchase gave, where a shop gives back more money than that", () =>
				scene(({ send, numbers, ledger }) => {
					send("opt_in");
					send("checkout", {
						transaction_id: "o-1",
						total: 600,
						items: [{ product_id: "p", subtotal: 600 }],
					});
					send("partial_refund", { transaction_id: "o-1", refund_id: "r-1", amount: 200 });
					expect(numbers()).toMatchObject({ spendable: 20 });
					const rest = { transaction_id: "o-1", refund_id: "r-2", amount: 424.5 };
					expect(send("partial_refund", rest).kind).toBe("appended");
					expect(numbers()).toMatchObject({ spendable: 0 });
					const more = { transaction_id: "o-1", refund_id: "r-3", amount: 5 };
					expect(send("partial_refund", more).kind).not.toBe("appended");
					send("checkout", {
						transaction_id: "o-2",
						total: 600,
						items: [{ product_id: "p", subtotal: 600 }],
					});
					expect(send("refund_item", { transaction_id: "o-2", product_id: "p", subtotal: 601 }).kind).toBe(
						"appended",
					);
					expect(numbers()).toMatchObject({ spendable: 0 });
					expect(ledger.rebuild().differences).toEqual([]);
				}));

			it("refuses to continue another customer's purchase, with 103902", () =>
				scene(({ send }) => {
					send("opt_in");
					send("opt_in", {}, { identities: { id: "bob" } });
					send("checkout", { transaction_id: "o-1", total: 100 });
					expect(send("refund", { transaction_id: "o-1" }, { identities: { id: "bob" } })).toMatchObject({
						kind: "refused",
						code: 103902,
					});
				}));

			it("gives back, in however many parts, exactly what was earned and burned", () =>
				scene(({ send, ledger, numbers }) => {
					send("opt_in");
					let orders = 0;
					const cents = fc.integer({ min: 1, max: 99_999 });
					const order = fc.record({
						parts: fc.array(cents, { minLength: 1, maxLength: 6 }),
						burned: fc.integer({ min: 0, max: 500 }),
					});
					fc.assert(
						fc.property(order, ({ parts, burned }) => {
							orders += 1;
							const transaction_id = `o-${orders}`;
							const total = parts.reduce((sum, part) => sum + part, 0) / 100;
							send("checkout", { transaction_id, total, points_burned: burned });
							for (const part of parts) {
								expect(send("partial_refund", { transaction_id, amount: part / 100 }).kind).toBe("appended");
							}
							expect(numbers()).toEqual({ score: 0, spent: 0, pending: 0, spendable: 0 });
						}),
						{ numRuns: 30 },
					);
					expect(ledger.rebuild().differences).toEqual([]);
				}));

			it("keeps accounts apart", () =>
				scene(({ send, ledger }) => {
					send("opt_in");
					send("point_add", { points: 5 }, { account: "miles" });
					send("point_add", { points: 7 });
					expect(ledger.customer("ada")?.accounts).toMatchObject([
						{ account: "main", score: 7 },
						{ account: "miles", score: 5 },
					]);
					expect(send("point_add", { points: 5 }, { account: "a/b" }).kind).toBe("refused");
				}));
		});

		describe("what senders get wrong", () => {
			it.each([
				["point_add", {}, 'Property "points" cannot be empty'],
				["point_add", { points: "many" }, 'Property "points" must be a whole number'],
				["checkout", { transaction_id: "1", total: "1,200.00" }, 'Property "total" must be a number'],
				["checkout", { transaction_id: "1", total: 1, items: {} }, 'Property "items" must be a list'],
				[
					"checkout",
					{ transaction_id: "1", items: [{ price: "x" }] },
					'Property "items.0.price" must be a number',
				],
				["profile", { birth_date: "2026-02-30" }, 'Property "birth_date" must be a date such as 2026-11-22'],
			] as const)("refuses %s %j by name", (action, data, reason) =>
				scene(({ send }) => {
					send("opt_in");
					expect(send(action, data)).toEqual({ kind: "refused", code: 0, reason });
				}),
			);

			it.each([
				"-",
				" - ",
				".",
				"..",
				"{email:ada@example.test}",
				`guest_${"0".repeat(32)}`,
				`opted_out_${"0".repeat(32)}`,
			])("lets nobody join as %j, which means somebody else", (id) =>
				scene(({ send }) => {
					expect(send("opt_in", {}, { identities: { id } })).toEqual({
						kind: "refused",
						code: 0,
						reason: "The customer ID is one that nobody can join by",
					});
				}),
			);

			it("fails an action that nobody defined", () =>
				scene(({ send }) => {
					expect(send("levitate")).toEqual({ kind: "failed", reason: "no action is called levitate" });
				}));

			it("keeps what an action does not declare, and flags the event", () =>
				scene(({ ledger, send }) => {
					send("opt_in");
					expect(send("lead_convert", { lead_id: "l-1", shoe_size: 38 }).kind).toBe("appended");
					expect(ledger.newest(1)[0]).toMatchObject({
						properties: { lead_id: "l-1", shoe_size: 38 },
						flags: ["unknown_attributes"],
					});
					send("lead_convert", { lead_id: "l-2" });
					expect(ledger.newest(1)[0]?.flags).toEqual([]);
				}));

			it("does not wonder at attributes of an action that declares none", () =>
				scene(({ ledger, send }) => {
					send("opt_in");
					send("survey", { answer: "yes" });
					expect(ledger.newest(1)[0]).toMatchObject({ properties: { answer: "yes" }, flags: [] });
				}));

			it("refuses them by name, or drops them, where the definition says so", () =>
				scene(({ ledger, send }) => {
					send("opt_in");
					expect(send("closed", { plan: "gold", colour: "red" })).toEqual({
						kind: "refused",
						code: 0,
						reason: 'Property "colour" is not an attribute of closed',
					});
					expect(send("closed", { plan: "gold" }).kind).toBe("appended");
					const sent = { plan: 7, colour: "red" };
					expect(send("dropping", sent, { message: "once" }).kind).toBe("appended");
					expect(ledger.newest(1)[0]).toMatchObject({
						properties: { plan: "7" },
						flags: ["unknown_attributes"],
					});
					expect(ledger.newest(1)[0]?.properties).not.toHaveProperty("colour");
					expect(send("dropping", sent, { message: "once" }).kind).toBe("duplicate");
				}));

			it("lets nobody but the hub write what only the hub can know", () =>
				scene(({ send }) => {
					send("opt_in");
					for (const action of ["birthday", "tier_up"]) {
						expect(send(action)).toEqual({
							kind: "refused",
							code: 0,
							reason: `only the hub itself writes ${action}`,
						});
						expect(send(action, {}, { trust: "public" }).kind).toBe("refused");
						expect(send(action, {}, { trust: "hub" }).kind).toBe("appended");
					}
				}));

			it("puts the points of a custom action in its own account, unless the sender names one", () =>
				scene(({ ledger, send }) => {
					send("opt_in");
					send("video");
					send("video", {}, { account: "miles" });
					const accounts = ledger.customer("ada")?.accounts ?? [];
					expect(accounts.map(({ account, score }) => [account, score]).toSorted()).toEqual([
						["engagement", 3],
						["miles", 3],
					]);
				}));

			it("refuses what is older than backdate_max, unless it is imported", () =>
				scene(({ send }) => {
					send("opt_in");
					const old = noon - 401 * day;
					const tooOld = {
						kind: "refused",
						code: 0,
						reason:
							"the event is older than backdate_max: its effective_timestamp can be 400 days ago at most",
					} as const;
					expect(send("point_add", { points: 1 }, { timestamp: old })).toEqual(tooOld);
					expect(send("point_add", { points: 1 }, { timestamp: old, source: "Import" }).kind).toBe(
						"appended",
					);
				}));

			it("takes the time of recording where the sender's clock is more than five minutes ahead", () =>
				scene(({ ledger, send }) => {
					send("opt_in");
					send("point_add", { points: 1 }, { timestamp: noon + 5 * minute });
					send("point_add", { points: 1 }, { timestamp: noon + 5 * minute + 1 });
					expect(ledger.newest(2).map(({ timestamp, flags }) => [timestamp, flags])).toEqual([
						["2026-03-01T12:00:00.000Z", ["ahead"]],
						["2026-03-01T12:05:00.000Z", []],
					]);
				}));
		});

		describe("events kept for an opt-in", () => {
			it("tells which inboxes wait for whoever opts in", () =>
				scene(({ ledger, command }) => {
					const view = command("product_view", {}, { identities: { id: "ada", anonymous: "a-1" } });
					const hashes = view.identities.map(({ hash }) => hash);
					expect(ledger.record([view])).toMatchObject([{ outcome: { kind: "not_a_member" }, awaited: [] }]);
					expect(ledger.expect(hashes, 3, noon + day)).toBe(false);

					const optIn = command("opt_in", {}, { identities: { id: "ada" } });
					const awaited = [{ hash: hashes[0], inbox: 3 }];
					expect(ledger.record([optIn])).toMatchObject([{ outcome: { kind: "appended" }, awaited }]);
					expect(ledger.record([optIn])).toMatchObject([{ outcome: { kind: "duplicate" }, awaited }]);
					expect(ledger.record([view])).toMatchObject([{ outcome: { kind: "appended" } }]);

					ledger.forget(hashes[0] ?? "", 3);
					expect(ledger.record([optIn])).toMatchObject([{ awaited: [] }]);
				}));

			it("says so at once where somebody opted in meanwhile", () =>
				scene(({ ledger, command, send }) => {
					const [identity] = command("product_view").identities;
					send("opt_in");
					expect(ledger.expect([identity?.hash ?? ""], 3, noon + day)).toBe(true);
				}));

			it("waits no longer than it was asked to", () =>
				scene(({ ledger, command, time }) => {
					const optIn = command("opt_in");
					ledger.expect(
						optIn.identities.map(({ hash }) => hash),
						3,
						noon + day,
					);
					time.now = noon + day;
					expect(ledger.record([optIn])).toMatchObject([{ outcome: { kind: "appended" }, awaited: [] }]);
				}));
		});

		describe("reading", () => {
			it("shows an event with Antavo's default properties", () =>
				scene(({ ledger, send, time }) => {
					send("opt_in");
					time.now = noon + minute;
					send("point_add", { points: 60, reason: "thanks" });
					const [event] = ledger.newest(1);
					expect(event).toMatchObject({
						// 2026-03-01T12:01:00Z is 1772366460 = 0x69a42a7c seconds; shard 0; seq 2.
						id: "69a42a7c0000000000000002",
						customer: "ada",
						action: "point_add",
						label: "Points added",
						points: 60,
						timestamp: "2026-03-01T12:00:00.000Z",
						unix_timestamp: 1772366400,
						date: "2026-03-01",
						process_timestamp: "2026-03-01T12:01:00.000Z",
						source: "Segment",
						snapshot: { score: 60, spent: 0, pending: 0, reserved: 0, expired: 0 },
						properties: { points: 60, reason: "thanks" },
					});
					expect(ledger.event(event?.id ?? "")).toEqual(event);
					expect(ledger.event("69a42a7d0000000000000002")).toBeNull();
					expect(ledger.event("no id")).toBeNull();
				}));

			it("pages through a history by time, newest first", () =>
				scene(({ ledger, send }) => {
					send("opt_in", {}, { timestamp: noon - 9 * day });
					for (const days of [3, 1, 2, 2])
						send("point_add", { points: days }, { timestamp: noon - days * day });
					const first = ledger.history("ada", { limit: 3 });
					expect(first?.data.map(({ points }) => points)).toEqual([1, 2, 2]);
					const second = ledger.history("ada", { limit: 3, cursor: first?.cursor ?? "" });
					expect(second?.data.map(({ points }) => points)).toEqual([3, 0]);
					expect(second?.cursor).toBeNull();
					expect(ledger.history("ada", { limit: 3, actions: ["opt_in"] })?.data).toHaveLength(1);
					expect(ledger.history("bob", { limit: 3 })).toBeNull();
				}));
		});

		describe("rebuilding (invariant 6)", () => {
			it.each([
				["a balance", "UPDATE balance SET active = active + 1", "balance of ada, main: kept"],
				["a profile", `UPDATE customer SET profile = '{}'`, "customer ada: kept"],
				["a transaction", `UPDATE "transaction" SET status = 'rejected'`, "transaction of ada"],
				["a lost identity", "DELETE FROM identity", "identities of ada: kept"],
				[
					"a customer from nowhere",
					"INSERT INTO customer VALUES (randomblob(16), 'eve', 'active', '{}', 0, 0, '{}', '{}')",
					"customer eve has no events",
				],
			])("finds %s that was altered", (_what, statement, words) =>
				scene(({ sql, ledger, send }) => {
					send("opt_in", { first_name: "Ada" });
					send("checkout", { transaction_id: "o-1", total: 100, items: [{ product_id: "p" }] });
					expect(ledger.rebuild()).toEqual({ events: 3, differences: [] });
					sql.query(statement);
					expect(ledger.rebuild().differences).toEqual([expect.stringContaining(words)]);
				}),
			);
		});
	});
}
