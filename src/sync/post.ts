import { type Exchange, exchange, type Fetch, unread } from "./exchange.ts";

/** One JSON body to one address. */
export interface Post extends Pick<Exchange, "url" | "timeoutMs" | "signal" | "now"> {
	readonly body: object;
}

/** What became of it. */
export type Posted =
	| { readonly kind: "accepted" }
	/** `waitMs` is what the site asked for, 0 where it did not. */
	| { readonly kind: "failed"; readonly reason: string; readonly waitMs: number }
	| { readonly kind: "aborted" };

/** Posts once: 2xx accepts. Of the answer only its status and `Retry-After` are read. */
export async function post(fetch: Fetch, { body, ...to }: Post): Promise<Posted> {
	const headers = { "Content-Type": "application/json" };
	const posted = await exchange(
		fetch,
		{ ...to, method: "POST", headers, body: JSON.stringify(body) },
		unread,
	);
	switch (posted.kind) {
		case "answered":
			return { kind: "accepted" };
		case "failed":
			return { kind: "failed", reason: posted.reason, waitMs: posted.waitMs };
		case "aborted":
			return posted;
	}
}
