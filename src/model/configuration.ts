import type { JsonObject } from "./json.ts";
import type { ActionFile, MappingFile } from "./mapping-file.ts";
import type { Problem } from "./problem.ts";

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
	readonly actions: PublishedActions;
	readonly mappings: PublishedMappings;
}

/** The custom actions as they are published: texts, which whoever needs them compiles. */
export interface PublishedActions {
	/** 16 hex digits over everything below. */
	readonly hash: string;
	/** The last set that was good, in the order of names; null where none ever was. */
	readonly live: readonly ActionFile[] | null;
	/** What keeps the newest set from going live; empty where it is live. */
	readonly problems: readonly Problem[];
}

/** The mappings as they are published: texts, which whoever maps compiles. */
export interface PublishedMappings {
	/** 16 hex digits over everything below. */
	readonly hash: string;
	/** The last set that was good, in the order of names; null where none ever was. */
	readonly live: readonly MappingFile[] | null;
	/** Kept out by their mistakes, and never live so far: messages that are for them wait. */
	readonly awaited: readonly MappingFile[];
	/** What keeps the newest set from going live; empty where it is live. */
	readonly problems: readonly Problem[];
}
