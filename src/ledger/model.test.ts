import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { openSqlite, type SqliteFile } from "../host/node/sqlite.ts";
import type { Command } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import type { Erased, Erasure } from "./erase.ts";
import { day, exampleProgram, exampleSigning, minute, noon, openSender } from "./fixture.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import type { Merge } from "./merge.ts";

/** 150 steps a run; `LEDGER_RUNS=1000` takes a few minutes. */
const runs = Number(process.env["LEDGER_RUNS"] ?? 40);
const stepsMax = 150;

const program = exampleProgram(
	{},
	{
		points: `
purchase: { rate: 0.05, rounding: ceil, accept: manual, accept_after: 60d }
accounts:
  main: { expiry: { rule: rolling, after: 90d } }
  miles: { expiry: { rule: activity, after: 60d } }
`,
		tiers: `
status:
  window: { kind: rolling, last: 6mo }
  tiers: { bronze: { from: 0 }, silver: { from: 100 }, gold: { from: 1000 } }
`,
	},
);

const people = ["ada", "bob", "cleo"] as const;
type Person = (typeof people)[number];

type Step =
	| { readonly kind: "send"; readonly batch: readonly Sending[] }
	| { readonly kind: "merge"; readonly from: Person; readonly into: Person }
	| { readonly kind: "again"; readonly index: number }
	| { readonly kind: "clock"; readonly ms: number }
	| { readonly kind: "sweep" | "crash" | "backup" | "restore" };

interface Sending {
	readonly action: string;
	readonly who: Person;
	readonly data: JsonObject;
	readonly account: string;
	readonly late: number;
	readonly guest: boolean;
}

const order = fc.constantFrom("o-1", "o-2", "o-3", "o-4");
const points = fc.integer({ min: 1, max: 400 }).map((many) => ({ points: many }));
const ofOrder = order.map((id) => ({ transaction_id: id }));
const items = [
	{ product_id: "a", subtotal: 60 },
	{ product_id: "b", subtotal: 40.5 },
];
const checkout = fc.record({
	transaction_id: order,
	total: fc.integer({ min: 0, max: 9_000 }),
	points_burned: fc.integer({ min: 0, max: 150 }),
	items: fc.constantFrom([], items),
});
const dataOf: Readonly<Record<string, fc.Arbitrary<JsonObject>>> = {
	opt_in: fc.constant({}),
	opt_out: fc.constant({}),
	profile: fc.record({ city: fc.constantFrom("Cork", "Kent") }),
	point_add: points,
	point_sub: points,
	point_spend: points,
	point_unspend: points,
	point_fix: fc.integer({ min: -200, max: 200 }).map((many) => ({ points: many })),
	reserve_points: fc.record({ transaction_id: order, points: fc.integer({ min: 1, max: 100 }) }),
	release_points: ofOrder,
	checkout,
	checkout_update: checkout,
	checkout_accept: ofOrder,
	checkout_accept_item: fc.record({ transaction_id: order, product_id: fc.constantFrom("a", "b") }),
	checkout_reject: ofOrder,
	checkout_claim: ofOrder,
	refund: ofOrder,
	partial_refund: fc.record({ transaction_id: order, amount: fc.integer({ min: 1, max: 60 }) }),
	refund_item: fc.record({ transaction_id: order, product_id: fc.constantFrom("a", "b") }),
	suspend: fc.constant({}),
	unsuspend: fc.constant({}),
};

const ofGuests = /^(checkout(?!_claim)|refund|partial_refund)/;

/** What takes several events to come about is sent more often. */
const often = ["opt_in", "checkout", "checkout", "checkout_claim", "checkout_claim"];

const sending: fc.Arbitrary<Sending> = fc.constantFrom(...Object.keys(dataOf), ...often).chain((action) =>
	fc.record({
		action: fc.constant(action),
		who: fc.constantFrom(...people),
		data: dataOf[action] ?? fc.constant({}),
		account: fc.constantFrom("main", "main", "miles"),
		late: fc.constantFrom(0, 0, 0, minute, 20 * day),
		guest: ofGuests.test(action) ? fc.boolean() : fc.constant(false),
	}),
);

const step: fc.Arbitrary<Step> = fc.oneof(
	{
		weight: 12,
		arbitrary: fc.record({
			kind: fc.constant("send" as const),
			batch: fc.array(sending, { minLength: 1, maxLength: 4 }),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant("again" as const), index: fc.nat() }) },
	{
		weight: 1,
		arbitrary: fc.record({
			kind: fc.constant("merge" as const),
			from: fc.constantFrom(...people),
			into: fc.constantFrom(...people),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constant("clock" as const),
			ms: fc.oneof(fc.integer({ min: -day, max: day }), fc.integer({ min: 0, max: 200 * day })),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			kind: fc.constantFrom("sweep" as const, "crash" as const, "backup" as const, "restore" as const),
		}),
	},
);

/** RFC 6962 §2.1 as it is written there. */
function rootOf(leaves: readonly Buffer[]): Buffer {
	const sha256 = (...parts: readonly Buffer[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
	if (leaves.length === 0) return sha256();
	const [first] = leaves;
	if (leaves.length === 1 && first !== undefined) return first;
	const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
	return sha256(Buffer.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

/** One hub's life: what was sent, what stands outside, and the file. */
class Life {
	readonly folder = mkdtempSync(join(tmpdir(), "hub-test-"));
	readonly path = join(this.folder, "ledger.db");
	now = noon;
	private lives = 0;
	private readonly sender = openSender(program, nodeCrypto);
	readonly sent: (Command | Merge)[] = [];
	/** By person: how often they have begun anew; their text is another each time, so that old text is seen. */
	readonly eras = new Map<Person, number>();
	/** What erased persons said, and when that ended. */
	readonly gone: { readonly canary: string; readonly at: number }[] = [];
	private readonly erasures: Erasure[] = [];
	private checkpoints: { readonly size: number; readonly root: string }[] = [];
	private backup: number | null = null;
	sql: SqliteFile;
	ledger: Ledger;

	constructor() {
		[this.sql, this.ledger] = this.open();
	}

	private open(): [SqliteFile, Ledger] {
		this.lives += 1;
		const sql = openSqlite(this.path);
		return [
			sql,
			openLedger({
				sql,
				crypto: nodeCrypto,
				clock: () => this.now,
				program: () => program,
				signing: exampleSigning,
				shard: 0,
				shards: 1,
			}),
		];
	}

	close(): void {
		this.sql.close();
		rmSync(this.folder, { recursive: true });
	}

	private textOf(who: Person): string {
		return `canary-${who}-${this.eras.get(who) ?? 0}-`;
	}

	private commandOf({ action, who, data, account, late, guest }: Sending): Command {
		const timestamp = this.now - late;
		if (guest) return this.sender(action, { ...data, points_burned: 0 }, { guest, timestamp, account });
		const text = this.textOf(who);
		const identities = { id: who, email: `${text}@example.test` };
		const named =
			action === "profile" || action === "opt_in" ? { ...data, first_name: text } : { ...data, reason: text };
		return this.sender(action, named, { identities, timestamp, account });
	}

	take(one: Step): void {
		switch (one.kind) {
			case "send": {
				const commands = one.batch.map((sent) => this.commandOf(sent));
				this.record(commands);
				break;
			}
			case "again": {
				const again = this.sent[one.index % Math.max(1, this.sent.length)];
				if (again !== undefined) this.repeat(again);
				break;
			}
			case "merge":
				this.merge(one.from, one.into);
				break;
			case "clock":
				this.now += one.ms;
				break;
			case "sweep":
				this.sql.transaction(() => this.ledger.sweep(100));
				break;
			case "crash":
				this.crash();
				break;
			case "backup":
				this.sql.query("PRAGMA wal_checkpoint(TRUNCATE)");
				copyFileSync(this.path, `${this.path}.backup`);
				this.backup = this.sent.length;
				break;
			case "restore":
				this.restore();
				break;
		}
	}

	private record(commands: readonly Command[]): void {
		this.sent.push(...commands);
		const recorded = this.sql.transaction(() => this.ledger.record(commands));
		for (const [index, { outcome, erased }] of recorded.entries()) {
			const command = commands[index];
			if (erased !== undefined) this.end(erased);
			if (command?.action === "opt_out" && outcome?.kind === "appended")
				this.forget(command, erased?.at ?? this.now);
		}
	}

	/** Erasures are noted outside before they are answered. */
	private end(erased: Erased): void {
		if (erased.shard !== null) this.erasures.push(erased);
		this.ledger.finish(erased);
	}

	/** What an erased person's commands said is looked for from here on; who begins anew says something else. */
	private forget({ identities }: Command, at: number): void {
		const who = people.find((one) => identities.some(({ kind, value }) => kind === "id" && value === one));
		if (who === undefined) return;
		this.gone.push({ canary: this.textOf(who), at });
		this.eras.set(who, (this.eras.get(who) ?? 0) + 1);
	}

	private merge(from: Person, into: Person): void {
		const identityOf = (who: Person) => {
			const [identity] = this.sender("profile", {}, { identities: { id: who } }).identities;
			if (identity === undefined) throw new Error("a command names its customer");
			return identity;
		};
		const merging: Merge = {
			from: identityOf(from),
			into: identityOf(into),
			timestamp: this.now,
			provenance: { source: "Platform" },
		};
		this.sent.push(merging);
		this.sql.transaction(() => this.ledger.merge(merging));
	}

	private repeat(one: Command | Merge): void {
		// What a clock that was set back has put after an erasure is of the person's new life.
		if (!("into" in one) && this.isOfThePast(one)) return;
		if ("into" in one) this.sql.transaction(() => this.ledger.merge(one));
		else {
			const recorded = this.sql.transaction(() => this.ledger.record([one]));
			for (const { erased } of recorded) if (erased !== undefined) this.end(erased);
		}
	}

	private isOfThePast({ identities, timestamp }: Command): boolean {
		return identities.some(({ value }) =>
			this.gone.some(({ canary, at }) => value.startsWith(canary) && timestamp > at),
		);
	}

	/** Dies in the middle of a transaction, and is opened again. */
	private crash(): void {
		const commands = people.map((who) =>
			this.commandOf({
				action: "point_add",
				who,
				data: { points: 9 },
				account: "main",
				late: 0,
				guest: false,
			}),
		);
		expect(() =>
			this.sql.transaction(() => {
				this.ledger.record(commands);
				throw new Error("the process dies");
			}),
		).toThrow("dies");
		this.sql.close();
		[this.sql, this.ledger] = this.open();
	}

	/** An older file takes the place of the newer; then erasures are done again first, and everything is sent again. */
	private restore(): void {
		if (this.backup === null) return;
		this.sql.close();
		copyFileSync(`${this.path}.backup`, this.path);
		for (const rest of ["-wal", "-shm"]) rmSync(this.path + rest, { force: true });
		[this.sql, this.ledger] = this.open();
		const size = this.size();
		this.checkpoints = this.checkpoints.filter((checkpoint) => checkpoint.size <= size);
		const erased = this.sql.transaction(() => this.ledger.eraseAgain(this.erasures));
		for (const one of erased) this.ledger.finish(one);
		for (const one of this.sent.slice(this.backup)) this.repeat(one);
	}

	private size(): number {
		return Number(this.sql.query("SELECT count(*) AS n FROM event")[0]?.["n"]);
	}

	/** What holds after every step. */
	check(): void {
		const { sql } = this;
		const rebuilt = this.ledger.rebuild();
		expect(rebuilt.differences).toEqual([]);
		const sums = sql.query(
			"SELECT seq FROM event WHERE (SELECT coalesce(sum(value), 0) FROM json_each(postings)) <> 0",
		);
		expect(sums).toEqual([]);
		const rows = sql.query("SELECT seq, recorded_at, leaf FROM event ORDER BY seq");
		expect(rows.map((row) => row["seq"])).toEqual(rows.map((_, index) => index + 1));
		const leaves = rows.map((row) => Buffer.from(row["leaf"] as Uint8Array));
		for (const { size, root } of this.checkpoints.slice(-3)) {
			expect(rootOf(leaves.slice(0, size)).toString("hex")).toBe(root);
		}
		this.checkpoints.push({ size: leaves.length, root: rootOf(leaves).toString("hex") });
		const lots = sql.query(`
			SELECT * FROM (
				SELECT hex(balance.subject) AS subject, balance.account, max(0, active) AS active,
					(SELECT coalesce(sum(points), 0) FROM lot WHERE lot.subject = balance.subject AND lot.account = balance.account) AS lots
				FROM balance
			) WHERE active <> lots`);
		expect(lots).toEqual([]);
		const negative = sql.query("SELECT * FROM balance WHERE pending < 0 OR reserved < 0");
		expect(negative).toEqual([]);
		if (this.gone.length > 0) this.checkErased();
	}

	private checkErased(): void {
		for (const table of [
			"body",
			"customer",
			"identity",
			'"transaction"',
			"lot",
			"reservation",
			"tier",
			"errand",
		]) {
			const text = JSON.stringify(this.sql.query(`SELECT * FROM ${table}`));
			expect(this.gone.filter(({ canary }) => text.includes(canary))).toEqual([]);
		}
	}
}

it("keeps its promises after every step of any life", { timeout: 1_200_000 }, () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: stepsMax, size: "max" }), (steps) => {
			const life = new Life();
			try {
				for (const one of steps) {
					life.take(one);
					life.check();
				}
			} finally {
				life.close();
			}
		}),
		{ numRuns: runs },
	);
});
