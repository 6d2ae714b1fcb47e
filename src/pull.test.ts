import { describe, expect, it } from "vitest";
import type { OpenEndpoint } from "./door.ts";
import { nodeCrypto } from "./host/crypto.ts";
import type { Hub } from "./hub.ts";
import type { ConfiguredPull } from "./kit/connector.ts";
import type { Page } from "./kit/pull.ts";
import type { Json } from "./model/json.ts";
import { bad, good, type Result } from "./model/result.ts";
import type { BegunPull } from "./office/pulls.ts";
import { pullDue } from "./pull.ts";
import type { EndpointQuestion } from "./sync/asking.ts";
import type { Got } from "./sync/question.ts";

const everyMs = 240_000;
type Asked = Parameters<ConfiguredPull["ask"]>[0];

interface Scene {
	/** What the system answers, by how many pages there were. */
	readonly answer: (pages: number, asked: Asked) => Result<Page, string> | Promise<Result<Page, string>>;
	readonly begun?: BegunPull | null;
	readonly state?: "active" | "paused" | "deleted";
	readonly isOn?: boolean;
	/** Whether the inbox takes anything. */
	readonly takes?: boolean;
	readonly timeout?: AbortSignal;
	readonly publicUrl?: string;
	readonly every?: number;
	/** What its system says where the pull asks it. */
	readonly system?: Got;
}

/** Pulls once, and says what happened in its order. */
async function pulled(scene: Scene): Promise<readonly Json[]> {
	const {
		answer,
		begun = { cursor: null, failures: 0 },
		state = "active",
		isOn = true,
		takes = true,
	} = scene;
	const happened: Json[] = [];
	let pages = 0;
	const pull: ConfiguredPull = {
		everyMs: scene.every ?? everyMs,
		isOn: (secretsSet) => isOn && secretsSet.has("key"),
		ask: async (asked) => {
			const { cursor, secrets, now } = asked;
			happened.push({ asked: cursor, key: secrets["key"]?.[0] ?? "", now });
			return answer(pages++, asked);
		},
	};
	const endpoint = {
		id: "ep_1",
		token: { value: "in_1" },
		state,
		secrets: { key: { value: "k", since: 0, previous: null } },
	};
	const connector = { retriesForMs: 1, telling: [], body: ["json"] };
	const to = {
		endpoint,
		configured: { pull, connector, enrichment: { origin: "https://api.example" } },
		secretPlaces: { headers: new Set(), parameters: new Set(), fields: [] },
	} as unknown as OpenEndpoint;
	const hub = {
		door: { directory: async () => ({ endpoints: [to], hubKey: new Uint8Array(32) }) },
		inboxes: {
			count: 1,
			at: () => ({
				receive: async ({ body }: { readonly body: { readonly inline: Uint8Array } }) => {
					if (!takes) throw new Error("the disk is full");
					happened.push({ stored: JSON.parse(new TextDecoder().decode(body.inline)) as Json });
					return { delivery: "dl_1", repeated: false };
				},
			}),
		},
		crypto: nodeCrypto,
		clock: () => 7,
		log: { info: () => {}, warn: () => {}, error: () => {} },
	} as unknown as Hub;
	const office = {
		beginPull: async () => begun,
		keepPull: async (
			_endpoint: string,
			kept: Parameters<Parameters<typeof pullDue>[0]["office"]["keepPull"]>[1],
		) => {
			happened.push({ kept: { ...kept } });
		},
	};
	const askSystem = async ({ url, method, body }: EndpointQuestion): Promise<Got> => {
		happened.push({ system: `${method} ${url} ${body}` });
		return scene.system ?? { kind: "aborted" };
	};
	const timeout = () => scene.timeout ?? new AbortController().signal;
	await pullDue({ hub, office, askSystem, publicUrl: () => scene.publicUrl ?? "", timeout }).catch(
		(error: unknown) => happened.push(String(error)),
	);
	return happened;
}

const page = (body: Json, cursor: Json, more = false): Result<Page, string> => good({ body, cursor, more });

describe("A pull", () => {
	it("stores each page before its cursor, and asks for the next from there", async () => {
		const begun = { cursor: "a", failures: 3 };
		expect(await pulled({ begun, answer: (pages) => page({ pages }, pages, pages === 0) })).toEqual([
			{ asked: "a", key: "k", now: 7 },
			{ stored: { pages: 0 } },
			{ kept: { cursor: 0, dueInMs: 60_000, failure: null } },
			{ asked: 0, key: "k", now: 7 },
			{ stored: { pages: 1 } },
			{ kept: { cursor: 1, dueInMs: everyMs, failure: null } },
		]);
	});

	it("stores nothing where there is nothing new", async () => {
		expect(await pulled({ answer: () => page(null, "b") })).toEqual([
			{ asked: null, key: "k", now: 7 },
			{ kept: { cursor: "b", dueInMs: everyMs, failure: null } },
		]);
	});

	it("keeps its cursor where the page could not be stored", async () => {
		expect(await pulled({ takes: false, answer: () => page({}, "b") })).toEqual([
			{ asked: null, key: "k", now: 7 },
			"Error: the disk is full",
		]);
	});

	it("goes on at the next look where there is very much", async () => {
		const happened = await pulled({ answer: (pages) => page(null, pages, true) });
		expect(happened).toHaveLength(40);
		expect(happened.at(-1)).toEqual({ kept: { cursor: 19, dueInMs: 0, failure: null } });
	});

	it.each([
		[0, everyMs],
		[1, 2 * everyMs],
		[9, 3_600_000],
	])("asks again from the same place after %i failures before, in %i ms", async (failures, dueInMs) => {
		expect(await pulled({ begun: { cursor: "a", failures }, answer: () => bad("away") })).toEqual([
			{ asked: "a", key: "k", now: 7 },
			{ kept: { cursor: "a", dueInMs, failure: "away" } },
		]);
	});

	it("gives up who does not answer in time", async () => {
		const controller = new AbortController();
		const answer = () => {
			controller.abort();
			return new Promise<never>(() => {});
		};
		expect((await pulled({ timeout: controller.signal, answer })).at(-1)).toEqual({
			kept: { cursor: null, dueInMs: everyMs, failure: "there was no answer within 20 seconds" },
		});
	});

	it("is of endpoints that have what it takes, also of paused ones, and where nobody else is at it", async () => {
		const answer = () => page(null, "b");
		expect(await pulled({ answer, isOn: false })).toEqual([]);
		expect(await pulled({ answer, state: "deleted" })).toEqual([]);
		expect(await pulled({ answer, begun: null })).toEqual([]);
		expect(await pulled({ answer, state: "paused" })).toHaveLength(2);
	});

	it.each([
		[0, 5 * 60_000],
		[2, 20 * 60_000],
		[9, 60 * 60_000],
	])(
		"that is asked for twice a day is soon asked again after %i failures before, in %i ms",
		async (failures, dueInMs) => {
			const begun = { cursor: "a", failures };
			expect(await pulled({ every: 12 * 3_600_000, begun, answer: () => bad("away") })).toMatchObject([
				{ asked: "a" },
				{ kept: { cursor: "a", dueInMs, failure: "away" } },
			]);
		},
	);

	it("is told where the endpoint is, and asks its system at the origin of the connector's fetches", async () => {
		const tells = (url: string | null, said: Json) => page(null, { url, said });
		const asks = async (_pages: number, { url, askSystem }: Asked) => {
			const got = await askSystem({ path: "/watch", method: "PUT", body: { id: "7" } });
			return tells(url, got.ok ? { value: got.value as Json } : { failure: got.failure });
		};
		const system = { system: 'PUT https://api.example/watch {"id":"7"}' };
		const told = async (scene: Omit<Scene, "answer">) => (await pulled({ ...scene, answer: asks })).slice(1);
		const kept = (url: string | null, said: Json) => {
			return { kept: { cursor: { url, said }, dueInMs: everyMs, failure: null } };
		};
		expect(
			await told({ publicUrl: "https://hub.example", system: { kind: "found", value: { done: true } } }),
		).toEqual([system, kept("https://hub.example/in/in_1", { value: { done: true } })]);
		expect(await told({ system: { kind: "missing", reason: "answered 404" } })).toEqual([
			system,
			kept(null, { failure: "answered 404" }),
		]);
		expect(await told({})).toEqual([
			system,
			kept(null, { failure: "there was no answer within 20 seconds" }),
		]);
	});
});
