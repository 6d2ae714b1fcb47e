import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import { exampleProgram, exampleSigning, minute, noon, openSender } from "./fixture.ts";
import { openLedger } from "./ledger.ts";
import { recorderAcross } from "./recorder.ts";
import { openScene } from "./scene.ts";
import type { Answer, Question } from "./shard.ts";

const shards = 4;
const program = exampleProgram({ accept: "manual" });

/** A ledger of four shards; from the `dyingAt`-th call on it is dead, that call being done or not. */
async function openHub() {
	const time = { now: noon };
	const death = { calls: 0, at: Number.POSITIVE_INFINITY, done: false };
	const cells = Array.from({ length: shards }, (_, shard) => {
		const sql = openSqlite(":memory:");
		return {
			sql,
			ledger: openLedger({
				sql,
				crypto: nodeCrypto,
				clock: () => time.now,
				program: () => program,
				signing: exampleSigning,
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
	const identityOf = (id: "ada" | "twin") => {
		const [identity] = send("profile", {}, { identities: { id } }).identities;
		if (identity === undefined) throw new Error("a command names its customer");
		return identity;
	};
	const merge = () =>
		recorder.merge({
			from: identityOf("twin"),
			into: identityOf("ada"),
			timestamp: noon,
			provenance: { source: "Platform" },
		});
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
	return { recorder, send, merge, optOut, end, traces, time, dieAt, live, death, close };
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
	it.each(dies)("comes to the same end when it dies at any call, $when", async ({ done }) => {
		const erase = async (hub: Hub) => {
			const [recorded] = await hub.recorder.record([hub.optOut]);
			if (recorded?.erased !== undefined) await hub.recorder.finish(recorded.erased);
		};
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
			hub.close();
		}
	});
});

describe("an erasure that is done again in an older ledger", () => {
	const openOlder = () => {
		const sql = openSqlite(":memory:");
		const scene = openScene(sql, nodeCrypto, {});
		for (const id of ["ada", "twin"]) scene.send("opt_in", {}, { identities: { id }, timestamp: noon });
		const hashes = ["ada", "twin"].flatMap((id) =>
			scene.command("profile", {}, { identities: { id } }).identities.map(({ hash }) => hash),
		);
		scene.time.now += 3 * minute;
		const again = () => {
			const all = sql.transaction(() => scene.ledger.eraseAgain([{ hashes, at: noon + minute }]));
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
