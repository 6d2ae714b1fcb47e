import { mkdtempSync, rmSync } from "node:fs";
import { Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import type { Definitions } from "../../src/host/definitions.ts";
import { projectRoot, readDefinitions } from "../../src/host/node/definitions.ts";
import { readEnvironment } from "../../src/host/node/environment.ts";
import { type NodeHub, openNodeHub } from "../../src/host/node/open-hub.ts";
import type { Clock } from "../../src/model/clock.ts";
import type { Log } from "../../src/model/log.ts";
import { invariant } from "../../src/model/result.ts";
import type { OfferedFiles } from "../../src/office/office.ts";
import { callerOf, type TestHub } from "./calls.ts";

/** A hub on this machine, with real files in a folder of its own and a real server on a port of its own. */
export interface NodeTestHub extends TestHub {
	/** What the hub said is wrong with itself: `warn` is about senders, `error` about the hub. */
	readonly errors: readonly string[];
	readonly port: number;
	/** What `run.json` would give the command line. */
	token(): string;
	/** The data folder. */
	readonly data: string;
	/** Files have changed; gives the troubles there are then. */
	offer: NodeHub["offer"];
	/** Closes, and opens the same folder again: as shipped, or by other definitions; `between` happens while it is closed. */
	reopen(definitions?: Definitions, between?: () => void): Promise<void>;
}

/** The definitions as shipped: read once, for they take a while to compile. */
export const shipped: Definitions = (() => {
	const loaded = readDefinitions(projectRoot);
	invariant(loaded.ok, "the shipped definitions are good");
	return loaded.value;
})();

/** As shipped, with these files beside the others. */
export const shippedWith = (files: Partial<OfferedFiles>): Definitions => ({
	...shipped,
	files: {
		actions: [...shipped.files.actions, ...(files.actions ?? [])],
		mappings: [...shipped.files.mappings, ...(files.mappings ?? [])],
	},
});

export async function openTestHub(
	clock?: Clock,
	first = shipped,
	variables: NodeJS.ProcessEnv = {},
): Promise<NodeTestHub> {
	const data = mkdtempSync(join(tmpdir(), "hub-test-"));
	const errors: string[] = [];
	let running = await start(first);

	async function start(definitions: Definitions): Promise<Running> {
		const environment = readEnvironment({
			HUB_DATA: data,
			HUB_ADMIN_PASSWORD: "correct horse",
			...variables,
		});
		invariant(environment.ok, "the environment is good");
		let url = "";
		const hub = await openNodeHub({
			environment: environment.value,
			definitions,
			log: logInto(errors),
			publicUrl: () => environment.value.publicUrl ?? url,
			...(clock === undefined ? {} : { clock }),
		});
		const { server, port } = await listen(hub);
		url = `http://127.0.0.1:${port}`;
		return { hub, server, port, url };
	}

	async function stop(): Promise<void> {
		const { hub, server } = running;
		const closed = new Promise((resolve) => server.close(resolve));
		server.closeAllConnections();
		await closed;
		await hub.close();
	}

	const send = (request: Request): Promise<Response> => fetch(request);
	return {
		errors,
		data,
		get url() {
			return running.url;
		},
		get port() {
			return running.port;
		},
		token: () => running.hub.localToken,
		fetch: send,
		...callerOf({ fetch: send, url: () => running.url, token: () => running.hub.localToken }),
		offer: (files) => running.hub.offer(files),
		reopen: async (definitions = shipped, between = () => {}) => {
			await stop();
			between();
			running = await start(definitions);
		},
		close: async () => {
			await stop();
			rmSync(data, { recursive: true });
		},
	};
}

interface Running {
	readonly hub: NodeHub;
	readonly server: Server;
	readonly port: number;
	readonly url: string;
}

function listen(hub: NodeHub): Promise<{ readonly server: Server; readonly port: number }> {
	return new Promise((resolve) => {
		const server = serve({ fetch: hub.app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
			invariant(server instanceof Server, "the hub is served over HTTP/1.1");
			resolve({ server, port });
		});
	});
}

const logInto = (errors: string[]): Log => ({
	info: () => {},
	warn: () => {},
	error: (fact, fields) => errors.push(`${fact} ${JSON.stringify(fields ?? {})}`),
});
