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

/** Where in its deliveries a sender shows secrets as they are. */
export interface SecretPlaces {
	/** Names in lower case. */
	readonly headers: ReadonlySet<string>;
	/** Of the query. */
	readonly parameters: ReadonlySet<string>;
	/** Names on the way to a field of the body. */
	readonly fields: readonly (readonly string[])[];
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
	/**
	 * Of a message that says nothing by itself: the answer (`$.enriched.<answer>`) without which it fails, and what to tell the
	 * operator then.
	 */
	readonly needs?: { readonly answer: string; readonly why: string };
	/** Why the message must not earn: test traffic, or an echo of our own sync. */
	readonly ignore?: "test" | "echo";
	/** What the message asks of the hub itself: to forget a person, to make two of them one, nothing but an answer. */
	readonly control?: "erase" | "merge" | "handshake";
	/** Of a `merge`: the first goes over to the second. */
	readonly merge?: { readonly from: Identity; readonly into: Identity };
}
