/**
 * Segment's HTTP tracking API, as its libraries speak it: paths, keys, limits, answers, and what an event looks like
 * after Segment took it. Pure; the routes are the application's.
 */
import {
	bad,
	good,
	isList,
	isObject,
	isoTime,
	type JsonObject,
	own,
	type Result,
	type Trust,
	textOf,
	type Value,
	type ValueObject,
} from "../../src/kit/index.ts";

const trackingTypes = ["track", "identify", "page", "screen", "group", "alias"] as const;
type TrackingType = (typeof trackingTypes)[number];

/** What a path of the API takes: one event of a type, or a batch of any. */
export type TrackingCall =
	| { readonly kind: "event"; readonly type: TrackingType }
	| { readonly kind: "batch" };

/** Servers spell the types out; analytics.js sends their first letters. `import` is an old name of `batch`. */
export const trackingPaths: ReadonlyMap<string, TrackingCall> = new Map<string, TrackingCall>([
	...trackingTypes.flatMap((type): [string, TrackingCall][] => [
		[`/v1/${type}`, { kind: "event", type }],
		[`/v1/${type.slice(0, 1)}`, { kind: "event", type }],
	]),
	...["batch", "b", "import"].map((name): [string, TrackingCall] => [`/v1/${name}`, { kind: "batch" }]),
]);

export const trackingCall = (path: string): TrackingCall | undefined => trackingPaths.get(path);

/**
 * The write key of a call: user name of Basic, with or without its colon; else the body's `writeKey`; else the
 * Bearer token, which Segment itself uses for OAuth beside a key in the body.
 */
export function writeKeyOf(authorization: string | undefined, body: Value | undefined): string | undefined {
	const [, scheme = "", credentials = ""] = /^(basic|bearer) +([^ ]+) *$/i.exec(authorization ?? "") ?? [];
	const basic = scheme.toLowerCase() === "basic" ? userOf(credentials) : undefined;
	if (basic !== undefined) return basic;
	const inBody = isObject(body) ? own(body, "writeKey") : undefined;
	if (typeof inBody === "string" && inBody !== "") return inBody;
	return scheme.toLowerCase() === "bearer" ? credentials : undefined;
}

function userOf(credentials: string): string | undefined {
	try {
		const [user = ""] = atob(credentials).split(":", 1);
		return user === "" ? undefined : user;
	} catch {
		return undefined;
	}
}

/** Segment's limits of one call. */
export const trackingLimits = {
	/** One event: 32 KB. */
	eventBytesMax: 32 * 1024,
	/** One batch, and so any call: 500 KB. */
	batchBytesMax: 500 * 1024,
	batchEventsMax: 2_500,
} as const;

/** Answers as Segment's libraries expect them. They give up on 400 and try again on 429 and 5xx. */
export const trackingAnswers = {
	success: { success: true },
	invalidWriteKey: { success: false, message: "An invalid write key was provided" },
	invalidJson: { success: false, message: "The body is not valid JSON" },
	tryAgain: { success: false, message: "The hub can not take this now; send it again later" },
} as const;

/** Why a whole call is answered 400: what its sender alone can mend, and would have to mend with Segment too. */
export function checkTracking(
	call: TrackingCall,
	body: Value,
	bodyBytes: number,
): Result<undefined, JsonObject> {
	const refused = (message: string) => bad({ success: false, message });
	if (!isObject(body)) return refused("The body is not a JSON object");
	if (call.kind === "event")
		return bodyBytes > trackingLimits.eventBytesMax ? refused(tooLarge) : good(undefined);
	const batch = own(body, "batch");
	if (!isList(batch)) return refused('"batch" is not an array of events');
	if (batch.length > trackingLimits.batchEventsMax)
		return refused(`The batch has more than ${trackingLimits.batchEventsMax} events`);
	const mayHoldLarge = bodyBytes > trackingLimits.eventBytesMax;
	return mayHoldLarge && batch.some((event) => bytesOf(event) > trackingLimits.eventBytesMax)
		? refused(tooLarge)
		: good(undefined);
}

const tooLarge = `The event is larger than ${trackingLimits.eventBytesMax} bytes`;

/** UTF-8 has at most three bytes for a UTF-16 unit, so most events are measured without being encoded. */
function bytesOf(event: Value): number {
	const text = JSON.stringify(event);
	return text.length * 3 <= trackingLimits.eventBytesMax
		? text.length
		: new TextEncoder().encode(text).length;
}

/** The events of a call in the shape in which Segment hands them on: as a webhook's, with all four times. */
export function trackedEvents(call: TrackingCall, body: Value, receivedAt: number): readonly Value[] {
	if (!isObject(body)) return [body];
	if (call.kind === "event") return [tracked({ ...body, type: call.type }, body, receivedAt)];
	const batch = own(body, "batch");
	if (!isList(batch)) return [body];
	return batch.map((event) =>
		isObject(event) ? tracked({ ...event, ...shared(body, event) }, body, receivedAt) : event,
	);
}

/** What a batch says once for all its events; an event's own word goes first. */
function shared(batch: ValueObject, event: ValueObject): ValueObject {
	const merged: Record<string, Value> = {};
	for (const key of ["context", "integrations"]) {
		const common = own(batch, key);
		const particular = own(event, key);
		if (isObject(common) && (particular === undefined || isObject(particular)))
			merged[key] = { ...common, ...particular };
	}
	return merged;
}

function tracked(event: ValueObject, envelope: ValueObject, receivedAt: number): ValueObject {
	const { writeKey: _, ...content } = event;
	const sentAt = own(envelope, "sentAt") ?? own(event, "sentAt");
	const originalTimestamp = own(event, "timestamp") ?? own(event, "originalTimestamp");
	return {
		...content,
		...(originalTimestamp !== undefined && { originalTimestamp }),
		...(sentAt !== undefined && { sentAt }),
		receivedAt: new Date(receivedAt).toISOString(),
		timestamp: new Date(timeOf(originalTimestamp, sentAt, receivedAt)).toISOString(),
	};
}

/**
 * `receivedAt − (sentAt − originalTimestamp)`: how long before sending a thing happened is right even where the
 * sender's clock is wrong. Without `sentAt` the sender's clock is believed, without a time of its own the event is
 * of now.
 */
function timeOf(original: Value | undefined, sent: Value | undefined, receivedAt: number): number {
	const originalMs = isoTime(original);
	if (originalMs === undefined) return receivedAt;
	const sentMs = isoTime(sent);
	return sentMs === undefined ? originalMs : receivedAt - (sentMs - originalMs);
}

/** What Segment requires of an event; it answers 200 all the same and drops it. */
export function trackedProblem(event: ValueObject): string | undefined {
	const has = (key: string): boolean => textOf(own(event, key)) !== undefined;
	const type = own(event, "type");
	if (!trackingTypes.some((each) => each === type))
		return `the event's type is none of ${trackingTypes.join(", ")}`;
	if (!has("userId") && !has("anonymousId")) return "the event has neither userId nor anonymousId";
	if (type === "track" && !has("event")) return "the track has no event name";
	if (type === "group" && !has("groupId")) return "the group has no groupId";
	if (type === "alias" && !has("previousId")) return "the alias has no previousId";
	return undefined;
}

/** An event as its sender wrote it: when it was sent and received differs from one try to the next. */
export function trackedFingerprint(event: ValueObject): ValueObject {
	const { sentAt: _sent, receivedAt: _received, timestamp: _corrected, ...own } = event;
	return own;
}

/** Whether a call with this key from this `Origin` may be taken, and how far its sender is trusted. */
export function trackingTrust(settings: JsonObject, origin: string | undefined): Result<Trust, string> {
	if (settings["use"] !== "browser")
		return origin === undefined
			? good("trusted")
			: bad("a server's write key was used by a web page; make an endpoint with use=browser for pages");
	if (origin === undefined || mayRead(settings, origin)) return good("public");
	return bad(`the origin ${JSON.stringify(origin)} is not one of the endpoint's origins`);
}

const mayRead = ({ origins }: JsonObject, origin: string): boolean =>
	Array.isArray(origins) && origins.includes(origin);

/** Headers of the answer to a page: only the endpoint's own origins may read it. */
export const corsHeaders = (
	settings: JsonObject,
	origin: string | undefined,
): Readonly<Record<string, string>> =>
	origin !== undefined && mayRead(settings, origin)
		? { "Access-Control-Allow-Origin": origin, Vary: "Origin" }
		: { Vary: "Origin" };

/** Headers of the answer to a preflight, which names no key: every origin may ask, the call itself decides. */
export const preflightHeaders = {
	"Access-Control-Allow-Origin": "*",
	"Access-Control-Allow-Methods": "POST, GET",
	"Access-Control-Allow-Headers": "authorization, content-type, x-retry-count",
	"Access-Control-Max-Age": "86400",
} as const;

/** What analytics.js fetches first (`/v1/projects/{writeKey}/settings`). `apiHost` has no scheme: `hub.example/v1`. */
export const settingsDocument = (writeKey: string, apiHost: string): JsonObject => ({
	integrations: { "Segment.io": { apiKey: writeKey, apiHost, versionSettings: {} } },
	plan: { track: { __default: { enabled: true, integrations: {} } } },
	edgeFunction: {},
	metrics: { sampleRate: 0 },
});
