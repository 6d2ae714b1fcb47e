import type { JsonObject } from "./json.ts";

export type EndpointState = "active" | "paused" | "deleted";

/** One configured instance of a connector, its secrets opened: it never leaves the hub in this form. */
export interface Endpoint {
	/** `ep_` and 16 hex digits; not the token. */
	readonly id: string;
	readonly connector: string;
	/** Unique among the living; mappings name it as `connector/name`. */
	readonly name: string;
	readonly state: EndpointState;
	/** Unix milliseconds. */
	readonly createdAt: number;
	readonly deletedAt: number | null;
	/** As the connector's schema gave them, defaults included. */
	readonly settings: JsonObject;
	/** By name, the newest first: a rotated secret is accepted beside its successor. */
	readonly secrets: Readonly<Record<string, readonly string[]>>;
	/** The unguessable part of its URL. */
	readonly token: string;
	/** The key of a sender that speaks an API of its own, such as Segment's. */
	readonly writeKey: string | null;
}

/** One published state of what the office holds, immutable under its hash. */
export interface Configuration {
	/** 16 hex digits over everything below. */
	readonly hash: string;
	/** 32 bytes, made once: under it lie event keys and the claim keys of identities. */
	readonly hubKey: Uint8Array;
	readonly endpoints: readonly Endpoint[];
}
