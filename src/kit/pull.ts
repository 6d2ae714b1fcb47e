import type { Json, JsonObject, Value } from "../model/json.ts";
import type { Result } from "../model/result.ts";
import type { Secrets } from "../verify/scheme.ts";

/** How the hub asks a system itself, by the clock: for what that does not tell, or to be told further, as by a subscription that ends. */
export interface Pull<Settings> {
	/** How long after one pull the next begins, milliseconds; Workers are woken every five minutes. */
	readonly everyMs: number;
	/** Whether an endpoint is to ask: it has all that asking needs. */
	isOn(settings: Settings, secretsSet: ReadonlySet<string>): boolean;
	/**
	 * One page of what there is after the cursor. It is stored as a delivery, and the cursor only then: of what a crash makes
	 * the hub ask again, messages are known again as those of a sender's next try are. A failure is for the operator, and has
	 * no secret in it.
	 */
	ask(question: Question<Settings>): Promise<Result<Page, string>>;
}

export interface Question<Settings> {
	readonly settings: Settings;
	readonly secrets: Secrets;
	/** What the last page gave; null at first. */
	readonly cursor: Json;
	/** Unix milliseconds. */
	readonly now: number;
	/** The endpoint's, as the world has it; null where the hub does not know what the world calls it. */
	readonly url: string | null;
	/** Asks at the origin of the connector's `enrich`, as that does. A failure is for the operator, and has no secret in it. */
	askSystem(asked: SystemQuestion): Promise<Result<Value, string>>;
}

export interface SystemQuestion {
	/** A path and a query. */
	readonly path: string;
	readonly method: "POST" | "PUT";
	readonly body: JsonObject;
}

export interface Page {
	/** The delivery's body; null where there is nothing. */
	readonly body: Json;
	readonly cursor: Json;
	/** Whether the next page can be asked for at once. */
	readonly more: boolean;
}
