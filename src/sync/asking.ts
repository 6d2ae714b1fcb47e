import type { OpenEnrichment, OpenTokenRequest, Secrets } from "../kit/enrichment.ts";
import type { Clock } from "../model/clock.ts";
import type { Fetch } from "./exchange.ts";
import { ask as askSite, type Got, type JsonQuestion } from "./question.ts";
import type { GotToken, Tokens } from "./tokens.ts";

/** A question to the system of an endpoint, at the origin of its connector's `enrich`. */
export interface EndpointQuestion extends Omit<JsonQuestion, "headers" | "now"> {
	/** Its id. */
	readonly endpoint: string;
	readonly secrets: Secrets;
	readonly enrichment: OpenEnrichment;
}

/** Asks the systems of endpoints, with what shows them that it is the endpoint that asks: its secrets, or a token that is had by them. */
export type Asking = (question: EndpointQuestion) => Promise<Got>;

export interface AskingParts {
	readonly fetch: Fetch;
	/** Of all who ask for an endpoint: a site gives it a few only. */
	readonly tokens: Tokens;
	readonly clock: Clock;
}

export function openAsking({ fetch, tokens, clock }: AskingParts): Asking {
	/** A token can be withdrawn before its time: one that was known, and is not believed, is had anew, once. */
	return async (question) => {
		const { token } = question.enrichment;
		if (token === undefined) return askWith(undefined, question);
		const known = await tokenBy(token, question);
		if (known.kind !== "found") return withoutToken(known);
		const got = await askWith(known.text, question);
		if (known.isNew || got.kind !== "failed" || got.status !== 401) return got;
		await tokens.forgetToken(question.endpoint, known.text);
		const renewed = await tokenBy(token, question);
		return renewed.kind === "found" ? askWith(renewed.text, question) : withoutToken(renewed);
	};

	function tokenBy(
		{ url, contentType, body }: OpenTokenRequest,
		{ endpoint, secrets, signal }: EndpointQuestion,
	): Promise<GotToken> {
		return tokens.tokenOf(endpoint, { url, contentType, body: body(secrets) }, signal);
	}

	async function askWith(
		token: string | undefined,
		{ endpoint: _endpoint, secrets, enrichment, ...asked }: EndpointQuestion,
	): Promise<Got> {
		const headers = enrichment.headers(secrets, token);
		return headers === undefined
			? failedAt("a secret can not stand in a header", 0)
			: askSite(fetch, { ...asked, headers, now: clock() });
	}
}

const withoutToken = (got: Exclude<GotToken, { readonly kind: "found" }>): Got =>
	got.kind === "aborted" ? got : failedAt(got.reason, got.waitMs);

const failedAt = (reason: string, waitMs: number): Got => {
	return { kind: "failed", reason, blames: "site", status: null, waitMs };
};
