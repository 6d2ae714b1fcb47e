import { type Context, Hono } from "hono";
import type { Directory } from "../door.ts";
import type { Clock } from "../model/clock.ts";
import type { Client } from "../model/configuration.ts";
import type { Crypto } from "../model/crypto.ts";
import { bad, good, type Result } from "../model/result.ts";
import type { ClientView } from "../office/clients.ts";
import type { AppParts } from "../parts.ts";
import { readBody } from "../receive/body.ts";
import type { Denied } from "./caller.ts";
import { quotaHeaders } from "./rate.ts";
import { issueToken, readToken } from "./token.ts";

/** Two parameters and their names; more is no token request. */
const formBytesMax = 4 * 1024;

/** A token lasts an hour: a client that asks more often than this has lost its way, and each is put into the audit log. */
const tokensPerMinute = 60;

/** RFC 6749 §5.1: no cache keeps tokens, nor what is said about them. */
const notKept = { "Cache-Control": "no-store", Pragma: "no-cache" };

/** RFC 6749's names of what can be wrong with a token request, in Antavo's envelope and words. */
const refusals = {
	invalid_client: {
		status: 401,
		type: "UnauthorizedException",
		code: 220010,
		message: "Client authentication failed",
	},
	invalid_request: {
		status: 400,
		type: "BadRequestException",
		code: 220011,
		message: "The request includes a parameter that is not allowed for this grant type.",
	},
	unsupported_grant_type: {
		status: 400,
		type: "BadRequestException",
		code: 220014,
		message: "The authorization grant type is not supported by this server",
	},
	invalid_scope: {
		status: 400,
		type: "BadRequestException",
		code: 220015,
		message: "The requested scope is invalid, unknown, or malformed",
	},
} as const;

type Refusal = keyof typeof refusals;

/** `POST /v1/auth/token`: OAuth 2 for clients of the asynchronous API, by RFC 6749 §4.4. */
export function oauth(parts: AppParts): Hono {
	const app = new Hono();
	app.post("/token", async (context) => {
		const answered = parts.gate.admit(() => answer(parts, context));
		return answered ?? context.body(null, 503, { "Retry-After": "1" });
	});
	return app;
}

async function answer(parts: AppParts, context: Context): Promise<Response> {
	const { hub, office, limiter } = parts;
	const read = await readBody(context.req.raw, { bytesMax: formBytesMax });
	const client = await clientOf(parts, context.req.header("Authorization"));
	if (client === null) return refused(context, "invalid_client");
	const quota = limiter.spend(client.id, tokensPerMinute);
	if (quota.exceeded) return context.body(null, 429, quotaHeaders(quota));

	const form = read.ok ? formOf(context.req.header("Content-Type"), read.value.body) : null;
	const wrong = form === null ? "invalid_request" : wrongIn(form, client);
	if (wrong !== undefined) {
		await office.note(client.id, "token refused", wrong);
		return refused(context, wrong);
	}
	const { hubKey } = await hub.door.directory();
	const token = await issueToken(client, { crypto: hub.crypto, hubKey, now: hub.clock() });
	await office.note(client.id, "token issue", client.scope);
	const body = {
		access_token: token.text,
		token_type: "Bearer",
		expires_in: token.expiresInSeconds,
		scope: client.scope,
	};
	return context.json(body, 200, notKept);
}

/** Who shows their secret by Basic; RFC 6749's other way, in the body, is one that Antavo does not take. */
async function clientOf({ office }: AppParts, authorization = ""): Promise<ClientView | null> {
	const [, encoded = ""] = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? [];
	let credentials: string;
	try {
		credentials = atob(encoded);
	} catch {
		return null;
	}
	const colon = credentials.indexOf(":");
	return colon < 1 ? null : office.signInClient(credentials.slice(0, colon), credentials.slice(colon + 1));
}

/** Each parameter once; null where the body is no form, or says something twice. */
function formOf(contentType = "", body: Uint8Array): ReadonlyMap<string, string> | null {
	if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(contentType)) return null;
	const pairs = [...new URLSearchParams(new TextDecoder().decode(body))];
	const form = new Map(pairs);
	return form.size === pairs.length ? form : null;
}

function wrongIn(form: ReadonlyMap<string, string>, { scope }: Client): Refusal | undefined {
	const grant = form.get("grant_type");
	if (grant === undefined) return "invalid_request";
	if (grant !== "client_credentials") return "unsupported_grant_type";
	if ([...form.keys()].some((name) => name !== "grant_type" && name !== "scope")) return "invalid_request";
	return (form.get("scope") ?? scope) === scope ? undefined : "invalid_scope";
}

function refused(context: Context, error: Refusal): Response {
	const { status, ...details } = refusals[error];
	const challenge =
		status === 401 ? { "WWW-Authenticate": 'Basic realm="OAuth2 Token Endpoint"' } : undefined;
	return context.json({ status: "error", error, details }, status, { ...notKept, ...challenge });
}

export interface BearerParts {
	readonly hub: {
		readonly door: { directory(): Promise<Pick<Directory, "hubKey" | "client">> };
		readonly clock: Clock;
		readonly crypto: Pick<Crypto, "hmacHex">;
	};
}

/** Which client a call of the asynchronous API is from, by its token. A revoked client's tokens end with it. */
export async function bearerOf(
	{ hub }: BearerParts,
	authorization: string | undefined,
): Promise<Result<Client, Denied>> {
	const [, text] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
	if (text === undefined) return unauthorized("the call shows no bearer token");
	const directory = await hub.door.directory();
	const now = hub.clock();
	const claims = await readToken(text, { crypto: hub.crypto, hubKey: directory.hubKey, now });
	if (claims === null) return unauthorized("the token is none of this hub's, or has expired");
	const client = directory.client(claims.client);
	if (client === undefined) return unauthorized(`${claims.client} is revoked`);
	if (client.expiresAt !== null && client.expiresAt <= now) return unauthorized(`${client.id} has expired`);
	return good(client);
}

const unauthorized = (reason: string) =>
	bad<Denied>({
		status: 401,
		error: {
			type: "UnauthorizedException",
			code: 220052,
			message: "Bearer token authentication failed",
		},
		reason,
		headers: { "WWW-Authenticate": "Bearer" },
	});
