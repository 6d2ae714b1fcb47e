import { DurableObject } from "cloudflare:workers";
import type { Remote } from "../../model/cell.ts";
import { invariant } from "../../model/result.ts";
import { type Office, openOffice } from "../../office/office.ts";
import { openTokens, type Tokens } from "../../sync/tokens.ts";
import { nodeCrypto } from "../crypto.ts";
import { callOf, remoteHere } from "./cell.ts";
import { definitions } from "./definitions.ts";
import type { Env } from "./env.ts";
import { openSql } from "./sql.ts";

/** The office: the one object of its kind. It also keeps the tokens by which others are asked, in memory. */
export class OfficeObject extends DurableObject<Env> {
	readonly #methods: Remote<Office> & Tokens;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const { HUB_SECRET_KEY, HUB_ADMIN_PASSWORD } = env;
		invariant(HUB_SECRET_KEY?.length >= 16, "HUB_SECRET_KEY has 16 characters or more");
		invariant(HUB_ADMIN_PASSWORD?.length >= 8, "HUB_ADMIN_PASSWORD has 8 characters or more");
		const sql = openSql(ctx.storage);
		const secretKey = nodeCrypto.sha256(`hub secret key\n${HUB_SECRET_KEY}`);
		const { judge } = definitions.catalogue;
		const office = openOffice({ sql, crypto: nodeCrypto, clock: Date.now, secretKey, judge });
		office.offer(definitions.files);
		office.setPassword("admin", HUB_ADMIN_PASSWORD);
		const tokens = openTokens({ fetch: (request) => fetch(request), clock: Date.now });
		this.#methods = { ...remoteHere(sql, office), ...tokens };
	}

	call(name: string, args: readonly unknown[]): Promise<unknown> {
		return callOf(this.#methods, name, args);
	}
}
