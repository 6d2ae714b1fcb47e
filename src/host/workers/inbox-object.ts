import { DurableObject } from "cloudflare:workers";
import { type Courier, openCourier } from "../../courier.ts";
import { drain, type Hub } from "../../hub.ts";
import { type Inbox, openInbox } from "../../inbox/inbox.ts";
import type { Remote } from "../../model/cell.ts";
import { callOf, remoteHere } from "./cell.ts";
import type { Env } from "./env.ts";
import { ledgerReads } from "./ledger-reads.ts";
import { openHub } from "./open-hub.ts";
import { inboxShards, shardOf } from "./shards.ts";
import { openSql } from "./sql.ts";

/** A turn that failed as a whole is tried again after this. */
const afterFailureMs = 1_000;

/** The platform lets six connections wait for an answer; every other would wait for them. Each shard has its own. */
const callbackPlaces = { all: 6, site: 3 } as const;

/** One shard of the inbox, drained by its own alarm. */
export class InboxObject extends DurableObject<Env> {
	readonly #shard: number;
	readonly #inbox: Remote<Inbox>;
	readonly #hub: Hub;
	readonly #courier: Courier;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const sql = openSql(ctx.storage);
		this.#shard = shardOf(ctx, inboxShards);
		this.#inbox = remoteHere(sql, openInbox({ sql, clock: Date.now, shard: this.#shard }));
		this.#hub = openHub({ shard: this.#shard, inbox: this.#inbox });
		this.#courier = openCourier({
			hub: this.#hub,
			inbox: this.#inbox,
			ledger: ledgerReads,
			fetch: (request) => fetch(request),
			places: callbackPlaces,
			ended: () => void this.#courier.dueAt().then((due) => this.#setAlarm(due)),
		});
	}

	async call(name: string, args: readonly unknown[]): Promise<unknown> {
		const value = await callOf(this.#inbox, name, args);
		await this.#setAlarm(await this.#inbox.wakeAt(), await this.#courier.dueAt());
		return value;
	}

	/**
	 * One turn of the drain. What is posted goes on beside it: the next alarm does not wait for a site that does not answer.
	 *
	 * It does not throw: an alarm that has failed seven times is given up by the platform.
	 */
	override async alarm(): Promise<void> {
		try {
			const next = await drain(this.#hub, this.#shard);
			await this.#setAlarm(next, await this.#courier.start());
		} catch (error) {
			const fields = { inbox: this.#shard, error: String(error) };
			this.#hub.log.error("a turn of the drain failed and will be taken again", fields);
			await this.#setAlarm(Date.now() + afterFailureMs);
		}
	}

	/** Sets the alarm for the first of these; one that is set for sooner stays. */
	async #setAlarm(...dues: readonly (number | null)[]): Promise<void> {
		const due = Math.min(...dues.filter((at) => at !== null));
		if (due === Number.POSITIVE_INFINITY) return;
		const at = Math.max(due, Date.now());
		const set = await this.ctx.storage.getAlarm();
		if (set === null || at < set) await this.ctx.storage.setAlarm(at);
	}
}
