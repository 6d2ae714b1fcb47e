import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { type Post, post } from "./post.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const hour = 3_600_000;

/** A server that answers as the test says; gives its address. */
async function site(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
	const server = createServer(answer).listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => {
		server.close();
		server.closeAllConnections();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const posting = (url: string, options: Partial<Post> = {}) =>
	post((request) => fetch(request), {
		url,
		body: { a: ["ä"] },
		timeoutMs: 5_000,
		signal: new AbortController().signal,
		now: noon,
		...options,
	});

it("posts JSON, and nothing that says who the hub is to others", async () => {
	const got = Promise.withResolvers<readonly unknown[]>();
	const url = await site((request, response) => {
		const { method, headers } = request;
		got.resolve(
			text(request).then((body) => [
				method,
				request.url,
				headers["content-type"],
				headers.authorization,
				body,
			]),
		);
		response.writeHead(204).end();
	});
	expect(await posting(`${url}/results?of=1`)).toEqual({ kind: "accepted" });
	expect(await got.promise).toEqual(["POST", "/results?of=1", "application/json", undefined, '{"a":["ä"]}']);
});

it("does not wait for the rest of an answer that never ends", async () => {
	const url = await site((_request, response) => void response.writeHead(200).write("and so on"));
	expect(await posting(url)).toEqual({ kind: "accepted" });
});

it.each<[number, Record<string, string>, string, number]>([
	[500, {}, "answered 500", 0],
	[404, {}, "answered 404", 0],
	[503, { "Retry-After": "120" }, "answered 503", 120_000],
	[429, { "Retry-After": "Sun, 22 Nov 2026 13:00:00 GMT" }, "answered 429", hour],
	[429, { "Retry-After": "Sun, 22 Nov 2026 11:00:00 GMT" }, "answered 429", 0],
	[429, { "Retry-After": "soon" }, "answered 429", 0],
	[429, { "Retry-After": "-5" }, "answered 429", 0],
])("fails where the site answers %d with %j", async (status, headers, reason, waitMs) => {
	const url = await site((_request, response) => response.writeHead(status, headers).end());
	expect(await posting(url)).toEqual({ kind: "failed", reason, waitMs });
});

it.each([301, 302, 307, 308])("does not go where a %d leads", async (status) => {
	const paths: (string | undefined)[] = [];
	const url = await site((request, response) => {
		paths.push(request.url);
		response.writeHead(status, { Location: "/elsewhere" }).end();
	});
	expect(await posting(`${url}/here`)).toEqual({
		kind: "failed",
		reason: `answered ${status}: redirects are not followed`,
		waitMs: 0,
	});
	expect(paths).toEqual(["/here"]);
});

it("fails where nobody listens, and where nobody answers in time", async () => {
	const gone = createServer().listen(0, "127.0.0.1");
	await once(gone, "listening");
	const { port } = gone.address() as AddressInfo;
	await new Promise((resolve) => gone.close(resolve));
	expect(await posting(`http://127.0.0.1:${port}`)).toEqual({
		kind: "failed",
		reason: "not reached: ECONNREFUSED",
		waitMs: 0,
	});
	const silent = await site(() => {});
	expect(await posting(silent, { timeoutMs: 30 })).toEqual({
		kind: "failed",
		reason: "no answer within 30 ms",
		waitMs: 0,
	});
});

it("ends at once where nobody wants to know any more", async () => {
	const stopping = new AbortController();
	const silent = await site(() => stopping.abort());
	expect(await posting(silent, { signal: stopping.signal })).toEqual({ kind: "aborted" });
});
