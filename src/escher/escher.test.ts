import Escher from "escher-auth";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import type { Crypto } from "../model/crypto.ts";
import type { SentHeader, SentRequest } from "./canonical.ts";
import { type EscherQuestion, openEscher } from "./escher.ts";

const profile = {
	vendor: "Antavo",
	prefix: "ANTAVO",
	authorization: "authorization",
	date: "date",
	scopes: ["st2/api/antavo_request", "demo/api/antavo_request"],
};
const second = 1_000;
const noon = Date.UTC(2018, 11, 7, 9, 30);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const secrets: Readonly<Record<string, readonly string[]>> = { TESTAPIKEY: ["test-api-secret"] };

const escher = openEscher({ crypto: nodeCrypto, profile });
const asked = (request: SentRequest, question: Partial<EscherQuestion> = {}, by = escher) =>
	by.verify(request, { now: noon, hosts: [], secretsOf: (key) => secrets[key] ?? [], ...question });

const good = (presigned: boolean) => ({ ok: true, value: { key: "TESTAPIKEY", presigned } });
const refused = (message: string) => ({
	ok: false,
	failure: expect.objectContaining({ message: expect.stringContaining(message) }),
});

const authorization = (
	signature: string,
	credential = "TESTAPIKEY/20181207/st2/api/antavo_request",
): string => `ANTAVO-HMAC-SHA256 Credential=${credential}, SignedHeaders=date;host, Signature=${signature}`;

const signed = (signature: string, date = "20181207T093000Z"): readonly SentHeader[] => [
	["Host", "api.st2.antavo.com"],
	["Date", date],
	["Authorization", authorization(signature)],
];

const body = bytes(
	'{"customer":"280e674c-c4ea-4a30-987a-d9267d1a5018","action":"point_add","data":{"points":325}}',
);
const post = (headers: readonly SentHeader[], sent = body): SentRequest => ({
	method: "POST",
	target: "/events",
	headers,
	body: sent,
});

/**
 * Computed by an implementation in Python and by `escher-auth`, with the same result: key `TESTAPIKEY`, secret
 * `test-api-secret`, 2018-12-07T09:30:00Z.
 */
const vectors: Readonly<Record<string, SentRequest>> = {
	"a call with Escher's date": post(
		signed("27b04a53f544ca273464ebfb7041665ea86bc54a33deb7417fae09b88884521e"),
	),
	"a call with HTTP's date": post(
		signed(
			"1852cdbb32c12d06738e6601a9987a675d901d7e4c30cb59f21a077eeaeec3ee",
			"Fri, 07 Dec 2018 09:30:00 GMT",
		),
	),
	"a call with PHP's date": post(
		signed("bbea141a1296cc257d704b1aff4ea0b88ec4901fd5b2914fef4bc21736828414", "2018-12-07T09:30:00+00:00"),
	),
	"a query": {
		method: "GET",
		target:
			"/customers/280e674c-c4ea-4a30-987a-d9267d1a5018/events?limit=10&action.in=checkout,checkout_accept",
		headers: signed("08810e32ef6baf1e9722314f65a41f4f81151a0ec300b9f0b8f663b69731f71c"),
		body: bytes(""),
	},
	"a form": post(
		signed("234cc474c9ae0fc1b2d770689778d4b61991630292150998171eef76260bac6a"),
		bytes("customer=280e674c-c4ea-4a30-987a-d9267d1a5018&action=point_add&data%5Bpoints%5D=325"),
	),
};

const presigned: SentRequest = {
	method: "GET",
	target:
		"/customers/280e674c-c4ea-4a30-987a-d9267d1a5018?X-Antavo-Algorithm=ANTAVO-HMAC-SHA256" +
		"&X-Antavo-Credentials=TESTAPIKEY%2F20181207%2Fst2%2Fapi%2Fantavo_request&X-Antavo-Date=20181207T093000Z" +
		"&X-Antavo-Expires=3600&X-Antavo-SignedHeaders=host" +
		"&X-Antavo-Signature=9364d7e3e9457e468fc17dfa1d3ef42698afad5ad7851d26851bebcbeae1db78",
	headers: [["Host", "api.st2.antavo.com"]],
	body: bytes(""),
};

/** One way of changing a request a little, each told by name. */
const changes: Readonly<Record<string, (request: SentRequest) => SentRequest>> = {
	method: (request) => ({ ...request, method: request.method === "POST" ? "PUT" : "POST" }),
	path: (request) => ({ ...request, target: request.target.replace(/[a-z](?=[^a-z]|$)/, "x") }),
	query: (request) => ({
		...request,
		target: request.target.includes("?") ? request.target.replace("1", "2") : `${request.target}?a=1`,
	}),
	host: (request) => withHeader(request, "host", (value) => value.replace("st2", "st1")),
	date: (request) => withHeader(request, "date", (value) => value.replace("30", "31")),
	key: (request) => withHeader(request, "authorization", (value) => value.replace("APIKEY", "APIKEZ")),
	scope: (request) => withHeader(request, "authorization", (value) => value.replace("/st2/", "/demo/")),
	signature: (request) => withHeader(request, "authorization", flipped),
};
const lastDigit = /.$/;
const flipped = (text: string): string => text.replace(lastDigit, (digit) => (digit === "0" ? "1" : "0"));
const withHeader = (request: SentRequest, named: string, change: (value: string) => string): SentRequest => ({
	...request,
	headers: request.headers.map(([name, value]) =>
		name.toLowerCase() === named ? [name, change(value)] : [name, value],
	),
});

describe("a signed request", () => {
	it.each(Object.entries(vectors))("is its key's: %s", (_name, request) => {
		expect(asked(request)).toEqual(good(false));
	});

	const changed = Object.entries(vectors).flatMap(([name, request]) =>
		Object.entries(changes).map(([part, change]) => [name, part, request, change(request)] as const),
	);
	it.each(changed)("is nobody's when a byte is changed: %s, %s", (_name, _part, request, other) => {
		expect(other).not.toEqual(request);
		expect(asked(other)).toMatchObject({ ok: false });
	});

	it.each(Object.entries(vectors))("is nobody's with another body: %s", (_name, request) => {
		const other = request.body.length === 0 ? bytes(" ") : request.body.with(0, 91);
		expect(asked({ ...request, body: other })).toEqual(refused("The signatures do not match"));
	});

	it("counts for five minutes either way, to the millisecond", () => {
		const request = post(signed("27b04a53f544ca273464ebfb7041665ea86bc54a33deb7417fae09b88884521e"));
		for (const now of [noon - 300 * second, noon + 300 * second])
			expect(asked(request, { now })).toEqual(good(false));
		expect(asked(request, { now: noon - 300 * second - 1 })).toEqual(
			refused("The request date is not within the accepted time range: it is 301 s ahead of the hub's clock"),
		);
		expect(asked(request, { now: noon + 300 * second + 1 })).toEqual(
			refused(
				"The request date is not within the accepted time range: it ended 301 s before the hub's clock",
			),
		);
	});

	it("may be signed with the secret before, while that counts", () => {
		const request = vectors["a form"] ?? presigned;
		expect(asked(request, { secretsOf: () => ["the next secret", "test-api-secret"] })).toEqual(good(false));
		expect(asked(request, { secretsOf: () => ["the next secret"] })).toEqual(
			refused("The signatures do not match"),
		);
	});

	it("may be sent through a proxy that writes another host", () => {
		const request = vectors["a form"] ?? presigned;
		const rewritten = withHeader(request, "host", () => "10.0.0.7:8787");
		expect(asked(rewritten, { hosts: ["api.st2.antavo.com"] })).toEqual(good(false));
		expect(asked(rewritten, { hosts: ["hub.example.com"] })).toEqual(refused("The signatures do not match"));
	});

	it("may have its parts on lines of their own, as Antavo's examples have them", () => {
		const spread = withHeader(vectors["a form"] ?? presigned, "authorization", (value) =>
			value.replaceAll(", ", ",\n   "),
		);
		expect(asked(spread)).toEqual(good(false));
	});

	it.each([
		["Basic dXNlcjpwYXNz", "Could not parse auth header"],
		["", "Could not parse auth header"],
		[authorization("A".repeat(64)), "Could not parse auth header"],
		[authorization("00").replace("ANTAVO-", "EMS-"), "Could not parse auth header"],
		[authorization("00", "TESTAPIKEY/20181207"), "Could not parse auth header"],
		[authorization("00").replace("SHA256", "SHA1"), "Only SHA256 and SHA512 hash algorithms are allowed"],
		[authorization("00").replace("date;host", "date"), "The host header is not signed"],
		[authorization("00").replace("date;host", "host"), "The date header is not signed"],
		[authorization("00").replace("date;host", "date;host;x-other"), "The x-other header is missing"],
		[authorization("00", "TESTAPIKEY/20181206/st2/api/antavo_request"), "The credential date does not match"],
		[authorization("00", "TESTAPIKEY/20181207/prod/api/antavo_request"), "The credential scope is invalid"],
		[authorization("00", "OTHERKEY/20181207/st2/api/antavo_request"), "Invalid Escher key"],
		[authorization("00"), "The signatures do not match"],
	])("is refused by name: %s", (header, message) => {
		const request = post([
			["Host", "api.st2.antavo.com"],
			["Date", "20181207T093000Z"],
			["Authorization", header],
		]);
		expect(asked(request)).toEqual(refused(message));
	});

	it.each(["20181207T0930Z", "20181307T093000Z", "yesterday", "2018-12-07T09:30:00", "1544175000", ""])(
		"is refused with the date %j",
		(date) => {
			const headers = signed("00".repeat(32)).map(
				([name, value]): SentHeader => (name === "Date" ? [name, date] : [name, value]),
			);
			expect(asked(post(headers))).toEqual(refused("The date header is no date that Escher knows"));
		},
	);

	it("is refused without a date or a host", () => {
		const without = (name: string) => post(signed("00").filter(([each]) => each !== name));
		expect(asked(without("Date"))).toEqual(refused("The date header is missing"));
		expect(asked(without("Host"))).toEqual(refused("The host header is missing"));
	});

	it("is refused with the name of its key, where that is one that there is", () => {
		const late = { now: noon + 301 * second };
		const request = vectors["a form"] ?? presigned;
		expect(asked(request, late)).toMatchObject({ failure: { cause: "date", key: "TESTAPIKEY" } });
		expect(asked(request, { ...late, secretsOf: () => [] })).toMatchObject({
			failure: { cause: "date", key: null },
		});
		expect(asked({ ...request, body: bytes("") })).toMatchObject({
			failure: { cause: "signature", key: "TESTAPIKEY" },
		});
	});

	it("costs four HMACs the first time, and one each time after", () => {
		let hmacs = 0;
		const crypto: Crypto = {
			...nodeCrypto,
			hmacHex: (...all) => {
				hmacs += 1;
				return nodeCrypto.hmacHex(...all);
			},
		};
		const counting = openEscher({ crypto, profile });
		const request = vectors["a form"] ?? presigned;
		expect(asked(request, {}, counting)).toEqual(good(false));
		expect(hmacs).toBe(5);
		for (let more = 0; more < 3; more += 1) asked(request, {}, counting);
		expect(hmacs).toBe(8);
		asked(request, { secretsOf: () => [] }, counting);
		asked(request, { now: noon + 301 * second }, counting);
		expect(hmacs).toBe(8);
	});
});

describe("a signed URL", () => {
	const anHour = 3_600 * second;

	it("works for GET, and for HEAD, which is a GET without its body", () => {
		expect(asked(presigned)).toEqual(good(true));
		expect(asked({ ...presigned, method: "HEAD" })).toEqual(good(true));
	});

	it("does not work for what has a body, which it does not sign", () => {
		expect(asked({ ...presigned, method: "POST" })).toEqual(refused("A signed URL is for GET and HEAD"));
	});

	it("works until it expires, and five minutes of clock more", () => {
		for (const now of [noon - 300 * second, noon + anHour, noon + anHour + 300 * second])
			expect(asked(presigned, { now })).toEqual(good(true));
		for (const now of [noon - 300 * second - 1, noon + anHour + 300 * second + 1])
			expect(asked(presigned, { now })).toEqual(refused("not within the accepted time range"));
	});

	it.each([
		["the path", "d9267d1a5018", "d9267d1a5019"],
		["when it was signed", "T093000Z", "T093001Z"],
		["how long it works", "Expires=3600", "Expires=3601"],
		["the key", "TESTAPIKEY", "TESTAPIKEZ"],
		["the environment", "st2", "demo"],
		["the signature", /.$/, "0"],
		["a parameter more", "?", "?limit=1&"],
	])("is nobody's when a byte is changed: %s", (_part, from, to) => {
		expect(asked({ ...presigned, target: presigned.target.replace(from, to) })).toMatchObject({ ok: false });
	});

	it.each(["0", "604801", "-1", "1e3", "", "9999999"])("does not expire after %j seconds", (expires) => {
		const target = presigned.target.replace("3600", expires);
		expect(asked({ ...presigned, target })).toEqual(refused("X-Antavo-Expires is not from 1 to 604800"));
	});

	it("is none without its signature", () => {
		const target = presigned.target.replace(/&X-Antavo-Signature.*/, "");
		expect(asked({ ...presigned, target })).toEqual({ ok: true, value: null });
	});
});

describe("a request without a signature", () => {
	it("is neither right nor wrong", () => {
		expect(asked(post([["Host", "api.st2.antavo.com"]]))).toEqual({ ok: true, value: null });
	});
});

describe("a query with plus signs", () => {
	const canonical = (query: string): string =>
		[
			"GET",
			"/customers",
			query,
			"date:20181207T093000Z",
			"host:api.st2.antavo.com",
			"",
			"date;host",
			nodeCrypto.sha256Hex(""),
		].join("\n");
	/** From the definition of Escher, with the signing key that the vectors come with. */
	const key = Buffer.from("9e6daa9873f1cf736c184132d2949107beaa9222ef781eb6e03937d9530b04fb", "hex");
	const signatureOf = (query: string): string =>
		nodeCrypto.hmacHex(
			"sha256",
			key,
			`ANTAVO-HMAC-SHA256\n20181207T093000Z\n20181207/st2/api/antavo_request\n${nodeCrypto.sha256Hex(canonical(query))}`,
		);
	const get = (sent: string, signedAs: string): SentRequest => ({
		method: "GET",
		target: `/customers?${sent}`,
		headers: signed(signatureOf(signedAs)),
		body: bytes(""),
	});

	it.each([
		["a plus is a space", "q=a+b", "q=a%20b"],
		["an escaped plus is one", "q=a%2Bb", "q=a%2Bb"],
		["and to Antavo's PHP library it is a space", "q=a%2Bb", "q=a%20b"],
		["which it puts in order after that", "q=%2Bb&q=!", "q=!&q=%20b"],
		["a question mark may begin it", "?q=1", "%3Fq=1"],
	])("is signed as its sender reads it: %s", (_name, sent, signedAs) => {
		expect(asked(get(sent, signedAs))).toEqual(good(false));
	});

	it("is not what it was when a plus was put in for a letter", () => {
		expect(asked(get("q=a+b", "q=aab"))).toEqual(refused("The signatures do not match"));
		expect(asked(get("q=a+b", "q=a%2Bb"))).toEqual(refused("The signatures do not match"));
	});
});

describe("whatever escher-auth signs", () => {
	afterEach(() => vi.useRealTimers());

	/** `url.parse`, by which escher-auth reads a path, escapes a quote that nobody escaped; no other client does. */
	const pathSegment = (text: string): string => encodeURIComponent(text).replaceAll("'", "%27");
	const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,9}$/);
	const requests = fc.record({
		method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD"),
		path: fc.array(fc.string({ unit: "grapheme", maxLength: 6 }).map(pathSegment), { maxLength: 4 }),
		// Each name once: where one is repeated, escher-auth orders its values before it encodes them, and PHP after.
		query: fc.dictionary(
			fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
			fc.string({ unit: "grapheme" }),
		),
		headers: fc.dictionary(
			token.map((name) => `x-${name.toLowerCase()}`),
			token,
		),
		body: fc.string({ unit: "grapheme" }),
		key: fc.stringMatching(/^[A-Za-z0-9_-]{20,30}$/),
		secret: fc.string({ minLength: 1 }),
		at: fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) }),
		hashAlgo: fc.constantFrom("SHA256", "SHA512"),
		date: fc.constantFrom("http", "long", "php"),
	});

	const search = (query: Readonly<Record<string, string>>): string => {
		const text = new URLSearchParams(query).toString();
		return text === "" ? "" : `?${text}`;
	};
	const clientOf = ({
		key,
		secret,
		hashAlgo,
	}: {
		key: string;
		secret: string;
		hashAlgo: "SHA256" | "SHA512";
	}) =>
		new Escher({
			vendorKey: "Antavo",
			algoPrefix: "ANTAVO",
			hashAlgo,
			credentialScope: "st2/api/antavo_request",
			authHeaderName: "Authorization",
			dateHeaderName: "Date",
			accessKeyId: key,
			apiSecret: secret,
		});

	it("is let in, and not with another body or secret", () => {
		fc.assert(
			fc.property(requests, ({ method, path, query, headers, body, at, date, ...signer }) => {
				const { key, secret } = signer;
				vi.useFakeTimers({ now: at, toFake: ["Date"] });
				const iso = new Date(at).toISOString().slice(0, 19);
				const dates = {
					http: new Date(at).toUTCString(),
					long: `${iso.replaceAll(/[-:]/g, "")}Z`,
					php: `${iso}+00:00`,
				};
				const request = {
					method,
					url: `/${path.join("/")}${search(query)}`,
					headers: [
						["Host", "hub.example.com"],
						["Date", dates[date]],
						...Object.entries(headers),
					] satisfies [string, string][],
				};
				clientOf(signer).signRequest(request, body, Object.keys(headers));
				const sent: SentRequest = {
					method,
					target: request.url,
					headers: request.headers,
					body: bytes(body),
				};
				const question = { now: at, secretsOf: (named: string) => (named === key ? [secret] : []) };
				expect(asked(sent, question)).toEqual({ ok: true, value: { key, presigned: false } });
				expect(asked({ ...sent, body: bytes(`${body}x`) }, question)).toMatchObject({ ok: false });
				expect(asked(sent, { ...question, secretsOf: () => [`${secret}x`] })).toMatchObject({ ok: false });
			}),
		);
	});

	it("is let in where it is a URL too, and not with another query", () => {
		const expires = fc.integer({ min: 1, max: 604_800 });
		fc.assert(
			fc.property(requests, expires, ({ path, query, at, ...signer }, seconds) => {
				vi.useFakeTimers({ now: at, toFake: ["Date"] });
				const { key, secret } = signer;
				const origin = "https://hub.example.com";
				const url = clientOf(signer).preSignUrl(`${origin}/${path.join("/")}${search(query)}`, seconds);
				const sent: SentRequest = {
					method: "GET",
					target: url.slice(origin.length),
					headers: [["Host", "hub.example.com"]],
					body: bytes(""),
				};
				const question = { now: at + seconds * second, secretsOf: () => [secret] };
				expect(asked(sent, question)).toEqual({ ok: true, value: { key, presigned: true } });
				const other = { ...sent, target: sent.target.replace("?", "?a=b&") };
				expect(asked(other, question)).toMatchObject({ ok: false });
			}),
		);
	});
});

describe("what a stranger sends", () => {
	/** Made of what right requests are made of, in every wrong way. */
	const pieces = (...texts: readonly string[]) =>
		fc
			.array(fc.oneof(fc.constantFrom(...texts), fc.string({ unit: "binary-ascii", maxLength: 3 })))
			.map((parts) => parts.join(""));
	const targets = pieces("/", "..", "?", "&", "=", "%", "%2B", "+", "X-Antavo-Signature=0", "X-Antavo-Date=");
	const headers = pieces(
		"ANTAVO-HMAC-SHA256",
		" Credential=",
		"TESTAPIKEY/20181207/st2/api/antavo_request",
		", SignedHeaders=",
		"date;host",
		", Signature=",
		"00ff",
	);
	const dates = pieces("20181207T093000Z", "Fri, 07 Dec 2018", " 09:30:00 GMT", "2018-12-07", "T09:30:00");

	it("is refused, however wild it is", () => {
		fc.assert(
			fc.property(targets, headers, dates, (target, header, date) => {
				const sent: SentHeader[] = [
					["host", "hub.example.com"],
					["date", date],
					["authorization", header],
				];
				expect(asked({ method: "GET", target, headers: sent, body: bytes("") }).ok).toBe(false);
				const presigned = asked({ method: "GET", target, headers: [], body: bytes("") });
				expect(presigned.ok && presigned.value !== null).toBe(false);
			}),
		);
	});
});
