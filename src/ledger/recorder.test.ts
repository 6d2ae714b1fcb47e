import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite } from "../host/node/sqlite.ts";
import type { Command } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import type { Recorded } from "./asking.ts";
import { day, exampleProgram, minute, noon, openExample, openSender, type Sent } from "./fixture.ts";
import type { Ledger } from "./ledger.ts";
import { connected, recorderAcross } from "./recorder.ts";
import { type Answer, type Question, shardOf } from "./shard.ts";

const program = exampleProgram({ accept: "manual" });

/** A ledger of so many shards in memory, each call in a transaction of its own; `before` may interfere. */
function openShards(
	shards: number,
	before: (shard: number, questions: readonly Question[]) => unknown = () => {},
) {
	const time = { now: noon };
	const clock = () => time.now;
	const cells = Array.from({ length: shards }, (_, shard) => {
		const sql = openSqlite(":memory:");
		const ledger = openExample({ sql, crypto: nodeCrypto, clock, program: () => program, shard, shards });
		return { sql, ledger };
	});
	const cellAt = (shard: number) => {
		const cell = cells[shard];
		if (cell === undefined) throw new Error(`there is no shard ${shard}`);
		return cell;
	};
	const recorder = recorderAcross(
		{
			at: (shard) => ({
				answer: async (questions): Promise<readonly Answer[]> => {
					await before(shard, questions);
					const { sql, ledger } = cellAt(shard);
					return structuredClone(sql.transaction(() => ledger.answer(structuredClone(questions))));
				},
				errands: async () => cellAt(shard).ledger.errands(),
				buried: async (...args) => cellAt(shard).ledger.buried(...args),
				expect: async (...args) => cellAt(shard).ledger.expect(...args),
				forget: async (...args) => cellAt(shard).ledger.forget(...args),
			}),
			failed: () => {},
		},
		{ programFor: async () => program, crypto: nodeCrypto, clock, shards },
	);
	const ledgers = cells.map(({ ledger }) => ledger);
	const close = () => {
		for (const { sql } of cells) sql.close();
	};
	/** Claims for which no event stands. */
	const orphans = () => {
		const events = cells.flatMap(({ sql }) =>
			sql.query("SELECT lower(hex(key)) AS key, properties FROM event JOIN body USING (seq)"),
		);
		const standing = new Map(events.map((row) => [row["key"], String(row["properties"])]));
		return cells
			.flatMap(({ sql }) =>
				sql.query("SELECT lower(hex(hash)) AS hash, lower(hex(holder)) AS holder FROM claim"),
			)
			.filter(({ hash, holder }) => {
				const properties = standing.get(holder ?? "");
				return properties === undefined || (hash !== holder && !properties.includes(String(hash)));
			});
	};
	const keys = () =>
		cells.flatMap(({ sql }) =>
			sql.query("SELECT lower(hex(key)) AS key FROM event").map((row) => String(row["key"])),
		);
	return { recorder, ledgers, time, orphans, keys, close };
}

/** Has each call of a shard wait for so many turns, one delay after the other. */
function waiting(delays: readonly number[]): () => Promise<void> {
	let calls = 0;
	return async () => {
		calls += 1;
		for (let left = delays[calls % delays.length] ?? 0; left > 0; left--) await Promise.resolve();
	};
}

/** However long the shards take, so many events of one customer are appended in the order of their commands. */
const appendsInOrder = (
	count: number,
	recordedAt: (delays: readonly number[]) => Promise<readonly Recorded[]>,
): Promise<void> =>
	fc.assert(
		fc.asyncProperty(fc.array(fc.nat(20), { minLength: 1 }), async (delays) => {
			const recorded = await recordedAt(delays);
			const events = recorded.flatMap(({ outcome }) => (outcome?.kind === "appended" ? [outcome.event] : []));
			expect(events).toHaveLength(count);
			// An event's id rises in its shard.
			expect(events).toEqual(events.toSorted());
		}),
		{ numRuns: 60 },
	);

const outcomes = (recorded: readonly Recorded[]) =>
	recorded.map(({ outcome }) => (outcome === undefined ? "later" : { ...outcome, event: undefined }));

/** What each customer has come to, wherever they live. */
function endOf(ledgers: readonly Ledger[]) {
	const customers = people.flatMap((id) =>
		ledgers.flatMap((ledger) => {
			const customer = ledger.customer(id);
			if (customer === null) return [];
			const history = ledger.history(id, { limit: 1_000 })?.data ?? [];
			const transactions = ledger.transactions(id).map((one) => ({ ...one, event: undefined }));
			const events = history.map(({ action, points, timestamp, properties, snapshot }) =>
				JSON.stringify({ action, points, timestamp, properties, snapshot }),
			);
			return [{ customer, transactions: transactions.sort(byId), events: events.sort() }];
		}),
	);
	return { customers, differences: ledgers.flatMap((ledger) => ledger.rebuild().differences) };
}

/** Records each by itself, all at once, and again who is told to come later. */
async function untilSettled(
	{ recorder }: ReturnType<typeof openShards>,
	commands: readonly Command[],
): Promise<readonly string[]> {
	let open = commands;
	const kinds: string[] = [];
	for (let tries = 0; tries < 5 && open.length > 0; tries++) {
		const runs = (await Promise.all(open.map((one) => recorder.record([one])))).flat();
		kinds.push(...runs.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome.kind])));
		open = open.filter((_, index) => runs[index]?.outcome === undefined);
	}
	return kinds;
}

const tally = (kinds: readonly string[]) =>
	Object.fromEntries([...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]));

const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);

const people = ["ada", "bob", "cleo", "dan"];

/** Commands of a few people who share some e-mail addresses, devices, orders and messages. */
const wild: fc.Arbitrary<readonly Step[]> = fc.array(
	fc.record({
		action: fc.constantFrom(
			"opt_in",
			"opt_in",
			"profile",
			"checkout",
			"checkout",
			"checkout_accept",
			"refund",
			"partial_refund",
			"point_add",
			"survey",
			"lead_convert",
			"product_view",
		),
		message: fc.integer({ min: 1, max: 30 }),
		id: fc.option(fc.constantFrom(...people), { nil: undefined }),
		email: fc.option(fc.constantFrom("a@example.test", "b@example.test"), { nil: undefined }),
		anonymous: fc.option(fc.constantFrom("d-1", "d-2"), { nil: undefined }),
		order: fc.constantFrom("o-1", "o-2", "o-3"),
		amount: fc.integer({ min: 1, max: 3 }).map((hundreds) => hundreds * 100),
	}),
	{ minLength: 1, maxLength: 40 },
);

interface Step {
	readonly action: string;
	readonly message: number;
	readonly id: string | undefined;
	readonly email: string | undefined;
	readonly anonymous: string | undefined;
	readonly order: string;
	readonly amount: number;
}

function commandsOf(steps: readonly Step[]): readonly Command[] {
	const send = openSender(program, nodeCrypto);
	return steps.map(({ action, message, id, email, anonymous, order, amount }, index) => {
		const identities: Record<string, string> = {};
		if (id !== undefined) identities["id"] = id;
		if (email !== undefined) identities["email"] = email;
		if (anonymous !== undefined) identities["anonymous"] = anonymous;
		// An opt_in without a loyalty id would get a random one, and two runs could not be compared.
		if (action === "opt_in" && id === undefined) identities["id"] = "dan";
		const sent: Sent = { message: `m-${message}`, identities, timestamp: noon - day + index };
		return send(action, dataOf(action, order, amount), sent);
	});
}

function dataOf(action: string, order: string, amount: number): JsonObject {
	if (action === "point_add") return { points: amount };
	if (action === "lead_convert") return { lead_id: order };
	if (action === "checkout") return { transaction_id: order, total: amount, items: [{ product_id: "p" }] };
	if (action === "opt_in" || action === "profile") return { size: amount };
	return { transaction_id: order, amount };
}

describe("recording over many shards", () => {
	it("comes to the same as recording in one", async () => {
		await fc.assert(
			fc.asyncProperty(wild, async (steps) => {
				const commands = commandsOf(steps);
				const one = openShards(1);
				const four = openShards(4);
				const here = one.ledgers[0]?.record(commands) ?? [];
				const across = await four.recorder.record(commands);
				expect(outcomes(across)).toEqual(outcomes(here));
				expect(endOf(four.ledgers)).toEqual(endOf(one.ledgers));
				expect(endOf(four.ledgers).differences).toEqual([]);
				one.close();
				four.close();
			}),
			{ numRuns: 60 },
		);
	}, 60_000);

	it("comes to the same end wherever it stopped and began again (invariant 7)", async () => {
		await fc.assert(
			fc.asyncProperty(
				wild,
				fc.array(fc.nat(60), { maxLength: 6 }),
				fc.boolean(),
				async (steps, stops, late) => {
					const commands = commandsOf(steps);
					const smooth = openShards(4);
					await smooth.recorder.record(commands);

					let asked = 0;
					const remaining = new Set(stops);
					const rough = openShards(4, () => {
						asked += 1;
						if (remaining.delete(asked)) throw new Error("the power went out");
					});
					for (const command of commands) {
						for (let tries = 0; tries <= stops.length; tries++) {
							const [recorded] = await rough.recorder.record([command]);
							if (recorded?.outcome !== undefined) break;
							// Whoever comes back late finds its own claims abandoned, and takes them up all the same.
							if (late) rough.time.now += 2 * minute;
						}
					}
					const end = endOf(rough.ledgers);
					if (!late) expect(end).toEqual(endOf(smooth.ledgers));
					expect(end.differences).toEqual([]);
					expect(rough.orphans()).toEqual([]);
					smooth.close();
					rough.close();
				},
			),
			{ numRuns: 60 },
		);
	}, 60_000);

	it("keeps every promise while everything happens at once (invariants 3, 4 and 6)", async () => {
		await fc.assert(
			fc.asyncProperty(wild, fc.array(fc.nat(7), { minLength: 1 }), async (steps, delays) => {
				const wait = waiting(delays);
				const shards = openShards(4, () => {
					shards.time.now += 1;
					return wait();
				});
				let open = commandsOf(steps);
				for (let tries = 0; tries < 20 && open.length > 0; tries++) {
					const runs = (await Promise.all(open.map((one) => shards.recorder.record([one])))).flat();
					open = open.filter((_, index) => runs[index]?.outcome === undefined);
					shards.time.now += 2 * minute;
				}
				expect(open).toEqual([]);
				expect(shards.orphans()).toEqual([]);
				const end = endOf(shards.ledgers);
				expect(end.differences).toEqual([]);
				const twice = (values: readonly string[]) =>
					values.filter((value, index) => values.indexOf(value) !== index);
				const sole = end.customers.flatMap(({ customer }) =>
					customer.identities.flatMap(({ kind, value }) =>
						kind === "anonymous" ? [] : [`${kind} ${value}`],
					),
				);
				expect(twice(sole)).toEqual([]);
				expect(twice(end.customers.flatMap(({ transactions }) => transactions.map(({ id }) => id)))).toEqual(
					[],
				);
				expect(twice(shards.keys())).toEqual([]);
				shards.close();
			}),
			{ numRuns: 60 },
		);
	}, 60_000);

	it("appends a customer's events in their order, by whatever they are known", async () => {
		const recordedAt = async (delays: readonly number[]) => {
			const shards = openShards(4, waiting(delays));
			const send = openSender(program, nodeCrypto);
			const by = (identities: Readonly<Record<string, string>>, message: string) =>
				send("point_add", { points: 1 }, { identities, message });
			await shards.recorder.record([
				send("opt_in", {}, { identities: { id: "ada", email: "a@example.test", anonymous: "tablet" } }),
			]);
			const recorded = await shards.recorder.record([
				by({ email: "a@example.test" }, "1"),
				by({ id: "ada" }, "2"),
				by({ id: "nobody" }, "3"),
				by({ anonymous: "tablet" }, "4"),
				by({ id: "ada" }, "5"),
			]);
			shards.close();
			return recorded;
		};
		await appendsInOrder(4, recordedAt);
	});

	it("appends in their order the events of two who were merged, by whichever they are known", async () => {
		const recordedAt = async (delays: readonly number[]) => {
			const shards = openShards(4, waiting(delays));
			const send = openSender(program, nodeCrypto);
			const by = (id: string, message: string) =>
				send("point_add", { points: 1 }, { identities: { id }, message });
			for (const id of ["ada", "bob", "cleo"])
				await shards.recorder.record([send("opt_in", {}, { identities: { id } })]);
			for (const [one, other] of [
				["ada", "bob"],
				["bob", "cleo"],
			] as const) {
				const [from, into] = [one, other].flatMap((id) => by(id, "").identities);
				if (from === undefined || into === undefined) throw new Error("a command names its customer");
				await shards.recorder.merge({ from, into, timestamp: noon, provenance: { source: "Platform" } });
			}
			const names = ["ada", "cleo", "bob", "nobody", "cleo", "ada"];
			const recorded = await shards.recorder.record(names.map((id, index) => by(id, `${index}`)));
			shards.close();
			return recorded;
		};
		await appendsInOrder(5, recordedAt);
	}, 60_000);

	it("answers the rest of a batch where one of it could not be recorded", async () => {
		const send = openSender(program, nodeCrypto);
		const names = ["ada", "bob", "cleo", "dan", "eve", "fay", "gus", "hal"];
		const earn = (id: string) => send("point_add", { points: 1 }, { identities: { id } });
		const home = ({ identities: [one] }: Command) => shardOf(one?.hash ?? "", 4);
		const [failing, next] = [earn("ada"), earn("ada")];
		const others = names.map(earn).filter((one) => home(one) !== home(failing));
		const shards = openShards(4, (_shard, questions) => {
			const fails = questions.some(
				({ kind, asked }) => kind === "append" && asked.command.key === failing.key,
			);
			if (fails) throw new Error("the power went out");
		});
		for (const id of names) await shards.recorder.record([send("opt_in", {}, { identities: { id } })]);
		const recorded = await shards.recorder.record([failing, next, ...others]);
		const kinds = recorded.map(({ outcome }) => outcome?.kind);
		expect(kinds.slice(0, 2)).toEqual([undefined, undefined]);
		expect(kinds.slice(2)).toContain("appended");
		shards.close();
	});

	it("leaves no claim of what came to nothing for somebody who was merged, wherever it stopped before", async () => {
		const dying = { calls: 0, at: Number.POSITIVE_INFINITY };
		const shards = openShards(4, () => {
			dying.calls += 1;
			if (dying.calls === dying.at) throw new Error("the power went out");
		});
		const send = openSender(program, nodeCrypto);
		for (const id of ["ada", "bob"])
			await shards.recorder.record([send("opt_in", {}, { identities: { id } })]);
		const [from, into] = ["ada", "bob"].flatMap(
			(id) => send("profile", {}, { identities: { id } }).identities,
		);
		if (from === undefined || into === undefined) throw new Error("a command names its customer");
		await shards.recorder.merge({ from, into, timestamp: noon, provenance: { source: "Platform" } });
		for (const action of ["opt_in", "point_unspend"]) {
			for (let message = 0; message < 16; message++) {
				for (const at of [2, 4, 5, 6, Number.POSITIVE_INFINITY]) {
					const command = send(action, { points: 1 }, { message: `${message} ${at}` });
					Object.assign(dying, { calls: 0, at });
					await shards.recorder.record([command]);
					Object.assign(dying, { at: Number.POSITIVE_INFINITY });
					const [recorded] = await shards.recorder.record([command]);
					expect(recorded?.outcome?.kind).toBe(action === "opt_in" ? "duplicate" : "refused");
				}
			}
		}
		expect(shards.orphans()).toEqual([]);
		shards.close();
	});

	it("lets do once what any of those who were merged did before, wherever they were", async () => {
		const shards = openShards(4);
		const send = openSender(program, nodeCrypto);
		const outcome = async (command: Command) => (await shards.recorder.record([command]))[0]?.outcome;
		const survey = (id: string, message: number) =>
			send("survey", { answer: 1 }, { message: `survey ${message}`, identities: { id } });
		const ids = Array.from({ length: 16 }, (_, number) => `person-${number}`);
		for (const id of ids) await shards.recorder.record([send("opt_in", {}, { identities: { id } })]);
		const [last = "", ...others] = ids;
		expect(await outcome(survey("person-7", 0))).toMatchObject({ kind: "appended", points: 25 });
		for (const id of others) {
			const [from, into] = [id, last].flatMap((one) => survey(one, 0).identities);
			if (from === undefined || into === undefined) throw new Error("a command names its customer");
			await shards.recorder.merge({ from, into, timestamp: noon, provenance: { source: "Platform" } });
		}
		// Of each message the key is in another shard.
		for (const [message, id] of ids.entries()) {
			expect(await outcome(survey(id, message + 1))).toMatchObject({ kind: "duplicate" });
			const other = send("survey", { answer: 2 }, { message: `other ${message}`, identities: { id } });
			expect(await outcome(other)).toMatchObject({ kind: "conflict", code: 10001 });
		}
		expect(shards.orphans()).toEqual([]);
		// What none of them did is done once, at the first try.
		const logins = ids.map((id) => send("daily_login", {}, { identities: { id } }));
		const kinds = await untilSettled(shards, logins);
		expect(tally(kinds)).toEqual({ appended: 1, duplicate: 15 });
		expect(endOf(shards.ledgers).differences).toEqual([]);
		shards.close();
	});

	it.each(["merged", "erased"])(
		"ends what stopped before its customer was %s, and leaves no claim of it",
		async (fate) => {
			const dying = { calls: 0, at: Number.POSITIVE_INFINITY };
			const shards = openShards(4, () => {
				dying.calls += 1;
				if (dying.calls === dying.at) throw new Error("the power went out");
			});
			const send = openSender(program, nodeCrypto);
			await shards.recorder.record([send("opt_in", {}, { identities: { id: "bob" } })]);
			const namesOf = (id: string) => send("profile", {}, { identities: { id } }).identities;
			const kinds = new Set<string | undefined>();
			for (let message = 0; message < 16; message++) {
				for (const at of [2, 3, 4, 5, 6, 7]) {
					const id = `customer-${message}-${at}`;
					await shards.recorder.record([send("opt_in", {}, { identities: { id } })]);
					const order = { transaction_id: `order of ${id}`, total: 20, items: [] };
					const command = send("checkout", order, { identities: { id } });
					Object.assign(dying, { calls: 0, at });
					await shards.recorder.record([command]);
					Object.assign(dying, { at: Number.POSITIVE_INFINITY });
					if (fate === "erased") await shards.recorder.record([send("opt_out", {}, { identities: { id } })]);
					for (const from of fate === "merged" ? namesOf(id) : []) {
						const [into = from] = namesOf("bob");
						const merged = await shards.recorder.merge({
							from,
							into,
							timestamp: noon,
							provenance: { source: "Platform" },
						});
						expect(merged).toMatchObject({ kind: "merged" });
					}
					const [recorded] = await shards.recorder.record([command]);
					kinds.add(recorded?.outcome?.kind);
					const orphans = shards.orphans().filter(({ holder }) => holder === command.key);
					const isThere = shards.keys().includes(command.key);
					expect({ id, orphans: isThere ? [] : orphans }).toEqual({ id, orphans: [] });
				}
			}
			expect([...kinds].sort()).toEqual(fate === "erased" ? ["suppressed"] : ["appended", "duplicate"]);
			if (fate === "merged") expect(shards.orphans()).toEqual([]);
			shards.close();
		},
	);

	it("erases once by an opt-out's key, and nobody else, wherever it stopped before", async () => {
		const dying = { calls: 0, at: Number.POSITIVE_INFINITY };
		const shards = openShards(4, () => {
			dying.calls += 1;
			if (dying.calls === dying.at) throw new Error("the power went out");
		});
		const send = openSender(program, nodeCrypto);
		const outcome = async (command: Command) => (await shards.recorder.record([command]))[0]?.outcome?.kind;
		const by = (id: string, action: string, message = id) =>
			send(action, {}, { message, identities: { id } });
		for (let message = 0; message < 16; message++) {
			for (const at of [2, 3, 4, 5, 6, 7, 8, 9, Number.POSITIVE_INFINITY]) {
				const [id, other] = [`customer-${message}-${at}`, `other-${message}-${at}`];
				for (const one of [id, other]) await shards.recorder.record([by(one, "opt_in")]);
				const end = by(id, "opt_out");
				Object.assign(dying, { calls: 0, at });
				await shards.recorder.record([end]);
				Object.assign(dying, { at: Number.POSITIVE_INFINITY });
				const [recorded] = await shards.recorder.record([end]);
				if (recorded?.erased !== undefined) await shards.recorder.finish(recorded.erased);
				expect(["appended", "duplicate"]).toContain(recorded?.outcome?.kind);
				const others = { ...by(other, "opt_out"), key: end.key };
				expect([await outcome(end), await outcome(others)]).toEqual(["duplicate", "duplicate"]);
				expect(await outcome(by(other, "opt_in", "again"))).toBe("duplicate");
			}
		}
		const events = new Set(shards.keys());
		const ofKeys = shards.orphans().filter(({ hash, holder }) => hash === holder);
		expect(ofKeys.filter(({ holder }) => !events.has(String(holder)))).toEqual([]);
		shards.close();
	});

	it("erases nobody by the key of an event of somebody who was merged into them", async () => {
		const shards = openShards(4);
		const send = openSender(program, nodeCrypto);
		const outcome = async (command: Command) => (await shards.recorder.record([command]))[0]?.outcome?.kind;
		await outcome(send("opt_in", {}, { identities: { id: "survivor" } }));
		for (let number = 0; number < 16; number++) {
			const [from, into] = [`person-${number}`, "survivor"].map((id) => ({ identities: { id } }));
			await outcome(send("opt_in", {}, from));
			const earning = send("point_add", { points: 1 }, from);
			await outcome(earning);
			const [first, second] = [from, into].flatMap((sent) => send("profile", {}, sent).identities);
			if (first === undefined || second === undefined) throw new Error("a command names its customer");
			const provenance = { source: "Platform" };
			await shards.recorder.merge({ from: first, into: second, timestamp: noon, provenance });
			expect(await outcome({ ...send("opt_out", {}, from), key: earning.key })).toBe("duplicate");
			expect(await outcome(send("opt_in", {}, into))).toBe("duplicate");
		}
		shards.close();
	});

	it("records a message once though it is recorded many times at once (invariant 3)", async () => {
		const shards = openShards(4);
		const send = openSender(program, nodeCrypto);
		await shards.recorder.record([send("opt_in"), send("opt_in", {}, { identities: { id: "bob" } })]);
		const asAda = send("point_add", { points: 10 }, { message: "m" });
		const asBob = send("point_add", { points: 10 }, { message: "m", identities: { id: "bob" } });
		const kinds = await untilSettled(shards, [asAda, asBob, asAda, asBob]);
		expect(tally(kinds)).toEqual({ appended: 1, duplicate: 3 });
		shards.close();
	});

	it("gives an identity to one of two who opt in at once (invariant 4)", async () => {
		const shards = openShards(4);
		const send = openSender(program, nodeCrypto);
		const email = "shared@example.test";
		const commands = people.map((id) => send("opt_in", {}, { identities: { id, email } }));
		const kinds = await untilSettled(shards, commands);
		expect(tally(kinds)).toEqual({ appended: 1, duplicate: 3 });
		expect(shards.ledgers.reduce((sum, ledger) => sum + ledger.stats().customers, 0)).toBe(1);
		shards.close();
	});

	it("waits for an opt_in that died between its claims and its event, then takes its identities over", async () => {
		let isDead = true;
		const shards = openShards(4, (_shard, questions) => {
			if (isDead && questions.some(({ kind }) => kind === "append")) throw new Error("the power went out");
		});
		const send = openSender(program, nodeCrypto);
		const identities = { id: "ada", email: "ada@example.test" };
		await shards.recorder.record([send("opt_in", {}, { identities })]);
		isDead = false;

		const earn = send("point_add", { points: 10 }, { identities });
		const other = send("opt_in", {}, { identities: { id: "bob", email: "ada@example.test" } });
		const now = async (command: Command) => (await shards.recorder.record([command]))[0]?.outcome;
		expect(await now(earn)).toBeUndefined();
		expect(await now(other)).toBeUndefined();
		shards.time.now += 2 * minute;
		expect(await now(earn)).toMatchObject({ kind: "not_a_member" });
		expect(await now(other)).toMatchObject({ kind: "appended", customer: "bob" });
		shards.close();
	});

	describe("an append", () => {
		const subject = "0b".repeat(16);
		const another = "0c".repeat(16);

		/** A shard of four, and an opt_in whose event key is at home in it. */
		function openHome() {
			const send = openSender(program, nodeCrypto);
			const command = send("opt_in");
			const shards = openShards(4);
			const home = shardOf(command.key, 4);
			const ask = (...questions: readonly Question[]) => shards.ledgers[home]?.answer(questions);
			const append = (claimedAt: number | null): Question => ({
				kind: "append",
				asked: { command, subject, creates: true, ties: [], claimedAt, instead: [], free: null },
			});
			return { ask, append, command, home, shards };
		}

		it("is refused under claims that are older than their lease", () => {
			const { ask, append } = openHome();
			expect(ask(append(noon - minute))).toEqual([{ kind: "stale" }]);
			expect(ask(append(noon))).toMatchObject([{ kind: "appended" }]);
		});

		it("is refused under claims that another attempt has given up", () => {
			const { ask, append, command } = openHome();
			expect(ask({ kind: "fence", asked: command.key }, append(noon - 1))).toEqual([
				false,
				{ kind: "stale" },
			]);
			expect(ask(append(noon))).toMatchObject([{ kind: "appended" }]);
		});

		it("is refused where its key is claimed for another customer, and the other way round", () => {
			const claimOf = (key: string, shard: number): Question => ({
				kind: "claim",
				asked: [{ hash: key, subject: another, shard, key, over: null }],
			});
			const first = openHome();
			const claim = claimOf(first.command.key, first.home);
			expect(first.ask(claim, first.append(noon))).toMatchObject([[{ kind: "taken" }], { kind: "stale" }]);

			const second = openHome();
			const late = claimOf(second.command.key, second.home);
			expect(second.ask(second.append(noon), late)).toMatchObject([
				{ kind: "appended" },
				[{ kind: "held", by: { subject } }],
			]);
		});
	});

	it("leaves out what a broken shard had to answer, and records the rest", async () => {
		const shards = openShards(4, (shard) => {
			if (shard === 2) throw new Error("the shard is gone");
		});
		const send = openSender(program, nodeCrypto);
		const commands = Array.from({ length: 40 }, (_, index) =>
			send("opt_in", {}, { identities: { id: `person-${index}` } }),
		);
		const kinds = (await shards.recorder.record(commands)).map(({ outcome }) => outcome?.kind ?? "later");
		expect(new Set(kinds)).toEqual(new Set(["appended", "later"]));
		shards.close();
	});

	it("asks each shard once for what commands ask at the same time", async () => {
		const calls: number[] = [];
		const shards = openShards(4, (shard) => calls.push(shard));
		const send = openSender(program, nodeCrypto);
		const commands = Array.from({ length: 50 }, (_, index) =>
			send("opt_in", {}, { identities: { id: `person-${index}` } }),
		);
		await shards.recorder.record(commands);
		// Look up, claim the key, claim the identity, append, ask who waits: five rounds of four shards.
		expect(calls.length).toBeLessThanOrEqual(20);
		shards.close();
	});

	it("keeps commands that share anything in one group, in their order", () => {
		const send = openSender(program, nodeCrypto);
		const commands = [
			send("product_view", {}, { identities: { id: "ada" } }),
			send("product_view", {}, { identities: { id: "bob" } }),
			send("product_view", {}, { identities: { anonymous: "tablet" } }),
			send("product_view", {}, { identities: { id: "cleo" } }),
			send("profile", {}, { identities: { id: "ada", anonymous: "tablet" } }),
		];
		expect(connected(commands)).toEqual([[0, 2, 4], [1], [3]]);
	});
});
