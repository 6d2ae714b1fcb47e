import { expect, it } from "vitest";
import { segment } from "../../connectors/segment/index.ts";
import { contentsOf } from "./samples.ts";

const read = (text: string) => contentsOf(segment, new TextEncoder().encode(text));

it("reads one message, a list of them, and a batch of the tracking API", () => {
	const one = { type: "track", event: "A", userId: "u-1" };
	expect(read(JSON.stringify(one))).toEqual({ ok: true, value: [one] });
	expect(read(JSON.stringify([one, { json: one }]))).toEqual({ ok: true, value: [one, one] });
	expect(read(JSON.stringify({ batch: [one], writeKey: "x" }))).toMatchObject({
		ok: true,
		value: [{ type: "track", event: "A" }],
	});
	expect(read('{ "anything": 1 }')).toEqual({ ok: true, value: [{ anything: 1 }] });
});

it("says what is no message", () => {
	expect(read("{")).toEqual({ ok: false, failure: "the text ends before the JSON does" });
});
