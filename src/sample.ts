import { type OpenEndpoint, secretsOf, urlOf } from "./door.ts";
import { type Hub, storedOf } from "./hub.ts";
import type { LiveMappings, Mapped, MappedEvent } from "./map/mappings.ts";
import { base64Url } from "./model/bytes.ts";
import { type BodyFormat, formatOf } from "./model/format.ts";
import type { Delivery } from "./model/message.ts";
import { sampleParameter } from "./model/sample.ts";
import { type Normalised, normalise } from "./normalise/normalise.ts";
import type { AppParts } from "./parts.ts";
import { queryOf, type SignedRequest, sign, type Unsigned } from "./verify/sign.ts";
import { canVerify } from "./verify/verify.ts";

/** One of a connector's samples, bundled with the hub. */
export interface SampleBody {
	/** Its name in the connector's `samples/`. */
	readonly file: string;
	readonly body: string;
}

/** What became of a sample, step by step: what follows a step that failed was not tried. */
export interface SampleReport {
	readonly ok: boolean;
	readonly steps: readonly Step[];
	/** The delivery's id; null where it was not stored. */
	readonly delivery: string | null;
	readonly messages: readonly SampleMessage[];
}

export interface Step {
	readonly step: "sample" | "signed" | "answered" | "stored" | "read" | "mapped";
	readonly ok: boolean;
	/** What was found, in one sentence. */
	readonly said: string;
}

/** A message of the sample as its connector and the live mappings understand it. */
export interface SampleMessage {
	readonly position: number;
	readonly id: string | null;
	readonly type: string;
	readonly identities: readonly { readonly kind: string; readonly value: string }[];
	/** What the mappings would give; none is recorded. */
	readonly events: readonly MappedEvent[];
}

/** The hub's own door, from inside. */
export type OwnDoor = (request: Request) => Promise<Response>;

/**
 * Sends one of the connector's samples to an endpoint, signed by the endpoint's own secrets, through the hub's own door, and
 * says what became of it; where there are none, to the tracking API by the endpoint's write key. It is marked in its URL, so
 * that it is stored and gives no events; what mappings would give is found without it. Unsigned, it is only read and mapped:
 * some senders sign by what nobody else has.
 */
export async function sendSample(
	parts: AppParts,
	to: OpenEndpoint,
	{ door, unsigned }: { readonly door: OwnDoor; readonly unsigned: boolean },
): Promise<SampleReport> {
	const { hub } = parts;
	const steps: Step[] = [];
	const note = (step: Step["step"], ok: boolean, said: string): boolean => {
		steps.push({ step, ok, said });
		return ok;
	};
	const failed = (delivery: string | null = null): SampleReport => ({
		ok: false,
		steps,
		delivery,
		messages: [],
	});

	const sample = parts.samples.get(to.configured.connector.slug);
	if (sample === undefined) {
		note("sample", false, `${to.configured.connector.title} has no sample to send`);
		return failed();
	}
	note("sample", true, `${sample.file}, ${sample.body.length} characters`);
	let request: SignedRequest = { ...requestOf(parts, to, sample), by: [] };
	let delivery: string | null = null;
	if (!unsigned) {
		const signed = trackedFor(parts, to, request) ?? signedFor(hub, to, request);
		if (!note("signed", signed.ok, signed.said) || !signed.ok) return failed();
		request = signed.request;
		const answered = await answerTo(parts, to, request, door);
		if (!note("answered", answered.ok, answered.said)) return failed();
		const stored = await storedOf(hub, to, deliveryOf(parts, to, request));
		if (!note("stored", stored !== null, storedSaid(stored?.id)) || stored === null) return failed();
		delivery = stored.id;
	}

	const normalised = normalise(to.configured, deliveryOf(parts, to, request));
	if (!normalised.ok) {
		note("read", false, normalised.failure);
		return failed(delivery);
	}
	for (const one of normalised.value)
		note("read", one.kind === "message", one.kind === "failed" ? one.reason : readSaid(one));
	const { mappings } = await hub.door.directory();
	const messages = normalised.value.flatMap((one) => {
		if (one.kind === "failed") return [];
		const mapped = mappedBy(mappings, to, one, request);
		note("mapped", !isFailed(mapped), mappedSaid(mapped));
		const { id = null, type, identities } = one.message;
		const events = mapped?.kind === "mapped" ? mapped.events : [];
		return [{ position: one.position, id, type, identities, events }];
	});
	return { ok: steps.every(({ ok }) => ok), steps, delivery, messages };
}

const mediaTypes = {
	json: "application/json",
	form: "application/x-www-form-urlencoded",
	ndjson: "application/x-ndjson",
	xml: "text/xml",
	bytes: "application/octet-stream",
} as const satisfies Record<BodyFormat, string>;

/** The sample as its sender would send it, but for what proves that. No two are the same delivery. */
function requestOf({ hub, publicUrl }: AppParts, to: OpenEndpoint, { body }: SampleBody): Unsigned {
	const { sample, connector } = to.configured;
	const nonce = base64Url(hub.crypto.randomBytes(9));
	const marked = `${sampleParameter}=${nonce}`;
	const query = sample.query === "" ? marked : `${sample.query}&${marked}`;
	const headers = Object.entries({ "Content-Type": mediaTypes[connector.body[0]], ...sample.headers });
	return {
		method: [...connector.methods][0] ?? "POST",
		url: `${urlOf(publicUrl(), to.endpoint)}${sample.path}?${query}`,
		headers: Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value])),
		body: new TextEncoder().encode(sample.body(body)),
		at: hub.clock(),
		nonce,
	};
}

type SignedFor =
	| { readonly ok: true; readonly said: string; readonly request: SignedRequest }
	| { readonly ok: false; readonly said: string };

/** Undefined where the endpoint has no write key, or its webhooks can be verified. */
function trackedFor(
	{ hub, publicUrl }: AppParts,
	to: OpenEndpoint,
	unsigned: Unsigned,
): SignedFor | undefined {
	const { configured, endpoint } = to;
	const { writeKey } = endpoint;
	if (writeKey === null || canVerify(configured.verification, secretsOf(endpoint), hub.crypto))
		return undefined;
	const url = `${publicUrl()}/v1/batch?${queryOf(unsigned.url)}`;
	const headers = { ...unsigned.headers, authorization: `Basic ${btoa(`${writeKey.value}:`)}` };
	const body = new TextEncoder().encode(`{"batch":[${new TextDecoder().decode(unsigned.body)}]}`);
	const said = "by nothing: it goes to /v1/batch with the write key, as no secret for webhooks is set";
	return { ok: true, said, request: { ...unsigned, url, headers, body, by: [] } };
}

function signedFor({ crypto }: Hub, { configured, endpoint }: OpenEndpoint, unsigned: Unsigned): SignedFor {
	const signed = sign(configured.verification, unsigned, { secrets: secretsOf(endpoint), crypto });
	if (!signed.ok)
		return { ok: false, said: `${signed.failure}; try it unsigned, which reads and maps alone` };
	const { by } = signed.value;
	const said = by.length === 0 ? "by nothing, as no secret is set" : `by ${by.join(", and by ")}`;
	return { ok: true, said, request: signed.value };
}

/** What the door says, and why where it refuses: that is for operators alone. */
async function answerTo(
	parts: AppParts,
	to: OpenEndpoint,
	request: SignedRequest,
	door: OwnDoor,
): Promise<{ readonly ok: boolean; readonly said: string }> {
	const { method, url, headers, body } = request;
	const path = url.slice(parts.publicUrl().length);
	const content = method === "GET" || method === "HEAD" ? {} : { body: new Uint8Array(body) };
	const { status } = await door(new Request(`http://localhost${path}`, { method, headers, ...content }));
	if (status < 300) return { ok: true, said: `${status}` };
	if (status !== 401) return { ok: false, said: `${status}` };
	const delivery = deliveryOf(parts, to, request);
	const verified = to.verify(delivery, { url, format: formatOf(delivery, to.configured.connector.body) });
	const why = verified.ok ? "" : ` (${verified.cause}): ${verified.reason}`;
	return { ok: false, said: `401${why}` };
}

/** The request as the door reads it. */
function deliveryOf(
	{ publicUrl }: AppParts,
	{ endpoint }: OpenEndpoint,
	{ method, url, headers, body, at }: SignedRequest,
): Delivery {
	const [address = ""] = url.split("?");
	const own = urlOf(publicUrl(), endpoint);
	const path = address.slice((address.startsWith(own) ? own : publicUrl()).length);
	return { method, path, query: queryOf(url), headers, body, receivedAt: at };
}

const storedSaid = (id: string | undefined): string =>
	id === undefined ? "nothing was stored" : `as delivery ${id}, which is ignored: it gives no events`;

function readSaid({ message }: Extract<Normalised, { readonly kind: "message" }>): string {
	const named = message.id === undefined ? "without an id" : `with the id ${message.id}`;
	const people = message.identities.map(({ kind, value }) => `${kind} ${value}`).join(", ");
	return `${message.type === "" ? "a message" : message.type} ${named}, of ${people === "" ? "nobody" : people}`;
}

/** Null where no good set of mappings is live, or the connector itself answers what is asked. */
function mappedBy(
	{ set }: LiveMappings,
	{ configured, endpoint }: OpenEndpoint,
	{ message }: Extract<Normalised, { readonly kind: "message" }>,
	{ at, headers }: SignedRequest,
): Mapped | null {
	if (set === null || message.control !== undefined) return null;
	const context = { receivedAt: at, headers, settings: configured.settings };
	return set.run(configured.connector.slug, endpoint.name, message, context);
}

const isFailed = (mapped: Mapped | null): boolean =>
	mapped?.kind === "mapped" && mapped.events.some(({ kind }) => kind === "failed");

function mappedSaid(mapped: Mapped | null): string {
	if (mapped === null) return "no mapping is asked";
	if (mapped.kind === "switched_off") return `the mapping ${mapped.mapping} is switched off`;
	if (mapped.kind === "unmatched") {
		const [nearest] = mapped.nearest;
		if (nearest === undefined) return "no mapping reads this kind of message";
		return `no mapping matches; nearest is ${nearest.mapping}, which wants ${nearest.clause} and met ${nearest.met}`;
	}
	return mapped.events.map(eventSaid).join("; ");
}

function eventSaid(event: MappedEvent): string {
	if (event.kind === "event")
		return `${event.mapping} would give ${event.action} ${JSON.stringify(event.data)}`;
	return `${event.mapping} ${event.kind === "failed" ? "fails" : "gives nothing"}: ${event.reason}`;
}
