import { describe, expect, it } from "vitest";
import { openDoor } from "../door.ts";
import { openEscher } from "../escher/escher.ts";
import { nodeCrypto } from "../host/crypto.ts";
import { bareConfiguration } from "../host/testing.ts";
import type { ApiKey, KeySettings } from "../model/configuration.ts";
import { antavoProfile, authenticate, type Call } from "./caller.ts";
import { openLimiter } from "./rate.ts";
import type { PathGroup } from "./rules.ts";

const noon = Date.UTC(2018, 11, 7, 9, 30);
const page = "https://shop.example.com";

const settings: KeySettings = {
	origins: [],
	allow: [],
	unsignedEvents: false,
	segmentWebhook: true,
	requestsPerMinute: 1_500,
};
const server: ApiKey = {
	key: "TESTAPIKEY",
	name: "shop",
	use: "server",
	createdAt: 0,
	settings,
	secrets: [{ secret: "test-api-secret", until: null }],
};
const browser: ApiKey = {
	...server,
	key: "ak_page",
	use: "browser",
	settings: { ...settings, origins: [page] },
	secrets: [],
};
const development: ApiKey = {
	...server,
	key: "ak_development",
	use: "development",
	secrets: [{ secret: "another secret", until: null }],
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const body = bytes(
	'{"customer":"280e674c-c4ea-4a30-987a-d9267d1a5018","action":"point_add","data":{"points":325}}',
);

/** A hub that knows some keys, at noon. */
function hubOf(keys: readonly ApiKey[], { production = false, publicUrl = "http://127.0.0.1:8787" } = {}) {
	const clock = () => noon;
	const parts = {
		hub: {
			clock,
			door: openDoor({
				office: {
					configuration: async () => ({
						hash: "",
						hubKey: new Uint8Array(32),
						endpoints: [],
						keys,
						clients: [],
						actions: { hash: "", live: null, problems: [] },
						mappings: { hash: "", live: null, awaited: [], problems: [] },
					}),
				},
				connectors: new Map(),
				crypto: nodeCrypto,
				clock,
				compile: bareConfiguration,
			}),
		},
		production,
		publicUrl: () => publicUrl,
		escher: openEscher({ crypto: nodeCrypto, profile: antavoProfile(["st2", "demo"]) }),
		limiter: openLimiter(clock),
	};
	return (call: Call) => authenticate(parts, call);
}

interface Sent {
	readonly group?: PathGroup;
	readonly method?: string;
	readonly url?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: Uint8Array;
	readonly bodyKey?: string;
	readonly ip?: string | null;
}

/** A call of a page or a server in the net, unless it says otherwise. */
const call = ({
	group = "events",
	method = "POST",
	url = "https://hub.example.com/events",
	...sent
}: Sent): Call => ({
	group,
	request: new Request(url, { method, headers: sent.headers ?? {} }),
	body: sent.body ?? bytes(""),
	bodyKey: sent.bodyKey,
	ip: sent.ip === null ? undefined : (sent.ip ?? "203.0.113.9"),
});

/** The first signature vector: computed by two other implementations. */
const signature = "27b04a53f544ca273464ebfb7041665ea86bc54a33deb7417fae09b88884521e";
const signedHeaders = {
	Host: "api.st2.antavo.com",
	Date: "20181207T093000Z",
	Authorization:
		"ANTAVO-HMAC-SHA256 Credential=TESTAPIKEY/20181207/st2/api/antavo_request, " +
		`SignedHeaders=date;host, Signature=${signature}`,
};
const signed = (sent: Sent = {}): Call =>
	call({ url: "https://api.st2.antavo.com/events", headers: signedHeaders, body, ...sent });

const denied = (status: number, type: string, code: number, reason: string) => ({
	ok: false,
	failure: { status, error: { type, code }, reason: expect.stringContaining(reason) },
});
const forbidden = (reason: string) => denied(403, "ForbiddenException", 0, reason);
const unauthorized = (reason: string) => denied(401, "UnauthorizedException", 0, reason);
const unproved = (reason: string) => denied(401, "UnauthorizedException", 101021, reason);

describe("a signed call", () => {
	it("is its key's, and believed", async () => {
		expect(await hubOf([server])(signed())).toEqual({
			ok: true,
			value: {
				key: "TESTAPIKEY",
				use: "server",
				trust: "trusted",
				signed: true,
				presigned: false,
				headers: { "RateLimit-Limit": "1500", "RateLimit-Remaining": "1499", "RateLimit-Reset": "60" },
			},
		});
	});

	it.each(["events", "reads", "preview", "merge", "webhook"] as const)("may be about %s", async (group) => {
		expect(await hubOf([server])(signed({ group }))).toMatchObject({ ok: true, value: { signed: true } });
	});

	it("is found by the hub's public name where a proxy wrote another host", async () => {
		const headers = { ...signedHeaders, Host: "10.0.0.7:8787" };
		const sent = signed({ url: "http://10.0.0.7:8787/events", headers });
		expect(await hubOf([server])(sent)).toMatchObject(unproved("The signatures do not match"));
		const publicUrl = "https://api.st2.antavo.com";
		expect(await hubOf([server], { publicUrl })(sent)).toMatchObject({ ok: true });
	});

	it("counts with the secret before, until that ends", async () => {
		const next = { secret: "the next secret", until: null };
		const rotated = (until: number) =>
			hubOf([{ ...server, secrets: [next, { secret: "test-api-secret", until }] }]);
		expect(await rotated(noon + 1)(signed())).toMatchObject({ ok: true });
		expect(await rotated(noon)(signed())).toMatchObject(unproved("The signatures do not match"));
	});

	it.each([
		["another body", signed({ body: bytes("{}") }), "The signatures do not match"],
		[
			"another path",
			signed({ url: "https://api.st2.antavo.com/events/bulk" }),
			"The signatures do not match",
		],
		["a query more", signed({ url: "https://api.st2.antavo.com/events?a=1" }), "The signatures do not match"],
		["no Escher at all", signed({ headers: { Authorization: "Bearer x" } }), "Could not parse auth header"],
	])("is refused with %s, and Antavo's code for all of it", async (_name, sent, reason) => {
		expect(await hubOf([server])(sent)).toMatchObject(unproved(reason));
	});

	it.each([
		["a browser key", browser],
		["a development key", development],
	])("is refused where it is wrong, also with %s", async (_name, key) => {
		const headers = {
			...signedHeaders,
			Authorization: signedHeaders.Authorization.replace("TESTAPIKEY", key.key),
		};
		expect(await hubOf([key])(signed({ headers }))).toMatchObject({ ok: false, failure: { status: 401 } });
	});

	it("is refused where it names two keys", async () => {
		const sent = signed({ bodyKey: "ak_development" });
		expect(await hubOf([server, development])(sent)).toMatchObject(unauthorized("names another key"));
		expect(await hubOf([server])(signed({ bodyKey: "TESTAPIKEY" }))).toMatchObject({ ok: true });
	});

	it("is refused with a revoked key", async () => {
		expect(await hubOf([])(signed())).toMatchObject(unproved("Invalid Escher key"));
	});

	it("may be a signed URL, of which the body is no part", async () => {
		const url =
			"https://api.st2.antavo.com/customers/280e674c-c4ea-4a30-987a-d9267d1a5018" +
			"?X-Antavo-Algorithm=ANTAVO-HMAC-SHA256" +
			"&X-Antavo-Credentials=TESTAPIKEY%2F20181207%2Fst2%2Fapi%2Fantavo_request&X-Antavo-Date=20181207T093000Z" +
			"&X-Antavo-Expires=3600&X-Antavo-SignedHeaders=host" +
			"&X-Antavo-Signature=9364d7e3e9457e468fc17dfa1d3ef42698afad5ad7851d26851bebcbeae1db78";
		const sent = call({ group: "reads", method: "GET", url, headers: { Host: "api.st2.antavo.com" } });
		expect(await hubOf([server])(sent)).toMatchObject({ ok: true, value: { signed: true, presigned: true } });
	});
});

describe("a call without a signature", () => {
	it.each([
		["in the query", call({ url: "https://hub.example.com/events?api_key=ak_development" })],
		["in the body", call({ bodyKey: "ak_development" })],
	])("names its key %s", async (_where, sent) => {
		expect(await hubOf([development])(sent)).toMatchObject({ ok: true, value: { key: "ak_development" } });
	});

	it("has to name a key, and one that there is", async () => {
		const ask = hubOf([server]);
		expect(await ask(call({}))).toMatchObject({
			ok: false,
			failure: {
				status: 401,
				error: { type: "UnauthorizedException", code: 0, message: "No api_key provided" },
			},
		});
		for (const bodyKey of ["", "ak_unknown", "constructor"])
			expect(await ask(call({ bodyKey }))).toMatchObject(unauthorized("no such key, or it is revoked"));
	});

	it.each([
		["server", "events", forbidden("without a signature: events")],
		["server", "reads", forbidden("without a signature: reads")],
		["server", "preview", forbidden("without a signature: preview")],
		["server", "merge", forbidden("without a signature: merge")],
		["server", "webhook", { ok: true, value: { trust: "trusted", signed: false } }],
		["browser", "events", { ok: true, value: { trust: "public", signed: false } }],
		["browser", "reads", forbidden("the key is not for reads")],
		["browser", "preview", forbidden("the key is not for preview")],
		["browser", "merge", forbidden("the key is not for merge")],
		["browser", "webhook", forbidden("the key is not for webhook")],
		["development", "events", { ok: true, value: { trust: "trusted", signed: false } }],
		["development", "reads", { ok: true, value: { trust: "trusted", signed: false } }],
		["development", "preview", { ok: true, value: { trust: "trusted", signed: false } }],
		["development", "merge", { ok: true, value: { trust: "trusted", signed: false } }],
		["development", "webhook", { ok: true, value: { trust: "trusted", signed: false } }],
	] as const)("with a %s key, about %s", async (use, group, outcome) => {
		const keys = { server, browser, development };
		const sent = call({ group, bodyKey: keys[use].key });
		expect(await hubOf(Object.values(keys))(sent)).toMatchObject(outcome);
	});

	it("may send events with a server key that allows it, and reads nothing all the same", async () => {
		const ask = hubOf([{ ...server, settings: { ...settings, unsignedEvents: true } }]);
		const events = await ask(call({ bodyKey: server.key }));
		expect(events).toMatchObject({ ok: true, value: { trust: "public", signed: false } });
		expect(await ask(call({ group: "reads", bodyKey: server.key }))).toMatchObject(
			forbidden("without a signature: reads"),
		);
		expect(await ask(signed())).toMatchObject({ ok: true, value: { trust: "trusted", signed: true } });
	});

	it("can be refused at Segment's webhook, where a page never may use a server's key", async () => {
		const webhook: Sent = { group: "webhook", bodyKey: server.key };
		const off = hubOf([{ ...server, settings: { ...settings, segmentWebhook: false } }]);
		expect(await off(call(webhook))).toMatchObject(forbidden("the key is not for webhook"));
		expect(await off(signed({ group: "webhook" }))).toMatchObject(forbidden("the key is not for webhook"));
		const fromPage = call({ ...webhook, headers: { Origin: page } });
		expect(await hubOf([server])(fromPage)).toMatchObject(forbidden("a server's key was used by a web page"));
	});

	it("is nobody's with a development key where the hub is for real", async () => {
		const ask = hubOf([development], { production: true });
		expect(await ask(call({ bodyKey: development.key }))).toMatchObject(
			unauthorized("no such key, or it is revoked"),
		);
	});
});

describe("a page", () => {
	const ask = hubOf([browser]);
	const event: Sent = { bodyKey: browser.key, headers: { Origin: page } };

	it("may read the answer, and what it may still send", async () => {
		const cors = {
			Vary: "Origin",
			"Access-Control-Allow-Origin": page,
			"Access-Control-Expose-Headers": expect.stringContaining("RateLimit-Remaining"),
		};
		expect(await ask(call(event))).toMatchObject({ ok: true, value: { trust: "public", headers: cors } });
		expect(await ask(call({ ...event, group: "reads" }))).toMatchObject({
			ok: false,
			failure: { headers: cors },
		});
	});

	it("is one of the key's", async () => {
		for (const Origin of ["https://evil.example", "http://shop.example.com", "null", `${page}:8443`]) {
			const answered = await ask(call({ ...event, headers: { Origin } }));
			expect(answered).toMatchObject(forbidden("is not one of the key's"));
			expect(answered).toMatchObject({ failure: { headers: { Vary: "Origin" } } });
		}
		expect(await ask(call({ bodyKey: browser.key }))).toMatchObject({ ok: true, value: { trust: "public" } });
	});

	it("sends events one by one, and nothing else", async () => {
		for (const sent of [{ url: "https://hub.example.com/events/bulk" }, { method: "PUT" }])
			expect(await ask(call({ ...event, ...sent }))).toMatchObject(forbidden("for POST /events alone"));
	});

	const http = { ...event, url: "http://hub.example.com/events" };
	it.each([
		["from another machine", { ip: "203.0.113.9" }, {}, false],
		["from an address that nobody knows", { ip: null }, {}, false],
		["from this very machine", { ip: "::ffff:127.0.0.1" }, {}, true],
		["through the hub's TLS proxy", {}, { publicUrl: "https://hub.example.com" }, true],
		[
			"through a proxy on this machine that says it came over http",
			{ ip: "127.0.0.1", headers: { Origin: page, "X-Forwarded-Proto": "http" } },
			{},
			false,
		],
		[
			"through a proxy that says it came over http",
			{ headers: { Origin: page, "X-Forwarded-Proto": "http" } },
			{ publicUrl: "https://hub.example.com" },
			false,
		],
	])("sends nothing in the open: over http, %s", async (_name, sent, hub, taken) => {
		const answered = await hubOf([browser], hub)(call({ ...http, ...sent }));
		expect(answered).toMatchObject(taken ? { ok: true } : forbidden("over http from another machine"));
	});
});

describe("a key with networks", () => {
	const ask = hubOf([
		{ ...server, settings: { ...settings, allow: ["192.0.2.0/24", "2001:db8::/32"] } },
		{ ...development, settings: { ...settings, allow: ["192.0.2.0/24"] } },
	]);

	it.each(["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::7"])("is taken from %s", async (ip) => {
		expect(await ask(signed({ ip }))).toMatchObject({ ok: true });
	});

	it.each(["192.0.3.7", "::ffff:192.0.3.7", "2001:db9::7", "192.0.2.7, 203.0.113.9", "", null])(
		"is not taken from %s, however well it is signed",
		async (ip) => {
			expect(await ask(signed({ ip }))).toMatchObject(forbidden("from outside the key's networks"));
			expect(await ask(call({ ip, bodyKey: development.key }))).toMatchObject(forbidden("outside"));
		},
	);
});

describe("a key's calls", () => {
	it("are so many a minute, of which those that are refused are none", async () => {
		const ask = hubOf([{ ...server, settings: { ...settings, requestsPerMinute: 2 } }]);
		for (let each = 0; each < 5; each += 1) await ask(signed({ body: bytes("forged") }));
		for (let each = 0; each < 5; each += 1) await ask(call({ bodyKey: server.key }));
		expect(await ask(signed())).toMatchObject({
			ok: true,
			value: { headers: { "RateLimit-Remaining": "1" } },
		});
		expect(await ask(signed())).toMatchObject({
			ok: true,
			value: { headers: { "RateLimit-Remaining": "0" } },
		});
		expect(await ask(signed())).toEqual({
			ok: false,
			failure: {
				status: 429,
				error: { type: "TooManyRequestsException", code: 0, message: "Too many requests" },
				reason: "TESTAPIKEY: more than its 2 requests a minute",
				headers: {
					"RateLimit-Limit": "2",
					"RateLimit-Remaining": "0",
					"RateLimit-Reset": "60",
					"Retry-After": "60",
				},
			},
		});
	});
});
