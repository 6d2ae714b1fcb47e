import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { projectRoot } from "../src/host/node/definitions.ts";

/** Runs a program of the hub on a data folder. */
const run = (program: string, words: readonly string[], variables: NodeJS.ProcessEnv) =>
	spawn(process.execPath, [join(projectRoot, program), ...words], {
		env: { ...process.env, PORT: "0", ...variables },
		stdio: ["ignore", "pipe", "inherit"],
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
