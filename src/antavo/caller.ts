import type { Door, OpenKey } from "../door.ts";
import type { SentRequest } from "../escher/canonical.ts";
import type { EscherProfile } from "../escher/claim.ts";
import type { EscherProof } from "../escher/escher.ts";
import type { Clock } from "../model/clock.ts";
import type { KeyUse } from "../model/configuration.ts";
import type { Trust } from "../model/message.ts";
import { isLoopback, isWithin } from "../model/networks.ts";
import { bad, good, type Result, unreachable } from "../model/result.ts";
import type { AppParts } from "../parts.ts";
import { quotaHeaders } from "./rate.ts";
import { type PathGroup, type Unsigned, unsignedRule } from "./rules.ts";

export type { PathGroup } from "./rules.ts";

/** A request of Antavo's API, as its caller is judged by it. */
export interface Call {
	readonly group: PathGroup;
	/** Its method, URL and headers; the body is not read again. */
	readonly request: Request;
	/** The bytes as they came, before anything is inflated: what was signed. */
	readonly body: Uint8Array;
	/** The `api_key` of the body, where it has one. That of the query is found in the URL. */
	readonly bodyKey: string | undefined;
	/** The sender's address, where the host knows it. */
	readonly ip: string | undefined;
}

/** Who calls, and how far they are believed. */
export interface Caller {
	/** The access key. */
	readonly key: string;
	readonly use: KeyUse;
	/** From `public` callers only actions marked `client_side` are taken. */
	readonly trust: Trust;
	/** Whether the call carried a signature, which then is right. */
	readonly signed: boolean;
	/** Whether the signature is in the URL: it signs no body. */
	readonly presigned: boolean;
	/** For the answer, whatever it is: the key's quota, and CORS where a page may read it. */
	readonly headers: AnswerHeaders;
}

type AnswerHeaders = Readonly<Record<string, string>>;

/** A call that is not let in. */
export interface Denied {
	readonly status: 401 | 403 | 429;
	/** What the caller is told, in Antavo's envelope. */
	readonly error: { readonly type: string; readonly code: number; readonly message: string };
	/** What the operator is told: no secret is in it. */
	readonly reason: string;
	readonly headers: AnswerHeaders;
}

export interface CallerParts extends Pick<AppParts, "publicUrl" | "production" | "escher" | "limiter"> {
	readonly hub: { readonly door: Pick<Door, "directory">; readonly clock: Clock };
}

/** Escher as Antavo configures it; a hub may answer to several environments. */
export const antavoProfile = (environments: readonly string[]): EscherProfile => ({
	vendor: "Antavo",
	prefix: "ANTAVO",
	authorization: "authorization",
	date: "date",
	scopes: environments.map((environment) => `${environment}/api/antavo_request`),
});

/** The answer to a page that asks whether it may call. It names no key yet: every page may ask, its call decides. */
export const preflightHeaders = {
	"Access-Control-Allow-Origin": "*",
	"Access-Control-Allow-Methods": "POST",
	"Access-Control-Allow-Headers": "content-type, idempotency-key",
	"Access-Control-Max-Age": "86400",
} as const;

/**
 * Says who calls: by a signature, which ends the call where it is there and wrong, or else by the key alone, as far as
 * that goes. Only a call that is let in, or is one too many, is counted.
 */
export async function authenticate(parts: CallerParts, call: Call): Promise<Result<Caller, Denied>> {
	const directory = await parts.hub.door.directory();
	const keyOf = (accessKey: string): OpenKey | undefined => {
		const open = directory.key(accessKey);
		return parts.production && open?.key.use === "development" ? undefined : open;
	};
	const proof = proofOf(parts, call, keyOf);
	if (!proof.ok) return proof;
	const key = keyFor(call, proof.value, keyOf);
	if (!key.ok) return key;
	return admitted(parts, call, { open: key.value, proof: proof.value });
}

/** Who signed the call, or null where nobody did. */
function proofOf(
	{ escher, hub, publicUrl }: CallerParts,
	{ request, body }: Call,
	keyOf: (accessKey: string) => OpenKey | undefined,
): Result<EscherProof | null, Denied> {
	const now = hub.clock();
	const publicHost = URL.parse(publicUrl())?.host;
	const proof = escher.verify(sentRequest(request, body), {
		now,
		hosts: publicHost === undefined ? [] : [publicHost],
		secretsOf: (accessKey) =>
			(keyOf(accessKey)?.key.secrets ?? []).flatMap(({ secret, until }) =>
				until === null || now < until ? [secret] : [],
			),
	});
	if (proof.ok) return proof;
	// Which of Escher's reasons it was, Antavo tells nobody either.
	const error = { type: "UnauthorizedException", code: 101021, message: "Auth header format is invalid" };
	const { key, message } = proof.failure;
	return bad({
		status: 401,
		error,
		reason: key === null ? message : `${key}: ${message}`,
		headers: challenge,
	});
}

/** A request as it was sent: everything after scheme and host is its target. */
function sentRequest({ method, url, headers }: Request, body: Uint8Array): SentRequest {
	return { method, target: url.slice(url.indexOf("/", url.indexOf("//") + 2)), headers: [...headers], body };
}

/** The key of a call: of its signature, or else of its query or body. */
function keyFor(
	{ request, bodyKey }: Call,
	proof: EscherProof | null,
	keyOf: (accessKey: string) => OpenKey | undefined,
): Result<OpenKey, Denied> {
	const said = URL.parse(request.url)?.searchParams.get("api_key") ?? bodyKey;
	const accessKey = proof?.key ?? said;
	if (accessKey === undefined)
		return unauthorized("No api_key provided", "the call names no key, and is not signed");
	if (said !== undefined && said !== accessKey)
		return unauthorized("Invalid api_key", `the call is signed with ${accessKey}, and names another key`);
	const open = keyOf(accessKey);
	return open === undefined
		? unauthorized("Invalid api_key", "there is no such key, or it is revoked")
		: good(open);
}

/** What a key that is known may do, from where, and how often. */
function admitted(
	parts: CallerParts,
	call: Call,
	{ open, proof }: { readonly open: OpenKey; readonly proof: EscherProof | null },
): Result<Caller, Denied> {
	const { key, use, settings } = open.key;
	const rule = unsignedRule(open.key, call.group);
	const cors = use === "browser" ? corsHeaders(settings.origins, call.request) : {};
	const refusal = proof === null || rule === "never" ? refusalOf(parts, call, open, rule) : undefined;
	const forbidden = addressRefusal(open, call) ?? refusal;
	if (forbidden !== undefined) {
		const error = { type: "ForbiddenException", code: 0, message: forbidden.message };
		return bad({ status: 403, error, reason: `${key}: ${forbidden.reason}`, headers: cors });
	}
	const quota = parts.limiter.spend(key, settings.requestsPerMinute);
	const headers = { ...quotaHeaders(quota), ...cors };
	if (quota.exceeded) {
		const error = { type: "TooManyRequestsException", code: 0, message: "Too many requests" };
		return bad({
			status: 429,
			error,
			reason: `${key}: more than its ${quota.limit} requests a minute`,
			headers,
		});
	}
	const trust = proof === null && rule === "public" ? "public" : "trusted";
	return good({ key, use, trust, signed: proof !== null, presigned: proof?.presigned ?? false, headers });
}

/** Why a call is not for its key: in words for the caller, and for the operator. */
interface Refusal {
	readonly message: string;
	readonly reason: string;
}

function addressRefusal({ networks }: OpenKey, { ip }: Call): Refusal | undefined {
	if (networks.length === 0 || (ip !== undefined && isWithin(networks, ip))) return undefined;
	return { message: "Access denied", reason: "the call came from outside the key's networks" };
}

/** Why a call is not taken as it is, which is without a signature. */
function refusalOf(
	parts: CallerParts,
	call: Call,
	{ key: { use, settings } }: OpenKey,
	rule: Unsigned,
): Refusal | undefined {
	const origin = call.request.headers.get("Origin");
	switch (rule) {
		case "never":
			return notForThis(`the key is not for ${call.group}`);
		case "unproved":
			return { message: "The request is not signed", reason: `without a signature: ${call.group}` };
		case "trusted":
			return use === "server" && origin !== null
				? notForThis("a server's key was used by a web page; pages have browser keys")
				: undefined;
		case "public":
			return use === "browser" ? pageRefusal(parts, call, settings.origins) : undefined;
		default:
			return unreachable(rule);
	}
}

/** A page may send single events, from where it is said to be, and not in the open. */
function pageRefusal(
	{ publicUrl }: CallerParts,
	{ request, ip }: Call,
	origins: readonly string[],
): Refusal | undefined {
	const { pathname, protocol } = new URL(request.url);
	const origin = request.headers.get("Origin");
	if (request.method !== "POST" || pathname !== "/events")
		return notForThis("a browser key is for POST /events alone");
	if (origin !== null && !origins.includes(origin))
		return notForThis(`the origin ${JSON.stringify(origin)} is not one of the key's`);
	// The hub itself speaks http: its public URL says that a TLS proxy stands before it, and a proxy can say otherwise.
	const mayBeTrusted =
		protocol === "https:" || publicUrl().startsWith("https:") || (ip !== undefined && isLoopback(ip));
	if (mayBeTrusted && request.headers.get("X-Forwarded-Proto") !== "http") return undefined;
	return { message: "https is required", reason: "a page's event came over http from another machine" };
}

const notForThis = (reason: string): Refusal => ({ message: "The api_key is not for this request", reason });

/** Only the key's own pages may read the answer. */
function corsHeaders(origins: readonly string[], { headers }: Request): AnswerHeaders {
	const origin = headers.get("Origin");
	if (origin === null || !origins.includes(origin)) return { Vary: "Origin" };
	return {
		Vary: "Origin",
		"Access-Control-Allow-Origin": origin,
		"Access-Control-Expose-Headers": "RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After",
	};
}

/** RFC 9110 wants every 401 to say what would be right. */
const challenge = { "WWW-Authenticate": "ANTAVO-HMAC-SHA256" };

const unauthorized = (message: string, reason: string) =>
	bad<Denied>({
		status: 401,
		error: { type: "UnauthorizedException", code: 0, message },
		reason,
		headers: challenge,
	});
