import { exports } from "cloudflare:workers";
import { createHmac, randomUUID } from "node:crypto";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { LedgerObject } from "../../src/host/workers/ledger-object.ts";

const hub = "https://hub.example.test";
const secret = "what Segment signs with";

const call = (path: string, init?: RequestInit): Promise<Response> => exports.default.fetch(hub + path, init);

/** `/api`, as the administrator. */
let api: (method: string, path: string, body?: unknown) => Promise<unknown>;
/** Where Segment sends to. */
let url = "";

beforeAll(async () => {
	const signedIn = await call("/office/sign-in", {
		method: "POST",
		headers: { Origin: hub },
		body: new URLSearchParams({ account: "admin", password: "a password of the tests" }),
		redirect: "manual",
	});
	const Cookie = signedIn.headers.get("Set-Cookie")?.split(";")[0] ?? "";
	api = async (method, path, body) => {
		const init = { method, headers: { Cookie, "Content-Type": "application/json" } };
		const response = await call(
			`/api${path}`,
			body === undefined ? init : { ...init, body: JSON.stringify(body) },
		);
		return response.json();
	};
	const endpoint = await api("POST", "/endpoints", {
		connector: "segment",
		name: "shop",
		secrets: { shared: secret },
	});
	url = z.object({ url: z.string() }).parse(endpoint).url;
});

afterEach(() => vi.restoreAllMocks());

const signatureOf = (body: string): string => createHmac("sha1", secret).update(body).digest("hex");

async function send(body: string, signature = signatureOf(body)): Promise<Response> {
	return call(new URL(url).pathname, {
		method: "POST",
		headers: { "Content-Type": "application/json", "X-Signature": signature },
		body,
	});
}

/** Sends, and waits until the inbox's own alarms have settled it. */
async function settled(body: string): Promise<Shown> {
	const response = await send(body);
	expect(response.status).toBe(200);
	const { delivery } = z.object({ delivery: z.string() }).parse(await response.json());
	return vi.waitFor(
		async () => {
			const shown = shownDelivery.parse(await api("GET", `/deliveries/${delivery}`));
			expect(shown.outcome).not.toBe("pending");
			return shown;
		},
		{ timeout: 4_000, interval: 20 },
	);
}

const shownDelivery = z.object({
	id: z.string(),
	outcome: z.string(),
	repeats: z.number(),
	bytes: z.number(),
	messageViews: z.array(z.object({ plan: z.array(z.object({ action: z.string() })).nullable() })),
});
type Shown = z.output<typeof shownDelivery>;

const customer = z.object({ accounts: z.array(z.object({ account: z.string(), spendable: z.number() })) });
const history = z.object({ data: z.array(z.object({ action: z.string() })) });

const balanceOf = async (id: string): Promise<unknown> =>
	customer.parse(await api("GET", `/customers/${id}`)).accounts;
const actionsOf = async (id: string): Promise<readonly string[]> =>
	history.parse(await api("GET", `/customers/${id}/events`)).data.map(({ action }) => action);

const track = (userId: string, event: string, properties: object): string =>
	JSON.stringify({
		type: "track",
		messageId: randomUUID(),
		userId,
		event,
		timestamp: new Date().toISOString(),
		properties,
	});

const signUp = (person: string): string =>
	track(person, "Signed Up", { email: `${person}@example.test`, first_name: "Ada" });

const order = (person: string, more: object = {}): string =>
	track(person, "Order Completed", {
		order_id: `order of ${person}`,
		revenue: 31.5,
		currency: "EUR",
		...more,
	});

describe("the hub on Workers", () => {
	it("takes a signed delivery, and its points arrive without another call", async () => {
		expect((await settled(signUp("ada"))).outcome).toBe("appended");
		expect((await settled(order("ada"))).outcome).toBe("appended");
		expect(await balanceOf("ada")).toMatchObject([{ spendable: 31 }]);
	});

	it("adds nothing for the same bytes, nor for the same message in others", async () => {
		await settled(signUp("bea"));
		const purchase = order("bea");
		await settled(purchase);
		expect(await settled(purchase)).toMatchObject({ outcome: "appended", repeats: 1 });
		expect(await settled(`${purchase}\n`)).toMatchObject({ outcome: "duplicate" });
		expect(await actionsOf("bea")).toEqual(["checkout", "opt_in"]);
	});

	it("answers a forgery with an empty 401", async () => {
		const purchase = order("ada");
		const response = await send(purchase.replace("31.5", "3150"), signatureOf(purchase));
		expect([response.status, await response.text()]).toEqual([401, ""]);
	});

	it("keeps a body that is too large for a row, and maps it like any other", async () => {
		await settled(signUp("cy"));
		const shown = await settled(order("cy") + " ".repeat(600_000));
		expect(shown.bytes).toBeGreaterThan(600_000);
		expect(shown.outcome).toBe("appended");
		expect(await balanceOf("cy")).toMatchObject([{ spendable: 31 }]);
	});

	it("gives the order of somebody unknown to them when they sign up", async () => {
		expect((await settled(order("dee"))).outcome).toBe("not_a_member");
		await settled(signUp("dee"));
		await vi.waitFor(async () => expect(await actionsOf("dee")).toContain("checkout"), 4_000);
	});

	it("records an event once when its shard dies between claim and append", async () => {
		await settled(signUp("eve"));
		const { call: answering } = LedgerObject.prototype;
		let deaths = 0;
		vi.spyOn(LedgerObject.prototype, "call").mockImplementation(function (this: LedgerObject, name, args) {
			if (deaths > 0 || !JSON.stringify(args).includes('"kind":"append"')) return answering.call(this, name, args);
			deaths += 1;
			throw new Error("this shard died");
		});
		const shown = await settled(order("eve"));
		expect(deaths).toBe(1);
		expect(shown.outcome).toBe("appended");
		expect(await actionsOf("eve")).toEqual(["checkout", "opt_in"]);
		expect(await balanceOf("eve")).toMatchObject([{ spendable: 31 }]);
	});

	it("says where it is reached as the request did", () => {
		expect(url).toMatch(/^https:\/\/hub\.example\.test\/in\/[\w-]+$/);
	});

	it("lets nobody in without a session or a token", async () => {
		expect((await call("/api/endpoints")).status).toBe(401);
	});
});
