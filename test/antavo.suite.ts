import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answered, type AntavoClient, antavoClient, tokenOf } from "./support/antavo.ts";
import { eventsOf, newestDelivery, segmentEndpoint, type TestHub } from "./support/calls.ts";

/** What clients of Antavo's API see of a whole hub, on whichever host. */
export function testAntavo(host: string, open: () => Promise<TestHub>): void {
	let hub: TestHub;
	let client: AntavoClient;
	const start = async () => {
		hub = await open();
		client = await antavoClient(hub);
	};
	/** Each test of the group has a hub of its own. */
	const alone = () => {
		beforeEach(start, patience.timeout);
		afterEach(() => hub.close(), patience.timeout);
	};
	/** The tests of the group share a hub, which is made ready once. */
	const together = (prepare: () => Promise<unknown>) => {
		beforeAll(async () => {
			await start();
			await prepare();
		}, patience.timeout);
		afterAll(() => hub.close(), patience.timeout);
	};

	const join = (customer: string, data: object = {}) => client.event("opt_in", customer, data);

	describe(`POST /events, on ${host}`, patience, () => {
		alone();
		it("answers with the customer and what changed the points that can be spent", async () => {
			await join(loyaltyId, {
				email: "john.doe@example.com",
				first_name: "John",
				last_name: "Doe",
				handler: "John",
				language: "en",
				currency: "USD",
			});
			const { status, headers, body } = await client.post("/events", {
				customer: loyaltyId,
				action: "point_add",
				data: { points: 325 },
			});
			expect(status).toBe(200);
			expect(headers.get("Content-Type")).toMatch(/^application\/json/);
			expect(Number(headers.get("RateLimit-Remaining"))).toBeLessThan(1_500);
			expect(body).toEqual({
				id: loyaltyId,
				created_at: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
				handler: "John",
				status: "active",
				score: 325,
				spent: 0,
				pending: 0,
				reserved: 0,
				expired: 0,
				spendable: 325,
				level: null,
				language: "en",
				currency: "USD",
				first_name: "John",
				last_name: "Doe",
				email: "john.doe@example.com",
				mobile_phone: "",
				image_url: null,
				events: [{ id: expect.stringMatching(/^[0-9a-f]{24}$/), action: "point_add", points: 325 }],
			});
		});

		it("records who sent it, and how", async () => {
			await client.post("/events", { customer: "ada", action: "opt_in" }, { "User-Agent": "shop/1.0" });
			expect(await eventsOf(hub)).toMatchObject([
				{ action: "opt_in", source: "Events API", signed: true, user_agent: "shop/1.0" },
			]);
		});

		it("takes a form with PHP's brackets, whose numbers are texts", async () => {
			await client.post("/events", "customer=ada&action=opt_in&data%5Bfirst_name%5D=Ada+B.");
			const order =
				"customer=ada&action=checkout&data%5Btransaction_id%5D=1001&data%5Btotal%5D=200" +
				"&data%5Bitems%5D%5B0%5D%5Bproduct_id%5D=p-1&data%5Bitems%5D%5B0%5D%5Bquantity%5D=2" +
				"&data%5Bitems%5D%5B0%5D%5Bprice%5D=50&data%5Bitems%5D%5B1%5D%5Bproduct_id%5D=p-2";
			const { status, body } = await client.post("/events", order);
			expect(status).toBe(200);
			expect(body).toMatchObject({ first_name: "Ada B.", score: 200, events: [{ points: 200 }] });
			const checkout = (await eventsOf(hub)).find(({ action }) => action === "checkout");
			expect(checkout?.properties).toEqual({
				transaction_id: "1001",
				total: 200,
				items: [{ product_id: "p-1", quantity: 2, price: 50 }, { product_id: "p-2" }],
			});
		});

		it("takes a list that lost elements, which PHP writes by the numbers that are left", async () => {
			await join("ada");
			const order =
				"customer=ada&action=checkout&data[transaction_id]=1001&data[total]=9" +
				"&data[items][2][product_id]=p-2&data[items][0][product_id]=p-0&data[shop][12]=55";
			expect((await client.post("/events", order)).status).toBe(200);
			const checkout = (await eventsOf(hub)).find(({ action }) => action === "checkout");
			expect(checkout?.properties).toMatchObject({
				items: [{ product_id: "p-0" }, { product_id: "p-2" }],
				shop: { 12: "55" },
			});
		});

		it.each([
			["nothing", undefined],
			["null", null],
			["PHP's empty array", []],
			["an empty object", {}],
		])("takes %s for no data", async (_what, data) => {
			const { status, body } = await client.post("/events", { customer: "ada", action: "opt_in", data });
			expect([status, body.id, body.events]).toEqual([200, "ada", []]);
		});

		it("keeps null attributes", async () => {
			await join("ada", { first_name: null, note: null });
			expect((await eventsOf(hub))[0]?.properties).toEqual({ first_name: null, note: null });
		});

		it("is dated by effective_timestamp, which is no attribute", async () => {
			await join("ada");
			const at = Math.floor(Date.now() / 1_000) - 86_400;
			for (const effective_timestamp of [at, String(at)]) {
				await client.event("point_add", "ada", { points: 1, effective_timestamp });
			}
			const [, first, second] = await eventsOf(hub);
			for (const event of [first, second]) {
				expect(event).toMatchObject({ unix_timestamp: at, properties: { points: 1 } });
			}
		});

		it("refuses an account that the program does not have", async () => {
			await join("ada");
			const family = { customer: "ada", action: "point_add", account: "family", data: { points: 15 } };
			const { status, body } = await client.post("/events", family);
			expect([status, body.error.type]).toEqual([400, badRequest]);
		});

		it("takes no account and no external id that is no text for none, which would be another's", async () => {
			await join("ada");
			const five = { customer: "ada", action: "point_add", data: { points: 5 } };
			for (const name of ["account", "external_id"])
				for (const value of [{ id: "family" }, ["family"], true]) {
					const { status, body } = await client.post("/events", { ...five, [name]: value });
					expect([status, body.error.message]).toEqual([400, `Property "${name}" must be a text`]);
				}
			const none = { account: "", external_id: null };
			expect((await client.post("/events", { ...five, ...none })).body.score).toBe(5);
		});

		it("says of a second refund what Antavo says of a transaction that is not accepted", async () => {
			await join("ada");
			await client.event("checkout", "ada", { transaction_id: "back", total: 9 });
			const refund = { customer: "ada", action: "refund", data: { transaction_id: "back" } };
			expect((await client.post("/events", refund)).status).toBe(200);
			for (const again of [refund, { ...refund, data: { ...refund.data, reason: "damaged" } }]) {
				const { status, body } = await client.post("/events", again);
				expect(status).toBe(400);
				expect(body).toEqual({
					error: {
						type: badRequest,
						code: 112201,
						message: "Only accepted transactions can be refunded",
					},
				});
			}
		});

		it("forgets who opts out, and answers as if they had never been there", async () => {
			await join("ada", { email: "ada@example.test" });
			expect(await client.event("opt_out", "ada", { reason: "moved" })).toEqual({ events: [] });
			for (const path of ["/customers/ada", "/customers/ada/events", "/customers/{email:ada@example.test}"]) {
				expect((await client.get(path)).body.error.code).toBe(160212);
			}
			const after = await client.post("/events", {
				customer: "ada",
				action: "point_add",
				data: { points: 1 },
			});
			expect([after.status, after.body.error.code]).toEqual([404, 160212]);
			expect((await client.get("/customers")).body.data).toEqual([]);
		});

		it("shows whom a customer referred for as long as they are here", async () => {
			await join("ada");
			await join("friend");
			await client.event("referral", "ada", { referred: "friend" });
			const referred = async (query = "") => {
				const { data } = (await client.get(`/v1/customers/ada/events?filter[action][eq]=referral${query}`))
					.body;
				return data.map((event: { readonly properties: object }) => event.properties);
			};
			expect(await referred()).toEqual([{ referred: "friend" }]);
			const found = (await client.get("/customers/ada/events?properties.referred=friend")).body.data;
			expect(found).toMatchObject([{ action: "referral", properties: [{ value: "friend" }] }]);
			const kept = (await eventsOf(hub)).at(-1);
			expect(kept?.properties).toEqual({ referred: "friend" });
			const proof = await hub.call("GET", `/events/${kept?.id}/proof`);
			expect(JSON.stringify(proof)).not.toContain("friend");
			await client.event("opt_out", "friend");
			expect(await referred()).toEqual([{ referred: null }]);
			await join("friend");
			expect(await referred()).toEqual([{ referred: null }]);
		});

		it("is an opt-in for what waited for one", async () => {
			const endpoint = await segmentEndpoint(hub, "shop");
			const order = { event: "Order Completed", userId: "ada", properties: { order_id: "o-1", revenue: 7 } };
			await hub.fetch(
				new Request(`${hub.url}/v1/track`, {
					method: "POST",
					body: JSON.stringify({ ...order, writeKey: endpoint.writeKey }),
				}),
			);
			await hub.drained();
			await join("ada");
			await hub.drained();
			expect((await eventsOf(hub)).map(({ action }) => action)).toEqual(["opt_in", "checkout"]);
		});
	});

	describe(`Who a customer is, on ${host}`, patience, () => {
		alone();
		it("can be said by the value of a field that external_id names", async () => {
			await join("ada", { email: "ada@example.test" });
			const { body } = await client.post("/events", {
				customer: "Ada@Example.test",
				external_id: "email",
				action: "point_add",
				data: { points: 5 },
			});
			expect(body).toMatchObject({ id: "ada", score: 5 });
			expect((await client.get("/customers/{email:ada@example.test}")).body).toMatchObject({ id: "ada" });
		});

		it("can be said by an external id that came with their opt-in", async () => {
			await client.post("/events", { customer: "ada", external_id: "ext_001", action: "opt_in" });
			const { body } = await client.post("/events", {
				customer: "whatever the shop calls her",
				external_id: "ext_001",
				action: "point_add",
				data: { points: 5 },
			});
			expect(body).toMatchObject({ id: "ada", score: 5 });
			expect((await client.get("/customers/ada")).body.external_ids).toEqual({ external_id: "ext_001" });
		});

		it("is not decided by an e-mail address, which two of them may have, as in Antavo", async () => {
			await join("ada", { email: "family@example.test" });
			const second = await join("grace", { email: "family@example.test" });
			expect(second).toMatchObject({ id: "grace", email: "family@example.test" });
			expect(await client.event("profile", "grace", { mobile_phone: "+441" })).toMatchObject({ id: "grace" });
			// The address stays with who had it first.
			expect((await client.get("/customers/{email:family@example.test}")).body).toMatchObject({ id: "ada" });
			expect((await client.get(`/customers/${encodeURIComponent("{phone:+441}")}`)).body).toMatchObject({
				id: "grace",
			});
		});

		it("may not be two people at once", async () => {
			await client.post("/events", { customer: "ada", external_id: "ext_001", action: "opt_in" });
			await join("grace");
			const { status, body } = await client.post("/events", {
				customer: "grace",
				external_id: "ext_001",
				action: "point_add",
				data: { points: 1 },
			});
			expect([status, body.error.message]).toEqual([
				409,
				"the identities id and external_id belong to different customers",
			]);
		});
	});

	describe(`Errors, on ${host}`, patience, () => {
		together(async () => {
			await join("ada");
			await join("grace");
			await client.event("checkout", "ada", { transaction_id: "paid", total: 100 });
			await client.event("refund", "ada", { transaction_id: "paid" });
			await client.event("checkout", "ada", { transaction_id: "open", total: 100 });
			await client.event("point_spend", "ada", { points: 3 });
		});

		it.each<[string, object, number, string, number, string]>([
			[
				"nobody",
				{ customer: "bob", action: "point_add", data: { points: 1 } },
				404,
				notFound,
				160212,
				"Customer not found",
			],
			[
				"a second opt-in",
				{ customer: "ada", action: "opt_in" },
				400,
				"RuntimeException",
				112101,
				"Customer has already been opted-in.",
			],
			[
				"the same order",
				order("open", { total: 100 }),
				400,
				badRequest,
				5003,
				"The transaction ID has already been used",
			],
			[
				"another order of its number",
				order("open", { total: 7 }),
				400,
				badRequest,
				5003,
				"The transaction ID has already been used",
			],
			["no customer", { action: "opt_in" }, 404, notFound, 0, 'Property "customer" cannot be empty'],
			["no action", { customer: "ada" }, 404, notFound, 0, 'Property "action" cannot be empty'],
			[
				"no such action",
				{ customer: "ada", action: "cehckout" },
				400,
				badRequest,
				0,
				"Invalid action: cehckout",
			],
			[
				"an order without a number",
				order(undefined, { total: 1 }),
				404,
				notFound,
				0,
				'Property "transaction_id" cannot be empty',
			],
			[
				"points that are no number",
				add("many"),
				400,
				badRequest,
				0,
				'Property "points" must be a whole number',
			],
			[
				"data that is no object",
				{ customer: "ada", action: "opt_in", data: "x" },
				400,
				badRequest,
				0,
				'Property "data" must be an object',
			],
			[
				"data that is a list",
				{ customer: "ada", action: "opt_in", data: [1] },
				400,
				badRequest,
				0,
				'Property "data" must be an object',
			],
			[
				"milliseconds",
				add(1, 1_657_106_644_000),
				400,
				badRequest,
				0,
				'Property "effective_timestamp" must be a Unix timestamp in seconds',
			],
			[
				"an order that never was",
				{ customer: "ada", action: "refund", data: { transaction_id: "x" } },
				404,
				notFound,
				0,
				"Transaction not found",
			],
			[
				"somebody else's order",
				{ customer: "grace", action: "refund", data: { transaction_id: "open" } },
				400,
				badRequest,
				103902,
				"Customer does not match transaction owner",
			],
			[
				"a second partial refund of all",
				partial("paid", 1),
				400,
				badRequest,
				112201,
				"Only accepted transactions can be refunded",
			],
			[
				"a refund of nothing",
				partial("open", 0),
				400,
				badRequest,
				112202,
				"Amount should be a positive number",
			],
			[
				"a refund of too much",
				partial("open", 101),
				400,
				badRequest,
				112203,
				"Amount for refund is greater than transaction total",
			],
			[
				"points that were never spent",
				{ customer: "ada", action: "point_unspend", data: { points: 4 } },
				400,
				badRequest,
				112900,
				"Cannot unspend more than the customer current spent points",
			],
			[
				"a second review of one",
				{ customer: "ada", action: "review_submit", data: { review_id: "r" } },
				400,
				badRequest,
				10001,
				'Action "review_submit" cannot be repeated',
			],
		])("say what is wrong with %s", async (what, body, status, type, code, message) => {
			if (what === "a second review of one") await client.post("/events", body);
			const before = (await eventsOf(hub)).length;
			const answered = await client.post("/events", body);
			expect([answered.status, answered.body]).toEqual([status, { error: { type, code, message } }]);
			expect(await eventsOf(hub)).toHaveLength(before);
		});

		const json = "application/json";
		const form = "application/x-www-form-urlencoded";
		it.each<[string, string, string, number, string]>([
			["no JSON", json, "{", 400, "The body is not JSON: the text ends before the JSON does"],
			["a list", json, "[1]", 400, "The body must be an object"],
			[
				"half a letter",
				json,
				'{"customer":"\\ud800","action":"opt_in"}',
				404,
				'Property "customer" cannot be empty',
			],
			[
				"JSON that nests too deeply",
				json,
				`{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
				400,
				"The body is nested too deeply",
			],
			["a form that is not UTF-8", form, "customer=%ff", 400, "The form is not UTF-8"],
			[
				"a form that nests too deeply",
				form,
				`a${"[b]".repeat(64)}=1`,
				400,
				"The form can not be read: a name of the form nests deeper than 64 levels",
			],
			[
				"a prototype",
				form,
				"__proto__[customer]=ada&__proto__[action]=opt_in",
				404,
				'Property "customer" cannot be empty',
			],
			[
				"more than a message",
				json,
				JSON.stringify({ note: "x".repeat(600_000) }),
				413,
				"the body is larger than 524288 bytes",
			],
		])("say what is wrong with a body that is %s", async (_what, type, body, status, message) => {
			const answered = await client.post("/events", body, { "Content-Type": type });
			expect([answered.status, answered.body]).toEqual([
				status,
				{ error: { type: expect.stringMatching(/Exception$/), code: 0, message } },
			]);
		});

		it("say in each API's own envelope that there is nothing at a path", async () => {
			const paths = [
				"/events/more",
				"/customers/-/count",
				"/extensions/automation/campaign-bonus",
				"/extensions/rewards",
				"/v1/webhook/braze",
			];
			for (const path of paths) {
				const { status, body } = await client.get(path);
				const error = { type: notFound, code: 0, message: "Not Found" };
				expect([path, status, body]).toEqual([path, 404, { error }]);
			}
			for (const path of ["/v1/customers", "/v1/customers/ada", "/v1/customers/ada/coupons"]) {
				const { status, body } = await client.get(path);
				const error = { message: "Not Found", code: 0, resendable: false };
				expect([path, status, body]).toEqual([path, 404, { error }]);
			}
			const { status, body } = await client.get("/v1/async/events");
			const error = { type: notFound, code: 0, message: "Not Found" };
			expect([status, body]).toEqual([404, { status: "error", error }]);
		});

		it("tell who has no key only that", async () => {
			const bare = (init: RequestInit) =>
				hub.fetch(new Request(`${hub.url}/events`, { method: "POST", ...init }));
			for (const body of ["{", JSON.stringify({ customer: "ada", action: "opt_in" })]) {
				const response = await bare({ body });
				expect(response.status).toBe(401);
				expect(await response.json()).toEqual({
					error: { type: "UnauthorizedException", code: 0, message: "No api_key provided" },
				});
			}
		});
	});

	describe(`POST /events/bulk, on ${host}`, patience, () => {
		alone();
		it("answers each element in its place, 200 whatever became of them", async () => {
			await join("ada");
			const { status, body } = await client.post("/events/bulk", {
				events: [
					{ customer: "nobody", action: "point_add", data: { points: 1 } },
					{ customer: "ada", action: "point_add", data: { points: "325" } },
					{ customer: "ada", action: "point_sub", data: { points: 35 } },
					{ customer: "ada", action: "checkout", guest: "true", data: { transaction_id: "1", total: 1 } },
					"no event",
					{ customer: "ada", action: "point_spend", data: { points: 290 } },
				],
			});
			expect(status).toBe(200);
			const id = expect.stringMatching(/^[0-9a-f]{24}$/);
			expect(body).toEqual({
				results: [
					{ error: { type: notFound, code: 160212, message: "Customer not found" } },
					{ events: [{ id, action: "point_add", points: 325 }] },
					{ events: [{ id, action: "point_sub", points: -35 }] },
					{
						error: {
							type: badRequest,
							code: 0,
							message: "Guest checkouts are taken by POST /events only",
						},
					},
					{ error: { type: badRequest, code: 0, message: "An event must be an object" } },
					{ events: [{ id, action: "point_spend", points: -290 }] },
				],
				total: 6,
				errors: 3,
			});
			expect((await eventsOf(hub)).map(({ action }) => action)).toEqual([
				"opt_in",
				"point_add",
				"point_sub",
				"point_spend",
			]);
		});

		it("takes more than the 50 that Antavo means it for, and a form as well", async () => {
			const events = Array.from({ length: 60 }, (_, n) => ({ customer: `c-${n}`, action: "opt_in" }));
			expect((await client.post("/events/bulk", { events })).body).toMatchObject({ total: 60, errors: 0 });
			const form = "events[0][customer]=c-1&events[0][action]=point_add&events[0][data][points]=5";
			expect((await client.post("/events/bulk", form)).body).toMatchObject({ total: 1, errors: 0 });
		});

		it.each([
			["no list", {}, 404],
			["something else than a list", { events: "x" }, 400],
			["more than can be one transaction", { events: Array.from({ length: 501 }, () => ({})) }, 400],
		])("refuses %s as a whole", async (_what, body, status) => {
			const answered = await client.post("/events/bulk", body);
			expect([answered.status, Object.keys(answered.body)]).toEqual([status, ["error"]]);
		});
	});

	describe(`Idempotency-Key, on ${host}`, patience, () => {
		together(() => join("grace"));
		let key = { "Idempotency-Key": "" };
		let five = { customer: "", action: "point_add", data: { points: 5 } };
		beforeEach(async () => {
			const customer = crypto.randomUUID();
			await join(customer);
			key = { "Idempotency-Key": crypto.randomUUID() };
			five = { ...five, customer };
		});
		const scoreOf = async (customer: string) => (await client.get(`/customers/${customer}`)).body.score;

		it("makes the same call the same event, for ever", async () => {
			const first = await client.post("/events", five, key);
			const again = await client.post("/events", five, key);
			expect(again).toMatchObject({ status: 200, body: first.body });
			// Spelt otherwise, it says the same.
			const spelt = await client.post(
				"/events",
				{ data: five.data, action: five.action, customer: five.customer },
				key,
			);
			expect(spelt.body.events).toEqual(first.body.events);
			expect(spelt.body.score).toBe(5);
		});

		it("lets calls without one be as many events as there are calls", async () => {
			await client.post("/events", five);
			expect((await client.post("/events", five)).body.score).toBe(10);
		});

		it.each<[string, object]>([
			["data", { data: { points: 6 } }],
			["action", { action: "point_sub" }],
			["customer", { customer: "grace" }],
			["account", { account: "family" }],
			["time", { data: { points: 5, effective_timestamp: 1_767_225_600 } }],
		])("refuses the same key with another %s", async (_what, other) => {
			await client.post("/events", five, key);
			const { status, body } = await client.post("/events", { ...five, ...other }, key);
			expect([status, body]).toEqual([
				409,
				{
					error: {
						type: "ConflictException",
						code: 0,
						message: "This Idempotency-Key was used before, for another call",
					},
				},
			]);
			expect(await scoreOf(five.customer)).toBe(5);
		});

		it("repeats an opt-in and an order, which without it are errors", async () => {
			const optIn = { customer: "new", action: "opt_in", data: { email: "new@example.test" } };
			const first = await client.post("/events", optIn, { "Idempotency-Key": "a" });
			expect(await client.post("/events", optIn, { "Idempotency-Key": "a" })).toMatchObject({
				status: 200,
				body: first.body,
			});
			expect((await client.post("/events", optIn, { "Idempotency-Key": "b" })).body.error.code).toBe(112101);
			const paid = { ...order("once", { total: 9 }), customer: five.customer };
			expect((await client.post("/events", paid, { "Idempotency-Key": "c" })).body.events).toHaveLength(1);
			expect((await client.post("/events", paid, { "Idempotency-Key": "c" })).body.events).toHaveLength(1);
			expect((await client.post("/events", paid)).body.error.code).toBe(5003);
		});

		it("knows nobody of whom it was said who has been erased since, also where they have joined again", async () => {
			const { customer } = five;
			await client.post("/events", five, key);
			expect((await client.post("/events", { customer, action: "opt_out" })).status).toBe(200);
			const unknown = { status: 404, body: { error: { code: 160212 } } };
			expect(await client.post("/events", five, key)).toMatchObject(unknown);
			await join(customer);
			expect(await client.post("/events", five, key)).toMatchObject(unknown);
			expect(await scoreOf(customer)).toBe(0);
		});

		it("repeats an opt-out, and erases nobody else by it", async () => {
			const end = { customer: five.customer, action: "opt_out" };
			for (let times = 0; times < 2; times++) {
				expect(await client.post("/events", end, key)).toMatchObject({ status: 200, body: { events: [] } });
			}
			expect((await client.post("/events", { ...end, customer: "grace" }, key)).status).toBe(409);
			expect((await client.get("/customers/grace")).status).toBe(200);
		});

		it("erases nobody by a key that was used for something else", async () => {
			await client.post("/events", five, key);
			expect((await client.post("/events", { customer: five.customer, action: "opt_out" }, key)).status).toBe(
				409,
			);
			expect(await scoreOf(five.customer)).toBe(5);
		});

		it("leaves a refused call free to be sent again", async () => {
			const later = { customer: "later", action: "point_add", data: { points: 1 } };
			expect((await client.post("/events", later, key)).status).toBe(404);
			await join("later");
			expect((await client.post("/events", later, key)).body).toMatchObject({ id: "later", score: 1 });
		});

		it("counts for each element of a bulk call", async () => {
			const events = [five, { ...five, customer: "grace" }, five];
			const first = await client.post("/events/bulk", { events }, key);
			expect(first.body).toMatchObject({ errors: 0 });
			expect((await client.post("/events/bulk", { events }, key)).body).toEqual(first.body);
			const [, ...others] = events;
			expect(
				(await client.post("/events/bulk", { events: [{ ...five, account: "x" }, ...others] }, key)).body,
			).toMatchObject({
				errors: 1,
				results: [{ error: { type: "ConflictException" } }, first.body.results[1], first.body.results[2]],
			});
			// The same key for a single event is another name.
			expect((await client.post("/events", five, key)).body.score).toBe(15);
		});

		it.each(["", "x".repeat(256)])("has 1 to 255 characters", async (wrong) => {
			const { status, body } = await client.post("/events", five, { "Idempotency-Key": wrong });
			expect([status, body.error.code]).toEqual([400, 0]);
		});

		it("makes one event of calls at the same time", async () => {
			const answers = await Promise.all(Array.from({ length: 8 }, () => client.post("/events", five, key)));
			const [first] = answers;
			for (const { status, body } of answers)
				expect([status, body.events]).toEqual([200, first?.body.events]);
			expect(await scoreOf(five.customer)).toBe(5);
		});
	});

	describe(`Other keys than a server's, on ${host}`, patience, () => {
		together(() => join("ada", { email: "ada@example.test" }));
		const made = async (settings: object) => {
			const { apiKey } = (await hub.call("POST", "/keys", settings)) as { readonly apiKey: string };
			return apiKey;
		};
		const unsigned = async (path: string, body: object, headers: Record<string, string> = {}) => {
			const init = { method: "POST", headers: { "Content-Type": "application/json", ...headers } };
			const response = await hub.fetch(
				new Request(`${hub.url}${path}`, { ...init, body: JSON.stringify(body) }),
			);
			const answered: unknown = await response.json();
			return { status: response.status, headers: response.headers, body: answered } as Answered;
		};

		it("let a page send what pages may send, and tell it nothing of the customer", async () => {
			const origin = "https://shop.example.test";
			const api_key = await made({ use: "browser", origins: [origin] });
			const preflight = await hub.fetch(
				new Request(`${hub.url}/events`, { method: "OPTIONS", headers: { Origin: origin } }),
			);
			expect(preflight.status).toBe(204);
			const viewed = await unsigned(
				"/events",
				{ customer: "ada", action: "product_view", data: { product_id: "p-1" }, api_key },
				{ Origin: origin },
			);
			expect([viewed.status, viewed.body]).toEqual([200, { events: [] }]);
			expect(viewed.headers.get("Access-Control-Allow-Origin")).toBe(origin);
			expect((await eventsOf(hub)).at(-1)).toMatchObject({
				signed: false,
				flags: ["public"],
				properties: {},
			});
			for (const action of ["point_add", "profile", "opt_in"]) {
				const body = { customer: "ada", action, data: { points: 1 }, api_key };
				expect((await unsigned("/events", body, { Origin: origin })).status).toBe(403);
			}
			expect((await unsigned("/events/bulk", { events: [], api_key }, { Origin: origin })).status).toBe(403);
		});

		it("let somebody try without signing", async () => {
			const api_key = await made({ use: "development" });
			const { status, body } = await unsigned(`/events?api_key=${api_key}`, {
				customer: "ada",
				action: "point_add",
				data: { points: 1 },
			});
			expect([status, body.id]).toEqual([200, "ada"]);
			const read = await hub.fetch(new Request(`${hub.url}/customers/ada?api_key=${api_key}`));
			expect(read.status).toBe(200);
			const page = await hub.fetch(new Request(`${hub.url}/customers/ada/events?limit=1&api_key=${api_key}`));
			expect(((await page.json()) as { next: string }).next).toBe("/customers/ada/events?limit=1&offset=1");
		});

		it("say that a server's key has to sign, in the envelope of each API", async () => {
			const body = { customer: "ada", action: "point_add", data: { points: 1 }, api_key: client.key };
			expect((await unsigned("/events", body)).body.error.type).toBe("ForbiddenException");
			const url = `${hub.url}/v1/customers/ada/events?api_key=${client.key}`;
			const response = await hub.fetch(new Request(url));
			expect([response.status, await response.json()]).toMatchObject([403, { error: { resendable: false } }]);
		});
	});

	describe(`POST /customers/{id}/merge, on ${host}`, patience, () => {
		alone();

		it("makes two customers one, who is answered", async () => {
			await join("ada", { email: "ada@example.test" });
			await join("grace", { email: "grace@example.test" });
			await client.event("point_add", "ada", { points: 5 });
			await client.event("point_add", "grace", { points: 7 });
			const { status, body } = await client.post("/customers/ada/merge", {
				target: "{email:grace@example.test}",
			});
			expect([status, body]).toMatchObject([200, { id: "grace", score: 12, spendable: 12 }]);
			// What comes for either is the survivor's.
			expect(await client.event("point_add", "ada", { points: 1 })).toMatchObject({ id: "grace", score: 13 });
		});

		it("has one history and all purchases of both, by either's name", async () => {
			await join("ada", { email: "ada@example.test" });
			await join("grace");
			await client.event("checkout", "ada", { transaction_id: "t-1", total: 10 });
			await client.event("point_add", "grace", { points: 7 });
			await client.post("/customers/ada/merge", { target: "grace" });
			for (const name of ["ada", "grace", "{email:ada@example.test}"]) {
				expect((await client.get(`/customers/${name}`)).body).toMatchObject({
					id: "grace",
					status: "active",
				});
				for (const path of ["events", "history"]) {
					const { data, next } = (await client.get(`/customers/${name}/${path}?limit=10&points_only=1`)).body;
					expect(data).toMatchObject([{ action: "point_add" }, { action: "checkout" }]);
					expect(next).toBeUndefined();
				}
				const { data } = (await client.get(`/customers/${name}/transactions`)).body;
				expect(data).toMatchObject([{ id: "t-1", customer: "grace", events: [{ action: "checkout" }] }]);
			}
			const pages = [0, 1].map((offset) => `/customers/ada/events?points_only=1&limit=1&offset=${offset}`);
			const [newest, oldest] = await Promise.all(pages.map((path) => client.get(path)));
			expect(newest?.body).toMatchObject({ data: [{ action: "point_add" }], next: pages[1] });
			expect(oldest?.body).toMatchObject({ data: [{ action: "checkout" }], prev: expect.any(String) });
			expect((await hub.call("GET", "/customers/ada/events?limit=50")) as object).toMatchObject({
				cursor: null,
			});
			const { data } = (await client.get("/v1/customers/ada/events?filter[points][gt]=0")).body;
			expect(data).toMatchObject([{ customer: "grace" }, { customer: "grace", original: "ada" }]);
			expect(data[0]).not.toHaveProperty("original");
			expect((await client.get("/customers?status=merged")).body.data).toMatchObject([{ id: "ada" }]);
			await client.event("opt_out", "ada");
			for (const name of ["ada", "grace"]) {
				expect((await client.get(`/customers/${name}/events`)).body.error.code).toBe(160212);
			}
		});

		it("says who is not there, or not to be merged", async () => {
			await join("ada");
			const merge = async (customer: string, body: object) => {
				const answered = await client.post(`/customers/${customer}/merge`, body);
				return [answered.status, answered.body.error.code, answered.body.error.message];
			};
			expect(await merge("bob", { target: "ada" })).toEqual([404, 160212, "Customer not found"]);
			expect(await merge("ada", { target: "bob" })).toEqual([404, 160212, "Customer not found"]);
			expect(await merge("ada", {})).toEqual([404, 0, 'Property "target" cannot be empty']);
			expect(await merge("ada", { target: "ada" })).toEqual([
				400,
				0,
				"a customer can not be merged with themselves",
			]);
			const unknown = await client.post("/customers/ada/forget", {});
			expect([unknown.status, unknown.body]).toEqual([
				404,
				{ error: { type: notFound, code: 0, message: "Not Found" } },
			]);
		});
	});

	describe(`A guest's checkout, on ${host}`, patience, () => {
		alone();
		const bought = { action: "checkout", guest: "true", data: { transaction_id: "g-1", total: "200" } };
		const ofGuest = (action: string, data: object = {}) =>
			client.post("/events", { action, guest: true, data: { transaction_id: "g-1", ...data } });
		const claim = (customer: string) =>
			client.post("/events", { customer, action: "checkout_claim", data: { transaction_id: "g-1" } });
		const id = expect.stringMatching(/^[0-9a-f]{24}$/);

		it("is answered with its event, is nobody's, and is taken once", async () => {
			const { status, body } = await client.post("/events", bought);
			expect([status, body]).toEqual([200, { events: [{ id, action: "checkout", points: 0 }] }]);
			// As the Magento plugin names those who are nobody.
			const named = {
				...bought,
				customer: "opted_out_1700000000:7c6a180b",
				data: { ...bought.data, guest: "true" },
			};
			const again = await client.post("/events", { ...named, guest: undefined });
			expect([again.status, again.body.error]).toEqual([
				400,
				{ type: badRequest, code: 5003, message: "The transaction ID has already been used" },
			]);
			expect((await client.get("/customers")).body.data).toEqual([]);
			const [event] = await eventsOf(hub);
			expect(event).toMatchObject({ action: "checkout", points: 0, properties: { transaction_id: "g-1" } });
			expect((await client.get(`/customers/${event?.customer}`)).body.error.code).toBe(160212);
			expect((await client.get(`/customers/${event?.customer}/events`)).body.error.code).toBe(160212);
		});

		it("is the same call under the same Idempotency-Key, and so is its claim", async () => {
			await join("ada");
			const key = { "Idempotency-Key": "one" };
			const first = await client.post("/events", bought, key);
			expect(await client.post("/events", bought, key)).toMatchObject({ status: 200, body: first.body });
			const { guest: _guest, ...members } = bought;
			expect((await client.post("/events", { ...members, customer: "ada" }, key)).status).toBe(409);
			const claiming = { customer: "ada", action: "checkout_claim", data: { transaction_id: "g-1" } };
			const other = { "Idempotency-Key": "two" };
			const claimed = await client.post("/events", claiming, other);
			expect(await client.post("/events", claiming, other)).toMatchObject({
				status: 200,
				body: claimed.body,
			});
			const adding = { customer: "ada", action: "point_add", data: { points: 5 } };
			expect((await client.post("/events", adding, other)).status).toBe(409);
		});

		it("becomes the member's who claims it, with its points, and stays theirs", async () => {
			await join("ada");
			await join("grace");
			await client.post("/events", bought);
			const { body: refunded } = await ofGuest("partial_refund", { amount: 50 });
			expect(refunded).toEqual({ events: [{ id, action: "partial_refund", points: 0 }] });
			const { status, body } = await claim("ada");
			expect([status, body]).toMatchObject([
				200,
				{ id: "ada", score: 150, events: [{ id, action: "checkout_claim", points: 150 }] },
			]);
			expect((await client.get("/customers/ada/transactions")).body.data).toMatchObject([{ id: "g-1" }]);
			const { data } = (await client.get("/customers/ada/events")).body;
			expect(data).toContainEqual(expect.objectContaining({ action: "checkout_claim", points: 150 }));

			expect((await claim("ada")).body.error).toMatchObject({ code: 10001 });
			expect((await claim("grace")).body.error).toMatchObject({
				code: 103902,
				message: "The checkout was claimed by another customer already",
			});
			// The shop need not know that there is somebody by now, and is not told who.
			const { body: rest } = await ofGuest("refund");
			expect(rest).toEqual({ events: [{ id, action: "refund", points: -150 }] });
			expect((await client.get("/customers/ada")).body.score).toBe(0);
		});

		it("can not be claimed where there is none, or it is over", async () => {
			await join("ada");
			expect([(await claim("ada")).status, (await claim("ada")).body.error.message]).toEqual([
				404,
				"Transaction not found",
			]);
			await client.post("/events", bought);
			await ofGuest("refund");
			expect([(await claim("ada")).status, (await claim("ada")).body.error.message]).toEqual([
				400,
				"Only pending or accepted transactions can be claimed",
			]);
		});

		it("is for purchases, and for this one path", async () => {
			const adding = await client.post("/events", {
				action: "point_add",
				guest: "true",
				data: { points: 5 },
			});
			expect([adding.status, adding.body.error.message]).toEqual([400, "point_add can not be a guest's"]);
			const nameless = await client.post("/events", { ...bought, data: { total: 5 } });
			expect([nameless.status, nameless.body.error.message]).toEqual([
				404,
				'Property "transaction_id" cannot be empty',
			]);
			const only = "Guest checkouts are taken by POST /events only";
			const bulk = await client.post("/events/bulk", { events: [bought] });
			expect(bulk.body.results).toMatchObject([{ error: { message: only } }]);
			const preview = await client.post("/extensions/automation/campaign-bonus", bought);
			expect([preview.status, preview.body.error.message]).toEqual([400, only]);
			const webhook = await hub.fetch(
				new Request(`${hub.url}/v1/webhook/segment`, {
					method: "POST",
					headers: { "Content-Type": "application/json" },
					body: JSON.stringify({ ...bought, customer: "ada", api_key: client.key }),
				}),
			);
			expect([webhook.status, await webhook.json()]).toMatchObject([400, { error: { message: only } }]);
		});
	});

	describe(`Points preview, on ${host}`, patience, () => {
		alone();
		const path = "/extensions/automation/campaign-bonus";
		const priced = { customer: "ada", action: "checkout", data: { transaction_id: "p-1", total: "724.90" } };

		it("says what an event would earn, and writes nothing", async () => {
			await join("ada");
			const { status, body } = await client.post(path, priced);
			expect([status, body]).toEqual([
				200,
				{
					data: {
						campaigns: [],
						purchase: { base: 724, bonus: 0, points: 724 },
						accounts: [{ id: "main", name: "Points", base: 724, bonus: 0, points: 724 }],
					},
				},
			]);
			expect((await eventsOf(hub)).map(({ action }) => action)).toEqual(["opt_in"]);
		});

		it("fails as the event would", async () => {
			expect((await client.post(path, priced)).body.error.code).toBe(160212);
			await join("ada");
			expect((await client.post(path, order("p-2", { total: "much" }))).status).toBe(400);
		});
	});

	describe(`POST /v1/webhook/segment, on ${host}`, patience, () => {
		alone();
		const send = (body: object) =>
			hub.fetch(
				new Request(`${hub.url}/v1/webhook/segment`, {
					method: "POST",
					headers: { "Content-Type": "application/json" },
					body: JSON.stringify({ ...body, api_key: client.key }),
				}),
			);
		/** What Segment's own destination sends; see its tests. */
		const event = { customer: "ada", action: "point_add", account: "", data: { points: 1234 } };

		it("stores what Segment's destination sends, answers 202, and records it as unsigned", async () => {
			await join("ada");
			const response = await send(event);
			expect([response.status, await response.json()]).toEqual([202, {}]);
			await send({ customer: "ada", action: "profile", data: { first_name: "Ada", phone: "123456" } });
			await hub.drained();
			expect((await eventsOf(hub)).slice(1)).toMatchObject([
				{ action: "point_add", points: 1234, source: "Segment", signed: false },
				{ action: "profile", properties: { first_name: "Ada", phone: "123456" } },
			]);
		});

		it("takes the same call once, within Segment's retries or by its message id", async () => {
			await join("ada");
			const named = { ...event, messageId: "m-1", timestamp: "2026-10-01T10:00:00Z" };
			for (const body of [
				event,
				event,
				named,
				{ ...named, sentAt: "later" },
				{ ...named, action: "point_sub" },
			]) {
				await send(body);
			}
			await hub.drained();
			const recorded = (await eventsOf(hub)).slice(1);
			expect(recorded.map(({ action, timestamp }) => [action, timestamp.slice(0, 10)]).sort()).toEqual([
				["point_add", "2026-10-01"],
				["point_add", new Date().toISOString().slice(0, 10)],
				["point_sub", "2026-10-01"],
			]);
		});

		it("keeps what comes before the opt-in for it", async () => {
			await send(event);
			await hub.drained();
			await join("ada");
			await hub.drained();
			expect((await eventsOf(hub)).map(({ action }) => action)).toEqual(["opt_in", "point_add"]);
		});

		it("knows the key of the body, and that alone", async () => {
			const strangers = { ...event, api_key: "no-key-of-this-hub-at-all" };
			const init = { method: "POST", body: JSON.stringify(strangers) };
			const response = await hub.fetch(new Request(`${hub.url}/v1/webhook/segment`, init));
			expect([response.status, await response.json()]).toMatchObject([
				401,
				{ error: { type: "UnauthorizedException" } },
			]);
		});

		it("keeps no card number, which its sender can not mend; whoever waits for an answer is refused", async () => {
			await join("ada");
			const data = { points: 5, card_number: "4111 1111 1111 1111" };
			await send({ ...event, data });
			await hub.drained();
			expect((await eventsOf(hub)).slice(1)).toMatchObject([
				{
					points: 5,
					flags: expect.arrayContaining(["sensitive"]),
					properties: { card_number: "[removed: card number]" },
				},
			]);
			const refused = await client.post("/events", { customer: "ada", action: "point_add", data });
			expect([refused.status, refused.body.error.type]).toEqual([400, badRequest]);
			expect(JSON.stringify(refused.body)).not.toContain("4111");
		});

		it("tells at once what no event can be", async () => {
			const response = await send({ action: "point_add" });
			expect(response.status).toBe(404);
			await send({ ...event, action: "cehckout" });
			await hub.drained();
			const { reason, outcome } = await newestDelivery(hub);
			expect([outcome, reason]).toEqual(["failed", "Invalid action: cehckout"]);
		});
	});

	describe(`/v1/async/events, on ${host}`, patience, () => {
		let bearer = "";
		const token = () => tokenOf(hub);
		together(async () => {
			await join("testcustomer", { email: "t@example.test" });
			bearer = await token();
		});
		const call = async (path: string, body?: object, headers: Record<string, string> = {}) => {
			const response = await hub.fetch(
				new Request(`${hub.url}/v1/async/events${path}`, {
					headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json", ...headers },
					...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
				}),
			);
			return { status: response.status, body: await response.json() } as Pick<Answered, "status" | "body">;
		};
		const resultOf = async (body: object, headers: Record<string, string> = {}) => {
			const sent = await call("", body, headers);
			expect([sent.status, sent.body]).toEqual([
				200,
				{
					status: "success",
					metadata: {},
					payload: { correlation_id: expect.stringMatching(/^[0-9a-f]{24}$/), status: "queued" },
				},
			]);
			await hub.drained();
			const asked = await call(`/${sent.body.payload.correlation_id}`);
			expect([asked.status, asked.body]).toMatchObject([200, { status: "success", metadata: [] }]);
			return asked.body.payload;
		};
		const five = { customer: "testcustomer", action: "point_add", data: { points: 5 } };

		it("records a moment later, and then says what became of it", async () => {
			const payload = await resultOf(five);
			expect(payload).toMatchObject({
				status: "processed",
				response: {
					success: {
						id: "testcustomer",
						email: "t@example.test",
						spendable: 5,
						events: [{ id: expect.any(String), action: "point_add", points: 5 }],
					},
					error: [],
				},
			});
			expect(Number.isInteger(payload.response.success.created_at)).toBe(true);
			expect((await eventsOf(hub)).at(-1)).toMatchObject({ source: "Events API", signed: false });
		});

		it("says what was wrong with an event, which is no failure of the question", async () => {
			expect(await resultOf({ customer: "testcustomer", action: "opt_in" })).toEqual({
				correlation_id: expect.stringMatching(/^[0-9a-f]{24}$/),
				status: "error",
				response: {
					success: [],
					error: { type: "RuntimeException", code: 112101, message: "Customer has already been opted-in." },
				},
			});
			const stranger = await resultOf({ ...five, customer: "later" });
			expect(stranger.response.error.code).toBe(160212);
			// Whoever was told so sends it again: it does not wait for an opt-in.
			await join("later");
			await hub.drained();
			expect((await client.get("/customers/later")).body.score).toBe(0);
		});

		it("says that somebody was opted out, and of their earlier calls no more than that they were recorded", async () => {
			const leaving = { customer: "leaving", action: "point_add", data: { points: 5 } };
			await join("leaving");
			const earlier = (await call("", leaving)).body.payload.correlation_id;
			await hub.drained();
			const gone = { status: "processed", response: { success: { events: [] }, error: [] } };
			const optOut = { customer: "leaving", action: "opt_out" };
			expect(await resultOf(optOut)).toMatchObject(gone);
			expect((await call(`/${earlier}`)).body.payload).toEqual({ correlation_id: earlier, ...gone });
			for (const late of [leaving, optOut])
				expect(await resultOf(late)).toMatchObject({
					status: "error",
					response: { error: { code: 160212 } },
				});
			const foreign = bearer;
			bearer = await token();
			expect((await call(`/${earlier}`)).body.error.code).toBe(203408);
			bearer = foreign;
		});

		it("takes an opt-out once under the id that its client gives it", async () => {
			await join("leaving");
			const named = { customer: "leaving", action: "opt_out", correlation_id: "opt-out-1" };
			for (let times = 0; times < 2; times++) {
				expect((await call("", named)).status).toBe(200);
				await hub.drained();
				expect((await call("/opt-out-1")).body.payload.status).toBe("processed");
			}
		});

		it("makes two calls two events, and one where they have one Idempotency-Key", async () => {
			const before = (await client.get("/customers/testcustomer")).body.score;
			const key = { "Idempotency-Key": "k-1" };
			const once = await resultOf(five, key);
			expect((await resultOf(five, key)).response.success.events).toEqual(once.response.success.events);
			expect((await resultOf({ ...five, customer: "grace" }, key)).response.error.type).toBe(
				"ConflictException",
			);
			await resultOf(five);
			expect((await client.get("/customers/testcustomer")).body.score).toBe(before + 10);
		});

		it("is known by the id that its client gives it, and is then taken once", async () => {
			const before = (await client.get("/customers/testcustomer")).body.score;
			const named = { ...five, correlation_id: "order-17:5~a_b.c" };
			const queued = {
				status: 200,
				body: {
					status: "success",
					metadata: {},
					payload: { correlation_id: "order-17:5~a_b.c", status: "queued" },
				},
			};
			expect(await call("", named)).toEqual(queued);
			await hub.drained();
			// The same, in another order.
			expect(await call("", { ...Object.fromEntries(Object.entries(named).reverse()) })).toEqual(queued);
			expect(await call("", named)).toEqual(queued);
			await hub.drained();
			const { status, body } = await call("/order-17:5~a_b.c");
			expect([status, body.payload.status]).toEqual([200, "processed"]);
			expect(body.payload.response.success).toMatchObject({ id: "testcustomer", events: [{ points: 5 }] });
			expect((await client.get("/customers/testcustomer")).body.score).toBe(before + 5);

			const used = {
				type: "ConflictException",
				code: 0,
				message: "This correlation_id was used before, for another call",
			};
			for (const other of [{ data: { points: 6 } }, { customer: "grace" }, { account: "main" }]) {
				expect(await call("", { ...named, ...other })).toEqual({
					status: 409,
					body: { status: "error", error: used },
				});
			}
			const own = bearer;
			bearer = await token();
			expect((await call("/order-17:5~a_b.c")).body.error.code).toBe(203408);
			// Another client's ids are its own.
			expect(await call("", { ...named, data: { points: 6 } })).toEqual(queued);
			bearer = own;
			await hub.drained();
			expect((await client.get("/customers/testcustomer")).body.score).toBe(before + 11);
		});

		it("gives an id where its client leaves it empty, and takes equal calls at the same time once", async () => {
			for (const correlation_id of ["", null]) await resultOf({ ...five, correlation_id });
			const before = (await client.get("/customers/testcustomer")).body.score;
			const same = Array.from({ length: 5 }, () => call("", { ...five, correlation_id: "at-once" }));
			expect((await Promise.all(same)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
			await hub.drained();
			expect((await client.get("/customers/testcustomer")).body.score).toBe(before + 5);
		});

		it.each(["..", "-a", "a/b", "a b", "ä", "a".repeat(256), true, { id: 1 }])(
			"can not be called %j",
			async (correlation_id) => {
				const { status, body } = await call("", { ...five, correlation_id });
				expect([status, body.error.code]).toEqual([400, 0]);
				expect(body.error.message).toMatch(/^Property 'correlation_id' must have 1 to 255 letters, digits/);
			},
		);

		it.each<[string, object, number, string]>([
			["no customer", { action: "refund" }, 203401, "Property 'customer' cannot be empty"],
			["no action", { customer: "testcustomer" }, 203401, "Property 'action' cannot be empty"],
			["another action", { ...five, action: "point_spend" }, 203404, "Invalid action: point_spend"],
			["data of another kind", { ...five, data: 1 }, 0, 'Property "data" must be an object'],
			[
				"what must not be kept",
				{ ...five, data: { points: 1, cvv: "123" } },
				0,
				"what is never kept is in `cvv` (card verification code); send the event without it",
			],
			[
				"a card number for an id",
				{ ...five, correlation_id: "4111-1111-1111-1111" },
				0,
				"what is never kept is in `correlation_id` (card number); send the event without it",
			],
		])("refuses %s at once", async (_what, body, code, message) => {
			const error = { type: badRequest, code, message };
			expect(await call("", body)).toEqual({ status: 400, body: { status: "error", error } });
		});

		it("takes no guests", async () => {
			const bought = { action: "checkout", guest: "true", data: { transaction_id: "g-1", total: 5 } };
			expect(await call("", bought)).toMatchObject({
				status: 400,
				body: { status: "error", error: { message: "Guest checkouts are taken by POST /events only" } },
			});
		});

		it("tells strangers nothing, and nobody of another's calls", async () => {
			const sent = await call("", five);
			const notFoundHere = {
				status: 400,
				body: {
					status: "error",
					error: { type: badRequest, code: 203408, message: "Correlation ID not found." },
				},
			};
			expect(await call("/62cc313988befe60e3413e75")).toEqual(notFoundHere);
			expect(await call("/no-id")).toEqual(notFoundHere);
			const own = bearer;
			bearer = await token();
			expect(await call(`/${sent.body.payload.correlation_id}`)).toEqual(notFoundHere);
			bearer = "wrong";
			expect(await call("", five)).toEqual({
				status: 401,
				body: {
					status: "error",
					error: {
						type: "UnauthorizedException",
						code: 220052,
						message: "Bearer token authentication failed",
					},
				},
			});
			bearer = own;
		});
	});

	describe(`GET /customers, on ${host}`, patience, () => {
		together(async () => {
			await join("ada", {
				email: "ada@example.test",
				mobile_phone: "+44 1",
				first_name: "Ada",
				favourite_colour: "blue",
			});
			await client.post("/events", { customer: "grace", external_id: "crm-7", action: "opt_in" });
			await client.event("point_add", "ada", { points: 10 });
			await client.event("point_spend", "ada", { points: 4 });
			for (const id of members.toReversed()) await join(id);
		});
		it("shows a customer as the Customer API does", async () => {
			const { status, body } = await client.get("/customers/ada?fields=groups");
			expect(status).toBe(200);
			expect(body).toMatchObject({
				id: "ada",
				status: "active",
				email: "ada@example.test",
				first_name: "Ada",
				last_name: null,
				score: 10,
				spent: 4,
				spendable: 6,
				properties: { favourite_colour: "blue" },
				accounts: [{ id: "main", earned: 10, spent: 4, spendable: 6 }],
			});
			expect(body.created_at).toBe(body.optin_at);
			expect(Math.abs(body.created_at - Date.now() / 1_000)).toBeLessThan(60);
		});

		it.each([
			"/customers/bob",
			"/customers/{email:x@example.test}",
			"/customers/bob/events",
			"/customers/bob/transactions",
		])("does not find %s", async (path) => {
			const { status, body } = await client.get(path);
			expect([status, body]).toEqual([
				404,
				{ error: { type: notFound, code: 160212, message: "Customer not found" } },
			]);
		});

		it("lists all, page by page, wherever they are", async () => {
			const found: string[] = [];
			let next: string | undefined = "/customers?limit=3";
			const links: unknown[] = [];
			while (next !== undefined) {
				const { body }: Answered = await client.get(next);
				found.push(...body.data.map(({ id }: { readonly id: string }) => id));
				links.push([body.prev, body.next]);
				expect(body.previous).toBe(body.prev);
				next = body.next;
			}
			expect(found).toEqual(["ada", "grace", ...members]);
			expect(links).toEqual([
				[undefined, "/customers?limit=3&offset=3"],
				["/customers?limit=3&offset=0", "/customers?limit=3&offset=6"],
				["/customers?limit=3&offset=3", undefined],
			]);
			const listed = async (query: string) =>
				(await client.get(`/customers?${query}`)).body.data.map(({ id }: { readonly id: string }) => id);
			expect(await listed("id.in=member-1,member-5,nobody")).toEqual(["member-1", "member-5"]);
			expect(await listed("id=member-2&status=active")).toEqual(["member-2"]);
			expect(await listed("status=banned")).toEqual([]);
			expect(await listed("created_at.gt=2020-01-01&id=member-2")).toEqual(["member-2"]);
			expect(await listed("created_at.lt=2020-01-01")).toEqual([]);
			expect(await listed("created_at.lt=kitty")).toEqual([]);
			expect(await listed("status.in=active,merged&limit=2")).toEqual(["ada", "grace"]);
			expect(await listed("created_at.in=2020-01-01,kitty")).toEqual([]);
		});

		it.each<[string, string[]]>([
			["email=ADA@example.test", ["ada"]],
			["mobile_phone=%2B44+1", ["ada"]],
			["phone=%2B441&status=active", ["ada"]],
			["external_id=crm-7", ["grace"]],
			["external_id.in=crm-7,crm-8", ["grace"]],
			["limit=1&offset=0&order=asc&fields=groups", ["ada"]],
			// Nobody, rather than everybody, of whom a client might take the first.
			["mobile_phone=%2B442", []],
			["external_id=crm-8", []],
			["first_name=Ada", []],
			["country=HU", []],
			["email.gt=a", []],
			["status.gt=a", []],
			["", ["ada", "grace", ...members]],
		])("finds by %j whom it names, and nobody by what it can not be searched by", async (query, expected) => {
			expect((await client.get(`/customers?${query}`)).body.data).toEqual(
				expected.map((id) => expect.objectContaining({ id })),
			);
		});
	});

	describe(`Events history, on ${host}`, patience, () => {
		const dayOf = (day: number): number => Date.UTC(2026, 9, day, 12) / 1_000;
		together(async () => {
			await client.post("/events", {
				customer: "ada",
				action: "opt_in",
				data: { effective_timestamp: dayOf(1) },
			});
			await client.event("point_add", "ada", { points: 5, effective_timestamp: dayOf(4), reason: "four" });
			await client.event("point_add", "ada", { points: 7, effective_timestamp: dayOf(2), reason: "two" });
			await client.event("checkout", "ada", {
				transaction_id: "o-1",
				total: 9,
				effective_timestamp: dayOf(3),
			});
			await join("grace", { effective_timestamp: dayOf(5) });
		});

		const historyOf = async (query: string, path = "/customers/ada/events") => {
			const { status, body } = await client.get(`${path}?${query}`);
			expect(status).toBe(200);
			return body.data.map(({ action, points }: { action: string; points: number }) => `${action} ${points}`);
		};
		const all = ["point_add 5", "checkout 9", "point_add 7", "opt_in 0"];

		it("shows an event as the Display API does, the newest first", async () => {
			const { body } = await client.get("/customers/ada/events");
			expect(Object.keys(body)).toEqual(["data"]);
			expect(body.data[1]).toEqual({
				id: expect.stringMatching(/^[0-9a-f]{24}$/),
				action: "checkout",
				label: "Checkout",
				points: 9,
				timestamp: "2026-10-03T12:00:00.000Z",
				properties: expect.arrayContaining([
					{ name: "transaction_id", label: "Transaction id", value: "o-1" },
					{ name: "total", label: "Total", value: 9 },
				]),
				account: { id: "main", name: "Points" },
			});
			expect(await historyOf("")).toEqual(all);
			expect(await historyOf("", "/customers/ada/history")).toEqual(all);
			expect(await historyOf("order=asc")).toEqual(["opt_in 0", "point_add 5", "point_add 7", "checkout 9"]);
		});

		it.each<[string, string[]]>([
			["action=checkout", ["checkout 9"]],
			["action=Checkout", []],
			["action.in=checkout,opt_in", ["checkout 9", "opt_in 0"]],
			["actions=checkout,opt_in", ["checkout 9", "opt_in 0"]],
			["date=2026-10-02", ["point_add 7"]],
			["date.gt=2026-10-02", ["point_add 5", "checkout 9"]],
			["date.gte=2026-10-02&date.lt=2026-10-04", ["checkout 9", "point_add 7"]],
			["date.lte=2026-10-02", ["point_add 7", "opt_in 0"]],
			["date.in=2026-10-04,kitty,2026-10-02", ["point_add 5", "point_add 7"]],
			["date.in=2026-10-05,kitty", []],
			["date=kitty", []],
			["date.gt=2026-02-30", []],
			["points_only=true", ["point_add 5", "checkout 9", "point_add 7"]],
			["points.gte=7", ["checkout 9", "point_add 7"]],
			["points=many", []],
			["properties.transaction_id=o-1", ["checkout 9"]],
			["properties.transaction_id.in=o-1,o-2", ["checkout 9"]],
			["properties.reason.in=two,four", ["point_add 5", "point_add 7"]],
			["properties.points=5", ["point_add 5"]],
			["properties.x') OR 1=1 --=1", []],
			["unknown=1&references=true", all],
		])("is filtered by %s", async (query, expected) => {
			expect(await historyOf(query)).toEqual(expected);
		});

		it("is paged by limit and offset, and says where the next page is", async () => {
			const { body } = await client.get(
				"/customers/ada/events?limit=2&offset=1&action.in=checkout,opt_in,point_add",
			);
			expect(body.data).toHaveLength(2);
			expect(body.next).toBe(
				"/customers/ada/events?action.in=checkout%2Copt_in%2Cpoint_add&limit=2&offset=3",
			);
			expect(body.prev).toBe(
				"/customers/ada/events?action.in=checkout%2Copt_in%2Cpoint_add&limit=2&offset=0",
			);
			expect((await client.get(body.next)).body.data).toHaveLength(1);
		});

		it.each(["limit=0", "limit=1001", "limit=x", "offset=-1"])("refuses %s", async (query) => {
			const { status, body } = await client.get(`/customers/ada/events?${query}`);
			expect([status, body.error.type]).toEqual([400, badRequest]);
		});

		it("takes as many conditions as a statement does, and refuses more", async () => {
			const lists = [
				"/customers/ada/events",
				"/customers/-/events",
				"/customers",
				"/v1/customers/ada/events",
			];
			const statuses = async (count: number) => {
				const condition = (list: string) =>
					list.startsWith("/v1") ? "filter[date][eq]=2026-10-02" : "date=2026-10-02&id=ada";
				const asked = lists.map(async (list) => {
					const query = Array.from({ length: count }, () => condition(list)).join("&");
					const { status, body } = await client.get(`${list}?${query}`);
					return status === 200 ? status : [status, body.error.code];
				});
				return Promise.all(asked);
			};
			expect(await statuses(15)).toEqual([200, 200, 200, 200]);
			expect(await statuses(31)).toEqual([
				[400, 201012],
				[400, 201012],
				[400, 201012],
				[422, 201012],
			]);
		});

		it("of all customers has a window of time, and a total", async () => {
			const { body } = await client.get(
				"/customers/-/events?timestamp.gte=2026-10-03T12:00:00.000%2B0000&timestamp.lt=2026-10-05T13:00:00&limit=2",
			);
			expect(body.total).toBe(3);
			expect(
				body.data.map((one: { action: string; Customer: object }) => [one.action, one.Customer]),
			).toEqual([
				["opt_in", { id: "grace" }],
				["point_add", { id: "ada" }],
			]);
			const { data } = (await client.get(body.next)).body;
			expect(data).toMatchObject([{ action: "checkout" }]);
			expect((await client.get("/customers/-/events?order=asc&limit=1")).body).toMatchObject({
				total: 5,
				data: [{ action: "opt_in", timestamp: "2026-10-01T12:00:00.000Z" }],
			});
			expect((await client.get("/customers/-/events?timestamp.gt=kitty")).body).toEqual({
				total: 0,
				data: [],
			});
			expect((await client.get("/customers/-/events?offset=10000")).status).toBe(400);
			const joined = await client.get("/customers?created_at.in=2026-10-01T12:00:00Z,2026-10-05T12:00:00Z");
			expect(joined.body.data).toMatchObject([{ id: "ada" }, { id: "grace" }]);
		});

		it("by the Read API tells strangers only that they are, as Antavo's does", async () => {
			for (const query of ["", "?api_key=nobody"]) {
				const response = await hub.fetch(new Request(`${hub.url}/v1/customers/ada/events${query}`));
				expect([response.status, await response.json()]).toEqual([
					401,
					{ error: { message: "Unauthorized", code: 2132, resendable: false } },
				]);
			}
		});

		it("by the Read API has filters and sorts in brackets, and the documents as they are kept", async () => {
			const entities = "/v1/customers/ada/events";
			const { body } = await client.get(`${entities}?filter[action][eq]=checkout`);
			expect(body.metadata).toEqual({ pagination: { next: null, previous: null } });
			expect(body.data).toMatchObject([
				{
					_id: expect.stringMatching(/^[0-9a-f]{24}$/),
					action: "checkout",
					customer: "ada",
					date: "2026-10-03",
					unix_timestamp: dayOf(3),
					points: 9,
					properties: { transaction_id: "o-1", total: 9 },
					source: "Events API",
					signed: true,
					snapshot: { score: 21, spent: 0, pending: 0, expired: 0 },
				},
			]);
			const sorted =
				"sort[0][field]=action&sort[0][direction]=asc&sort[1][field]=points&sort[1][direction]=desc";
			expect(await historyOf(sorted, entities)).toEqual([
				"checkout 9",
				"opt_in 0",
				"point_add 7",
				"point_add 5",
			]);
			expect(await historyOf("filter[date][gte]=2026-10-03", entities)).toEqual([
				"point_add 5",
				"checkout 9",
			]);
			expect(await historyOf("filter[points][lt]=7&filter[action][gt]=opt", entities)).toEqual([
				"point_add 5",
				"opt_in 0",
			]);
			expect(await historyOf("filter[expdate][gt]=2020-01-01", entities)).toEqual([]);
			const page = (await client.get(`${entities}?limit=3`)).body;
			expect(page.metadata.pagination.next).toBe(`${entities}?limit=3&offset=3`);
			expect((await client.get("/v1/customers/nobody/events")).body.data).toEqual([]);
		});

		it.each([
			"filter[points][eq]=many",
			"filter[points][in]=1",
			"filter[date][gt]=kitty",
			"filter[colour][eq]=blue",
			"filter=1",
			"sort[0][field]=colour",
			"sort[0][field]=date&sort[1][field]=date",
			"sort[0][field]=date&sort[0][direction]=up",
			"limit=1001",
			"limit=0",
			"offset=-1",
		])("by the Read API refuses %s in an envelope of its own", async (query) => {
			const { status, body } = await client.get(`/v1/customers/ada/events?${query}`);
			expect([status, body]).toEqual([
				422,
				{ error: { message: expect.any(String), code: expect.any(Number), resendable: false } },
			]);
		});
	});

	describe(`Transactions, on ${host}`, patience, () => {
		together(async () => {
			await join("ada");
			const lines = [{ product_id: "p-1", quantity: 2, price: 5 }];
			await client.event("checkout", "ada", {
				transaction_id: "o-1",
				total: 10.5,
				currency: "EUR",
				items: lines,
			});
			await client.event("checkout", "ada", { transaction_id: "o-2", total: 20, points_burned: 4 });
			await client.event("partial_refund", "ada", { transaction_id: "o-2", amount: 10 });
			await client.event("refund", "ada", { transaction_id: "o-1" });
		});

		it("are listed with their events, the newest first", async () => {
			const { body } = await client.get("/customers/ada/transactions");
			expect(body.data).toMatchObject([
				{
					id: "o-2",
					status: "accepted",
					total: 20,
					earned: 10,
					burned: 2,
					customer: "ada",
					events: [
						{ action: "checkout", points: 20 },
						{ action: "partial_refund", points: -10 },
					],
				},
				{
					id: "o-1",
					status: "refunded",
					total: 10.5,
					earned: 0,
					currency: "EUR",
					account: { id: "main", name: "Points" },
				},
			]);
		});

		it.each<[string, string[]]>([
			["status=refunded", ["o-1"]],
			["status=draft", []],
			["id=o-2", ["o-2"]],
			["id.in=o-1,o-2,o-3", ["o-2", "o-1"]],
			["limit=1&offset=1", ["o-1"]],
		])("are filtered by %s", async (query, expected) => {
			const { body } = await client.get(`/customers/ada/transactions?${query}`);
			expect(body.data.map(({ id }: { readonly id: string }) => id)).toEqual(expected);
		});

		it.each<[object | string, string[]]>([
			[{ "id.in": ["o-1", "o-3"] }, ["o-1"]],
			[{ "id.in": ["o-1", "o-2"], status: "accepted" }, ["o-2"]],
			[{ "id.in": [] }, []],
			[{ status: { is: "accepted" } }, []],
			[{}, ["o-2", "o-1"]],
			[{ limit: 1, offset: 1 }, ["o-1"]],
			["id.in[0]=o-2&limit=5", ["o-2"]],
		])("are searched by a body, %j", async (body, expected) => {
			const { status, body: found } = await client.post("/customers/ada/transactions/-/search", body);
			expect([status, found.data.map(({ id }: { readonly id: string }) => id)]).toEqual([200, expected]);
		});

		it("are searched by a query as they are listed, which the links of a search go on with", async () => {
			const search = "/customers/ada/transactions/-/search";
			const listed = await client.get("/customers/ada/transactions?status=refunded");
			expect((await client.get(`${search}?status=refunded`)).body).toEqual(listed.body);
			const { body } = await client.post(search, { "id.in": ["o-1", "o-2"], limit: 1 });
			expect(body.next).toBe(`${search}?id.in=o-1%2Co-2&limit=1&offset=1`);
			expect((await client.get(body.next)).body.data).toMatchObject([{ id: "o-1" }]);
			expect((await client.post("/customers/bob/transactions/-/search", {})).status).toBe(404);
		});

		it("are found by their id, and so are their events", async () => {
			const { body } = await client.get("/customers/ada/transactions/o-1");
			expect(body).toMatchObject({ _id: "o-1", id: "o-1", items: [{ product_id: "p-1", quantity: "2" }] });
			const events = await client.get("/customers/ada/transactions/o-1/events?order=asc");
			expect(events.body.data.map(({ action }: { readonly action: string }) => action)).toEqual([
				"checkout",
				"checkout_item",
				"refund",
			]);
			for (const path of ["/customers/ada/transactions/o-9", "/customers/ada/transactions/o-9/events"]) {
				const { status, body: answered } = await client.get(path);
				expect([status, answered.error]).toEqual([
					404,
					{ type: notFound, code: 0, message: "Transaction not found" },
				]);
			}
		});
	});
}

/** On Workers every call goes through a Durable Object or two. */
const patience = { timeout: 60_000 };

const members = Array.from({ length: 7 }, (_, n) => `member-${n}`);
const loyaltyId = "280e674c-c4ea-4a30-987a-d9267d1a5018";
const badRequest = "BadRequestException";
const notFound = "NotFoundException";

const order = (transaction_id: string | undefined, data: object) => ({
	customer: "ada",
	action: "checkout",
	data: { ...(transaction_id === undefined ? {} : { transaction_id }), ...data },
});
const add = (points: unknown, effective_timestamp?: number) => ({
	customer: "ada",
	action: "point_add",
	data: { points, ...(effective_timestamp === undefined ? {} : { effective_timestamp }) },
});
const partial = (transaction_id: string, amount: number) => ({
	customer: "ada",
	action: "partial_refund",
	data: { transaction_id, amount },
});
