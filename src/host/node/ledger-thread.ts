/** The thread in which the ledger lives: it opens the file it is given, and makes calls until it is told to close. */
import { parentPort, workerData } from "node:worker_threads";
import type { Program } from "../../catalog/program.ts";
import { openLedger } from "../../ledger/ledger.ts";
import type { Signing } from "../../ledger/merkle/signing.ts";
import { writtenOnce } from "../../ledger/schema.ts";
import { invariant } from "../../model/result.ts";
import { nodeCrypto } from "../crypto.ts";
import { type Answer, type CallGroup, type FileCall, perform } from "./cell.ts";
import { cacheBytesFor, openSqlite } from "./sqlite.ts";

/** What the ledger's thread is started with. */
export interface LedgerThreadData {
	readonly path: string;
	readonly program: Program;
	readonly signing: Signing;
}

/** What it may be told while it runs. */
export interface LedgerNews {
	readonly program: Program;
}

const { path, program: first, signing } = workerData as LedgerThreadData;
const port = parentPort;
invariant(port !== null, "the ledger's thread is started by the hub");

let now = 0;
let program = first;
const sql = openSqlite(path, cacheBytesFor(path));
const ledger = openLedger({
	sql,
	crypto: nodeCrypto,
	clock: () => now,
	program: () => program,
	signing,
	shard: 0,
	shards: 1,
});
sql.writeOnce(writtenOnce);
port.on("message", (message: CallGroup | LedgerNews | FileCall | null) => {
	if (message === null) {
		sql.close();
		port.close();
		return;
	}
	if ("program" in message) {
		program = message.program;
		return;
	}
	if ("file" in message) {
		port.postMessage(answersOf(message));
		return;
	}
	now = message.now;
	port.postMessage(perform(sql, ledger, message.calls));
});
port.postMessage(Object.keys(ledger));

/** Such calls have transactions of their own. */
function answersOf({ file }: FileCall): readonly Answer[] {
	try {
		const method = sql[file.name] as (...args: readonly unknown[]) => unknown;
		return [{ ok: true, value: method(...file.args) }];
	} catch (error) {
		return [{ ok: false, error }];
	}
}
