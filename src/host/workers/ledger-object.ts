import { DurableObject } from "cloudflare:workers";
import { type Ledger, openLedger } from "../../ledger/ledger.ts";
import type { Remote } from "../../model/cell.ts";
import { nodeCrypto } from "../crypto.ts";
import { callOf, remoteHere } from "./cell.ts";
import { definitions } from "./definitions.ts";
import type { Env } from "./env.ts";
import { ledgerShards, shardOf } from "./shards.ts";
import { openSql } from "./sql.ts";

/** One shard of the ledger. */
export class LedgerObject extends DurableObject<Env> {
	readonly #ledger: Remote<Ledger>;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const sql = openSql(ctx.storage);
		const place = { shard: shardOf(ctx, ledgerShards), shards: ledgerShards };
		this.#ledger = remoteHere(
			sql,
			openLedger({ sql, crypto: nodeCrypto, clock: Date.now, program: definitions.program, ...place }),
		);
	}

	call(name: string, args: readonly unknown[]): Promise<unknown> {
		return callOf(this.#ledger, name, args);
	}
}
