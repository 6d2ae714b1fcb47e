import { describe, expect, it } from "vitest";
import { exampleProgram, minute, noon, openExample, openSender } from "../../ledger/fixture.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Merge } from "../../ledger/merge.ts";
import { recorderAcross } from "../../ledger/recorder.ts";
import type { EventSearch } from "../../ledger/search.ts";
import type { EventView } from "../../ledger/view.ts";
import type { Remote } from "../../model/cell.ts";
import { nodeCrypto } from "../crypto.ts";
import { remoteOf } from "../node/cell.ts";
import { openSqlite } from "../node/sqlite.ts";
import { readsAcross } from "./reads.ts";

const people = Array.from({ length: 12 }, (_, number) => `person-${number}`);
const program = exampleProgram();
const send = openSender(program, nodeCrypto);
const named = (id: string, timestamp = noon) =>
	send("opt_in", {}, { identities: { id, email: `${id}@example.test` }, timestamp });
const hashOfId = async (id: string) => send("opt_in", {}, { identities: { id } }).identities[0]?.hash;

/** A merge of two customers by their loyalty ids. */
function mergeOf(from: string, into: string): Merge {
	const [one, other] = [from, into].flatMap((id) => named(id).identities.slice(0, 1));
	if (one === undefined || other === undefined) throw new Error("a command names its customer");
	return { from: one, into: other, timestamp: noon, provenance: { source: "Platform" } };
}

/** A ledger of four shards with twelve customers, who joined a minute after each other. */
async function joined() {
	const time = { now: noon };
	const shards = Array.from({ length: 4 }, (_, shard): Remote<Ledger> => {
		const sql = openSqlite(":memory:");
		const parts = {
			sql,
			crypto: nodeCrypto,
			clock: () => time.now,
			program: () => program,
			shard,
			shards: 4,
		};
		return remoteOf<Ledger>(sql, openExample(parts));
	});
	const at = (shard: number): Remote<Ledger> => {
		const found = shards[shard];
		if (found === undefined) throw new Error(`there is no shard ${shard}`);
		return found;
	};
	const failed = (shard: number, error: unknown): never => {
		throw new Error(`shard ${shard} failed`, { cause: error });
	};
	const parts = { programFor: async () => program, crypto: nodeCrypto, clock: () => time.now, shards: 4 };
	const recorder = recorderAcross({ at, failed }, parts);
	for (const id of people) {
		await recorder.record([named(id, time.now)]);
		time.now += minute;
	}
	/** What is asked of shards by who reads. */
	const asked: string[] = [];
	const watched = (shard: number): Remote<Ledger> =>
		new Proxy(at(shard), {
			get: (ledger, name) => {
				asked.push(String(name));
				return Reflect.get(ledger, name);
			},
		});
	return { shards, recorder, asked, reads: readsAcross({ at: watched, shards: 4, hashOfId }) };
}

/** Three people of three shards, with purses of points at a few moments, became one: the first the second, and that the third. */
async function merged() {
	const { shards, recorder, reads } = await joined();
	const homes = await Promise.all(
		people.map(async (id) => {
			const known = await Promise.all(shards.map((shard) => shard.customer(id)));
			return { id, shard: known.findIndex((customer) => customer !== null) };
		}),
	);
	const [first, second, third] = [...Map.groupBy(homes, ({ shard }) => shard).values()].flatMap(
		([one]) => one?.id ?? [],
	);
	if (first === undefined || second === undefined || third === undefined)
		throw new Error("there are three shards");
	for (let number = 1; number <= 24; number++) {
		const id = [first, second, third][number % 3] ?? "";
		const timestamp = noon + (number % 5) * minute;
		await recorder.record([send("point_add", { points: number }, { identities: { id }, timestamp })]);
	}
	for (const [from, into] of [
		[first, second],
		[second, third],
	] as const) {
		expect(await recorder.merge(mergeOf(from, into))).toMatchObject({ kind: "merged", from, into });
	}
	const all = (await Promise.all(shards.map((shard) => shard.newest(1_000)))).flat();
	const theirs = all.filter(({ customer }) => [first, second, third].includes(customer));
	return { reads, recorder, names: { first, second, third }, theirs };
}

const newestOf = (a: EventView, b: EventView): number =>
	Date.parse(b.timestamp) - Date.parse(a.timestamp) ||
	b.position.seq - a.position.seq ||
	b.position.shard - a.position.shard;

describe("a ledger of many shards", () => {
	it("has customers in each of these four, or this test proves nothing", async () => {
		const { shards } = await joined();
		const counts = await Promise.all(shards.map((shard) => shard.stats()));
		for (const { customers } of counts) expect(customers).toBeGreaterThan(0);
	});

	it("finds every customer, their history and each event of it", async () => {
		const { reads } = await joined();
		for (const id of people) {
			expect(await reads.customer(id)).toMatchObject({ id });
			const history = await reads.history(id, { limit: 10 });
			expect(history).toMatchObject({ data: [{ action: "opt_in", customer: id }], cursor: null });
			const [event] = history?.data ?? [];
			expect(await reads.event(event?.id ?? "")).toEqual(event);
			expect(await reads.transactions(id)).toEqual([]);
		}
	});

	it("has nothing of a customer and an event that nobody recorded", async () => {
		const { reads } = await joined();
		for (const id of ["stranger", "", " "]) {
			expect(await reads.customer(id)).toBeNull();
			expect(await reads.history(id, { limit: 10 })).toBeNull();
			expect(await reads.transactions(id)).toEqual([]);
		}
		// The ninth to twelfth digits name the shard: one that there is, one that there is not, and no id at all.
		for (const id of ["69a42bc00003000000000fff", "69a42bc000ff000000000001", "event"]) {
			expect(await reads.event(id)).toBeNull();
		}
	});

	it("lists the newest of all shards, whichever shard has them", async () => {
		const { reads } = await joined();
		const newest = await reads.newest(5);
		expect(newest.map(({ customer }) => customer)).toEqual(people.toReversed().slice(0, 5));
	});

	it("counts and rebuilds all shards together", async () => {
		const { reads } = await joined();
		const last = new Date(noon + (people.length - 1) * minute).toISOString();
		expect(await reads.stats()).toEqual({ events: people.length, customers: people.length, newest: last });
		expect(await reads.rebuild()).toEqual({ events: people.length, differences: [] });
	});

	it("finds the events of a time in all shards, in their order and page by page", async () => {
		const { reads } = await joined();
		const customersOf = async (descending: boolean, offset: number) => {
			const filters = [{ field: "timestamp", compare: "gte", value: noon + 2 * minute }] as const;
			const sort = [{ by: "timestamp", descending }] as const;
			const events = await reads.search(null, { filters, sort, limit: 4, offset });
			expect(await reads.count(filters)).toBe(people.length - 2);
			return events?.map(({ customer }) => customer);
		};
		expect(await customersOf(false, 0)).toEqual(people.slice(2, 6));
		expect(await customersOf(false, 4)).toEqual(people.slice(6, 10));
		expect(await customersOf(true, 4)).toEqual(people.toReversed().slice(4, 8));
		expect(await customersOf(false, 12)).toEqual([]);
	});

	it("sorts what has the same of one field by the next, whichever shard has it", async () => {
		const { reads } = await joined();
		const sort = [
			{ by: "action", descending: true },
			{ by: "timestamp", descending: true },
		] as const;
		const events = await reads.search(null, { filters: [], sort, limit: 3, offset: 0 });
		expect(events?.map(({ customer }) => customer)).toEqual(people.toReversed().slice(0, 3));
	});

	it("finds one customer's events and what came with one of them", async () => {
		const { reads } = await joined();
		const search = {
			filters: [],
			sort: [{ by: "recorded", descending: false }],
			limit: 9,
			offset: 0,
		} as const;
		for (const id of people) {
			const events = await reads.search(id, search);
			expect(events).toMatchObject([{ customer: id, action: "opt_in" }]);
			const [event] = events ?? [];
			expect(await reads.receipt(event?.id ?? "")).toMatchObject({ events: [{ event, spendable: 0 }] });
		}
		expect(await reads.search("stranger", search)).toBeNull();
		expect(await reads.receipt("event")).toBeNull();
	});

	it("has one history of people who became one, wherever they were, page by page", async () => {
		const { reads, names, theirs } = await merged();
		const expected = theirs.toSorted(newestOf).map(({ id }) => id);
		// Joins, purses, and two events for each merge.
		expect(expected.length).toBe(3 + 24 + 4);
		for (const name of Object.values(names)) {
			for (const limit of [1, 4, 30, 100]) {
				const found: string[] = [];
				let cursor: string | null = "";
				for (let pages = 0; cursor !== null && pages < 40; pages++) {
					const page = await reads.history(name, { limit, cursor });
					found.push(...(page?.data ?? []).map(({ id }) => id));
					cursor = page?.cursor ?? null;
				}
				expect(found).toEqual(expected);
			}
		}
	});

	it("filters, sorts and skips in their history as in anybody's", async () => {
		const { reads, names } = await merged();
		const pointsOf = async (more: Pick<EventSearch, "sort" | "limit" | "offset">) => {
			const filters = [{ field: "points", compare: "gt", value: 4 }] as const;
			return (await reads.search(names.first, { filters, ...more }))?.map(({ points }) => points);
		};
		const byPoints = [{ by: "points", descending: false }] as const;
		expect(await pointsOf({ sort: byPoints, limit: 5, offset: 0 })).toEqual([5, 6, 7, 8, 9]);
		expect(await pointsOf({ sort: byPoints, limit: 5, offset: 9 })).toEqual([14, 15, 16, 17, 18]);
		expect(await pointsOf({ sort: byPoints, limit: 5, offset: 18 })).toEqual([23, 24]);
		expect(await pointsOf({ sort: byPoints, limit: 5, offset: 20 })).toEqual([]);
	});

	it("answers who asks for any of them with who they are now, and with nobody once that one is erased", async () => {
		const { reads, recorder, names } = await merged();
		for (const name of Object.values(names)) {
			expect(await reads.person(name)).toMatchObject({ id: names.third });
			const [, email] = named(name).identities;
			expect(await reads.customerHolding(email?.hash ?? "")).toMatchObject({ id: names.third });
		}
		await recorder.record([send("opt_out", {}, { identities: { id: names.first } })]);
		for (const name of Object.values(names)) {
			expect(await reads.person(name)).toBeNull();
			expect(await reads.history(name, { limit: 10 })).toBeNull();
		}
	});

	it("has one history of a chain of twenty", async () => {
		const { reads, recorder } = await joined();
		const chain = Array.from({ length: 20 }, (_, number) => `c${number}`);
		await recorder.record(chain.map((id) => named(id)));
		for (const [index, id] of chain.slice(1).entries()) await recorder.merge(mergeOf(`c${index}`, id));
		const add = send("point_add", { points: 1 }, { identities: { id: "c1" } });
		expect(await recorder.record([add])).toMatchObject([{ outcome: { kind: "appended", customer: "c19" } }]);
		for (const name of ["c0", "c1", "c19"]) {
			expect(await reads.person(name)).toMatchObject({ id: "c19" });
			// Twenty who joined, two events for each merge, and the points.
			expect((await reads.history(name, { limit: 100 }))?.data).toHaveLength(20 + 2 * 19 + 1);
		}
		await recorder.record([send("opt_out", {}, { identities: { id: "c1" }, timestamp: noon + 60 * minute })]);
		for (const name of chain) expect(await reads.customer(name)).toBeNull();
	});

	it("asks one shard, once, for the history of who was merged with nobody", async () => {
		const { reads, asked } = await joined();
		asked.length = 0;
		await reads.history(people[0] ?? "", { limit: 10 });
		expect(asked).toEqual(["eventsOf"]);
	});

	it("finds customers by another name, whose claim is in another shard than they are", async () => {
		const { reads } = await joined();
		for (const id of people) {
			const [, email] = named(id).identities;
			expect(await reads.customerHolding(email?.hash ?? "")).toMatchObject({ id });
		}
		const [, stranger] = named("stranger").identities;
		expect(await reads.customerHolding(stranger?.hash ?? "")).toBeNull();
	});

	it("lists the ids of customers in their order, page by page", async () => {
		const { reads } = await joined();
		const inOrder = people.toSorted();
		expect(await reads.searchCustomers({ filters: [], limit: 5, offset: 0 })).toEqual(inOrder.slice(0, 5));
		expect(await reads.searchCustomers({ filters: [], limit: 9, offset: 5 })).toEqual(inOrder.slice(5));
		const since = { field: "created_at", compare: "gt", value: noon + 9 * minute } as const;
		expect(await reads.searchCustomers({ filters: [since], limit: 9, offset: 0 })).toEqual([
			"person-10",
			"person-11",
		]);
	});
});
