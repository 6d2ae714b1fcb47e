import { join } from "node:path";
import { nodeCrypto } from "../src/host/crypto.ts";
import { cacheBytesFor, openSqlite, type SqliteFile } from "../src/host/node/sqlite.ts";
import { commandOf } from "../src/ledger/command.ts";
import { type Ledger, openLedger } from "../src/ledger/ledger.ts";
import type { Command, PlannedEvent } from "../src/model/event.ts";
import type { Sql } from "../src/model/sql.ts";
import { definitions } from "./definitions.ts";

const benchSigning = { hub: "bench", seed: new Uint8Array(32), earlier: [] };

/** The ledger by itself, on a file, synced as the hub syncs it. */
export interface BenchLedger {
	readonly sql: SqliteFile;
	readonly ledger: Ledger;
	/** Records commands in one commit; each must be appended. */
	record(commands: readonly Command[]): void;
}

/** `through` may look at what the ledger asks of its database. */
export function openBenchLedger(folder: string, through = (sql: Sql): Sql => sql): BenchLedger {
	const path = join(folder, "ledger.db");
	const sql = openSqlite(path, cacheBytesFor(path));
	const { program } = definitions();
	const ledger = openLedger({
		sql: through(sql),
		crypto: nodeCrypto,
		clock: Date.now,
		program: () => program,
		signing: benchSigning,
		shard: 0,
		shards: 1,
	});
	return {
		sql,
		ledger,
		record: (commands) => {
			const recorded = sql.transaction(() => ledger.record(commands));
			const other = recorded.find(({ outcome }) => outcome?.kind !== "appended");
			if (other !== undefined)
				throw new Error(`a command was not appended: ${JSON.stringify(other.outcome)}`);
		},
	};
}

/** Makes commands as the planner does, of messages that are all different. */
export function openCommandMaker() {
	const { program } = definitions();
	const hubKey = nodeCrypto.randomBytes(32);
	let messages = 0;
	return (event: Pick<PlannedEvent, "action" | "data"> & { readonly customer: string }): Command =>
		commandOf({
			scope: "bench",
			messageId: `message-${messages++}`,
			event: {
				action: event.action,
				data: event.data,
				identities: [{ kind: "id", value: event.customer }],
				timestamp: Date.now(),
				slot: "",
			},
			program,
			hubKey,
			crypto: nodeCrypto,
			trust: "trusted",
			lenient: true,
			provenance: { source: "Segment", endpoint: "bench", delivery: "0".repeat(24), signed: true },
		});
}
