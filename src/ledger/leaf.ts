import type { Crypto } from "../model/crypto.ts";
import { invariant } from "../model/result.ts";

/** What of an event stays for ever: nothing of it names a person. */
export interface Header {
	readonly seq: number;
	readonly shard: number;
	readonly subject: Uint8Array;
	readonly action: string;
	/** Unix milliseconds. */
	readonly recordedAt: number;
	/** JSON. */
	readonly postings: string;
	readonly key: Uint8Array;
}

/** What of an event goes with its person. */
export interface Body {
	/** Unix milliseconds. */
	readonly timestamp: number;
	/** 16 random bytes: without them a hash of a guessable body would give it away. */
	readonly salt: Uint8Array;
	/** JSON. */
	readonly data: string;
	/** JSON. */
	readonly properties: string;
}

/** What an event's leaf is made by. */
export interface LeafHasher {
	leaf(header: Header, body: Body): Uint8Array;
	/** Of the body alone: what is kept of it when its person is erased, so that the header can still be verified. */
	content(body: Body): Uint8Array;
	leafOver(header: Header, content: Uint8Array): Uint8Array;
}

/**
 * Makes what computes an event's leaf in the Merkle log:
 * SHA-256(0x00 ‖ header ‖ SHA-256(salt ‖ body)), the prefix being RFC 6962's for leaves. Header and body are their
 * fields in the order above, each behind its length in four bytes; integers have eight bytes, big-endian. When a
 * body is erased, its hash is still held by the leaf, and can not be guessed from.
 */
export function leafHasher(crypto: Pick<Crypto, "sha256">): LeafHasher {
	const writer = openWriter();
	const content = (body: Body): Uint8Array => {
		writer.start();
		writer.raw(body.salt);
		writer.integer(body.timestamp);
		writer.text(body.data);
		writer.text(body.properties);
		return crypto.sha256(writer.written());
	};
	const leafOver = (header: Header, bodyHash: Uint8Array): Uint8Array => {
		writer.start();
		writer.raw(leafPrefix);
		writer.integer(header.seq);
		writer.integer(header.shard);
		writer.bytes(header.subject);
		writer.text(header.action);
		writer.integer(header.recordedAt);
		writer.text(header.postings);
		writer.bytes(header.key);
		writer.raw(bodyHash);
		return crypto.sha256(writer.written());
	};
	return { leaf: (header, body) => leafOver(header, content(body)), content, leafOver };
}

const leafPrefix = new Uint8Array(1);

/** Bytes put one behind the other, in one buffer that is used again and again. */
function openWriter() {
	const encoder = new TextEncoder();
	let buffer = new Uint8Array(4_096);
	let view = new DataView(buffer.buffer);
	let length = 0;

	const reserve = (more: number): void => {
		if (length + more <= buffer.length) return;
		const larger = new Uint8Array(2 ** Math.ceil(Math.log2(length + more)));
		larger.set(buffer);
		buffer = larger;
		view = new DataView(buffer.buffer);
	};
	const raw = (bytes: Uint8Array): void => {
		reserve(bytes.length);
		buffer.set(bytes, length);
		length += bytes.length;
	};
	const size = (value: number): void => {
		view.setUint32(length, value);
		length += 4;
	};
	return {
		start: (): void => {
			length = 0;
		},
		raw,
		bytes: (bytes: Uint8Array): void => {
			reserve(4);
			size(bytes.length);
			raw(bytes);
		},
		text: (text: string): void => {
			// UTF-8 takes at most three bytes for each UTF-16 code unit.
			reserve(4 + text.length * 3);
			const { written } = encoder.encodeInto(text, buffer.subarray(length + 4));
			size(written);
			length += written;
		},
		integer: (value: number): void => {
			invariant(Number.isSafeInteger(value), "an integer of an event is exact");
			reserve(12);
			size(8);
			view.setInt32(length, Math.floor(value / 2 ** 32));
			view.setUint32(length + 4, value >>> 0);
			length += 8;
		},
		/** Valid until the next `start`. */
		written: (): Uint8Array => buffer.subarray(0, length),
	};
}
