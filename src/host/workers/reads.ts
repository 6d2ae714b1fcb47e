import { placeOfEvent } from "../../ledger/event-id.ts";
import { pageOf, searchOfPage } from "../../ledger/history.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Share, Whom } from "../../ledger/person.ts";
import type { LedgerReads } from "../../ledger/recorder.ts";
import type { EventSearch } from "../../ledger/search.ts";
import { type Holder, shardOf } from "../../ledger/shard.ts";
import { beginningOf, unionOf } from "../../ledger/union.ts";
import type { CustomerView, EventView } from "../../ledger/view.ts";
import type { Remote } from "../../model/cell.ts";

export interface ReadsParts {
	readonly at: (shard: number) => Remote<Ledger>;
	readonly shards: number;
	/** The claim key of a loyalty id; undefined where the text can not be one. */
	readonly hashOfId: (id: string) => Promise<string | undefined>;
}

/** Where somebody is asked for first. */
interface Start {
	readonly shard: number;
	readonly whom: Whom;
}

/** A ledger of many shards as it is read: a customer is in the shard of their loyalty id, an event where its id says. */
export function readsAcross({ at, shards, hashOfId }: ReadsParts): LedgerReads {
	const all = () => Array.from({ length: shards }, (_, shard) => at(shard));
	const homeOf = async (customer: string): Promise<Remote<Ledger> | undefined> => {
		const hash = await hashOfId(customer);
		return hash === undefined ? undefined : at(shardOf(hash, shards));
	};

	const ledgerOf = (event: string): Remote<Ledger> | undefined => {
		const place = placeOfEvent(event);
		return place === undefined || place.shard >= shards ? undefined : at(place.shard);
	};

	const startOf = async (id: string): Promise<Start | null> => {
		const hash = await hashOfId(id);
		return hash === undefined ? null : { shard: shardOf(hash, shards), whom: { id } };
	};

	/** Asks where somebody was, and then where they went since. */
	async function follow<Value>(
		start: Start,
		ask: (ledger: Remote<Ledger>, whom: Whom) => Promise<Share<Value> | null>,
	) {
		let share = await ask(at(start.shard), start.whom);
		while (share?.kind === "moved") {
			const { subject, shard } = share.to;
			share = await ask(at(shard), { subject });
		}
		return share;
	}

	const personFrom = async (start: Start): Promise<CustomerView | null> =>
		(await follow(start, (ledger, whom) => ledger.personOf(whom)))?.value ?? null;

	/** Where all is in one shard, as with nearly everybody, it is asked once. */
	async function eventsOf(customer: string, search: EventSearch): Promise<readonly EventView[] | null> {
		const start = await startOf(customer);
		const share = start && (await follow(start, (ledger, whom) => ledger.eventsOf(whom, search)));
		if (share === null) return null;
		if (share.elsewhere.length === 0) return share.value;
		const byShard = Map.groupBy(share.elsewhere, ({ shard }) => shard);
		const others = await Promise.all(
			[...byShard].map(async ([shard, places]) => {
				const absorbed = places.map(({ subject }) => subject);
				const other = await at(shard).eventsOf({ absorbed }, beginningOf(search));
				return other?.kind === "share" ? other.value : [];
			}),
		);
		return unionOf([share.value, ...others], search);
	}

	return {
		customer: async (id) => (await homeOf(id))?.customer(id) ?? null,
		person: async (id) => {
			const start = await startOf(id);
			return start === null ? null : personFrom(start);
		},
		customerHolding: async (hash, meantAt = Number.POSITIVE_INFINITY) => {
			const asked = { kind: "holders", asked: { key: null, hashes: [hash] } } as const;
			const [holders] = await at(shardOf(hash, shards)).answer([asked]);
			const [holder] = holders as readonly (Holder | null)[];
			if (holder == null || meantAt <= (holder.erasedAt ?? Number.NEGATIVE_INFINITY)) return null;
			return personFrom({ shard: holder.shard, whom: { subject: holder.subject } });
		},
		searchCustomers: async (search) => {
			const { limit, offset } = search;
			const lists = await Promise.all(all().map((ledger) => ledger.searchCustomers(beginningOf(search))));
			return lists
				.flat()
				.sort(byCodeUnits)
				.slice(offset, offset + limit);
		},
		transactions: async (customer) => (await homeOf(customer))?.transactions(customer) ?? [],
		history: async (customer, query) => {
			const found = await eventsOf(customer, searchOfPage(query));
			return found === null ? null : pageOf(found, query);
		},
		search: async (customer, search) => {
			if (customer !== null) return eventsOf(customer, search);
			const lists = await Promise.all(all().map((ledger) => ledger.search(null, beginningOf(search))));
			return unionOf(
				lists.map((list) => list ?? []),
				search,
			);
		},
		count: async (filters) => {
			const counts = await Promise.all(all().map((ledger) => ledger.count(filters)));
			return counts.reduce((sum, count) => sum + count, 0);
		},
		event: async (id) => ledgerOf(id)?.event(id) ?? null,
		receipt: async (id) => ledgerOf(id)?.receipt(id) ?? null,
		missing: async (ids) => {
			const byShard = Map.groupBy(ids, (id) => placeOfEvent(id)?.shard ?? shards);
			const found = await Promise.all(
				[...byShard].map(async ([shard, group]) => (shard < shards ? at(shard).missing(group) : group)),
			);
			return found.flat();
		},
		newest: async (limit) => {
			const lists = await Promise.all(all().map((ledger) => ledger.newest(limit)));
			// The sort is stable: what one shard recorded in one millisecond stays in its order.
			return lists.flat().sort(newestFirst).slice(0, limit);
		},
		rebuild: async () => {
			const rebuilt = await Promise.all(all().map((ledger) => ledger.rebuild()));
			return {
				events: rebuilt.reduce((sum, { events }) => sum + events, 0),
				differences: rebuilt.flatMap(({ differences }) => differences),
			};
		},
		stats: async () => {
			const counted = await Promise.all(all().map((ledger) => ledger.stats()));
			return {
				events: counted.reduce((sum, { events }) => sum + events, 0),
				customers: counted.reduce((sum, { customers }) => sum + customers, 0),
				newest: counted.reduce<string | null>(
					(newest, one) =>
						one.newest !== null && (newest === null || one.newest > newest) ? one.newest : newest,
					null,
				),
			};
		},
	};
}

/** As SQLite compares texts, but for what is beyond the basic plane. */
const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const newestFirst = (a: EventView, b: EventView): number =>
	Date.parse(b.process_timestamp) - Date.parse(a.process_timestamp);
