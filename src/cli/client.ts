import { mkdirSync } from "node:fs";
import { join } from "node:path";
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

export interface Answer {
	readonly status: number;
	readonly body: unknown;
}

/**
 * Runs `work` against the hub of the data folder: the running one, found by its `run.json`, or, where none runs, one
 * that is opened for this command and closed after it. Throws `Unusable` where somebody else holds the folder.
 */
export async function withHub<Value>(work: (call: Call) => Promise<Value>): Promise<Value> {
	const environment = readEnvironment(process.env);
	if (!environment.ok) throw new Unusable(environment.failure.join("\n"));
	const { data, host, port, publicUrl } = environment.value;
	mkdirSync(data, { recursive: true, mode: 0o700 });

	const lock = lockFolder(join(data, "lock.db"));
	if (lock === null) {
		const run = readRunFile(data);
		if (run === null)
			throw new Unusable(`another process holds ${data}, and left no run.json to reach it by`);
		return work(callOf((path, init) => fetch(run.url + path, init), run.token));
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
		return await work(callOf(async (path, init) => hub.app.request(path, init), hub.localToken));
	} finally {
		await hub.close();
		lock.release();
	}
}

const callOf =
	(request: (path: string, init: RequestInit) => Promise<Response>, token: string): Call =>
	async (method, path, body) => {
		const response = await request(`/api${path}`, {
			method,
			headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
			...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
		});
		return { status: response.status, body: await response.json().catch(() => null) };
	};
