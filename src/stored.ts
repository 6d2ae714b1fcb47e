import type { OpenEndpoint } from "./door.ts";
import type { AskedFetch, Fetched, KeptDelivery, Pin, StoredBody, StoredDelivery } from "./inbox/inbox.ts";
import type { Crypto } from "./model/crypto.ts";
import type { Files } from "./model/files.ts";
import { isObject, parseJson, type Value } from "./model/json.ts";
import { limits } from "./model/limits.ts";
import type { Delivery, Message } from "./model/message.ts";
import { invariant } from "./model/result.ts";
import { isSample } from "./model/sample.ts";
import { holdsMark } from "./model/sensitive/sensitive.ts";
import { type Normalised, normalise } from "./normalise/normalise.ts";

/** The endpoint of calls that are recorded later. Nobody makes it: its calls are events already, and no mapping reads them. */
export const callsEndpoint = "antavo";

/**
 * Where a delivery's body is kept: in its row, or, where it is large, in a file that is durable when this resolves. The
 * file is named by `of` too, so that no other delivery has it and it can be removed.
 */
export async function keptBody(
	{ files, crypto }: { readonly files: Files; readonly crypto: Crypto },
	of: string,
	bytes: Uint8Array,
): Promise<StoredBody> {
	if (bytes.byteLength <= limits.bodyInlineBytesMax) return { inline: bytes };
	const file = crypto.sha256Hex(`${of}\n${crypto.sha256Hex(bytes)}`);
	await files.put(file, bytes);
	return { file, bytes: bytes.byteLength };
}

/** A stored delivery, read again: as it came, and its messages; or why it can not be read as a whole. */
export type ReadDelivery =
	| { readonly ok: true; readonly delivery: Delivery; readonly messages: readonly Normalised[] }
	| { readonly ok: false; readonly reason: string };

export async function readDelivery(
	files: Files,
	to: OpenEndpoint,
	stored: StoredDelivery,
): Promise<ReadDelivery> {
	const body = "inline" in stored.body ? stored.body.inline : await files.get(stored.body.file);
	invariant(body !== null, `the body of ${stored.id} is in the files store`);
	const delivery: Delivery = { ...stored, body };
	const normalised = normalise(to.configured, delivery);
	return normalised.ok
		? { ok: true, delivery, messages: normalised.value }
		: { ok: false, reason: normalised.failure };
}

/** The messages of a stored delivery that mappings are asked about: all but those that halt before. */
export async function mappableIn(
	files: Files,
	to: OpenEndpoint,
	{ stored, fetched }: KeptDelivery,
): Promise<readonly { readonly position: number; readonly message: Message }[]> {
	const read = await readDelivery(files, to, stored);
	if (!read.ok) return [];
	return read.messages.flatMap((one) => {
		if (one.kind === "failed" || one.message.control !== undefined) return [];
		if (haltOf(one.message, to, stored, one.position) !== null) return [];
		const answers = fetched.filter(({ position }) => position === one.position);
		const { message } = enriched(to, one.message, read.delivery, answers);
		return lackOf(message) === null ? [{ position: one.position, message }] : [];
	});
}

/** A message with what was asked of others for it. */
export interface EnrichedMessage {
	readonly message: Message;
	/** What is to be asked of them before it can be mapped; none where its endpoint can not ask. */
	readonly asks: readonly AskedFetch[];
	/** What is known to be missing, for operators. */
	readonly lacks: readonly string[];
	/** Whether something was removed from what they said. */
	readonly sensitive: boolean;
}

export function enriched(
	{ configured: { enrichment }, endpoint }: OpenEndpoint,
	message: Message,
	delivery: Delivery,
	fetched: readonly Fetched[],
): EnrichedMessage {
	if (enrichment === undefined) return { message, asks: [], lacks: [], sensitive: false };
	const answers = new Map(fetched.map((one) => [one.into, answerOf(one)]));
	const { message: whole, asks } = enrichment.enrich(message, delivery, answers);
	const { origin, secrets } = enrichment;
	const mayAsk = secrets.every((name) => Object.hasOwn(endpoint.secrets, name));
	const site = `${endpoint.id} ${origin}`;
	return {
		message: whole,
		asks: mayAsk ? asks.map((asked) => ({ ...asked, endpoint: endpoint.id, site })) : [],
		lacks: fetched.flatMap(({ into, answer, reason }) =>
			answer === null ? [`without \`${into}\` of ${origin}: ${reason ?? "there was no time for it"}`] : [],
		),
		sensitive: [...answers.values()].some((answer) => answer !== null && holdsMark(answer)),
	};
}

/** Why a message can not be mapped with the answers that it has; null where it can. */
export function lackOf({ content, needs }: Message): string | null {
	if (needs === undefined) return null;
	const { enriched } = content;
	return isObject(enriched) && Object.hasOwn(enriched, needs.answer) ? null : needs.why;
}

function answerOf({ answer }: Fetched): Value | null {
	if (answer === null) return null;
	const parsed = parseJson(answer);
	invariant(parsed.ok, "what was fetched is kept as JSON");
	return parsed.value;
}

/** Why a message goes no further, whatever the mappings say; null where it does. */
export function haltOf(
	message: Message,
	{ configured }: OpenEndpoint,
	stored: StoredDelivery,
	position: number,
): Pick<Pin, "state" | "reason"> | null {
	if (isSample(stored)) return { state: "ignored", reason: "a sample of the hub's own: it gives no events" };
	if (stored.proved === "first" && position > 0) {
		return {
			state: "held",
			reason:
				"the sender signed only the first message of this batch; release it, give the endpoint a secret header, " +
				"or set allowPartiallySignedBatch",
		};
	}
	if (stored.paused) return { state: "held", reason: "the endpoint was paused when this came" };
	if (message.control === "handshake") return { state: "control", reason: "a handshake" };
	// Without a key to show, who proved nothing was only ever answered.
	if (stored.proved === "none" && !configured.connector.writeKey)
		return { state: "control", reason: "a handshake, which anybody may have sent" };
	if (stored.proved === "none" && message.control === "merge")
		return { state: "ignored", reason: "who shows a key that anybody can read makes nobody one" };
	if (message.ignore === "test") return { state: "ignored", reason: "test traffic" };
	if (message.ignore === "echo") return { state: "ignored", reason: "an echo of what this hub wrote" };
	return null;
}
