import { DurableObject } from "cloudflare:workers";
import { type Ledger, openLedger } from "../../ledger/ledger.ts";
import { readSigning } from "../../ledger/merkle/signing.ts";
import type { Remote } from "../../model/cell.ts";
import { invariant } from "../../model/result.ts";
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
		const signing = readSigning(nodeCrypto, env.HUB_SIGNING_KEY ?? "");
		invariant(signing.ok, `HUB_SIGNING_KEY ${signing.ok ? "" : signing.failure}`);
		const parts = { sql, crypto: nodeCrypto, clock: Date.now, program: definitions.program };
		this.#ledger = remoteHere(sql, openLedger({ ...parts, signing: signing.value, ...place }));
	}

	call(name: string, args: readonly unknown[]): Promise<unknown> {
		return callOf(this.#ledger, name, args);
	}
}
