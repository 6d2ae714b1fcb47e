/** What this part asks of the network; a host gives the platform's own. */
export type Fetch = (request: Request) => Promise<Response>;

/** One JSON body to one address. */
export interface Post {
	readonly url: string;
	readonly body: object;
	/** How long the other side may take until it answers, milliseconds. */
	readonly timeoutMs: number;
	/** Aborted where nobody wants to know any more. */
	readonly signal: AbortSignal;
	/** Unix milliseconds: a site may say until when it is to be left alone. */
	readonly now: number;
}

/** What became of it. */
export type Posted =
	| { readonly kind: "accepted" }
	/** `waitMs` is what the site asked for, 0 where it did not. */
	| { readonly kind: "failed"; readonly reason: string; readonly waitMs: number }
	| { readonly kind: "aborted" };

/**
 * Posts once. 2xx accepts; everything else fails, redirects too: who trusts one site does not trust whatever it names. Of the
 * answer only its status and `Retry-After` are read.
 */
export async function post(fetch: Fetch, { url, body, timeoutMs, signal, now }: Post): Promise<Posted> {
	const timeout = AbortSignal.timeout(timeoutMs);
	const request = new Request(url, {
		method: "POST",
		headers: { "Content-Type": "application/json", "User-Agent": "loyalty-hub" },
		body: JSON.stringify(body),
		redirect: "manual",
		signal: AbortSignal.any([timeout, signal]),
	});
	try {
		const response = await fetch(request);
		// The connection may be gone already.
		await response.body?.cancel().catch(() => {});
		if (response.ok) return { kind: "accepted" };
		const redirects = response.status >= 300 && response.status < 400;
		return {
			kind: "failed",
			reason: `answered ${response.status}${redirects ? ": redirects are not followed" : ""}`,
			waitMs: waitIn(response.headers.get("Retry-After"), now),
		};
	} catch (error) {
		if (signal.aborted) return { kind: "aborted" };
		const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : `not reached: ${causeOf(error)}`;
		return { kind: "failed", reason, waitMs: 0 };
	}
}

/** `Retry-After` in milliseconds from now: seconds, or a date as HTTP writes it (RFC 9110 §10.2.3); 0 for anything else. */
function waitIn(text: string | null, now: number): number {
	if (text === null) return 0;
	if (/^[0-9]{1,9}$/.test(text)) return Number(text) * 1_000;
	const until = /^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$/.test(text)
		? Date.parse(text)
		: Number.NaN;
	return Number.isNaN(until) ? 0 : Math.max(0, until - now);
}

/** What lies behind "fetch failed", where the platform says it. */
function causeOf(error: unknown): string {
	const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	if (!(cause instanceof Error)) return String(cause);
	return "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
}
