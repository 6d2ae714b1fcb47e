import { Command } from "commander";
import { z } from "zod";
import { ask, print } from "./print.ts";

const rebuilt = z.object({ events: z.number(), differences: z.array(z.string()) });

/** `ledger rebuild`. */
export function ledgerCommands(): readonly Command[] {
	const ledger = new Command("ledger").description("the event ledger");
	ledger
		.command("rebuild")
		.description(
			"fold every event again, and compare balances, transactions and profiles; exit 1 where they differ",
		)
		.action(async (_options: unknown, self: Command) => {
			const result = rebuilt.parse(await ask("POST", "/ledger/rebuild"));
			if (result.differences.length > 0) process.exitCode = 1;
			print(self, result, ({ events, differences }) =>
				differences.length === 0
					? `${events} events folded; balances, transactions and profiles are what they give`
					: `${events} events folded; ${differences.length} differences:\n${differences.join("\n")}`,
			);
		});
	return [ledger];
}
