import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ValueObject } from "../../src/kit/index.ts";
import { segment } from "./index.ts";
import invalidWriteKey from "./samples/tracking-api-invalid-writekey-response.json" with { type: "json" };
import success from "./samples/tracking-api-success-response.json" with { type: "json" };
import {
	checkTracking,
	corsHeaders,
	settingsDocument,
	trackedEvents,
	trackingAnswers,
	trackingCall,
	trackingTrust,
	writeKeyOf,
} from "./tracking.ts";

const batch = { kind: "batch" } as const;
const track = { kind: "event", type: "track" } as const;

describe("the paths of the tracking API", () => {
	it.each([
		["track", "t"],
		["identify", "i"],
		["page", "p"],
		["screen", "s"],
		["group", "g"],
		["alias", "a"],
	])("take a %s from servers, and as %s from analytics.js", (type, letter) => {
		expect(trackingCall(`/v1/${type}`)).toEqual({ kind: "event", type });
		expect(trackingCall(`/v1/${letter}`)).toEqual(trackingCall(`/v1/${type}`));
	});

	it("take batches under three names, and nothing else", () => {
		for (const name of ["batch", "b", "import"]) expect(trackingCall(`/v1/${name}`)).toEqual(batch);
		for (const path of ["", "/", "/v1", "/v1/", "/v1/delete", "/v1/constructor", "/v1/track/"])
			expect(trackingCall(path)).toBeUndefined();
	});
});

describe("the write key", () => {
	it("is the user name of Basic, with or without the colon", () => {
		// Segment's documentation: abc123: is YWJjMTIzOg==
		expect(writeKeyOf("Basic YWJjMTIzOg==", undefined)).toBe("abc123");
		expect(writeKeyOf("basic YWJjMTIz", undefined)).toBe("abc123");
	});

	it("is in the body, also beside an OAuth token", () => {
		expect(writeKeyOf(undefined, { writeKey: "wk" })).toBe("wk");
		expect(writeKeyOf("Bearer oauth", { writeKey: "wk" })).toBe("wk");
		expect(writeKeyOf("Bearer wk", {})).toBe("wk");
	});

	it("is not there in anything else", () => {
		for (const header of [undefined, "", "Basic", "Basic Og==", "Basic %%%", "Digest YWJj", "Basic YWJj x"])
			expect(writeKeyOf(header, { writeKey: 7 })).toBeUndefined();
		expect(writeKeyOf(undefined, ["writeKey"])).toBeUndefined();
	});

	it("is looked for without an exception, whatever was sent", () => {
		fc.assert(
			fc.property(fc.string(), fc.jsonValue(), (header, body) => void writeKeyOf(header, body as null)),
		);
	});
});

describe("a tracking call", () => {
	const events = (count: number, event: ValueObject = { type: "track" }) => ({
		batch: Array(count).fill(event),
	});

	it("may have one event of 32 KB, or 2,500 in 500 KB", () => {
		expect(checkTracking(track, {}, 32_768)).toMatchObject({ ok: true });
		expect(checkTracking(batch, events(2_500), 512_000)).toMatchObject({ ok: true });
	});

	it.each([
		["an event of more than 32 KB", track, {}, 32_769, "The event is larger than 32768 bytes"],
		["a batch of 2,501 events", batch, events(2_501), 50_000, "The batch has more than 2500 events"],
		[
			"a batch with an event of more than 32 KB",
			batch,
			events(1, { type: "ü".repeat(16_400) }),
			33_000,
			"The event is larger than 32768 bytes",
		],
		["a batch that is none", batch, { batch: {} }, 12, '"batch" is not an array of events'],
		["what is no object", track, ["x"], 5, "The body is not a JSON object"],
	])("is refused with %s", (_, call, body, bodyBytes, message) => {
		expect(checkTracking(call, body, bodyBytes)).toEqual({ ok: false, failure: { success: false, message } });
	});

	it("is answered as Segment answers", () => {
		expect(trackingAnswers.success).toEqual(success);
		expect(trackingAnswers.invalidWriteKey).toEqual(invalidWriteKey);
	});
});

describe("a tracked event", () => {
	const receivedAt = Date.UTC(2026, 5, 4, 12, 0, 0);
	const eventOf = (body: ValueObject): unknown => trackedEvents(track, body, receivedAt)[0];

	it("is put right by as much as its sender's clock is wrong, and keeps all four times", () => {
		expect(
			eventOf({
				event: "E",
				timestamp: "2026-06-04T08:59:50Z",
				sentAt: "2026-06-04T09:00:00Z",
				writeKey: "wk",
			}),
		).toEqual({
			type: "track",
			event: "E",
			originalTimestamp: "2026-06-04T08:59:50Z",
			sentAt: "2026-06-04T09:00:00Z",
			receivedAt: "2026-06-04T12:00:00.000Z",
			timestamp: "2026-06-04T11:59:50.000Z",
		});
	});

	it("has its sender's time where it does not say when it was sent, and the hub's where it has no time", () => {
		expect(eventOf({ timestamp: "2026-06-04T08:59:50Z" })).toMatchObject({
			timestamp: "2026-06-04T08:59:50.000Z",
		});
		for (const timestamp of ["yesterday", "2026-02-30T00:00:00Z", 7, null])
			expect(eventOf({ timestamp })).toMatchObject({ timestamp: "2026-06-04T12:00:00.000Z" });
		expect(eventOf({})).not.toHaveProperty("originalTimestamp");
	});

	it("is of its path's type", () => {
		expect(eventOf({ type: "delete" })).toMatchObject({ type: "track" });
	});

	it("takes from its batch what it does not say itself", () => {
		const events = trackedEvents(
			batch,
			{
				context: { ip: "203.0.113.1", locale: "en" },
				integrations: { All: false },
				batch: [{ type: "page", context: { locale: "de" } }, { type: "page", context: 7 }, 8],
			},
			receivedAt,
		);
		expect(events).toMatchObject([
			{ context: { ip: "203.0.113.1", locale: "de" }, integrations: { All: false } },
			{ context: 7, integrations: { All: false } },
			8,
		]);
	});

	it("is made without an exception of whatever was sent", () => {
		fc.assert(
			fc.property(fc.jsonValue(), (event) => {
				trackedEvents(batch, { batch: [event as null], context: event as null }, receivedAt);
				trackedEvents(track, event as null, receivedAt);
			}),
		);
	});
});

describe("a page", () => {
	const page = "https://shop.example.test";
	const settingsOf = (given: Record<string, string>) => {
		const configured = segment.configure(given);
		if (!configured.ok) throw new Error(configured.failure.join("\n"));
		return configured.value.settings;
	};
	const server = settingsOf({});
	const browser = settingsOf({ use: "browser", origins: `${page}, https://www.example.test` });

	it("may use a browser's key from the endpoint's origins, and is never trusted", () => {
		expect(trackingTrust(browser, page)).toEqual({ ok: true, value: "public" });
		expect(trackingTrust(browser, undefined)).toEqual({ ok: true, value: "public" });
		expect(trackingTrust(browser, "https://evil.example")).toEqual({
			ok: false,
			failure: 'the origin "https://evil.example" is not one of the endpoint\'s origins',
		});
		expect(trackingTrust(settingsOf({ use: "browser" }), page).ok).toBe(false);
	});

	it("may not use a server's key", () => {
		expect(trackingTrust(server, undefined)).toEqual({ ok: true, value: "trusted" });
		expect(trackingTrust(server, page)).toEqual({
			ok: false,
			failure: "a server's write key was used by a web page; make an endpoint with use=browser for pages",
		});
		expect(trackingTrust(server, "null").ok).toBe(false);
	});

	it("may read the answer only from the endpoint's origins", () => {
		expect(corsHeaders(browser, page)).toEqual({ "Access-Control-Allow-Origin": page, Vary: "Origin" });
		for (const [settings, origin] of [
			[browser, "https://evil.example"],
			[browser, undefined],
			[server, page],
		] as const)
			expect(corsHeaders(settings, origin)).toEqual({ Vary: "Origin" });
	});

	it("is told by the settings document where to send", () => {
		expect(settingsDocument("wk", "hub.example/v1")).toMatchObject({
			integrations: { "Segment.io": { apiKey: "wk", apiHost: "hub.example/v1" } },
		});
	});
});
