import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "./support/calls.ts";
import { type NodeTestHub, openTestHub } from "./support/hub.ts";

/** `/api/keys`, as the command line and the back office use it. */
let hub: NodeTestHub;
beforeAll(async () => {
	hub = await openTestHub();
});
afterAll(() => hub.close());

interface Made {
	readonly apiKey: string;
	readonly apiSecret: string | null;
}

const create = async (body: object): Promise<Made> => (await hub.call("POST", "/keys", body)) as Made;

const viewOf = async (key: string): Promise<unknown> =>
	((await hub.call("GET", "/keys")) as Page<{ key: string }>).data.find((each) => each.key === key);

describe("a key", () => {
	it("is made with what Antavo would give it, and its secret is shown once", async () => {
		const { apiKey, apiSecret } = await create({});
		expect(apiSecret).toMatch(/^[A-Za-z0-9_-]{43}$/);
		expect(await viewOf(apiKey)).toEqual({
			key: apiKey,
			name: "server",
			use: "server",
			createdAt: expect.any(Number),
			revokedAt: null,
			previousUntil: null,
			settings: {
				origins: [],
				allow: [],
				unsignedEvents: false,
				segmentWebhook: true,
				requestsPerMinute: 1_500,
			},
		});
	});

	it("gets another secret, and the one before a week", async () => {
		const { apiKey, apiSecret } = await create({ name: "erp" });
		const rotated = (await hub.call("POST", `/keys/${apiKey}/rotate`, {})) as Made;
		expect(rotated).toEqual({ apiKey, apiSecret: expect.any(String), overlapSeconds: 604_800 });
		expect(rotated.apiSecret).not.toBe(apiSecret);
		expect(await viewOf(apiKey)).toMatchObject({ name: "erp", previousUntil: expect.any(Number) });
	});

	it("is revoked, once", async () => {
		const { apiKey } = await create({});
		expect(await hub.call("DELETE", `/keys/${apiKey}`)).toMatchObject({ revokedAt: expect.any(Number) });
		expect(await viewOf(apiKey)).toMatchObject({ revokedAt: expect.any(Number) });
		expect((await hub.ask("DELETE", `/keys/${apiKey}`)).status).toBe(404);
		expect((await hub.ask("POST", `/keys/${apiKey}/rotate`, {})).status).toBe(404);
	});

	it.each([
		[{ use: "browser" }, "a browser key needs the origin of at least one page"],
		[{ origins: ["https://shop.example.com"] }, "only a browser key has origins"],
		[{ use: "browser", origins: ["https://shop.example.com/"] }, "is no origin"],
		[{ use: "browser", origins: ["http://shop.example.com"] }, "is no origin"],
		[{ use: "browser", origins: ["https://shop.example.com", "*"] }, "is no origin"],
		[{ allow: ["10.0.0.0/33"] }, '"10.0.0.0/33" needs a number from 0 to 32 after its slash'],
		[{ requestsPerMinute: 0 }, "requestsPerMinute"],
		[{ requestsPerMinutes: 10 }, "requestsPerMinutes"],
	])("is not made of %j", async (body, error) => {
		const response = await hub.ask("POST", "/keys", body);
		expect(response.status).toBe(400);
		expect(await response.json()).toEqual({ error: expect.stringContaining(error) });
	});

	it.each(["https://shop.example.com", "http://localhost:3000", "http://127.0.0.1", "http://[::1]:80"])(
		"may be for the page at %s",
		async (origin) => {
			const response = await hub.ask("POST", "/keys", { use: "browser", origins: [origin] });
			expect(response.status).toBe(origin.endsWith(":80") ? 400 : 201);
		},
	);
});

describe("a page", () => {
	it("may ask whether it may send an event", async () => {
		const response = await hub.fetch(
			new Request(`${hub.url}/events`, {
				method: "OPTIONS",
				headers: { Origin: "https://shop.example.com", "Access-Control-Request-Method": "POST" },
			}),
		);
		expect(response.status).toBe(204);
		expect(Object.fromEntries(response.headers)).toMatchObject({
			"access-control-allow-origin": "*",
			"access-control-allow-methods": "POST",
			"access-control-allow-headers": "content-type, idempotency-key",
		});
	});
});

describe("a development key", () => {
	it("is not made where the hub is for real", async () => {
		const real = await openTestHub(undefined, undefined, { HUB_PRODUCTION: "true" });
		const response = await real.ask("POST", "/keys", { use: "development" });
		expect([response.status, await response.json()]).toEqual([
			400,
			{ error: "there are no development keys where HUB_PRODUCTION is true" },
		]);
		expect((await real.ask("POST", "/keys", {})).status).toBe(201);
		await real.close();
	});
});
