import fc from "fast-check";
import { expect, it } from "vitest";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { openSqlite } from "../../src/host/node/sqlite.ts";
import { exampleProgram, exampleSigning, minute, noon, openSender } from "../../src/ledger/fixture.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { recorderAcross } from "../../src/ledger/recorder.ts";
import type { Command } from "../../src/model/event.ts";
import type { JsonObject } from "../../src/model/json.ts";

const runs = Number(process.env["LEDGER_RUNS"] ?? 40);
const shards = 4;
/** Purchases are accepted at once: what comes before its acceptance is refused, and does not wait. */
const program = exampleProgram();

interface Told {
	readonly action: string;
	readonly who: "ada" | "bob";
	readonly data: JsonObject;
}

const who = fc.constantFrom("ada" as const, "bob" as const);
const points = fc.integer({ min: 1, max: 400 });

const simple: fc.Arbitrary<Told> = fc.oneof(
	fc.record({
		action: fc.constantFrom("point_add", "point_sub", "point_spend"),
		who,
		data: points.map((many) => ({ points: many })),
	}),
	fc.record({
		action: fc.constant("profile"),
		who,
		data: fc.record({ city: fc.constantFrom("Cork", "Kent", "Bath") }, { requiredKeys: [] }),
	}),
);

/** A purchase and what is given back of it: never more than it cost. */
const purchase = fc
	.record({
		who,
		total: fc.integer({ min: 3_000, max: 9_000 }),
		burned: fc.integer({ min: 0, max: 300 }),
		back: fc.array(fc.integer({ min: 1, max: 1_000 }), { maxLength: 3 }),
	})
	.map(({ who: buyer, total, burned, back }) => (order: string): readonly Told[] => [
		{ action: "checkout", who: buyer, data: { transaction_id: order, total, points_burned: burned } },
		...back.map((amount, index) => ({
			action: "partial_refund",
			who: buyer,
			data: { transaction_id: order, amount, reason: `${index}` },
		})),
	]);

const history = fc
	.record({
		simple: fc.array(simple, { maxLength: 12 }),
		purchases: fc.array(purchase, { maxLength: 4 }),
	})
	.map(({ simple: others, purchases }): readonly Told[] => [
		{ action: "opt_in", who: "ada", data: { city: "Rome" } },
		{ action: "opt_in", who: "bob", data: {} },
		...others,
		...purchases.flatMap((of, index) => of(`o-${index}`)),
	]);

/** The order in which what happened is delivered, some of it twice, in batches. */
const deliveries = history.chain((all) =>
	fc.record({
		all: fc.constant(all),
		order: fc
			.tuple(fc.subarray(all.map((_, index) => index)), fc.constant(all.map((_, index) => index)))
			.chain(([twice, once]) =>
				fc.shuffledSubarray([...once, ...twice], { minLength: once.length + twice.length }),
			),
		size: fc.integer({ min: 1, max: 5 }),
	}),
);

/** Each tells another city: who only says again what is known already is skipped, and with it when that was. */
const told = ({ city, ...data }: JsonObject, index: number): JsonObject =>
	city === undefined ? data : { ...data, city: `${String(city)} ${index}` };

function openShards() {
	const time = { now: noon };
	const clock = () => time.now;
	const cells = Array.from({ length: shards }, (_, shard) => {
		const sql = openSqlite(":memory:");
		const parts = { sql, crypto: nodeCrypto, clock, program: () => program, signing: exampleSigning };
		return { sql, ledger: openLedger({ ...parts, shard, shards }) };
	});
	const at = (shard: number) => cells[shard] as (typeof cells)[number];
	const recorder = recorderAcross(
		{
			at: (shard) => ({
				answer: async (questions) => at(shard).sql.transaction(() => at(shard).ledger.answer(questions)),
				expect: async (...args) => at(shard).ledger.expect(...args),
				forget: async (...args) => at(shard).ledger.forget(...args),
				errands: async () => at(shard).ledger.errands(),
				buried: async (...args) => at(shard).ledger.buried(...args),
			}),
			failed: (_shard, error) => {
				throw error;
			},
		},
		{ programFor: async () => program, crypto: nodeCrypto, clock, shards },
	);
	const end = () =>
		(["ada", "bob"] as const).map((id) =>
			cells.flatMap(({ ledger }) => {
				const customer = ledger.customer(id);
				if (customer === null) return [];
				const { accounts, profile } = customer;
				const transactions = ledger.transactions(id).map(({ event: _event, ...rest }) => ({
					...rest,
					created_at: "",
					updated_at: "",
				}));
				return [{ accounts, profile, transactions: transactions.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }];
			}),
		);
	const close = () => {
		for (const { sql } of cells) sql.close();
	};
	return { recorder, time, end, close };
}

/** As the hub delivers: what nobody is known for waits for the opt-in, and what has no order yet for its checkout. */
async function deliver(commands: readonly Command[], size: number) {
	const hub = openShards();
	let held: readonly Command[] = [];
	for (let from = 0; from < commands.length; from += size) {
		let batch = commands.slice(from, from + size);
		while (batch.length > 0) {
			hub.time.now += minute;
			const recorded = await hub.recorder.record(batch);
			const waits = batch.filter((_, index) => {
				const outcome = recorded[index]?.outcome;
				return (
					outcome?.kind === "not_a_member" || (outcome?.kind === "refused" && outcome.waitsFor !== undefined)
				);
			});
			const isNew = recorded.some(({ outcome }) => outcome?.kind === "appended");
			held = [...held, ...waits];
			batch = isNew ? held.toSorted((a, b) => a.timestamp - b.timestamp) : [];
			if (isNew) held = [];
		}
	}
	expect(held).toEqual([]);
	const end = hub.end();
	hub.close();
	return end;
}

it("comes to the same in whatever order and however often things are delivered", {
	timeout: 600_000,
}, async () => {
	await fc.assert(
		fc.asyncProperty(deliveries, async ({ all, order, size }) => {
			const send = openSender(program, nodeCrypto);
			const commands = all.map(({ action, who: id, data }, index) =>
				send(action, told(data, index), { identities: { id }, timestamp: noon - 60 * minute + index }),
			);
			const shuffled = order.flatMap((index) => commands[index] ?? []);
			expect(await deliver(shuffled, size)).toEqual(await deliver(commands, 1));
		}),
		{ numRuns: runs },
	);
});
