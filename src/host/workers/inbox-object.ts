import { DurableObject } from "cloudflare:workers";
import { openCallbacks } from "../../callbacks.ts";
import type { Courier } from "../../courier.ts";
import { openEnricher } from "../../enricher.ts";
import { drain, type Hub } from "../../hub.ts";
import { type Inbox, openInbox } from "../../inbox/inbox.ts";
import type { Remote } from "../../model/cell.ts";
import { callOf, remoteHere } from "./cell.ts";
import type { Env } from "./env.ts";
import { ledgerReads } from "./ledger-reads.ts";
import { openHub } from "./open-hub.ts";
import { askSystemOf, inboxShards, shardOf } from "./shards.ts";
import { openSql } from "./sql.ts";

/** A turn that failed as a whole is tried again after this. */
const afterFailureMs = 1_000;

/** The platform lets six connections wait for an answer; every other would wait for them. Each shard has its own. */
const callbackPlaces = { all: 4, site: 3 } as const;
const fetchPlaces = { all: 2, site: 1 } as const;

/** One shard of the inbox, drained by its own alarm. */
export class InboxObject extends DurableObject<Env> {
	readonly #shard: number;
	readonly #inbox: Remote<Inbox>;
	readonly #hub: Hub;
	readonly #couriers: readonly Courier[];

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const sql = openSql(ctx.storage);
		this.#shard = shardOf(ctx, inboxShards);
		this.#inbox = remoteHere(sql, openInbox({ sql, clock: Date.now, shard: this.#shard }));
		this.#hub = openHub({ shard: this.#shard, inbox: this.#inbox });
		const parts = {
			hub: this.#hub,
			inbox: this.#inbox,
			fetch: (request: Request) => fetch(request),
			ended: () => void this.#wake(),
		};
		this.#couriers = [
			openCallbacks({ ...parts, ledger: ledgerReads, places: callbackPlaces }),
			// Deliveries of one endpoint are in all shards.
			openEnricher({ ...parts, askSystem: askSystemOf(env), places: fetchPlaces, share: 1 / inboxShards }),
		];
	}

	async call(name: string, args: readonly unknown[]): Promise<unknown> {
		const value = await callOf(this.#inbox, name, args);
		await this.#wake();
		return value;
	}

	async #wake(): Promise<void> {
		const dues = this.#couriers.map((courier) => courier.dueAt());
		await this.#setAlarm(await this.#inbox.wakeAt(), ...(await Promise.all(dues)));
	}

	/**
	 * One turn of the drain. What others are told and asked goes on beside it: the next alarm does not wait for a site
	 * that does not answer.
	 *
	 * It does not throw: an alarm that has failed seven times is given up by the platform.
	 */
	override async alarm(): Promise<void> {
		try {
			const next = await drain(this.#hub, this.#shard);
			const dues = this.#couriers.map((courier) => courier.start());
			await this.#setAlarm(next, ...(await Promise.all(dues)));
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
