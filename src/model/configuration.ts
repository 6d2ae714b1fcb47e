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
	/** By name: those that are set. None of a deleted endpoint. */
	readonly secrets: Readonly<Record<string, Rotated>>;
	/** The unguessable part of its URL. */
	readonly token: Rotated;
	/** The key of a sender that speaks an API of its own, such as Segment's. */
	readonly writeKey: Rotated | null;
}

/** What proves a sender, and can be replaced: for a while the one before counts beside it. */
export interface Rotated {
	readonly value: string;
	/** Unix milliseconds. */
	readonly since: number;
	readonly previous: {
		readonly value: string;
		/** Unix milliseconds from which it does not count any more, and is not kept. */
		readonly until: number;
	} | null;
}

/** What counts of it, the newest first. */
export const valuesOf = ({ value, previous }: Rotated): readonly string[] =>
	previous === null ? [value] : [value, previous.value];

/**
 * Who may use an API key: a `server` signs what it sends, a `browser` key sits in a page where anybody reads it, and
 * a `development` key is believed without a signature.
 */
export type KeyUse = "server" | "browser" | "development";

/** What a key may do beyond what its use says. */
export interface KeySettings {
	/** The pages that a browser key is for: `https://shop.example.com`. */
	readonly origins: readonly string[];
	/** Addresses and networks that calls may come from: `192.0.2.7`, `2001:db8::/32`; all where there are none. */
	readonly allow: readonly string[];
	/** Whether a server key's events may come unsigned, and then from anybody. */
	readonly unsignedEvents: boolean;
	/** Whether `/v1/webhook/segment` takes it: Segment's destination sends it unsigned. */
	readonly segmentWebhook: boolean;
	readonly requestsPerMinute: number;
}

/** Who may call Antavo's API, with the secrets opened: it never leaves the hub in this form. */
export interface ApiKey {
	/** Public, as it is in every call. */
	readonly key: string;
	/** What people call it. */
	readonly name: string;
	readonly use: KeyUse;
	/** Unix milliseconds. */
	readonly createdAt: number;
	readonly settings: KeySettings;
	/** The newest first; a browser key has none. */
	readonly secrets: readonly KeySecret[];
}

export interface KeySecret {
	readonly secret: string;
	/** Unix milliseconds from which it does not count any more; null while it is the newest. */
	readonly until: number | null;
}

/** What a token of a client is good for: Antavo has this one. */
export type ClientScope = "loyalty.async_events";

/** Who may ask for tokens of the asynchronous API. */
export interface Client {
	/** Public; its secret is known to the office alone, as a hash. */
	readonly id: string;
	/** What people call it. */
	readonly name: string;
	readonly scope: ClientScope;
	/** Unix milliseconds; null where it does not end by itself. */
	readonly expiresAt: number | null;
	/** Its trusted sites: origins that results of its calls may be posted to, such as `https://shop.example.com`. */
	readonly callbacks: readonly string[];
}

/** One published state of what the office holds, immutable under its hash. */
export interface Configuration {
	/** 16 hex digits over everything below. */
	readonly hash: string;
	/** 32 bytes, made once: under it lie event keys and the claim keys of identities. */
	readonly hubKey: Uint8Array;
	readonly endpoints: readonly Endpoint[];
	/** Those that are not revoked. */
	readonly keys: readonly ApiKey[];
	/** Those that are not revoked. */
	readonly clients: readonly Client[];
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
