import { describe, expect, it } from "vitest";
import { z } from "zod";
import { schemeSchema } from "./schema.ts";
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
