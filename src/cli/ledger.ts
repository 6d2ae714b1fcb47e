import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { Unusable } from "./client.ts";
import { ask, print } from "./print.ts";

const rebuilt = z.object({ events: z.number(), differences: z.array(z.string()) });

const verified = z.object({
	events: z.number(),
	erased: z.number(),
	erasedEvents: z.array(z.string()),
	checkpoints: z.number(),
	accepted: z.number(),
	problems: z.array(z.string()),
	moreProblems: z.number(),
});

const kept = z.object({ name: z.string(), note: z.string() });
const checkpoints = z.object({
	data: z.array(kept.extend({ origin: z.string(), size: z.number(), verifier: z.string() })),
});
const accepted = z.object({
	data: z.array(z.object({ acceptance: kept, checkpoint: kept })),
	reopened: z.number(),
});
const proof = z.object({
	receipt: z.string(),
	verifier: z.string(),
	event: z.looseObject({ id: z.string() }),
});

/** `ledger rebuild|verify|checkpoint|proof|accept`. */
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
	ledger
		.command("verify")
		.description("compute every event's hash and the whole log again; exit 1 where anything was altered")
		.option(
			"--checkpoint <path>",
			"also compare with a checkpoint that was kept, or a folder of them (`*.note`)",
		)
		.action(async ({ checkpoint }: { readonly checkpoint?: string }, self: Command) => {
			const notes = checkpoint === undefined ? [] : notesAt(checkpoint);
			const result = verified.parse(await ask("POST", "/ledger/verify", { checkpoints: notes }));
			if (result.problems.length > 0) process.exitCode = 1;
			print(self, result, wordsOf);
		});
	ledger
		.command("checkpoint")
		.description("sign the ledger as it is now, keep the checkpoint outside, and print it")
		.action(async (_options: unknown, self: Command) => {
			const result = checkpoints.parse(await ask("POST", "/ledger/checkpoint"));
			print(self, result.data, (all) =>
				all.length === 0
					? "there is nothing to sign: no event is recorded, or the ledger is behind"
					: all.map(({ note, verifier }) => `${note}\nverifier ${verifier}`).join("\n\n"),
			);
		});
	ledger
		.command("proof")
		.argument("<event>", "an event's id")
		.description("print a receipt that proves, without the hub, that the event is in the ledger")
		.option("--out <folder>", "write `<event>.tlog-proof` and `<event>.json` there")
		.action(async (event: string, { out }: { readonly out?: string }, self: Command) => {
			const result = proof.parse(await ask("GET", `/events/${encodeURIComponent(event)}/proof`));
			const files = out === undefined ? null : written(out, result);
			print(self, result, ({ receipt, verifier }) =>
				files === null
					? `${receipt}\nverifier ${verifier}`
					: `written: ${files.join(", ")}\nverifier ${verifier}`,
			);
		});
	ledger
		.command("accept")
		.description("go on with a ledger that is not what was signed; a signed note keeps what is missing")
		.action(async (_options: unknown, self: Command) => {
			const result = accepted.parse(await ask("POST", "/ledger/accept"));
			print(self, result, ({ data, reopened }) =>
				[
					...data.map(({ acceptance }) => acceptance.note),
					`${reopened} messages whose events were lost are sent to the ledger again`,
				].join("\n"),
			);
		});
	return [ledger];
}

function wordsOf(result: z.output<typeof verified>): string {
	const { events, erased, checkpoints: compared, accepted: excused, problems, moreProblems } = result;
	const about = `${events} events, ${erased} of erased persons, compared with ${compared} checkpoints`;
	const excuse = excused === 0 ? [] : [`${excused} checkpoints are of what was accepted to be missing`];
	if (problems.length === 0) return [`${about}: nothing was altered`, ...excuse].join("\n");
	const more = moreProblems === 0 ? [] : [`and ${moreProblems} more`];
	return [`${about}; ${problems.length + moreProblems} problems:`, ...problems, ...more, ...excuse].join(
		"\n",
	);
}

/** The notes in a file, or in all files of a folder that are called so. */
function notesAt(path: string): readonly string[] {
	try {
		if (!statSync(path).isDirectory()) return [readFileSync(path, "utf8")];
		return readdirSync(path, { recursive: true, encoding: "utf8" })
			.filter((name) => /\d\.note$/.test(name) && !name.includes("acceptances"))
			.map((name) => readFileSync(join(path, name), "utf8"));
	} catch (error) {
		throw new Unusable(`${path} can not be read: ${String(error)}`);
	}
}

function written(folder: string, { event, receipt }: z.output<typeof proof>): readonly string[] {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const files = [
		[join(folder, `${event.id}.tlog-proof`), receipt],
		[join(folder, `${event.id}.json`), `${JSON.stringify(event)}\n`],
	] as const;
	for (const [path, text] of files) writeFileSync(path, text, { mode: 0o600 });
	return files.map(([path]) => path);
}
