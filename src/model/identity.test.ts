import { describe, expect, it } from "vitest";
import { type IdentityKind, normaliseIdentity } from "./identity.ts";

const phone: IdentityKind = { kind: "phone", normalise: "phone", customers: "one", public: "never" };

describe("a phone number", () => {
	it("is its digits, with the plus before them", () =>
		expect(normaliseIdentity(phone, " +44 (7700) 900-123")).toBe("+447700900123"));

	it.each(["+", " + ", "+n/a", "None", "-"])("is nobody's where it is %j, which has none", (value) =>
		expect(normaliseIdentity(phone, value)).toBe(""),
	);
});
