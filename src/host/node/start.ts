/** `npm start`: the hub on this machine. */
import { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { projectRoot, readDefinitions, watchDefinitions } from "./definitions.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { lockFolder } from "./lock.ts";
import { openLog } from "./log.ts";
import { type NodeHub, openNodeHub } from "./open-hub.ts";
import { readRunFile, removeRunFile, writeRunFile } from "./run-file.ts";
import { Unopenable } from "./unopenable.ts";

/** Starts the hub, says how to use it, and runs until it is told to end. */
async function start(): Promise<void> {
	const environment = readEnvironment(process.env);
	if (!environment.ok) return fail(environment.failure);
	const { data, host, port, publicUrl } = environment.value;
	const lock = lockFolder(data);
	if (lock === null) return fail([heldBy(data)]);
	const definitions = readDefinitions(projectRoot);
	if (!definitions.ok) return fail(definitions.failure);

	const log = openLog();
	let url = "";
	const hub = await openNodeHub({
		environment: environment.value,
		definitions: definitions.value,
		log,
		publicUrl: () => publicUrl ?? url,
	});
	const server = serve({ fetch: hub.app.fetch, hostname: host, port }, (bound: AddressInfo) => {
		url = `http://${host.includes(":") ? `[${host}]` : host}:${bound.port}`;
		writeRunFile(data, { pid: process.pid, url, token: hub.localToken });
		void warningsOf(hub, environment.value).then((warnings) => greet(environment.value, warnings, url, hub));
	});
	const watched = watchDefinitions(
		projectRoot,
		async ({ needRestart, ...files }) => {
			const troubles = await hub.offer(files);
			if (troubles.length === 0) log.info("the actions and mappings in the folders are live");
			else
				log.error("not all actions and mappings in the folders are live", { troubles: troubles.join("\n") });
			if (needRestart) {
				log.warn(
					"settings in program/ have changed, other than its actions: they hold from the next start on",
				);
			}
		},
		(error) => {
			log.error("program/ and mappings/ could not be taken over, and what was live stays until they can be", {
				error: String(error),
			});
		},
	);
	server.on("error", (error) => {
		fail([`the hub can not listen on ${host} port ${port}: ${error.message}`]);
		process.exit(2);
	});

	const end = (): void => {
		removeRunFile(data);
		watched.close();
		server.close(() => {
			void hub.close().then(() => {
				lock.release();
				process.exit(0);
			});
		});
		if (server instanceof Server) server.closeIdleConnections();
	};
	process.once("SIGINT", end);
	process.once("SIGTERM", end);
}

function heldBy(data: string): string {
	const holder = readRunFile(data);
	const who = holder === null ? "another process" : `process ${holder.pid}, at ${holder.url},`;
	return `${who} holds ${data}; stop it, or set HUB_DATA to another folder`;
}

function fail(reasons: readonly string[]): void {
	for (const reason of reasons) console.error(reason);
	process.exitCode = 2;
}

/** What is open already, the ledger's thread for one, would keep the process. */
function failToOpen(error: unknown): void {
	if (!(error instanceof Unopenable)) throw error;
	fail([error.message]);
	process.exit();
}

/** What keeps the hub from its work, and who gets in without proving anything. */
async function warningsOf(hub: NodeHub, { production }: Environment): Promise<readonly string[]> {
	const keys = (await hub.developmentKeys()).map(({ key, name }) =>
		production
			? `the development key ${key} (${name}) is refused, because HUB_PRODUCTION is true`
			: `the development key ${key} (${name}) is believed without a signature; \`key revoke ${key}\` ends that`,
	);
	return [...(await hub.troubles()), ...keys];
}

/** What somebody who has just started the hub wants to know, in the order in which they want it. */
function greet(
	{ host, publicUrl, signing, environments }: Environment,
	warnings: readonly string[],
	url: string,
	hub: NodeHub,
): void {
	const lines = [
		`The hub is running at ${url}`,
		"",
		`  Back office  ${url}/office/`,
		hub.madePassword === null
			? "  Sign in      as admin, with HUB_ADMIN_PASSWORD or the password that the first start printed"
			: `  Sign in      as admin, password ${hub.madePassword}   (printed only this once)`,
	];
	if (hub.firstWriteKey !== null)
		lines.push("", "Send it something:", "", `  ${firstCall(url, hub.firstWriteKey)}`);
	lines.push("", "Or see all it does: npm run demo");
	for (const warning of warnings) lines.push("", `Warning: ${warning}`);
	if (!["127.0.0.1", "::1", "localhost"].includes(host) && !publicUrl?.startsWith("https:")) {
		lines.push(
			"",
			`Warning: ${host} can be reached from other machines, and HUB_PUBLIC_URL names no https address: what is ` +
				"sent can be read on its way. Put a TLS proxy before the hub.",
		);
	}
	if (signing === null && !environments.includes("local")) {
		lines.push(
			"",
			"Warning: HUB_SIGNING_KEY is not set: the key by which the ledger is signed lies beside the ledger, where whoever " +
				"can alter the one can use the other. Set it to what `openssl rand -hex 32` makes.",
		);
	}
	console.log(lines.join("\n"));
}

const firstCall = (url: string, writeKey: string): string =>
	`curl -u ${writeKey}: ${url}/v1/track -d '{"userId":"ada","event":"Signed Up","messageId":"first-1",` +
	`"properties":{"email":"ada@example.test","first_name":"Ada"}}'`;

await start().catch(failToOpen);
