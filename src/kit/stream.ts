import type { Json } from "../model/json.ts";
import type { Page, Question } from "./pull.ts";

/** How the hub reads what a system tells over a connection that is held, on hosts that can hold one. */
export interface Stream<Settings> {
	/** Whether an endpoint's settings ask for it. */
	isWanted(settings: Settings): boolean;
	/** Whether an endpoint is to read: it is wanted, and has all that reading needs. */
	isOn(settings: Settings, secretsSet: ReadonlySet<string>): boolean;
	/** What to set and to use on a host that holds no connections: how the sentence ends that refuses such settings. */
	readonly instead: string;
	/**
	 * Reads what comes after the cursor until it is told to end or can not go on. It gives a page as soon as it listens, and the
	 * next only when the one before is taken. Gives why it ended, for the operator, with no secret in it.
	 */
	read(question: StreamQuestion<Settings>, take: TakeStreamed): Promise<string>;
}

export interface StreamQuestion<Settings> extends Omit<Question<Settings>, "now" | "url" | "askSystem"> {
	/** Unix milliseconds. */
	clock(): number;
	/** Aborted when the stream is to end, and in any case when it has ended. */
	readonly ending: AbortSignal;
}

/** Resolves when the page is durable, and its cursor is; rejects where it can not be, and once the stream is over. */
export type TakeStreamed = (page: Streamed) => Promise<void>;

export interface Streamed extends Pick<Page, "body"> {
	readonly cursor: Json;
	/** What the system has let go of before the hub read it, in a sentence for the operator; null where there is nothing of it. */
	readonly gap: string | null;
}
