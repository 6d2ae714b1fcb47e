import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import type { JsonObject } from "../model/json.ts";
import { exampleProgram, minute, noon, openExample, openSender } from "./fixture.ts";
import { recorderAcross } from "./recorder.ts";
import { openScene } from "./scene.ts";
import type { Answer, Question } from "./shard.ts";

const shards = 4;
const program = exampleProgram({ accept: "manual" });

/** A ledger of four shards; from the `dyingAt`-th call on it is dead, that call being done or not. */
async function openHub(guestsOrder = "o-2") {
	const time = { now: noon };
	const death = { calls: 0, at: Number.POSITIVE_INFINITY, done: false };
	const cells = Array.from({ length: shards }, (_, shard) => {
		const sql = openSqlite(":memory:");
		return {
			sql,
			ledger: openExample({
				sql,
				crypto: nodeCrypto,
				clock: () => time.now,
				program: () => program,
				shard,
				shards,
			}),
		};
	});
	const at = (shard: number) => {
		const cell = cells[shard];
		if (cell === undefined) throw new Error(`there is no shard ${shard}`);
		return cell;
	};
	const mortal = <Value>(work: () => Value): Value => {
		death.calls += 1;
		if (death.calls < death.at) return work();
		if (death.calls === death.at && death.done) work();
		throw new Error("the process is dead");
	};
	const recorder = recorderAcross(
		{
			at: (shard) => ({
				answer: async (questions: readonly Question[]): Promise<readonly Answer[]> =>
					mortal(() => at(shard).sql.transaction(() => at(shard).ledger.answer(structuredClone(questions)))),
				expect: async (...args) => at(shard).ledger.expect(...args),
				forget: async (...args) => at(shard).ledger.forget(...args),
				errands: async () => at(shard).ledger.errands(),
				buried: async (...args) => at(shard).ledger.buried(...args),
			}),
			failed: (shard, error) => {
				if (death.at === Number.POSITIVE_INFINITY) throw new Error(`shard ${shard} failed`, { cause: error });
			},
		},
		{ programFor: async () => program, crypto: nodeCrypto, clock: () => time.now, shards },
	);
	const send = openSender(program, nodeCrypto);
	const people = {
		ada: { id: "ada", email: "ada@example.test" },
		twin: { id: "twin", email: "twin@example.test" },
	};
	await recorder.record([
		send("opt_in", { first_name: "Ada" }, { message: "m-1", identities: people.ada }),
		send("opt_in", { first_name: "Adah" }, { message: "m-2", identities: people.twin }),
		send("point_add", { points: 50 }, { message: "m-3", identities: people.twin }),
		send("point_spend", { points: 8 }, { message: "m-4", identities: people.twin }),
		send("checkout", { transaction_id: "o-1", total: 200 }, { message: "m-5", identities: people.twin }),
		send("point_add", { points: 5 }, { message: "m-6", identities: people.ada }),
	]);
	const identityOf = (id: string) => {
		const [identity] = send("profile", {}, { identities: { id } }).identities;
		if (identity === undefined) throw new Error("a command names its customer");
		return identity;
	};
	const mergeOf = (from: string, into: string) =>
		recorder.merge({
			from: identityOf(from),
			into: identityOf(into),
			timestamp: noon,
			provenance: { source: "Platform" },
		});
	const merge = () => mergeOf("twin", "ada");
	const guests = (action: string, message: string, data: JsonObject = {}) =>
		send(action, { transaction_id: guestsOrder, ...data }, { message, guest: true, lenient: false });
	/** A guest's purchase of 200, accepted, and a quarter of it refunded: worth 7 points of 10. */
	const bought = [
		guests("checkout", "m-8", { total: 200, note: "guest@example.test" }),
		guests("checkout_accept", "m-9"),
		guests("partial_refund", "m-10", { amount: 50 }),
	];
	const buy = () => recorder.record(bought);
	const claimed = send(
		"checkout_claim",
		{ transaction_id: guestsOrder },
		{ message: "m-11", identities: people.ada },
	);
	const claim = () => recorder.record([claimed]);
	const optOut = send("opt_out", {}, { message: "m-7", identities: people.ada });
	/** What all shards come to, without what is chance. */
	const end = () => ({
		customers: cells.flatMap(({ ledger }) =>
			(["ada", "twin"] as const).flatMap((id) => {
				const customer = ledger.customer(id);
				return customer === null
					? []
					: [
							{
								id,
								status: customer.status,
								profile: customer.profile,
								accounts: customer.accounts,
								transactions: ledger.transactions(id).length,
							},
						];
			}),
		),
		differences: cells.flatMap(({ ledger }) => ledger.rebuild().differences),
		postings: cells
			.flatMap(({ sql }) =>
				sql.query(
					"SELECT book.key AS book, book.value AS points FROM event, json_each(event.postings) AS book",
				),
			)
			.reduce<Record<string, number>>((sums, { book, points }) => {
				const sum = (sums[String(book)] ?? 0) + Number(points);
				if (sum === 0) delete sums[String(book)];
				else sums[String(book)] = sum;
				return sums;
			}, {}),
		actions: cells
			.flatMap(({ sql }) => sql.query("SELECT action FROM event").map((row) => String(row["action"])))
			.sort(),
		errands: cells.flatMap(({ sql }) => sql.query("SELECT * FROM errand")),
		guests: cells.flatMap(({ sql }, shard) =>
			sql
				.query("SELECT status FROM customer WHERE status IN ('guest', 'claimed')")
				.map(({ status }) => ({ shard, status })),
		),
		locks: cells.flatMap(({ sql }) => sql.query("SELECT 1 FROM claim WHERE lower(hex(holder)) LIKE '%ffff'")),
	});
	const traces = (text: string): boolean =>
		cells.some(({ sql }) =>
			sql
				.query("SELECT name FROM sqlite_schema WHERE type = 'table'")
				.some(({ name }) => JSON.stringify(sql.query(`SELECT * FROM "${String(name)}"`)).includes(text)),
		);
	/** Dies at the n-th call from now on. */
	const dieAt = (calls: number, done: boolean) => Object.assign(death, { calls: 0, at: calls, done });
	const live = () => Object.assign(death, { at: Number.POSITIVE_INFINITY });
	const close = () => {
		for (const { sql } of cells) sql.close();
	};
	/** How many claims were made for the event of that key. */
	const claims = (key: string): number =>
		cells.flatMap(({ sql }) => sql.query("SELECT 1 FROM claim WHERE holder = unhex(?)", key)).length;
	return {
		recorder,
		send,
		merge,
		mergeOf,
		buy,
		claim,
		claimed,
		claims,
		optOut,
		end,
		traces,
		time,
		dieAt,
		live,
		death,
		close,
	};
}

type Hub = Awaited<ReturnType<typeof openHub>>;

/** Takes up what was left lying, as the next process does, and asks again, as whoever was not answered does. */
async function recover(hub: Hub, again: () => Promise<unknown>): Promise<void> {
	hub.live();
	hub.time.now += 11 * 60_000;
	for (const erased of await hub.recorder.resume()) await hub.recorder.finish(erased);
	await again();
	for (const erased of await hub.recorder.resume()) await hub.recorder.finish(erased);
}

const dies = [
	{ when: "before it", done: false },
	{ when: "after it, before anybody is told", done: true },
];

describe("a merge over many shards", () => {
	it.each(dies)("comes to the same end when it dies at any call, $when", async ({ done }) => {
		const whole = await openHub();
		whole.death.calls = 0;
		expect(await whole.merge()).toMatchObject({ kind: "merged", from: "twin", into: "ada" });
		const calls = whole.death.calls;
		const expected = whole.end();
		expect(expected).toMatchObject({
			differences: [],
			errands: [],
			locks: [],
			customers: [
				{ id: "ada", accounts: [{ spendable: 47, spent: 8, pending: 10 }] },
				{ id: "twin", status: "merged", accounts: [{ spendable: 0, spent: 0, pending: 0 }] },
			],
			postings: { "main/issued": -65, "main/active": 47, "main/pending": 10, "main/spent": 8 },
		});
		whole.close();
		expect(calls).toBeGreaterThan(6);
		for (let call = 1; call <= calls; call++) {
			const hub = await openHub();
			hub.dieAt(call, done);
			await hub.merge().catch(() => {});
			await recover(hub, hub.merge);
			expect({ call, ...hub.end() }).toEqual({ call, ...expected });
			hub.close();
		}
	});
});

/** Who was to stay is not where they were when the first half was done, and nobody has looked for ten minutes. */
describe("a merge of which half was done long ago", () => {
	const eachHalf = async (body: (hub: Hub) => Promise<void>) => {
		for (let call = 1; call <= 20; call++) {
			const hub = await openHub();
			hub.dieAt(call, true);
			await hub.merge().catch(() => {});
			hub.live();
			hub.time.now += 11 * 60_000;
			const { actions } = hub.end();
			if (actions.includes("merge_out") && !actions.includes("merge_in")) await body(hub);
			hub.close();
		}
		expect.hasAssertions();
	};

	it("erases who went, where who stayed is erased", () =>
		eachHalf(async (hub) => {
			const [recorded] = await hub.recorder.record([hub.optOut]);
			expect(recorded?.outcome).toMatchObject({ kind: "appended" });
			if (recorded?.erased !== undefined) await hub.recorder.finish(recorded.erased);
			expect(hub.traces("twin@example.test")).toBe(true);
			const erased = await hub.recorder.resume();
			expect(erased).toMatchObject([{ hashes: { length: 2 } }]);
			for (const one of erased) await hub.recorder.finish(one);
			expect(hub.traces("twin@example.test")).toBe(false);
			expect(hub.end()).toMatchObject({ differences: [], errands: [], customers: [] });
		}));

	it("goes on to whom who stayed has gone over to", () =>
		eachHalf(async (hub) => {
			await hub.recorder.record([hub.send("opt_in", {}, { identities: { id: "eve" } })]);
			expect(await hub.mergeOf("ada", "eve")).toMatchObject({ kind: "merged", into: "eve" });
			for (const one of await hub.recorder.resume()) await hub.recorder.finish(one);
			expect(hub.end()).toMatchObject({
				differences: [],
				errands: [],
				customers: [{ accounts: [{ spendable: 0 }] }, { accounts: [{ spendable: 0 }] }],
				postings: { "main/active": 47, "main/pending": 10, "main/spent": 8 },
			});
		}));
});

describe("a guest's purchase over many shards", () => {
	/** The guest lives with the purchase's claim, its event's key in shard 2. */
	const guestsIn = [
		{ where: "with the key", order: "o-9", shard: 2 },
		{ where: "elsewhere", order: "o-2", shard: 1 },
	];
	const all = guestsIn.flatMap((guest) => dies.map((dying) => ({ ...guest, ...dying })));

	it.each(all)("comes to the same end when it dies at any call, $when, the guest $where", async (one) => {
		const { done, order, shard } = one;
		const whole = await openHub(order);
		whole.death.calls = 0;
		expect(await whole.buy()).toMatchObject([
			{ outcome: { kind: "appended", points: 0 } },
			{ outcome: { kind: "appended", points: 0 } },
			{ outcome: { kind: "appended", points: 0 } },
		]);
		const calls = whole.death.calls;
		const expected = whole.end();
		expect(expected).toMatchObject({ differences: [], locks: [], guests: [{ status: "guest", shard }] });
		expect(expected.actions).toContain("partial_refund");
		whole.close();
		expect(calls).toBeGreaterThan(6);
		for (let call = 1; call <= calls; call++) {
			const hub = await openHub(order);
			hub.dieAt(call, done);
			await hub.buy().catch(() => {});
			// At once: the attempt that died left nothing that has to grow old.
			hub.live();
			await hub.buy();
			expect({ call, ...hub.end() }).toEqual({ call, ...expected });
			hub.close();
		}
	});
});

describe("a claim over many shards", () => {
	/** The member is in shard 1, and the claim's key in shard 0. */
	const guestsIn = [
		{ where: "in the member's shard", order: "o-2", shard: 1 },
		{ where: "in that of the claim's key", order: "o-3", shard: 0 },
		{ where: "in a third", order: "o-5", shard: 3 },
	];
	const all = guestsIn.flatMap((guest) => dies.map((dying) => ({ ...guest, ...dying })));

	it.each(all)("comes to the same end when it dies at any call, $when, the guest $where", async (one) => {
		const { done, order, shard } = one;
		const whole = await openHub(order);
		await whole.buy();
		whole.death.calls = 0;
		expect(await whole.claim()).toMatchObject([
			{ outcome: { kind: "appended", points: 7, customer: "ada" } },
		]);
		const calls = whole.death.calls;
		const expected = whole.end();
		expect(expected).toMatchObject({
			differences: [],
			errands: [],
			locks: [],
			customers: [{ id: "ada", accounts: [{ spendable: 12, score: 12 }], transactions: 1 }, { id: "twin" }],
			guests: [{ status: "claimed", shard }],
		});
		whole.close();
		expect(calls).toBeGreaterThan(6);
		for (let call = 1; call <= calls; call++) {
			const hub = await openHub(order);
			await hub.buy();
			hub.dieAt(call, done);
			await hub.claim().catch(() => {});
			await recover(hub, async () => {
				// What was begun is ended already, though nobody asked again.
				const { actions, errands } = hub.end();
				expect(errands).toEqual([]);
				expect(actions.includes("checkout_claim")).toBe(actions.includes("merge_out"));
				await hub.claim();
			});
			expect({ call, ...hub.end() }).toEqual({ call, ...expected });
			hub.close();
		}
	});

	it("is of one member, whoever asks at the same time, and goes with that member's erasure", async () => {
		const hub = await openHub();
		await hub.buy();
		const { claimed } = hub;
		const byTwin = hub.send("checkout_claim", { transaction_id: "o-2" }, { identities: { id: "twin" } });
		const answers = await Promise.all([hub.claim(), hub.recorder.record([byTwin])]);
		const kinds = answers.map(([answer]) => answer?.outcome?.kind);
		expect(kinds.filter((kind) => kind === "appended")).toHaveLength(1);
		const again = [await hub.claim(), await hub.recorder.record([byTwin])];
		expect(again.map(([answer]) => answer?.outcome?.kind).sort()).toEqual(["duplicate", "refused"]);
		expect(hub.end()).toMatchObject({ differences: [], errands: [], locks: [] });
		// Whoever was refused may use the key for something else.
		expect([claimed, byTwin].filter(({ key }) => hub.claims(key) > 0)).toHaveLength(1);
		expect(hub.traces("guest@example.test")).toBe(true);
		await hub.merge();
		const [recorded] = await hub.recorder.record([hub.optOut]);
		if (recorded?.erased !== undefined) await hub.recorder.finish(recorded.erased);
		expect(hub.traces("guest@example.test")).toBe(false);
		expect(hub.end()).toMatchObject({ differences: [], errands: [], locks: [], guests: [] });
		hub.close();
	});
});

it("a merge is taken up by the clock of who looks for it, though events are ahead of that", async () => {
	let noted = 0;
	for (let call = 1; call <= 10; call++) {
		const hub = await openHub();
		hub.time.now += 86_400_000;
		await hub.recorder.record([hub.send("point_add", { points: 1 }, { identities: { id: "twin" } })]);
		hub.time.now = noon;
		hub.dieAt(call, true);
		await hub.merge().catch(() => {});
		noted += hub.end().errands.length;
		await recover(hub, async () => {});
		expect({ call, errands: hub.end().errands }).toEqual({ call, errands: [] });
		hub.close();
	}
	expect(noted).toBeGreaterThan(0);
});

describe("an erasure over many shards", () => {
	const erase = async (hub: Hub) => {
		const [recorded] = await hub.recorder.record([hub.optOut]);
		if (recorded?.erased !== undefined) await hub.recorder.finish(recorded.erased);
	};

	it.each(dies)("comes to the same end when it dies at any call, $when", async ({ done }) => {
		const whole = await openHub();
		await whole.merge();
		whole.death.calls = 0;
		await erase(whole);
		const calls = whole.death.calls;
		const expected = whole.end();
		expect(expected).toMatchObject({
			differences: [],
			errands: [],
			locks: [],
			customers: [],
			postings: { "main/issued": -65, "main/forfeited": 57, "main/spent": 8 },
		});
		whole.close();
		expect(calls).toBeGreaterThan(6);
		for (let call = 1; call <= calls; call++) {
			const hub = await openHub();
			await hub.merge();
			hub.dieAt(call, done);
			await erase(hub).catch(() => {});
			await recover(hub, () => erase(hub));
			expect({ call, ...hub.end() }).toEqual({ call, ...expected });
			expect(hub.traces("example.test") || hub.traces("Ada")).toBe(false);
			const late = hub.send("point_add", { points: 1 }, { identities: { email: "twin@example.test" } });
			expect(await hub.recorder.record([late])).toMatchObject([{ outcome: { kind: "suppressed" } }]);
			hub.time.now += 60_000;
			for (const id of ["ada", "twin"]) {
				const identities = { id, email: `${id}@example.test` };
				const joining = hub.send("opt_in", {}, { identities, timestamp: hub.time.now });
				const [joined] = await hub.recorder.record([joining]);
				expect({ call, id, joined }).toMatchObject({ joined: { outcome: { kind: "appended" } } });
			}
			hub.close();
		}
	});

	it.each(dies)("leaves nothing of a chain of merges when it dies at any call, $when", async ({ done }) => {
		const chained = async () => {
			const hub = await openHub();
			const third = { id: "third", email: "third@example.test" };
			await hub.recorder.record([hub.send("opt_in", { first_name: "Third" }, { identities: third })]);
			expect(await hub.mergeOf("third", "twin")).toMatchObject({ kind: "merged" });
			expect(await hub.merge()).toMatchObject({ kind: "merged" });
			expect(hub.traces("Third")).toBe(true);
			hub.death.calls = 0;
			return hub;
		};
		const whole = await chained();
		await erase(whole);
		const { calls } = whole.death;
		whole.close();
		expect(calls).toBeGreaterThan(7);
		for (let call = 1; call <= calls; call++) {
			const hub = await chained();
			hub.dieAt(call, done);
			await erase(hub).catch(() => {});
			await recover(hub, () => erase(hub));
			expect([call, hub.traces("Third"), hub.traces("example.test")]).toEqual([call, false, false]);
			hub.close();
		}
	});
});

describe("an erasure that is done again in an older ledger", () => {
	const key = `${"e".repeat(28)}0000`;
	const openOlder = () => {
		const sql = openSqlite(":memory:");
		const scene = openScene(sql, nodeCrypto, {});
		for (const id of ["ada", "twin"]) scene.send("opt_in", {}, { identities: { id }, timestamp: noon });
		const hashes = ["ada", "twin"].flatMap((id) =>
			scene.command("profile", {}, { identities: { id } }).identities.map(({ hash }) => hash),
		);
		scene.time.now += 3 * minute;
		const again = () => {
			const all = sql.transaction(() => scene.ledger.eraseAgain([{ key, hashes, at: noon + minute }]));
			for (const one of all) scene.ledger.finish(one);
		};
		again();
		return { sql, scene, again };
	};

	it("ends each who was merged later", () => {
		const { sql, scene, again } = openOlder();
		again();
		expect(["ada", "twin"].map((id) => scene.ledger.customer(id))).toEqual([null, null]);
		expect(sql.query("SELECT count(*) AS ends FROM event WHERE action = 'opt_out'")).toEqual([{ ends: 2 }]);
		sql.close();
	});

	it("is of the time of the first, so that who has joined again since is somebody", () => {
		const { sql, scene } = openOlder();
		const sent = (at: number) => scene.send("opt_in", {}, { timestamp: at });
		expect(sent(noon + minute)).toMatchObject({ kind: "suppressed" });
		expect(sent(noon + 2 * minute)).toMatchObject({ kind: "appended" });
		sql.close();
	});
});
