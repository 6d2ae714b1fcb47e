import { joined } from "../model/bytes.ts";
import { bad, good, type Result } from "../model/result.ts";

/** A request's body, read once. */
export interface ReceivedBody {
	/** As it came over the wire: what senders sign. */
	readonly raw: Uint8Array;
	/** Inflated; the very same array as `raw` where the sender did not compress. */
	readonly body: Uint8Array;
}

/** Why a body was not taken: the status of the answer and a sentence that may be in it. */
export interface BodyFailure {
	readonly status: 400 | 413 | 415 | 503;
	readonly message: string;
}

/** What bodies that are under way may hold of the memory, all together. */
export interface Room {
	/** Whether so many more bytes may be held, until their request is answered. */
	take(bytes: number): boolean;
}

export interface BodyLimits {
	/** Of the body as received, and again of the inflated one. */
	readonly bytesMax: number;
	/** Where strangers send bodies, which have to be read before it is known who they are. */
	readonly room?: Room | undefined;
}

/** What each request that is let in may hold without asking: one call of nearly every sender. */
const freeBytes = 64 * 1024;

/** Reads a body within the limits, and never holds more of it than they allow. */
export async function readBody(
	request: Request,
	limits: BodyLimits,
): Promise<Result<ReceivedBody, BodyFailure>> {
	const raw = await readRaw(request, limits);
	if (!raw.ok) return raw;
	const coding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
	if (coding === "identity" || coding === "" || raw.value.length === 0)
		return good({ raw: raw.value, body: raw.value });
	const body = await inflate(raw.value, coding, limits);
	return body.ok ? good({ raw: raw.value, body: body.value }) : body;
}

/**
 * A declared length is believed: HTTP ends the body there, and the platform reads a body of known length much
 * faster in one piece. A long one is read as it comes: who declares it and sends nothing takes no room.
 */
async function readRaw(request: Request, limits: BodyLimits): Promise<Result<Uint8Array, BodyFailure>> {
	const declared = declaredLength(request.headers);
	// A body that nobody has asked for is one that the platform gets rid of, and the connection can be used again.
	if (declared !== undefined && declared > limits.bytesMax) return bad(tooLarge(limits));
	try {
		if (declared !== undefined && (declared <= freeBytes || limits.room === undefined)) {
			const bytes = new Uint8Array(await request.arrayBuffer());
			return bytes.length === declared ? good(bytes) : bad(cutShort);
		}
		if (request.body === null) return good(new Uint8Array());
		const collected = await collect(request.body, limits);
		const isShort = collected.ok && declared !== undefined && collected.value.length !== declared;
		return isShort ? bad(cutShort) : collected;
	} catch {
		return bad(cutShort);
	}
}

function declaredLength(headers: Headers): number | undefined {
	const text = headers.get("content-length");
	return text !== null && /^[0-9]{1,15}$/.test(text) && !headers.has("transfer-encoding")
		? Number(text)
		: undefined;
}

/** The stream's bytes in one piece; stops the sender at the first byte too many. */
async function collect(
	stream: ReadableStream<Uint8Array>,
	limits: BodyLimits,
): Promise<Result<Uint8Array, BodyFailure>> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	const reader = stream.getReader();
	for (;;) {
		const { done, value: chunk } = await reader.read();
		if (done) return good(joined(chunks));
		length += chunk.length;
		const isTooLarge = length > limits.bytesMax;
		if (isTooLarge || limits.room?.take(chunk.length) === false) {
			await reader.cancel();
			return bad(isTooLarge ? tooLarge(limits) : noRoom);
		}
		chunks.push(chunk);
	}
}

async function inflate(
	raw: Uint8Array,
	coding: string,
	limits: BodyLimits,
): Promise<Result<Uint8Array, BodyFailure>> {
	const inflater = inflaterOf(coding);
	if (inflater === undefined)
		return bad({
			status: 415,
			message: `the content coding "${coding}" is not known here; send gzip, deflate or none`,
		});
	try {
		return await collect(inSlices(raw).pipeThrough(inflater), limits);
	} catch {
		return bad({ status: 400, message: `the ${coding} body is damaged or cut short` });
	}
}

/** Content codings (RFC 9110 §8.4.1) and what the platform calls them. Not every platform has Brotli. */
const formats: Readonly<Record<string, string>> = {
	gzip: "gzip",
	"x-gzip": "gzip",
	deflate: "deflate",
	br: "brotli",
};

function inflaterOf(coding: string): ReadableWritablePair<Uint8Array, Uint8Array> | undefined {
	const format = Object.hasOwn(formats, coding) ? formats[coding] : undefined;
	if (format === undefined) return undefined;
	try {
		return new DecompressionStream(
			format as ConstructorParameters<typeof DecompressionStream>[0],
		) as ReadableWritablePair<Uint8Array, Uint8Array>;
	} catch {
		return undefined;
	}
}

/** Deflate makes at most about a thousand bytes of one: a slice of this size can not become more than 16 MiB at once. */
const inflateSliceBytes = 16 * 1024;

function inSlices(bytes: Uint8Array): ReadableStream<Uint8Array> {
	let at = 0;
	return new ReadableStream<Uint8Array>({
		pull(controller) {
			if (at >= bytes.length) return controller.close();
			controller.enqueue(bytes.subarray(at, at + inflateSliceBytes));
			at += inflateSliceBytes;
		},
	});
}

const tooLarge = ({ bytesMax }: BodyLimits): BodyFailure => ({
	status: 413,
	message: `the body is larger than ${bytesMax} bytes`,
});

const noRoom: BodyFailure = {
	status: 503,
	message: "too many bodies are under way; send this one again in a moment",
};

const cutShort: BodyFailure = { status: 400, message: "the body was cut short" };

/** Who could not be read for want of room is asked to come again. */
export const laterIf = (status: number): Record<string, string> =>
	status === 503 ? { "Retry-After": "1" } : {};
