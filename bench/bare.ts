import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { stop } from "./hub.ts";

/** The server that a webhook is measured against, in a process of its own. */
export interface BareServer {
	readonly port: number;
	stop(): Promise<void>;
}

export async function openBareServer(folder: string, secret: string): Promise<BareServer> {
	const path = join(mkdtempSync(join(folder, "bare-")), "bare.db");
	const server = fork(join(import.meta.dirname, "bare-process.ts"), [path, secret], {
		execArgv: [],
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});
	const [port] = (await once(server, "message")) as [number];
	return {
		port,
		stop: () => stop(server),
	};
}
