import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../host/crypto.ts";
import { pairsOf } from "../model/form.ts";
import type { Delivery } from "../model/message.ts";
import { openVector, vectors } from "./testing.ts";
import { openVerifier, secretProblems } from "./verify.ts";

/** Each bit of a text's ASCII characters, one at a time. */
function* flipsOf(text: string): Generator<string> {
	for (let at = 0; at < text.length; at++)
		for (let bit = 0; bit < 7; bit++) {
			const flipped = String.fromCharCode(text.charCodeAt(at) ^ (1 << bit));
			yield text.slice(0, at) + flipped + text.slice(at + 1);
		}
}

describe.each(vectors)("$name ($origin)", (vector) => {
	const { verification, secrets, delivery, url } = openVector(vector);
	const verify = openVerifier(verification, secrets, nodeCrypto);
	const at = (changed: Partial<Delivery>, calledUrl = url) =>
		verify({ ...delivery, ...changed }, { url: calledUrl });
	const signedPlaces = JSON.stringify(vector.schemes);
	const isOf = (name: string): boolean => signedPlaces.toLowerCase().includes(`header:${name}`);
	const signs = (token: string): boolean => signedPlaces.includes(`{${token}`);

	it("verifies", () => {
		expect(at({})).toMatchObject({ ok: true, signed: true });
		expect(secretProblems(verification, secrets, nodeCrypto)).toEqual([]);
	});

	it("does not with a bit of its headers flipped", () => {
		for (const [name, value] of Object.entries(delivery.headers)) {
			if (!isOf(name)) continue;
			for (const flipped of flipsOf(value)) {
				if (isSame(name, value, flipped)) continue;
				expect(at({ headers: { ...delivery.headers, [name]: flipped } }).ok, flipped).toBe(false);
			}
		}
	});

	it("does not without one of its headers, or with an empty one", () => {
		for (const name of Object.keys(delivery.headers).filter(isOf)) {
			if (name === "x-adobe-digital-signature-1") continue;
			const { [name]: _, ...others } = delivery.headers;
			expect(at({ headers: others }).ok, name).toBe(false);
			expect(at({ headers: { ...others, [name]: "" } }).ok, name).toBe(false);
		}
	});

	it("does not as a whole with a bit of its body flipped", () => {
		if (!/\{(?:body|kv)/.test(signedPlaces)) return;
		const text = new TextDecoder().decode(delivery.body);
		for (const flipped of flipsOf(text)) {
			if (isSameForm(delivery, text, flipped) || trimmed(flipped) === trimmed(text)) continue;
			const verified = at({ body: new TextEncoder().encode(flipped) });
			expect(verified.ok && verified.proved === "all", flipped).toBe(false);
		}
	});

	it("does not at another URL, or by another method, where these are signed", () => {
		if (signs("url") || vector.schemes[0]?.kind === "oauth1")
			for (const flipped of flipsOf(url.slice(url.indexOf("/", 8)))) {
				const called = url.slice(0, url.indexOf("/", 8)) + flipped;
				const query = called.split("?")[1] ?? "";
				if (isSameQuery(delivery.query, query)) continue;
				expect(at({ query }, called).ok, called).toBe(false);
			}
		if (signs("method")) expect(at({ method: "PUT" }).ok).toBe(false);
	});

	it("does not with a bit of its secret flipped, or with another public key", () => {
		const isPublic = /"(?:rsa|ecdsa-der)"/.test(signedPlaces);
		for (const [name, [secret = ""] = []] of Object.entries(secrets))
			for (const flipped of isPublic ? otherKeys : flipsOf(secret)) {
				const forged = openVerifier(verification, { ...secrets, [name]: [flipped] }, nodeCrypto);
				expect(forged(delivery, { url }).ok, `${name} ${flipped}`).toBe(false);
			}
	});

	it("does with a secret that another is being put in place of", () => {
		const others = Object.fromEntries(
			Object.entries(secrets).map(([name, values]) => [name, ["d2hhdCBlbHNl", ...values]]),
		);
		expect(openVerifier(verification, others, nodeCrypto)(delivery, { url }).ok).toBe(true);
	});

	it("does not when it comes ten minutes late, where a time is signed", () => {
		if (!/toleranceSeconds/.test(signedPlaces)) return;
		const late = at({ receivedAt: delivery.receivedAt + 600_000 });
		expect(late).toMatchObject({ ok: false, cause: "signature-stale" });
		const early = at({ receivedAt: delivery.receivedAt - 600_000 });
		expect(early.ok).toBe(signedPlaces.includes('"past"'));
	});

	it("tells an operator neither a secret nor the signature that would be right", () => {
		const text = JSON.stringify(
			at({ body: new TextEncoder().encode("{}"), receivedAt: 0 }, "https://x.test/"),
		);
		for (const secret of Object.values(secrets).flat()) expect(text).not.toContain(secret);
		for (const [name, value] of Object.entries(delivery.headers))
			if (isOf(name)) expect(text).not.toContain(value);
	});
});

/** Digits of either case; a signature or a name that nobody looks at. */
const isSame = (name: string, value: string, flipped: string): boolean =>
	value.toLowerCase() === flipped.toLowerCase() ||
	name === "x-adobe-digital-signature-1" ||
	(name === "stripe-signature" && value.split(",v0=")[0] === flipped.split(",v0=")[0]) ||
	(name === "stripe-signature" && flipped.startsWith(`${value.split(",v0=")[0]},`));

/** `%2B` and `%2b` are one letter. */
const isSameForm = ({ headers }: Delivery, text: string, flipped: string): boolean =>
	headers["content-type"] === "application/x-www-form-urlencoded" && isSameQuery(text, flipped);

const isSameQuery = (a: string, b: string): boolean =>
	JSON.stringify(pairsOf(a)) === JSON.stringify(pairsOf(b));

/** What PHP's trim leaves. */
const trimmed = (text: string): string => text.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, "");

/** DER has several ways to write one key, so that a flipped bit may change nothing. */
const otherKeys: readonly string[] = [
	generateKeyPairSync("rsa", { modulusLength: 2_048 }).publicKey,
	generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey,
	generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey,
	generateKeyPairSync("ed25519").publicKey,
].map((key) => key.export({ format: "pem", type: "spki" }).toString());
