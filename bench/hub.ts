import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type RunFile, readRunFile } from "../src/host/node/run-file.ts";
import { post, send } from "./load.ts";
import { orderCompleted, signatureOf, signedUp } from "./segment.ts";

/** A running hub, and an endpoint of it that Segment's Webhooks destination could send to. */
export interface BenchHub {
	readonly port: number;
	/** Where signed deliveries go. */
	readonly path: string;
	readonly secret: string;
	readonly writeKey: string;
	/** Members of the program, opted in before anything is measured. */
	readonly customers: readonly string[];
	readonly call: HubProcess["call"];
	events(): Promise<number>;
	/** Resolves when the ledger has that many events, and nothing that was received waits. */
	drained(events: number): Promise<void>;
	/** Microseconds of all threads, since the hub started. */
	cpuTime(): Promise<number>;
	stop(): Promise<void>;
}

const customerCount = 400;
const secret = "a shared secret of the benchmark";

export interface HubProcess {
	readonly child: ChildProcess;
	readonly run: RunFile;
	readonly port: number;
	/** `/api` of the hub; any answer but 2xx is an error. */
	call(method: "GET" | "POST", path: string, body?: unknown): Promise<unknown>;
}

/** Starts a hub on a data folder, and waits until it listens. */
export async function startHub(data: string, port = 0, file = shippedHub): Promise<HubProcess> {
	const child = forkHub(data, port, file);
	const run = await listening(data, child);
	const call: HubProcess["call"] = async (method, path, body) => {
		const response = await fetch(`${run.url}/api${path}`, {
			method,
			headers: { Authorization: `Bearer ${run.token}`, "Content-Type": "application/json" },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		if (!response.ok)
			throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
		return response.json();
	};
	return { child, run, port: Number(new URL(run.url).port), call };
}

/** The file beside this one that runs the hub as it is. */
const shippedHub = "hub-process.ts";

export const forkHub = (data: string, port: number, file = shippedHub): ChildProcess =>
	fork(join(import.meta.dirname, file), {
		env: { ...process.env, HUB_DATA: data, PORT: String(port), HOST: "127.0.0.1" },
		execArgv: ["--import", requireNode, ...profiling()],
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});

/** As every npm script is run. */
const requireNode = join(import.meta.dirname, "..", "scripts", "require-node.mjs");

/** `HUB_BENCH_PROFILE=folder` leaves a CPU profile of every hub that was measured. */
function profiling(): string[] {
	const folder = process.env["HUB_BENCH_PROFILE"];
	return folder === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

async function listening(data: string, child: ChildProcess): Promise<RunFile> {
	while (child.exitCode === null) {
		const run = readRunFile(data);
		if (run !== null && run.pid === child.pid) return run;
		await sleep(5);
	}
	throw new Error(`the hub ended with ${child.exitCode} before it listened`);
}

export async function stop(child: ChildProcess): Promise<void> {
	const exit = once(child, "exit");
	child.kill("SIGTERM");
	await exit;
}

const endpointSchema = z.object({ url: z.string(), writeKey: z.string() });
const statusSchema = z.object({ messages: z.record(z.string(), z.number()) });
const ledgerSchema = z.object({ events: z.number() });

/** Starts a hub on a folder of its own, with an endpoint and members. */
export async function openBenchHub(folder: string, file = shippedHub): Promise<BenchHub> {
	const hub = await startHub(mkdtempSync(join(folder, "hub-")), 0, file);
	const { url, writeKey } = await createEndpoint(hub);
	const eventCount = async () => ledgerSchema.parse(await hub.call("GET", "/ledger")).events;

	const drained = async (events: number): Promise<void> => {
		for (;;) {
			const { messages } = statusSchema.parse(await hub.call("GET", "/status"));
			const recorded = await eventCount();
			if (recorded > events) throw new Error(`the ledger has ${recorded} events, and ${events} are due`);
			if (recorded === events && (messages["pending"] ?? 0) === 0) return;
			await sleep(50);
		}
	};

	const customers = Array.from({ length: customerCount }, (_, number) => `customer-${number}`);
	const path = new URL(url).pathname;
	await send(
		hub.port,
		customers.map((customer) => signed(path, JSON.stringify(signedUp(customer, Date.now())))),
	);
	await drained(customers.length);
	return {
		port: hub.port,
		path,
		secret,
		writeKey,
		customers,
		call: hub.call,
		events: eventCount,
		drained,
		cpuTime: async () => {
			const answered = once(hub.child, "message");
			hub.child.send("cpu");
			const [{ user, system }] = (await answered) as [NodeJS.CpuUsage];
			return user + system;
		},
		stop: () => stop(hub.child),
	};
}

export const createEndpoint = async (hub: HubProcess) =>
	endpointSchema.parse(
		await hub.call("POST", "/endpoints", {
			connector: "segment",
			name: "bench",
			secrets: { shared: secret },
		}),
	);

/** A delivery of Segment's Webhooks destination. */
const signed = (path: string, body: string): Buffer =>
	post(path, { "X-Signature": signatureOf(secret, body) }, body);

let orders = 0;

/** Signed deliveries of an order each, no two of them alike in the whole run. */
export const orderRequests = (
	path: string,
	lines: number,
	count: number,
	of: readonly string[],
): readonly Buffer[] =>
	Array.from({ length: count }, () => {
		const number = orders++;
		const customer = of[number % of.length] ?? "";
		return signed(path, orderCompleted({ number, lines, customer, at: Date.now() }));
	});
