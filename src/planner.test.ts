import { describe, expect, it } from "vitest";
import { segment } from "../connectors/segment/index.ts";
import type { Directory, OpenEndpoint } from "./door.ts";
import { nodeCrypto } from "./host/crypto.ts";
import { bareConfiguration } from "./host/testing.ts";
import type { StoredDelivery } from "./inbox/inbox.ts";
import { invariant } from "./model/result.ts";
import { type Before, openPlanner } from "./planner.ts";

const configured = segment.configure({});
invariant(configured.ok, "everything has defaults");

const open: OpenEndpoint = {
	endpoint: {
		id: "ep_1",
		connector: "segment",
		name: "shop",
		state: "active",
		createdAt: 0,
		deletedAt: null,
		settings: configured.value.settings,
		secrets: {},
		token: { value: "", since: 0, previous: null },
		writeKey: null,
	},
	misfit: null,
	configured: configured.value,
	verify: () => ({ ok: true, proved: "all", signed: false }),
	published: undefined,
	handshakes: { mayBe: () => false, greet: () => undefined },
	answer: () => undefined,
	refusal: () => undefined,
	secretPlaces: { headers: new Set(), parameters: new Set(), fields: [] },
};
const directory: Directory = {
	hash: "",
	hubKey: new Uint8Array(32),
	endpoints: [open],
	byToken: () => open,
	byWriteKey: () => open,
	keys: [],
	key: () => undefined,
	client: () => undefined,
	byId: () => open,
	...bareConfiguration(),
	mappings: {
		set: { mappings: [], run: () => ({ kind: "unmatched", nearest: [] }), reads: () => [] },
		problems: [],
		awaits: () => undefined,
	},
	troubles: [],
};
const delivery: StoredDelivery = {
	id: "000000000000000000000001",
	endpoint: "ep_1",
	proved: "all",
	paused: false,
	removed: [],
	method: "POST",
	path: "",
	query: "",
	headers: {},
	receivedAt: 0,
	body: { file: "five pages" },
	expiredAt: null,
	rewritten: 0,
};
const body = new TextEncoder().encode(
	JSON.stringify([0, 1, 2, 3, 4].map((page) => ({ type: "page", messageId: `page ${page}` }))),
);

describe("a delivery that takes several turns", () => {
	it("is read once, and every message is looked at in its turn", async () => {
		let reads = 0;
		const planner = openPlanner({
			crypto: nodeCrypto,
			files: {
				put: () => Promise.resolve(),
				remove: () => Promise.resolve(),
				get: () => {
					reads += 1;
					return Promise.resolve(body);
				},
			},
		});
		const before: Before = { recorded: [], fetched: [] };
		const inbox = { firstSeen: () => Promise.resolve([]) };
		const look = async (positions: ReadonlyMap<number, Before> | "all", room: number) => {
			const { messages } = await planner.look({ delivery, directory, inbox, positions, room });
			return messages.map(({ position, state }) => `${position} ${state}`);
		};

		expect(await look("all", 2)).toEqual([
			"0 unmatched",
			"1 unmatched",
			"2 pending",
			"3 pending",
			"4 pending",
		]);
		expect(
			await look(
				new Map([
					[2, before],
					[3, before],
				]),
				2,
			),
		).toEqual(["2 unmatched", "3 unmatched"]);
		expect(await look(new Map([[4, before]]), 1)).toEqual(["4 unmatched"]);
		expect(reads).toBe(1);
	});
});
