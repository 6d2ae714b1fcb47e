import {
	type Delivery,
	defineConnector,
	good,
	isList,
	isObject,
	type Message,
	own,
	readSpecEvent,
	type Value,
	type ValueObject,
	type Verification,
} from "../../src/kit/index.ts";
import { type Settings, settings } from "./settings.ts";
import { trackedEvents, trackedFingerprint, trackedProblem, trackingCall } from "./tracking.ts";

/** Segment's webhook destinations, and the hub as a stand-in for Segment's tracking API. */
export const segment = defineConnector({
	slug: "segment",
	title: "Segment",
	docs: "https://segment.com/docs/connections/destinations/catalog/actions-webhook/",
	methods: ["POST", "PUT", "PATCH"],
	secrets: {
		shared: {
			title: "Shared secret",
			description:
				"The destination's setting Shared Secret: Segment signs with it (X-Signature). For one event it " +
				"proves all, for a batch only the first.",
		},
		header: {
			title: "Header secret",
			description:
				"A text of your own that the destination sends as a request header (X-Hub-Secret, or what the setting " +
				"secretHeader says). It proves a batch as a whole; once set, nothing is taken without it.",
		},
	},
	settings,
	/** Segment's destinations try again for four hours. */
	retriesForMs: 4 * 3_600_000,
	writeKey: true,
	verify,
	messages: (body, delivery) => {
		const call = trackingCall(delivery.path);
		if (call !== undefined) return good(trackedEvents(call, body, delivery.receivedAt));
		return good(isList(body) ? body.map(unwrapped) : [body]);
	},
	read,
	problem: (content, delivery) =>
		trackingCall(delivery.path) === undefined ? undefined : trackedProblem(content),
	fingerprint: (content, delivery) =>
		trackingCall(delivery.path) === undefined ? content : trackedFingerprint(content),
	sample: { file: "webhook-track-order-completed.json" },
	advice,
});

function verify({ secretHeader, unsigned, allowPartiallySignedBatch }: Settings): Verification {
	return {
		schemes: [
			{
				kind: "hmac",
				secret: "shared",
				algorithm: "sha1",
				signature: { from: "header:X-Signature", encoding: "hex" },
				// Of a batch, Segment signs the first event as it was before the Extensible Webhook wrapped it.
				signed: [`{bodyFirstElement:${extensibleWrapper}}`, "{bodyFirstElement}", "{body}"],
			},
			{ kind: "token", secret: "header", from: `header:${secretHeader}` },
		],
		unsigned,
		partly: allowPartiallySignedBatch ? "all" : "firstOnly",
	};
}

/** In batches, the Extensible Webhook destination puts each event into an object of this one key. */
const extensibleWrapper = "json";

function unwrapped(item: Value): Value {
	if (!isObject(item)) return item;
	const inner = own(item, extensibleWrapper);
	return isObject(inner) && Object.keys(item).length === 1 ? inner : item;
}

function read(content: ValueObject, delivery: Delivery): Message {
	const message = readSpecEvent(content);
	// Segment's own call to forget a person comes from its destinations, never from a source's key.
	const forgets = message.type === "delete" && trackingCall(delivery.path) === undefined;
	return forgets ? { ...message, control: "erase" } : message;
}

function advice(
	{ use, origins, unsigned, secretHeader, allowPartiallySignedBatch, enrol }: Settings,
	secretsSet: ReadonlySet<string>,
): readonly string[] {
	const said: string[] = [whoIsEnrolled[enrol]];
	if (secretsSet.size === 0 && unsigned === "accept")
		said.push("Nothing proves who sends: whoever learns the URL can send events. Set the secret `shared`.");
	if (secretsSet.has("shared") && !secretsSet.has("header") && !allowPartiallySignedBatch)
		said.push(
			"Segment signs only the first event of a batch, so the others will be held. Leave batching off, or set the " +
				`secret \`header\` and send it as the header ${secretHeader}.`,
		);
	if (use === "browser" && origins.length === 0)
		said.push("No web page may use the write key yet: set origins=https://your.shop.");
	return said;
}

const whoIsEnrolled: Readonly<Record<Settings["enrol"], string>> = {
	signed_up:
		"A Signed Up track makes a member (enrol=signed_up); enrol=trait and enrol=never are the others.",
	trait: "An identify with the trait loyalty: true makes a member (enrol=trait); a Signed Up track does not.",
	never: "Nobody becomes a member through this endpoint (enrol=never).",
};
