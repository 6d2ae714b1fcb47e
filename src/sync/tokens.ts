import type { Clock } from "../model/clock.ts";
import { isObject, own, type Value } from "../model/json.ts";
import { exchange, type Fetch } from "./exchange.ts";
import { readAnswer } from "./question.ts";

/**
 * Access tokens that expire (OAuth 2), in the memory of a process: each is asked for once, shared by all who need it at the same
 * time, and kept until shortly before it expires.
 */
export interface Tokens {
	/**
	 * The token of an endpoint. One that was had by another question, as by a secret of yesterday, is not used. `signal` is aborted
	 * where nobody wants to know any more.
	 */
	tokenOf(endpoint: string, asked: TokenQuestion, signal?: AbortSignal): Promise<GotToken>;
	/** It was not believed: the next who needs one asks anew, unless somebody did so already. */
	forgetToken(endpoint: string, text: string): Promise<void>;
}

export interface TokenQuestion {
	readonly url: string;
	readonly contentType: string;
	/** With secrets in it. */
	readonly body: string;
}

export type GotToken =
	/** `isNew` where it was asked for just now. */
	| { readonly kind: "found"; readonly text: string; readonly isNew: boolean }
	/** `waitMs` is what the site asked for, 0 where it did not. */
	| { readonly kind: "failed"; readonly reason: string; readonly waitMs: number }
	| { readonly kind: "aborted" };

interface Kept {
	readonly question: string;
	readonly text: string;
	/** Unix milliseconds. */
	readonly until: number;
}

/** An attempt is two tokens and two questions at most, and ends within a lease. */
const timeoutMs = 4_000;

/** What is on its way has to arrive before the token expires. */
const onItsWayMs = 60_000;

/** Of a token whose time is not said, which RFC 6749 §5.1 only recommends. */
const unsaidMs = 300_000;

export function openTokens({ fetch, clock }: { readonly fetch: Fetch; readonly clock: Clock }): Tokens {
	const kept = new Map<string, Kept>();
	const underWay = new Map<string, Promise<GotToken>>();

	return {
		tokenOf: async (endpoint, asked, signal = new AbortController().signal) => {
			const question = `${endpoint} ${asked.url} ${asked.body}`;
			const known = kept.get(endpoint);
			if (known !== undefined && known.question === question && known.until > clock())
				return { kind: "found", text: known.text, isNew: false };
			const going = underWay.get(question);
			if (going !== undefined) return going;
			const asking = ask(endpoint, question, { ...asked, signal }).finally(() => underWay.delete(question));
			underWay.set(question, asking);
			return asking;
		},
		forgetToken: async (endpoint, text) => {
			if (kept.get(endpoint)?.text === text) kept.delete(endpoint);
		},
	};

	async function ask(
		endpoint: string,
		question: string,
		asked: TokenQuestion & { readonly signal: AbortSignal },
	): Promise<GotToken> {
		const { origin } = new URL(asked.url);
		const headers = { Accept: "application/json", "Content-Type": asked.contentType };
		const now = clock();
		const got = await exchange(fetch, { ...asked, method: "POST", headers, timeoutMs, now }, readAnswer);
		if (got.kind === "aborted") return got;
		const failed = (reason: string, waitMs = 0): GotToken => {
			return { kind: "failed", reason: `no token of ${origin}: ${reason}`, waitMs };
		};
		if (got.kind === "failed") return failed(got.reason, got.waitMs);
		if (!got.value.ok) return failed(got.value.failure);
		const answer = got.value.value;
		const text = isObject(answer) ? own(answer, "access_token") : undefined;
		if (typeof text !== "string" || !isTokenText(text)) return failed(refusalIn(answer));
		kept.set(endpoint, { question, text, until: now + goodForMs(answer) });
		return { kind: "found", text, isNew: true };
	}
}

/** RFC 6749 §A.12. */
const isTokenText = (text: string): boolean => /^[\x20-\x7e]+$/.test(text);

/** Zoho refuses with 200. An error's code is a few words (RFC 6749 §5.2); what else is said is nobody's. */
function refusalIn(answer: Value): string {
	const code = isObject(answer) ? own(answer, "error") : undefined;
	const isCode = typeof code === "string" && /^[a-z_ ]{1,40}$/i.test(code);
	return `its answer has no access_token${isCode ? `: ${code}` : ""}`;
}

/** `expires_in` is in seconds, in some answers a text. */
function goodForMs(answer: Value): number {
	const said = isObject(answer) ? own(answer, "expires_in") : undefined;
	const isSaid = (typeof said === "number" || typeof said === "string") && /^[0-9]{1,9}$/.test(String(said));
	const forMs = isSaid ? Number(said) * 1_000 : unsaidMs;
	return Math.max(forMs - onItsWayMs, forMs / 2);
}
