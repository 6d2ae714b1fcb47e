import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readBody } from "./body.ts";

const limits = { bytesMax: 100_000 };
const order = new TextEncoder().encode('{"type":"track","event":"Order Completed"}');

const request = (
	body: Uint8Array | ReadableStream<Uint8Array>,
	headers: Record<string, string> = {},
): Request =>
	new Request("http://hub.test/in/x", {
		method: "POST",
		body: body as BodyInit,
		headers,
		duplex: "half",
	} as RequestInit);

const encoded = (body: Uint8Array, coding: string): Request => request(body, { "content-encoding": coding });

/** A sender that counts what is taken from it. */
function endless(chunkBytes: number): {
	stream: ReadableStream<Uint8Array>;
	sent: () => number;
	stopped: () => boolean;
} {
	let sent = 0;
	let stopped = false;
	const stream = new ReadableStream<Uint8Array>({
		pull(controller) {
			sent += chunkBytes;
			controller.enqueue(new Uint8Array(chunkBytes));
		},
		cancel() {
			stopped = true;
		},
	});
	return { stream, sent: () => sent, stopped: () => stopped };
}

describe("readBody", () => {
	it("gives the bytes as they came, and says that they are the body", async () => {
		const read = await readBody(request(order), limits);
		expect(read).toEqual({ ok: true, value: { raw: order, body: order } });
		if (read.ok) expect(read.value.body).toBe(read.value.raw);
	});

	it("gives no bytes for a request without a body", async () => {
		const empty = await readBody(new Request("http://hub.test/in/x", { method: "POST" }), limits);
		expect(empty).toEqual({ ok: true, value: { raw: new Uint8Array(), body: new Uint8Array() } });
	});

	it.each([
		["gzip", gzipSync(order)],
		["deflate", deflateSync(order)],
		["br", brotliCompressSync(order)],
		["GZIP ", gzipSync(order)],
	])("inflates %s and keeps what was received beside it", async (coding, compressed) => {
		const raw = new Uint8Array(compressed);
		expect(await readBody(encoded(raw, coding), limits)).toEqual({ ok: true, value: { raw, body: order } });
	});

	it("takes a body of exactly the limit and no byte more", async () => {
		const exact = new Uint8Array(limits.bytesMax);
		expect((await readBody(request(exact), limits)).ok).toBe(true);
		expect(await readBody(request(new Uint8Array(limits.bytesMax + 1)), limits)).toEqual({
			ok: false,
			failure: { status: 413, message: "the body is larger than 100000 bytes" },
		});
	});

	it("refuses a declared length beyond the limit before it reads", async () => {
		const { stream, sent } = endless(1_000);
		const read = await readBody(request(stream, { "content-length": "100001" }), limits);
		expect(read).toMatchObject({ ok: false, failure: { status: 413 } });
		expect(sent()).toBeLessThanOrEqual(1_000);
	});

	it("stops a sender that does not end, at the limit", async () => {
		const { stream, sent, stopped } = endless(1_000);
		expect(await readBody(request(stream), limits)).toMatchObject({ ok: false, failure: { status: 413 } });
		expect(sent()).toBeLessThan(limits.bytesMax + 10_000);
		expect(stopped()).toBe(true);
	});

	it("stops inflating a bomb at the limit", async () => {
		const bomb = new Uint8Array(gzipSync(new Uint8Array(64 * 1024 * 1024)));
		expect(bomb.length).toBeLessThan(limits.bytesMax);
		expect(await readBody(encoded(bomb, "gzip"), limits)).toEqual({
			ok: false,
			failure: { status: 413, message: "the body is larger than 100000 bytes" },
		});
	});

	it.each([
		["cut short", gzipSync(order).subarray(0, 30)],
		["no gzip at all", order],
		["followed by something else", new Uint8Array([...gzipSync(order), 1, 2, 3])],
		[
			"with a wrong checksum",
			new Uint8Array(gzipSync(order)).map((byte, at, all) => (at === all.length - 5 ? byte ^ 1 : byte)),
		],
	])("says so when a gzip body is %s", async (_, body) => {
		expect(await readBody(encoded(new Uint8Array(body), "gzip"), limits)).toEqual({
			ok: false,
			failure: { status: 400, message: "the gzip body is damaged or cut short" },
		});
	});

	it("holds no more than there is room for, of what is received and of what is inflated", async () => {
		const room = (bytes: number) => {
			let left = bytes;
			return {
				take: (more: number) => {
					left -= more;
					return left >= 0;
				},
			};
		};
		const large = new Uint8Array(limits.bytesMax);
		const declared = { "content-length": String(large.length) };
		const full = {
			ok: false,
			failure: { status: 503, message: "too many bodies are under way; send this one again in a moment" },
		};
		const most = { ...limits, room: room(large.length) };
		expect((await readBody(request(large, declared), most)).ok).toBe(true);
		expect(await readBody(request(large, declared), most)).toEqual(full);
		expect(await readBody(request(endless(1_000).stream), { ...limits, room: room(50_000) })).toEqual(full);
		const zipped = new Uint8Array(gzipSync(large));
		expect(await readBody(encoded(zipped, "gzip"), { ...limits, room: room(50_000) })).toEqual(full);
		const small = { "content-length": String(order.length) };
		expect((await readBody(request(order, small), most)).ok).toBe(true);
	});

	it("says so when the sender breaks off", async () => {
		const brokenOff = new ReadableStream<Uint8Array>({
			pull(controller) {
				controller.enqueue(order);
				controller.error(new Error("ECONNRESET"));
			},
		});
		const cutShort = { ok: false, failure: { status: 400, message: "the body was cut short" } };
		expect(await readBody(request(brokenOff), limits)).toEqual(cutShort);
		expect(await readBody(request(order, { "content-length": String(order.length + 1) }), limits)).toEqual(
			cutShort,
		);
	});

	it.each(["zstd", "gzip, gzip", "constructor"])(
		"names the content coding %s that it does not know",
		async (coding) => {
			expect(await readBody(encoded(order, coding), limits)).toEqual({
				ok: false,
				failure: {
					status: 415,
					message: `the content coding "${coding}" is not known here; send gzip, deflate or none`,
				},
			});
		},
	);
});
