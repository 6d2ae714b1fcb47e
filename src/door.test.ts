import { describe, expect, it } from "vitest";
import { connectors } from "../connectors/index.ts";
import { type Door, openDoor } from "./door.ts";
import { nodeCrypto } from "./host/crypto.ts";
import { bareConfiguration } from "./host/testing.ts";
import type { ApiKey, Configuration, Endpoint, Rotated } from "./model/configuration.ts";
import { limits } from "./model/limits.ts";

const rotated = (value: string, previous?: string): Rotated => ({
	value,
	since: 0,
	previous: previous === undefined ? null : { value: previous, until: 1 },
});

const shop: Endpoint = {
	id: "ep_0000000000000001",
	connector: "segment",
	name: "shop",
	state: "active",
	createdAt: 0,
	deletedAt: null,
	settings: {},
	secrets: { shared: rotated("a shared secret") },
	token: rotated("shops-token"),
	writeKey: rotated("shopsWriteKey", "formerWriteKey"),
};
const app: Endpoint = {
	...shop,
	id: "ep_0000000000000002",
	name: "app",
	secrets: {},
	token: rotated("apps-token"),
	writeKey: null,
};

const stateOf = (hash: string, ...endpoints: readonly Endpoint[]): Configuration => ({
	hash,
	hubKey: new Uint8Array(32),
	endpoints,
	keys: [],
	clients: [],
	actions: { hash: "", live: null, problems: [] },
	mappings: { hash: "", live: null, awaited: [], problems: [] },
});

const bare = bareConfiguration();

/** A door before an office that answers only when it is told to. */
function bench(): {
	readonly door: Door;
	/** What the door said it knows, each time it asked. */
	readonly asked: (string | null)[];
	/** Answers the oldest question with this state. */
	answer(state: Configuration): void;
	refuse(): void;
	pass(ms: number): void;
} {
	let now = 1_000;
	const asked: (string | null)[] = [];
	const open: { known: string | null; answer: PromiseWithResolvers<Configuration | null> }[] = [];
	const door = openDoor({
		office: {
			configuration: (known) => {
				const answer = Promise.withResolvers<Configuration | null>();
				asked.push(known);
				open.push({ known, answer });
				return answer.promise;
			},
		},
		connectors,
		crypto: nodeCrypto,
		clock: () => now,
		compile: ({ actions, mappings: { problems } }) => ({
			...bare,
			mappings: { ...bare.mappings, problems },
			actionProblems: actions.problems,
		}),
	});
	return {
		door,
		asked,
		answer: (state) => {
			const oldest = open.shift();
			oldest?.answer.resolve(state.hash === oldest.known ? null : state);
		},
		refuse: () => open.shift()?.answer.reject(new Error("the office is away")),
		pass: (ms) => {
			now += ms;
		},
	};
}

describe("the door", () => {
	it("finds an endpoint by its token, its write key and its id, and by nothing else", async () => {
		const { door, answer } = bench();
		const opening = door.directory();
		answer(stateOf("one", shop, app));
		const directory = await opening;
		expect(directory.endpoints.map(({ endpoint }) => endpoint)).toEqual([shop, app]);
		expect(directory.byToken("shops-token")?.endpoint).toBe(shop);
		expect(directory.byToken("apps-token")?.endpoint).toBe(app);
		expect(directory.byWriteKey("shopsWriteKey")?.endpoint).toBe(shop);
		expect(directory.byWriteKey("formerWriteKey")?.endpoint).toBe(shop);
		expect(directory.byId(app.id)?.endpoint).toBe(app);
		for (const other of ["", "shops-toke", "SHOPS-TOKEN", "null", "constructor", shop.id]) {
			expect(directory.byToken(other)).toBeUndefined();
			expect(directory.byWriteKey(other)).toBeUndefined();
		}
	});

	it("finds a key by its access key, with its networks read", async () => {
		const { door, answer } = bench();
		const key: ApiKey = {
			key: "ak_shop",
			name: "shop",
			use: "server",
			createdAt: 0,
			settings: {
				origins: [],
				allow: ["192.0.2.0/24"],
				unsignedEvents: false,
				segmentWebhook: true,
				requestsPerMinute: 1_500,
			},
			secrets: [{ secret: "secret", until: null }],
		};
		const opening = door.directory();
		answer({ ...stateOf("one"), keys: [key] });
		const directory = await opening;
		expect(directory.keys).toEqual([directory.key("ak_shop")]);
		expect(directory.key("ak_shop")?.key).toBe(key);
		expect(directory.key("ak_shop")?.networks.map(([address, bits]) => `${address}/${bits}`)).toEqual([
			"192.0.2.0/24",
		]);
		for (const other of ["", "ak_sho", "AK_SHOP", "constructor"])
			expect(directory.key(other)).toBeUndefined();
	});

	it("gives an endpoint its settings, its secrets and the headers that must not be stored", async () => {
		const { door, answer } = bench();
		const opening = door.directory();
		answer(stateOf("one", { ...shop, settings: { secretHeader: "X-Shop-Key" } }));
		const open = (await opening).byId(shop.id);
		expect(open?.configured.settings).toMatchObject({ secretHeader: "X-Shop-Key", enrol: "signed_up" });
		expect(open?.secretPlaces.headers).toEqual(new Set(["x-shop-key"]));
		const body = new TextEncoder().encode("{}");
		const unsigned = { method: "POST", path: "", query: "", headers: {}, body, receivedAt: 0 };
		expect(open?.verify(unsigned, { url: "" })).toMatchObject({ ok: false, cause: "signature-missing" });
	});

	it("lets nobody wait for another's answer, and asks no more once it knows", async () => {
		const { door, asked, answer } = bench();
		const first = door.directory();
		const second = door.directory();
		answer(stateOf("one", shop));
		expect((await first).hash).toBe("one");
		answer(stateOf("one", shop));
		expect((await second).hash).toBe("one");
		await door.directory();
		expect(asked).toEqual([null, null]);
	});

	it("asks again when what it knows is five seconds old, and keeps it where nothing changed", async () => {
		const { door, asked, answer, pass } = bench();
		const opening = door.directory();
		answer(stateOf("one", shop));
		const first = await opening;
		pass(limits.configurationMaxAgeMs - 1);
		expect(await door.directory()).toBe(first);
		pass(1);
		const again = door.directory();
		answer(stateOf("one", shop));
		expect(await again).toBe(first);
		pass(limits.configurationMaxAgeMs);
		const changed = door.directory();
		answer(stateOf("two", shop, app));
		expect((await changed).endpoints).toHaveLength(2);
		expect(asked).toEqual([null, "one", "one"]);
	});

	it("counts the age from the question, not from the answer", async () => {
		const { door, asked, answer, pass } = bench();
		const opening = door.directory();
		pass(limits.configurationMaxAgeMs - 1);
		answer(stateOf("one", shop));
		await opening;
		pass(1);
		void door.directory();
		expect(asked).toEqual([null, "one"]);
	});

	it("looks afresh after a change", async () => {
		const { door, answer } = bench();
		const opening = door.directory();
		answer(stateOf("one", shop));
		await opening;
		door.changed();
		const next = door.directory();
		answer(stateOf("two", app));
		expect((await next).byId(app.id)?.endpoint).toBe(app);
	});

	it("does not take what was asked before a change for what holds after it", async () => {
		const { door, asked, answer } = bench();
		const before = door.directory();
		door.changed();
		answer(stateOf("one", shop));
		await expect.poll(() => asked).toEqual([null, "one"]);
		answer(stateOf("two", app));
		expect((await before).hash).toBe("two");
		expect((await door.directory()).hash).toBe("two");
		expect(asked).toEqual([null, "one"]);
	});

	it("asks again after the office failed", async () => {
		const { door, answer, refuse } = bench();
		const failing = door.directory();
		refuse();
		await expect(failing).rejects.toThrow("the office is away");
		const next = door.directory();
		answer(stateOf("one", shop));
		expect((await next).hash).toBe("one");
	});
});
