import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { openSql } from "../../src/host/workers/sql.ts";
import type { Sql } from "../../src/model/sql.ts";

/** Gives `body` the empty database of a Durable Object of its own. */
export const inBareObject = (body: (sql: Sql) => void | Promise<void>): Promise<void> =>
	runInDurableObject(env.BARE.get(env.BARE.newUniqueId()), (_object, { storage }) => body(openSql(storage)));
