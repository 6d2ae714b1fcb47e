import { DurableObject } from "cloudflare:workers";
import { eraseAgain } from "../../erasure.ts";
import { type Ledger, openLedger } from "../../ledger/ledger.ts";
import { errandMs } from "../../ledger/limits.ts";
import { readSigning } from "../../ledger/merkle/signing.ts";
import type { Question } from "../../ledger/shard.ts";
import type { Remote } from "../../model/cell.ts";
import { invariant } from "../../model/result.ts";
import { type OpenNotary, openNotary } from "../../notary.ts";
import { nodeCrypto } from "../crypto.ts";
import { callOf, remoteHere } from "./cell.ts";
import { definitions } from "./definitions.ts";
import { programFor } from "./door.ts";
import type { Env } from "./env.ts";
import { consoleLog } from "./log.ts";
import { openHub } from "./open-hub.ts";
import { openOutside } from "./outside.ts";
import { ledgerShards, officeOf, shardOf } from "./shards.ts";
import { openSql } from "./sql.ts";

/** One shard of the ledger, with its notary. */
export class LedgerObject extends DurableObject<Env> {
	/** Where both have a method of one name, the notary's counts: it keeps outside what the ledger signs. */
	readonly #cell: Omit<Remote<Ledger>, keyof OpenNotary> & OpenNotary;
	readonly #shard: number;
	/** When this object's alarm is set for, as far as it knows: for the next checkpoint. */
	#alarm: number | null = null;
	#program = definitions.program;
	/** Where it was found to be behind, until that is done. */
	#isToEraseAgain = false;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const sql = openSql(ctx.storage);
		const shard = shardOf(ctx, ledgerShards);
		this.#shard = shard;
		const read = readSigning(nodeCrypto, env.HUB_SIGNING_KEY ?? "");
		invariant(read.ok, `HUB_SIGNING_KEY ${read.ok ? "" : read.failure}`);
		const signing = read.value;
		const place = { shard, shards: ledgerShards };
		const clock = (): number => Date.now();
		const ledger = remoteHere(
			sql,
			openLedger({ sql, crypto: nodeCrypto, clock, program: () => this.#program, signing, ...place }),
		);
		const notary = openNotary({
			ledger,
			outside: openOutside(env.HUB_CHECKPOINTS),
			hub: signing.hub,
			shard,
			clock,
			log: consoleLog,
		});
		this.#cell = { ...ledger, ...notary };
		void ctx.blockConcurrencyWhile(() => notary.compare()).then(() => this.#begin());
	}

	/** An object that was restored to its past does erasures again at once, by its alarm: they reach other objects. */
	async #begin(): Promise<void> {
		this.#isToEraseAgain = await this.#report();
		if (this.#isToEraseAgain) await this.#setAlarm(Date.now());
	}

	async call(name: string, args: readonly unknown[]): Promise<unknown> {
		this.#program = await programFor(name === "answer" ? appendedIn(args) : []);
		const value = await callOf(this.#cell, name, args);
		if (name === "answer") await this.#setAlarm(await this.#dueAfter(args));
		if (name === "accept" || name === "checkpoint") await this.#report();
		return value;
	}

	/** It does not throw: an alarm that has failed seven times is given up by the platform. */
	override async alarm(): Promise<void> {
		this.#alarm = null;
		try {
			const due = await this.#cell.tick();
			await this.#report();
			if (this.#isToEraseAgain) {
				await eraseAgain(openHub(), openOutside(this.env.HUB_CHECKPOINTS), this.#cell);
				this.#isToEraseAgain = false;
			}
			const { next } = await this.#cell.sweep(sweptAtOnce);
			const errands = await this.#cell.errands();
			if (errands.length > 0) await openHub().ledger.resume();
			await this.#setAlarm(earliest([due, next]));
		} catch (error) {
			consoleLog.error("the ledger was not looked after, and will be a minute later", {
				error: String(error),
			});
			await this.#setAlarm(Date.now() + afterFailureMs);
		}
	}

	/** What was begun here and not ended in a minute or so was left by somebody who died. */
	async #dueAfter(args: readonly unknown[]): Promise<number | null> {
		const begins = askedIn(args).some(({ kind }) => kind === "mergeOut" || kind === "erase");
		const { next } = await this.#cell.sweep(0);
		return earliest([
			await this.#cell.checkpointDue(),
			next,
			begins ? Date.now() + errandMs + afterFailureMs : null,
		]);
	}

	/**
	 * Tells the office what has changed of this shard's troubles, which is asked for them while this object sleeps. Says whether
	 * there are any.
	 */
	async #report(): Promise<boolean> {
		const troubles = await this.#cell.troubles();
		const text = troubles.join("\n");
		if (text !== ((await this.ctx.storage.get<string>(reported)) ?? "")) await this.#tell(troubles, text);
		return troubles.length > 0;
	}

	async #tell(troubles: readonly string[], text: string): Promise<void> {
		try {
			await officeOf(this.env).setTroubles(`ledger ${this.#shard}`, troubles);
			await this.ctx.storage.put(reported, text);
		} catch (error) {
			consoleLog.error("the office was not told of a ledger's troubles", { error: String(error) });
		}
	}

	async #setAlarm(due: number | null): Promise<void> {
		if (due === null || (this.#alarm !== null && this.#alarm <= due)) return;
		this.#alarm = due;
		await this.ctx.storage.setAlarm(Math.max(due, Date.now()));
	}
}

/** Under this key the object keeps what it has told the office. */
const reported = "troubles";

/** A tick that failed is called again after this. */
const afterFailureMs = 60_000;

/** The actions that are to be appended, in what `answer` is asked. */
const appendedIn = (args: readonly unknown[]): readonly string[] =>
	askedIn(args).flatMap(({ kind, asked }) => (kind === "append" ? [asked.command.action] : []));

/** What comes by RPC is what `recorderAcross` sent. */
const askedIn = ([questions]: readonly unknown[]): readonly Question[] => questions as readonly Question[];

const earliest = (times: readonly (number | null)[]): number | null => {
	const next = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
	return Number.isFinite(next) ? next : null;
};

const sweptAtOnce = 200;
