import { env } from "cloudflare:workers";
import { identityHash } from "../../ledger/command.ts";
import { nodeCrypto } from "../crypto.ts";
import { definitions } from "./definitions.ts";
import { door } from "./door.ts";
import { readsAcross } from "./reads.ts";
import { ledgerAt, ledgerShards } from "./shards.ts";

const hashOfId = async (value: string): Promise<string | undefined> => {
	const { hubKey } = await door.directory();
	return identityHash({ kind: "id", value }, { program: definitions.program, hubKey, crypto: nodeCrypto });
};

/** The ledger as it is read, from the Worker and from any object. */
export const ledgerReads = readsAcross({
	at: (shard) => ledgerAt(env, shard),
	shards: ledgerShards,
	hashOfId,
});
