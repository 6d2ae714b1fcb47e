import { LedgerObject } from "../../src/host/workers/ledger-object.ts";

/** When in its work a shard dies. */
export type Death = "before it appends" | "before its append is durable" | "before it answers";

/** The next shards that are asked to append die so, one after the other. */
export const deaths: Death[] = [];

/** A shard of the ledger that can die: its object is reset, and its memory and what is not yet durable are lost. */
export class MortalLedgerObject extends LedgerObject {
	override async call(name: string, args: readonly unknown[]): Promise<unknown> {
		const death = JSON.stringify(args).includes('"kind":"append"') ? deaths.shift() : undefined;
		if (death === "before it appends") this.ctx.abort(death);
		const answer = super.call(name, args);
		if (death === "before its append is durable") this.ctx.abort(death);
		if (death === "before it answers") {
			await this.ctx.storage.sync();
			this.ctx.abort(death);
		}
		return answer;
	}
}
