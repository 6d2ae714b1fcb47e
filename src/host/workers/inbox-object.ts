import { DurableObject } from "cloudflare:workers";
import { drain, type Hub } from "../../hub.ts";
import { type Inbox, openInbox } from "../../inbox/inbox.ts";
import type { Remote } from "../../model/cell.ts";
import { callOf, remoteHere } from "./cell.ts";
import type { Env } from "./env.ts";
import { openHub } from "./open-hub.ts";
import { inboxShards, shardOf } from "./shards.ts";
import { openSql } from "./sql.ts";

/** A turn that failed as a whole is tried again after this. */
const afterFailureMs = 1_000;

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
		this.#hub = openHub({ shard: this.#shard, inbox: this.#inbox });
	}

	async call(name: string, args: readonly unknown[]): Promise<unknown> {
		const value = await callOf(this.#inbox, name, args);
		await this.#setAlarm(Date.now());
		return value;
	}

	/** One turn of the drain. It does not throw: an alarm that has failed seven times is given up by the platform. */
	override async alarm(): Promise<void> {
		try {
			const next = await drain(this.#hub, this.#shard);
			await this.#setAlarm(Math.max(Date.now(), next ?? 0));
		} catch (error) {
			const fields = { inbox: this.#shard, error: String(error) };
			this.#hub.log.error("a turn of the drain failed and will be taken again", fields);
			await this.#setAlarm(Date.now() + afterFailureMs);
		}
	}

	/** Sets the alarm for when the next turn is due, and not before `earliest`; one that is set for sooner stays. */
	async #setAlarm(earliest: number): Promise<void> {
		const set = await this.ctx.storage.getAlarm();
		const due = await this.#inbox.wakeAt();
		if (due === null) return;
		const at = Math.max(due, earliest);
		if (set === null || at < set) await this.ctx.storage.setAlarm(at);
	}
}
