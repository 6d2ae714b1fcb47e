import { expect, it } from "vitest";
import { openRefusals } from "./refusals.ts";

const hour = 60 * 60_000;
const noon = Date.UTC(2026, 10, 22, 12);

it("counts who was refused in the last day, by cause, and knows the last", () => {
	let now = noon;
	const refusals = openRefusals(() => now);
	const wrong = { cause: "signature-wrong", reason: "the signature is not that of what was received" };
	const missing = { cause: "signature-missing", reason: "there is no signature" };
	refusals.note("ep_1", wrong);
	now += 20 * hour;
	refusals.note("ep_1", missing);
	refusals.note("ep_1", missing);
	refusals.note("ep_2", wrong);
	expect(refusals.of("ep_1")).toEqual({
		since: noon,
		causes: { "signature-wrong": 1, "signature-missing": 2 },
		last: { ...missing, at: now },
	});
	now += 4 * hour;
	expect(refusals.of("ep_1")).toMatchObject({ since: noon + hour, causes: { "signature-missing": 2 } });
	now += 20 * hour;
	expect(refusals.of("ep_1")).toEqual({ since: now - 23 * hour, causes: {}, last: null });
	expect(refusals.of("ep_3")).toEqual({ since: now - 23 * hour, causes: {}, last: null });
});

it("does not say that nobody was refused before it began to look", () => {
	let now = 0;
	const refusals = openRefusals(() => now);
	// As on a Worker: there is no time before the first request.
	now = noon;
	expect(refusals.of("ep_1")).toEqual({ since: noon, causes: {}, last: null });
});
