import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { inboxShards } from "../../src/host/workers/shards.ts";

const utf8 = new TextDecoder();

/** Every row of an inbox, its bodies as text. */
const rowsOf = (shard: number): Promise<string> =>
	runInDurableObject(env.INBOX.getByName(String(shard)), (_object, { storage }) =>
		["delivery", "message", "fetch"]
			.flatMap((table) => storage.sql.exec(`SELECT * FROM ${table}`).toArray())
			.flatMap((row) => Object.values(row))
			.map((value) => (value instanceof ArrayBuffer ? utf8.decode(value) : String(value)))
			.join("\n"),
	);

/** All that inboxes and the files store hold. */
export async function stored(): Promise<string> {
	const { objects } = await env.FILES.list();
	const files = objects.map(async ({ key }) => (await env.FILES.get(key))?.text());
	const shards = Array.from({ length: inboxShards }, (_, shard) => rowsOf(shard));
	return (await Promise.all([...files, ...shards])).join("\n");
}
