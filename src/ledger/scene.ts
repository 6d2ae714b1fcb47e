import type { PointsRules } from "../catalog/points.ts";
import type { Crypto } from "../model/crypto.ts";
import type { Command } from "../model/event.ts";
import type { JsonObject } from "../model/json.ts";
import type { EventOutcome } from "../model/outcome.ts";
import { invariant } from "../model/result.ts";
import type { Sql } from "../model/sql.ts";
import { exampleProgram, noon, openExample, openSender, type ProgramTexts, type Sent } from "./fixture.ts";
import type { Ledger } from "./ledger.ts";

/** What a host gives the suites. */
export interface LedgerHost {
	/** Runs a test over an empty database. */
	readonly withSql: (body: (sql: Sql) => void) => void | Promise<void>;
	readonly crypto: Crypto;
}

/** A ledger on its own, with a clock that can be set. */
export interface Scene {
	readonly sql: Sql;
	readonly ledger: Ledger;
	readonly time: { now: number };
	readonly command: (action: string, data?: JsonObject, sent?: Sent) => Command;
	/** Records one command in a transaction of its own. */
	readonly record: (command: Command) => EventOutcome;
	/** Makes the command and records it. */
	readonly send: (action: string, data?: JsonObject, sent?: Sent) => EventOutcome;
	/** Antavo's numbers of the main account. */
	readonly numbers: (customer?: string) => {
		score: number;
		spent: number;
		pending: number;
		spendable: number;
	};
}

export function openScene(
	sql: Sql,
	crypto: Crypto,
	rules: Partial<PointsRules>,
	files: ProgramTexts = {},
): Scene {
	const time = { now: noon };
	const program = exampleProgram(rules, files);
	const ledger = openExample({ sql, crypto, clock: () => time.now, program: () => program });
	const command = openSender(program, crypto);
	const record = (one: Command): EventOutcome => {
		const [recorded] = sql.transaction(() => ledger.record([one]));
		invariant(recorded?.key === one.key, "a command is answered under its key");
		return recorded?.outcome ?? { kind: "failed", reason: "there is no outcome" };
	};
	return {
		sql,
		ledger,
		time,
		command,
		record,
		send: (action, data, sent) => record(command(action, data, sent)),
		numbers: (customer = "ada") => {
			const main = ledger.customer(customer)?.accounts.find(({ account }) => account === "main");
			const { score = 0, spent = 0, pending = 0, spendable = 0 } = main ?? {};
			return { score, spent, pending, spendable };
		},
	};
}
