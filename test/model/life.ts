import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { Program } from "../../src/catalog/program.ts";
import { type ErasureParts, eraseAgain, erasingEverywhere } from "../../src/erasure.ts";
import { nodeCrypto } from "../../src/host/crypto.ts";
import { openSqlite, type SqliteFile } from "../../src/host/node/sqlite.ts";
import { exampleSigning, minute, noon, openSender } from "../../src/ledger/fixture.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import type { Merge, Merged } from "../../src/ledger/merge.ts";
import { type Recorder, recorderAcross } from "../../src/ledger/recorder.ts";
import type { Remote } from "../../src/model/cell.ts";
import type { ClaimedIdentity, Command } from "../../src/model/event.ts";
import { isList, isObject, type Json, type JsonObject } from "../../src/model/json.ts";
import type { Outside } from "../../src/model/outside.ts";
import { type OpenNotary, openNotary } from "../../src/notary.ts";
import { booksOf, openPromises, type Promises, staleClaims } from "./promises.ts";
import { type Death, type Person, people, type Sending, type Step } from "./steps.ts";
import type { Said, SavedTally, Tally } from "./tally.ts";

export interface LifeParts {
	readonly program: Program;
	readonly shards: number;
	/** Where the documents say what everybody's points are. */
	readonly tally?: Tally;
}

interface Shard {
	path: string;
	sql: SqliteFile;
	ledger: Ledger;
	readonly notary: OpenNotary;
	readonly promises: Promises;
}

/** A message as it was sent, and may be again. */
type Message =
	| { readonly kind: "command"; readonly command: Command; readonly said: Said }
	| { readonly kind: "merge"; readonly merging: Merge; readonly from: Person; readonly into: Person };

interface Backup {
	readonly sent: number;
	readonly into: ReadonlyMap<Person, Person>;
	readonly tally: SavedTally | undefined;
}

class Dead extends Error {}

/**
 * One hub's life, as far as its ledger goes: its files, what is kept outside, and what it is sent. What the hub does at a
 * start, at an erasure and at its upkeep is its own code; here it only dies and is restored.
 */
export function openLife({ program, shards: count, tally }: LifeParts) {
	const folder = mkdtempSync(join(tmpdir(), "hub-model-"));
	const time = { now: noon };
	const clock = (): number => time.now;
	const death: { left: number; done: boolean } = { left: Number.POSITIVE_INFINITY, done: false };
	const sender = openSender(program, nodeCrypto);
	const sent: Message[] = [];
	/** Keys of what is sent until it is answered. */
	const underWay = new Set<string>();
	/** Opt-outs that have erased somebody. */
	const forgotten = new Set<string>();
	/** By person: how often they have begun anew; their text is another each time, so that old text is seen. */
	const eras = new Map<Person, number>();
	/** What erased persons said, when that ended, and after how many messages. */
	const gone: {
		readonly who: Person;
		readonly canary: string;
		readonly at: number;
		readonly sent: number;
	}[] = [];
	let into = new Map<Person, Person>();
	let backup: Backup | undefined;
	let generation = 0;
	/** Of shards that did not answer, though nobody has died. */
	const failures: unknown[] = [];

	/** Everything that a process does goes through here: it may die before it, or after it and before anybody is told. */
	function mortal<Value>(work: () => Value): Value {
		death.left -= 1;
		if (death.left > 0) return work();
		if (death.left === 0 && death.done) work();
		throw new Dead("the process is dead");
	}

	const kept = new Map<string, Uint8Array>();
	const outside: Outside = {
		put: async (name, bytes) => void mortal(() => kept.set(name, bytes)),
		get: async (name) => kept.get(name) ?? null,
		list: async (prefix, max) =>
			[...kept.keys()]
				.filter((name) => name.startsWith(prefix))
				.sort()
				.slice(0, max),
	};

	const openAt = (path: string, shard: number): Pick<Shard, "path" | "sql" | "ledger"> => {
		const sql = openSqlite(path);
		// Nothing here cuts the power, and the write-ahead log is folded in often enough to be seen.
		sql.query("PRAGMA synchronous = OFF");
		sql.query("PRAGMA wal_autocheckpoint = 100");
		const parts = { sql, crypto: nodeCrypto, clock, program: () => program, signing: exampleSigning };
		return { path, sql, ledger: openLedger({ ...parts, shard, shards: count }) };
	};

	const remoteOf = (shard: number): Remote<Ledger> =>
		Object.fromEntries(
			Object.keys(at(shard).ledger).map((name) => [
				name,
				async (...args: never[]) => {
					const { sql, ledger } = at(shard);
					const call = ledger[name as keyof Ledger] as (...args: never[]) => unknown;
					return structuredClone(mortal(() => sql.transaction(() => call(...structuredClone(args)))));
				},
			]),
		) as unknown as Remote<Ledger>;

	const opened: Partial<Shard>[] = [];
	const at = (shard: number): Shard => opened[shard] as Shard;
	const shards = Array.from({ length: count }, (_, shard): Shard => {
		opened.push(openAt(join(folder, `0-${shard}.db`), shard));
		const log = { info: () => {}, warn: () => {}, error: () => {} };
		const parts = { ledger: remoteOf(shard), outside, hub: exampleSigning.hub, shard, clock, log };
		return Object.assign(at(shard), { notary: openNotary(parts), promises: openPromises() });
	});

	const one = remoteOf(0);
	const recorder: Recorder =
		count === 1
			? one
			: recorderAcross(
					{
						at: remoteOf,
						failed: (_shard, error) => {
							if (!(error instanceof Dead)) failures.push(error);
						},
					},
					{ programFor: async () => program, crypto: nodeCrypto, clock, shards: count },
				);
	const hub = {
		ledger: erasingEverywhere(recorder, () => parts),
	};
	const parts = {
		ledger: recorder,
		outside,
		inboxes: { count: 0 },
		// What a hub does at night is done at once.
		scrub: async () =>
			mortal(() => {
				for (const { sql } of shards) {
					sql.oweVacuum(1);
					sql.vacuum(2, Number.POSITIVE_INFINITY);
					sql.scrub();
				}
			}),
	} as unknown as ErasureParts;

	/** What a hub does when it starts. */
	async function start(): Promise<void> {
		for (const { notary } of shards) await notary.compare();
		if (count === 1) await eraseAgain(hub, outside, one);
	}

	/** Another process opens what the one before has left: of files that were not closed. */
	function reopen(from: (shard: Shard, index: number) => string = ({ path }) => path): void {
		generation += 1;
		Object.assign(death, { left: Number.POSITIVE_INFINITY, done: false });
		for (const [index, shard] of shards.entries()) {
			const path = join(folder, `${generation}-${index}.db`);
			const source = from(shard, index);
			for (const end of ["", "-wal"]) if (existsSync(source + end)) copyFileSync(source + end, path + end);
			const old = shard.path;
			shard.sql.close();
			for (const end of ["", "-wal", "-shm"]) rmSync(old + end, { force: true });
			Object.assign(shard, openAt(path, index));
		}
	}

	/** The process has died; the next one takes up what lies around, a while later. */
	async function revive(): Promise<void> {
		check();
		reopen();
		time.now += 11 * minute;
		await start();
		await upkeep();
	}

	async function upkeep(): Promise<void> {
		for (const { sql, ledger } of shards) sql.transaction(() => ledger.sweep(100));
		await hub.ledger.resume();
	}

	const textOf = (who: Person): string => `canary-${who}-${eras.get(who) ?? 0}-`;

	/** Their own text in the place of `@`. Where it is counted, an order's number is never used after an erasure. */
	function told(value: Json, text: string): Json {
		if (typeof value === "string") {
			if (value.startsWith("@")) return text + value.slice(1);
			return tally !== undefined && value.startsWith("o-") ? `${value} of ${gone.length}` : value;
		}
		if (isList(value)) return value.map((item) => told(item, text));
		return isObject(value)
			? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, told(item, text)]))
			: value;
	}

	function messageOf({ action, who, data, account, late, guest }: Sending): Message & { kind: "command" } {
		const text = guest ? "guest-" : textOf(who);
		const identities = { id: who, email: `${text}@example.test` };
		const names = action === "profile" || action === "opt_in" ? { first_name: text } : { reason: text };
		const all = { ...(told(data, text) as JsonObject), ...(guest ? { points_burned: 0 } : {}), ...names };
		const by = guest ? ({ guest } as const) : { identities };
		const command = sender(action, all, { ...by, timestamp: time.now - late, account });
		const { key, timestamp } = command;
		return { kind: "command", command, said: { key, action, who, data: all, account, timestamp } };
	}

	async function take(step: Step): Promise<void> {
		switch (step.kind) {
			case "send": {
				const batch = batchOf(step).map(messageOf);
				sent.push(...batch);
				await deliver(batch, step.death);
				break;
			}
			case "again": {
				const again = sent[step.index % Math.max(1, sent.length)];
				if (again !== undefined) await repeat(again);
				break;
			}
			case "merge": {
				const merging = {
					from: identityOf(step.from),
					into: identityOf(step.into),
					timestamp: time.now,
					provenance: { source: "Platform" },
				} as const;
				const message = { kind: "merge", merging, from: step.from, into: step.into } as const;
				sent.push(message);
				await merge(message, step.death);
				break;
			}
			case "clock":
				time.now += step.ms;
				break;
			case "upkeep":
				await upkeep();
				break;
			case "sign":
				await sign();
				break;
			case "crash":
				await crash();
				break;
			case "backup":
				save();
				break;
			case "restore":
				await restore();
				break;
		}
	}

	/**
	 * Two who were merged share no identity, so of a batch that was answered in part, or over many shards, nobody knows the
	 * order: where it is counted, these come alone. What comes after an opt-out there has other orders' numbers: it is left out.
	 */
	function batchOf({ batch, death: dies }: Step & { kind: "send" }): readonly Sending[] {
		if (tally === undefined) return batch;
		if (dies !== null || count > 1) return batch.slice(0, 1);
		const optOut = batch.findIndex(({ action }) => action === "opt_out");
		return optOut === -1 ? batch : batch.slice(0, optOut + 1);
	}

	function identityOf(who: Person): ClaimedIdentity {
		const [identity] = sender("profile", {}, { identities: { id: who } }).identities;
		if (identity === undefined) throw new Error("a command names its customer");
		return identity;
	}

	/** Sends until everything is answered, as a sender does. */
	async function deliver(
		batch: readonly (Message & { kind: "command" })[],
		dies: Death | null,
	): Promise<void> {
		if (dies !== null) Object.assign(death, { left: dies.call, done: dies.done });
		let open = batch;
		for (let tries = 0; open.length > 0; tries++) {
			expect(tries).toBeLessThan(triesMax);
			const recorded = await alive(() => hub.ledger.record(open.map(({ command }) => command)));
			const settled = new Map(
				recorded?.flatMap(({ key, outcome }) => (outcome === undefined ? [] : [[key, outcome]])),
			);
			open = open.filter(({ command: { key } }) => !settled.has(key));
			underWay.clear();
			for (const { command } of open) underWay.add(command.key);
			for (const { said } of batch) {
				// What an attempt began that died, upkeep may have ended: it is said to be of somebody erased then.
				const isErasure = said.action === "opt_out" && !Number.isNaN(notedAt(said));
				if (!isErasure || forgotten.has(said.key) || !settled.has(said.key)) continue;
				forgotten.add(said.key);
				forget(said);
			}
			if (death.left <= 0) await revive();
			else if (open.length > 0) time.now += minute * 2 ** tries;
		}
		Object.assign(death, { left: Number.POSITIVE_INFINITY });
		for (const { said } of batch) tally?.take(said, said.action === "opt_out" ? notedAt(said) : time.now);
	}

	/** What it comes to; nothing where the process died on it. */
	async function alive<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
		try {
			return await work();
		} catch (error) {
			if (error instanceof Dead) return undefined;
			throw error;
		}
	}

	/** When that person was erased, as it is noted outside; not a number of who was no customer. */
	function notedAt({ key }: Said): number {
		const name = [...kept.keys()].find((name) => name.startsWith("erasures/") && name.includes(key));
		return Number(/^erasures\/(\d+)-/.exec(name ?? "")?.[1] ?? Number.NaN);
	}

	const now = (who: Person): Person => {
		const next = into.get(who);
		return next === undefined ? who : now(next);
	};

	/** What they and whom they absorbed have said is looked for from here on; who begins anew says something else. */
	function forget(said: Said): void {
		const root = now(said.who);
		const ended = people.filter((who) => now(who) === root);
		for (const who of ended) {
			gone.push({ who, canary: textOf(who), at: notedAt(said), sent: sent.length });
			eras.set(who, (eras.get(who) ?? 0) + 1);
			into.delete(who);
		}
		checkFiles();
	}

	async function merge({ merging, from, into: other }: Message & { kind: "merge" }, dies: Death | null) {
		if (dies !== null) Object.assign(death, { left: dies.call, done: dies.done });
		let died = false;
		let merged: Merged | undefined;
		for (let tries = 0; merged === undefined; tries++) {
			expect(tries).toBeLessThan(triesMax);
			merged = await alive(() => hub.ledger.merge(merging));
			if (death.left <= 0) {
				died = true;
				merged = undefined;
				await revive();
			} else if (merged === undefined) time.now += minute * 2 ** tries;
		}
		Object.assign(death, { left: Number.POSITIVE_INFINITY });
		// Who died after it is told that they are one already.
		const isOne =
			merged.kind === "merged" || (died && merged.kind === "refused" && /themselves/.test(merged.reason));
		if (isOne && now(from) !== now(other)) into.set(now(from), now(other));
		tally?.merge(from, other);
	}

	async function repeat(message: Message): Promise<void> {
		if (message.kind === "merge") await merge(message, null);
		else if (isAgain(message)) await deliver([message], null);
	}

	/** What a clock that was set back has put after an erasure is of the person's new life. */
	const isAgain = ({ command: { identities, timestamp }, said }: Message & { kind: "command" }): boolean =>
		(tally?.isTold(said) ?? true) &&
		!identities.some(({ value }) =>
			gone.some(({ canary, at }) => value.startsWith(canary) && timestamp > at),
		);

	async function sign(): Promise<void> {
		for (const { notary, promises, ledger } of shards) {
			const checkpoint = await notary.checkpoint();
			expect(ledger.trouble()).toBeNull();
			if (checkpoint !== null) promises.signed(checkpoint.note);
		}
	}

	/** Dies in the middle of a transaction. */
	async function crash(): Promise<void> {
		const { sql, ledger } = at(0);
		const commands = people.map((who) => {
			const add = { action: "point_add", who, data: { points: 9 }, account: "main", late: 0, guest: false };
			return messageOf(add).command;
		});
		expect(() =>
			sql.transaction(() => {
				if (count === 1) ledger.record(commands);
				else sql.query("DELETE FROM claim WHERE holder NOT IN (SELECT key FROM event)");
				throw new Dead("the process dies");
			}),
		).toThrow("dies");
		await revive();
	}

	const backupOf = (_shard: Shard, index: number): string => join(folder, `backup-${index}.db`);

	function save(): void {
		for (const [index, shard] of shards.entries()) {
			shard.sql.scrub();
			copyFileSync(shard.path, backupOf(shard, index));
		}
		backup = { sent: sent.length, into: new Map(into), tally: tally?.save() };
	}

	/** An older file takes the place of the newer; erasures are done again first, and then everything is sent again. */
	async function restore(): Promise<void> {
		if (backup === undefined) return;
		reopen(backupOf);
		into = new Map(backup.into);
		// Whom they were merged into before goes at the start too: they are erased together.
		for (const { who, sent: after } of gone) if (after > backup.sent) into.delete(who);
		for (const shard of shards) shard.promises.restored(shard);
		if (backup.tally !== undefined) tally?.load(backup.tally);
		await start();
		tally?.eraseAgain();
		for (const { notary, ledger } of shards) {
			if (ledger.trouble() !== null) await notary.accept("admin");
		}
		checkFiles();
		for (const message of sent.slice(backup.sent)) await repeat(message);
	}

	/** What holds after every step, and when the process has just died. */
	function check(): void {
		expect(failures).toEqual([]);
		for (const shard of shards) shard.promises.check(shard);
		if (count > 1) expect(staleClaims(shards, { now: time.now, underWay })).toEqual([]);
		for (const { sql } of shards) {
			for (const table of personal) {
				const text = JSON.stringify(sql.query(`SELECT * FROM ${table}`));
				expect(gone.filter(({ canary }) => text.includes(canary))).toEqual([]);
			}
		}
	}

	/** What everybody has is what the documents say, and nothing was lost or made on the way. */
	function checkTally(): void {
		const books = booksOf(shards);
		expect(Object.keys(books).filter((book) => book.endsWith("/moved"))).toEqual([]);
		if (tally === undefined) return;
		const lost = Object.fromEntries(
			Object.entries(books).flatMap(([book, points]) => {
				const [account = "", name] = book.split("/");
				return name === "forfeited" ? [[account, points]] : [];
			}),
		);
		expect(lost).toEqual(withoutNothing(tally.forfeited()));
		for (const who of people) {
			const expected = tally.numbers(who);
			if (expected === undefined && now(who) !== who) continue;
			const [customer] = shards.flatMap(({ ledger }) => ledger.customer(who) ?? []);
			const found = customer?.accounts.map((account) => {
				const { score, spent, pending, reserved, spendable } = account;
				return [account.account, { score, spent, pending, reserved, spendable }] as const;
			});
			expect({ who, has: found && withoutNothing(Object.fromEntries(found)) }).toEqual({
				who,
				has: expected && withoutNothing(expected),
			});
		}
	}

	/** No byte of what the erased have said is in any file, backups apart: they go by their age. */
	function checkFiles(): void {
		const files = readdirSync(folder).filter((name) => !name.startsWith("backup-") && !name.endsWith("-shm"));
		for (const name of files) {
			const text = readFileSync(join(folder, name), "latin1");
			const found = new Set(text.match(/canary-[a-z]+-\d+-/g));
			expect({ name, found: gone.filter(({ canary }) => found.has(canary)) }).toEqual({ name, found: [] });
		}
	}

	return {
		take: async (step: Step): Promise<void> => {
			await take(step);
			check();
			checkTally();
		},
		/** All that was ever signed is of the log as it is, and what was erased is nowhere. */
		end: async (): Promise<void> => {
			await sign();
			for (const { notary } of shards) {
				const { problems } = await notary.verify([]);
				expect(problems).toEqual([]);
			}
			checkFiles();
		},
		close: (): void => {
			for (const { sql } of shards) sql.close();
			rmSync(folder, { recursive: true });
		},
	};
}

/** A minute before the second, and twice as long before each that follows: longer than any clock is set back. */
const triesMax = 14;

const personal = ["body", "customer", "identity", '"transaction"', "lot", "reservation", "tier", "errand"];

/** Where nothing is, it makes no difference whether somebody has said so. */
const withoutNothing = <Value>(values: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
	Object.fromEntries(Object.entries(values).filter(([, value]) => /[1-9]/.test(JSON.stringify(value))));
