import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drawnDelivery } from "../src/cli/delivery.ts";
import { type AntavoClient, antavoClient, tokenOf } from "./support/antavo.ts";
import { delivery, type TestHub } from "./support/calls.ts";
import type { Site } from "./support/site.ts";

/** A hub whose clock a test can move, with two sites that it may reach. */
export interface CallbacksBench {
	readonly hub: TestHub;
	readonly shop: Site;
	readonly other: Site;
	/** So much later; what has become due is begun now, or with the next result that is owed. */
	pass(ms: number): Promise<void>;
	close(): Promise<void>;
}

/** A Worker's first answer compiles all of it. */
const patience = { timeout: 60_000 };
const hour = 3_600_000;

/** Results of asynchronous calls are posted to whoever gave a `callback_url`: on both hosts. */
export function testCallbacks(host: string, open: () => Promise<CallbacksBench>): void {
	describe(`A callback_url, on ${host}`, patience, () => {
		let bench: CallbacksBench;
		let client: AntavoClient;
		let bearer = "";
		beforeEach(async () => {
			bench = await open();
			client = await antavoClient(bench.hub);
			await client.event("opt_in", "ada", { email: "ada@example.test" });
			bearer = await token();
		}, patience.timeout);
		afterEach(() => bench.close(), patience.timeout);

		const token = () => tokenOf(bench.hub, { callbacks: [bench.shop.origin, bench.other.origin] });
		const call = async (way: string, body?: object) => {
			const response = await bench.hub.fetch(
				new Request(`${bench.hub.url}/v1/async/events${way}`, {
					headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
					...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
				}),
			);
			return { status: response.status, body: await response.json() } as Answer;
		};
		const five = { customer: "ada", action: "point_add", data: { points: 5 } };
		const path = "/results?of=1";
		/** Asks for five points, whose result is to be posted; gives the call's id. */
		const asked = async (
			callback_url = `${bench.shop.origin}${path}`,
			body: object = five,
		): Promise<string> => {
			const { status, body: said } = await call("", { ...body, callback_url });
			expect([status, said]).toMatchObject([200, { status: "success" }]);
			return said.payload.correlation_id;
		};
		const debts = async () => ((await bench.hub.call("GET", "/status")) as { callbacks: object }).callbacks;
		const paid = () => vi.waitFor(async () => expect(await debts()).toEqual({ owed: 0, givenUp: 0 }), 10_000);
		const callbacksOf = async (id: string) => (await delivery(bench.hub, id)).callbacks;
		const failed = (id: string, attempts: number) =>
			vi.waitFor(async () => expect(await callbacksOf(id)).toMatchObject([{ attempts }]), 10_000);

		/** So much later, when all that is due has been begun: the other site is told of an event that came then. */
		const later = async (ms: number) => {
			await bench.pass(ms);
			bearer = await token();
			await asked(`${bench.other.origin}/later`);
			await bench.other.next();
		};

		it("is told what whoever asks is told", async () => {
			const id = await asked();
			const told = await bench.shop.next();
			expect([told.path, told.type]).toEqual([path, "application/json"]);
			expect(told.body).toMatchObject({
				status: "success",
				payload: {
					correlation_id: id,
					status: "processed",
					response: { success: { id: "ada", events: [{ action: "point_add", points: 5 }] }, error: [] },
				},
			});
			expect(told.body).toEqual((await call(`/${id}`)).body);
			await paid();
			expect(await callbacksOf(id)).toEqual([]);
		});

		it("may stand in the data, and is no attribute of the event", async () => {
			const data = { points: 5, callback_url: `${bench.shop.origin}${path}` };
			await call("", { ...five, correlation_id: "mine", data });
			const { body } = await bench.shop.next();
			expect(body.payload).toMatchObject({ correlation_id: "mine", status: "processed" });
			const { data: events } = (await client.get("/customers/ada/events?limit=1")).body;
			expect(events[0].properties.map(({ name }: { name: string }) => name)).toEqual(["points"]);
			await paid();
		});

		it("is told the same id and at the same address, also where these are long numbers", async () => {
			const correlation_id = "4111111111111111";
			await asked(`${bench.shop.origin}/${correlation_id}?id=${correlation_id}`, { ...five, correlation_id });
			expect(await bench.shop.next()).toMatchObject({
				path: `/${correlation_id}?id=${correlation_id}`,
				body: { payload: { correlation_id, status: "processed" } },
			});
			await paid();
		});

		it("is told what was wrong", async () => {
			await asked(undefined, { customer: "ada", action: "opt_in" });
			expect((await bench.shop.next()).body.payload).toMatchObject({
				status: "error",
				response: { success: [], error: { code: 112101, message: "Customer has already been opted-in." } },
			});
			await paid();
		});

		it("is told again until it accepts, later each time", async () => {
			bench.shop.answer(() => (bench.shop.posts < 3 ? new Response("no", { status: 500 }) : accepted()));
			const id = await asked();
			const told = { path, body: { payload: { correlation_id: id, status: "processed" } } };
			expect(await bench.shop.next()).toMatchObject(told);
			await failed(id, 1);
			expect(await callbacksOf(id)).toMatchObject([{ state: "owed", reason: "answered 500" }]);
			expect(await debts()).toEqual({ owed: 1, givenUp: 0 });

			await later(5_000);
			expect(await bench.shop.next()).toMatchObject(told);
			await failed(id, 2);
			// Twice as long, of which chance takes away up to half.
			await later(4_000);
			expect(bench.shop.posts).toBe(2);
			await later(6_000);
			expect(await bench.shop.next()).toMatchObject(told);
			await paid();
			expect(bench.shop.posts).toBe(3);
		});

		it("is left alone for as long as it asks", async () => {
			let busy = true;
			bench.shop.answer(() =>
				busy ? new Response("", { status: 503, headers: { "Retry-After": "7200" } }) : accepted(),
			);
			const id = await asked();
			await bench.shop.next();
			await failed(id, 1);
			busy = false;
			await later(1.9 * hour);
			expect(bench.shop.posts).toBe(1);
			await later(0.2 * hour);
			await bench.shop.next();
			await paid();
		});

		it("is given up after a day, which an operator sees, and a replay owes it anew", async () => {
			let up = false;
			bench.shop.answer(() => (up ? accepted() : new Response("", { status: 500 })));
			const id = await asked();
			await bench.shop.next();
			await failed(id, 1);
			await later(24 * hour);
			await bench.shop.next();
			await failed(id, 2);
			expect(await callbacksOf(id)).toMatchObject([
				{ url: `${bench.shop.origin}${path}`, state: "given_up", dueAt: null, reason: "answered 500" },
			]);
			expect(await debts()).toEqual({ owed: 0, givenUp: 1 });
			expect(drawnDelivery(await delivery(bench.hub, id))).toContain(
				`  the result of message 0 is not posted any more to ${bench.shop.origin}${path}\n` +
					"    attempts that failed: 2; the last: answered 500",
			);
			up = true;
			await bench.hub.call("POST", "/deliveries/replay", { ids: [id] });
			const { body } = await bench.shop.next();
			expect(body.payload).toMatchObject({
				status: "processed",
				response: { success: { events: [{ points: 5 }] } },
			});
			await paid();
		});

		it("of a site that does not answer holds up neither events nor other sites", async () => {
			let hangs = true;
			bench.shop.answer(async () => {
				while (hangs) await new Promise((resolve) => setTimeout(resolve, 10));
				return accepted();
			});
			for (let each = 0; each < 5; each += 1) await asked();
			// Equal calls meet in one inbox, where as many are under way as there are places.
			for (let each = 0; each < 3; each += 1) await bench.shop.next();
			await asked(`${bench.other.origin}${path}`);
			expect((await bench.other.next()).path).toBe(path);
			await bench.hub.drained();
			expect((await client.get("/customers/ada")).body.score).toBe(30);
			hangs = false;
			await paid();
		});

		it("is refused where it is no address on a site of its client", async () => {
			const { origin } = bench.shop;
			const evil =
				/^Results of this client are not posted to https:\/\/evil\.example: .* `client create --callback https:\/\/evil\.example`$/;
			const refused: readonly (readonly [string, RegExp])[] = [
				["https://evil.example/x", evil],
				[`${origin.replace(/:[0-9]+$/, "")}:1`, /are not posted to/],
				["http://169.254.169.254/latest", /are not posted to/],
				[origin.replace(/^https?:/, "ftp:"), /must be an address/],
				[origin.replace("://", "://ada@"), /must be an address/],
				["/results", /must be an address/],
				["file:///etc/passwd", /must be an address/],
				[`${origin}/${"x".repeat(2_100)}`, /must be an address/],
			];
			for (const [callback_url, message] of refused) {
				for (const where of [{ callback_url }, { data: { points: 1, callback_url } }]) {
					const { status, body } = await call("", { ...five, ...where });
					expect([status, body.error.code, body.error.message]).toEqual([
						400,
						0,
						expect.stringMatching(message),
					]);
				}
			}
			await bench.hub.drained();
			expect((await client.get("/customers/ada")).body.score).toBe(0);
		});

		it("is refused where it says two things, and is none where it is empty", async () => {
			const both = { ...five, data: { points: 1, callback_url: `${bench.shop.origin}/2` } };
			expect((await call("", { ...both, callback_url: `${bench.shop.origin}/1` })).status).toBe(400);
			for (const callback_url of ["", null])
				expect((await call("", { ...five, callback_url })).status).toBe(200);
			bearer = await tokenOf(bench.hub);
			expect((await call("", { ...five, callback_url: bench.shop.origin })).status).toBe(400);
			await bench.hub.drained();
			expect(await debts()).toEqual({ owed: 0, givenUp: 0 });
		});

		it("is told of an opt-out, and then nothing of it is left", async () => {
			await client.event("opt_in", "grace", { email: "grace@example.test" });
			bench.shop.answer(() => new Response("", { status: 500 }));
			const points = await asked(undefined, { ...five, customer: "grace" });
			await bench.shop.next();
			await failed(points, 1);
			bench.shop.answer(() => accepted());
			const id = await asked(`${bench.shop.origin}/results?of=grace`, {
				customer: "grace",
				action: "opt_out",
			});
			expect((await bench.shop.next()).body.payload).toEqual({
				correlation_id: id,
				status: "processed",
				response: { success: { events: [] }, error: [] },
			});
			// Who was owed an earlier event of hers is told nothing any more.
			await paid();
			expect(await callbacksOf(points)).toEqual([]);
			expect(JSON.stringify(await delivery(bench.hub, id))).not.toContain("of=grace");
		});

		it("is told nothing any more when its client is revoked", async () => {
			bench.shop.answer(() => new Response("", { status: 500 }));
			const id = await asked();
			await bench.shop.next();
			await failed(id, 1);
			const { data } = (await bench.hub.call("GET", "/clients")) as { data: { id: string }[] };
			await bench.hub.call("DELETE", `/clients/${data[0]?.id}`);
			await later(5_000);
			await failed(id, 2);
			expect(await callbacksOf(id)).toMatchObject([
				{ state: "given_up", reason: "the client is revoked, or the address is on none of its sites" },
			]);
			expect(bench.shop.posts).toBe(1);
		});
	});
}

const accepted = (): Response => new Response(null, { status: 204 });

interface Answer {
	readonly status: number;
	// biome-ignore lint/suspicious/noExplicitAny: what the API answers is what the tests are about
	readonly body: any;
}
