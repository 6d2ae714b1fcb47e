import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Identity } from "../model/identity.ts";
import type { JsonObject } from "../model/json.ts";
import type { Delivery, Message } from "../model/message.ts";
import { invariant } from "../model/result.ts";
import { type Normalised, normalise } from "../normalise/normalise.ts";
import type { Secrets, Verified } from "../verify/scheme.ts";
import { openVerifier, type VerifyCrypto } from "../verify/verify.ts";
import type { ConfiguredConnector, Connector } from "./connector.ts";

/** A request as the sender made it, and what the hub must read in it. */
export interface Sample {
	/** Shown in the test's name. */
	readonly name: string;
	readonly body: Uint8Array;
	/** POST unless said otherwise. */
	readonly method?: string;
	/** The endpoint's URL itself unless said otherwise. */
	readonly path?: string;
	/** Names in lower case. */
	readonly headers?: Readonly<Record<string, string>>;
	readonly settings?: JsonObject;
	/** Where the sample is signed, by something that is not the hub's code: the secrets, and what they prove. */
	readonly signed?: { readonly secrets: Secrets; readonly proves: "all" | "first" };
	/** One for each message, in order. */
	readonly gives: readonly Given[];
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
	  }
	| { readonly failed: string; readonly identities: readonly string[] };

export interface ConnectorTest {
	readonly samples: readonly Sample[];
	/** The text of the folder's README.md. */
	readonly readme: string;
	readonly crypto: VerifyCrypto;
}

const receivedAt = Date.UTC(2026, 5, 4, 10, 0, 0, 812);

/** What holds for every connector: its samples are read and believed as declared, and nothing forged is. */
export function testConnector(connector: Connector, { samples, readme, crypto }: ConnectorTest): void {
	describe(connector.title, () => {
		it.each(samples)("reads $name", (sample) => {
			const normalised = normalise(configuredFor(connector, sample), deliveryOf(sample));
			invariant(normalised.ok, "a sample can be read");
			expect(normalised.value.map(givenBy)).toEqual(sample.gives);
		});

		describe.each(samples.filter(isSigned))("trusts $name", (sample) => {
			const { secrets, proves } = sample.signed;
			const delivery = deliveryOf(sample);
			const verifier = (known: Secrets) =>
				openVerifier(configuredFor(connector, sample).verification, known, crypto);
			const verify = verifier(secrets);

			it("as it was sent", () => {
				expect(verify(delivery)).toEqual({ ok: true, proved: proves, signed: true });
			});

			it("not as a whole when one bit of the body is flipped", () => {
				// A token vouches for whatever comes with it, so only the signatures are asked.
				const signatures = verifier(signatureSecrets(connector, sample));
				for (let at = 0; at < delivery.body.length; at++)
					expect(provesAll(signatures({ ...delivery, body: flipped(delivery.body, at) }))).toBe(false);
			});

			it("not when one bit of what proves it is flipped", () => {
				for (const [name, value] of Object.entries(schemeHeaders(connector, sample))) {
					for (let at = 0; at < value.length; at++) {
						const headers = { ...delivery.headers, [name]: flippedText(value, at) };
						expect(verify({ ...delivery, headers }).ok).toBe(false);
					}
				}
			});

			it("not when a header that proves it is missing", () => {
				for (const name of Object.keys(schemeHeaders(connector, sample))) {
					const { [name]: _, ...headers } = delivery.headers;
					expect(verify({ ...delivery, headers }).ok).toBe(false);
				}
			});

			it("not by another secret, but by either of two while one is being replaced", () => {
				const other = Object.fromEntries(Object.keys(secrets).map((name) => [name, ["another secret"]]));
				expect(verifier(other)(delivery).ok).toBe(false);
				const both = Object.fromEntries(
					Object.entries(secrets).map(([name, values]) => [name, ["another secret", ...values]]),
				);
				expect(verifier(both)(delivery).ok).toBe(true);
			});

			it("and says neither a secret nor the right signature when it does not", () => {
				const refused = verifier(secrets)({ ...delivery, body: flipped(delivery.body, 1), headers: {} });
				const said = JSON.stringify(refused);
				for (const secret of Object.values(secrets).flat()) expect(said).not.toContain(secret);
				for (const value of Object.values(schemeHeaders(connector, sample)))
					expect(said).not.toContain(value);
			});
		});

		it("never throws, whatever the body and the headers are", () => {
			const paths = [...new Set([...connector.paths, ...samples.map(({ path = "" }) => path)])];
			const secrets = Object.fromEntries(Object.keys(connector.secrets).map((name) => [name, ["secret"]]));
			const configured = configuredFor(connector, { settings: {} });
			const verify = openVerifier(configured.verification, secrets, crypto);
			const headerNames = configured.verification.schemes.map(({ header }) => header.toLowerCase());
			fc.assert(
				fc.property(wildBody(samples), fc.constantFrom(...paths), fc.string(), (body, path, header) => {
					const headers = Object.fromEntries(headerNames.map((name) => [name, header]));
					const delivery: Delivery = { method: "POST", path, query: "", headers, body, receivedAt };
					expect(verify(delivery).ok).toBe(false);
					normalise(configured, delivery);
				}),
				{ numRuns: 500 },
			);
		});

		it("says in its README how each secret and setting is set", () => {
			for (const name of Object.keys(connector.secrets)) expect(readme).toContain(name);
			for (const { name } of connector.settings) expect(readme).toContain(name);
		});
	});
}

/** Bytes, JSON, and the samples with one value replaced: each finds other mistakes. */
const wildBody = (samples: readonly Sample[]): fc.Arbitrary<Uint8Array> => {
	const utf8 = new TextEncoder();
	const spliced = fc
		.tuple(fc.constantFrom(...samples), fc.nat(), fc.nat(40), fc.json())
		.map(([{ body }, start, length, json]) => {
			const from = start % (body.length + 1);
			return joined(body.subarray(0, from), utf8.encode(json), body.subarray(from + length));
		});
	const json = fc.json({ maxDepth: 6 }).map((text) => utf8.encode(text));
	return fc.oneof(fc.uint8Array({ maxLength: 200 }), json, spliced);
};

const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
	new Uint8Array(parts.flatMap((part) => [...part]));

const deliveryOf = ({ method = "POST", path = "", headers = {}, body }: Sample): Delivery => ({
	method,
	path,
	query: "",
	headers,
	body,
	receivedAt,
});

function configuredFor(
	connector: Connector,
	{ settings = {} }: Pick<Sample, "settings">,
): ConfiguredConnector {
	const configured = connector.configure(settings);
	invariant(configured.ok, "the sample's settings are the connector's");
	return configured.value;
}

type Signed = Sample & { readonly signed: NonNullable<Sample["signed"]> };
const isSigned = (sample: Sample): sample is Signed => sample.signed !== undefined;

/** The sample's headers that its schemes look at. */
function schemeHeaders(connector: Connector, sample: Signed): Readonly<Record<string, string>> {
	const { schemes } = configuredFor(connector, sample).verification;
	const names = schemes
		.filter(({ secret }) => Object.hasOwn(sample.signed.secrets, secret))
		.map(({ header }) => header.toLowerCase());
	return Object.fromEntries(Object.entries(sample.headers ?? {}).filter(([name]) => names.includes(name)));
}

function signatureSecrets(connector: Connector, sample: Signed): Secrets {
	const { schemes } = configuredFor(connector, sample).verification;
	const tokens = schemes.filter(({ kind }) => kind === "token").map(({ secret }) => secret);
	return Object.fromEntries(Object.entries(sample.signed.secrets).filter(([name]) => !tokens.includes(name)));
}

const provesAll = (verified: Verified): boolean => verified.ok && verified.proved === "all";

const flipped = (bytes: Uint8Array, at: number): Uint8Array =>
	bytes.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));

/** The lowest bit: no other spelling of the same hex digit. */
const flippedText = (value: string, at: number): string =>
	value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);

const identityText = ({ kind, value }: Identity): string => `${kind}:${value}`;

function givenBy(normalised: Normalised): Given {
	if (normalised.kind === "failed")
		return { failed: normalised.reason, identities: normalised.identities.map(identityText) };
	const { id, type, time, identities, ignore, control } = normalised.message;
	return {
		type,
		...(id !== undefined && { id }),
		...(time !== undefined && { time: new Date(time).toISOString() }),
		identities: identities.map(identityText),
		...(ignore !== undefined && { ignore }),
		...(control !== undefined && { control }),
	};
}
