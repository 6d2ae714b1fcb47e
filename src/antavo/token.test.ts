import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { bareConfiguration } from "../host/testing.ts";
import type { Client } from "../model/configuration.ts";
import { bearerOf } from "./oauth.ts";
import { issueToken, readToken } from "./token.ts";

const noon = Date.UTC(2026, 10, 22, 12);
const hour = 3_600_000;
const hubKey = nodeCrypto.sha256("a hub");
const client: Client = {
	id: "client_erp",
	name: "erp",
	scope: "loyalty.async_events",
	expiresAt: null,
	callbacks: [],
};
const at = (now: number, key = hubKey) => ({ crypto: nodeCrypto, hubKey: key, now });
const claims = { client: "client_erp", scope: "loyalty.async_events" };

/** A JWT by RFC 7515, made without the library that reads it. */
function jwt(header: object, payload: object, key: Uint8Array = tokenKey): string {
	const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
	const signed = `${encode(header)}.${encode(payload)}`;
	return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}
const tokenKey = createHmac("sha256", hubKey).update("access tokens of the asynchronous API").digest();
const header = { alg: "HS256", typ: "at+jwt" };
const payload = {
	scope: "loyalty.async_events",
	iss: "loyalty-hub",
	sub: "client_erp",
	iat: noon / 1000,
	exp: noon / 1000 + 3_600,
};

describe("a token", () => {
	it("is a JWT that says whose it is, for an hour", async () => {
		const { text, expiresInSeconds } = await issueToken(client, at(noon));
		expect(expiresInSeconds).toBe(3_600);
		expect(text).toBe(jwt(header, payload));
		expect(await readToken(text, at(noon + hour - 1_000))).toEqual(claims);
		expect(await readToken(text, at(noon + hour))).toBeNull();
	});

	it("ends with its client", async () => {
		const expiring = { ...client, expiresAt: noon + 90_000 };
		const { text, expiresInSeconds } = await issueToken(expiring, at(noon));
		expect(expiresInSeconds).toBe(90);
		expect(await readToken(text, at(noon + 90_000))).toBeNull();
	});

	it.each([
		["another hub's", jwt(header, payload, nodeCrypto.sha256("another"))],
		["signed with the hub's key itself", jwt(header, payload, hubKey)],
		["not signed", `${jwt({ ...header, alg: "none" }, payload).replace(/[^.]*$/, "")}`],
		["of another algorithm", jwt({ ...header, alg: "HS512" }, payload)],
		["of another type", jwt({ ...header, typ: "JWT" }, payload)],
		["of another issuer", jwt(header, { ...payload, iss: "somebody" })],
		["without an end", jwt(header, { ...payload, exp: undefined })],
		["no JWT", "a.b.c"],
		["empty", ""],
	])("is not taken when it is %s", async (_what, text) => {
		expect(await readToken(text, at(noon))).toBeNull();
	});
});

describe("a call with a token", () => {
	const partsOf = (clients: readonly Client[], now = noon) => ({
		hub: {
			crypto: nodeCrypto,
			clock: () => now,
			door: {
				directory: async () => ({
					hash: "",
					hubKey,
					endpoints: [],
					byToken: () => undefined,
					byWriteKey: () => undefined,
					byId: () => undefined,
					keys: [],
					key: () => undefined,
					client: (id: string) => clients.find((each) => each.id === id),
					...bareConfiguration(),
					troubles: [],
				}),
			},
		},
	});
	const token = `Bearer ${jwt(header, payload)}`;
	const denied = (reason: string) => ({
		ok: false,
		failure: {
			status: 401,
			error: {
				type: "UnauthorizedException",
				code: 220052,
				message: "Bearer token authentication failed",
			},
			reason,
			headers: { "WWW-Authenticate": "Bearer" },
		},
	});

	it("is its client's", async () => {
		expect(await bearerOf(partsOf([client]), token)).toEqual({ ok: true, value: client });
	});

	it("is nobody's when its client is revoked or expired", async () => {
		expect(await bearerOf(partsOf([]), token)).toEqual(denied("client_erp is revoked"));
		const expired = partsOf([{ ...client, expiresAt: noon }]);
		expect(await bearerOf(expired, token)).toEqual(denied("client_erp has expired"));
	});

	it.each([
		[undefined, "the call shows no bearer token"],
		["Basic eDp5", "the call shows no bearer token"],
		["Bearer x y", "the call shows no bearer token"],
		["Bearer x", "the token is none of this hub's, or has expired"],
	])("is nobody's with %j", async (authorization, reason) => {
		expect(await bearerOf(partsOf([client]), authorization)).toEqual(denied(reason));
	});
});
