import type { Identity } from "./identity.ts";
import type { ValueObject } from "./json.ts";

/**
 * Whether the sender proved who it is (a signature, a secret) or shows a key that anybody can read; `hub` is the hub
 * itself, which alone may write what others can not know: birthdays, expiry, tiers.
 */
export type Trust = "hub" | "trusted" | "public";

/** One HTTP request as received. */
export interface Delivery {
	readonly method: string;
	/** After the endpoint's token, or the whole path of a tracking call: `/v1/batch`. */
	readonly path: string;
	/** Without the question mark. */
	readonly query: string;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Uint8Array;
	/** Unix milliseconds. */
	readonly receivedAt: number;
	/** The sender's address, where the host knows it. */
	readonly ip?: string;
}

/** One item of a delivery, as its connector understands it. */
export interface Message {
	/** The sender's id, or undefined where it gave none: then the content stands in for it. */
	readonly id: string | undefined;
	/** The sender's kind of message: `track`, `order.paid`. */
	readonly type: string;
	/** Unix milliseconds, corrected for the sender's clock where it says how; undefined where the message has no time. */
	readonly time: number | undefined;
	/** Every identity in the message, whether a mapping reads it or not: erasure needs them. */
	readonly identities: readonly Identity[];
	readonly content: ValueObject;
	/** Why the message must not earn: test traffic, or an echo of our own sync. */
	readonly ignore?: "test" | "echo";
	/** What the message asks of the hub itself: an erasure, a handshake. */
	readonly control?: "erase" | "handshake";
}
