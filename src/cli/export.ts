import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command } from "commander";
import { withHub } from "./client.ts";
import { print } from "./print.ts";

/** `export ledger`. */
export function exportCommand(): Command {
	const command = new Command("export").description("copies of what the hub holds");
	command
		.command("ledger")
		.argument("<folder>", "where to write `ledger.ndjson`")
		.description(
			"write the whole ledger with all that it takes to verify it elsewhere (`node scripts/verify-ledger.mjs <folder>`); " +
				"it holds personal data",
		)
		.action(async (folder: string, _options: unknown, self: Command) => {
			mkdirSync(folder, { recursive: true, mode: 0o700 });
			const file = join(folder, "ledger.ndjson");
			await withHub(async (_call, open) =>
				pipeline(
					Readable.fromWeb((await open("/ledger/export")) as Parameters<typeof Readable.fromWeb>[0]),
					createWriteStream(file, { mode: 0o600 }),
				),
			);
			print(self, { file }, () => `the ledger is in ${file}`);
		});
	return command;
}
