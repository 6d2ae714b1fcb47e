import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base64Of, bytesOfBase64 } from "../model/bytes.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Row, Sql, SqlValue } from "../model/sql.ts";
import { keepContents } from "./contents.ts";
import { exampleProgram, exampleSigning, noon, openSender } from "./fixture.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { nothingVerified, type Verification } from "./verify.ts";

interface ProofsHost {
	/** Runs a test over an empty database. */
	readonly withSql: (body: (sql: Sql) => void) => void | Promise<void>;
	readonly crypto: Crypto;
}

const minute = 60_000;
const hub = exampleSigning.hub;

/** A ledger with events in it; 700 of them have two stored nodes over them. */
function open(sql: Sql, crypto: Crypto) {
	const time = { now: noon };
	const program = exampleProgram();
	const reopened = (signing = exampleSigning): Ledger =>
		openLedger({ sql, crypto, clock: () => time.now, program: () => program, signing, shard: 0, shards: 1 });
	const ledger = reopened();
	const send = openSender(program, crypto);
	const act = <Value>(work: () => Value): Value => sql.transaction(work);
	let customers = 0;
	const grow = (events: number, into = ledger): void => {
		const commands = Array.from({ length: events }, () =>
			send("opt_in", {}, { identities: { id: `customer-${customers++}` } }),
		);
		act(() => into.record(commands));
	};
	return { sql, ledger, time, send, act, grow, reopened };
}

type Scene = ReturnType<typeof open>;

function verifyAll(ledger: Ledger, notes: readonly string[] = []): Verification {
	let found = ledger.verify(nothingVerified, notes);
	while (!found.done) found = ledger.verify(found, []);
	return found;
}

/** Opens a ledger's triggers to somebody who writes what they like, and puts them back as they were. */
function withoutTriggers(sql: Sql, tamper: () => void): void {
	const triggers = sql.query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
	for (const { name } of triggers) sql.query(`DROP TRIGGER ${String(name)}`);
	tamper();
	for (const { sql: text } of triggers) sql.query(String(text));
}

const leavesOf = (sql: Sql): readonly Uint8Array[] =>
	sql.query("SELECT leaf FROM event ORDER BY seq").map(({ leaf }) => leaf as Uint8Array);

/** The same random bytes each time: hashes of a counter. */
function withSeed(crypto: Crypto): Crypto {
	let drawn = 0;
	return {
		...crypto,
		randomBytes: (length) => {
			const bytes = new Uint8Array(length);
			for (let at = 0; at < length; at += 32) {
				bytes.set(crypto.sha256(`seed ${drawn++}`).subarray(0, length - at), at);
			}
			return bytes;
		},
	};
}

const rootLine = (note: string): string => note.split("\n")[2] ?? "";

/** The promise that tampering shows, for any host. */
export function testProofs(name: string, { withSql, crypto }: ProofsHost): void {
	/** RFC 6962 §2.1, as it is written there. */
	const mth = (leaves: readonly Uint8Array[]): Uint8Array => {
		if (leaves.length === 1) return leaves[0] as Uint8Array;
		const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
		return crypto.sha256(new Uint8Array([1, ...mth(leaves.slice(0, half)), ...mth(leaves.slice(half))]));
	};
	const scene = (body: (scene: Scene) => void) => withSql((sql) => body(open(sql, crypto)));

	describe(`the log on ${name}`, () => {
		it("signs what the recursive definition of RFC 6962 gives over all leaves", () =>
			scene(({ sql, ledger, act, grow }) => {
				for (const events of [1, 254, 1, 1, 100, 343]) {
					grow(events);
					const checkpoint = act(() => ledger.checkpoint());
					const [origin, size, root] = checkpoint?.note.split("\n") ?? [];
					expect([origin, size, root]).toEqual([
						`${hub}/ledger/0`,
						String(leavesOf(sql).length),
						base64Of(mth(leavesOf(sql))),
					]);
				}
				expect(sql.query("SELECT count(*) AS nodes FROM tile")[0]).toEqual({ nodes: 2 });
			}));

		/** What events hold is part of it: who changes that on purpose pins what both hosts then give. */
		it("gives every host the same root for the same commands, clock and random bytes", () =>
			withSql((sql) => {
				const { ledger, send, act, time } = open(sql, withSeed(crypto));
				for (let number = 0; number < 400; number++) {
					const who = { identities: { id: `customer-${number % 100}` } };
					const order = {
						transaction_id: `o-${number}`,
						total: number / 4,
						items: [{ product_id: "p", name: "naïve ☃" }],
					};
					const command =
						number < 100 ? send("opt_in", { first_name: "Ada" }, who) : send("checkout", order, who);
					act(() => ledger.record([command]));
					time.now += 1_234;
				}
				const root = base64Of(mth(leavesOf(sql)));
				expect(rootLine(act(() => ledger.checkpoint())?.note ?? "")).toBe(root);
				expect([ledger.stats().events, root]).toEqual([700, "GKETsfFnJWHns8+LLHgPsJJJQy2eWcHe5u3/oqh2eMo="]);
			}));

		it("signs again only what has grown", () =>
			scene(({ ledger, act, grow }) => {
				expect(act(() => ledger.checkpoint())).toBeNull();
				grow(3);
				const first = act(() => ledger.checkpoint());
				expect(first).toMatchObject({ size: 3, name: `checkpoints/${hub}/0/9999-999999999999996-3.note` });
				expect(act(() => ledger.checkpoint())).toEqual(first);
			}));

		it("wants to sign a minute after an event, or when there are a thousand", () =>
			scene(({ ledger, time, act, grow }) => {
				expect(ledger.checkpointDue()).toBeNull();
				grow(1);
				time.now += 5_000;
				grow(1);
				expect(ledger.checkpointDue()).toBe(noon + minute);
				act(() => ledger.checkpoint());
				expect(ledger.checkpointDue()).toBeNull();
				grow(999);
				expect(ledger.checkpointDue()).toBe(time.now + minute);
				grow(1);
				expect(ledger.checkpointDue()).toBe(time.now);
			}));

		it("refuses to sign what does not begin with what it signed before", () =>
			scene(({ sql, ledger, act, grow }) => {
				grow(10);
				act(() => ledger.checkpoint());
				withoutTriggers(sql, () => sql.query("UPDATE event SET leaf = randomblob(32) WHERE seq = 4"));
				grow(1);
				expect(() => act(() => ledger.checkpoint())).toThrow("begins with the 10 that were signed before");
			}));

		it("proves each event that is signed, and no other", () =>
			scene(({ sql, ledger, act, grow }) => {
				grow(300);
				act(() => ledger.checkpoint());
				grow(1);
				const [newest, ...signed] = ledger.newest(301);
				expect(ledger.proof(newest?.id ?? "")).toBeNull();
				for (const { id, position } of [signed[0], signed[43], signed[299]].flatMap((one) => one ?? [])) {
					const proof = ledger.proof(id);
					const [row] = sql.query("SELECT lower(hex(leaf)) AS leaf FROM event WHERE seq = ?", position.seq);
					expect(proof?.event).toMatchObject({ id, seq: position.seq, leaf: row?.["leaf"] });
					expect(proof?.receipt.split("\n")[1]).toBe(`index ${position.seq - 1}`);
				}
				expect(ledger.proof("0".repeat(24))).toBeNull();
			}));

		it("verifies whole, and after a person is erased", () =>
			scene(({ sql, ledger, act, grow }) => {
				grow(300);
				act(() => ledger.checkpoint());
				grow(400);
				const outside = act(() => ledger.checkpoint())?.note ?? "";
				expect(verifyAll(ledger, [outside])).toMatchObject({
					events: 700,
					checkpoints: 3,
					problems: [],
					erased: 0,
				});
				const [erased] = ledger.newest(1);
				const [row] = sql.query("SELECT subject FROM customer WHERE id = 'customer-699'");
				keepContents(sql, crypto, row?.["subject"] as Uint8Array);
				sql.query("UPDATE customer SET status = 'erased' WHERE id = 'customer-699'");
				sql.query("DELETE FROM body WHERE seq = 700");
				const found = verifyAll(ledger, [outside]);
				expect(found).toMatchObject({ problems: [], erased: 1, erasedEvents: [erased?.id] });
				expect(ledger.exported(699, 1)).toMatchObject([
					{ body: null, content: expect.stringMatching(/^[0-9a-f]{64}$/) },
				]);

				withoutTriggers(sql, () => sql.query("UPDATE event SET action = 'reward' WHERE seq = 700"));
				expect(verifyAll(ledger).problems).toEqual(["event 700 is not what was recorded"]);
				withoutTriggers(sql, () => sql.query("DELETE FROM content"));
				expect(verifyAll(ledger).problems).toEqual([
					"event 700: its content is erased, and the hash of it was not kept",
				]);
			}));

		it("verifies what was signed by an earlier key that is listed, and by no other", () =>
			scene(({ act, grow, reopened }) => {
				grow(5);
				const old = reopened({ hub, seed: new Uint8Array(32).fill(1), earlier: [] });
				const verifier = act(() => old.checkpoint())?.verifier ?? "";
				const key = bytesOfBase64(verifier.split("+").slice(2).join("+"))?.slice(1) ?? new Uint8Array();
				const rotated = reopened({ ...exampleSigning, earlier: [key] });
				grow(5, rotated);
				act(() => rotated.checkpoint());
				expect(verifyAll(rotated)).toMatchObject({ problems: [], checkpoints: 2 });
				expect(verifyAll(reopened()).problems).toEqual([
					"the checkpoint at 5 events: none of its signatures is by a known key",
				]);
			}));

		it("finds a bit flipped in any stored column", async () => {
			const tables: Readonly<Record<string, readonly string[]>> = {
				event: ["seq", "subject", "action", "recorded_at", "postings", "key", "leaf"],
				body: ["seq", "subject", "timestamp", "salt", "data", "properties"],
				content: ["seq", "hash"],
				tile: ["level", "place", "hash"],
				checkpoint: ["generation", "size", "note"],
				acceptance: ["generation", "note"],
			};
			const places = Object.entries(tables).flatMap(([table, columns]) =>
				columns.map((column) => ({ table, column })),
			);
			await withSql((sql) => {
				const { ledger, act, grow } = open(sql, crypto);
				grow(256);
				const lost = act(() => ledger.checkpoint());
				grow(4);
				act(() => ledger.checkpoint());
				ledger.compare(lost === null ? null : { ...lost, note: lost.note.replace("256", "257") });
				act(() => ledger.accept("admin"));
				const [row] = sql.query("SELECT subject FROM event WHERE seq = 9");
				const subject = row?.["subject"] as Uint8Array;
				keepContents(sql, crypto, subject);
				sql.query("UPDATE customer SET status = 'erased' WHERE subject = ?", subject);
				sql.query("DELETE FROM body WHERE seq = 9");
				expect(verifyAll(ledger)).toMatchObject({ problems: [], erased: 1 });
				const triggers = sql.query("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
				for (const { name: trigger } of triggers) sql.query(`DROP TRIGGER ${String(trigger)}`);

				const flip = fc.record({
					place: fc.constantFrom(...places),
					row: fc.double({ min: 0, max: 0.999, noNaN: true }),
					bit: fc.nat({ max: 10_000 }),
				});
				fc.assert(
					fc.property(flip, ({ place: { table, column }, row, bit }) => {
						const [counted] = sql.query(`SELECT count(*) AS rows FROM ${table}`);
						const offset = Math.floor(Number(counted?.["rows"]) * row);
						const where =
							table === "tile" || table === "checkpoint"
								? keyWhere(sql, table, offset)
								: rowWhere(sql, table, offset);
						const [found] = sql.query(
							`SELECT ${column} AS value FROM ${table} WHERE ${where.text}`,
							...where.params,
						);
						const value = found?.["value"] ?? null;
						let refused = false;
						try {
							sql.transaction(() => {
								const flipped = flippedSql(value, bit);
								try {
									sql.query(
										`UPDATE ${table} SET ${column} = ${flipped.text} WHERE ${where.text}`,
										...flipped.params,
										...where.params,
									);
								} catch {
									// A constraint or another row stands in the way: such a file can not come to be.
									refused = true;
								}
								if (!refused) {
									expect(verifyAll(ledger).problems, `${table}.${column} bit ${bit}`).not.toEqual([]);
								}
								throw new Undone();
							});
						} catch (error) {
							if (!(error instanceof Undone)) throw error;
						}
					}),
					{ numRuns: 150 },
				);
			});
		}, 60_000);

		it.each([
			["a node altered", "UPDATE tile SET hash = zeroblob(32)"],
			["a node removed", "DELETE FROM tile"],
			["a node replaced", "REPLACE INTO tile SELECT level, place, zeroblob(32) FROM tile"],
			["a node that skips others", "INSERT INTO tile VALUES (1, 5, zeroblob(32))"],
			["a kept hash altered", "UPDATE content SET hash = zeroblob(32)"],
			["a kept hash removed", "DELETE FROM content"],
			["a kept hash replaced", "REPLACE INTO content SELECT seq, zeroblob(32) FROM content"],
			["a checkpoint altered", "UPDATE checkpoint SET note = ''"],
			["a checkpoint removed", "DELETE FROM checkpoint"],
			["a checkpoint replaced", "REPLACE INTO checkpoint SELECT generation, size, '' FROM checkpoint"],
			["a checkpoint of fewer events than the last", "INSERT INTO checkpoint VALUES (1, 299, '')"],
			["a checkpoint of more events than there are", "INSERT INTO checkpoint VALUES (1, 302, '')"],
			["a checkpoint of another generation", "INSERT INTO checkpoint VALUES (0, 301, '')"],
			["an acceptance altered", "UPDATE acceptance SET note = ''"],
			["an acceptance removed", "DELETE FROM acceptance"],
			["an acceptance replaced", "REPLACE INTO acceptance SELECT generation, '' FROM acceptance"],
		])("has no %s", (_what, statement) =>
			scene(({ sql, ledger, act, grow }) => {
				grow(300);
				ledger.compare({ name: "checkpoints/x", note: "" });
				act(() => ledger.accept("admin"));
				grow(1);
				const [row] = sql.query("SELECT subject FROM event WHERE seq = 7");
				keepContents(sql, crypto, row?.["subject"] as Uint8Array);
				const dump = () =>
					["content", "tile", "checkpoint", "acceptance"].map((table) => sql.query(`SELECT * FROM ${table}`));
				const before = dump();
				expect(before.map((rows) => rows.length)).toEqual([1, 1, 1, 1]);
				expect(() => sql.query(statement)).toThrow(/a tree only grows|what is signed|what is kept/);
				expect(dump()).toEqual(before);
			}),
		);

		it("says which event was altered, what is missing, and where a checkpoint lies", () =>
			scene(({ sql, ledger, act, grow }) => {
				grow(300);
				const signed = act(() => ledger.checkpoint());
				const found = (tamper: string): readonly string[] => {
					let problems: readonly string[] = [];
					try {
						act(() => {
							withoutTriggers(sql, () => sql.query(tamper));
							problems = verifyAll(ledger, [signed?.note ?? ""]).problems;
							throw new Undone();
						});
					} catch (error) {
						if (!(error instanceof Undone)) throw error;
					}
					return problems;
				};
				expect(found(`UPDATE body SET data = '{"a":1}' WHERE seq = 7`)).toEqual([
					"event 7 is not what was recorded",
				]);
				expect(found("UPDATE event SET action = 'reward' WHERE seq = 8")).toEqual([
					"event 8 is not what was recorded",
					"event 8: its content is under another action or time",
				]);
				expect(found("DELETE FROM body WHERE seq = 9")).toEqual([
					"event 9: its content is missing, and its person is not erased",
				]);
				expect(
					found("UPDATE body SET subject = (SELECT subject FROM event WHERE seq = 1) WHERE seq = 9"),
				).toEqual(["event 9: its content is under another customer"]);
				for (const tamper of ["action = 'reward'", "recorded_at = recorded_at + 1"]) {
					expect(found(`UPDATE body SET ${tamper} WHERE seq = 9`)).toEqual([
						"event 9: its content is under another action or time",
					]);
				}
				expect(found("UPDATE tile SET hash = randomblob(32)")).toEqual([
					"the stored node over events 1 to 256 is not theirs",
				]);
				expect(found("DELETE FROM tile")).toEqual(["the stored node over events 1 to 256 is missing"]);
				expect(found("INSERT INTO tile VALUES (1, 1, randomblob(32))")).toEqual([
					"1 stored nodes are over no events",
				]);
				expect(found("UPDATE event SET leaf = randomblob(32) WHERE seq = 299")).toEqual([
					"event 299 is not what was recorded",
					"the checkpoint at 300 events: the events are not those that were signed",
					"the checkpoint kept outside at 300 events: the events are not those that were signed",
				]);
				expect(found("UPDATE checkpoint SET note = replace(note, '300', '301')")).toEqual([
					`the checkpoint at 300 events: its signature by ${hub}/ledger/0 is wrong`,
				]);
			}));

		it("finds a lost tail by the checkpoint outside, records nothing, and goes on when that is accepted", () =>
			scene(({ sql, ledger, send, time, act, grow, reopened }) => {
				grow(300);
				const kept = act(() => ledger.checkpoint());
				grow(5);
				const outside = act(() => ledger.checkpoint());
				withoutTriggers(sql, () => {
					for (const table of ["body", "event"]) sql.query(`DELETE FROM ${table} WHERE seq > 303`);
					sql.query("DELETE FROM checkpoint WHERE size > 303");
				});
				const after = reopened();
				expect(verifyAll(after).problems).toEqual([]);
				expect(after.compare(outside)).toBe("the ledger has 303 events, but 305 were signed: 2 are missing");

				const command = send("opt_in", {}, { identities: { id: "eve" } });
				expect(act(() => after.record([command]))).toEqual([
					{ key: command.key, outcome: undefined, awaited: [] },
				]);
				expect(() => act(() => after.answer([{ kind: "release", asked: [] }]))).toThrow("2 are missing");
				expect(act(() => after.checkpoint())).toBeNull();
				expect(after.stats().events).toBe(303);
				expect(verifyAll(after, [outside?.note ?? ""]).problems).toEqual([
					"the checkpoint kept outside at 305 events: there are only 303; 2 are missing",
				]);

				time.now += minute;
				const accepted = act(() => after.accept("admin"));
				const goesOn = accepted.ok ? accepted.value.checkpoint : null;
				expect(goesOn).toMatchObject({ origin: `${hub}/ledger/0/1`, size: 303 });
				const acceptance = accepted.ok ? accepted.value.acceptance : null;
				expect(acceptance?.name).toBe(`acceptances/${hub}/0/1.note`);
				expect(acceptance?.note.split("\n").slice(0, 6)).toEqual([
					"loyalty-hub acceptance of a lost log",
					`missing ${hub}/ledger/0 305 ${rootLine(outside?.note ?? "")}`,
					"holds 300",
					`goes on ${hub}/ledger/0/1 303 ${rootLine(goesOn?.note ?? "")}`,
					"at 2026-03-01T12:01:00.000Z",
					'by "admin"',
				]);
				expect(after.compare(goesOn)).toBeNull();
				grow(10, after);
				expect(act(() => after.checkpoint())).toMatchObject({ size: 313, origin: `${hub}/ledger/0/1` });
				expect(verifyAll(after, [outside?.note ?? ""])).toMatchObject({ problems: [], accepted: 1 });
				withoutTriggers(sql, () => sql.query("UPDATE event SET leaf = randomblob(32) WHERE seq = 200"));
				expect(verifyAll(after, [kept?.note ?? "", outside?.note ?? ""]).problems).toContain(
					"the checkpoint kept outside at 300 events: the events are not those that were signed",
				);
				expect(act(() => after.accept("admin")).ok).toBe(false);
			}));

		it("finds that it is older than what was accepted", () =>
			scene(({ sql, ledger, act, grow, reopened }) => {
				grow(3);
				ledger.compare({ name: "checkpoints/x", note: "" });
				const accepted = act(() => ledger.accept("admin"));
				withoutTriggers(sql, () => {
					for (const table of ["acceptance", "checkpoint"]) sql.query(`DELETE FROM ${table}`);
				});
				expect(reopened().compare(accepted.ok ? accepted.value.checkpoint : null)).toBe(
					`the ledger is older than what was accepted outside: ${hub}/ledger/0/1 is not in it`,
				);
			}));

		it("goes on by another key where the one that signed before is lost, when that is accepted", () =>
			scene(({ act, ledger, grow, reopened }) => {
				grow(3);
				const outside = act(() => ledger.checkpoint());
				const after = reopened({ ...exampleSigning, seed: new Uint8Array(32).fill(1) });
				expect(after.compare(outside)).toContain("can not be trusted");
				const accepted = act(() => after.accept("admin"));
				expect(accepted.ok && accepted.value.acceptance.note.split("\n")[2]).toBe("holds 3");
				expect(after.trouble()).toBeNull();
				grow(1, after);
				expect(act(() => after.checkpoint())).toMatchObject({ size: 4 });
			}));

		it.each([
			[
				"another ledger of the same size",
				(note: string) => note,
				"the first 20 events are not those that were signed",
			],
			["a checkpoint whose text was altered", (note: string) => note.replace("\n20\n", "\n19\n"), "is wrong"],
			["a checkpoint of another hub", (note: string) => note.replaceAll(hub, "other"), "it is of the log"],
			["half a checkpoint", (note: string) => note.slice(0, 60), "it is not a signed note"],
		])("records nothing when it is compared with %s", async (_what, change, words) => {
			let outside = "";
			await scene(({ ledger, act, grow }) => {
				grow(20);
				outside = act(() => ledger.checkpoint())?.note ?? "";
			});
			await scene(({ ledger, grow }) => {
				grow(20);
				expect(ledger.compare({ name: "checkpoints/x", note: change(outside) })).toContain(words);
				grow(1);
				expect(ledger.stats().events).toBe(20);
			});
		});
	});
}

class Undone extends Error {}

interface Where {
	readonly text: string;
	readonly params: readonly SqlValue[];
}

function rowWhere(sql: Sql, table: string, offset: number): Where {
	const [row] = sql.query(`SELECT rowid AS id FROM ${table} LIMIT 1 OFFSET ?`, offset);
	return { text: "rowid = ?", params: [row?.["id"] ?? 0] };
}

function keyWhere(sql: Sql, table: string, offset: number): Where {
	const [one, two] = table === "tile" ? ["level", "place"] : ["generation", "size"];
	const [row]: readonly (Row | undefined)[] = sql.query(
		`SELECT ${one} AS one, ${two} AS two FROM ${table} LIMIT 1 OFFSET ?`,
		offset,
	);
	return { text: `${one} = ? AND ${two} = ?`, params: [row?.["one"] ?? 0, row?.["two"] ?? 0] };
}

/** The value with one bit turned over: of an integer by arithmetic of SQLite's, which has all its 64 bits. */
function flippedSql(value: SqlValue, bit: number): Where {
	if (typeof value === "number") {
		const mask = 2n ** BigInt(bit % 62);
		return { text: `((${value} | ${mask}) - (${value} & ${mask}))`, params: [] };
	}
	const bytes = typeof value === "string" ? new TextEncoder().encode(value) : (value ?? new Uint8Array());
	const at = bit % (bytes.length * 8);
	const flipped = bytes.map((byte, index) => (index === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
	return { text: typeof value === "string" ? "CAST(? AS TEXT)" : "?", params: [flipped] };
}
