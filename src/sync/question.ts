import { joined } from "../model/bytes.ts";
import { isDeeperThan, readJson, type Value } from "../model/json.ts";
import { limits } from "../model/limits.ts";
import { bad, good, type Result } from "../model/result.ts";
import { type Exchange, exchange, type Fetch } from "./exchange.ts";

/** What became of a question. */
export type Got =
	| { readonly kind: "found"; readonly value: Value }
	/** There is no such thing: 404 or 410, or 204, as Zoho says it. */
	| { readonly kind: "missing"; readonly reason: string }
	/** `site` where another question to the same site would fare no better; `waitMs` is what the site asked for, 0 where it did not. */
	| {
			readonly kind: "failed";
			readonly reason: string;
			readonly blames: "site" | "question";
			/** Null where there was none, or it was not what failed. */
			readonly status: number | null;
			readonly waitMs: number;
	  }
	| { readonly kind: "aborted" };

/** What is asked; where there is a body, it is JSON, and posted unless `method` says otherwise. */
export interface JsonQuestion extends Pick<Exchange, "url" | "headers" | "timeoutMs" | "signal" | "now"> {
	readonly body: string | null;
	readonly method?: "POST" | "PUT";
}

/** Asks for JSON once. The answer is bounded in size and depth, and its numbers keep their digits. */
export async function ask(fetch: Fetch, { body, method = "POST", ...asked }: JsonQuestion): Promise<Got> {
	const accepting = { Accept: "application/json", ...asked.headers };
	const request =
		body === null
			? ({ method: "GET", headers: accepting } as const)
			: ({ method, headers: { ...accepting, "Content-Type": "application/json" }, body } as const);
	const got = await exchange(fetch, { ...asked, ...request }, readJsonOrNothing);
	switch (got.kind) {
		case "answered":
			// Who is told something need not say anything.
			if (got.value === null && body !== null) return { kind: "found", value: null };
			if (got.value === null) return { kind: "missing", reason: "answered 204" };
			return got.value.ok
				? { kind: "found", value: got.value.value }
				: { kind: "failed", reason: got.value.failure, blames: "question", status: null, waitMs: 0 };
		case "failed": {
			const { status, reason, waitMs } = got;
			if (status === 404 || status === 410) return { kind: "missing", reason };
			return { kind: "failed", reason, blames: isOfSite(status) ? "site" : "question", status, waitMs };
		}
		case "aborted":
			return got;
	}
}

/** Nobody there, in trouble, too busy for us, or a key that is not believed. */
const isOfSite = (status: number | null): boolean =>
	status === null || status >= 500 || status === 429 || status === 401 || status === 403;

const readJsonOrNothing = async (response: Response): Promise<Result<Value, string> | null> =>
	response.status === 204 ? null : readAnswer(response);

/** JSON, bounded in size and depth. */
export async function readAnswer(response: Response): Promise<Result<Value, string>> {
	const bytes = await boundedBody(response);
	if (bytes === null) return bad(`its answer is larger than ${limits.fetchedBytesMax} bytes`);
	const read = readJson(bytes);
	if (!read.ok) return bad(`its answer is not JSON: ${read.failure.reason}`);
	return isDeeperThan(read.value, limits.depthMax)
		? bad(`its answer is nested deeper than ${limits.depthMax} levels`)
		: good(read.value);
}

/** The answer as a text; null where there is more of it than may be. */
export async function readText(response: Response): Promise<string | null> {
	const bytes = await boundedBody(response);
	return bytes === null ? null : new TextDecoder().decode(bytes);
}

/** Null where there is more than may be: whatever the answer says of its length. */
async function boundedBody(response: Response): Promise<Uint8Array | null> {
	const reader = response.body?.getReader();
	const parts: Uint8Array[] = [];
	let length = 0;
	for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
		length += part.value.byteLength;
		if (length > limits.fetchedBytesMax) {
			await reader?.cancel().catch(() => {});
			return null;
		}
		parts.push(part.value);
	}
	return joined(parts);
}
