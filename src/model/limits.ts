/** Every limit of the hub, with its unit and its reason. */
export const limits = {
	/** Received, and inflated: Segment's largest batch is 500 KB, Salesforce's 3 MB; three times that is an accident. */
	deliveryBytesMax: 10 * 1024 * 1024,
	/** Segment's Webhooks destination batches up to 4,000 events. */
	deliveryMessagesMax: 4_000,
	/** Segment's own events end at 32 KB; an order with a thousand lines fits in 512 KiB. */
	messageBytesMax: 512 * 1024,
	/** Deeper than any payload of ours, shallower than what makes a recursive walk expensive. */
	depthMax: 64,
	/** An id longer than this is a mistake (Segment allows 100 characters). */
	keyCharactersMax: 512,
	/** Larger bodies live in the files store: a row of a Durable Object ends at 2 MB. */
	bodyInlineBytesMax: 512 * 1024,
	/** One turn of a drain: long enough to share a commit, short enough to keep the event loop free. */
	drainMessagesMax: 100,
	/** A drain that died gives its messages back after this. */
	leaseMs: 30_000,
	/** As long as any server reads. */
	urlCharactersMax: 2_048,
	/** What a connector asks for beside a message: a contact has a few kilobytes, and a row that is stored 2 MB at most. */
	fetchedBytesMax: 256 * 1024,
	/** Of one declaration: a message waits for one after the other where one needs what another found. */
	fetchesMax: 8,
	/** How stale the door's view of the configuration may be. */
	configurationMaxAgeMs: 5_000,
	/** A sender's clock may be this far ahead; beyond, the event counts as of now. */
	aheadMsMax: 5 * 60_000,
	/** Deliveries received but not stored: beyond this many we answer 503 and keep our memory. */
	inFlightMax: 2_000,
	/** Of their bodies: two dozen of the largest at once, and all requests of usual size. What is made of them takes as much again. */
	inFlightBytesMax: 256 * 1024 * 1024,
} as const;
