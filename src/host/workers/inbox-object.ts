import { DurableObject } from "cloudflare:workers";
import { drain, type Hub } from "../../hub.ts";
import { type Inbox, openInbox } from "../../inbox/inbox.ts";
import type { Remote } from "../../model/cell.ts";
import { limits } from "../../model/limits.ts";
import { callOf, remoteHere } from "./cell.ts";
import type { Env } from "./env.ts";
import { openHub } from "./open-hub.ts";
import { inboxShards, shardOf } from "./shards.ts";
import { openSql } from "./sql.ts";

/** One shard of the inbox, drained by its own alarm. */
export class InboxObject extends DurableObject<Env> {
	readonly #shard: number;
	readonly #inbox: Remote<Inbox>;
	readonly #hub: Hub;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const sql = openSql(ctx.storage);
		this.#shard = shardOf(ctx, inboxShards);
		this.#inbox = remoteHere(sql, openInbox({ sql, clock: Date.now, shard: this.#shard }));
		this.#hub = openHub(env, { shard: this.#shard, inbox: this.#inbox });
	}

	async call(name: string, args: readonly unknown[]): Promise<unknown> {
		const value = await callOf(this.#inbox, name, args);
		await this.#setAlarm();
		return value;
	}

	/** One turn of the drain. It never throws: the platform gives an alarm up that failed seven times. */
	override async alarm(): Promise<void> {
		try {
			await drain(this.#hub, this.#shard);
			await this.#setAlarm();
		} catch (error) {
			this.#hub.log.error("a turn of the drain failed and will be taken again", {
				inbox: this.#shard,
				error: String(error),
			});
			// What the turn took is leased until then.
			await this.ctx.storage.setAlarm(Date.now() + limits.leaseMs);
		}
	}

	/** Whatever makes work, the alarm is set for when it is due, in the commit that made it. */
	async #setAlarm(): Promise<void> {
		const set = await this.ctx.storage.getAlarm();
		const due = await this.#inbox.wakeAt();
		if (due !== null && (set === null || due < set)) await this.ctx.storage.setAlarm(due);
	}
}
