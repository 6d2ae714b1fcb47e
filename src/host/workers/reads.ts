import { placeOfEvent } from "../../ledger/event-id.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { LedgerReads } from "../../ledger/recorder.ts";
import { shardOf } from "../../ledger/shard.ts";
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

	return {
		customer: async (id) => (await homeOf(id))?.customer(id) ?? null,
		transactions: async (customer) => (await homeOf(customer))?.transactions(customer) ?? [],
		history: async (customer, query) => (await homeOf(customer))?.history(customer, query) ?? null,
		event: async (id) => {
			const place = placeOfEvent(id);
			return place === undefined || place.shard >= shards ? null : at(place.shard).event(id);
		},
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

const newestFirst = (a: EventView, b: EventView): number =>
	Date.parse(b.process_timestamp) - Date.parse(a.process_timestamp);
