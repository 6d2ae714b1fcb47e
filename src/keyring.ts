import type { Clock } from "./model/clock.ts";
import { exchange, type Fetch } from "./sync/exchange.ts";
import { readText } from "./sync/question.ts";

/** The keys that senders publish, as they are at their sites. */
export interface Keyring {
	/**
	 * The texts at these URLs; undefined where a site did not give one, and might later. Of a URL where there is nothing, or no
	 * key's worth of text, there is none.
	 */
	keysAt(urls: readonly string[]): Promise<readonly string[] | undefined>;
}

export interface KeyringParts {
	readonly fetch: Fetch;
	readonly clock: Clock;
}

/** As Adobe advises. */
const keptMs = 24 * 3_600_000;
/** A site that failed is left alone for so long, and a URL that leads nowhere: who names it may be a stranger. */
const failedMs = 10_000;
const missingMs = 10 * 60_000;
/** The sender waits for its answer. */
const timeoutMs = 3_000;
const urlsMax = 64;

type Found = { readonly kind: "key"; readonly text: string } | { readonly kind: "missing" | "failed" };

const forMs: Readonly<Record<Found["kind"], number>> = { key: keptMs, missing: missingMs, failed: failedMs };

export function openKeyring({ fetch, clock }: KeyringParts): Keyring {
	const known = new Map<string, { readonly found: Found; readonly until: number }>();

	// Each request asks for itself: on Workers a request that ends may not keep others waiting for its answer.
	async function find(url: string): Promise<Found> {
		const before = known.get(url);
		if (before !== undefined && before.until > clock()) return before.found;
		const found = await ask(url);
		known.delete(url);
		const [oldest] = known.keys();
		if (oldest !== undefined && known.size >= urlsMax) known.delete(oldest);
		known.set(url, { found, until: clock() + forMs[found.kind] });
		return found;
	}

	async function ask(url: string): Promise<Found> {
		const signal = new AbortController().signal;
		const asked = { url, method: "GET", headers: {}, timeoutMs, signal, now: clock() } as const;
		const got = await exchange(fetch, asked, readText);
		if (got.kind === "answered")
			return got.value === null ? { kind: "missing" } : { kind: "key", text: got.value };
		const isNothing = got.kind === "failed" && got.status !== null && got.status >= 400 && got.status < 500;
		return { kind: isNothing && got.status !== 429 ? "missing" : "failed" };
	}

	return {
		keysAt: async (urls) => {
			const all = await Promise.all(urls.map(find));
			const keys = all.flatMap((found) => (found.kind === "key" ? [found.text] : []));
			return keys.length === 0 && all.some(({ kind }) => kind === "failed") ? undefined : keys;
		},
	};
}
