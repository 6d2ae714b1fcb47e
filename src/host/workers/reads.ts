import { placeOfEvent } from "../../ledger/event-id.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { mainAccount } from "../../ledger/postings.ts";
import type { LedgerReads } from "../../ledger/recorder.ts";
import type { EventSort } from "../../ledger/search.ts";
import { type Holder, shardOf } from "../../ledger/shard.ts";
import type { EventView } from "../../ledger/view.ts";
import type { Remote } from "../../model/cell.ts";

export interface ReadsParts {
	readonly at: (shard: number) => Remote<Ledger>;
	readonly shards: number;
	/** The claim key of a loyalty id; undefined where the text can not be one. */
	readonly hashOfId: (id: string) => Promise<string | undefined>;
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

	return {
		customer: async (id) => (await homeOf(id))?.customer(id) ?? null,
		customerHolding: async (hash) => {
			const asked = { kind: "holders", asked: { key: null, hashes: [hash] } } as const;
			const [holders] = await at(shardOf(hash, shards)).answer([asked]);
			const [holder] = holders as readonly (Holder | null)[];
			return holder == null ? null : at(holder.shard).customerOf(holder.subject);
		},
		searchCustomers: async (search) => {
			const { limit, offset } = search;
			const wanted = { ...search, limit: limit + offset, offset: 0 };
			const lists = await Promise.all(all().map((ledger) => ledger.searchCustomers(wanted)));
			return lists
				.flat()
				.sort(byCodeUnits)
				.slice(offset, offset + limit);
		},
		transactions: async (customer) => (await homeOf(customer))?.transactions(customer) ?? [],
		history: async (customer, query) => (await homeOf(customer))?.history(customer, query) ?? null,
		search: async (customer, search) => {
			if (customer !== null) return (await homeOf(customer))?.search(customer, search) ?? null;
			const { limit, offset } = search;
			const wanted = { ...search, limit: limit + offset, offset: 0 };
			const lists = await Promise.all(all().map((ledger) => ledger.search(null, wanted)));
			const found = lists.flatMap((list) => list ?? []);
			return found.sort(orderedBy(search.sort)).slice(offset, offset + limit);
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

/** As one shard orders its own events; two of different shards that are equal in all that is asked are in the order of their ids. */
function orderedBy(sort: readonly EventSort[]): (a: EventView, b: EventView) => number {
	const last = sort[0]?.descending === true;
	const terms = [
		...sort.map(({ by, descending }) => ({ of: values[by], descending })),
		{ of: values.recorded, descending: last },
	];
	return (a, b) => {
		for (const { of, descending } of terms) {
			const [one, other] = [of(a), of(b)];
			if (one !== other) return one < other === descending ? 1 : -1;
		}
		return 0;
	};
}

const values = {
	recorded: ({ id }) => id,
	timestamp: ({ timestamp }) => timestamp,
	action: ({ action }) => action,
	account: ({ account }) => account ?? mainAccount,
	points: ({ points }) => points,
	expires: ({ expdate }) => expdate ?? "",
} as const satisfies Record<EventSort["by"], (event: EventView) => string | number>;

const newestFirst = (a: EventView, b: EventView): number =>
	Date.parse(b.process_timestamp) - Date.parse(a.process_timestamp);
