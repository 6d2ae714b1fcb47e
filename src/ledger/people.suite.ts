import { describe, expect, it } from "vitest";
import { day, noon, type ProgramTexts } from "./fixture.ts";
import type { Merge } from "./merge.ts";
import { type LedgerHost, openScene, type Scene } from "./scene.ts";

/** Two customers who become one, and customers who are erased: in one shard, for any host. */
export function testPeople(name: string, { withSql, crypto }: LedgerHost): void {
	const scene = (body: (scene: Scene) => void, files: ProgramTexts = {}) =>
		withSql((sql) => {
			const opened = openScene(sql, crypto, {}, files);
			body(opened);
			expect(opened.ledger.rebuild().differences).toEqual([]);
		});
	const as = (id: string) => ({ identities: { id } });

	/** A merge of two customers by their loyalty ids. */
	const mergeOf = (one: Scene, from: string, into: string): Merge => {
		const idOf = (id: string) => {
			const [identity] = one.command("profile", {}, as(id)).identities;
			if (identity === undefined) throw new Error("a command names its customer");
			return identity;
		};
		return {
			from: idOf(from),
			into: idOf(into),
			timestamp: one.time.now,
			provenance: { source: "Platform" },
		};
	};
	const merge = (one: Scene, from: string, into: string) =>
		one.sql.transaction(() => one.ledger.merge(mergeOf(one, from, into)));
	const account = (one: Scene, id: string) => one.ledger.customer(id)?.accounts[0];
	/** Everything that customers have, and the program's side of it: it is nothing. */
	const sumOfPostings = ({ sql }: Scene): unknown =>
		sql.query("SELECT sum(value) AS sum FROM event, json_each(event.postings)")[0]?.["sum"];

	describe(`a merge on ${name}`, () => {
		it("carries over points with their dates, what is pending, reserved and spent, and open purchases", () =>
			scene(
				(one) => {
					one.send("opt_in", { first_name: "Ada", city: "Cork" }, as("ada"));
					one.send("opt_in", { first_name: "Adah", phone: "1" }, as("twin"));
					one.send("point_add", { points: 10, expdate: "2026-12-31" }, as("ada"));
					one.send("point_add", { points: 20, expdate: "2026-06-30" }, as("twin"));
					one.send("point_add", { points: 5 }, as("twin"));
					one.send("point_spend", { points: 4 }, as("twin"));
					one.send("reserve_points", { transaction_id: "o-9", points: 3 }, as("twin"));
					one.send("checkout", { transaction_id: "o-1", total: 200 }, as("twin"));
					expect(merge(one, "twin", "ada")).toMatchObject({ kind: "merged", from: "twin", into: "ada" });
					expect(account(one, "ada")).toMatchObject({
						score: 35,
						spent: 4,
						reserved: 3,
						pending: 10,
						spendable: 28,
						expiring: [
							{ expdate: "2026-06-30", points: 13 },
							{ expdate: "2026-12-31", points: 10 },
						],
					});
					expect(account(one, "twin")).toMatchObject({ score: 0, spendable: 0, pending: 0 });
					expect(one.ledger.customer("twin")?.status).toBe("merged");
					expect(one.ledger.customer("ada")?.profile).toEqual({
						first_name: "Ada",
						city: "Cork",
						phone: "1",
					});
					expect(sumOfPostings(one)).toBe(0);
				},
				{ points: "purchase: { rate: 0.05, accept: manual }" },
			));

		it("writes at the survivor whatever comes later for either", () =>
			scene((one) => {
				one.send("opt_in", {}, as("ada"));
				one.send("opt_in", {}, { identities: { id: "twin", email: "twin@example.test" } });
				one.send("checkout", { transaction_id: "o-1", total: 200 }, as("twin"));
				merge(one, "twin", "ada");
				expect(one.send("point_add", { points: 1 }, as("twin"))).toMatchObject({ customer: "ada" });
				const byBoth = { identities: { id: "ada", email: "twin@example.test" } };
				expect(one.send("point_add", { points: 2 }, byBoth)).toMatchObject({
					kind: "appended",
					customer: "ada",
				});
				expect(one.send("refund", { transaction_id: "o-1" }, as("ada"))).toMatchObject({
					customer: "ada",
					points: -10,
				});
				expect(account(one, "ada")).toMatchObject({ score: 3, spendable: 3 });
			}));

		it("records a message once, though its customer was merged meanwhile", () =>
			scene((one) => {
				one.send("opt_in", {}, as("ada"));
				one.send("opt_in", {}, as("twin"));
				const add = one.command("point_add", { points: 5 }, as("twin"));
				one.record(add);
				merge(one, "twin", "ada");
				expect(one.record(add).kind).toBe("duplicate");
				expect(account(one, "ada")).toMatchObject({ score: 5 });
			}));

		it("follows chains to their end, and refuses circles, strangers and who is suspended", () =>
			scene((one) => {
				for (const id of ["a", "b", "c"]) one.send("opt_in", {}, as(id));
				one.send("point_add", { points: 7 }, as("a"));
				merge(one, "a", "b");
				merge(one, "b", "c");
				expect(account(one, "c")).toMatchObject({ spendable: 7 });
				expect(one.send("point_add", { points: 1 }, as("a"))).toMatchObject({ customer: "c" });
				expect(merge(one, "c", "a")).toMatchObject({ kind: "refused" });
				expect(merge(one, "a", "c")).toMatchObject({ kind: "refused" });
				expect(merge(one, "nobody", "c")).toMatchObject({ kind: "not_a_member" });
				one.send("opt_in", {}, as("d"));
				one.send("suspend", {}, as("d"));
				expect(merge(one, "c", "d")).toMatchObject({ kind: "refused", code: 120030 });
				expect(account(one, "c")).toMatchObject({ spendable: 8 });
			}));

		it("follows a chain of twenty, and erases all of it", () =>
			scene((one) => {
				const chain = Array.from({ length: 20 }, (_, number) => `c${number}`);
				for (const id of chain) one.send("opt_in", {}, as(id));
				for (const [index, id] of chain.slice(1).entries()) {
					expect(merge(one, `c${index}`, id)).toMatchObject({ kind: "merged", into: id });
				}
				const add = one.command("point_add", { points: 1 }, as("c1"));
				expect(one.sql.transaction(() => one.ledger.preview(add))).toMatchObject({ customer: "c19" });
				expect(one.record(add)).toMatchObject({ kind: "appended", customer: "c19" });
				expect(one.ledger.person("c1")?.id).toBe("c19");
				// Twenty who joined, two events for each merge, and the points.
				expect(one.ledger.history("c1", { limit: 100 })?.data).toHaveLength(20 + 2 * 19 + 1);
				expect(one.send("opt_out", {}, as("c1"))).toMatchObject({ kind: "appended" });
				expect(one.sql.query("SELECT DISTINCT status FROM customer")).toEqual([{ status: "erased" }]);
				expect(one.sql.query("SELECT count(*) AS bodies FROM body")).toEqual([{ bodies: 0 }]);
			}));

		it("lets do once what either of them did before", () =>
			scene((one) => {
				for (const id of ["a", "b", "c"]) one.send("opt_in", {}, as(id));
				one.send("survey", { answer: 1 }, as("a"));
				one.send("daily_login", {}, { ...as("b"), timestamp: noon - day });
				merge(one, "a", "b");
				merge(one, "b", "c");
				for (const id of ["a", "b", "c"]) {
					const survey = one.command("survey", { answer: 2 }, as(id));
					const preview = one.sql.transaction(() => one.ledger.preview(survey));
					for (const outcome of [preview, one.record(survey)])
						expect(outcome).toMatchObject({ kind: "conflict", code: 10001 });
					expect(one.send("survey", { answer: 1 }, as(id)).kind).toBe("duplicate");
				}
				const login = (timestamp: number) => one.send("daily_login", {}, { ...as("c"), timestamp }).kind;
				expect([noon - day, noon, noon].map(login)).toEqual(["duplicate", "appended", "duplicate"]);
				expect(account(one, "c")).toMatchObject({ score: 25 });
			}));

		it("pays what either owes from what the other has", () =>
			scene((one) => {
				for (const id of ["a", "b", "c"]) one.send("opt_in", {}, as(id));
				one.send("point_spend", { points: 30 }, as("a"));
				one.send("point_add", { points: 50 }, as("b"));
				merge(one, "a", "b");
				expect(account(one, "b")).toMatchObject({ balance: 20, spendable: 20, spent: 30 });
				one.send("point_spend", { points: 100 }, as("c"));
				merge(one, "b", "c");
				expect(account(one, "c")).toMatchObject({ balance: -80, spendable: 0, spent: 130 });
			}));

		it("keeps the survivor's reservation where both had one for an order, and gives the other's points back", () =>
			scene((one) => {
				for (const id of ["ada", "bob"]) one.send("opt_in", {}, as(id));
				one.send("point_add", { points: 150, expdate: "2026-06-30" }, as("ada"));
				one.send("point_add", { points: 60 }, as("bob"));
				one.send("reserve_points", { transaction_id: "o-1", points: 100 }, as("ada"));
				one.send("reserve_points", { transaction_id: "o-2", points: 30 }, as("ada"));
				one.send("reserve_points", { transaction_id: "o-1", points: 50 }, as("bob"));
				merge(one, "ada", "bob");
				expect(account(one, "bob")).toMatchObject({
					score: 210,
					reserved: 80,
					spendable: 130,
					expiring: [{ expdate: "2026-06-30", points: 120 }],
				});
				for (const order of ["o-1", "o-2"]) {
					const released = one.send("release_points", { transaction_id: order }, as("bob"));
					expect(released.kind).toBe("appended");
				}
				expect(account(one, "bob")).toMatchObject({ reserved: 0, spendable: 210 });
				expect(sumOfPostings(one)).toBe(0);
			}));

		it("pays a debt from a reservation that it gives back", () =>
			scene((one) => {
				for (const id of ["ada", "bob"]) one.send("opt_in", {}, as(id));
				for (const id of ["ada", "bob"]) {
					one.send("point_add", { points: 100 }, as(id));
					one.send("reserve_points", { transaction_id: "o-1", points: 100 }, as(id));
				}
				one.send("point_sub", { points: 30 }, as("bob"));
				merge(one, "ada", "bob");
				expect(account(one, "bob")).toMatchObject({ balance: 70, reserved: 100, spendable: 70 });
			}));

		it("has one history of all who became one, in pages and by any order", () =>
			scene((one) => {
				for (const id of ["a", "b", "c", "d"]) one.send("opt_in", {}, as(id));
				const add = (id: string, points: number, timestamp: number) =>
					one.send("point_add", { points }, { ...as(id), timestamp });
				add("a", 1, noon + 5);
				add("b", 2, noon + 3);
				add("c", 3, noon + 5);
				add("d", 4, noon + 4);
				merge(one, "a", "b");
				merge(one, "b", "c");
				add("a", 5, noon + 4);
				const pointsOf = (events: readonly { readonly points: number }[] = []) =>
					events.map(({ points }) => points).filter((points) => points > 0);
				// What is of one moment is in the order of recording.
				for (const id of ["a", "b", "c"]) {
					expect(pointsOf(one.ledger.history(id, { limit: 50 })?.data)).toEqual([3, 1, 5, 2]);
				}
				const actions = ["point_add"];
				const first = one.ledger.history("c", { limit: 2, actions });
				expect(pointsOf(first?.data)).toEqual([3, 1]);
				const second = one.ledger.history("c", { limit: 2, actions, cursor: first?.cursor ?? "" });
				expect([pointsOf(second?.data), second?.cursor]).toEqual([[5, 2], null]);
				const page = {
					filters: [{ field: "points", compare: "gt", value: 1 }],
					limit: 2,
					offset: 1,
				} as const;
				const byPoints = { ...page, sort: [{ by: "points", descending: true }] } as const;
				expect(pointsOf(one.ledger.search("c", byPoints) ?? [])).toEqual([3, 2]);
				one.send("opt_out", {}, as("c"));
				for (const id of ["a", "b", "c"]) expect(one.ledger.history(id, { limit: 50 })).toBeNull();
			}));

		it("keeps purchases that ended before it", () =>
			scene((one) => {
				for (const id of ["a", "b"]) one.send("opt_in", {}, as(id));
				one.send("checkout", { transaction_id: "o-1", total: 200 }, as("a"));
				one.send("refund", { transaction_id: "o-1" }, as("a"));
				one.send("checkout", { transaction_id: "o-2", total: 200 }, as("b"));
				merge(one, "a", "b");
				const transactions = one.ledger.transactions("b").map(({ id, status }) => [id, status]);
				expect(transactions).toEqual([
					["o-2", "accepted"],
					["o-1", "refunded"],
				]);
				const again = one.send("partial_refund", { transaction_id: "o-1", amount: 1 }, as("b"));
				expect(again).toMatchObject({ kind: "refused", reason: expect.stringContaining("refunded") });
			}));

		it("is the survivor for who asks by any name of theirs", () =>
			scene((one) => {
				for (const id of ["a", "b", "c"])
					one.send("opt_in", {}, { identities: { id, email: `${id}@example.test` } });
				merge(one, "a", "b");
				merge(one, "b", "c");
				const [, email] = one.command(
					"profile",
					{},
					{ identities: { id: "a", email: "a@example.test" } },
				).identities;
				expect(one.ledger.customerHolding(email?.hash ?? "")?.id).toBe("c");
				expect(one.ledger.person("a")?.id).toBe("c");
				one.send("opt_out", {}, as("c"));
				expect(one.ledger.customerHolding(email?.hash ?? "")).toBeNull();
				expect(one.ledger.person("a")).toBeNull();
			}));

		it("counts for tiers what both did", () =>
			scene(
				(one) => {
					for (const id of ["a", "b"]) one.send("opt_in", {}, as(id));
					one.send("point_add", { points: 60 }, as("a"));
					one.send("point_add", { points: 60 }, as("b"));
					merge(one, "a", "b");
					expect(one.ledger.customer("b")?.tiers).toMatchObject([{ id: "silver", counted: "120" }]);
				},
				{ tiers: "status: { tiers: { bronze: { from: 0 }, silver: { from: 100 } } }" },
			));

		const yearly = {
			tiers: `status:
  window: { kind: calendar }
  tiers: { bronze: { from: 0 }, silver: { from: 100 }, gold: { from: 500 }, black: { from: 900 } }`,
		};
		const tierOf = (one: Scene, id: string) => one.ledger.customer(id)?.tiers[0];
		const tierEvents = (one: Scene, id: string) =>
			one.ledger
				.history(id, { limit: 50, actions: ["tier_up", "tier_down", "tier_renew"] })
				?.data.map(({ action, properties }) => `${action} ${String(properties["tier"])}`);

		it("keeps the higher tier of the two for as long as it lasts, whoever stays", () =>
			scene((one) => {
				for (const id of ["ada", "bob", "cleo"]) one.send("opt_in", {}, as(id));
				one.send("point_add", { points: 500 }, as("ada"));
				one.send("point_add", { points: 100 }, as("cleo"));
				one.time.now = Date.UTC(2027, 1, 1);
				merge(one, "ada", "bob");
				expect(tierOf(one, "bob")).toMatchObject({ id: "gold", expdate: "2027-12-31", counted: "0" });
				merge(one, "cleo", "bob");
				expect(tierOf(one, "bob")).toMatchObject({ id: "gold", expdate: "2027-12-31" });
				expect(tierEvents(one, "bob")).toEqual(["tier_up gold", "tier_up silver", "tier_up gold"]);
				one.time.now = Date.UTC(2028, 0, 1);
				one.ledger.sweep(10);
				expect(tierOf(one, "bob")).toMatchObject({ id: "bronze", expdate: null });
			}, yearly));

		it("keeps a tier that both have for as long as either of them had it", () =>
			scene((one) => {
				for (const id of ["ada", "bob"]) one.send("opt_in", {}, as(id));
				one.send("point_add", { points: 500 }, as("bob"));
				one.time.now = Date.UTC(2027, 1, 1);
				one.send("point_add", { points: 500 }, { ...as("ada"), timestamp: one.time.now });
				merge(one, "ada", "bob");
				expect(tierOf(one, "bob")).toMatchObject({ id: "gold", expdate: "2028-12-31", counted: "500" });
				expect(tierEvents(one, "bob")).toEqual(["tier_renew gold", "tier_up gold", "tier_up gold"]);
			}, yearly));

		it("reaches by what both have a tier that neither had", () =>
			scene((one) => {
				for (const id of ["ada", "bob"]) one.send("opt_in", {}, as(id));
				one.send("point_add", { points: 500 }, as("ada"));
				one.send("point_add", { points: 400 }, as("bob"));
				merge(one, "ada", "bob");
				expect(tierOf(one, "bob")).toMatchObject({ id: "black", expdate: "2027-12-31" });
			}, yearly));
	});

	describe(`an erasure on ${name}`, () => {
		const traces = ({ sql }: Scene, text: string): readonly string[] => {
			const tables = sql.query(
				"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'",
			);
			return tables.flatMap(({ name: table }) => {
				const rows = sql.query(`SELECT * FROM "${String(table)}"`);
				return rows.some((row) => JSON.stringify(row).includes(text)) ? [String(table)] : [];
			});
		};

		it("forfeits what the person had, and leaves nothing that names them", () =>
			scene((one) => {
				const identities = { id: "canary-id", email: "canary@example.test" };
				one.send("opt_in", { first_name: "Canary" }, { identities });
				one.send("point_add", { points: 100, reason: "canary reason" }, { identities });
				one.send("point_spend", { points: 30 }, { identities });
				one.send("checkout", { transaction_id: "canary-order", total: 100 }, { identities });
				expect(traces(one, "anary").length).toBeGreaterThan(3);
				expect(one.send("opt_out", { reason: "canary" }, { identities }).kind).toBe("appended");
				expect(traces(one, "anary")).toEqual([]);
				expect(one.ledger.customer("canary-id")).toBe(null);
				const books = one.sql.query(
					"SELECT book.key AS book, sum(book.value) AS sum FROM event, json_each(event.postings) AS book GROUP BY book.key ORDER BY book.key",
				);
				expect(books.filter((row) => row["sum"] !== 0)).toEqual([
					{ book: "main/forfeited", sum: 75 },
					{ book: "main/issued", sum: -105 },
					{ book: "main/spent", sum: 30 },
				]);
			}));

		it("leaves nothing that names them in what others have done", () =>
			scene((one) => {
				one.send("opt_in", {}, as("ada"));
				one.send("opt_in", {}, as("canary"));
				const referral = one.command("referral", { referred: "canary" }, as("ada"));
				expect(one.record(referral).kind).toBe("appended");
				// The same fact by another message.
				expect(one.send("referral", { referred: "canary" }, as("ada")).kind).toBe("duplicate");
				const [event] = one.ledger.history("ada", { limit: 1 })?.data ?? [];
				const hash = String(event?.properties["referred"]);
				const recordedAt = one.time.now;
				expect(one.ledger.customerHolding(hash, recordedAt)?.id).toBe("canary");
				one.time.now += day;
				one.send("opt_out", {}, { ...as("canary"), timestamp: one.time.now });
				expect(traces(one, "canary")).toEqual([]);
				expect(one.ledger.history("ada", { limit: 1 })?.data).toMatchObject([{ action: "referral" }]);
				one.time.now += day;
				one.send("opt_in", {}, { ...as("canary"), timestamp: one.time.now });
				// Who joins again is not whom ada referred.
				expect(one.ledger.customerHolding(hash, recordedAt)).toBeNull();
				expect(one.ledger.customerHolding(hash)?.id).toBe("canary");
			}));

		it("suppresses what comes late for them, and starts who rejoins from nothing", () =>
			scene((one) => {
				const identities = { id: "ada", email: "ada@example.test" };
				const before = one.command("opt_in", {}, { identities });
				one.record(before);
				one.send("point_add", { points: 5 }, { identities });
				one.time.now += day;
				one.send("opt_out", {}, { identities, timestamp: one.time.now });
				expect(one.send("point_add", { points: 5 }, { identities, timestamp: one.time.now }).kind).toBe(
					"suppressed",
				);
				expect(one.send("opt_in", {}, { identities, timestamp: noon }).kind).toBe("suppressed");
				expect(one.record(before).kind).not.toBe("appended");
				expect(one.ledger.customer("ada")).toBe(null);
				one.time.now += day;
				expect(one.send("opt_in", {}, { identities, timestamp: one.time.now }).kind).toBe("appended");
				expect(one.ledger.customer("ada")).toMatchObject({ accounts: [], status: "active" });
				expect(one.ledger.history("ada", { limit: 10 })?.data.length).toBe(1);
				one.send("point_add", { points: 1 }, { identities, timestamp: one.time.now });
				const late = one.send("point_add", { points: 9 }, { identities, timestamp: noon + 1_000 });
				expect(late.kind).toBe("suppressed");
				expect(account(one, "ada")).toMatchObject({ score: 1 });
			}));

		it("erases whom the person absorbed with them", () =>
			scene((one) => {
				one.send(
					"opt_in",
					{ city: "canary town" },
					{ identities: { id: "twin", email: "canary@example.test" } },
				);
				one.send("point_add", { points: 5, reason: "canary" }, as("twin"));
				one.send("opt_in", {}, as("ada"));
				merge(one, "twin", "ada");
				one.send("opt_out", {}, as("ada"));
				expect(traces(one, "canary")).toEqual([]);
				const late = { identities: { email: "canary@example.test" } };
				expect(one.send("point_add", { points: 5 }, late).kind).toBe("suppressed");
			}));

		it("does not know who was never there, and does it once", () =>
			scene((one) => {
				expect(one.send("opt_out", {}, as("nobody")).kind).toBe("not_a_member");
				one.send("opt_in", {}, as("ada"));
				const end = one.command("opt_out", {}, as("ada"));
				const [recorded] = one.sql.transaction(() => one.ledger.record([end]));
				expect(one.record(end)).toEqual(recorded?.outcome);
				if (recorded?.erased !== undefined) one.ledger.finish(recorded.erased);
				expect(one.record(end).kind).toBe("duplicate");
				expect(one.sql.query("SELECT count(*) AS n FROM event WHERE action = 'opt_out'")).toEqual([{ n: 1 }]);
			}));

		it("is done again in a ledger that is older than it, as of when it was done, and once", () =>
			scene((one) => {
				const hour = 3_600_000;
				const hashes = ["ada", "twin"].map((id) => {
					const [identity] = one.command("opt_in", {}, as(id)).identities;
					return identity?.hash ?? "";
				});
				// They were merged later than the backup was made.
				for (const id of ["ada", "twin"]) one.send("opt_in", { first_name: "canary" }, as(id));
				one.time.now += day;
				const erasure = { key: `${"e".repeat(28)}0000`, hashes, at: noon + hour };
				const again = () => one.sql.transaction(() => one.ledger.eraseAgain([erasure]));
				const done = again();
				expect(done.map(({ at }) => at)).toEqual([erasure.at, erasure.at]);
				expect(done.map(({ key }) => key)).toContain(erasure.key);
				for (const erased of done) one.ledger.finish(erased);
				expect(traces(one, "canary")).toEqual([]);
				expect(one.ledger.unknownKeys([erasure.key])).toEqual([]);
				const events = one.ledger.stats().events;
				// The ledger knows nobody of them any more; an inbox that was restored with it may.
				const { key, at } = erasure;
				expect(again()).toEqual([{ key, shard: null, hashes, at }]);
				expect(one.ledger.stats().events).toBe(events);
				const joins = (after: number) =>
					one.send("opt_in", {}, { ...as("ada"), timestamp: noon + after }).kind;
				expect([joins(hour / 2), joins(2 * hour)]).toEqual(["suppressed", "appended"]);
				expect(again()).toEqual([{ key, shard: null, hashes, at }]);
				expect(one.ledger.customer("ada")?.status).toBe("active");
			}));

		it("is noted as done also where the ledger has nothing of the person", () =>
			scene((one) => {
				const end = one.command("opt_out", {}, as("nobody"));
				const [recorded] = one.sql.transaction(() => one.ledger.record([end]));
				const erased = recorded?.erased;
				const [hash] = end.identities.map((identity) => identity.hash);
				expect(erased).toMatchObject({ shard: null, hashes: [hash], stranger: true });
				const { key } = erased ?? end;
				expect(one.ledger.unknownKeys([key, end.key])).toEqual([key, end.key]);
				if (erased !== undefined) one.ledger.finish(erased);
				// That it may be somebody's by now, who is erased by the same message, is not done with it.
				expect(one.ledger.unknownKeys([key, end.key])).toEqual([end.key]);
				// Whoever was never there is free to join, and what happened before is theirs.
				one.send("opt_in", {}, as("nobody"));
				expect(one.send("point_add", { points: 5 }, { ...as("nobody"), timestamp: noon - day }).kind).toBe(
					"appended",
				);
				const [again] = one.sql.transaction(() => one.ledger.record([end]));
				expect(again).toMatchObject({ outcome: { kind: "appended" }, erased: { key: end.key, shard: 0 } });
			}));

		it("says what is to be done outside the ledger, again and again until it is finished", () =>
			scene((one) => {
				const identities = { id: "ada", email: "ada@example.test" };
				one.send("opt_in", {}, { identities });
				const hashes = one.command("profile", {}, { identities }).identities.map(({ hash }) => hash);
				const end = one.command("opt_out", {}, { identities });
				const [recorded] = one.sql.transaction(() => one.ledger.record([end]));
				expect([...(recorded?.erased?.hashes ?? [])].sort()).toEqual([...hashes].sort());
				expect(one.ledger.buried([...hashes, "0".repeat(32)])).toEqual(hashes);
				expect(one.sql.transaction(() => one.ledger.resume())).toEqual([]);
				one.time.now += 61_000;
				const [again] = one.sql.transaction(() => one.ledger.resume());
				expect(again).toEqual(recorded?.erased);
				if (again !== undefined) one.ledger.finish(again);
				expect(one.sql.transaction(() => one.ledger.resume())).toEqual([]);
			}));
	});
}
