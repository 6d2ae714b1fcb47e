import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadProgram, type Program } from "../../catalog/program.ts";
import { checkContextOf } from "../../host/definitions.ts";
import { isList, isObject, own, parseJson, type Value, type ValueObject } from "../../model/json.ts";
import type { ActionShape, AttributeShape } from "../context.ts";
import { type CheckContext, checkMappings } from "../mappings.ts";
import { literalOf, readYaml } from "../yaml.ts";
import { type Draft, draftMapping } from "./draft.ts";
import { sampleLimits } from "./sample.ts";
import { openVocabulary } from "./vocabulary.ts";

const root = new URL("../../../", import.meta.url);
const textOfFile = (path: string): string => readFileSync(new URL(path, root), "utf8");
const yamlFilesIn = (folder: string): readonly string[] =>
	readdirSync(new URL(folder, root))
		.filter((name) => name.endsWith(".yaml"))
		.map((name) => `${folder}${name}`);

function shippedProgram(): Program {
	const paths = [...yamlFilesIn("program/"), ...yamlFilesIn("program/events/")];
	const { program } = loadProgram(paths.map((path) => ({ path, text: textOfFile(path) })));
	if (program === undefined) throw new Error("the program has mistakes");
	return program;
}

const context = checkContextOf(shippedProgram());
const connector = "segment";

function drafted(action: string, ...messages: readonly ValueObject[]): Draft {
	const draft = draftMapping({ messages, action, connector, context });
	if (!draft.ok) throw new Error(draft.failure);
	return draft.value;
}

/** What is drafted, by its place: `{ "data.total": "$.total" }`. */
const pathsOf = ({ lines }: Draft): Readonly<Record<string, string | null>> =>
	Object.fromEntries(lines.map(({ at, path }) => [at, path]));

const fileOf = (text: string) => ({ name: "draft", path: "draft.yaml", text, version: "1" });
/** A path that no sample has is the point of a draft: warnings of that are no problems here. */
const problemsOf = ({ yaml }: Draft, against: CheckContext = context) =>
	checkMappings([fileOf(yaml)], against).filter(({ severity }) => severity === "error");

function objectOf(text: string): ValueObject {
	const { node } = readYaml(text);
	const value = node === undefined ? null : literalOf(node);
	if (!isObject(value)) throw new Error("no object");
	return value;
}

describe("a draft of what the shipped presets map", () => {
	/**
	 * Counted is each line under `customer`, `timestamp` and `data` whose value is a path that the message has, or a
	 * cast, `$optional`, `$first` or a guard against blanks of such a path: of `$first` the first operand that is there and
	 * not null, if it is a path. A list that is made with `$each` counts as a line by its own path, and each such line of its `as` by the
	 * list's first element. It is found where the draft has the same path at the same place.
	 */
	interface Line {
		readonly at: string;
		readonly path: string;
	}

	interface Preset {
		readonly name: string;
		readonly action: string;
		readonly message: ValueObject;
		readonly lines: readonly Line[];
	}

	const wrappers = ["$optional", "$string", "$number", "$integer", "$boolean", "$date"];

	function valueAt(path: string, here: Value): Value | undefined {
		let value: Value | undefined = here;
		for (const name of path.split(".").slice(1)) value = isObject(value) ? own(value, name) : undefined;
		return value;
	}

	const isPath = (value: Value | undefined): value is string =>
		typeof value === "string" && value.startsWith("$.");

	/** What is taken only where it is not blank. */
	const unguarded = (value: Value | undefined): Value | undefined => {
		if (!isObject(value)) return value;
		const [guard] = Object.values(own(value, "$if") ?? {});
		return isObject(guard) && own(guard, "$empty") === false ? own(value, "then") : value;
	};

	function simplePath(guarded: Value | undefined, here: Value): string | undefined {
		const value = unguarded(guarded);
		if (isPath(value)) return valueAt(value, here) === undefined ? undefined : value;
		if (!isObject(value)) return undefined;
		const [operator = ""] = Object.keys(value);
		if (wrappers.includes(operator)) return simplePath(own(value, operator), here);
		const operands = own(value, "$first");
		if (!isList(operands)) return undefined;
		const first = operands
			.map(unguarded)
			.find((operand) => !isPath(operand) || (valueAt(operand, here) ?? null) !== null);
		return isPath(first) ? first : undefined;
	}

	function linesUnder(at: string, value: Value | undefined, here: Value): readonly Line[] {
		if (!isObject(value)) return [];
		return Object.entries(value).flatMap(([key, written]): readonly Line[] => {
			const place = `${at}.${key}`;
			const bare =
				isObject(written) && own(written, "$optional") !== undefined ? own(written, "$optional") : written;
			const list = isObject(bare) ? own(bare, "$each") : undefined;
			if (isPath(list) && isObject(bare)) {
				const elements = valueAt(list, here);
				if (!isList(elements)) return [];
				return [{ at: place, path: list }, ...linesUnder(place, own(bare, "as"), elements[0] ?? null)];
			}
			const path = simplePath(written, here);
			return path === undefined ? [] : [{ at: place, path }];
		});
	}

	function presetOf(path: string): Preset {
		const { event, tests } = objectOf(textOfFile(path));
		const test = isList(tests)
			? tests.filter(isObject).find(({ gives }) => isList(gives) && gives.length > 0)
			: undefined;
		const message = test?.["message"];
		if (!isObject(event) || !isObject(message)) throw new Error(`${path} has no event or no test`);
		const { action, customer, timestamp, data } = event;
		const identities = isList(customer) ? customer : [customer ?? null];
		const time = simplePath(timestamp, message);
		return {
			name: path.replace(/^.*\/|\.yaml$/g, ""),
			action: String(action),
			message,
			lines: [
				...identities.flatMap((identity) => linesUnder("customer", identity, message)),
				...(time === undefined ? [] : [{ at: "timestamp", path: time }]),
				...linesUnder("data", data, message),
			],
		};
	}

	const presets = yamlFilesIn("mappings/segment/").map(presetOf);

	function missedIn({ action, message, lines }: Preset, without?: string): readonly Line[] {
		const vocabulary = openVocabulary(without === undefined ? {} : { without });
		const draft = draftMapping({ messages: [message], action, connector, context }, vocabulary);
		if (!draft.ok) throw new Error(draft.failure);
		const paths = pathsOf(draft.value);
		return lines.filter(({ at, path }) => paths[at] !== path);
	}

	function measured(without?: string) {
		const rows = presets.map((preset) => ({ ...preset, missed: missedIn(preset, without) }));
		const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
		const counted = sum(({ lines }) => lines.length);
		const found = counted - sum(({ missed }) => missed.length);
		const table = rows.map(
			({ name, lines, missed }) => `${name} ${lines.length - missed.length}/${lines.length}`,
		);
		const misses = rows.flatMap(({ name, missed }) => missed.map(({ at, path }) => `${name}: ${at} ${path}`));
		return { counted, share: found / counted, table: [`${found}/${counted}`, ...table].join("\n"), misses };
	}

	const unlearnt = measured("segment");

	it(`finds ${Math.round(unlearnt.share * 100)} % of their simple lines with nothing learnt from Segment`, () => {
		expect(unlearnt.counted).toBeGreaterThan(150);
		expect(unlearnt.share, unlearnt.table).toBeGreaterThanOrEqual(0.7);
	});

	it("misses what only who knows Segment, or what points are earned on, could know", () => {
		expect(unlearnt.misses).toEqual([
			"account-created: data.account_id $.context.groupId",
			"alias: customer.anonymous $.previousId",
			"order-completed: data.total $.properties.revenue",
			"order-updated: data.total $.properties.revenue",
			"signed-up: data.src $.properties.type",
			"trial-ended: data.account_id $.context.groupId",
			"trial-started: data.account_id $.context.groupId",
		]);
	});

	it("knows a group for an account with what was learnt from Segment", () => {
		expect(unlearnt.misses.filter((miss) => !measured().misses.includes(miss))).toEqual([
			"account-created: data.account_id $.context.groupId",
			"trial-ended: data.account_id $.context.groupId",
			"trial-started: data.account_id $.context.groupId",
		]);
	});
});

/** Shaped as the order of a shop's webhook: money is text, an id has more digits than a double. */
const shopOrder = {
	topic: "orders/paid",
	id: 820_982_911,
	created_at: "2026-06-04T12:00:00+02:00",
	currency: "USD",
	email: "ada.quill@example.test",
	total_price: "388.00",
	total_tax: "10.00",
	customer: { id: 115_310, first_name: "Ada", phone: "+15550100100" },
	shipping_address: { city: "Bristol" },
	discount_codes: [{ code: "SPRING", amount: "20.00" }],
	line_items: [
		{ id: 866_550, product_id: 632_910, title: "Green tea", sku: "TEA-GRN", price: "199.00", quantity: 1 },
		{ id: 866_551, product_id: 632_911, title: "Oolong", price: "189.00", quantity: 1 },
	],
};

describe("a draft", () => {
	it("is a mapping to read, with its doubts beside its lines, and a test that holds", () => {
		const draft = drafted("checkout", shopOrder);
		expect(draft.yaml).toMatchInlineSnapshot(`
			"# yaml-language-server: $schema=../mapping.schema.json
			# A draft: read it before you trust it. Beside each line stands how sure it is, why, and what else it could be.
			title: checkout from orders/paid
			from: segment
			when: { topic: orders/paid }
			event:
			  action: checkout
			  customer:
			    - id: $.customer.id  # 89 % by name and parents; else $.id 48 %
			    - email: $.email  # 95 % by name and value
			    - phone: $.customer.phone  # 94 % by name and value
			  timestamp: $.created_at  # 79 % by name
			  data:
			    transaction_id: { $string: $.id }  # 81 % by name and context
			    total: { $number: $.total_price }  # 90 % by name; else $.total_tax 51 %
			    items:
			      $each: $.line_items  # 90 % by name
			      as:
			        product_id: { $string: $.product_id }  # 98 % by name; else $.id 81 %
			        product_name: $.title  # 79 % by name and context
			        sku: $.sku  # 98 % by name
			        price: { $number: $.price }  # 98 % by name
			        quantity: $.quantity  # 98 % by name
			    currency: $.currency  # 98 % by name and value
			    coupon: $.discount_codes.0.code  # 56 % by parents
			# Made by running this draft: it says what the draft does, not what would be right.
			tests:
			  - it: maps a message like this
			    message:
			      topic: orders/paid
			      id: 820982911
			      created_at: "2026-06-04T12:00:00+02:00"
			      currency: USD
			      email: ada.quill@example.test
			      total_price: "388.00"
			      total_tax: "10.00"
			      customer: { id: 115310, first_name: Ada, phone: "+15550100100" }
			      shipping_address: { city: Bristol }
			      discount_codes: [{ code: SPRING, amount: "20.00" }]
			      line_items:
			        - { id: 866550, product_id: 632910, title: Green tea, sku: TEA-GRN, price: "199.00", quantity: 1 }
			        - { id: 866551, product_id: 632911, title: Oolong, price: "189.00", quantity: 1 }
			    gives:
			      - action: checkout
			        customer: [{ id: "115310" }, { email: ada.quill@example.test }, { phone: "+15550100100" }]
			        timestamp: "2026-06-04T10:00:00.000Z"
			        data:
			          transaction_id: "820982911"
			          total: 388
			          items:
			            - { product_id: "632910", product_name: Green tea, sku: TEA-GRN, price: 199, quantity: 1 }
			            - { product_id: "632911", product_name: Oolong, price: 189, quantity: 1 }
			          currency: USD
			          coupon: SPRING
			"
		`);
		expect(problemsOf(draft)).toEqual([]);
	});

	it("reads what is counted in seconds or milliseconds as a time", () => {
		const message = { orderNo: 7, PurchaseDate: 1_700_000_000, total: 5 };
		expect(drafted("checkout", message).yaml).toContain(
			"timestamp: { $date: $.PurchaseDate, format: unix }  #",
		);
		const later = drafted("checkout", { ...message, PurchaseDate: "1700000000123" });
		expect(later.yaml).toContain("timestamp: { $date: $.PurchaseDate, format: unixMs }  #");
		expect(later.yaml).toContain('timestamp: "2023-11-14T22:13:20.123Z"');
	});

	it("takes for a time nothing that is now a count and now a text", () => {
		const text = { order_id: "o-1", created_at: "2026-06-04T10:00:00Z" };
		expect(pathsOf(drafted("refund", text, { ...text, created_at: 1_700_000_000 }))).toEqual({
			"data.transaction_id": "$.order_id",
		});
	});

	it("takes the time of what happened, not of something in it", () => {
		const created = { created_at: "2026-06-04T10:00:00Z" };
		const paths = pathsOf(drafted("checkout", { basket: created, order: { id: "o-1", ...created } }));
		expect(paths["timestamp"]).toBe("$.order.created_at");
	});

	it("takes for a time neither an amount nor a birthday", () => {
		expect(pathsOf(drafted("profile", { created_at: 12, birth_date: "1990-04-12" }))).toEqual({
			"data.birth_date": "$.birth_date",
		});
	});

	it("lets a cast fail only where all messages have its field", () => {
		const first = { type: "sale", order_id: 1, total: "5.00", shipping: "1.00", discount: "2.00" };
		const { yaml } = drafted("checkout", first, { type: "sale", total: 6, discount: null });
		expect(yaml).toContain("total: { $number: $.total }");
		expect(yaml).toContain("shipping: { $optional: { $number: $.shipping } }");
		expect(yaml).toContain("discount: { $optional: { $number: $.discount } }");
		// It is required: without it there shall be no event.
		expect(yaml).toContain("transaction_id: { $string: $.order_id }");
	});

	it("makes no list where a message has none", () => {
		const order = { type: "sale", order_id: "o-1" };
		const draft = drafted("checkout", order, { ...order, items: [{ sku: "S-1", qty: "2" }] });
		expect(draft.yaml).toContain("      $optional:\n        $each: $.items");
		expect(problemsOf(draft)).toEqual([]);
	});

	it("makes no list of elements that have nothing of it", () => {
		const { lines } = drafted("checkout", { type: "sale", order_id: "o-1", items: [{ colour: "red" }] });
		expect(lines.map(({ at }) => at)).toEqual(["data.transaction_id"]);
	});

	it("asks of a message what all of them have in common", () => {
		const { yaml } = drafted(
			"sign_in",
			{ type: "track", event: "Signed In", name: "web", user_id: "u-1" },
			{ type: "track", event: "Logged In", name: "web", user_id: "u-2" },
		);
		expect(yaml).toContain("when: { type: track }\nevent:");
	});

	it("looks for the kind of a message in its envelope, and not in what happened", () => {
		const top = drafted("sign_in", { type: "track", event: "Order 20261122", meta: { type: "v2" } });
		expect(top.yaml).toContain("when: { type: track }\nevent:");
		const meta = { event_type: "order.paid", id: "e-1" };
		const { yaml } = drafted("checkout", { meta, order: { id: "o-1", type: "web" } });
		expect(yaml).toContain("when: { meta.event_type: order.paid }\nevent:");
	});

	it("says plainly where no field tells the kind of a message", () => {
		const { yaml } = drafted("checkout", { order: { id: "o-1" } });
		expect(yaml).toContain("  order.id: { $exists: true }  # TODO: no field tells this kind");
		let deep: ValueObject = { order_id: "o-1" };
		for (let level = 0; level < 12; level += 1) deep = { [Array(20).fill("data").join(" ")]: deep };
		expect(problemsOf(drafted("checkout", deep))).toEqual([]);
		expect(drafted("checkout", {}).yaml).toContain("  TODO: { $exists: true }  #");
	});

	it("fails every message as long as something required is missing, and says what", () => {
		const draft = drafted("partial_refund", { type: "refund", order_id: "o-1" });
		expect(draft.yaml).toContain("amount: { $number: $.TODO }  # TODO: it is needed, and nothing");
		expect(draft.yaml).toContain("customer: []  # TODO: nothing looks like an identity");
		expect(draft.yaml).toContain("`$.TODO` is absent or null");
		expect(pathsOf(draft)).toEqual({ "data.transaction_id": "$.order_id", "data.amount": null });
		expect(problemsOf(draft)).toEqual([]);
	});

	it("takes nobody else's address for the customer's", () => {
		const friend = { recipient: { email: "grace@example.test" }, invitee_email: "grace@example.test" };
		expect(pathsOf(drafted("opt_in", { type: "invite", ...friend }))).toEqual({});
	});

	it("knows an e-mail and a phone by their look, whatever they are called", () => {
		const paths = pathsOf(drafted("sign_in", { who: "ada@example.test", call: "+441234567890" }));
		expect(paths).toEqual({ "customer.email": "$.who", "customer.phone": "$.call" });
		expect(pathsOf(drafted("sign_in", { email: "see profile" }))).toEqual({});
		const mobile = drafted("sign_in", { mobile: "+441234567890" });
		expect(mobile.lines).toMatchObject([
			{ at: "customer.phone", path: "$.mobile", because: ["name", "value"], others: [] },
		]);
		expect(pathsOf(drafted("sign_in", { mobile: "01234 567 890" }))).toEqual({
			"customer.phone": "$.mobile",
		});
	});

	it("prefers what has a value to what is null", () => {
		const paths = pathsOf(drafted("sign_in", { email: null, user: { email: "ada@example.test" } }));
		expect(paths).toEqual({ "customer.email": "$.user.email" });
	});

	it("names the customer in order of trust, by kinds of one's own too", () => {
		const identityKinds = new Set(["anonymous", "salesforce.contact", "email", "id"]);
		const request = { action: "sign_in", connector, context: { ...context, identityKinds } };
		const message = { deviceId: "d", salesforce_contact: "003A", mail: "ada@example.test", memberNo: 7 };
		const draft = draftMapping({ ...request, messages: [message] });
		expect(draft.ok && draft.value.lines.map(({ at, path }) => [at, path])).toEqual([
			["customer.id", "$.memberNo"],
			["customer.email", "$.mail"],
			["customer.salesforce.contact", "$.salesforce_contact"],
			["customer.anonymous", "$.deviceId"],
		]);
	});

	it("takes a field once", () => {
		const message = { type: "wish", product_id: "P-1", name: "Green tea" };
		expect(pathsOf(drafted("wishlist_add", message))).toEqual({
			"data.product_id": "$.product_id",
			"data.product_name": "$.name",
		});
	});

	it("takes a field again for what is required and has nothing else", () => {
		const required: AttributeShape = { type: "text", required: true };
		const shape: ActionShape = {
			attributes: new Map([
				["order_number", required],
				["transaction_id", required],
			]),
			open: true,
			sender: "anyone",
		};
		const against = { ...context, action: () => shape };
		const messages = [{ type: "sale", order_number: "o-1" }];
		const draft = draftMapping({ messages, action: "sale", connector, context: against });
		expect(draft.ok && pathsOf(draft.value)).toEqual({
			"data.order_number": "$.order_number",
			"data.transaction_id": "$.order_number",
		});
	});

	it("prefers the object that has most of what it looks for", () => {
		const data = { order_id: "o-1", total: 1, currency: "EUR" };
		const paths = pathsOf(drafted("checkout", { type: "sale", payload: { currency: "USD" }, data }));
		expect(paths["data.currency"]).toBe("$.data.currency");
	});

	it("finds a name that its object completes, and doubts one inside something else", () => {
		const message = {
			type: "sale",
			library: { name: "sdk", version: "1" },
			order: { id: "o-1", total: { amount: 5 }, shipping: { price: 1 } },
			products: [{ item: { code: "P-1" }, name: "Green tea" }],
		};
		expect(pathsOf(drafted("checkout", message))).toEqual({
			"data.transaction_id": "$.order.id",
			"data.total": "$.order.total.amount",
			"data.items": "$.products",
			"data.items.product_id": "$.item.code",
			"data.items.product_name": "$.name",
		});
		expect(pathsOf(drafted("product_view", message))["data.product_name"]).toBe("$.products.0.name");
	});

	it("keeps the values of messages out of comments and lines", () => {
		const { yaml, lines } = drafted("checkout", shopOrder);
		const drafting = `${yaml.slice(0, yaml.indexOf("tests:"))}${JSON.stringify(lines)}`;
		for (const value of ["ada.quill", "820982911", "388", "SPRING", "TEA-GRN", "+1555", "Bristol"])
			expect(drafting).not.toContain(value);
	});

	it("says what is wrong with a request", () => {
		const failureOf = (request: Partial<Parameters<typeof draftMapping>[0]>) => {
			const draft = draftMapping({ messages: [{}], action: "checkout", connector, context, ...request });
			return draft.ok ? undefined : draft.failure;
		};
		expect(failureOf({ action: "chekout" })).toBe("no action is called `chekout`; did you mean `checkout`?");
		expect(failureOf({ connector: "segmet" })).toBe(
			"no connector is called `segmet`; did you mean `segment`?",
		);
		expect(failureOf({ messages: [] })).toBe("there is no message to draft from");
	});

	it("looks at a part of what is large, and says so", () => {
		const lines = Array.from({ length: 100 }, (_, index) => ({ sku: `S-${index}`, qty: 1 }));
		const draft = drafted("checkout", { type: "sale", order_id: "o-1", lines, note: "n".repeat(5_000) });
		expect(draft.yaml).toContain("# The message was too large, so a part of it is left out.");
		expect(draft.yaml).toContain("S-19");
		expect(draft.yaml).not.toContain("S-20");
		expect(problemsOf(draft)).toEqual([]);
		const apart = Array.from({ length: 500 }, (_, message) =>
			Object.fromEntries(Array.from({ length: 500 }, (_, field) => [`order_${message}_${field}`, 1])),
		);
		expect(problemsOf(drafted("checkout", ...apart))).toEqual([]);
		const wide = Object.fromEntries(
			Array.from({ length: 100_000 }, (_, index) => [`order_id_${index}`, index]),
		);
		expect(drafted("checkout", wide).yaml.split("\n").length).toBeLessThan(sampleLimits.valuesMax + 100);
	});

	it("writes names that YAML or a path would misread", () => {
		const message = { "order.id": "o-1", $type: "sale", "e mail: #": "ada@example.test", yes: { "it's": 1 } };
		const draft = drafted("checkout", message);
		expect(draft.yaml).toContain(`transaction_id: $.'order.id'  #`);
		expect(draft.yaml).toContain(`- email: "$.'e mail: #'"  #`);
		expect(draft.yaml).toContain("when: { $.$type: sale }\n");
		expect(problemsOf(draft)).toEqual([]);
	});
});

describe("whatever the messages are", () => {
	const names = [
		...["order_id", "total", "items", "line_items", "email", "phone", "created_at", "customer", "user", "id"],
		...["type", "event", "birthday", "sku", "price", "currency", "data", "list", "flag", "object", "TODO"],
		...[
			"a.b",
			"first name",
			"it's",
			"",
			"0",
			"-1",
			"__proto__",
			"<<",
			"$",
			"$type",
			"$.x",
			"null",
			"#",
			"a: b",
		],
		...[
			"constructor",
			"\n",
			"\u2028",
			"x".repeat(101),
			"x".repeat(1_100),
			"toString",
			"[0]",
			"{",
			"'",
			'"',
			"~",
			"1e5",
		],
	];
	const texts = [
		...[
			"ada@example.test",
			"+441234567890",
			"12.50",
			"EUR",
			"2026-06-04T10:00:00Z",
			"1700000000",
			"true",
			"",
		],
		...[
			"$.x",
			"$5",
			"- a",
			"a: b # c",
			"\ud800",
			"\u0085",
			"null",
			"0123",
			"1e400",
			"track",
			"y".repeat(1_001),
		],
	];
	const numbers = [
		0,
		-0,
		1.5,
		0.1 + 0.2,
		1.0000000000000001e-34,
		1e21,
		1e300,
		1_700_000_000,
		1_700_000_000_123,
	];
	const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, fc.string({ unit: "binary" }));
	const { value } = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
		value: fc.oneof(
			{ maxDepth: 5, withCrossShrink: true },
			fc.constantFrom(null, true, false, ...numbers, ...texts),
			fc.string({ unit: "binary" }),
			fc.double({ noNaN: true, noDefaultInfinity: true }),
			fc.array(tie("value"), { maxLength: 4 }),
			tie("object"),
		),
		object: fc.dictionary(key, tie("value"), { maxKeys: 8 }),
	}));
	const message = fc.dictionary(key, value, { maxKeys: 12 }).map((object): ValueObject => {
		const parsed = parseJson(JSON.stringify(object));
		return parsed.ok && isObject(parsed.value) ? parsed.value : {};
	});

	const types = ["text", "number", "integer", "boolean", "date", "list", "object", "any"] as const;
	const attribute = fc.record({ type: fc.constantFrom(...types), required: fc.boolean() });
	const attributes = (of: fc.Arbitrary<AttributeShape>) =>
		fc.dictionary(
			fc.constantFrom("order_id", "total", "email", "list", "flag", "a.b", "first name", "yes"),
			of,
		);
	const shape: fc.Arbitrary<ActionShape> = attributes(
		fc.oneof(
			attribute,
			attributes(attribute).map((elements): AttributeShape => {
				return { type: "list", required: false, elements: new Map(Object.entries(elements)) };
			}),
		),
	).map((all) => ({ attributes: new Map(Object.entries(all)), open: true, sender: "anyone" as const }));

	const holds = (action: string, messages: readonly ValueObject[], against: CheckContext) => {
		const request = { messages, action, connector, context: against };
		const draft = draftMapping(request);
		if (!draft.ok) throw new Error(draft.failure);
		expect(problemsOf(draft.value, against)).toEqual([]);
		expect(draftMapping(request)).toEqual(draft);
	};

	it("drafts a mapping of each action that compiles and whose test holds, and the same one each time", () => {
		const action = fc.constantFrom(...context.actionNames);
		const messages = fc.array(message, { minLength: 1, maxLength: 3 });
		fc.assert(
			fc.property(action, messages, (name, given) => holds(name, given, context)),
			{ numRuns: 200 },
		);
	});

	it("drafts one of actions that an admin thought of", () => {
		fc.assert(
			fc.property(shape, message, (custom, given) =>
				holds("custom", [given], { ...context, action: () => custom, actionNames: ["custom"] }),
			),
			{ numRuns: 200 },
		);
	});

	it("is not impressed by depth", () => {
		let deep: Value = "bottom";
		for (let level = 0; level < 5_000; level += 1) deep = { data: [deep] };
		holds("checkout", [{ order_id: 1, deep }], context);
	});
});
