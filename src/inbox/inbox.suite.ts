import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Sql } from "../model/sql.ts";
import {
	type AskedFetch,
	type CallbackResult,
	type Inbox,
	type Incoming,
	type OwedCallback,
	type OwedFetch,
	openInbox,
	type Pin,
	type Planned,
} from "./inbox.ts";
import { openPersons } from "./persons.ts";
import { createSchema } from "./schema.ts";
import {
	ada,
	appended,
	type Bench,
	benchOn,
	bodyOf,
	delivery,
	duplicate,
	grace,
	hour,
	idsOf,
	kept,
	lease,
	lifeOf,
	noon,
	pin,
	planned,
	step,
	undone,
	unknown,
} from "./testing.ts";

/** Gives `body` a database of its own, empty, for as long as it runs. */
export type OpenSql = (body: (sql: Sql) => void | Promise<void>) => Promise<void>;

/** What holds for the inbox on every host. */
export function testInbox(host: string, open: OpenSql): void {
	const test = (sentence: string, body: (bench: Bench) => void) =>
		it(sentence, () => open((sql) => body(benchOn(sql))));

	describe(`the inbox on ${host}, receiving,`, () => {
		test("stores a delivery once, however often it is sent", ({ inbox }) => {
			const first = inbox.receive(delivery(1));
			expect(first.repeated).toBe(false);
			expect(inbox.receive(delivery(1))).toEqual({ delivery: first.delivery, repeated: true });
			expect(inbox.receive(delivery(1))).toEqual({ delivery: first.delivery, repeated: true });
			expect(inbox.list({ limit: 10 })).toMatchObject([{ id: first.delivery, repeats: 2 }]);
		});

		test("knows a repeat for as long as its sender repeats, and not a moment longer", ({ inbox }) => {
			const first = inbox.receive(delivery(1, { receivedAt: noon }));
			const last = inbox.receive(delivery(1, { receivedAt: noon + hour - 1 }));
			expect(last).toEqual({ delivery: first.delivery, repeated: true });
			const anew = inbox.receive(delivery(1, { receivedAt: noon + hour }));
			expect(anew.repeated).toBe(false);
			expect(anew.delivery).not.toBe(first.delivery);
		});

		test("gives an id of time, shard and number", ({ sql }) => {
			const inbox = openInbox({ sql, clock: () => noon, shard: 0x2a });
			expect(inbox.receive(delivery(1)).delivery).toBe("01a20320a200" + "2a" + "0000000001");
		});

		test("gives ids that rise", ({ inbox }) => {
			const at = [noon, noon, noon + 1, noon + hour];
			const ids = at.map((receivedAt, n) => inbox.receive(delivery(n, { receivedAt })).delivery);
			expect(ids.toSorted()).toEqual(ids);
			expect(new Set(ids).size).toBe(4);
		});

		test("gives a delivery back as it came", ({ inbox }) => {
			const incoming: Incoming = {
				...delivery(1),
				proved: "first",
				paused: true,
				delivery: {
					method: "PUT",
					path: "/orders",
					query: "a=1&b=%20",
					headers: { "content-type": "application/json", "x-emoji": "é" },
					receivedAt: noon,
				},
				body: { inline: new Uint8Array([0, 255, 10, 123]) },
			};
			const { delivery: id } = inbox.receive(incoming);
			const { key: _key, retriesForMs: _retries, delivery: head, ...rest } = incoming;
			expect(inbox.take(1).fresh).toEqual([{ id, ...rest, ...head, expiredAt: null, rewritten: 0 }]);
		});

		test("knows a large body by the name of its file", ({ inbox }) => {
			inbox.receive({ ...delivery(1), body: { file: "ab".repeat(32), bytes: 5_000_000 } });
			expect(inbox.take(1).fresh).toMatchObject([{ body: { file: "ab".repeat(32) } }]);
			expect(inbox.list({ limit: 1 })).toMatchObject([{ bytes: 5_000_000 }]);
		});
	});

	describe(`the inbox on ${host}, giving turns,`, () => {
		test("leases a delivery to one taker, and gives it back when the lease ends", ({ inbox, pass }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			expect(idsOf(inbox.take(10))).toEqual([id]);
			expect(idsOf(inbox.take(10))).toEqual([]);
			pass(lease - 1);
			expect(idsOf(inbox.take(10))).toEqual([]);
			pass(1);
			expect(idsOf(inbox.take(10))).toEqual([id]);
		});

		test("leases a pinned message from its pin on", ({ inbox, pass }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.take(10);
			pass(lease - 1);
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("a")])] }]);
			pass(lease - 1);
			expect(inbox.take(10).turns).toEqual([]);
			pass(1);
			expect(inbox.take(10).turns).toMatchObject([{ delivery: id, position: 0 }]);
		});

		test("leases nothing after a crash", ({ inbox, reopen }) => {
			const { delivery: untouched } = inbox.receive(delivery(1));
			const { delivery: pinned } = inbox.receive(delivery(2));
			inbox.take(10);
			inbox.pin([{ delivery: pinned, messages: [pin(0, [planned("a")])] }]);
			const { fresh, turns } = reopen().take(10);
			expect(fresh.map(({ id }) => id)).toEqual([untouched]);
			expect(turns).toMatchObject([{ delivery: pinned, plan: [planned("a")], attempts: 0 }]);
		});

		test("gives no more turns than asked for, messages before deliveries", ({ inbox, reopen }) => {
			const ids = [1, 2, 3].map((n) => inbox.receive(delivery(n)).delivery);
			inbox.take(1);
			inbox.pin([{ delivery: ids[0] ?? "", messages: [pin(0, [planned("a")]), pin(1, [planned("b")])] }]);
			const after = reopen();
			expect(after.take(1)).toMatchObject({ fresh: [], turns: [{ position: 0 }] });
			expect(after.take(2)).toMatchObject({ fresh: [{ id: ids[1] }], turns: [{ position: 1 }] });
			expect(after.take(2)).toMatchObject({ fresh: [{ id: ids[2] }], turns: [] });
		});

		test("gives nothing before its time", ({ inbox }) => {
			inbox.receive(delivery(1, { receivedAt: noon + 1 }));
			expect(idsOf(inbox.take(10))).toEqual([]);
			expect(inbox.wakeAt()).toBe(noon + 1);
		});

		test("gives an unplanned message its turn with the delivery it came in", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.take(10);
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("a")]), pin(1, null), pin(2, null)] }]);
			const { turns, of } = inbox.take(10);
			expect(turns.map(({ position, plan }) => [position, plan])).toEqual([
				[1, null],
				[2, null],
			]);
			expect(of).toMatchObject([{ id, body: { inline: bodyOf(1) } }]);
		});
	});

	describe(`the inbox on ${host}, pinning and settling,`, () => {
		test("never replaces a pinned plan", ({ inbox, reopen }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("first")])] }]);
			inbox.pin([{ delivery: id, messages: [{ ...pin(0, [planned("second")]), type: "other" }] }]);
			expect(reopen().take(10).turns).toMatchObject([{ plan: [planned("first")] }]);
			expect(inbox.show(id)?.messageViews).toMatchObject([{ type: "track", plan: [planned("first")] }]);
		});

		test("ends a message when every planned event has its outcome", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("a"), planned("b")])] }]);
			const plan = [planned("a", appended), planned("b", duplicate)];
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: null }]);
			expect(inbox.wakeAt()).toBeNull();
			expect(inbox.show(id)?.messageViews).toMatchObject([
				{ state: "done", outcome: "duplicate", attempts: 1, dueAt: null, plan },
			]);
		});

		test("gives what got no answer another turn, with what is settled already", ({ inbox, pass }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("a"), planned("b")])] }]);
			const plan = [planned("a", appended), planned("b")];
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: noon + 1_000, hold: null }]);
			expect(inbox.wakeAt()).toBe(noon + 1_000);
			pass(999);
			expect(inbox.take(10).turns).toEqual([]);
			pass(1);
			expect(inbox.take(10).turns).toEqual([{ delivery: id, position: 0, plan, recorded: [], attempts: 1 }]);
		});

		test("asks for nothing more after an empty batch", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.take(10);
			inbox.pin([{ delivery: id, messages: [] }]);
			expect(inbox.wakeAt()).toBeNull();
			expect(inbox.show(id)).toMatchObject({ outcome: "ignored", messages: 0, messageViews: [] });
		});

		test("ends what a pin says has no event", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			const unmatched: Pin = { ...pin(0, null), state: "unmatched", reason: "no mapping reads it" };
			inbox.pin([{ delivery: id, messages: [unmatched] }]);
			expect(inbox.wakeAt()).toBeNull();
			expect(inbox.show(id)?.messageViews).toMatchObject([
				{ state: "unmatched", outcome: "unmatched", reason: "no mapping reads it", plan: null },
			]);
		});

		test("shows a delivery's worst outcome", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			const outcomeNow = () => inbox.show(id)?.outcome;
			expect(outcomeNow()).toBe("pending");
			inbox.pin([
				{
					delivery: id,
					messages: [
						pin(0, [planned("a")]),
						{ ...pin(1, null), state: "unmatched" },
						pin(2, [planned("b"), planned("c")]),
					],
				},
			]);
			expect(outcomeNow()).toBe("pending");
			const settle = (position: number, plan: readonly Planned[]) =>
				inbox.settle([{ delivery: id, position, plan, retryAt: null, hold: null }]);
			settle(2, [planned("b", appended), planned("c", duplicate)]);
			settle(0, [planned("a", appended)]);
			expect(outcomeNow()).toBe("unmatched");
			settle(0, [planned("a", { kind: "refused", code: 5003, reason: "used already" })]);
			expect(outcomeNow()).toBe("refused");
		});
	});

	describe(`the inbox on ${host}, keeping what waits for a person,`, () => {
		test("gives kept messages their turn when an identity opts in, the oldest time first", ({ inbox }) => {
			const ids = [3, 1, 2].map((age) => kept(inbox, { n: age, time: noon - age, hashes: [ada] }));
			kept(inbox, { n: 4, time: noon - 4, hashes: [grace] });
			expect(inbox.wakeAt()).toBeNull();
			expect(inbox.release([ada])).toBe(3);
			expect(inbox.take(10).turns.map(({ delivery: id }) => id)).toEqual([ids[0], ids[2], ids[1]]);
		});

		test("gives a message that waits for two names one turn", ({ inbox }) => {
			const id = kept(inbox, { n: 1, time: noon, hashes: [ada, grace] });
			expect(inbox.release([ada, grace])).toBe(1);
			expect(inbox.take(10).turns).toMatchObject([{ delivery: id, plan: [planned("1", unknown)] }]);
			expect(inbox.release([ada])).toBe(0);
		});

		test("shows a released message as pending", ({ inbox }) => {
			const id = kept(inbox, { n: 1, time: noon, hashes: [ada] });
			expect(inbox.show(id)?.outcome).toBe("not_a_member");
			inbox.release([ada]);
			expect(inbox.show(id)).toMatchObject({
				outcome: "pending",
				messageViews: [{ state: "pending", outcome: "pending" }],
			});
		});

		test("lets go at the last moment of the wait, and not after it", ({ inbox, pass }) => {
			kept(inbox, { n: 1, time: noon, hashes: [ada], until: noon + hour });
			kept(inbox, { n: 2, time: noon, hashes: [grace], until: noon + hour });
			pass(hour);
			expect(inbox.release([ada])).toBe(1);
			pass(1);
			expect(inbox.release([grace])).toBe(0);
		});

		test("holds messages until a person lets them go", ({ inbox }) => {
			const { delivery: id } = inbox.receive({ ...delivery(1), proved: "first", paused: true });
			inbox.take(10);
			const held = (position: number): Pin => ({ ...pin(position, null), state: "held" });
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("a")]), held(1), held(2)] }]);
			inbox.settle([
				{ delivery: id, position: 0, plan: [planned("a", appended)], retryAt: null, hold: null },
			]);
			expect(inbox.wakeAt()).toBeNull();
			expect(inbox.show(id)?.outcome).toBe("held");

			expect(inbox.letGo(id)).toBe(2);
			expect(inbox.show(id)?.outcome).toBe("pending");
			const { turns, of } = inbox.take(10);
			expect(turns.map(({ position, plan }) => [position, plan])).toEqual([
				[1, null],
				[2, null],
			]);
			expect(of).toMatchObject([{ id, proved: "all", paused: false }]);
			expect(inbox.letGo(id)).toBe(0);
		});

		test("never takes a public sender's delivery for a proved one", ({ inbox }) => {
			const { delivery: id } = inbox.receive({ ...delivery(1), proved: "none", paused: true });
			inbox.pin([{ delivery: id, messages: [{ ...pin(0, null), state: "held" }] }]);
			inbox.letGo(id);
			expect(inbox.take(10).of).toMatchObject([{ id, proved: "none", paused: false }]);
		});

		test("lets nothing go for an id that is no delivery's", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.pin([{ delivery: id, messages: [{ ...pin(0, null), state: "held" }] }]);
			const laterRow = `${id.slice(0, -1)}2`;
			const otherTime = `000000000000${id.slice(12)}`;
			const otherShard = `${id.slice(0, 12)}01${id.slice(14)}`;
			for (const wrong of ["", "1", laterRow, otherTime, otherShard, id.toUpperCase()]) {
				expect(inbox.letGo(wrong)).toBe(0);
				expect(inbox.show(wrong)).toBeNull();
				expect(inbox.unknown([wrong, id])).toEqual([wrong]);
			}
			expect(inbox.show(id)?.outcome).toBe("held");
		});
	});

	describe(`the inbox on ${host}, looking at messages again,`, () => {
		const settled = (inbox: Inbox, n: number, plan: readonly Planned[]): string => {
			const { delivery: id } = inbox.receive(delivery(n));
			inbox.take(10);
			inbox.pin([{ delivery: id, messages: [pin(0, plan)] }]);
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: null }]);
			return id;
		};

		test("forgets the plan, but for what the ledger has", ({ inbox }) => {
			const plan = [planned("a", appended), planned("b", unknown), planned("c", duplicate)];
			const id = settled(inbox, 1, plan);
			expect(inbox.replay([id])).toBe(1);
			expect(inbox.show(id)).toMatchObject({ outcome: "pending", messageViews: [{ plan: null }] });
			const { turns, of } = inbox.take(10);
			expect(turns).toMatchObject([{ plan: null, recorded: [plan[0], plan[2]], attempts: 0 }]);
			expect(of).toMatchObject([{ id, body: { inline: bodyOf(1) } }]);

			inbox.pin([{ delivery: id, messages: [pin(0, [planned("d")])] }]);
			inbox.settle([
				{ delivery: id, position: 0, plan: [planned("d", appended)], retryAt: null, hold: null },
			]);
			inbox.replay([id]);
			expect(inbox.take(10).turns).toMatchObject([{ recorded: [planned("d", appended)] }]);
		});

		test("leaves alone what is on its way, and what waits for a person", ({ inbox }) => {
			const { delivery: pending } = inbox.receive(delivery(1));
			inbox.take(10);
			inbox.pin([
				{
					delivery: pending,
					messages: [pin(0, [planned("a")]), { ...pin(1, null), state: "held" }, pin(2, null)],
				},
			]);
			expect(inbox.replay([pending, "0".repeat(24)])).toBe(0);
			expect(inbox.take(10).turns.map(({ position }) => position)).toEqual([2]);
		});

		test("no longer waits for an opt-in by the plan of before", ({ inbox }) => {
			const id = kept(inbox, { n: 1, time: noon, hashes: [ada] });
			expect(inbox.replay([id])).toBe(1);
			expect(inbox.release([ada])).toBe(0);
		});

		test("sends the events again that are lost, by the plan that is pinned, and no others", ({ inbox }) => {
			const plan = [planned("a", appended), planned("b", unknown), planned("c", duplicate)];
			const id = settled(inbox, 1, plan);
			settled(inbox, 2, [planned("d", unknown)]);
			const other = settled(inbox, 3, [planned("e", { kind: "duplicate", event: "e3", customer: null })]);
			const first = inbox.recorded(0, 1);
			expect(first).toMatchObject({ messages: [{ events: ["e1", "e0"] }], next: expect.any(Number) });
			const rest = inbox.recorded(first.next ?? 0, 100);
			expect(rest).toMatchObject({ messages: [{ events: ["e3"] }], next: null });

			const [message] = first.messages;
			expect(inbox.reopen(message === undefined ? [] : [{ ...message, events: ["e1"] }])).toBe(1);
			expect(inbox.show(id)?.outcome).toBe("pending");
			expect(inbox.show(other)?.outcome).toBe("duplicate");
			expect(inbox.take(10).turns).toMatchObject([
				{ delivery: id, plan: [planned("a"), plan[1], plan[2]], attempts: 0 },
			]);
		});

		test("reads deliveries as they came, and what became of them", ({ inbox }) => {
			const ids = [settled(inbox, 1, [planned("a", appended)]), settled(inbox, 2, [])];
			const kept = inbox.read([...ids, "0".repeat(24)]);
			expect(kept.map(({ stored }) => [stored.id, stored.body])).toEqual([
				[ids[0], { inline: bodyOf(1) }],
				[ids[1], { inline: bodyOf(2) }],
			]);
			expect(kept[0]?.messages).toMatchObject([{ position: 0, plan: [planned("a", appended)] }]);
		});

		test("reads no more at once than goes into an answer, and one at least", ({ inbox }) => {
			const large = (n: number) =>
				inbox.receive({ ...delivery(n), body: { file: `f${n}`, bytes: 5 * 1024 * 1024 } }).delivery;
			const ids = [large(1), large(2), large(3)];
			expect(inbox.read(ids).map(({ stored }) => stored.id)).toEqual([ids[0]]);
			expect(inbox.read(ids.slice(1)).map(({ stored }) => stored.id)).toEqual([ids[1]]);
		});

		test("lists what came within a time and has an outcome", ({ inbox }) => {
			const ids = [1, 2, 3].map((n) => {
				const { delivery: id } = inbox.receive(delivery(n, { receivedAt: noon + n }));
				inbox.take(10);
				inbox.pin([
					{ delivery: id, messages: [{ ...pin(0, null), state: n === 3 ? "ignored" : "unmatched" }] },
				]);
				return id;
			});
			const listed = (query: object) => inbox.list({ limit: 10, ...query }).map(({ id }) => id);
			expect(listed({ outcome: "unmatched" })).toEqual([ids[1], ids[0]]);
			expect(listed({ outcome: "ignored" })).toEqual([ids[2]]);
			expect(listed({ since: noon + 2 })).toEqual([ids[2], ids[1]]);
			expect(listed({ since: noon + 1, until: noon + 2 })).toEqual([ids[0]]);
			expect(listed({ outcome: "unmatched", limit: 1, cursor: ids[1] })).toEqual([ids[0]]);
		});
	});

	describe(`the inbox on ${host}, knowing content without an id,`, () => {
		test("says when it was first seen within the sender's retries", ({ inbox }) => {
			const one = "01".repeat(32);
			const other = "02".repeat(32);
			const seen = (hashes: readonly string[], at: number) =>
				inbox.firstSeen(hashes, { at, retriesForMs: hour });
			expect(seen([one, one], noon)).toEqual([noon, noon]);
			expect(seen([other, one], noon + hour - 1)).toEqual([noon + hour - 1, noon]);
			expect(seen([one, other], noon + hour)).toEqual([noon + hour, noon + hour - 1]);
			expect(seen([one], noon + 2 * hour - 1)).toEqual([noon + hour]);
			expect(seen([one], noon - 1)).toEqual([noon]);
			// Whoever looks at an old delivery again is told what they were told then.
			expect(seen([one, other], noon)).toEqual([noon, noon + hour - 1]);
		});
	});

	describe(`the inbox on ${host}, asked for somebody's messages,`, () => {
		const [eve, mallory] = ["e0e0".repeat(8), "abad".repeat(8)];
		/** A delivery of messages that name these persons each, looked at. */
		const stored = ({ inbox }: Pick<Bench, "inbox">, n: number, persons: readonly (readonly string[])[]) => {
			const { delivery: id } = inbox.receive(delivery(n, { receivedAt: noon + n }));
			const messages = persons.map(
				(named, position): Pin => ({
					...pin(position, null),
					state: "unmatched",
					persons: named,
				}),
			);
			inbox.pin([{ delivery: id, messages }]);
			return id;
		};
		const placesOf = ({ found }: ReturnType<Inbox["ofPersons"]>) =>
			found.map(({ stored: { id }, positions }) => [id, positions]);
		const all = { until: noon + hour, from: 0, limit: 100 };

		test("finds them by each of their names, in whichever run they are", (bench) => {
			const crowd = Array.from({ length: 2_000 }, (_, n) => [n.toString(16).padStart(32, "0")]);
			const first = stored(bench, 1, [[ada, eve], [grace], [eve]]);
			stored(bench, 2, crowd);
			const between = stored(bench, 3, [[grace], [ada]]);
			stored(bench, 4, crowd);
			const last = stored(bench, 5, [[eve]]);
			expect(bench.sql.query(`SELECT count(*) AS n FROM person_run`)).toEqual([{ n: 1 }]);
			for (const inbox of [bench.inbox, bench.reopen()]) {
				expect(placesOf(inbox.ofPersons([ada, eve], all))).toEqual([
					[first, [0, 2]],
					[between, [1]],
					[last, [0]],
				]);
				expect(placesOf(inbox.ofPersons([mallory], all))).toEqual([]);
			}
		});

		test("knows two persons apart whose hashes begin alike", (bench) => {
			const like = `${ada.slice(0, 31)}1`;
			const id = stored(bench, 1, [[like], [ada]]);
			stored(
				bench,
				2,
				Array.from({ length: 2_046 }, () => [grace]),
			);
			expect(bench.sql.query(`SELECT count(*) AS n FROM person_run`)).toEqual([{ n: 1 }]);
			expect(placesOf(bench.inbox.ofPersons([like], all))).toEqual([[id, [0]]]);
		});

		test("leaves out what came later", (bench) => {
			const ids = [1, 2, 3].map((n) => stored(bench, n, [[ada]]));
			expect(placesOf(bench.inbox.ofPersons([ada], { ...all, until: noon + 2 }))).toEqual([
				[ids[0], [0]],
				[ids[1], [0]],
			]);
		});

		test("gives them in pages of so many deliveries", (bench) => {
			const ids = [1, 2, 3, 4, 5].map((n) => stored(bench, n, [[ada], [grace], [ada]]));
			const paged: unknown[] = [];
			const sizes: number[] = [];
			for (let from: number | null = 0; from !== null; ) {
				const page = bench.inbox.ofPersons([ada], { ...all, from, limit: 2 });
				sizes.push(page.found.length);
				paged.push(...placesOf(page));
				from = page.next;
			}
			expect(sizes).toEqual([2, 2, 1]);
			expect(paged).toEqual(ids.map((id) => [id, [0, 2]]));
		});

		it("has every message that names them among its candidates", () =>
			open((sql) => {
				createSchema(sql);
				const hashes = [ada, grace, eve, mallory];
				const named = fc.subarray(hashes);
				const act = fc.oneof(
					fc.array(fc.tuple(fc.nat(30), named), { maxLength: 8 }),
					fc.constant("crash" as const),
				);
				fc.assert(
					fc.property(fc.array(act, { maxLength: 20 }), (acts) =>
						undone(sql, () => {
							let persons = openPersons(sql, 4);
							const now = new Map<number, readonly string[]>();
							for (const one of acts) {
								if (one === "crash") persons = openPersons(sql, 4);
								else persons.pinned(pinnedDirectly(sql, one, now));
							}
							for (const hash of hashes) {
								const candidates = persons.candidates([hash], 10);
								expect(candidates).toEqual([...new Set(candidates)].sort((a, b) => a - b));
								const right = [...now].filter(([id, list]) => id >= 10 && list.includes(hash));
								expect(candidates).toEqual(expect.arrayContaining(right.map(([id]) => id)));
							}
						}),
					),
				);
			}));
	});

	describe(`the inbox on ${host}, cutting somebody out,`, () => {
		const asked = { until: noon + hour, from: 0, limit: 100 };
		const withFile = (n: number, file: string): Incoming => ({
			...delivery(n),
			body: { file: file.repeat(32), bytes: 600_000 },
		});
		const looked = ({ inbox }: Pick<Bench, "inbox">, incoming: Incoming) => {
			const { delivery: id } = inbox.receive(incoming);
			const unmatched: Pin = { ...pin(0, null), state: "unmatched", persons: [ada] };
			inbox.pin([
				{
					delivery: id,
					messages: [unmatched, { ...unmatched, position: 1, senderId: "m-1", persons: [grace] }],
				},
			]);
			return id;
		};

		test("keeps the rest, and finds them no more", (bench) => {
			const { inbox } = bench;
			const id = looked(bench, delivery(1));
			expect(inbox.cut({ delivery: id, positions: [0], body: { inline: bodyOf(7) }, rewritten: 0 })).toBe(
				true,
			);
			expect(inbox.show(id)?.messageViews).toMatchObject([
				{ state: "suppressed", senderId: null, time: null },
				{ state: "unmatched", senderId: "m-1" },
			]);
			expect(inbox.ofPersons([ada], asked).found).toEqual([]);
			expect(inbox.ofPersons([grace], asked).found).toMatchObject([
				{ stored: { body: { inline: bodyOf(7) }, rewritten: 1 }, positions: [1] },
			]);
		});

		test("does nothing where something else was cut since the delivery was read", (bench) => {
			const { inbox } = bench;
			const id = looked(bench, delivery(1));
			inbox.cut({ delivery: id, positions: [0], body: { inline: bodyOf(7) }, rewritten: 0 });
			expect(inbox.cut({ delivery: id, positions: [1], body: { inline: bodyOf(8) }, rewritten: 0 })).toBe(
				false,
			);
			expect(inbox.read([id])).toMatchObject([
				{
					stored: { body: { inline: bodyOf(7) } },
					messages: [{ state: "suppressed" }, { state: "unmatched" }],
				},
			]);
		});

		test("takes no plan for what was cut while it was planned", (bench) => {
			const { inbox } = bench;
			const id = looked(bench, delivery(1));
			inbox.replay([id]);
			inbox.take(10);
			inbox.cut({ delivery: id, positions: [0], body: { inline: bodyOf(7) }, rewritten: 0 });
			inbox.pin([{ delivery: id, messages: [{ ...pin(0, [planned("a")]), persons: [ada] }] }]);
			expect(inbox.show(id)?.messageViews[0]).toMatchObject({ state: "suppressed", plan: null, dueAt: null });
			expect(inbox.ofPersons([ada], asked).found).toEqual([]);
		});

		test("names the files that are to be removed, until they are", (bench) => {
			const { inbox } = bench;
			const id = looked(bench, withFile(1, "ab"));
			const left = { file: "cd".repeat(32), bytes: 590_000 };
			inbox.cut({ delivery: id, positions: [0], body: left, rewritten: 0 });
			expect(inbox.read([id])).toMatchObject([{ stored: { body: { file: "cd".repeat(32) } } }]);
			expect(bench.reopen().orphans()).toEqual(["ab".repeat(32)]);
			inbox.removed(["ab".repeat(32)]);
			expect(inbox.orphans()).toEqual([]);
			// The sender, who has got no answer, sends it again.
			inbox.receive(withFile(1, "ab"));
			expect(inbox.orphans()).toEqual(["ab".repeat(32)]);
		});

		test("names the file of what was cut from a body that is no more", (bench) => {
			const { inbox } = bench;
			const id = looked(bench, delivery(1));
			inbox.cut({ delivery: id, positions: [0], body: { inline: bodyOf(7) }, rewritten: 0 });
			const stale = { file: "cd".repeat(32), bytes: 590_000 };
			expect(inbox.cut({ delivery: id, positions: [1], body: stale, rewritten: 0 })).toBe(false);
			expect(inbox.orphans()).toEqual(["cd".repeat(32)]);
		});

		test("leaves a file to who else has it", (bench) => {
			const { inbox } = bench;
			const [one, other] = [looked(bench, withFile(1, "ab")), looked(bench, withFile(2, "ab"))];
			inbox.cut({ delivery: one, positions: [0, 1], body: null, rewritten: 0 });
			expect(inbox.orphans()).toEqual([]);
			inbox.cut({ delivery: other, positions: [0, 1], body: null, rewritten: 0 });
			expect(inbox.orphans()).toEqual(["ab".repeat(32)]);
			inbox.receive(withFile(3, "ab"));
			expect(inbox.orphans()).toEqual([]);
		});
	});

	describe(`the inbox on ${host}, letting go of what it has kept long enough,`, () => {
		const [ip, headers] = ["192.0.2.1", { "user-agent": "Ada's" }];
		const from = (n: number, receivedAt: number): Incoming => {
			const { delivery: head, ...rest } = delivery(n, { receivedAt });
			return { ...rest, delivery: { ...head, query: "who=ada", headers, ip } };
		};
		const unmatched: Pin = { ...pin(0, null), state: "unmatched", reason: "met ada", persons: [ada] };
		const looked = (inbox: Inbox, incoming: Incoming, ...messages: readonly Pin[]) => {
			const { delivery: id } = inbox.receive(incoming);
			inbox.pin([{ delivery: id, messages }]);
			return id;
		};
		const settled = (inbox: Inbox, id: string, key: string) => {
			const plan = [planned(key, appended)];
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: null }]);
		};
		const isKept = (inbox: Inbox, ids: readonly string[]) =>
			ids.map((id) => inbox.show(id)?.expiredAt === null);

		test("keeps that it came and what became of it, and nothing that it held", ({ sql, inbox, pass }) => {
			const id = looked(inbox, from(1, noon), { ...pin(0, [planned("a")]), persons: [ada] });
			settled(inbox, id, "a");
			pass(hour);
			inbox.expire({ all: noon, unread: 0 });
			expect(inbox.show(id)).toMatchObject({
				outcome: "appended",
				receivedAt: noon,
				bytes: 1,
				query: "",
				headers: {},
				expiredAt: noon + hour,
				messageViews: [{ type: "track", plan: [{ mapping: "segment/signed-in", outcome: appended }] }],
			});
			const [{ messages: [view] = [], stored } = {}] = inbox.read([id]);
			expect(view?.plan?.[0]).not.toHaveProperty("command");
			expect(stored).toMatchObject({ body: { inline: new Uint8Array() } });
			expect(stored).not.toHaveProperty("ip");
			expect(JSON.stringify(sql.query(`SELECT * FROM message`))).not.toContain("deep");
		});

		test("lets go of what no mapping reads sooner", ({ inbox }) => {
			const ignored: Pin = { ...unmatched, state: "ignored" };
			const ids = [
				looked(inbox, from(1, noon), unmatched, { ...ignored, position: 1 }),
				looked(inbox, from(2, noon), unmatched, { ...pin(1, [planned("a")]), state: "done" }),
				looked(inbox, from(3, noon + 1), unmatched),
			];
			inbox.expire({ all: 0, unread: noon });
			expect(isKept(inbox, ids)).toEqual([false, true, true]);
			expect(inbox.list({ limit: 10 }).at(-1)).toMatchObject({ outcome: "unmatched", reason: null });
			inbox.expire({ all: noon, unread: noon });
			expect(isKept(inbox, ids)).toEqual([false, false, true]);
		});

		test("keeps what is on its way until it has ended", ({ inbox, pass }) => {
			const untouched = inbox.receive(from(1, noon)).delivery;
			const pinned = looked(inbox, from(2, noon), pin(0, [planned("a")]));
			inbox.expire({ all: noon, unread: noon });
			expect(isKept(inbox, [untouched, pinned])).toEqual([true, true]);
			settled(inbox, pinned, "a");
			pass(hour);
			inbox.expire({ all: noon, unread: noon });
			expect(isKept(inbox, [untouched, pinned])).toEqual([true, false]);
			inbox.pin([{ delivery: untouched, messages: [unmatched] }]);
			inbox.expire({ all: noon, unread: noon });
			expect(isKept(inbox, [untouched, pinned])).toEqual([false, false]);
		});

		test("gives up what nobody has released", ({ inbox }) => {
			const id = looked(inbox, from(1, noon), { ...unmatched, state: "held" });
			inbox.expire({ all: noon, unread: noon });
			expect(inbox.show(id)).toMatchObject({
				outcome: "failed",
				reason: "nobody released it while it was kept",
			});
			expect(inbox.letGo(id)).toBe(0);
		});

		test("replays it no more, nor wakes it for an opt-in, nor opens it again", ({ inbox }) => {
			const id = kept(inbox, { n: 1, time: noon, hashes: [ada] });
			const recorded = looked(inbox, from(2, noon), pin(0, [planned("a")]));
			settled(inbox, recorded, "a");
			expect(inbox.recorded(0, 10).messages.length).toBe(1);
			inbox.expire({ all: noon, unread: noon });
			expect(inbox.replay([id, recorded])).toBe(0);
			expect(inbox.release([ada])).toBe(0);
			expect(inbox.recorded(0, 10)).toEqual({ messages: [], next: null });
			expect(inbox.wakeAt()).toBeNull();
		});

		test("finds there whom it was of, to erase them", ({ inbox }) => {
			const id = looked(inbox, from(1, noon), unmatched);
			inbox.expire({ all: noon, unread: noon });
			const { found } = inbox.ofPersons([ada], { until: noon, from: 0, limit: 1 });
			expect(found).toMatchObject([{ stored: { id, rewritten: 1 }, positions: [0] }]);
		});

		test("removes its file", ({ inbox }) => {
			const file = "ab".repeat(32);
			looked(inbox, { ...from(1, noon), body: { file, bytes: 600_000 } }, unmatched);
			inbox.expire({ all: noon, unread: noon });
			expect(inbox.orphans()).toEqual([file]);
		});

		test("goes through all of them in turns, each once", ({ inbox, pass }) => {
			const ids = Array.from({ length: 250 }, (_, n) => looked(inbox, from(n, noon + (n % 7)), unmatched));
			const before = { all: noon + 5, unread: noon };
			let calls = 1;
			while (inbox.expire(before)) {
				pass(1);
				calls += 1;
			}
			expect(calls).toBe(3);
			const expired = ids.map((id) => inbox.show(id)?.expiredAt ?? null);
			expect(expired.map((at) => at === null)).toEqual(ids.map((_, n) => n % 7 === 6));
			pass(hour);
			expect(inbox.expire(before)).toBe(false);
			expect(ids.map((id) => inbox.show(id)?.expiredAt ?? null)).toEqual(expired);
		});
	});

	describe(`the inbox on ${host}, waking,`, () => {
		test("has nothing to wake for while it is empty", ({ inbox }) => {
			expect(inbox.wakeAt()).toBeNull();
		});

		test("wakes for whatever is due first", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.take(10);
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("a")])] }]);
			const retry = { delivery: id, position: 0, plan: [planned("a")], hold: null };
			inbox.settle([{ ...retry, retryAt: noon + 5 }]);
			inbox.receive(delivery(2, { receivedAt: noon + 7 }));
			expect(inbox.wakeAt()).toBe(noon + 5);
			inbox.settle([{ ...retry, retryAt: noon + 9 }]);
			expect(inbox.wakeAt()).toBe(noon + 7);
		});

		test("wakes for what is somebody's turn only when that lease ends", ({ inbox, pass }) => {
			inbox.receive(delivery(1));
			inbox.take(10);
			expect(inbox.wakeAt()).toBe(noon + lease);
			inbox.receive(delivery(2));
			expect(inbox.wakeAt()).toBe(noon);
			pass(5);
			inbox.take(10);
			expect(inbox.wakeAt()).toBe(noon + lease);
		});

		test("counts messages by state, and says since when the oldest is due", ({ inbox }) => {
			expect(inbox.stats()).toMatchObject({ states: {}, oldestDue: null });
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.take(10);
			expect(inbox.stats()).toMatchObject({ states: { pending: 1 }, oldestDue: noon });
			const ignored: Pin = { ...pin(2, null), state: "ignored" };
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("a")]), pin(1, null), ignored] }]);
			expect(inbox.stats()).toMatchObject({ states: { pending: 2, ignored: 1 }, oldestDue: noon });
		});
	});

	describe(`the inbox on ${host}, listing,`, () => {
		test("pages through deliveries, the newest first, each once", ({ inbox }) => {
			// The third came before the second and was stored after it.
			const at = [noon, noon + 2, noon + 1, noon + 2, noon + 3];
			const ids = at.map((receivedAt, n) => inbox.receive(delivery(n, { receivedAt })).delivery);
			const paged: string[] = [];
			for (let cursor: string | undefined, turn = 0; turn < 6; turn += 1) {
				const page = inbox.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
				paged.push(...page.map(({ id }) => id));
				cursor = page.at(-1)?.id;
				if (cursor === undefined) break;
			}
			expect(paged).toEqual(ids.toSorted().reverse());
		});

		test("goes on from another inbox's cursor where the ids do", ({ inbox }) => {
			const ids = [noon, noon + 1, noon + 2].map(
				(receivedAt, n) => inbox.receive(delivery(n, { receivedAt })).delivery,
			);
			const middle = ids[1] ?? "";
			const listed = (cursor: string) => inbox.list({ limit: 10, cursor }).map(({ id }) => id);
			const ofHigherShard = `${middle.slice(0, 12)}01ffffffffff`;
			expect(listed(ofHigherShard)).toEqual([ids[1], ids[0]]);
			expect(listed(middle)).toEqual([ids[0]]);
			expect(listed("not a cursor")).toEqual([]);
		});

		test("knows the newest of each endpoint, however long ago it came", ({ inbox }) => {
			const of = (n: number, endpoint: string, receivedAt: number, query = ""): string => {
				const incoming = delivery(n, { receivedAt });
				const id = inbox.receive({
					...incoming,
					endpoint,
					delivery: { ...incoming.delivery, query },
				}).delivery;
				inbox.take(10);
				inbox.pin([{ delivery: id, messages: [{ ...pin(0, null), state: "unmatched" }] }]);
				return id;
			};
			const latest = () =>
				Object.fromEntries(inbox.latest().map(({ endpoint, id, outcome }) => [endpoint, [id, outcome]]));
			const old = of(1, "ep_a", noon - 1_000 * hour);
			const newer = of(2, "ep_b", noon);
			// Two that are stored at once may be stored in another order than that in which they came.
			of(3, "ep_b", noon - 1);
			// A sample of the hub's own is no sign of life.
			of(4, "ep_a", noon, "hub-test=x");
			expect(latest()).toEqual({ ep_a: [old, "unmatched"], ep_b: [newer, "unmatched"] });
			const newest = of(5, "ep_a", noon + 1);
			expect(latest()).toEqual({ ep_a: [newest, "unmatched"], ep_b: [newer, "unmatched"] });
		});

		test("pages through what came since a time and what became of it", ({ inbox }) => {
			const ids = [noon - 1, noon, noon, noon + 1].map(
				(receivedAt, n) => inbox.receive(delivery(n, { receivedAt })).delivery,
			);
			const sample = delivery(9, { receivedAt: noon });
			inbox.receive({ ...sample, delivery: { ...sample.delivery, query: "hub-test=x" } });
			inbox.take(10);
			inbox.pin([
				{
					delivery: ids[1] ?? "",
					messages: [
						{ ...pin(0, null), state: "unmatched" },
						{ ...pin(1, null), state: "failed" },
					],
				},
			]);
			const [, first, second, third] = ids;
			const page = inbox.arrivals({ since: noon, limit: 2 });
			expect(page).toEqual([
				{ id: third, endpoint: "ep_1", receivedAt: noon + 1, outcome: "pending" },
				{ id: second, endpoint: "ep_1", receivedAt: noon, outcome: "pending" },
			]);
			expect(inbox.arrivals({ since: noon, limit: 2, cursor: second ?? "" })).toEqual([
				{ id: first, endpoint: "ep_1", receivedAt: noon, outcome: "failed" },
			]);
		});

		test("lists one endpoint's where that is asked for", ({ inbox }) => {
			inbox.receive({ ...delivery(1), endpoint: "ep_a" });
			const { delivery: id } = inbox.receive({ ...delivery(2), endpoint: "ep_b" });
			inbox.receive({ ...delivery(3), endpoint: "ep_a" });
			expect(inbox.list({ limit: 10, endpoint: "ep_b" }).map((one) => one.id)).toEqual([id]);
		});

		test("summarises a delivery", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			const types = ["track", "identify", "track"];
			inbox.pin([
				{
					delivery: id,
					messages: types.map(
						(type, position): Pin => ({
							...pin(position, null),
							state: "ignored",
							type,
							reason: `why ${position}`,
						}),
					),
				},
			]);
			const [summary, ...none] = inbox.list({ limit: 10 });
			expect(none).toEqual([]);
			expect({ ...summary, types: summary?.types.toSorted() }).toEqual({
				id,
				endpoint: "ep_1",
				receivedAt: noon,
				method: "POST",
				path: "",
				bytes: 1,
				repeats: 0,
				proved: "all",
				messages: 3,
				outcome: "ignored",
				reason: "why 0",
				types: ["identify", "track"],
			});
		});
	});

	describe(`why a delivery has its outcome, in the inbox on ${host},`, () => {
		test("is what its worst event says", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			inbox.pin([{ delivery: id, messages: [pin(0, [planned("a"), planned("b")])] }]);
			const [a, b] = [planned("a"), planned("b")];
			const plan = [
				{ ...a, outcome: { kind: "skipped", reason: "nothing new" } as const },
				{ ...b, outcome: { kind: "refused", code: 112201, reason: "not accepted" } as const },
			];
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: null }]);
			expect(inbox.list({ limit: 1 })).toMatchObject([{ outcome: "refused", reason: "not accepted" }]);
		});
	});

	describe(`the inbox on ${host}, owing callbacks,`, () => {
		/** The `n`th delivery, of one message that is settled with somebody to tell. */
		const owed = (inbox: Inbox, n: number, site = "https://a.example"): string => {
			const { delivery: id } = inbox.receive(delivery(n));
			const one = { ...planned(String(n)), callback: { ...toTell, url: `${site}/${n}`, site } };
			inbox.take(1);
			inbox.pin([{ delivery: id, messages: [pin(0, [one])] }]);
			const plan = [{ ...one, outcome: appended }];
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: null }]);
			return id;
		};
		const toTell = { client: "client_1", correlation: "c-1" };
		const places = { all: 10, site: 4 };
		const takeAll = (inbox: Inbox): readonly OwedCallback[] => {
			const taken = inbox.takeCallback(places);
			return taken === null ? [] : [taken, ...takeAll(inbox)];
		};
		const urlsOf = (taken: readonly OwedCallback[]) => taken.map(({ url }) => url);

		test("gives each out once, until its lease ends, and to the next process at once", (bench) => {
			const id = owed(bench.inbox, 1);
			const first = bench.inbox.takeCallback(places);
			expect(first).toEqual({
				...toTell,
				url: "https://a.example/1",
				site: "https://a.example",
				delivery: id,
				message: expect.any(Number),
				outcome: "appended",
				owedSince: noon,
				attempts: 0,
			});
			expect([bench.inbox.takeCallback(places), bench.inbox.callbackDueAt(places)]).toEqual([
				null,
				noon + lease,
			]);
			bench.pass(lease);
			expect(bench.inbox.takeCallback(places)).toEqual(first);
			expect(bench.reopen().takeCallback(places)).toEqual(first);
		});

		test("owes nothing before the outcome is there, nor after it was accepted", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			const one = {
				...planned("a"),
				callback: { ...toTell, url: "https://a.example", site: "https://a.example" },
			};
			inbox.take(1);
			inbox.pin([{ delivery: id, messages: [pin(0, [one])] }]);
			inbox.settle([{ delivery: id, position: 0, plan: [one], retryAt: noon + 1, hold: null }]);
			expect([inbox.takeCallback(places), inbox.callbackDueAt(places)]).toEqual([null, null]);
			const plan = [{ ...one, outcome: duplicate }];
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: null }]);
			expect(inbox.callbackDueAt(places)).toBe(noon);
			const [taken] = takeAll(inbox);
			if (taken !== undefined) inbox.settleCallback(taken, { kind: "accepted" });
			expect([inbox.callbackDueAt(places), inbox.show(id)?.callbacks]).toEqual([null, []]);
		});

		test("gives it out again when it is due again, and never when it is given up", ({ inbox, pass }) => {
			const id = owed(inbox, 1);
			const fail = (result: CallbackResult) => {
				const taken = inbox.takeCallback(places);
				if (taken !== null) inbox.settleCallback(taken, result);
				return taken?.attempts;
			};
			expect(fail({ kind: "later", at: noon + 5, reason: "answered 500" })).toBe(0);
			expect([inbox.takeCallback(places), inbox.callbackDueAt(places)]).toEqual([null, noon + 5]);
			expect(inbox.stats().callbacks).toEqual({ owed: 1, givenUp: 0 });
			pass(5);
			expect(fail({ kind: "given_up", reason: "answered 404" })).toBe(1);
			expect([inbox.takeCallback(places), inbox.callbackDueAt(places)]).toEqual([null, null]);
			expect(inbox.stats().callbacks).toEqual({ owed: 0, givenUp: 1 });
			expect(inbox.show(id)?.callbacks).toEqual([
				{
					position: 0,
					url: "https://a.example/1",
					state: "given_up",
					attempts: 2,
					dueAt: null,
					reason: "answered 404",
				},
			]);
		});

		test("has as many under way to one site, and in all, as there are places", ({ inbox, pass }) => {
			for (let n = 0; n < 6; n += 1) owed(inbox, n);
			pass(1);
			owed(inbox, 6, "https://b.example");
			const taken = takeAll(inbox);
			expect(urlsOf(taken)).toEqual([
				...[0, 1, 2, 3].map((n) => `https://a.example/${n}`),
				"https://b.example/6",
			]);
			expect(inbox.callbackDueAt(places)).toBe(noon + 1 + lease);
			const [first] = taken;
			if (first !== undefined) inbox.settleCallback(first, { kind: "accepted" });
			expect(inbox.callbackDueAt(places)).toBe(noon);
			expect(urlsOf(takeAll(inbox))).toEqual(["https://a.example/4"]);
			for (let n = 7; n < 27; n += 1) owed(inbox, n, `https://c${n}.example`);
			expect(takeAll(inbox)).toHaveLength(10 - 5);
		});

		test("forgets what it owes of messages that are cut, and owes it anew after a replay", ({
			inbox,
			pass,
		}) => {
			const [gone, again] = [owed(inbox, 1), owed(inbox, 2)];
			const stale = takeAll(inbox).find(({ delivery: id }) => id === again);
			inbox.cut({ delivery: gone, positions: [0], body: null, rewritten: 0 });
			inbox.replay([again]);
			expect(inbox.stats().callbacks).toEqual({ owed: 0, givenUp: 0 });
			pass(1);
			const callback = { ...toTell, url: "https://a.example/2", site: "https://a.example" };
			const plan = [{ ...planned("2", appended), callback }];
			inbox.settle([{ delivery: again, position: 0, plan, retryAt: null, hold: null }]);
			// What was under way for the debt before says nothing of this one.
			if (stale !== undefined) inbox.settleCallback(stale, { kind: "accepted" });
			expect(urlsOf(takeAll(inbox))).toEqual(["https://a.example/2"]);
		});

		test("owes the outcome of a message that was cut in its own turn", ({ inbox }) => {
			const { delivery: id } = inbox.receive(delivery(1));
			const callback = { ...toTell, url: "https://a.example", site: "https://a.example" };
			inbox.take(1);
			inbox.pin([{ delivery: id, messages: [pin(0, [{ ...planned("a"), callback }])] }]);
			inbox.cut({ delivery: id, positions: [0], body: null, rewritten: 0 });
			const plan = [{ ...planned("a", appended), callback }];
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: null }]);
			expect(inbox.show(id)?.messageViews).toMatchObject([{ state: "suppressed", plan: null }]);
			expect(takeAll(inbox)).toMatchObject([{ delivery: id, outcome: "appended" }]);
		});
	});

	describe(`the inbox on ${host}, asking others,`, () => {
		const site = "ep_1 https://api.example";
		const asked = (into: string): AskedFetch => ({
			into,
			endpoint: "ep_1",
			site,
			url: `https://api.example/${into}`,
			body: null,
		});
		const waiting = (position: number, ...names: readonly string[]): Pin => ({
			...pin(position, null),
			state: "waiting",
			persons: [ada],
			waitMs: hour,
			asks: names.map(asked),
		});
		/** The `n`th delivery, of one message that waits for these. */
		const asking = (inbox: Inbox, n: number, ...names: readonly string[]): string => {
			const { delivery: id } = inbox.receive(delivery(n));
			inbox.take(1);
			inbox.pin([{ delivery: id, messages: [waiting(0, ...names)] }]);
			return id;
		};
		const places = { all: 10, site: 4 };
		const takeAll = (inbox: Inbox): readonly OwedFetch[] => {
			const taken = inbox.takeFetch(places);
			return taken === null ? [] : [taken, ...takeAll(inbox)];
		};
		const found = { kind: "found", answer: '{"email":"a@b.example"}' } as const;
		const turns = (inbox: Inbox) => inbox.take(9).turns;

		test("gives a message its turn with the last answer, also to the next process", ({ inbox, reopen }) => {
			const id = asking(inbox, 1, "contact", "deal");
			expect(inbox.show(id)).toMatchObject({
				outcome: "waiting",
				fetches: [{ state: "owed" }, { state: "owed" }],
			});
			expect(inbox.stats().states).toEqual({ waiting: 1 });
			const [first, second] = takeAll(inbox);
			if (first !== undefined) inbox.settleFetch(first, found);
			expect([turns(inbox), inbox.wakeAt()]).toEqual([[], noon + hour]);
			if (second !== undefined) inbox.settleFetch(second, { kind: "missing", reason: "answered 404" });
			expect(turns(reopen())).toEqual([
				{
					delivery: id,
					position: 0,
					plan: null,
					recorded: [],
					attempts: 0,
					fetched: [
						{ into: "contact", state: "found", answer: found.answer, reason: null },
						{ into: "deal", state: "missing", answer: null, reason: "answered 404" },
					],
				},
			]);
		});

		test("asks again who did not answer before the process died", ({ inbox, pass, reopen }) => {
			asking(inbox, 1, "contact");
			const [taken] = takeAll(inbox);
			expect([takeAll(inbox), inbox.fetchDueAt(places)]).toEqual([[], noon + lease]);
			expect(takeAll(reopen())).toEqual([taken]);
			pass(lease);
			expect(takeAll(inbox)).toEqual([taken]);
		});

		test("gives it its turn without the answer when its time is over", ({ inbox, pass }) => {
			const id = asking(inbox, 1, "contact");
			const [taken] = takeAll(inbox);
			if (taken !== undefined)
				inbox.settleFetch(taken, { kind: "later", at: noon + 2 * hour, reason: "answered 500" });
			pass(hour);
			expect(turns(inbox)).toMatchObject([
				{ delivery: id, fetched: [{ state: "owed", reason: "answered 500" }] },
			]);
			inbox.pin([{ delivery: id, messages: [{ ...pin(0, [planned("a")]), asks: [] }] }]);
			expect(inbox.show(id)?.fetches).toMatchObject([{ state: "given_up", attempts: 1, dueAt: null }]);
			pass(2 * hour);
			expect([takeAll(inbox), inbox.fetchDueAt(places)]).toEqual([[], null]);
			// What comes after all is nobody's.
			if (taken !== undefined) inbox.settleFetch(taken, found);
			expect(inbox.show(id)?.fetches).toMatchObject([{ state: "given_up" }]);
		});

		test("leaves a site alone that is to be, and asks another", ({ inbox }) => {
			asking(inbox, 1, "contact");
			const { delivery: id } = inbox.receive(delivery(2));
			inbox.take(1);
			const other = { ...asked("contact"), site: "ep_2 https://api.example" };
			inbox.pin([{ delivery: id, messages: [{ ...waiting(0), asks: [other] }] }]);
			const resting = { ...places, of: { [site]: 0 } };
			expect(inbox.takeFetch(resting)?.site).toBe(other.site);
			expect([inbox.takeFetch(resting), inbox.fetchDueAt(resting)]).toEqual([null, noon + lease]);
			expect(inbox.takeFetch({ ...places, of: { [site]: 1 } })?.site).toBe(site);
		});

		test("keeps what is known for a replay, and what was recorded while it asks the rest again", ({
			inbox,
		}) => {
			const id = asking(inbox, 1, "contact", "deal");
			const [first, second] = takeAll(inbox);
			if (first !== undefined) inbox.settleFetch(first, found);
			if (second !== undefined) inbox.settleFetch(second, { kind: "given_up", reason: "answered 401" });
			turns(inbox);
			const plan = [planned("a", appended)];
			inbox.pin([{ delivery: id, messages: [{ ...pin(0, plan), asks: [] }] }]);
			inbox.settle([{ delivery: id, position: 0, plan, retryAt: null, hold: null }]);
			inbox.replay([id]);
			const [again] = turns(inbox);
			expect(again).toMatchObject({ recorded: plan, fetched: [{ into: "contact", state: "found" }] });
			inbox.pin([{ delivery: id, messages: [waiting(0, "deal")] }]);
			const [owed] = takeAll(inbox);
			expect(owed?.into).toBe("deal");
			if (owed !== undefined) inbox.settleFetch(owed, found);
			expect(turns(inbox)).toMatchObject([
				{ recorded: plan, fetched: [{ into: "contact" }, { into: "deal" }] },
			]);
			expect(inbox.read([id])[0]?.fetched).toHaveLength(2);
		});

		test("forgets questions and answers with the message, whoever is being asked", ({ inbox, sql }) => {
			const [gone, old] = [asking(inbox, 1, "contact", "deal"), asking(inbox, 2, "contact")];
			const [first, second, third] = takeAll(inbox);
			if (first !== undefined) inbox.settleFetch(first, found);
			if (third !== undefined) inbox.settleFetch(third, found);
			inbox.cut({ delivery: gone, positions: [0], body: null, rewritten: 0 });
			if (second !== undefined) inbox.settleFetch(second, found);
			expect(inbox.show(gone)).toMatchObject({ outcome: "suppressed", fetches: [] });
			// Who was planning it when it was cut asks nothing more for it.
			inbox.pin([{ delivery: gone, messages: [waiting(0, "contact")] }]);
			expect(inbox.show(gone)).toMatchObject({ outcome: "suppressed", fetches: [] });
			turns(inbox);
			inbox.pin([{ delivery: old, messages: [{ ...pin(0, null), state: "unmatched", asks: [] }] }]);
			inbox.expire({ all: noon, unread: noon });
			expect(sql.query("SELECT * FROM fetch")).toEqual([]);
		});
	});

	describe(`the inbox on ${host}, whatever happens,`, () => {
		it("settles all that it acknowledged", () =>
			open((sql) => {
				fc.assert(
					fc.property(fc.array(step, { maxLength: 40 }), (steps) =>
						undone(sql, () => {
							const life = lifeOf(benchOn(sql));
							for (const one of steps) life.take(one);
							life.settleAll();
						}),
					),
				);
			}));
	});
}

/** Pins these messages with whom they name, over the inbox's head, and gives their ids. */
function pinnedDirectly(
	sql: Sql,
	messages: readonly (readonly [id: number, persons: readonly string[]])[],
	now: Map<number, readonly string[]>,
): readonly number[] {
	for (const [id, persons] of messages) {
		sql.query(
			`INSERT INTO message (id, state, worst, attempts, persons) VALUES (?, 'unmatched', 0, 0, ?)
			 ON CONFLICT (id) DO UPDATE SET persons = excluded.persons`,
			id,
			persons.join(" "),
		);
		now.set(id, persons);
	}
	return messages.flatMap(([id, persons]) => (persons.length > 0 ? [id] : []));
}
