import { beforeEach, describe, expect, it } from "vitest";
import type { OpenEndpoint } from "./door.ts";
import { nodeCrypto } from "./host/crypto.ts";
import type { Hub } from "./hub.ts";
import type { ConfiguredStream } from "./kit/connector.ts";
import type { Streamed, StreamQuestion, TakeStreamed } from "./kit/stream.ts";
import type { Json } from "./model/json.ts";
import type { BegunPull, KeptPull } from "./office/pulls.ts";
import { openStreams, type Streams } from "./stream.ts";

/** A stream that was opened: what the system does next is the test's. */
interface Opened {
	readonly question: Omit<StreamQuestion<unknown>, "settings">;
	readonly take: TakeStreamed;
	/** The system ends it. */
	readonly end: (why: string) => void;
}

let happened: Json[];
let opened: Opened[];
/** What the office has of the endpoint; null where it is not due. */
let begun: BegunPull | null;
/** What is configured. */
let endpoint: { id: string; state: string; settings: object; secrets: object };
let isOn: boolean;
/** What the inbox does with a delivery. */
let store: () => Promise<void>;
/** What is done after so many milliseconds: given up, or believed. */
let timers: ReadonlyMap<number, AbortController>;
let streams: Streams;

beforeEach(() => {
	happened = [];
	opened = [];
	begun = { cursor: null, failures: 0 };
	endpoint = {
		id: "ep_1",
		state: "active",
		settings: {},
		secrets: { key: { value: "k", since: 0, previous: null } },
	};
	isOn = true;
	store = async () => {};
	newTimers();
	streams = openStreams({ hub, office, timeout: (ms) => timers.get(ms)?.signal ?? AbortSignal.abort() });
});

function newTimers(): void {
	timers = new Map([20_000, 60_000].map((ms) => [ms, new AbortController()]));
}

const stream: ConfiguredStream = {
	isWanted: true,
	instead: "",
	isOn: (secretsSet) => isOn && secretsSet.has("key"),
	read: (question, take) =>
		new Promise((end) => {
			opened.push({ question, take, end });
		}),
};

const hub = {
	door: {
		directory: async () => ({
			hubKey: new Uint8Array(32),
			endpoints: [
				{
					endpoint,
					configured: { stream, connector: { retriesForMs: 1, telling: [], body: ["json"] } },
					secretPlaces: { headers: new Set(), parameters: new Set(), fields: [] },
				} as unknown as OpenEndpoint,
			],
		}),
	},
	inboxes: {
		count: 1,
		at: () => ({
			receive: async ({
				body,
				proved,
			}: {
				readonly body: { readonly inline: Uint8Array };
				readonly proved: string;
			}) => {
				await store();
				happened.push({ stored: JSON.parse(new TextDecoder().decode(body.inline)) as Json, proved });
				return { delivery: "dl_1", repeated: false };
			},
		}),
	},
	crypto: nodeCrypto,
	clock: () => 7,
	log: {
		info: () => {},
		warn: () => {},
		error: (_fact: string, { reason }: { readonly reason?: string }) => {
			if (reason !== undefined) happened.push({ error: reason });
		},
	},
} as unknown as Hub;

const office = {
	beginPull: async () => begun,
	keepPull: async (_endpoint: string, kept: KeptPull) => {
		happened.push({ kept: { ...kept } });
	},
	noteGap: async (_endpoint: string, gap: string) => {
		happened.push({ gap });
	},
};

const page = (body: Json, cursor: Json): Streamed => ({ body, cursor, gap: null });
const kept = (cursor: Json, dueInMs: number, failure: string | null = null): Json => ({
	kept: { cursor, dueInMs, failure },
});
/** The stream that was opened last. */
const newest = (): Opened => {
	const last = opened.at(-1);
	if (last === undefined) throw new Error("a stream is open");
	return last;
};
/** Until everything that can happen by itself has. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("A stream", () => {
	it("stores what comes before its cursor, page by page, as what is proved", async () => {
		begun = { cursor: "a", failures: 2 };
		await streams.look();
		expect(newest().question).toMatchObject({ secrets: { key: ["k"] }, cursor: "a" });
		expect(newest().question.clock()).toBe(7);
		await newest().take(page(null, "a"));
		await newest().take(page({ n: 1 }, "b"));
		await newest().take(page({ n: 2 }, "c"));
		expect(happened).toEqual([
			{ stored: { n: 1 }, proved: "all" },
			kept("b", 60_000),
			{ stored: { n: 2 }, proved: "all" },
			kept("c", 60_000),
		]);
	});

	it("is opened once, and where nobody else is at it", async () => {
		begun = null;
		await streams.look();
		expect(opened).toHaveLength(0);
		begun = { cursor: null, failures: 0 };
		await streams.look();
		await streams.look();
		expect(opened).toHaveLength(1);
	});

	it.each([
		[0, 5_000],
		[1, 10_000],
		[9, 600_000],
	])("that ends before it listens, after %i failures, is due in %i ms", async (failures, dueInMs) => {
		begun = { cursor: "a", failures };
		await streams.look();
		newest().end("away");
		await settled();
		expect(happened).toEqual([kept("a", dueInMs, "away")]);
		await streams.look();
		expect(opened).toHaveLength(2);
	});

	it("that ends when it has listened goes on from where it was, soon where it had brought something", async () => {
		begun = { cursor: "a", failures: 9 };
		await streams.look();
		await newest().take(page(null, "a"));
		await newest().take(page({ n: 1 }, "b"));
		newest().end("the session is over");
		await settled();
		expect(happened.slice(1)).toEqual([kept("b", 60_000), kept("b", 5_000, "the session is over")]);
		expect(newest().question.ending.aborted).toBe(true);
		await expect(newest().take(page({}, "c"))).rejects.toThrow("the stream is over");
		expect(happened).toHaveLength(3);
	});

	it("that is let in and ended at once is a failure like others, unless it listened for a minute", async () => {
		begun = { cursor: "a", failures: 3 };
		await streams.look();
		await newest().take(page(null, "a"));
		newest().end("not today");
		await settled();
		expect(happened).toEqual([kept("a", 40_000, "not today")]);

		await streams.look();
		await newest().take(page(null, "a"));
		timers.get(60_000)?.abort();
		await settled();
		newest().end("not any more");
		await settled();
		expect(happened.slice(1)).toEqual([kept("a", 60_000), kept("a", 5_000, "not any more")]);
	});

	it("keeps another cursor also where nothing came with it", async () => {
		begun = { cursor: { a: 1, at: 2 }, failures: 2 };
		await streams.look();
		await newest().take(page(null, { a: 1, at: 2 }));
		expect(happened).toEqual([]);
		await newest().take(page(null, { a: 1, at: 3 }));
		expect(happened).toEqual([kept({ a: 1, at: 3 }, 60_000)]);
	});

	it("says what its system has let go of, before it goes on behind that", async () => {
		await streams.look();
		await newest().take({ body: null, cursor: {}, gap: "it is gone" });
		expect(happened).toEqual([{ gap: "it is gone" }, kept({}, 60_000)]);
	});

	it("is given up where it does not listen in time, and not afterwards", async () => {
		await streams.look();
		timers.get(20_000)?.abort();
		await settled();
		expect(happened).toEqual([kept(null, 5_000, "there was no answer within 20 seconds")]);
		expect(newest().question.ending.aborted).toBe(true);

		newTimers();
		await streams.look();
		await newest().take(page({}, "b"));
		timers.get(20_000)?.abort();
		await settled();
		expect(newest().question.ending.aborted).toBe(false);
		expect(happened.at(-1)).toEqual(kept("b", 60_000));
	});

	it("keeps its cursor where what came could not be stored, and is opened again", async () => {
		store = () => Promise.reject(new Error("the disk is full"));
		await streams.look();
		const taken = newest().take(page({}, "b"));
		await expect(taken).rejects.toThrow("the disk is full");
		newest().end("it was not taken");
		await settled();
		expect(happened).toEqual([{ error: "Error: the disk is full" }]);
		await streams.look();
		expect(opened).toHaveLength(2);
	});

	it.each([
		["is deleted", () => ({ ...endpoint, state: "deleted" })],
		["has no secret any more", () => ({ ...endpoint, secrets: {} })],
	])("ends where its endpoint %s", async (_why, changed) => {
		await streams.look();
		await newest().take(page({}, "a"));
		endpoint = changed();
		await streams.look();
		await settled();
		expect(happened.at(-1)).toEqual(kept("a", 0));
		await streams.look();
		expect(opened).toHaveLength(1);
	});

	it("is opened anew where its endpoint was changed or paused", async () => {
		for (const changed of [
			{ ...endpoint, settings: { channels: ["b"] } },
			{ ...endpoint, state: "paused" },
		]) {
			await streams.look();
			const before = newest();
			endpoint = changed;
			await streams.look();
			expect(before.question.ending.aborted).toBe(true);
			await settled();
			await streams.look();
			expect(newest()).not.toBe(before);
			expect(newest().question.ending.aborted).toBe(false);
		}
	});

	it("has stopped when what it was taking is kept", async () => {
		let stored = () => {};
		store = () =>
			new Promise((resolve) => {
				stored = resolve;
			});
		await streams.look();
		const taken = newest().take(page({ n: 1 }, "b"));
		let hasStopped = false;
		const stopped = streams.stop().then(() => {
			hasStopped = true;
		});
		await settled();
		expect([newest().question.ending.aborted, hasStopped]).toEqual([true, false]);
		stored();
		await Promise.all([taken, stopped]);
		expect(happened).toEqual([{ stored: { n: 1 }, proved: "all" }, kept("b", 60_000), kept("b", 0)]);
	});
});
