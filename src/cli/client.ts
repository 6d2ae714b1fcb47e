import { projectRoot, readDefinitions } from "../host/node/definitions.ts";
import { readEnvironment } from "../host/node/environment.ts";
import { lockFolder } from "../host/node/lock.ts";
import { openLog } from "../host/node/log.ts";
import { openNodeHub } from "../host/node/open-hub.ts";
import { readRunFile } from "../host/node/run-file.ts";

/** Wrong usage, or a state of things in which a command can not do its work: exit 2. */
export class Unusable extends Error {
	override readonly name = "Unusable";
}

/** `/api`, wherever it is. A body that is a text goes as it is, any other as JSON. */
export type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** An answer of `/api` that is too large to be held at once. */
export type Open = (path: string) => Promise<ReadableStream<Uint8Array>>;

export interface Answer {
	readonly status: number;
	readonly body: unknown;
}

/**
 * Runs `work` against the hub of the data folder: the running one, found by its `run.json`, or, where none runs, one
 * that is opened for this command and closed after it. Throws `Unusable` where somebody else holds the folder.
 */
export async function withHub<Value>(work: (call: Call, open: Open) => Promise<Value>): Promise<Value> {
	const environment = readEnvironment(process.env);
	if (!environment.ok) throw new Unusable(environment.failure.join("\n"));
	const { data, host, port, publicUrl } = environment.value;
	const lock = lockFolder(data);
	if (lock === null) {
		const run = readRunFile(data);
		if (run === null)
			throw new Unusable(`another process holds ${data}, and left no run.json to reach it by`);
		const send: Send = (path, init) => fetch(run.url + path, init);
		return work(callOf(send, run.token), openOf(send, run.token));
	}
	const definitions = readDefinitions(projectRoot);
	if (!definitions.ok) throw new Unusable(definitions.failure.join("\n"));
	const hub = await openNodeHub({
		environment: environment.value,
		definitions: definitions.value,
		log: openLog(),
		publicUrl: () => publicUrl ?? `http://${host}:${port}`,
	});
	try {
		const send: Send = async (path, init) => hub.app.request(path, init);
		return await work(callOf(send, hub.localToken), openOf(send, hub.localToken));
	} finally {
		await hub.close();
		lock.release();
	}
}

type Send = (path: string, init: RequestInit) => Promise<Response>;

const openOf =
	(send: Send, token: string): Open =>
	async (path) => {
		const response = await send(`/api${path}`, { headers: { Authorization: `Bearer ${token}` } });
		if (response.status !== 200 || response.body === null) throw new Unusable(`status ${response.status}`);
		return response.body;
	};

const callOf =
	(request: Send, token: string): Call =>
	async (method, path, body) => {
		const response = await request(`/api${path}`, {
			method,
			headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
			...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
		});
		return { status: response.status, body: await response.json().catch(() => null) };
	};
