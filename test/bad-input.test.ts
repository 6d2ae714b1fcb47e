import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { DeliveryView, MessageView } from "../src/inbox/inbox.ts";
import type { EventView } from "../src/ledger/view.ts";
import { limits } from "../src/model/limits.ts";
import { track } from "./segment.suite.ts";
import {
	delivery,
	type EndpointView,
	eventsOf,
	newestDelivery,
	type Page,
	segmentEndpoint,
} from "./support/calls.ts";
import { type NodeTestHub, openTestHub } from "./support/hub.ts";

let hub: NodeTestHub;
/** Takes whatever comes to its URL. */
let open: EndpointView;
let server: EndpointView;

beforeAll(async () => {
	hub = await openTestHub();
	open = await segmentEndpoint(hub, "open", { settings: { unsigned: "accept" } });
	server = await segmentEndpoint(hub, "server");
	await arrive('{"type":"track","event":"Signed Up","userId":"ada"}');
});
afterAll(() => hub.close());

/** Whatever was sent, the next one who sends something good is served, and the hub has nothing to be ashamed of. */
afterEach(async () => {
	expect(becameOf(await arrive(order(`"after-${unique()}"`)))).toEqual(["checkout appended 1"]);
	expect(hub.errors).toEqual([]);
});

let count = 0;
const unique = (): number => {
	count += 1;
	return count;
};

type Body = string | Uint8Array<ArrayBuffer>;
type Headers = Readonly<Record<string, string>>;

const post = (body: Body, headers: Headers = {}): Promise<Response> =>
	hub.fetch(new Request(open.url, { method: "POST", headers, body }));

/** Sends to the endpoint's URL, and waits for what becomes of it. */
async function arrive(body: Body, headers: Headers = {}): Promise<DeliveryView> {
	const response = await post(body, headers);
	expect(response.status).toBe(200);
	const { delivery: id } = (await response.json()) as { readonly delivery: string };
	await hub.drained();
	return delivery(hub, id);
}

const becameOf = ({ messageViews }: DeliveryView): readonly string[] => messageViews.map(lineOf);

/** A message's state and the reason, or what became of its events. */
function lineOf({ state, reason, plan }: MessageView): string {
	if (plan === null) return state === "failed" ? `failed: ${reason}` : state;
	return plan
		.map(({ action, outcome }) => {
			const earned = outcome?.kind === "appended" ? ` ${outcome.points}` : "";
			return `${action ?? "mapping"} ${outcome?.kind ?? "pending"}${earned}`;
		})
		.join(", ");
}

/** An order of 1.00, its number as JSON. */
const order = (id: string, more = "", properties = ""): string =>
	`{"type":"track","event":"Order Completed","userId":"ada"${more},"properties":{"order_id":${id},"revenue":1${properties}}}`;

/** An order whose amount is this JSON. */
const orderOf = (revenue: string): string =>
	`{"type":"track","event":"Order Completed","userId":"ada","properties":{"order_id":"o-${unique()}","revenue":${revenue}}}`;

const orderWith = (product: string): string => order(`"o-${unique()}"`, "", `,"products":[${product}]`);

const identify = (traits: string): string => `{"type":"identify","userId":"ada","traits":${traits}}`;

const rawNul = order('"a\0b"');
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const list = (messages: readonly string[]): string => `[${messages.join(",")}]`;
const pages = (length: number): readonly string[] =>
	Array.from({ length }, () => `{"type":"page","userId":"ada","messageId":"${unique()}"}`);

const gzip = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(text));

const noObject = "failed: the message is not a JSON object";
const tooDeep = "failed: the message is nested deeper than 64 levels";
const good = "checkout appended 1";

describe("A webhook that is stored, and becomes", () => {
	it.each<[what: string, body: Body, becomes: readonly string[]]>([
		["text that is not JSON", "hello", ["failed: the text is not JSON"]],
		["JSON that is cut short", '{"type":"track"', ["failed: the text ends before the JSON does"]],
		["nothing", "", ["failed: the text ends before the JSON does"]],
		["blanks", " \n", ["failed: the text ends before the JSON does"]],
		["bytes that are not UTF-8", new Uint8Array([0x22, 0xe9, 0x22]), ["failed: the bytes are not UTF-8"]],
		["a number", "7", [noObject]],
		["a text", '"x"', [noObject]],
		["null", "null", [noObject]],
		["an empty list", "[]", []],
		["a list of a number", "[1]", [noObject]],
		["lists in lists", `[[1],[${order('"in a list"')}]]`, [noObject, noObject]],
		["an empty object", "{}", ["unmatched"]],
		["a sign-up of nobody", '{"type":"track","event":"Signed Up"}', ["opt_in not_a_member"]],
		[
			"a sign-up of somebody whose id is half a letter",
			'{"type":"track","event":"Signed Up","userId":"\\ud800"}',
			["opt_in not_a_member"],
		],

		["objects 10,000 deep", nested(10_000), [tooDeep]],
		["lists 10,000 deep", `${"[".repeat(10_000)}${"]".repeat(10_000)}`, [noObject]],
		["products 10,000 deep", orderWith(nested(10_000)), [tooDeep]],
		["a deep message beside a good one", list([nested(10_000), order('"beside"')]), [tooDeep, good]],
		[
			"objects 10,000 deep around a number that a double can not hold",
			nested(10_000).replace("1", "12345678901234567890"),
			["failed: the JSON is nested too deeply to be read"],
		],
		[
			"two million lists without an end",
			"[".repeat(2_000_000),
			["failed: the text ends before the JSON does"],
		],

		["an order whose keys are there twice", order('"twice"', "", ',"revenue":2'), ["checkout appended 2"]],
		["an order with a byte order mark", `\ufeff${order('"marked"')}`, [good]],
		["an order with NUL in its number", order('"a\\u0000b"', ',"messageId":"a\\u0000b"'), [good]],
		[
			"an order with a raw NUL",
			rawNul,
			[`failed: the text stops being JSON at character ${rawNul.indexOf("\0")}`],
		],
		// Two texts with half a letter would be the same once they are UTF-8.
		["an order in half a currency", order('"half"', "", ',"currency":"\\ud800"'), ["checkout refused"]],
		["an order whose number is half a letter", order('"\\ud800"'), ["checkout refused"]],
		[
			"an order of somebody whose id is half a letter",
			order('"halved"').replace('"ada"', '"\\udfff"'),
			["checkout not_a_member"],
		],

		["an order of 1e20000000", orderOf("1e20000000"), ["mapping failed"]],
		["an order of 1e20000000 as text", orderOf('"1e20000000"'), ["mapping failed"]],
		["an order of 1e-20000000", orderOf("1e-20000000"), ["mapping failed"]],
		["a price of 1e20000000", orderWith('{"price":1e20000000}'), ["mapping failed"]],
		["a quantity of 1e20000000", orderWith('{"price":1,"quantity":1e20000000}'), ["mapping failed"]],
		["an order of a trillion trillion", orderOf("1e24"), ["checkout refused"]],
		["an order of less than nothing", orderOf("-0.01"), ["checkout refused"]],
		["an order of -0", orderOf("-0"), ["checkout appended 0"]],
		["an order of -0.0 pieces", orderWith('{"price":-0.0,"quantity":-0}'), [good]],
		["an order of true", orderOf("true"), ["mapping failed"]],
		["an order of an object", orderOf('{"valueOf":1}'), ["mapping failed"]],
		["a price in words", orderWith('{"price":"1,200.00"}'), ["mapping failed"]],
		["an order number of 19 digits", order("1234567890123456789"), [good]],
		["an order number of -0", order("-0"), [good]],
		["an order number of 1e400", order("1e400"), ["mapping failed"]],
		["an order number of 600 characters", order(`"${"o".repeat(600)}"`), [good]],
		[
			"a message id of 600 characters",
			order('"long"', `,"messageId":"${"m".repeat(600)}"`),
			["failed: the message's id is longer than 512 characters"],
		],
		["a message id of 20 digits", order('"digits"', ',"messageId":98765432109876543210'), [good]],
		[
			"a person with 20 digits",
			order('"20"').replace('"ada"', "12345678901234567890"),
			["checkout not_a_member"],
		],

		["an order of the year 275760", order('"late"', ',"timestamp":"+275760-09-13T00:00:00.000Z"'), [good]],
		["an order of the year 9999", order('"9999"', ',"timestamp":"9999-12-31T23:59:59.999Z"'), [good]],
		["an order of the year 0", order('"0000"', ',"timestamp":"0000-01-01T00:00:00Z"'), ["checkout refused"]],
		["an order of 30 February", order('"0230"', ',"timestamp":"2026-02-30T00:00:00Z"'), [good]],
		["an order of some day", order('"some"', ',"timestamp":"not a date"'), [good]],
		["an order of the moment 1e308", order('"308"', ',"timestamp":1e308'), [good]],
		["a birthday of some day", identify('{"birthday":"not a date"}'), ["profile refused"]],

		[
			"a type that is an object",
			'{"type":{"a":1},"event":["Order Completed"],"userId":"ada"}',
			["unmatched"],
		],
		["a message larger than 512 KiB", order('"large"', `,"x":"${"x".repeat(524_288)}"`), [tooLarge()]],
		[
			"a message larger than 512 KiB beside a good one",
			list([order('"large"', `,"x":"${"x".repeat(524_288)}"`), order('"small"')]),
			[tooLarge(), good],
		],
		["a body of exactly 10 MiB", order('"10 MiB"').padEnd(10 * 1024 * 1024), [good]],
		["a gzipped order", gzip(order('"zipped"')), [good]],
	])("%s", async (_what, body, becomes) => {
		const headers: Headers = isGzip(body) ? { "Content-Encoding": "gzip" } : {};
		const [before] = await newestEvents();
		const arrived = await arrive(body, headers);
		expect(becameOf(arrived)).toEqual(becomes);

		const after = await newestEvents();
		const added = after.filter(({ position }) => position.seq > (before?.position.seq ?? 0));
		expect(added.map(({ provenance }) => provenance["delivery"])).toEqual(added.map(() => arrived.id));
	});

	it.each(["text/html", "application/xml", "multipart/form-data; boundary=x", "garbage", ""])(
		"an order of the content type %j",
		async (contentType) => {
			const arrived = await arrive(order(`"typed-${unique()}"`), { "Content-Type": contentType });
			expect(becameOf(arrived)).toEqual([good]);
		},
	);

	it("4,000 messages, all of them", async () => {
		const { messageViews } = await arrive(list(pages(4_000)));
		expect(messageViews.map(({ state }) => state)).toEqual(Array(4_000).fill("unmatched"));
	});

	it("4,001 messages, the last of which is not read", async () => {
		const { messageViews } = await arrive(list(pages(4_001)));
		expect(messageViews).toHaveLength(4_001);
		expect(messageViews.at(-2)?.state).toBe("unmatched");
		expect(messageViews.at(-1)).toMatchObject({
			state: "failed",
			reason: "the delivery has 4001 messages; those after the first 4000 were not read",
		});
	});
});

function tooLarge(): string {
	return `failed: the message is larger than ${limits.messageBytesMax} bytes`;
}

const isGzip = (body: Body): boolean => typeof body !== "string" && body[0] === 0x1f;

const newestEvents = async (): Promise<readonly EventView[]> =>
	((await hub.call("GET", "/events?limit=50")) as Page<EventView>).data;

describe("A key that JavaScript keeps for itself", () => {
	it.each<[what: string, body: string, becomes: string]>([
		[
			"as the type",
			'{"__proto__":{"type":"track","event":"Order Completed"},"userId":"ada","properties":{"order_id":"p-1","revenue":9}}',
			"unmatched",
		],
		[
			"as the properties",
			'{"type":"track","event":"Order Completed","userId":"ada","properties":{"order_id":"p-2","__proto__":{"revenue":9}}}',
			"checkout refused",
		],
		["as a product", orderWith('{"__proto__":{"price":9,"product_id":"x"}}'), good],
		[
			"as the context",
			order('"p-4"', ',"context":{"__proto__":{"traits":{"email":"eve@example.test"}}}'),
			good,
		],
		[
			"as the traits",
			identify('{"__proto__":{"firstName":"Eve"},"constructor":{"name":"Eve"}}'),
			"profile skipped",
		],
		["as a name", identify('{"firstName":{"__proto__":"Eve"}}'), "profile refused"],
		["as an order number", order('"__proto__"'), good],
		["as a product's number", orderWith('{"product_id":"__proto__","price":1}'), good],
		["as an event", '{"type":"track","event":"__proto__","userId":"ada"}', "unmatched"],
		["as a type's name", '{"type":"constructor","event":"toString","userId":"ada"}', "unmatched"],
		["as a person", '{"type":"track","event":"Signed Up","userId":"__proto__"}', "opt_in appended 0"],
		["as another person", '{"type":"track","event":"Signed Up","userId":"constructor"}', "opt_in appended 0"],
	])("means nothing %s", async (_where, body, becomes) => {
		expect(becameOf(await arrive(body))).toEqual([becomes]);
		expect(Object.prototype).not.toHaveProperty("revenue");
	});
});

describe("A request that is not stored", () => {
	it.each<[what: string, status: number, body: Body, headers: Headers]>([
		["a body of 10 MiB and a byte", 413, order('"huge"').padEnd(10 * 1024 * 1024 + 1), {}],
		["a gzip bomb", 413, gzip("0".repeat(50 * 1024 * 1024)), { "Content-Encoding": "gzip" }],
		["gzip that is cut short", 400, gzip(order('"cut"')).slice(0, -9), { "Content-Encoding": "gzip" }],
		["gzip that is none", 400, order('"no gzip"'), { "Content-Encoding": "gzip" }],
		["a coding that nobody knows", 415, order('"coded"'), { "Content-Encoding": "zstd-17" }],
		["headers of 20 KB", 431, order('"headers"'), { "X-Large": "x".repeat(20_000) }],
	])("has a clear answer: %s", async (_what, status, body, headers) => {
		const before = await newestDelivery(hub);
		const response = await post(body, headers);
		expect(response.status).toBe(status);
		await response.arrayBuffer();
		expect(await newestDelivery(hub)).toEqual(before);
	});

	it("may be one whose sender goes away in the middle of the body", async () => {
		const before = await newestDelivery(hub);
		const body = order('"torn"');
		const head = `POST ${new URL(open.url).pathname} HTTP/1.1\r\nHost: hub.test\r\nContent-Length: ${body.length + 10}\r\n\r\n`;
		expect(await sendRaw(`${head}${body}`)).not.toMatch(/^HTTP\/1\.1 2/);
		expect(await newestDelivery(hub)).toEqual(before);
	});

	it("may be one that is no HTTP at all", async () => {
		expect(await sendRaw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")).toMatch(/^HTTP\/1\.1 400 /);
	});
});

/** Sends these bytes and no more; gives what comes back until the hub hangs up. */
function sendRaw(text: string): Promise<string> {
	return new Promise((resolve, reject) => {
		let answer = "";
		const socket = connect({ port: hub.port, host: "127.0.0.1", allowHalfOpen: false }, () => {
			socket.end(text, "latin1");
		});
		socket.setEncoding("latin1");
		socket.on("data", (data: string) => {
			answer += data;
		});
		socket.on("close", () => resolve(answer));
		socket.on("error", reject);
	});
}

describe("A call of /api", () => {
	/** Lists, so many of them inside one another, as a setting of an endpoint. */
	const settings = (depth: number): string =>
		`{"settings":{"read":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
	const tooDeep = "the body is nested deeper than 64 levels";

	it.each<[what: string, status: number, body: string, error: string]>([
		["lists 20,000 deep", 400, settings(20_000), tooDeep],
		["lists 63 levels down", 400, settings(63), tooDeep],
		["as many levels as it may have", 400, settings(62), 'Segment has no setting "read"'],
		["4 MiB and a byte", 413, settings(1).padEnd(4 * 1024 * 1024 + 1), "4194304 bytes"],
		["text that is not JSON", 400, "hello", "the body is not JSON"],
		["nothing", 400, "", "the body is not JSON"],
	])("has a clear answer: %s", async (_what, status, body, error) => {
		const response = await hub.ask("PATCH", `/endpoints/${server.id}`, body);
		const said = (await response.json()) as { readonly error: string };
		expect([response.status, said.error]).toEqual([status, expect.stringContaining(error)]);
	});
});

describe("A call of the tracking API", () => {
	const review = (more = ""): string =>
		`{"type":"track","event":"Product Reviewed","userId":"ada","messageId":"r-${unique()}"${more},"properties":{"product_id":"P"}}`;
	const batch = (messages: readonly string[], more = ""): string => `{"batch":${list(messages)}${more}}`;
	const call = (body: string, headers: Headers = {}): Promise<Response> =>
		track(hub, server, "batch", body, headers);

	it.each<[what: string, status: number, body: string, message: string]>([
		["that is not JSON", 400, "hello", "The body is not valid JSON"],
		["that is empty", 400, "", "The body is not valid JSON"],
		["that is a number", 400, "7", "The body is not a JSON object"],
		["that is null", 400, "null", "The body is not a JSON object"],
		["that is a list", 400, "[]", "The body is not a JSON object"],
		["without a batch", 400, "{}", '"batch" is not an array of events'],
		["whose batch is null", 400, '{"batch":null}', '"batch" is not an array of events'],
		["whose batch is an object", 400, '{"batch":{"0":{}}}', '"batch" is not an array of events'],
		["with 2,501 events", 400, batch(pages(2_501)), "The batch has more than 2500 events"],
		["with an event over 32 KB", 400, batch([review(`,"x":"${"x".repeat(32_768)}"`)]), tooLargeEvent()],
		["with an event 10,000 deep", 400, batch([nested(10_000)]), tooLargeEvent()],
		["over 500 KB", 413, batch([review()]).padEnd(512_001), "the body is larger than 512000 bytes"],
		["of 10 MiB and a byte", 413, "[".repeat(10_485_761), "the body is larger than 512000 bytes"],
	])("%s is answered as Segment would, and not stored", async (_what, status, body, message) => {
		const before = await newestDelivery(hub);
		const response = await call(body);
		expect(response.status).toBe(status);
		expect(await response.json()).toEqual({ success: false, message });
		expect(await newestDelivery(hub)).toEqual(before);
	});

	it.each<[what: string, body: string, becomes: readonly string[]]>([
		["an empty batch", batch([]), []],
		[
			"a good event among others that are none",
			batch(["1", "null", "[]", '"x"', "{}", review()]),
			[
				noObject,
				noObject,
				noObject,
				noObject,
				"failed: the event's type is none of track, identify, page, screen, group, alias",
				"review_submit appended 0",
			],
		],
		[
			"lists 10,000 deep beside a good event",
			batch([`${"[".repeat(10_000)}${"]".repeat(10_000)}`, review()]),
			[noObject, "review_submit appended 0"],
		],
		["a context 10,000 deep", batch([review()], `,"context":${nested(10_000)}`), [tooDeep]],
		[
			"a context that is a list",
			batch([review(',"context":null')], ',"context":[1],"integrations":7'),
			["review_submit appended 0"],
		],
		[
			"a context that is a prototype",
			batch([review()], ',"context":{"__proto__":{"traits":{"email":"eve@example.test"}}}'),
			["review_submit appended 0"],
		],
		[
			"an event that was sent 9,999 years before it happened",
			batch([review(',"timestamp":"9999-12-31T23:59:59Z"')], ',"sentAt":"0000-01-01T00:00:00Z"'),
			["review_submit appended 0"],
		],
		[
			"an event that happened in no year there is, which counts as now",
			batch([review(',"timestamp":"0000-01-01T00:00:00Z"')], ',"sentAt":"9999-12-31T23:59:59Z"'),
			["review_submit appended 0"],
		],
		[
			"an event that was sent at the end of time",
			batch([review(',"timestamp":"-271821-04-20T00:00:00Z"')], ',"sentAt":"+275760-09-13T00:00:00Z"'),
			["review_submit appended 0"],
		],
		[
			"an event that was sent at an object",
			batch([review(',"timestamp":[2]')], ',"sentAt":{"a":1}'),
			["review_submit appended 0"],
		],
		["500 KB", batch([review()]).padEnd(512_000), ["review_submit appended 0"]],
	])("with %s is stored", async (_what, body, becomes) => {
		const response = await call(body);
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({ success: true });
		await hub.drained();
		expect(becameOf(await newestDelivery(hub))).toEqual(becomes);
	});

	it("with 2,500 events is stored, all of them", async () => {
		expect((await call(batch(pages(2_500)))).status).toBe(200);
		await hub.drained();
		const { messageViews } = await newestDelivery(hub);
		expect(messageViews.map(({ state }) => state)).toEqual(Array(2_500).fill("unmatched"));
	});

	function tooLargeEvent(): string {
		return "The event is larger than 32768 bytes";
	}
});

describe("Whatever JSON arrives", () => {
	/** Numbers that JavaScript can not say, and what it would rather not hear. */
	const rawNumbers = [
		"1e400",
		"-0",
		"1e-400",
		"12345678901234567890",
		"0.1000000000000000055511151231257827",
	];
	const wild = fc.oneof(
		{ weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
		fc.constantFrom(...rawNumbers.map((text) => `raw ${text}`)),
		fc.constantFrom("", " ", "ada", "eve", "1.10", "1,10", "EUR", "2026-11-22", "\ud800", "__proto__"),
		fc.integer().map(String),
	);
	const some = (keys: readonly string[]) =>
		fc.oneof(
			{
				weight: 4,
				arbitrary: fc.record(Object.fromEntries(keys.map((key) => [key, wild])), { requiredKeys: [] }),
			},
			wild,
		);
	const product = some(["product_id", "sku", "id", "name", "price", "quantity", "category"]);
	const properties = fc.oneof(
		some(["order_id", "revenue", "total", "subtotal", "discount", "shipping", "tax", "currency", "coupon"]),
		fc.record({
			order_id: wild,
			revenue: wild,
			products: fc.oneof(fc.array(product, { maxLength: 3 }), wild),
		}),
		some(["product_id", "review_id", "rating", "price", "email", "phone", "lead_id", "contact_id"]),
	);
	const eventNames = ["Signed Up", "Order Completed", "Order Refunded", "Order Cancelled", "Order Updated"];
	const message = fc.oneof(
		wild,
		fc.record(
			{
				type: fc.oneof(fc.constantFrom("track", "identify", "alias", "delete", "group"), wild),
				event: fc.oneof(
					fc.constantFrom(...eventNames, "Product Reviewed", "Product Viewed", "Lead Converted"),
					wild,
				),
				userId: fc.oneof(fc.constantFrom("ada", "eve"), wild),
				anonymousId: wild,
				previousId: wild,
				messageId: wild,
				timestamp: fc.oneof(
					fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
					wild,
				),
				sentAt: wild,
				context: some(["traits", "library", "groupId"]),
				traits: some(["email", "phone", "firstName", "birthday", "address", "company", "loyalty"]),
				properties,
			},
			{ requiredKeys: [] },
		),
	);
	/** A delete ends a membership, and with it what the next test looks at: only a stranger is forgotten here. */
	const harmless = message.map((one) =>
		typeof one === "object" && one !== null && "type" in one && one.type === "delete"
			? { ...one, userId: "eve" }
			: one,
	);
	const jsonOf = (value: unknown): string =>
		JSON.stringify(value).replaceAll(/"raw ([-0-9.e]+)"/g, (_, text: string) => text);

	const settled = ["appended", "duplicate", "skipped", "not_a_member", "refused", "conflict", "failed"];
	const atRest = ["unmatched", "ignored", "control", "suppressed", ...settled];

	it("is answered, has an outcome, and leaves a ledger that adds up", { timeout: 120_000 }, async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(harmless, { minLength: 1, maxLength: 12 }), async (messages) => {
				const { messageViews } = await arrive(jsonOf(messages));
				expect(messageViews).toHaveLength(messages.length);
				for (const { outcome } of messageViews) expect(atRest).toContain(outcome);

				const batch = jsonOf({ batch: messages, sentAt: messages[0] });
				expect((await track(hub, server, "batch", batch)).status).toBe(200);
				const single = await track(hub, server, "track", jsonOf(messages[0]));
				expect(single.status).toBeOneOf([200, 400]);
				await hub.drained();
				expect(hub.errors).toEqual([]);
			}),
			{ numRuns: 50, endOnFailure: true },
		);
		expect(await hub.call("POST", "/ledger/rebuild")).toMatchObject({ differences: [] });
	});
});

describe("The hub after all of this", () => {
	it("has given nobody points but for what was paid", async () => {
		const events = await eventsOf(hub);
		for (const { action, points, properties } of events) {
			if (action === "checkout") expect(points).toBe(Math.floor(Number(properties["total"])));
		}
	});
});
