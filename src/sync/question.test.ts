import { describe, expect, it } from "vitest";
import { ExactNumber } from "../model/json.ts";
import { ask } from "./question.ts";

const asking = (
	answer: (request: Request) => Response | Promise<Response>,
	signal = new AbortController().signal,
) =>
	ask(async (request) => answer(request), {
		url: "https://api.example/contacts/7",
		body: null,
		headers: { Authorization: "Bearer t" },
		timeoutMs: 30,
		signal,
		now: 0,
	});

const failed = (reason: string, blames: "site" | "question", status: number | null = null, waitMs = 0) => ({
	kind: "failed",
	reason,
	blames,
	status,
	waitMs,
});

/** A body that goes on until nobody wants more of it; counts what was taken. */
function endless() {
	const given = { bytes: 0 };
	const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
		pull: (controller) => {
			given.bytes += 65_536;
			controller.enqueue(new Uint8Array(65_536).fill(32));
		},
	});
	return { body, given };
}

describe("a question", () => {
	it("is a GET with the headers that it was given, and nobody's redirects", async () => {
		const asked: unknown[] = [];
		const got = await asking(({ method, url, headers, redirect }) => {
			asked.push(method, url, headers.get("Authorization"), headers.get("Accept"), redirect);
			return Response.json({ email: "a@b.example" });
		});
		expect(got).toEqual({ kind: "found", value: { email: "a@b.example" } });
		expect(asked).toEqual([
			"GET",
			"https://api.example/contacts/7",
			"Bearer t",
			"application/json",
			"manual",
		]);
	});

	it("keeps the digits of long numbers", async () => {
		expect(await asking(() => new Response('{"id":12345678901234567890}'))).toEqual({
			kind: "found",
			value: { id: new ExactNumber("12345678901234567890") },
		});
	});

	it.each([404, 410, 204])("has no answer where there is nothing: %d", async (status) => {
		const got = await asking(() => new Response(null, { status }));
		expect(got).toEqual({ kind: "missing", reason: `answered ${status}` });
	});

	it.each<[number, "site" | "question"]>([
		[500, "site"],
		[429, "site"],
		[401, "site"],
		[403, "site"],
		[400, "question"],
		[301, "question"],
	])("fails with %d, for which it blames the %s", async (status, blames) => {
		expect(await asking(() => new Response("", { status }))).toMatchObject({
			kind: "failed",
			blames,
			status,
		});
	});

	it("hears how long it is to wait", async () => {
		const busy = new Response("", { status: 429, headers: { "Retry-After": "7" } });
		expect(await asking(() => busy)).toEqual(failed("answered 429", "site", 429, 7_000));
	});

	it("reads no more of an answer than there may be", async () => {
		const { body, given } = endless();
		expect(await asking(() => new Response(body))).toEqual(
			failed("its answer is larger than 262144 bytes", "question"),
		);
		expect(given.bytes).toBeLessThan(512 * 1024);
	});

	it.each([
		["<html>", "its answer is not JSON: the text is not JSON"],
		["", "its answer is not JSON: the text ends before the JSON does"],
		["[".repeat(66) + "]".repeat(66), "its answer is nested deeper than 64 levels"],
	])("fails where the answer is %s", async (text, reason) => {
		expect(await asking(() => new Response(text))).toEqual(failed(reason, "question"));
	});

	it("fails where nobody answers in time, and ends at once where nobody wants to know", async () => {
		const hangs = (request: Request) =>
			new Promise<Response>((_resolve, reject) => {
				request.signal.addEventListener("abort", () => reject(request.signal.reason));
				if (request.signal.aborted) reject(request.signal.reason);
			});
		expect(await asking(hangs)).toEqual(failed("no answer within 30 ms", "site"));
		expect(await asking(hangs, AbortSignal.abort())).toEqual({ kind: "aborted" });
	});
});
