import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";

/** Runs a program of the hub on a data folder. */
const run = (program: string, words: readonly string[], variables: NodeJS.ProcessEnv) =>
	spawn(process.execPath, [join(projectRoot, program), ...words], {
		env: { ...process.env, PORT: "0", ...variables },
		stdio: ["ignore", "pipe", "pipe"],
	});

it("names every development key at the start", { timeout: 60_000 }, async () => {
	const data = mkdtempSync(join(tmpdir(), "hub-start-"));
	onTestFinished(() => rmSync(data, { recursive: true }));
	const made = run("src/cli/hub.ts", ["--json", "key", "create", "--development", "--name", "laptop"], {
		HUB_DATA: data,
	});
	const { apiKey } = JSON.parse(await text(made.stdout)) as { readonly apiKey: string };

	const greeting = async (HUB_PRODUCTION: string): Promise<string> => {
		const hub = run("src/host/node/start.ts", [], { HUB_DATA: data, HUB_PRODUCTION });
		const [first] = (await once(hub.stdout, "data")) as [Buffer];
		hub.kill("SIGTERM");
		await once(hub, "exit");
		return first.toString();
	};
	expect(await greeting("false")).toContain(
		`Warning: the development key ${apiKey} (laptop) is believed without a signature; \`key revoke ${apiKey}\` ends`,
	);
	expect(await greeting("true")).toContain(
		`Warning: the development key ${apiKey} (laptop) is refused, because HUB_PRODUCTION is true`,
	);
});

it("says in a line why it can not be opened, and never that problems were found", {
	timeout: 60_000,
}, async () => {
	const data = mkdtempSync(join(tmpdir(), "hub-start-"));
	onTestFinished(() => rmSync(data, { recursive: true }));
	const said = async (program: string, words: readonly string[], variables: NodeJS.ProcessEnv) => {
		const made = run(program, words, { HUB_DATA: data, ...variables });
		const [errors, [code]] = await Promise.all([text(made.stderr), once(made, "exit")]);
		return { code, errors };
	};
	const ofBoth = async (variables: NodeJS.ProcessEnv) => [
		await said("src/host/node/start.ts", [], variables),
		await said("src/cli/hub.ts", ["ledger", "verify"], variables),
	];
	const twice = (errors: string) => [
		{ code: 2, errors },
		{ code: 2, errors },
	];

	expect(await said("src/cli/hub.ts", ["ledger", "verify"], {})).toEqual({ code: 0, errors: "" });
	const other = { HUB_SECRET_KEY: "a key that it was not" };
	expect(await ofBoth(other)).toEqual(
		twice(
			`${join(data, "office.db")} can not be opened: its secrets are sealed under another key; set HUB_SECRET_KEY ` +
				"to what it was, or where none was set, put back the data folder's secret.key\n",
		),
	);
	writeFileSync(join(data, "ledger.db"), "nothing that SQLite has written".repeat(1_000));
	expect(await ofBoth({})).toEqual(
		twice(`${join(data, "ledger.db")} can not be opened: file is not a database\n`),
	);
	const file = join(data, "secret.key");
	expect(await ofBoth({ HUB_DATA: file })).toEqual(
		twice(`the data folder ${file} can not be written: EEXIST: file already exists, mkdir '${file}'\n`),
	);
	rmSync(join(data, "lock.db"));
	mkdirSync(join(data, "lock.db"));
	expect(await ofBoth({})).toEqual(
		twice(`the data folder ${data} can not be written: unable to open database file\n`),
	);
});
