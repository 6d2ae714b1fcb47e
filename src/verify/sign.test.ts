import { describe, expect, it } from "vitest";
import { nodeCrypto as crypto } from "../host/crypto.ts";
import { invariant } from "../model/result.ts";
import type { Scheme, Secrets } from "./scheme.ts";
import { queryOf, type SignedRequest, sign, type Unsigned } from "./sign.ts";
import { openVector, type Vector, vectors } from "./testing.ts";
import { leavesOf, openVerifier } from "./verify.ts";

const url = "https://hub.example.test/in/t1?hub-test=n1";
const request: Unsigned = {
	method: "POST",
	url,
	headers: { "content-type": "application/json" },
	body: new TextEncoder().encode('{"id":7}'),
	at: Date.UTC(2026, 10, 22, 12),
	nonce: "n1",
};

const signed = (schemes: readonly Scheme[], secrets: Secrets, of: Unsigned = request): SignedRequest => {
	const result = sign({ schemes, unsigned: "refuse", partly: "all" }, of, { secrets, crypto });
	invariant(result.ok, "the request can be signed");
	return result.value;
};

const verified = (schemes: readonly Scheme[], secrets: Secrets, { headers, body, at, ...of }: Unsigned) =>
	openVerifier(
		{ schemes, unsigned: "refuse", partly: "all" },
		secrets,
		crypto,
	)({ method: of.method, path: "", query: queryOf(of.url), headers, body, receivedAt: at }, { url: of.url });

const isPrivate = ({ schemes }: Vector): boolean =>
	leavesOf(schemes).some(({ kind }) => ["rsa", "ecdsa-der", "ecdsa-p1363", "ed25519"].includes(kind));

describe("what others have signed", () => {
	it.each(vectors.filter((vector) => !isPrivate(vector)))("is signed anew: $name", (vector) => {
		const bare = unsigned(vector, vector.receivedAt);
		expect(verified(vector.schemes, vector.secrets, bare)).toMatchObject({ ok: false });
		const anew = signed(vector.schemes, vector.secrets, bare);
		expect(verified(vector.schemes, vector.secrets, anew)).toMatchObject({ ok: true, signed: true });
	});

	it.each<{ readonly name: string; readonly at?: number }>([
		{ name: "Shopify" },
		{ name: "HubSpot v1" },
		{ name: "Segment, one event" },
		{ name: "WooCommerce" },
		// It came a second after it was signed.
		{ name: "Klaviyo", at: 1_751_457_600_000 },
	])("to the letter: $name", ({ name, at }) => {
		const vector = vectors.find((one) => one.name === name);
		invariant(vector !== undefined, "there is such a vector");
		const bare = unsigned(vector, at ?? vector.receivedAt);
		expect(signed(vector.schemes, vector.secrets, bare).headers).toEqual(vector.headers);
	});
});

const unsigned = (vector: Vector, at: number): Unsigned => ({
	...vector,
	...withoutProof(vector),
	body: openVector(vector).delivery.body,
	at,
	nonce: "n1",
});

/** The vector's URL and headers without signatures, timestamps and all that OAuth adds. */
function withoutProof({ schemes, url, headers }: Vector): Pick<Unsigned, "url" | "headers"> {
	const places = leavesOf(schemes).flatMap((scheme) =>
		"signature" in scheme
			? [...[scheme.signature.from].flat(), ...[scheme.timestamp?.from ?? []].flat()]
			: [],
	);
	const names = new Set(places.map((place) => place.replace(/^header:|\[.*$/g, "").toLowerCase()));
	const [address = "", query = ""] = url.split("?");
	const left = query.split("&").filter((pair) => pair !== "" && !pair.startsWith("oauth_"));
	return {
		url: left.length === 0 ? address : `${address}?${left.join("&")}`,
		headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name))),
	};
}

describe("a sample", () => {
	it("shows tokens where its sender shows them", () => {
		const schemes: readonly Scheme[] = [
			{ kind: "token", secret: "key", from: "header:X-Api-Key", prefix: "GenieKey " },
			{ kind: "token", secret: "code", from: "query:code" },
			{ kind: "token", secret: "field", from: "field:data.token" },
			{ kind: "basic", secret: "login" },
		];
		const secrets = { key: ["k", "older"], code: ["a b&c"], field: ["f"], login: ["hub:s3crét"] };
		const { headers, url: called, body, by } = signed(schemes, secrets);
		expect(headers).toMatchObject({ "x-api-key": "GenieKey k", authorization: "Basic aHViOnMzY3LDqXQ=" });
		expect(called).toBe(`${url}&code=a%20b%26c`);
		expect(new TextDecoder().decode(body)).toBe('{"id":7,"data":{"token":"f"}}');
		expect(by).toEqual([
			"token in header:X-Api-Key",
			"token in query:code",
			"token in field:data.token",
			"user and password",
		]);
		expect(verified(schemes, secrets, signed(schemes, secrets))).toMatchObject({ ok: true });
	});

	it("gets what is signed and missing: a time, an id, a field of a form", () => {
		const schemes: readonly Scheme[] = [
			{
				kind: "hmac",
				secret: "key",
				algorithm: "sha256",
				signature: { from: "field:signature", encoding: "hex" },
				signed: "{ts}{field:token}{header:X-Id}",
				timestamp: { from: "field:time", unit: "iso", toleranceSeconds: 60 },
			},
		];
		const form = {
			...request,
			headers: { "content-type": "application/x-www-form-urlencoded" },
			body: new TextEncoder().encode("a=1&b=x%20y"),
		};
		const secrets = { key: ["k"] };
		const done = signed(schemes, secrets, form);
		expect(new TextDecoder().decode(done.body)).toMatch(
			/^a=1&b=x\+y&time=2026-11-22T12%3A00%3A00\.000Z&token=n1&signature=[0-9a-f]{64}$/,
		);
		expect(done.headers["x-id"]).toBe("n1");
		expect(verified(schemes, secrets, done)).toMatchObject({ ok: true });
	});

	it("is not signed by schemes that there is no secret for", () => {
		const schemes: readonly Scheme[] = [
			{ kind: "bearer", secret: "one" },
			{
				kind: "allOf",
				schemes: [
					{ kind: "bearer", secret: "one" },
					{ kind: "basic", secret: "two" },
				],
			},
		];
		expect(signed(schemes, { two: ["a:b"], one: [""] })).toEqual({ ...request, by: [] });
	});

	it("says what only its sender can do", () => {
		const key: Scheme = {
			kind: "ed25519",
			secret: "key",
			signature: { from: "header:X-Signature", encoding: "hex" },
			signed: "{body}",
		};
		const said = (schemes: readonly Scheme[]) =>
			sign({ schemes, unsigned: "refuse", partly: "all" }, request, {
				secrets: { key: ["1L5JkBtAaTlXoPjk11LJg-e7VWPXMAE6FAg5P2eU7sY"], token: ["t"] },
				crypto,
			});
		expect(said([key])).toEqual({
			ok: false,
			failure: "its sender signs with a private key (ed25519), which nobody else has",
		});
		expect(said([{ kind: "addresses", networks: ["192.0.2.0/24"] }])).toMatchObject({ ok: false });
		// Where the sender may choose, so may the sample.
		const choice: Scheme = { kind: "firstOf", schemes: [key, { kind: "bearer", secret: "token" }] };
		expect(said([choice])).toMatchObject({ ok: true, value: { by: ["bearer token"] } });
	});
});
