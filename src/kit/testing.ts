import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hexOf } from "../model/bytes.ts";
import { formatOf } from "../model/format.ts";
import type { Identity } from "../model/identity.ts";
import type { JsonObject } from "../model/json.ts";
import type { Delivery, Message } from "../model/message.ts";
import { invariant } from "../model/result.ts";
import { type Normalised, normalise } from "../normalise/normalise.ts";
import { type Greeting, type Handshake, openHandshakes } from "../verify/handshake.ts";
import { type ParsedPlace, parsePlace, type Wire } from "../verify/place.ts";
import { schemeSchema } from "../verify/schema.ts";
import type { Scheme, Secrets, Verified } from "../verify/scheme.ts";
import type { VerifyCrypto } from "../verify/signature.ts";
import { piecesOf } from "../verify/template.ts";
import { leavesOf, openVerifier, usesSecret } from "../verify/verify.ts";
import type { ConfiguredConnector, Connector } from "./connector.ts";

/** A request as the sender made it, and what the hub must read in it. */
export interface Sample extends Asked {
	readonly settings?: JsonObject;
	/** Where the sample is signed, by something that is not the hub's code: the secrets, and what they prove. */
	readonly signed?: { readonly secrets: Secrets; readonly proves: "all" | "first" };
	/** What the sender's next try has otherwise: a header that counts tries, a time. The message is the same one. */
	readonly retry?: { readonly headers?: Readonly<Record<string, string>>; readonly body?: Uint8Array };
	/** One for each message, in order. */
	readonly gives: readonly Given[];
}

/** A request that tries the address, and what it has to be answered. */
export interface Handshaken extends Asked {
	readonly settings?: JsonObject;
	readonly secrets?: Secrets;
	/** Null where there is none. */
	readonly answers:
		| { readonly status: number; readonly body: string | null; readonly type?: string }
		| "refused";
}

interface Asked {
	/** Shown in the test's name. */
	readonly name: string;
	readonly body?: Uint8Array;
	/** POST unless said otherwise. */
	readonly method?: string;
	/** The endpoint's URL itself unless said otherwise. */
	readonly path?: string;
	/** Without its question mark. */
	readonly query?: string;
	/** What the sender calls, query and all, where that is signed. */
	readonly url?: string;
	/** Names in lower case. */
	readonly headers?: Readonly<Record<string, string>>;
	/** ISO 8601; about 10:00 on the 4th of June 2026 unless said otherwise. */
	readonly receivedAt?: string;
	/** Of the sender. */
	readonly ip?: string;
}

export type Given =
	| {
			readonly type: string;
			/** Absent where the sender gave none. */
			readonly id?: string;
			/** ISO 8601; absent where the message has no time. */
			readonly time?: string;
			/** As `kind:value`, in order. */
			readonly identities: readonly string[];
			readonly ignore?: Message["ignore"];
			readonly control?: Message["control"];
			/** URLs that the system is asked at first; absent where it is asked nothing. */
			readonly asks?: readonly string[];
			/** As `kind:value`. */
			readonly merge?: { readonly from: string; readonly into: string };
	  }
	| { readonly failed: string; readonly identities: readonly string[] };

export interface ConnectorTest {
	readonly samples: readonly Sample[];
	readonly handshakes?: readonly Handshaken[];
	/** The text of the folder's README.md. */
	readonly readme: string;
	readonly crypto: VerifyCrypto;
}

const defaultTime = "2026-06-04T10:00:00.812Z";
const endpointUrl = "https://hub.example.test/in/0123456789abcdef0123456789abcdef";

/** What holds for every connector: its samples are read and believed as declared, and nothing forged is. */
export function testConnector(
	connector: Connector,
	{ samples, handshakes = [], readme, crypto }: ConnectorTest,
): void {
	describe(connector.title, () => {
		it("has samples, of which some are signed where anything can be", () => {
			expect(samples.length).toBeGreaterThan(0);
			const schemes = samples.flatMap((sample) => leavesIn(connector, sample));
			const canBeSigned = schemes.some(usesSecret);
			expect(samples.some(isSigned)).toBe(canBeSigned);
		});

		it("declares what it verifies as data that a person could have written", () => {
			for (const { settings = {} } of samples) {
				const { schemes } = configuredFor(connector, { settings }).verification;
				for (const scheme of schemes) expect(schemeSchema.safeParse(scheme).error).toBeUndefined();
				expect(JSON.parse(JSON.stringify(schemes))).toEqual(schemes);
			}
		});

		it("knows every secret that it verifies by", () => {
			for (const sample of samples)
				for (const scheme of leavesIn(connector, sample))
					for (const name of secretsOf(scheme)) expect(Object.keys(connector.secrets)).toContain(name);
		});

		it.each(samples)("reads $name", (sample) => {
			expect(read(connector, sample).map((one) => givenBy(one, connector, sample))).toEqual(sample.gives);
		});

		it.each(samples)("knows $name again when it is sent again", (sample) => {
			const again = { ...sample, ...sample.retry, headers: { ...sample.headers, ...sample.retry?.headers } };
			const later = { ...again, receivedAt: new Date(receivedAtOf(sample) + 600_000).toISOString() };
			expect(keysOf(connector, later)).toEqual(keysOf(connector, sample));
		});

		it("tells each header that says what a message is", () => {
			for (const sample of samples) {
				const { telling } = configuredFor(connector, sample).connector;
				for (const name of Object.keys(sample.headers ?? {}))
					if (saysWhatItIs(name, connector, sample)) expect(telling).toContain(name);
			}
		});

		describe.each(samples.filter(isSigned))("trusts $name", (sample) => testTrust(connector, sample, crypto));

		describe.each(handshakes)("asked by $name", (handshake) => {
			const { delivery, url } = requestOf(handshake);
			const greet = (secrets: Secrets): Greeting | undefined => {
				const { connector: asked, verification } = configuredFor(connector, handshake);
				const verify = openVerifier(verification, secrets, crypto);
				const { greet } = openHandshakes(asked.handshakes, { secrets, crypto, verify });
				return greet(delivery, wireTo(asked, delivery, url));
			};

			it("answers", () => {
				const greeting = greet(handshake.secrets ?? {});
				const { answers } = handshake;
				if (answers === "refused") return expect(greeting).toMatchObject({ kind: "refused" });
				const { status, body, type } = answers;
				expect(greeting).toMatchObject({ kind: "answered", answer: { status, body } });
				if (greeting?.kind === "answered") expect(greeting.answer.headers["Content-Type"]).toBe(type);
			});

			it("says no secret", () => {
				const said = JSON.stringify(greet(handshake.secrets ?? {})) ?? "";
				for (const secret of Object.values(handshake.secrets ?? {}).flat())
					expect(said).not.toContain(secret);
			});
		});

		it("has each of its handshakes tried", () => {
			const written = (one: Handshake): string => JSON.stringify(one);
			const declared = settingsIn(handshakes).flatMap((settings) =>
				configuredFor(connector, { settings }).connector.handshakes.map(written),
			);
			const tried = handshakes.flatMap((asked) => {
				const { delivery, url } = requestOf(asked);
				const parts = { secrets: asked.secrets ?? {}, crypto, verify: () => nobody };
				const { connector: to } = configuredFor(connector, asked);
				const wire = wireTo(to, delivery, url);
				return to.handshakes
					.filter((one) => openHandshakes([one], parts).greet(delivery, wire) !== undefined)
					.map(written);
			});
			expect(new Set(tried)).toEqual(new Set(declared));
		});

		it("takes no delivery for a handshake", () => {
			const parts = { secrets: {}, crypto, verify: () => nobody };
			for (const sample of samples) {
				const { delivery, url } = requestOf(sample);
				const { connector: to } = configuredFor(connector, sample);
				const { greet } = openHandshakes(to.handshakes, parts);
				expect(greet(delivery, wireTo(to, delivery, url)), sample.name).toBeUndefined();
			}
		});

		it("never throws, whatever the body and the headers are", () => testWild(connector, samples, crypto));

		it("says in its README how each secret and setting is set", () => {
			for (const name of Object.keys(connector.secrets)) expect(readme).toContain(name);
			for (const { name } of connector.settings) expect(readme).toContain(name);
		});
	});
}

const nobody: Verified = { ok: false, cause: "secret-missing", reason: "" };

/** What has to hold for a sample that something else than the hub has signed. */
function testTrust(connector: Connector, sample: Signed, crypto: VerifyCrypto): void {
	const { secrets, proves } = sample.signed;
	const { delivery, url } = requestOf(sample);
	// Of several ways to prove it, those that the sample shows.
	const schemes = leavesIn(connector, sample).filter((scheme) =>
		placesIn([scheme]).some((place) => isShown(place, delivery)),
	);
	const places = placesIn(schemes.filter((scheme) => hasSecret(scheme, secrets)));
	const verifier = (known: Secrets, changed: Partial<Delivery> = {}, calledUrl = url): Verified => {
		const { connector: to, verification } = configuredFor(connector, sample);
		const sent = { ...delivery, ...changed };
		return openVerifier(verification, known, crypto)(sent, wireTo(to, sent, calledUrl));
	};
	// A query that was altered on its way was altered in the URL.
	const verify = (changed: Partial<Delivery>): Verified =>
		verifier(secrets, changed, changed.query === undefined ? url : withQuery(url, changed.query));

	it("as it was sent", () => {
		expect(verify({})).toEqual({ ok: true, proved: proves, signed: true });
	});

	it("not as a whole when one bit of the body is flipped", () => {
		// A token vouches for whatever comes with it, so only the signatures are asked.
		const bodies = schemes.filter((scheme) => signsBody(scheme) && hasSecret(scheme, secrets));
		if (bodies.length === 0) return;
		const known = only(secrets, new Set(bodies.flatMap(secretsOf)));
		// In a form `%2B` and `%2b` are one letter: there the lowest bit alone.
		const isForm = delivery.headers["content-type"]?.includes("form") ?? false;
		const flip = openVerifier(configuredFor(connector, sample).verification, known, crypto);
		for (let at = 0; at < delivery.body.length; at++) {
			const body = flipped(delivery.body, at, isForm ? 0 : at % 8);
			expect(provesAll(flip({ ...delivery, body }, { url }))).toBe(false);
		}
	});

	it("not when one bit of what proves it is flipped, or it is empty or not there", () => {
		for (const place of places) {
			for (const changed of forgeriesOf(place, delivery))
				expect(verify(changed).ok, JSON.stringify(place)).toBe(false);
		}
	});

	it("not at another URL, where that is signed", () => {
		if (!schemes.some(signsUrl)) return;
		const query = `${delivery.query}&more=1`;
		expect(verifier(secrets, { query }, `${url}${url.includes("?") ? "&" : "?"}more=1`).ok).toBe(false);
	});

	it("not long after it was signed, where the time is signed", () => {
		for (const scheme of schemes) {
			const tolerance = toleranceOf(scheme);
			if (tolerance === undefined) continue;
			const receivedAt = delivery.receivedAt + (tolerance + 600) * 1_000;
			expect(verify({ receivedAt })).toMatchObject({ ok: false, cause: "signature-stale" });
		}
	});

	it("not by another secret, but by either of two while one is being replaced", () => {
		const another = hexOf(crypto.sha256("another secret"));
		const other = Object.fromEntries(Object.keys(secrets).map((name) => [name, [another]]));
		expect(verifier(other).ok).toBe(false);
		const both = Object.fromEntries(
			Object.entries(secrets).map(([name, values]) => [name, [another, ...values]]),
		);
		expect(verifier(both).ok).toBe(true);
	});

	it("and says neither a secret nor the right signature when it does not", () => {
		for (const place of places) {
			for (const changed of forgeriesOf(place, delivery).slice(0, 10)) {
				const said = JSON.stringify(verify(changed));
				for (const secret of Object.values(secrets).flat()) expect(said).not.toContain(secret);
				for (const shown of shownAt(place, delivery)) expect(said).not.toContain(shown);
			}
		}
	});
}

function testWild(connector: Connector, samples: readonly Sample[], crypto: VerifyCrypto): void {
	const paths = [...new Set([...connector.paths, ...samples.map(({ path = "" }) => path)])];
	const schemes = samples.flatMap((sample) => leavesIn(connector, sample));
	const secrets = Object.fromEntries(Object.keys(connector.secrets).map((name) => [name, ["secret:"]]));
	const endpoints = settingsIn(samples).map((settings) => {
		const configured = configuredFor(connector, { settings });
		const verify = openVerifier(configured.verification, secrets, crypto);
		return {
			configured,
			verify,
			isProved: openVerifier(configured.verification, {}, crypto),
			handshakes: openHandshakes(configured.connector.handshakes, { secrets, crypto, verify }),
		};
	});
	const names = placesIn(schemes).flatMap((place) => (place.kind === "header" ? [place.name] : []));
	fc.assert(
		fc.property(
			fc.constantFrom(...endpoints),
			wildBody(samples),
			fc.constantFrom(...paths),
			fc.constantFrom("application/json", "application/x-www-form-urlencoded", "text/xml", ""),
			fc.string(),
			({ configured, verify, isProved, handshakes }, body, path, type, text) => {
				const headers = { ...Object.fromEntries(names.map((name) => [name, text])), "content-type": type };
				const delivery: Delivery = {
					method: "POST",
					path,
					query: text,
					headers,
					body,
					receivedAt: Date.parse(defaultTime),
				};
				const wire = wireTo(configured.connector, delivery, `${endpointUrl}?${text}`);
				const verified = verify(delivery, wire);
				if (schemes.length > 0) expect(verified.ok && verified.signed).toBe(false);
				isProved(delivery, wire);
				handshakes.greet(delivery, wire);
				normalise(configured, delivery);
			},
		),
		{ numRuns: 500 },
	);
}

/** The settings that are tried, each once, those of an endpoint that has none of them among them. */
const settingsIn = (tried: readonly { readonly settings?: JsonObject }[]): readonly JsonObject[] => [
	...new Map([{}, ...tried].map(({ settings = {} }) => [JSON.stringify(settings), settings])).values(),
];

/** Bytes, JSON, and the samples with one value replaced: each finds other mistakes. */
const wildBody = (samples: readonly Sample[]): fc.Arbitrary<Uint8Array> => {
	const utf8 = new TextEncoder();
	const spliced = fc
		.tuple(fc.constantFrom(...samples), fc.nat(), fc.nat(40), fc.json())
		.map(([{ body = noBytes }, start, length, json]) => {
			const from = start % (body.length + 1);
			return joined(body.subarray(0, from), utf8.encode(json), body.subarray(from + length));
		});
	const json = fc.json({ maxDepth: 6 }).map((text) => utf8.encode(text));
	return fc.oneof(fc.uint8Array({ maxLength: 200 }), json, spliced);
};

const noBytes = new Uint8Array();

const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
	new Uint8Array(parts.flatMap((part) => [...part]));

const receivedAtOf = ({ receivedAt = defaultTime }: Asked): number => Date.parse(receivedAt);

function requestOf(asked: Asked): { readonly delivery: Delivery; readonly url: string } {
	const { method = "POST", path = "", headers = {}, body = noBytes, ip } = asked;
	const query = asked.query ?? asked.url?.split("?")[1] ?? "";
	const url = asked.url ?? `${endpointUrl}${path}${query === "" ? "" : `?${query}`}`;
	const receivedAt = receivedAtOf(asked);
	const delivery = { method, path, query, headers, body, receivedAt, ...(ip === undefined ? {} : { ip }) };
	return { delivery, url };
}

const wireTo = ({ body }: Connector, delivery: Delivery, url: string): Wire => ({
	url,
	format: formatOf(delivery, body),
});

function configuredFor(
	connector: Connector,
	{ settings = {} }: Pick<Sample, "settings">,
): ConfiguredConnector {
	const configured = connector.configure(settings);
	invariant(configured.ok, "the sample's settings are the connector's");
	return configured.value;
}

function read(connector: Connector, sample: Sample): readonly Normalised[] {
	const normalised = normalise(configuredFor(connector, sample), requestOf(sample).delivery);
	invariant(normalised.ok, "a sample can be read");
	return normalised.value;
}

/** What each message is known again by: its id, or its content without what differs from try to try. */
const keysOf = (connector: Connector, sample: Sample): readonly unknown[] =>
	read(connector, sample).map((one) => {
		if (one.kind === "failed") return one.reason;
		const { id, content } = one.message;
		return id ?? configuredFor(connector, sample).fingerprint(content, requestOf(sample).delivery);
	});

/** Whether a message is called otherwise, or is of another type, where a header says something else. */
function saysWhatItIs(header: string, connector: Connector, sample: Sample): boolean {
	// It says how a body is written, and whether it can be read.
	if (header === "content-type") return false;
	const headers = { ...sample.headers, [header]: `${sample.headers?.[header]}x` };
	const others = read(connector, { ...sample, headers });
	return read(connector, sample).some((one, index) => {
		const other = others[index];
		if (one.kind === "failed" || other?.kind !== "message") return false;
		return one.message.id !== other.message.id || one.message.type !== other.message.type;
	});
}

const withQuery = (url: string, query: string): string => `${url.split("?", 1)[0]}?${query}`;

type Signed = Sample & { readonly signed: NonNullable<Sample["signed"]> };
const isSigned = (sample: Sample): sample is Signed => sample.signed !== undefined;

type Leaf = ReturnType<typeof leavesOf>[number];

const leavesIn = (connector: Connector, sample: Sample): readonly Leaf[] =>
	leavesOf(configuredFor(connector, sample).verification.schemes);

function secretsOf(scheme: Leaf): readonly string[] {
	if (!usesSecret(scheme)) return [];
	return scheme.kind === "oauth1" ? [scheme.secret, scheme.consumerKey] : [scheme.secret];
}

const hasSecret = (scheme: Leaf, secrets: Secrets): boolean => {
	const names = secretsOf(scheme);
	return names.length > 0 && names.every((name) => Object.hasOwn(secrets, name));
};

const only = (secrets: Secrets, names: ReadonlySet<string>): Secrets =>
	Object.fromEntries(Object.entries(secrets).filter(([name]) => names.has(name)));

const templatesOf = (scheme: Leaf): readonly string[] => ("signed" in scheme ? [scheme.signed].flat() : []);

const signsBody = (scheme: Leaf): boolean =>
	templatesOf(scheme).some((template) => /\{(?:body|kv)/.test(template));

const signsUrl = (scheme: Leaf): boolean => {
	const templates = templatesOf(scheme);
	return scheme.kind === "oauth1" || (templates.length > 0 && templates.every((one) => one.includes("{url")));
};

const toleranceOf = (scheme: Leaf): number | undefined => {
	if (scheme.kind === "oauth1") return scheme.toleranceSeconds;
	return "timestamp" in scheme ? scheme.timestamp?.toleranceSeconds : undefined;
};

/** Where a request shows what proves it. */
function placesIn(schemes: readonly Leaf[]): readonly ParsedPlace[] {
	const texts = schemes.flatMap((scheme: Exclude<Scheme, { kind: "allOf" | "firstOf" }>) => {
		switch (scheme.kind) {
			case "addresses":
				return [];
			case "named":
			case "token":
				return [scheme.from];
			case "bearer":
			case "basic":
				return ["header:authorization"];
			case "oauth1":
				return ["query:oauth_signature", "query:oauth_consumer_key", "query:oauth_timestamp"];
			default: {
				const signed = templatesOf(scheme).flatMap(piecesOf);
				const inTemplates = signed.flatMap((piece) =>
					piece.kind === "token" && piece.argument !== undefined && piece.name !== "bodyFirstElement"
						? [`${piece.name}:${piece.argument}`]
						: [],
				);
				return [...[scheme.signature.from].flat(), ...inTemplates, ...[scheme.timestamp?.from ?? []].flat()];
			}
		}
	});
	return [...new Set(texts)].map((text) => {
		const place = parsePlace(text);
		invariant(place.ok, `a place in a request: ${text}`);
		return place.value;
	});
}

const isShown = (place: ParsedPlace, { headers, query }: Delivery): boolean => {
	if (place.kind === "header") return headers[place.name] !== undefined;
	return place.kind === "field" || new URLSearchParams(query).has(place.name);
};

/** The request with what is at a place altered, emptied or taken away; none where nothing is there. */
function forgeriesOf(place: ParsedPlace, delivery: Delivery): readonly Partial<Delivery>[] {
	if (place.kind === "header") {
		const { [place.name]: value, ...others } = delivery.headers;
		if (value === undefined) return [];
		const changed = ["", ...flipsOf(value)].map((text) => ({ headers: { ...others, [place.name]: text } }));
		return [{ headers: others }, ...changed];
	}
	if (place.kind === "field") return [{ body: noBytes }, { body: new TextEncoder().encode("{}") }];
	const pairs = delivery.query.split("&");
	const at = pairs.findIndex((pair) => pair.startsWith(`${place.name}=`));
	const value = pairs[at]?.slice(place.name.length + 1);
	if (value === undefined) return [];
	const others = pairs.filter((_pair, index) => index !== at);
	return ["", ...flipsOf(value)].map((text) => ({ query: [...others, `${place.name}=${text}`].join("&") }));
}

const shownAt = (place: ParsedPlace, { headers }: Delivery): readonly string[] =>
	place.kind === "header" && headers[place.name] !== undefined ? [headers[place.name] ?? ""] : [];

const provesAll = (verified: Verified): boolean =>
	verified.ok && verified.signed && verified.proved === "all";

const flipped = (bytes: Uint8Array, at: number, bit: number): Uint8Array =>
	bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));

/** The lowest bit of each character: no other spelling of the same hex digit. */
const flipsOf = (value: string): readonly string[] =>
	Array.from(
		{ length: value.length },
		(_, at) => value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1),
	);

const identityText = ({ kind, value }: Identity): string => `${kind}:${value}`;

function givenBy(normalised: Normalised, connector: Connector, sample: Sample): Given {
	if (normalised.kind === "failed")
		return { failed: normalised.reason, identities: normalised.identities.map(identityText) };
	const { id, type, time, identities, ignore, control, merge } = normalised.message;
	const asks = asksOf(normalised.message, connector, sample);
	return {
		type,
		...(id !== undefined && { id }),
		...(time !== undefined && { time: new Date(time).toISOString() }),
		identities: identities.map(identityText),
		...(ignore !== undefined && { ignore }),
		...(control !== undefined && { control }),
		...(asks.length > 0 && { asks }),
		...(merge !== undefined && {
			merge: { from: identityText(merge.from), into: identityText(merge.into) },
		}),
	};
}

/** What goes no further by itself is asked nothing about. */
function asksOf(message: Message, connector: Connector, sample: Sample): readonly string[] {
	if (message.ignore !== undefined || message.control !== undefined) return [];
	const { enrichment } = configuredFor(connector, sample);
	const asked = enrichment?.enrich(message, requestOf(sample).delivery, new Map());
	return asked?.asks.map(({ url }) => url) ?? [];
}
