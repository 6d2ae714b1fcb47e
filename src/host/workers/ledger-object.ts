import { DurableObject } from "cloudflare:workers";
import { type Ledger, openLedger } from "../../ledger/ledger.ts";
import type { Question } from "../../ledger/shard.ts";
import type { Remote } from "../../model/cell.ts";
import { nodeCrypto } from "../crypto.ts";
import { callOf, remoteHere } from "./cell.ts";
import { definitions } from "./definitions.ts";
import { programFor } from "./door.ts";
import type { Env } from "./env.ts";
import { ledgerShards, shardOf } from "./shards.ts";
import { openSql } from "./sql.ts";

/** One shard of the ledger. */
export class LedgerObject extends DurableObject<Env> {
	readonly #ledger: Remote<Ledger>;
	#program = definitions.program;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const sql = openSql(ctx.storage);
		const place = { shard: shardOf(ctx, ledgerShards), shards: ledgerShards };
		this.#ledger = remoteHere(
			sql,
			openLedger({ sql, crypto: nodeCrypto, clock: Date.now, program: () => this.#program, ...place }),
		);
	}

	async call(name: string, args: readonly unknown[]): Promise<unknown> {
		this.#program = await programFor(name === "answer" ? appendedIn(args) : []);
		return callOf(this.#ledger, name, args);
	}
}

/** The actions that are to be appended, in what `answer` is asked. */
function appendedIn([questions]: readonly unknown[]): readonly string[] {
	// What comes by RPC is what `recorderAcross` sent.
	return (questions as readonly Question[]).flatMap(({ kind, asked }) =>
		kind === "append" ? [asked.command.action] : [],
	);
}
