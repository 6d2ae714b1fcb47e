/** What this part asks of the network; a host gives the platform's own. */
export type Fetch = (request: Request) => Promise<Response>;

/** One request to one address. */
export interface Exchange {
	readonly url: string;
	readonly method: "GET" | "POST" | "PUT";
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
	/** How long the other side may take until all that is read of its answer is there, milliseconds. */
	readonly timeoutMs: number;
	/** Aborted where nobody wants to know any more. */
	readonly signal: AbortSignal;
	/** Unix milliseconds: a site may say until when it is to be left alone. */
	readonly now: number;
}

/** What became of it. */
export type Exchanged<Value> =
	| { readonly kind: "answered"; readonly value: Value }
	/** `status` is null where there was no answer; `waitMs` is what the site asked for, 0 where it did not. */
	| {
			readonly kind: "failed";
			readonly reason: string;
			readonly status: number | null;
			readonly waitMs: number;
	  }
	| { readonly kind: "aborted" };

/**
 * Asks once, and reads an answer of 2xx. Everything else fails, redirects too: who trusts one site does not trust whatever it
 * names.
 */
export async function exchange<Value>(
	fetch: Fetch,
	{ url, method, headers, body, timeoutMs, signal, now }: Exchange,
	read: (response: Response) => Promise<Value>,
): Promise<Exchanged<Value>> {
	const timeout = AbortSignal.timeout(timeoutMs);
	const request = new Request(url, {
		method,
		headers: { "User-Agent": "loyalty-hub", ...headers },
		redirect: "manual",
		signal: AbortSignal.any([timeout, signal]),
		...(body === undefined ? {} : { body }),
	});
	try {
		const response = await fetch(request);
		if (response.ok) return { kind: "answered", value: await read(response) };
		await unread(response);
		const { status } = response;
		const redirects = status >= 300 && status < 400;
		return {
			kind: "failed",
			reason: `answered ${status}${redirects ? ": redirects are not followed" : ""}`,
			status,
			waitMs: waitIn(response.headers.get("Retry-After"), now),
		};
	} catch (error) {
		if (signal.aborted) return { kind: "aborted" };
		const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : `not reached: ${causeOf(error)}`;
		return { kind: "failed", reason, status: null, waitMs: 0 };
	}
}

/** Lets an answer's body go. The connection may be gone already. */
export async function unread(response: Response): Promise<void> {
	await response.body?.cancel().catch(() => {});
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
