import { limits } from "../model/limits.ts";

/** Limits of Antavo's API, each with its unit and its reason. */
export const antavoLimits = {
	/** One event is one message. */
	eventBytesMax: limits.messageBytesMax,
	/** Antavo means lists of 50 and takes longer ones, slowly. One call is one transaction here: ten times that is enough. */
	bulkEventsMax: 500,
	bulkBytesMax: limits.deliveryBytesMax,
	/** As most who take this header allow. */
	idempotencyKeyCharactersMax: 255,
	/** Later than the year 5000: somebody sent milliseconds. */
	unixSecondsMax: 100_000_000_000,
	pageRowsMax: 1_000,
	/** Of a list's query. A condition binds up to three values, and a statement on Workers takes a hundred. */
	parametersMax: 30,
	/** Every shard is asked for all rows up to the end of the page, 256 of them on Workers. */
	allEventsReachMax: 10_000,
} as const;
