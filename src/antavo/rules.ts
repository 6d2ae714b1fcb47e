import type { ApiKey, KeyUse } from "../model/configuration.ts";

/** What a path is for; a key's rules are told by it. */
export type PathGroup = "events" | "reads" | "preview" | "merge" | "webhook";

/** What a call without a signature is, to a key on a group of paths. */
export type Unsigned =
	/** Refused: it has to be signed. */
	| "unproved"
	/** Anybody's, as the key can be read in a page. */
	| "public"
	/** The key's own: whoever knows the key is believed. */
	| "trusted"
	/** Refused: the key is not for these paths, signed or not. */
	| "never";

const unsigned: Readonly<Record<KeyUse, Readonly<Record<PathGroup, Unsigned>>>> = {
	server: {
		events: "unproved",
		reads: "unproved",
		preview: "unproved",
		merge: "unproved",
		// Segment's own destination sends the key in the body, and can not sign.
		webhook: "trusted",
	},
	browser: { events: "public", reads: "never", preview: "never", merge: "never", webhook: "never" },
	development: {
		events: "trusted",
		reads: "trusted",
		preview: "trusted",
		merge: "trusted",
		webhook: "trusted",
	},
};

/** The table, with what the key's settings change in it. */
export function unsignedRule({ use, settings }: ApiKey, group: PathGroup): Unsigned {
	if (group === "webhook" && !settings.segmentWebhook) return "never";
	if (group === "events" && use === "server" && settings.unsignedEvents) return "public";
	return unsigned[use][group];
}
