import { describe, expect, it } from "vitest";
import { z } from "zod";
import { handshakeSchema, schemeSchema } from "./schema.ts";
import { vectors } from "./testing.ts";

const problems = (scheme: unknown): string => {
	const parsed = schemeSchema.safeParse(scheme);
	return parsed.success ? "" : z.prettifyError(parsed.error);
};

const hmac = {
	kind: "hmac",
	secret: "key",
	algorithm: "sha256",
	signature: { from: "header:X-Signature", encoding: "hex" },
	signed: "{body}",
};

describe("a scheme in a person's settings", () => {
	it("may be any that a sender uses", () => {
		for (const { schemes } of vectors)
			for (const scheme of schemes) expect(schemeSchema.parse(scheme)).toEqual(scheme);
		expect(problems({ kind: "addresses", networks: ["192.0.2.0/24"] })).toBe("");
	});

	it.each([
		[{ ...hmac, kind: "hmmac" }, "Invalid"],
		[{ ...hmac, algorithm: "md5" }, 'expected one of "sha1"|"sha256"|"sha512"'],
		[{ ...hmac, signed: "{boddy}" }, "there is no token {boddy}; there are {body}, {bodyTrimmed}"],
		[{ ...hmac, signed: [] }, "signed"],
		[
			{ ...hmac, signature: { ...hmac.signature, from: "X-Signature" } },
			'"X-Signature" is no place in a request, such as header:X-Signature',
		],
		[{ ...hmac, sekret: "key" }, "sekret"],
		[{ ...hmac, timestamp: { from: "header:T", unit: "s", toleranceSeconds: 0 } }, "toleranceSeconds"],
		[{ kind: "addresses", networks: ["192.0.2.0/99"] }, "needs a number from 0 to 32 after its slash"],
		[{ kind: "firstOf", schemes: [{ kind: "bearer" }] }, "schemes[0]"],
		[{ kind: "allOf", schemes: [] }, "schemes"],
		["hmac", "Invalid"],
	])("is refused with what would be right: %j", (scheme, said) => {
		expect(problems(scheme)).toContain(said);
	});
});

describe("a handshake in a person's settings", () => {
	const said = (handshake: object): string => {
		const { error } = handshakeSchema.safeParse(handshake);
		return error === undefined ? "" : z.prettifyError(error);
	};

	it("may be any that a connector declares", () => {
		for (const handshake of [
			{ method: "GET", has: ["query:challenge"], answer: { status: 200, text: "{query:challenge}" } },
			{
				method: "POST",
				equals: { "field:type": "url_verification" },
				answer: { status: 200, json: { challenge: "{field:challenge}", ok: true, list: [1, null] } },
			},
			{
				method: "OPTIONS",
				path: "/events",
				lacks: ["header:X-Signature"],
				proof: { kind: "token", secret: "token", from: "query:code" },
				answer: { status: 204, headers: { "X-Hook-Secret": "{header:X-Hook-Secret}" } },
				keep: true,
			},
		])
			expect(handshakeSchema.parse(handshake)).toEqual(handshake);
	});

	it.each([
		[{ method: "get" }, "is no method, such as POST"],
		[{ has: ["challenge"] }, '"challenge" is no place in a request'],
		[{ equals: { challenge: "a" } }, "Invalid key in record"],
		[{ path: "events" }, 'must start with "/"'],
		[{ answer: { status: 101 } }, "status"],
		[{ answer: { status: 200, text: "{body}" } }, "answer"],
		[{ answer: { status: 200, text: "a", json: "b" } }, "answer"],
		[{ answer: { status: 204, text: "a" } }, "answer"],
		[{ proof: { kind: "hmac" } }, "proof"],
	])("is refused with what would be right: %j", (part, right) => {
		expect(said({ method: "GET", answer: { status: 200 }, ...part })).toContain(right);
	});
});
